/*
 * feed.h - the database as the loop sees it: one connection that listens and
 * runs short statements, and comes back by itself after a loss.
 */
#ifndef AS_WS_FEED_H
#define AS_WS_FEED_H

#include "base/base.h"
#include "base/err.h"
#include "ws/loop.h"

struct arena;
struct rows;
struct feed;

struct feed_ops {
	/* A notification: "log:ID", "deploy:ID", "session:ID". */
	void (*notice)(void *self, const char *payload);
	/* Connected (again): anything may have changed meanwhile. */
	void (*up)(void *self);
};

/* Does not connect yet. Never NULL. */
struct feed *feed_new(struct arena *a, struct loop *l, const char *url,
	const struct feed_ops *ops, void *self);
void feed_free(struct feed *f);
/* Connect now; goes on trying in the loop when that fails. */
void feed_start(struct feed *f);
bool feed_up(const struct feed *f);
/* One short statement. E_SERVICE_UNAVAILABLE at once while the database is
 * away. */
MUST enum err feed_query(struct ctx *ctx, struct feed *f, unsigned stmt,
	const char *const in[], struct rows **ret);

#endif
