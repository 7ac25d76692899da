/*
 * outbox.h - private to the outbox: children of the worker that send what
 * waits in a table. What they have in common is outbox.c; what they send is a
 * `struct drain`, mails (outbox_mail.c) or notifications and what GitHub is told
 * (outbox_hook.c, outbox_github.c).
 *
 * Whatever is taken is somebody's for the time of a lease, and the number of
 * the attempt fences what is written of it: any number of children, of any
 * number of workers, work beside each other.
 */
#ifndef AS_WORKER_OUTBOX_H
#define AS_WORKER_OUTBOX_H

#include "svc/svc.h"
#include "worker/worker.h"

struct outbox {
	struct worker *w;
	struct svc svc;
	struct ctx ctx; /* its arena is reset for every piece of work */
	struct db *db;
	int signals;
	int64_t stop_at; /* when somebody said so; 0: nobody has */
};

struct drain {
	const char *name;   /* for ps(1) */
	const char *notice; /* the notifications that mean work begin so */
	unsigned wait;      /* a statement: ms until the next is due, or null */
	int least_ms;       /* what is due now may still be somebody else's */
	/* Take one and work on it; *ret_none when none is due. */
	enum err (*take_one)(struct outbox *o, bool *ret_none);
};
extern const struct drain drain_mail, drain_hook;

/* Take what GitHub is to be told next and tell it (outbox_github.c); part of
 * drain_hook. */
enum err outbox_github_one(struct outbox *o, bool *ret_none);

/* Whether somebody said that it is to end. */
bool outbox_stopping(struct outbox *o);

/* What is taken, for one attempt. */
struct taken {
	const struct rows *row;
	const char *id;
	const char *number; /* of the attempt: the fence of what is written */
	int64_t n;          /* the same */
	int64_t until;      /* the lease, by the monotonic clock */
};

/* Take what is due first by a statement whose row has id and attempts; `in`
 * holds the same lease in seconds. *ret_none: nothing is due. */
MUST enum err outbox_take(struct outbox *o, unsigned stmt, int64_t lease_s,
	const char *const in[], struct taken *ret, bool *ret_none);

/* Write the end of an attempt, or the thing would go out again: it is tried
 * until the lease has run out. ret may be NULL and is NULL when nothing was
 * written. */
void outbox_record(struct outbox *o, const struct taken *t, unsigned stmt,
	const char *const in[], struct rows **ret);

/* How long to wait after so many attempts: three times as long each time, so
 * that eight of them last for hours, and never in step with others. */
int64_t outbox_pause_ms(int64_t attempt);

#endif
