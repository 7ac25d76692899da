/*
 * outbox_hook.c - sends notifications to channels. The database says which one
 * is next, so that an address that does not answer holds up nobody else; the
 * log names a notification by id, event and the receiver's host only.
 */
#include "worker/outbox.h"

#include "base/arena.h"
#include "base/log.h"
#include "base/str.h"
#include "stmt.h"
#include "svc/hook.h"

#define LEASE_S  30  /* longer than an attempt may take (svc/hook.h) */
#define LEAST_MS 500 /* what is due may be of a channel that is busy */

static const char *
code_text(struct arena *a, int code)
{
	return code ? str_from_i64(a, code) : NULL;
}

static void
delivered(struct outbox *o, const struct taken *t, const struct hook_end *end)
{
	struct arena *a = o->ctx.arena;

	outbox_record(o, t, STMT_NOTIFICATION_DELIVERED,
		DB_IN(t->id, t->number, code_text(a, end->code)), NULL);
	log_event(EV_NOTIFICATION_SENT, t->id, "kind",
		rows_str(t->row, "event"), "attempt", t->number, NULL);
}

/* The database decides what becomes of it, since that depends on what the
 * channel's other notifications met. */
static void
put_off(struct outbox *o, const struct taken *t, const struct hook_end *end)
{
	const struct cfg *cfg = &o->w->cfg;
	struct arena *a = o->ctx.arena;
	const char *status = NULL;
	struct rows *r;

	outbox_record(o, t, STMT_NOTIFICATION_PUT_OFF,
		DB_IN(t->id, t->number, code_text(a, end->code), end->error,
			str_from_i64(a, outbox_pause_ms(t->n)),
			str_from_i64(a, cfg->hook_attempts),
			str_from_i64(a, cfg->hook_failures_max)),
		&r);
	if (r && rows_n(r) > 0)
		status = rows_str(r, "status");
	if (!status)
		return; /* somebody else's, or not known */
	log_event(str_eq(status, "waiting") ? EV_NOTIFICATION_DELAYED
					    : EV_NOTIFICATION_FAILED,
		t->id, "kind", rows_str(t->row, "event"), "attempt", t->number,
		"cause", end->cause, NULL);
	if (str_eq(status, "disabled"))
		log_event(EV_CHANNEL_DISABLED, rows_str(t->row, "channel_id"),
			"cause", end->cause, NULL);
}

static void
work_on(struct outbox *o, const struct taken *t)
{
	struct hook_end end = {.error = "the worker was lost too often",
		.cause = "the worker was lost too often"};

	crash_point("hook-claimed");
	if (t->n <= o->w->cfg.hook_attempts)
		end = hook_send(&o->ctx, &o->svc, t->row);
	crash_point("hook-delivered");
	if (end.delivered)
		delivered(o, t, &end);
	else
		put_off(o, t, &end);
}

static enum err
take_note(struct outbox *o, bool *ret_none)
{
	struct arena *a = o->ctx.arena;
	int64_t per_user = MAX(o->w->cfg.hook_senders / 2, (int64_t)1);
	struct taken t;
	enum err e = outbox_take(o, STMT_NOTIFICATION_CLAIM, LEASE_S,
		DB_IN(str_from_i64(a, LEASE_S), str_from_i64(a, per_user)), &t,
		ret_none);

	if (!e && !*ret_none)
		work_on(o, &t);
	return e;
}

/* One of each, so that neither keeps the other waiting. */
static enum err
take_one(struct outbox *o, bool *ret_none)
{
	bool no_note = false;
	bool no_call = false;
	enum err e = take_note(o, &no_note);

	ctx_clear(&o->ctx);
	if (!e)
		e = outbox_github_one(o, &no_call);
	*ret_none = no_note && no_call;
	return e;
}

const struct drain drain_hook = {
	.name = "hooks",
	.notice = "hook:",
	.wait = STMT_NOTIFICATION_WAIT,
	.least_ms = LEAST_MS,
	.take_one = take_one,
};
