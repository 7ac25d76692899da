/*
 * outbox.c - a child that sends what waits: takes what is due from a table, one
 * at a time, until a signal ends it. See outbox.h.
 */
#include "worker/outbox.h"

#include "base/arena.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/rand.h"
#include "base/str.h"
#include "stmt.h"

#include <poll.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <unistd.h>

#define POLL_MS   30000
#define RETRY_MS  500 /* while the database is away */
#define PAUSE_MS  20000
#define PAUSE_MAX 14400000

bool
outbox_stopping(struct outbox *o)
{
	struct signalfd_siginfo s;

	while (read(o->signals, &s, sizeof(s)) == (ssize_t)sizeof(s)) {
		if (!o->stop_at)
			o->stop_at = clock_mono_ms();
	}
	return o->stop_at != 0;
}

/* The lease is counted from before it was asked for: here it never lasts longer
 * than in the database. */
enum err
outbox_take(struct outbox *o, unsigned stmt, int64_t lease_s,
	const char *const in[], struct taken *ret, bool *ret_none)
{
	int64_t until = clock_mono_ms() + lease_s * 1000;
	struct rows *r;
	enum err e = db_query(&o->ctx, o->db, stmt, in, &r);

	if (e)
		return e;
	*ret_none = rows_n(r) == 0;
	if (!*ret_none)
		*ret = (struct taken){
			.row = r,
			.id = rows_str(r, "id"),
			.number = rows_str(r, "attempts"),
			.n = rows_int(r, 0, rows_col(r, "attempts")),
			.until = until,
		};
	return E_OK;
}

void
outbox_record(struct outbox *o, const struct taken *t, unsigned stmt,
	const char *const in[], struct rows **ret)
{
	struct rows *r = NULL;
	enum err e;

	for (;;) {
		ctx_clear(&o->ctx);
		e = db_query(&o->ctx, o->db, stmt, in, &r);
		if (e != E_SERVICE_UNAVAILABLE || clock_mono_ms() > t->until)
			break;
		(void)poll(NULL, 0, RETRY_MS);
	}
	if (e)
		log_debug(t->id, "outbox: %s",
			o->ctx.cause ? o->ctx.cause : err_info(e)->message);
	if (ret)
		*ret = e ? NULL : r;
}

int64_t
outbox_pause_ms(int64_t attempt)
{
	int64_t ms = PAUSE_MS;

	while (--attempt > 0 && ms < PAUSE_MAX)
		ms *= 3;
	ms = MIN(ms, (int64_t)PAUSE_MAX);
	return ms * 3 / 4 + (int64_t)rand_below((uint32_t)(ms / 2));
}

/* All that is due; *ret_ms: how long to wait then. */
static enum err
empty(struct outbox *o, const struct drain *d, int *ret_ms)
{
	bool none = false;
	struct rows *r;
	enum err e = db_listen(&o->ctx, o->db);

	while (!e && !none && !outbox_stopping(o)) {
		arena_reset(o->ctx.arena);
		ctx_clear(&o->ctx);
		e = d->take_one(o, &none);
	}
	if (!e)
		e = db_query(&o->ctx, o->db, d->wait, DB_IN0, &r);
	if (!e && rows_str(r, "ms"))
		*ret_ms = (int)MAX(MIN(rows_int(r, 0, rows_col(r, "ms")),
					   (int64_t)POLL_MS),
			(int64_t)d->least_ms);
	return e;
}

static bool
work_came(struct outbox *o, const struct drain *d)
{
	char payload[64];
	bool lost = false;
	bool came = false;

	while (db_notice(o->db, payload, sizeof(payload), &lost))
		came |= str_starts(payload, d->notice);
	return came || lost;
}

static void
wait_for_work(struct outbox *o, const struct drain *d, int ms)
{
	int64_t until = clock_mono_ms() + ms;

	while (!work_came(o, d) && !outbox_stopping(o)) {
		int64_t left = until - clock_mono_ms();
		struct pollfd p[] = {
			{o->signals, POLLIN, 0}, {db_fd(o->db), POLLIN, 0}};

		if (left <= 0)
			return;
		(void)poll(p, NELEM(p), (int)left); /* looked at above */
	}
}

void
outbox_main(struct worker *w, const struct drain *d)
{
	struct outbox o = {.w = w};

	o.signals = worker_be_child(w);
	(void)prctl(PR_SET_NAME, d->name); /* for ps(1) */
	(void)close(w->lock);
	o.ctx.arena = arena_new(4 << 20, 64 << 20);
	o.db = db_new(stmt_table, STMT_MAX, w->cfg.database_url, "worker");
	o.svc = (struct svc){.cfg = &w->cfg, .db = o.db};
	while (!outbox_stopping(&o)) {
		int ms = POLL_MS;
		enum err e;

		arena_reset(o.ctx.arena);
		ctx_clear(&o.ctx);
		e = empty(&o, d, &ms);
		if (e) {
			/* the parent says that the database is away */
			log_debug(NULL, "outbox: %s",
				o.ctx.cause ? o.ctx.cause
					    : err_info(e)->message);
			ms = RETRY_MS;
			(void)poll(
				&(struct pollfd){o.signals, POLLIN, 0}, 1, ms);
			continue;
		}
		wait_for_work(&o, d, ms);
	}
	db_free(o.db);
	_exit(0);
}
