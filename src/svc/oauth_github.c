/*
 * oauth_github.c - GitHub's OAuth apps and the two addresses of its REST API
 * that tell who somebody is. GitHub has no ID token; its authorization code is
 * bound to this sign-in by PKCE alone.
 */
#include "svc/oauth_provider.h"

#include "base/arena.h"
#include "base/str.h"
#include "ext/json.h"

#define SCOPES "read:user user:email"

static enum err
url(struct oauth_talk *t, const struct oauth_way *w, const char **ret)
{
	struct arena *a = t->ctx->arena;
	const struct oauth_param params[] = {
		{"client_id", t->cfg->github_client_id},
		{"redirect_uri", w->redirect_uri},
		{"scope", w->scopes ? arena_printf(a, SCOPES " %s", w->scopes)
				    : SCOPES},
		{"state", w->state},
		{"code_challenge", w->challenge},
		{"code_challenge_method", "S256"},
		{NULL, NULL},
	};

	*ret = arena_printf(a, "%s/login/oauth/authorize?%s",
		t->cfg->github_url, oauth_params(a, params));
	return E_OK;
}

/* RFC 9207; GitHub names itself by either. */
static bool
is_issuer(const struct cfg *cfg, const char *iss)
{
	size_t n = strlen(cfg->github_url);

	return strncmp(iss, cfg->github_url, n) == 0 &&
	       (iss[n] == '\0' || str_eq(iss + n, "/login/oauth"));
}

static enum err
exchange(struct oauth_talk *t, const struct oauth_proof *p,
	struct oauth_identity *id)
{
	/* without it the answer is a form, and an error has status 200 */
	static const char *const headers[] = {"Accept: application/json", NULL};
	struct arena *a = t->ctx->arena;
	const struct oauth_param params[] = {
		{"client_id", t->cfg->github_client_id},
		{"client_secret", t->cfg->github_client_secret},
		{"code", p->code},
		{"redirect_uri", p->redirect_uri},
		{"code_verifier", p->verifier},
		{NULL, NULL},
	};
	const struct jsn *v;
	enum err e = oauth_ask(t,
		arena_printf(
			a, "%s/login/oauth/access_token", t->cfg->github_url),
		headers, oauth_params(a, params), &v);

	if (!e && !oauth_take_token(v, id))
		e = oauth_odd(t->ctx, "GitHub gives no bearer token");
	return e;
}

static enum err
get(struct oauth_talk *t, const struct oauth_identity *id, const char *path,
	const struct jsn **ret)
{
	struct arena *a = t->ctx->arena;
	const char *const headers[] = {oauth_bearer(a, id->token),
		"Accept: application/vnd.github+json",
		"X-GitHub-Api-Version: 2022-11-28", NULL};

	return oauth_ask(t,
		arena_printf(a, "%s%s", t->cfg->github_api_url, path), headers,
		NULL, ret);
}

bool
github_take_user(
	struct arena *a, const struct jsn *v, struct oauth_identity *id)
{
	const struct jsn *number = jsn_get(v, "id");

	if (jsn_type(number) != JSN_INT || jsn_int(number) <= 0)
		return false;
	id->subject = str_from_i64(a, jsn_int(number));
	id->login = oauth_text(jsn_get(v, "login"), 255);
	id->name = oauth_name(
		a, oauth_text(jsn_get(v, "name"), 1024), id->login, "GitHub");
	id->avatar = oauth_picture(jsn_get(v, "avatar_url"));
	return true;
}

bool
github_take_emails(
	struct arena *a, const struct jsn *v, struct oauth_identity *id)
{
	if (jsn_type(v) != JSN_ARRAY)
		return false;
	for (size_t i = 0; i < jsn_len(v); i++) {
		const struct jsn *m = jsn_at(v, i);
		const char *email = oauth_text(jsn_get(m, "email"), 320);

		if (email && jsn_bool(jsn_get(m, "primary")) &&
			jsn_bool(jsn_get(m, "verified"))) {
			id->email = str_email(a, email);
			return true;
		}
	}
	return true;
}

static enum err
identify(struct oauth_talk *t, const struct oauth_proof *p,
	struct oauth_identity *ret)
{
	struct oauth_identity id = {0};
	struct arena *a = t->ctx->arena;
	const struct jsn *v;
	enum err e = exchange(t, p, &id);

	if (!e)
		e = get(t, &id, "/user", &v);
	if (!e && !github_take_user(a, v, &id))
		e = oauth_odd(t->ctx, "GitHub tells no id");
	if (!e)
		e = get(t, &id, "/user/emails?per_page=100", &v);
	if (!e && !github_take_emails(a, v, &id))
		e = oauth_odd(t->ctx, "GitHub lists no addresses");
	if (!e)
		*ret = id;
	return e;
}

const struct oauth_driver oauth_github = {
	"GitHub", false, url, is_issuer, identify};
