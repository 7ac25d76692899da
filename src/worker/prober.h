/*
 * prober.h - private to the child that looks after the status page: prober.c
 * has the rounds and the times, probe.c the four looks, prober_rows.c what the
 * database keeps of it.
 *
 *	RUN_DIR/status				what the page shows (snapshot.h)
 *	STATE/sites/autostack--status-probe/	the site that is looked at
 */
#ifndef AS_WORKER_PROBER_H
#define AS_WORKER_PROBER_H

#include "svc/service.h"
#include "svc/snapshot.h"
#include "worker/worker.h"

#define PROBE_MS 2000 /* for one of them */

struct prober {
	struct worker *w;
	struct arena *keep; /* of the process */
	struct ctx ctx;     /* its arena is reset every round */
	struct db *db;
	int signals;
	bool stop;
	/* what was seen */
	struct service_watch watch[SERVICE_MAX];
	bool drafted[SERVICE_MAX]; /* this outage has its draft */
	int64_t seen_ms;           /* when, monotonic; 0: never */
	struct service_days fresh; /* not in the database yet */
	/* what was read last */
	struct service_days stored;
	int64_t incidents[HISTORY_DAYS];
	bool incidents_read;
	struct buf metrics, incident_list; /* "": not read yet */
	bool unsaved;       /* the file cannot be written; said once */
	int64_t metrics_at; /* when they are due, monotonic */
	int64_t days_at;    /* likewise, to write and read days */
};

/* ---- probe.c ---- */

/* Milliseconds that it took, -1: it failed. *ret_slow: over the table's
 * threshold. */
int64_t probe_run(struct prober *p, enum service s, bool *ret_slow);

/* ---- prober_rows.c ---- */

/* Write what is new and read what others have written. now: whatever is due
 * (the end). */
MUST enum err prober_sync(struct prober *p, bool now);

#endif
