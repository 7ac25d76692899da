/*
 * outbox_mail.c - sends mails: it hands what waits to the mail server or writes
 * it into a folder. Notifications that go by mail become one here first. The
 * log names a mail by id and kind only.
 */
#include "worker/outbox.h"

#include "base/arena.h"
#include "base/clock.h"
#include "base/fd.h"
#include "base/log.h"
#include "base/str.h"
#include "ext/smtpc.h"
#include "stmt.h"
#include "svc/mail.h"
#include "svc/notify.h"
#include "svc/seal.h"

#include <errno.h>
#include <time.h>

#define LEASE_S     180  /* longer than an attempt may take (ext/smtpc.c) */
#define STOP_MS     5000 /* for the mail that is on its way */
#define ERROR_CHARS 500

/* One attempt at one mail. */
struct attempt {
	struct taken of;
	const char *kind, *to, *sealed;
	struct smtpc_why why;
};

static bool
stop_transfer(void *arg)
{
	struct outbox *o = arg;

	return outbox_stopping(o) && clock_mono_ms() - o->stop_at > STOP_MS;
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
				(int)(now % 1000000), t->kind, t->of.id),
			text, strlen(text), 0600))
		return SMTPC_DONE;
	t->why.cause = arena_printf(a, "mail_dir: %s", strerror(errno));
	t->why.said = "";
	return SMTPC_LATER;
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
	if (never || t->of.n >= o->w->cfg.mail_attempts) {
		outbox_record(o, &t->of, STMT_MAIL_FAILED,
			DB_IN(t->of.id, t->of.number, error), NULL);
		log_event(EV_MAIL_FAILED, t->of.id, "kind", t->kind, "attempt",
			t->of.number, "cause", t->why.cause, NULL);
		return;
	}
	outbox_record(o, &t->of, STMT_MAIL_LATER,
		DB_IN(t->of.id, t->of.number, error,
			str_from_i64(a, outbox_pause_ms(t->of.n))),
		NULL);
	log_event(EV_MAIL_DELAYED, t->of.id, "kind", t->kind, "attempt",
		t->of.number, "cause", t->why.cause, NULL);
}

static enum smtpc_end
deliver(struct outbox *o, struct attempt *t)
{
	const char *text;

	t->why = (struct smtpc_why){"the worker was lost too often", ""};
	if (t->of.n > o->w->cfg.mail_attempts)
		return SMTPC_NEVER;
	if (seal_open(&o->ctx, &o->w->cfg,
		    arena_printf(o->ctx.arena, "mail:%s", t->of.id), t->sealed,
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
		outbox_record(o, &t->of, STMT_MAIL_SENT,
			DB_IN(t->of.id, t->of.number), NULL);
		log_event(EV_MAIL_SENT, t->of.id, "kind", t->kind, "attempt",
			t->of.number, NULL);
		break;
	case SMTPC_STOPPED:
		outbox_record(o, &t->of, STMT_MAIL_HANDED_BACK,
			DB_IN(t->of.id, t->of.number), NULL);
		break;
	case SMTPC_LATER:
	case SMTPC_NEVER:
		put_off(o, t, end == SMTPC_NEVER);
		break;
	}
}

/* ---- notifications ---- */

/* One notification becomes a mail, or never will: both in one transaction. */
static enum err
tell(struct outbox *o, bool *ret_none, const char **ret_id)
{
	const char *why = NULL;
	struct rows *r;
	enum err e = db_query(
		&o->ctx, o->db, STMT_NOTIFICATION_MAIL_NEXT, DB_IN0, &r);

	if (e)
		return e;
	*ret_none = rows_n(r) == 0;
	if (*ret_none)
		return E_OK;
	*ret_id = rows_str(r, "id");
	if (!rows_bool(r, 0, rows_col(r, "good")))
		why = "the account has no confirmed address";
	else
		e = notify_mail(&o->ctx, &o->svc, r);
	return e ? e
		 : db_query(&o->ctx, o->db, STMT_NOTIFICATION_MAIL_END,
			   DB_IN(*ret_id, why), NULL);
}

static enum err
tell_one(struct outbox *o, bool *ret_none)
{
	enum err e = db_begin(&o->ctx, o->db);
	const char *id = NULL;

	if (!e)
		e = tell(o, ret_none, &id);
	e = db_end(&o->ctx, o->db, e);
	if (!e || e == E_SERVICE_UNAVAILABLE || !id)
		return e;
	/* the next one must not wait for it */
	log_debug(id, "outbox: %s",
		o->ctx.cause ? o->ctx.cause : err_info(e)->message);
	ctx_clear(&o->ctx);
	return db_query(&o->ctx, o->db, STMT_NOTIFICATION_MAIL_END,
		DB_IN(id, "no mail could be made of it"), NULL);
}

/* ---- the drain ---- */

static enum err
send_one(struct outbox *o, bool *ret_none)
{
	struct attempt t = {0};
	enum err e = outbox_take(o, STMT_MAIL_CLAIM, LEASE_S,
		DB_IN(str_from_i64(o->ctx.arena, LEASE_S)), &t.of, ret_none);

	if (e || *ret_none)
		return e;
	t.kind = rows_str(t.of.row, "kind");
	t.to = rows_str(t.of.row, "recipient");
	t.sealed = rows_str(t.of.row, "message_sealed");
	work_on(o, &t);
	return E_OK;
}

static enum err
take_one(struct outbox *o, bool *ret_none)
{
	enum err e = tell_one(o, ret_none);

	return e || !*ret_none ? e : send_one(o, ret_none);
}

const struct drain drain_mail = {
	.name = "outbox",
	.notice = "mail:",
	.wait = STMT_MAIL_WAIT,
	.take_one = take_one,
};
