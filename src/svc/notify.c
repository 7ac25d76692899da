/* notify.c - puts what notifications say into words. */
#include "svc/notify.h"

#include "base/arena.h"
#include "base/clock.h"
#include "base/str.h"
#include "svc/mail.h"

#define HASH_SHOWN 7
#define FACTS_MAX  9

struct facts {
	struct mail_fact fact[FACTS_MAX];
	size_t n;
};

/* What there is not is left out. */
static void
add(struct facts *f, const char *label, const char *text)
{
	if (!text || !*text)
		return;
	ASSERT(f->n < FACTS_MAX);
	f->fact[f->n++] = (struct mail_fact){.label = label, .text = text};
}

/* What caused a deployment, in words. A trigger that has none is named. */
static const char *
cause(const char *trigger)
{
	static const struct {
		const char *trigger, *words;
	} t[] = {
		{"manual", "by hand"},
		{"api", "by the API"},
		{"webhook", "by a push or a deploy hook"},
		{"redeploy", "as a redeployment"},
		{"rollback", "as a rollback"},
	};

	for (size_t i = 0; i < NELEM(t); i++) {
		if (str_eq(trigger, t[i].trigger))
			return t[i].words;
	}
	return trigger;
}

static const char *
commit_text(struct arena *a, const struct rows *r)
{
	const char *hash = rows_str(r, "commit_hash");
	const char *message = rows_str(r, "commit_message");

	if (!hash)
		return NULL;
	return arena_printf(a, "%.*s%s%s", HASH_SHOWN, hash,
		message && *message ? " " : "", message ? message : "");
}

static void
deployment_facts(struct arena *a, const struct rows *r, struct facts *f)
{
	int seconds = rows_col(r, "seconds");

	add(f, "Project", rows_str(r, "project"));
	add(f, "Branch", rows_str(r, "branch"));
	if (!str_eq(rows_str(r, "target"), "production"))
		add(f, "Preview", rows_str(r, "target"));
	add(f, "Commit", commit_text(a, r));
	add(f, "Author", rows_str(r, "author"));
	add(f, "Started", cause(rows_str(r, "trigger")));
	if (rows_text(r, 0, seconds))
		add(f, "Duration", clock_duration(a, rows_int(r, 0, seconds)));
	add(f, "Reason", rows_str(r, "error"));
	add(f, "Site", rows_str(r, "url"));
	if (rows_str(r, "url"))
		f->fact[f->n - 1].ours = true;
}

static enum mail_kind
kind_of(const struct rows *r)
{
	const char *event = rows_str(r, "event");

	if (str_eq(event, "channel.disabled"))
		return MAIL_CHANNEL_DISABLED;
	if (str_eq(event, "deployment.failure"))
		return MAIL_DEPLOYMENT_FAILURE;
	return rows_bool(r, 0, rows_col(r, "state_changed"))
		       ? MAIL_DEPLOYMENT_RECOVERED
		       : MAIL_DEPLOYMENT_SUCCESS;
}

enum err
notify_mail(struct ctx *ctx, const struct svc *svc, const struct rows *r)
{
	struct arena *a = ctx->arena;
	struct facts facts = {.n = 0};
	const char *deployment = rows_str(r, "deployment_id");
	const char *path = "/settings/notifications";
	struct mail m = {
		.kind = kind_of(r),
		.user_id = rows_str(r, "user_id"),
		.to = rows_str(r, "email"),
		.name = rows_str(r, "name"),
		.detail = rows_str(r, "channel"),
	};

	if (deployment) {
		deployment_facts(a, r, &facts);
		path = arena_printf(a, "/deployments/%s", deployment);
		m.detail = rows_str(r, "project");
	}
	m.link = mail_link(ctx, svc, path, NULL);
	m.facts = facts.fact;
	m.nfacts = facts.n;
	return mail_queue(ctx, svc, &m);
}
