/*
 * outbox.c - the child that sends mails: it takes what is due from the table,
 * one at a time, and hands it to the mail server or writes it into a folder.
 * Any number of workers do that beside each other. The log names a mail by id
 * and kind only.
 */
#include "worker/worker.h"

#include "base/arena.h"
#include "base/clock.h"
#include "base/fd.h"
#include "base/log.h"
#include "base/rand.h"
#include "base/str.h"
#include "ext/smtpc.h"
#include "stmt.h"
#include "svc/mail.h"
#include "svc/seal.h"

#include <errno.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

#define LEASE_S     180 /* longer than an attempt may take (ext/smtpc.c) */
#define POLL_MS     30000
#define RETRY_MS    500  /* while the database is away */
#define STOP_MS     5000 /* for the mail that is on its way */
#define PAUSE_MS    20000
#define PAUSE_MAX   14400000
#define ERROR_CHARS 500

struct outbox {
	struct worker *w;
	struct ctx ctx; /* its arena is reset for every mail */
	struct db *db;
	int signals;
	int64_t stop_at; /* when somebody said so; 0: nobody has */
};

/* One attempt at one mail. */
struct attempt {
	const char *id, *kind, *to, *sealed;
	const char *number; /* of the attempt: the fence of what is written */
	int64_t n;
	int64_t until; /* the lease, by the monotonic clock */
	struct smtpc_why why;
};

static bool
stopping(struct outbox *o)
{
	struct signalfd_siginfo s;

	while (read(o->signals, &s, sizeof(s)) == (ssize_t)sizeof(s)) {
		if (!o->stop_at)
			o->stop_at = clock_mono_ms();
	}
	return o->stop_at != 0;
}

static bool
stop_transfer(void *arg)
{
	struct outbox *o = arg;

	return stopping(o) && clock_mono_ms() - o->stop_at > STOP_MS;
}

/* ---- ways out ---- */

static enum smtpc_end
send_out(struct outbox *o, struct attempt *t, const char *text)
{
	const struct cfg *cfg = &o->w->cfg;
	struct arena *a = o->ctx.arena;
	const struct smtpc_mail m = {
		.host = cfg->smtp_host,
		.port = cfg->smtp_port,
		.tls = cfg->smtp_tls,
		.ca_file = cfg->smtp_ca_file,
		.user = cfg->smtp_user,
		.pass = cfg->smtp_pass ? cfg->smtp_pass : "",
		.hello = mail_host(a, cfg),
		.from = mail_sender(a, cfg),
		.to = t->to,
		.text = text,
		.stop = stop_transfer,
		.arg = o,
	};

	return smtpc_mail(a, &m, &t->why);
}

/* Without a mail server: a file, for its owner alone since it may hold a code.
 * Names sort by time. */
static enum smtpc_end
write_out(struct outbox *o, struct attempt *t, const char *text)
{
	const struct cfg *cfg = &o->w->cfg;
	struct arena *a = o->ctx.arena;
	const char *dir = *cfg->mail_dir
				  ? cfg->mail_dir
				  : arena_printf(a, "%s/mail", cfg->state_dir);
	int64_t now = clock_now_us();
	time_t s = (time_t)(now / 1000000);
	struct tm tm;
	char stamp[32];

	ASSERT(gmtime_r(&s, &tm));
	ASSERT(strftime(stamp, sizeof(stamp), "%Y%m%dT%H%M%S", &tm));
	if (fd_mkdirs(dir, 0700) &&
		fd_replace_file(
			arena_printf(a, "%s/%s.%06dZ-%s-%s.eml", dir, stamp,
				(int)(now % 1000000), t->kind, t->id),
			text, strlen(text), 0600))
		return SMTPC_DONE;
	t->why.cause = arena_printf(a, "mail_dir: %s", strerror(errno));
	t->why.said = "";
	return SMTPC_LATER;
}

/* ---- what became of it ---- */

/* The end of an attempt has to be written, or the mail would go out again: it
 * is tried as long as the lease lasts. */
static void
record(struct outbox *o, const struct attempt *t, unsigned stmt,
	const char *const in[])
{
	enum err e;

	for (;;) {
		ctx_clear(&o->ctx);
		e = db_query(&o->ctx, o->db, stmt, in, NULL);
		if (e != E_SERVICE_UNAVAILABLE || clock_mono_ms() > t->until)
			break;
		(void)poll(NULL, 0, RETRY_MS);
	}
	if (e)
		log_debug(t->id, "outbox: %s",
			o->ctx.cause ? o->ctx.cause : err_info(e)->message);
}

/* Three times as long each time, so that eight attempts last for hours, and
 * never in step with other mails. */
static int64_t
pause_ms(int64_t attempt)
{
	int64_t ms = PAUSE_MS;

	while (--attempt > 0 && ms < PAUSE_MAX)
		ms *= 3;
	ms = MIN(ms, (int64_t)PAUSE_MAX);
	return ms * 3 / 4 + (int64_t)rand_below((uint32_t)(ms / 2));
}

static void
put_off(struct outbox *o, const struct attempt *t, bool never)
{
	struct arena *a = o->ctx.arena;
	const char *error = *t->why.said ? arena_printf(a, "%s: %s",
						   t->why.cause, t->why.said)
					 : t->why.cause;

	error = arena_strndup(
		a, error, str_utf8_cut(error, strlen(error), ERROR_CHARS));
	if (never || t->n >= o->w->cfg.mail_attempts) {
		record(o, t, STMT_MAIL_FAILED, DB_IN(t->id, t->number, error));
		log_event(EV_MAIL_FAILED, t->id, "kind", t->kind, "attempt",
			t->number, "cause", t->why.cause, NULL);
		return;
	}
	record(o, t, STMT_MAIL_LATER,
		DB_IN(t->id, t->number, error,
			str_from_i64(a, pause_ms(t->n))));
	log_event(EV_MAIL_DELAYED, t->id, "kind", t->kind, "attempt", t->number,
		"cause", t->why.cause, NULL);
}

static enum smtpc_end
deliver(struct outbox *o, struct attempt *t)
{
	const char *text;

	t->why = (struct smtpc_why){"the worker was lost too often", ""};
	if (t->n > o->w->cfg.mail_attempts)
		return SMTPC_NEVER;
	if (seal_open(&o->ctx, &o->w->cfg,
		    arena_printf(o->ctx.arena, "mail:%s", t->id), t->sealed,
		    &text)) {
		t->why.cause = "it was sealed under another jwt_secret";
		return SMTPC_LATER;
	}
	return *o->w->cfg.smtp_host ? send_out(o, t, text)
				    : write_out(o, t, text);
}

static void
work_on(struct outbox *o, struct attempt *t)
{
	enum smtpc_end end;

	crash_point("mail-claimed");
	end = deliver(o, t);
	crash_point("mail-delivered");
	switch (end) {
	case SMTPC_DONE:
		record(o, t, STMT_MAIL_SENT, DB_IN(t->id, t->number));
		log_event(EV_MAIL_SENT, t->id, "kind", t->kind, "attempt",
			t->number, NULL);
		break;
	case SMTPC_STOPPED:
		record(o, t, STMT_MAIL_HANDED_BACK, DB_IN(t->id, t->number));
		break;
	case SMTPC_LATER:
	case SMTPC_NEVER:
		put_off(o, t, end == SMTPC_NEVER);
		break;
	}
}

/* ---- the loop ---- */

/* Take one and work on it; *ret_none when none is due. */
static enum err
take_one(struct outbox *o, bool *ret_none)
{
	struct arena *a = o->ctx.arena;
	struct attempt t = {0};
	struct rows *r;
	enum err e = db_query(&o->ctx, o->db, STMT_MAIL_CLAIM,
		DB_IN(str_from_i64(a, LEASE_S)), &r);

	if (e)
		return e;
	*ret_none = rows_n(r) == 0;
	if (*ret_none)
		return E_OK;
	t.id = rows_str(r, "id");
	t.kind = rows_str(r, "kind");
	t.to = rows_str(r, "recipient");
	t.sealed = rows_str(r, "message_sealed");
	t.number = rows_str(r, "attempts");
	t.n = rows_int(r, 0, rows_col(r, "attempts"));
	t.until = clock_mono_ms() + LEASE_S * 1000;
	work_on(o, &t);
	return E_OK;
}

/* All that is due; *ret_ms: how long to wait then. */
static enum err
empty(struct outbox *o, int *ret_ms)
{
	bool none = false;
	struct rows *r;
	enum err e = db_listen(&o->ctx, o->db);

	while (!e && !none && !stopping(o)) {
		arena_reset(o->ctx.arena);
		ctx_clear(&o->ctx);
		e = take_one(o, &none);
	}
	if (!e)
		e = db_query(&o->ctx, o->db, STMT_MAIL_WAIT, DB_IN0, &r);
	if (!e && rows_str(r, "ms"))
		*ret_ms = (int)MIN(
			rows_int(r, 0, rows_col(r, "ms")), (int64_t)POLL_MS);
	return e;
}

static bool
mail_came(struct outbox *o)
{
	char payload[64];
	bool lost = false;
	bool came = false;

	while (db_notice(o->db, payload, sizeof(payload), &lost))
		came |= str_starts(payload, "mail:");
	return came || lost;
}

static void
wait_for_mail(struct outbox *o, int ms)
{
	int64_t until = clock_mono_ms() + ms;

	while (!mail_came(o) && !stopping(o)) {
		int64_t left = until - clock_mono_ms();
		struct pollfd p[] = {
			{o->signals, POLLIN, 0}, {db_fd(o->db), POLLIN, 0}};

		if (left <= 0)
			return;
		(void)poll(p, NELEM(p), (int)left); /* looked at above */
	}
}

void
outbox_main(struct worker *w)
{
	struct outbox o = {.w = w};

	o.signals = worker_be_child(w);
	(void)prctl(PR_SET_NAME, "outbox"); /* for ps(1) */
	(void)close(w->lock);
	o.ctx.arena = arena_new(4 << 20, 64 << 20);
	o.db = db_new(stmt_table, STMT_MAX, w->cfg.database_url, "worker");
	while (!stopping(&o)) {
		int ms = POLL_MS;
		enum err e;

		arena_reset(o.ctx.arena);
		ctx_clear(&o.ctx);
		e = empty(&o, &ms);
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
		wait_for_mail(&o, ms);
	}
	db_free(o.db);
	_exit(0);
}
