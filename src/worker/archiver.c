/*
 * archiver.c - the child that keeps releases in S3-compatible storage: it takes
 * what is due from the tables, one thing at a time, so that no deployment waits
 * for it. What a transfer consists of is archive_job.c.
 */
#include "worker/archiver.h"

#include "base/arena.h"
#include "base/clock.h"
#include "base/fd.h"
#include "base/log.h"
#include "base/rand.h"
#include "base/str.h"
#include "stmt.h"
#include "svc/store.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <unistd.h>

#define LEASE_S      180
#define BEAT_MS      30000
#define POLL_MS      30000
#define RETRY_MS     500  /* while the database is away */
#define GONE_MS      1000 /* until the files of a release may be removed */
#define PAUSE_MS     20000
#define PAUSE_MAX    14400000
#define NICE         10
#define ERROR_CHARS  500
#define RESTORES_MAX INT64_C(3) /* begun, when the worker is lost each time */

static bool
stopping(struct archiver *x)
{
	struct signalfd_siginfo s;

	while (read(x->signals, &s, sizeof(s)) == (ssize_t)sizeof(s))
		x->stop = true;
	return x->stop;
}

/* ---- the lease ---- */

enum err
archiver_tick(void *arg)
{
	struct archive_task *t = arg;
	struct archiver *x = t->x;
	int64_t now = clock_mono_ms();
	enum err e;

	if (t->lost)
		return E_LEASE_LOST;
	if (stopping(x))
		return E_BUILD_CANCELLED;
	if (now < t->beat_at)
		return E_OK;
	arena_reset(x->beat.arena);
	ctx_clear(&x->beat);
	e = db_query(&x->beat, x->db, STMT_ARCHIVE_BEAT,
		DB_IN(t->id, t->number, str_from_i64(x->beat.arena, LEASE_S)),
		NULL);
	now = clock_mono_ms();
	t->beat_at = now + (e ? RETRY_MS : BEAT_MS);
	if (!e)
		t->until = now + LEASE_S * 1000;
	/* a database that is away is no reason to begin anew */
	t->lost = e == E_LEASE_LOST || now > t->until;
	return t->lost ? E_LEASE_LOST : E_OK;
}

bool
archiver_go_on(void *arg)
{
	return archiver_tick(arg) == E_OK;
}

/* ---- what became of it ---- */

/* Written as long as the lease lasts; an end that is lost with the database is
 * an attempt that is made again. */
static void
record(struct archive_task *t, unsigned stmt, const char *const in[])
{
	struct archiver *x = t->x;
	enum err e;

	for (;;) {
		ctx_clear(&x->ctx);
		e = db_query(&x->ctx, x->db, stmt, in, NULL);
		if (e != E_SERVICE_UNAVAILABLE || clock_mono_ms() > t->until ||
			stopping(x))
			break;
		(void)poll(NULL, 0, RETRY_MS);
	}
	if (e)
		log_debug(t->id, "archiver: %s",
			x->ctx.cause ? x->ctx.cause : err_info(e)->message);
}

/* Three times as long each time, and never in step with others. */
static const char *
pause_ms(struct archiver *x, int64_t attempt)
{
	int64_t ms = PAUSE_MS;

	while (--attempt > 0 && ms < PAUSE_MAX)
		ms *= 3;
	ms = MIN(ms, (int64_t)PAUSE_MAX);
	ms = ms * 3 / 4 + (int64_t)rand_below((uint32_t)(ms / 2));
	return str_from_i64(x->ctx.arena, ms);
}

/* Why it failed, for the row and the log; taken before the ctx is used again. */
static const char *
reason(struct archiver *x, enum err e)
{
	const char *why = x->ctx.cause ? x->ctx.cause : x->ctx.message;

	if (!why)
		why = err_info(e)->message;
	return arena_strndup(
		x->ctx.arena, why, str_utf8_cut(why, strlen(why), ERROR_CHARS));
}

static void
hand_back(struct archive_task *t, int64_t ms)
{
	record(t, STMT_ARCHIVE_HANDED_BACK,
		DB_IN(t->id, t->number, str_from_i64(t->x->ctx.arena, ms)));
}

static void
archived(struct archive_task *t)
{
	const char *bytes = str_from_i64(t->x->ctx.arena, t->bytes);

	record(t, STMT_ARCHIVE_DONE, DB_IN(t->id, t->number, bytes, t->sha256));
	log_event(EV_ARCHIVE_STORED, t->id, "bytes", bytes, NULL);
}

static void
not_archived(struct archive_task *t, enum err e)
{
	struct archiver *x = t->x;
	const char *why = reason(x, e);
	bool never = e == E_PAYLOAD_TOO_LARGE || t->n >= x->w->cfg.s3_attempts;

	if (never)
		record(t, STMT_ARCHIVE_GIVEN_UP, DB_IN(t->id, t->number, why));
	else
		record(t, STMT_ARCHIVE_LATER,
			DB_IN(t->id, t->number, why, pause_ms(x, t->n)));
	log_event(never ? EV_ARCHIVE_FAILED : EV_ARCHIVE_DELAYED, t->id,
		"attempt", t->number, "cause", why, NULL);
}

static void
not_restored(struct archive_task *t, enum err e)
{
	const char *why = reason(t->x, e);

	record(t, STMT_ARCHIVE_RESTORE_FAILED, DB_IN(t->id, t->number, why));
	log_event(EV_RESTORE_FAILED, t->id, "cause", why, NULL);
}

static void
work_on(struct archive_task *t)
{
	enum err e;

	crash_point(t->restore ? "restore-claimed" : "archive-claimed");
	if (t->n > (t->restore ? RESTORES_MAX : t->x->w->cfg.s3_attempts))
		e = ctx_cause(&t->x->ctx, E_INTERNAL_SERVER_ERROR,
			"the worker was lost too often");
	else
		e = t->restore ? archive_restore(t) : archive_store(t);
	crash_point(t->restore ? "restore-ended" : "archive-ended");
	if (e == E_BUILD_CANCELLED)
		hand_back(t, 0);
	else if (e == E_CONFLICT)
		hand_back(t, GONE_MS);
	else if (e == E_LEASE_LOST || e == E_SERVICE_UNAVAILABLE)
		log_event(EV_ARCHIVE_LOST, t->id, "reason",
			e == E_LEASE_LOST ? "lease" : "database", NULL);
	else if (e && t->restore)
		not_restored(t, e);
	else if (e)
		not_archived(t, e);
	else if (t->restore)
		log_event(EV_RESTORE_DONE, t->id, NULL);
	else
		archived(t);
}

/* ---- the loop ---- */

/* Take one and work on it; *ret_none when none is due. */
static enum err
take_one(struct archiver *x, bool *ret_none)
{
	struct arena *a = x->ctx.arena;
	struct archive_task t = {.x = x};
	struct rows *r;
	enum err e = db_query(&x->ctx, x->db, STMT_ARCHIVE_CLAIM,
		DB_IN(str_from_i64(a, LEASE_S)), &r);

	if (e)
		return e;
	*ret_none = rows_n(r) == 0;
	if (*ret_none)
		return E_OK;
	t.id = rows_str(r, "id");
	t.site = rows_str(r, "site");
	t.number = rows_str(r, "attempts");
	t.n = rows_int(r, 0, rows_col(r, "attempts"));
	t.restore = rows_bool(r, 0, rows_col(r, "restore"));
	t.sha256 = rows_str(r, "sha256");
	t.bytes = rows_int(r, 0, rows_col(r, "bytes"));
	t.beat_at = clock_mono_ms() + BEAT_MS;
	t.until = clock_mono_ms() + LEASE_S * 1000;
	(void)str_copy(x->ctx.id, sizeof(x->ctx.id), t.id);
	work_on(&t);
	return E_OK;
}

static bool
goes_on(void *arg)
{
	return !stopping(arg);
}

/* The same for an object that nobody needs any more. */
static enum err
remove_one(struct archiver *x, bool *ret_none)
{
	struct arena *a = x->ctx.arena;
	struct store_job job = {.cfg = &x->w->cfg, .go_on = goes_on, .arg = x};
	const char *id;
	const char *number;
	const char *why;
	struct rows *r;
	enum err e = db_query(&x->ctx, x->db, STMT_ARCHIVE_REMOVAL_CLAIM,
		DB_IN(str_from_i64(a, LEASE_S)), &r);

	if (e)
		return e;
	*ret_none = rows_n(r) == 0;
	if (*ret_none)
		return E_OK;
	id = rows_str(r, "id");
	number = rows_str(r, "attempts");
	job.key = store_release_key(a, id);
	e = store_remove(&x->ctx, &job);
	if (!e) {
		log_event(EV_ARCHIVE_REMOVED, id, NULL);
		return db_query(&x->ctx, x->db, STMT_ARCHIVE_REMOVAL_DONE,
			DB_IN(id), NULL);
	}
	if (x->stop)
		return E_OK; /* the next worker's, when the lease has ended */
	why = reason(x, e);
	log_event(EV_ARCHIVE_STAYS, id, "attempt", number, "cause", why, NULL);
	ctx_clear(&x->ctx);
	return db_query(&x->ctx, x->db, STMT_ARCHIVE_REMOVAL_LATER,
		DB_IN(id, number, why,
			pause_ms(x, rows_int(r, 0, rows_col(r, "attempts")))),
		NULL);
}

static enum err
all_of(struct archiver *x, enum err (*take)(struct archiver *, bool *))
{
	bool none = false;
	enum err e = E_OK;

	while (!e && !none && !stopping(x)) {
		arena_reset(x->ctx.arena);
		ctx_clear(&x->ctx);
		e = take(x, &none);
	}
	return e;
}

/* All that is due; *ret_ms: how long to wait then. */
static enum err
empty(struct archiver *x, int *ret_ms)
{
	struct rows *r;
	enum err e = db_listen(&x->ctx, x->db);

	if (!e)
		e = db_query(
			&x->ctx, x->db, STMT_ARCHIVE_ENQUEUE, DB_IN0, NULL);
	if (e == E_DEPLOYMENT_NOT_FOUND)
		e = E_OK; /* deleted meanwhile: the next round does it */
	ctx_clear(&x->ctx);
	if (!e)
		e = all_of(x, remove_one);
	if (!e)
		e = all_of(x, take_one);
	if (!e)
		e = db_query(&x->ctx, x->db, STMT_ARCHIVE_WAIT, DB_IN0, &r);
	if (!e && rows_str(r, "ms"))
		*ret_ms = (int)MIN(
			rows_int(r, 0, rows_col(r, "ms")), (int64_t)POLL_MS);
	return e;
}

static bool
work_came(struct archiver *x)
{
	char payload[64];
	bool lost = false;
	bool came = false;

	while (db_notice(x->db, payload, sizeof(payload), &lost))
		came |= str_starts(payload, "archive:") ||
			str_starts(payload, "deploy:");
	return came || lost;
}

static void
wait_for_work(struct archiver *x, int ms)
{
	int64_t until = clock_mono_ms() + ms;

	while (!work_came(x) && !stopping(x)) {
		int64_t left = until - clock_mono_ms();
		struct pollfd p[] = {
			{x->signals, POLLIN, 0}, {db_fd(x->db), POLLIN, 0}};

		if (left <= 0)
			return;
		(void)poll(p, NELEM(p), (int)left); /* looked at above */
	}
}

/* STATE/archive, without what a predecessor has left in it. */
static bool
open_work(struct archiver *x)
{
	const char *state = x->w->cfg.state_dir;
	AUTO_FD int dir = open(state, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	x->dir = arena_printf(x->keep, "%s/archive", state);
	return dir >= 0 && fd_remove_tree(dir, "archive") &&
	       mkdirat(dir, "archive", 0700) == 0;
}

static void
note(struct archiver *x, enum err e)
{
	/* the parent says that the database is away */
	log_debug(NULL, "archiver: %s",
		x->ctx.cause ? x->ctx.cause : err_info(e)->message);
	(void)poll(&(struct pollfd){x->signals, POLLIN, 0}, 1, RETRY_MS);
}

void
archiver_main(struct worker *w)
{
	struct archiver x = {.w = w};
	bool again = w->archiver_first;

	x.signals = worker_be_child(w);
	(void)prctl(PR_SET_NAME, "archiver"); /* for ps(1) */
	(void)close(w->lock);
	/* packing must not slow down builds and pages; if it does, so be it */
	(void)setpriority(PRIO_PROCESS, 0, NICE);
	x.keep = arena_new(1 << 20, 1 << 24);
	x.ctx.arena = arena_new(256 << 20, 1 << 30);
	x.beat.arena = arena_new(1 << 20, 1 << 24);
	x.db = db_new(stmt_table, STMT_MAX, w->cfg.database_url, "worker");
	if (!open_work(&x)) {
		log_event(EV_ARCHIVE_LOST, NULL, "reason", "state_dir", "cause",
			strerror(errno), NULL);
		_exit(1);
	}
	while (!stopping(&x)) {
		int ms = POLL_MS;
		enum err e = E_OK;

		arena_reset(x.ctx.arena);
		ctx_clear(&x.ctx);
		if (again)
			e = db_query(
				&x.ctx, x.db, STMT_ARCHIVE_AGAIN, DB_IN0, NULL);
		again = again && e;
		if (!e)
			e = empty(&x, &ms);
		if (e)
			note(&x, e);
		else
			wait_for_work(&x, ms);
	}
	db_free(x.db);
	_exit(0);
}
