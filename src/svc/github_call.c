/* github_call.c - tells GitHub of deployments and webhooks; see github_call.h. */
#include "svc/github_call.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/jw.h"
#include "base/str.h"
#include "ext/json.h"
#include "svc/github.h"
#include "svc/mail.h"
#include "svc/seal.h"
#include "svc/webhook.h"

#define BODY_MAX 8192
#define OURS_MAX 20 /* webhooks with one address that are looked at */

struct call {
	struct github talk;
	struct ctx *ctx;
	const struct svc *svc;
	const struct rows *row;
	const char *repository;
	struct github_end end;
};

static void
give_up(struct call *c, const char *error)
{
	c->end.final = true;
	c->end.error = error;
}

/* ---- statuses ---- */

/* All that strangers read of a deployment: its log and its error are behind the
 * link, for who may see them. */
static const struct {
	const char *event, *state, *words;
} states[] = {
	{"waits", "pending", "Waits for approval"},
	{"closed", "error", "Closed without an approval"},
	{"queued", "pending", "Waiting to be built"},
	{"building", "pending", "Being built"},
	{"success", "success", "Deployed"},
	{"failed", "failure", "The deployment failed"},
	{"cancelled", "error", "The deployment was cancelled"},
	{"superseded", "error", "A newer deployment took its place"},
};

static size_t
state_of(const struct rows *r)
{
	size_t i = 0;

	while (!str_eq(states[i].event, rows_str(r, "event"))) {
		i++;
		ASSERT(i < NELEM(states));
	}
	return i;
}

static const char *
description(struct arena *a, const struct rows *r, size_t state)
{
	int seconds = rows_col(r, "seconds");

	if (!str_eq(states[state].state, "success") ||
		!rows_text(r, 0, seconds))
		return states[state].words;
	return arena_printf(a, "%s in %s", states[state].words,
		clock_duration(a, rows_int(r, 0, seconds)));
}

/* Where its log is, or where it is approved. */
static const char *
page_of(struct call *c)
{
	struct arena *a = c->ctx->arena;
	const char *id = rows_str(c->row, "deployment_id");

	return mail_link(c->ctx, c->svc,
		id ? arena_printf(a, "/deployments/%s", id)
		   : arena_printf(
			     a, "/projects/%s", rows_str(c->row, "project_id")),
		NULL);
}

static enum err
tell_status(struct call *c)
{
	AUTO_BUF struct buf b = {0};
	struct arena *a = c->ctx->arena;
	size_t state = state_of(c->row);
	struct jw w;

	buf_init(&b, BODY_MAX);
	jw_init(&w, &b);
	jw_object(&w);
	jw_kstr(&w, "state", states[state].state);
	jw_kstr(&w, "target_url", page_of(c));
	jw_kstr(&w, "description", description(a, c->row, state));
	jw_kstr(&w, "context", rows_str(c->row, "context"));
	jw_object_end(&w);
	return github_ask(&c->talk, "POST",
		arena_printf(a, "/repos/%s/statuses/%s", c->repository,
			rows_str(c->row, "commit_hash")),
		buf_text(&b), NULL);
}

/* ---- webhooks ---- */

/* Those at a repository that deliver to a project's address. */
struct ours {
	const char *repository;
	const char *url;
	int64_t id[OURS_MAX];
	size_t n;
};

static void
take_hook(void *arg, const struct jsn *item)
{
	struct ours *all = arg;
	const char *url = jsn_str(jsn_get(jsn_get(item, "config"), "url"));
	int64_t id = jsn_int(jsn_get(item, "id"));

	if (id > 0 && url && str_eq(url, all->url) && all->n < OURS_MAX)
		all->id[all->n++] = id;
}

static const char *
hooks_path(struct arena *a, const char *repository, int64_t id)
{
	return id ? arena_printf(a, "/repos/%s/hooks/%lld", repository,
			    (long long)id)
		  : arena_printf(a, "/repos/%s/hooks", repository);
}

static enum err
find_ours(struct github *t, const char *repository, const char *project_id,
	struct ours *ret)
{
	struct arena *a = t->ctx->arena;

	ret->n = 0;
	ret->repository = repository;
	ret->url = webhook_url(a, t->cfg, project_id);
	return github_walk(t, hooks_path(a, repository, 0), take_hook, ret);
}

static enum err
remove_from(struct github *t, const struct ours *all, size_t first)
{
	enum err e = E_OK;

	for (size_t i = first; !e && i < all->n; i++) {
		e = github_ask(t, "DELETE",
			hooks_path(t->ctx->arena, all->repository, all->id[i]),
			NULL, NULL);
		if (t->code == 404)
			e = E_OK; /* somebody was quicker */
	}
	return e;
}

enum err
github_unhook(struct github *t, const char *repository, const char *project_id)
{
	struct ours all;
	enum err e = find_ours(t, repository, project_id, &all);

	if (!e)
		e = remove_from(t, &all, 0);
	/* with the repository its webhooks are gone as well */
	return t->code == 404 ? E_OK : e;
}

static void
hook_body(const char *url, const char *secret, bool new, struct buf *b)
{
	struct jw w;

	jw_init(&w, b);
	jw_object(&w);
	if (new)
		jw_kstr(&w, "name", "web");
	jw_kbool(&w, "active", true);
	jw_key(&w, "events");
	jw_array(&w);
	for (size_t i = 0; webhook_events[i]; i++)
		jw_str(&w, webhook_events[i]);
	jw_array_end(&w);
	jw_key(&w, "config");
	jw_object(&w);
	jw_kstr(&w, "url", url);
	jw_kstr(&w, "content_type", "json");
	jw_kstr(&w, "insecure_ssl", "0");
	jw_kstr(&w, "secret", secret);
	jw_object_end(&w);
	jw_object_end(&w);
}

/* One that is there is taken over, also one that was entered by hand; of
 * several one stays. */
static enum err
tell_hook(struct call *c)
{
	AUTO_BUF struct buf b = {0};
	struct arena *a = c->ctx->arena;
	const struct jsn *v = NULL;
	const char *secret;
	struct ours all;
	enum err e = seal_open(c->ctx, c->svc->cfg,
		webhook_row(a, rows_str(c->row, "project_id")),
		rows_str(c->row, "secret_sealed"), &secret);

	if (!e)
		e = find_ours(&c->talk, c->repository,
			rows_str(c->row, "project_id"), &all);
	if (e)
		return e;
	buf_init(&b, BODY_MAX);
	hook_body(all.url, secret, all.n == 0, &b);
	e = github_ask(&c->talk, all.n ? "PATCH" : "POST",
		hooks_path(a, c->repository, all.n ? all.id[0] : 0),
		buf_text(&b), &v);
	if (!e && jsn_int(jsn_get(v, "id")) <= 0)
		e = ctx_cause(c->ctx, E_GITHUB_FAILED,
			"GitHub's answer names no webhook");
	if (e)
		return e;
	c->end.hook_id = str_from_i64(a, jsn_int(jsn_get(v, "id")));
	return remove_from(&c->talk, &all, 1);
}

static enum err
tell_unhook(struct call *c)
{
	return github_unhook(
		&c->talk, c->repository, rows_str(c->row, "project_id"));
}

/* ---- what comes of it ---- */

static const struct what {
	const char *what;
	enum err (*tell)(struct call *c);
	const char *denied;  /* 403, 404 */
	const char *invalid; /* 422 */
} whats[] = {
	{"status", tell_status,
		"GitHub has no such repository for the connected account, or "
		"lets it set no statuses there",
		"GitHub knows no such commit in the repository"},
	{"hook", tell_hook,
		"GitHub has no such repository for the connected account, or "
		"lets it manage no webhooks there",
		"GitHub does not take the webhook: the address of this server "
		"has to be reachable from the internet"},
	{"unhook", tell_unhook,
		"GitHub has no such repository for the connected account, or "
		"lets it manage no webhooks there",
		"GitHub does not remove the webhook"},
};

static void
failed(struct call *c, const struct what *w, enum err e)
{
	struct github_end *end = &c->end;
	int64_t attempt = rows_int(c->row, 0, rows_col(c->row, "attempts"));

	if (e == E_GITHUB_REVOKED) {
		end->refused = true;
		give_up(c, err_info(e)->message);
	} else if (e == E_GITHUB_LIMITED) {
		end->retry_s = c->talk.retry_s;
		end->error = err_info(e)->message;
	} else if (e == E_REPOSITORY_NOT_FOUND)
		give_up(c, w->denied);
	else if (end->code == 422) {
		/* a webhook may just have been entered by somebody else */
		give_up(c, w->invalid);
		end->final = !str_eq(w->what, "hook") || attempt > 1;
	} else if (end->code >= 300 && end->code <= 399)
		give_up(c, "The repository has moved at GitHub: give the "
			   "project its new address");
	else if (e == E_GITHUB_FAILED)
		end->error = err_info(e)->message;
	else
		give_up(c, "The account's token or the webhook's secret cannot "
			   "be read any more: connect again, and make another "
			   "secret");
	end->cause = c->ctx->cause ? c->ctx->cause : end->error;
}

/* NULL when there is a token that may be used for this. */
static const char *
useless(const struct call *c, const struct rows *r)
{
	if (!rows_str(r, "token_sealed"))
		return "No account at GitHub is connected any more";
	if (rows_bool(r, 0, rows_col(r, "refused")))
		return err_info(E_GITHUB_REVOKED)->message;
	if (!str_eq(rows_str(r, "base_url"),
		    github_base(c->ctx->arena, c->svc->cfg)))
		return "The account is connected at another GitHub; connect "
		       "again";
	if (!github_name_ok(c->repository))
		return "The repository's name is none at GitHub";
	if (str_eq(rows_str(r, "what"), "hook") &&
		!rows_str(r, "secret_sealed"))
		return "The project has no webhook any more";
	return NULL;
}

static const struct what *
what_of(const struct rows *r)
{
	size_t i = 0;

	while (!str_eq(whats[i].what, rows_str(r, "what"))) {
		i++;
		ASSERT(i < NELEM(whats));
	}
	return &whats[i];
}

struct github_end
github_call(struct ctx *ctx, const struct svc *svc, const struct rows *r)
{
	struct call c = {.ctx = ctx,
		.svc = svc,
		.row = r,
		.repository = rows_str(r, "repository")};
	const struct what *w = what_of(r);
	const char *why = useless(&c, r);
	const char *token;
	enum err e;

	if (why) {
		give_up(&c, why);
		c.end.cause = why;
		return c.end;
	}
	e = seal_open(ctx, svc->cfg,
		github_row(ctx->arena, rows_str(r, "user_id")),
		rows_str(r, "token_sealed"), &token);
	if (!e) {
		c.talk = github_talk(ctx, svc->cfg, token);
		e = w->tell(&c);
		c.end.code = c.talk.code;
	}
	c.end.delivered = e == E_OK;
	if (e)
		failed(&c, w, e);
	return c.end;
}
