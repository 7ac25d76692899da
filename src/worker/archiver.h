/*
 * archiver.h - between archiver.c, which takes what is due, and archive_job.c,
 * which does it.
 */
#ifndef AS_WORKER_ARCHIVER_H
#define AS_WORKER_ARCHIVER_H

#include "worker/worker.h"

struct archiver {
	struct worker *w;
	struct arena *keep; /* of the process */
	struct ctx ctx;     /* its arena is reset for every task */
	struct ctx beat;    /* of the lease, which is kept in between */
	struct db *db;
	int signals;
	bool stop;       /* somebody said so */
	const char *dir; /* STATE/archive: what is being unpacked */
};

/* One attempt at one release. */
struct archive_task {
	struct archiver *x;
	const char *id, *site;
	const char *number; /* of the attempt: the fence of what is written */
	int64_t n;
	bool restore;
	const char *sha256; /* of the archive, when there is one */
	int64_t bytes;
	int64_t beat_at, until; /* of the lease, by the monotonic clock */
	bool lost;
};

/* Keep the lease of a task (the argument) when it is time. E_BUILD_CANCELLED:
 * the worker ends. E_LEASE_LOST: it is somebody else's by now, or its
 * deployment was deleted. */
MUST enum err archiver_tick(void *arg);
bool archiver_go_on(void *arg); /* the same as a yes or no */

/* Pack the release and put it into the storage; sets bytes and sha256.
 * E_PAYLOAD_TOO_LARGE: it never will be archived. */
MUST enum err archive_store(struct archive_task *t);

/* Fetch it, check it, unpack it, publish it again, and write that down.
 * E_CONFLICT: its old files are just being removed, so later. */
MUST enum err archive_restore(struct archive_task *t);

#endif
