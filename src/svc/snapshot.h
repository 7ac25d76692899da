/*
 * snapshot.h - what the status page shows, as one file: the worker's prober
 * writes RUN_DIR/status every few seconds, whatever is away; the API, the
 * streams and nginx answer from it. So none of them needs the database for
 * that, and each says the same.
 *
 * The file is lines of "NAME JSON", ready to be sent. `stale` is `services` as
 * they are when the file has become too old: then nobody has looked. At the end
 * stand the messages of the stream, which are rendered here once for all who
 * send them: service_update and stale_update of each service, metrics_update.
 */
#ifndef AS_SVC_SNAPSHOT_H
#define AS_SVC_SNAPSHOT_H

#include "base/base.h"
#include "base/cfg.h"
#include "base/err.h"
#include "svc/service.h"

struct buf;
struct jw;

#define SNAPSHOT_FILE   "status" /* in run_dir */
#define SNAPSHOT_MAX    ((size_t)1 << 20)
#define SNAPSHOT_OLD_MS 8000 /* nobody has looked for so long: unknown */
#define HISTORY_DAYS    90

/* Messages that tell all of a snapshot: of each service, and the metrics. */
#define SNAPSHOT_UPDATES (SERVICE_MAX + 1)

/* ---- writing: the prober ---- */

struct snapshot_in {
	int64_t now_us;
	const struct service_watch *watch; /* of each service */
	const struct service_days *stored; /* what the database has */
	const struct service_days *fresh;  /* and what it does not have yet */
	const int64_t *incidents; /* of each of HISTORY_DAYS, the oldest first;
				   * NULL: not known yet, so none */
	const char *metrics; /* JSON as the API answers it; NULL: no data */
	const char *incident_list; /* the same; NULL: none */
};
/* The texts live on the arena of out's owner. */
void snapshot_write(
	struct arena *a, const struct snapshot_in *in, struct buf *out);
/* Replace the file in one step. False: errno says why. */
MUST bool snapshot_save(
	struct arena *a, const struct cfg *cfg, const struct buf *text);
/* An object of metrics: what is NULL is null, what is a number comes as
 * text. */
struct snapshot_metrics {
	const char *total, *total_change, *projects, *projects_change;
	const char *seconds; /* of a deployment; whole */
	const char *seconds_change, *rate, *rate_change;
};
void snapshot_put_metrics(
	struct jw *w, struct arena *a, const struct snapshot_metrics *m);

/* ---- reading ---- */

struct snapshot {
	int64_t at_ms; /* since 1970; 0: there is none */
	bool old;      /* services are unknown */
	const char *services, *metrics, *history, *incidents; /* JSON */
	const char *updates[SNAPSHOT_UPDATES];                /* the same */
};
/* Never fails: what is missing, too large or broken is as if there were none,
 * and everything is unknown then; so are the updates in a file of an older
 * worker, which has none. Lives on the arena. */
void snapshot_read(
	struct arena *a, const struct cfg *cfg, struct snapshot *ret);

#endif
