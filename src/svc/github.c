/* github.c - asks GitHub's REST API, and takes its answers apart. */
#include "svc/github.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/jw.h"
#include "base/str.h"
#include "ext/httpc.h"
#include "ext/json.h"
#include "svc/giturl.h"
#include "svc/oauth_provider.h"

#define BODY_MAX ((size_t)2 << 20) /* a page of 100 repositories */
#define NAME_CHARS                                                             \
	"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-"
#define PART_MAX        100
#define DESCRIPTION_MAX 350
#define RETRY_S         60 /* when it is limited and does not say for how long */

/* of a list; its pages have memory of their own */
#define PAGE      100
#define PAGE_SOFT ((size_t)16 << 20)
#define PAGE_HARD ((size_t)128 << 20)

struct github
github_talk(struct ctx *ctx, const struct cfg *cfg, const char *token)
{
	return (struct github){
		ctx, cfg, token, clock_mono_ms() + cfg->oauth_timeout};
}

/* ---- asking ---- */

enum { RETRY_AFTER, REMAINING, RESET };
static const char *const limit_headers[] = {[RETRY_AFTER] = "Retry-After",
	[REMAINING] = "X-RateLimit-Remaining",
	[RESET] = "X-RateLimit-Reset",
	NULL};

/* GitHub says 403 as well to who has no right and to who asks too often; only
 * headers or its words tell. They are looked at, never shown. */
static bool
says_limit(const struct httpc_answer *answer)
{
	const char *left = answer->kept[REMAINING];

	return answer->status == 429 ||
	       (answer->status == 403 &&
		       (answer->kept[RETRY_AFTER] ||
			       (left && str_eq(left, "0")) ||
			       strstr(answer->body, "rate limit")));
}

static int64_t
retry_s(const struct httpc_answer *answer)
{
	const char *after = answer->kept[RETRY_AFTER];
	const char *reset = answer->kept[RESET];
	int64_t s = RETRY_S;

	if (!after || !str_to_i64(after, 0, INT32_MAX, &s)) {
		if (reset && str_to_i64(reset, 0, INT64_MAX / 2, &s))
			s -= clock_now_s();
	}
	return MIN(MAX(s, (int64_t)1), (int64_t)GITHUB_RETRY_MAX);
}

static enum err
judge(struct github *t, const struct httpc_answer *answer,
	const struct jsn **ret)
{
	/* a context of its own: nobody must read GitHub's text */
	struct ctx own = {.arena = t->ctx->arena};
	const struct jsn *v = NULL;

	t->code = answer->status;
	if (answer->status == 401)
		return E_GITHUB_REVOKED;
	if (says_limit(answer)) {
		t->retry_s = retry_s(answer);
		return E_GITHUB_LIMITED;
	}
	if (answer->status == 403 || answer->status == 404)
		return E_REPOSITORY_NOT_FOUND;
	if (answer->status < 200 || answer->status > 299)
		return ctx_cause(t->ctx, E_GITHUB_FAILED, "GitHub answers %d",
			answer->status);
	if (!ret)
		return E_OK;
	if (jsn_parse(&own, answer->body, answer->len, &v))
		return ctx_cause(t->ctx, E_GITHUB_FAILED,
			"GitHub's answer is not JSON, or too much of it");
	*ret = v;
	return E_OK;
}

static enum err
ask(struct ctx *ctx, const struct cfg *cfg, struct httpc_request *rq,
	const char *path, struct httpc_answer *ret)
{
	struct ctx own = {.arena = ctx->arena};

	rq->url = arena_printf(ctx->arena, "%s%s", cfg->github_api_url, path);
	rq->type = "application/json";
	rq->ca_file = cfg->oauth_ca_file;
	rq->answer_max = BODY_MAX;
	if (httpc_ask(&own, rq, ret) != E_OK)
		return ctx_cause(ctx, E_GITHUB_FAILED, "%s", own.cause);
	return E_OK;
}

enum err
github_ask(struct github *t, const char *method, const char *path,
	const char *body, const struct jsn **ret)
{
	struct arena *a = t->ctx->arena;
	const char *const headers[] = {oauth_bearer(a, t->token),
		"Accept: application/vnd.github+json",
		"X-GitHub-Api-Version: 2022-11-28", NULL};
	struct httpc_request rq = {
		.method = method,
		.headers = headers,
		.body = body,
		.keep = limit_headers,
		.timeout_ms = t->deadline - clock_mono_ms(),
	};
	struct httpc_answer answer;
	enum err e;

	t->code = 0;
	e = ask(t->ctx, t->cfg, &rq, path, &answer);
	return e ? e : judge(t, &answer, ret);
}

/* Each page has memory of its own, since GitHub's JSON is long and little of it
 * is kept. */
enum err
github_walk(struct github *t, const char *path,
	void (*take)(void *arg, const struct jsn *item), void *arg)
{
	struct ctx *ctx = t->ctx;
	enum err e = E_OK;
	size_t n = PAGE;

	for (size_t page = 1; !e && n == PAGE && page * PAGE <= GITHUB_LIST_MAX;
		page++) {
		struct ctx own = {.arena = arena_new(PAGE_SOFT, PAGE_HARD)};
		const struct jsn *v = NULL;

		t->ctx = &own;
		e = github_ask(t, "GET",
			arena_printf(own.arena, "%s%cper_page=%d&page=%zu",
				path, strchr(path, '?') ? '&' : '?', PAGE,
				page),
			NULL, &v);
		t->ctx = ctx;
		if (!e && jsn_type(v) != JSN_ARRAY)
			e = ctx_cause(ctx, E_GITHUB_FAILED,
				"GitHub's answer is no list");
		else if (e && own.cause)
			e = ctx_cause(ctx, e, "%s", own.cause);
		n = e ? 0 : jsn_len(v);
		for (size_t i = 0; i < MIN(n, (size_t)PAGE); i++)
			take(arg, jsn_at(v, i));
		arena_free(own.arena);
	}
	return e;
}

const char *
github_base(struct arena *a, const struct cfg *cfg)
{
	static const char name[] = "/owner/name";
	struct ctx own = {.arena = a};
	const char *text = arena_printf(a, "%s%s", cfg->github_url, name);
	struct giturl u;

	/* no project is there then */
	if (giturl_parse(&own, cfg, text, &u))
		return cfg->github_url;
	return arena_strndup(a, u.url, strlen(u.url) + 1 - sizeof(name));
}

/* By the app's own name and secret: DELETE /applications/CLIENT/token. */
enum err
github_revoke(struct ctx *ctx, const struct cfg *cfg, const char *token)
{
	static const char *const headers[] = {
		"Accept: application/vnd.github+json",
		"X-GitHub-Api-Version: 2022-11-28", NULL};
	AUTO_BUF struct buf b = {0};
	struct httpc_request rq = {
		.method = "DELETE",
		.headers = headers,
		.user = cfg->github_client_id,
		.pass = cfg->github_client_secret,
		.timeout_ms = cfg->oauth_timeout,
	};
	struct httpc_answer answer;
	struct jw w;
	enum err e;

	if (!*cfg->github_client_id || !*cfg->github_client_secret)
		return E_PROVIDER_NOT_FOUND;
	buf_init(&b, 8192);
	jw_init(&w, &b);
	jw_object(&w);
	jw_kstr(&w, "access_token", token);
	jw_object_end(&w);
	rq.body = buf_text(&b);
	e = ask(ctx, cfg, &rq,
		arena_printf(ctx->arena, "/applications/%s/token",
			str_escape(ctx->arena, cfg->github_client_id)),
		&answer);
	if (e)
		return e;
	/* 404 and 422: there is no such token any more */
	return answer.status == 204 || answer.status == 404 ||
			       answer.status == 422
		       ? E_OK
		       : ctx_cause(ctx, E_GITHUB_FAILED,
				 "revoking a token: GitHub answers %d",
				 answer.status);
}

/* ---- what an answer says ---- */

static bool
part_ok(const char *s, size_t n)
{
	return n > 0 && n <= PART_MAX && strspn(s, NAME_CHARS) >= n &&
	       !(n == 1 && s[0] == '.') && !(n == 2 && !strncmp(s, "..", 2));
}

bool
github_name_ok(const char *full_name)
{
	const char *slash = strchr(full_name, '/');

	return slash && part_ok(full_name, (size_t)(slash - full_name)) &&
	       part_ok(slash + 1, strlen(slash + 1));
}

bool
github_take_repo(struct arena *a, const struct jsn *v, struct github_repo *ret)
{
	const struct jsn *id = jsn_get(v, "id");
	const char *name = jsn_str(jsn_get(v, "full_name"));
	const char *branch = jsn_str(jsn_get(v, "default_branch"));
	const char *about = jsn_str(jsn_get(v, "description"));
	const char *language = oauth_text(jsn_get(v, "language"), 100);

	if (jsn_type(id) != JSN_INT || jsn_int(id) <= 0 || !name ||
		!github_name_ok(name))
		return false;
	*ret = (struct github_repo){
		.id = str_from_i64(a, jsn_int(id)),
		.full_name = arena_strdup(a, name),
		.default_branch = arena_strdup(
			a, branch && giturl_ref_ok(branch) ? branch : "main"),
		.description =
			about ? str_plain(a, about,
					str_utf8_cut(about, strlen(about),
						DESCRIPTION_MAX))
			      : "",
		.language = language ? arena_strdup(a, language) : "",
		.private = jsn_bool(jsn_get(v, "private")),
	};
	return true;
}

/* Branches that could not be built are left out. */
bool
github_take_branch(
	struct arena *a, const struct jsn *v, struct github_branch *ret)
{
	const char *name = jsn_str(jsn_get(v, "name"));
	const char *sha = jsn_str(jsn_get(jsn_get(v, "commit"), "sha"));

	if (!name || !giturl_ref_ok(name) || !sha || strlen(sha) != 40 ||
		strspn(sha, "0123456789abcdef") != 40)
		return false;
	*ret = (struct github_branch){
		.name = arena_strdup(a, name),
		.commit = arena_strdup(a, sha),
		.protected = jsn_bool(jsn_get(v, "protected")),
	};
	return true;
}
