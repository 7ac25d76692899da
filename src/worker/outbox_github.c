/*
 * outbox_github.c - tells GitHub of deployments and webhooks, beside the
 * notifications of the same child. The log names a call by id, kind and
 * repository.
 */
#include "worker/outbox.h"

#include "base/arena.h"
#include "base/log.h"
#include "base/str.h"
#include "stmt.h"
#include "svc/github_call.h"

#define LEASE_MORE_S 20 /* than a call may take */

static const char *
code_text(struct arena *a, int code)
{
	return code ? str_from_i64(a, code) : NULL;
}

static void
tell_log(enum event what, const struct taken *t, const char *cause)
{
	log_event(what, t->id, "kind", rows_str(t->row, "what"), "repository",
		rows_str(t->row, "repository"), "attempt", t->number,
		cause ? "cause" : NULL, cause, NULL);
}

static void
delivered(struct outbox *o, const struct taken *t, const struct github_end *end)
{
	outbox_record(o, t, STMT_GITHUB_DELIVERED,
		DB_IN(t->id, t->number, code_text(o->ctx.arena, end->code),
			end->hook_id),
		NULL);
	tell_log(EV_GITHUB_SENT, t, NULL);
}

/* No other request finds out by itself that GitHub does not take a token. */
static void
note_refusal(struct outbox *o, const struct taken *t)
{
	outbox_record(o, t, STMT_GITHUB_TOKEN_REFUSED,
		DB_IN(rows_str(t->row, "user_id"),
			rows_str(t->row, "token_sealed")),
		NULL);
}

static void
put_off(struct outbox *o, const struct taken *t, const struct github_end *end)
{
	struct arena *a = o->ctx.arena;
	bool give_up = end->final || t->n >= o->w->cfg.hook_attempts;
	int64_t ms = MAX(outbox_pause_ms(t->n), end->retry_s * 1000);
	struct rows *r;

	if (end->refused)
		note_refusal(o, t);
	outbox_record(o, t, STMT_GITHUB_PUT_OFF,
		DB_IN(t->id, t->number, code_text(a, end->code), end->error,
			str_from_i64(a, ms), give_up ? "t" : "f",
			end->retry_s ? "t" : "f"),
		&r);
	/* no row: somebody else's, or not known */
	if (r && rows_n(r) > 0)
		tell_log(give_up ? EV_GITHUB_GIVEN_UP : EV_GITHUB_DELAYED, t,
			end->cause);
}

static void
work_on(struct outbox *o, const struct taken *t)
{
	struct github_end end = {.final = true,
		.error = "the worker was lost too often",
		.cause = "the worker was lost too often"};

	crash_point("github-claimed");
	if (t->n <= o->w->cfg.hook_attempts)
		end = github_call(&o->ctx, &o->svc, t->row);
	crash_point("github-told");
	if (end.delivered)
		delivered(o, t, &end);
	else
		put_off(o, t, &end);
}

enum err
outbox_github_one(struct outbox *o, bool *ret_none)
{
	struct arena *a = o->ctx.arena;
	const struct cfg *cfg = &o->w->cfg;
	const char *half =
		str_from_i64(a, MAX(cfg->hook_senders / 2, (int64_t)1));
	int64_t lease_s = cfg->oauth_timeout / 1000 + LEASE_MORE_S;
	struct taken t;
	enum err e = outbox_take(o, STMT_GITHUB_CLAIM, lease_s,
		DB_IN(str_from_i64(a, lease_s), half, half), &t, ret_none);

	if (!e && !*ret_none)
		work_on(o, &t);
	return e;
}
