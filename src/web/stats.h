/*
 * stats.h - what requests came to, by route: counted by every API process and
 * written by whichever is asked, as Prometheus reads it (text format 0.0.4).
 */
#ifndef AS_WEB_STATS_H
#define AS_WEB_STATS_H

#include "base/base.h"
#include "base/err.h"

struct arena;
struct buf;
struct route;
struct router;
struct stats;

/* Counts in the file RUN_DIR/requests.* of the host. All live as long as it. */
struct stats *stats_new(
	struct arena *a, const char *run_dir, const struct router *r);
/* One request: route NULL when it had none; status is what was answered. */
void stats_count(struct stats *s, const struct route *route, int status,
	enum err e, int64_t us);
/* Requests by route and status, how long they took, errors by code. What never
 * happened is left out. a: scratch. */
void stats_write(const struct stats *s, struct arena *a, struct buf *b);

/* "# HELP" and "# TYPE" of a metric; kind is "counter", "gauge", "histogram". */
void stats_head(
	struct buf *b, const char *metric, const char *kind, const char *doc);

#endif
