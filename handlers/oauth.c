/*
 * oauth.c - signing in at GitHub or Google, and linking accounts there. A
 * browser comes and goes by redirects; it ends at the panel with a code or the
 * word of an error in the fragment, which no server and no Referer sees.
 */
#include "handlers/all.h"

#include "base/arena.h"
#include "gen/stmt.h"
#include "handlers/grant.h"
#include "handlers/oauth.h"
#include "svc/mail.h"
#include "web/reply.h"
#include "web/valid.h"

/* Lax: a Strict one does not come back on the provider's redirect (OA-1). */
#define COOKIE "__Host-autostack-oauth"

struct oauth_start {
	const char *next;
};
struct oauth_callback {
	const char *code;
	const char *state;
	const char *error;
	const char *iss;
	const char *ignored;
};
struct oauth_code {
	const char *code;
};
struct oauth_link_new {
	const char *provider;
	const char *next;
};
struct oauth_identity_key {
	const char *provider;
};

/* clang-format off */
static const struct field start_in[] = {
	F_STR(struct oauth_start, next, "next", OPT, 0, 2048, V_ANY, "Path of the panel to go on at; anything that is none becomes /."),
	F_END
};
static const struct field callback_in[] = {
	F_STR(struct oauth_callback, code,    "code",              OPT, 0, 4096, V_ANY, "Authorization code."),
	F_STR(struct oauth_callback, state,   "state",             OPT, 0, 4096, V_ANY, "As it was sent."),
	F_STR(struct oauth_callback, error,   "error",             OPT, 0, 4096, V_ANY, "Why there is no code."),
	F_STR(struct oauth_callback, iss,     "iss",               OPT, 0, 4096, V_ANY, "Who answers (RFC 9207)."),
	/* what else providers send and nobody here reads */
	F_STR(struct oauth_callback, ignored, "error_description", OPT, 0, 4096, V_ANY, "Not read."),
	F_STR(struct oauth_callback, ignored, "error_uri",         OPT, 0, 4096, V_ANY, "Not read."),
	F_STR(struct oauth_callback, ignored, "scope",             OPT, 0, 4096, V_ANY, "Not read."),
	F_STR(struct oauth_callback, ignored, "authuser",          OPT, 0, 4096, V_ANY, "Not read."),
	F_STR(struct oauth_callback, ignored, "prompt",            OPT, 0, 4096, V_ANY, "Not read."),
	F_STR(struct oauth_callback, ignored, "hd",                OPT, 0, 4096, V_ANY, "Not read."),
	F_END
};
static const struct field finish_in[] = {
	F_STR(struct oauth_code, code, "code", REQ, 1, 512, V_PASSWORD, "What came in the fragment; works once, for a minute."),
	F_END
};
static const struct field link_in[] = {
	F_ENUM(struct oauth_link_new, provider, "provider", REQ, oauth_provider_names, "Where the other account is."),
	F_STR(struct oauth_link_new, next, "next", OPT, 0, 2048, V_ANY, "Path of the panel to go on at; anything that is none becomes /."),
	F_END
};
static const struct field identity_in[] = {
	F_ENUM(struct oauth_identity_key, provider, "provider", REQ, oauth_provider_names, "Where the other account is."),
	F_END
};

static const struct field provider_out[] = {
	O_ENUM("name",  REQ, oauth_provider_names, "Its name in the paths."),
	O_BOOL("enabled", REQ, "Whether it is set up here."),
	O_END
};
static const struct field providers_out[] = {
	O_LIST("providers", provider_out, "All that there could be."),
	O_END
};
const struct field link_out[] = {
	O_STR("url", REQ, "Where to send the browser."),
	O_END
};
static const struct field identity_out[] = {
	O_STR("id",        REQ, "The provider's own id of the account."),
	O_ENUM("provider", REQ, oauth_provider_names, "Where it is."),
	O_STR("login",     NUL, "Its name there, when it was last seen."),
	O_STR("email",     NUL, "Its confirmed address there, when it was last seen."),
	O_TIME("createdAt", REQ, "When it was linked."),
	O_END
};
static const struct field identities_out[] = {
	O_LIST("identities", identity_out, "Accounts elsewhere that sign in here."),
	O_END
};

static handler_fn h_oauth_providers, h_oauth_github, h_oauth_google, h_oauth_github_callback,
	h_oauth_google_callback, h_oauth_finish, h_oauth_link, h_oauth_identities, h_oauth_unlink;

const struct route oauth_routes[] = {
	{ .op = "oauthProviders", .verb = GET, .path = "/api/auth/providers", .who = WHO_PUBLIC, .ok = 200,
	  .out = providers_out, .fn = h_oauth_providers, .doc = "Which ways to sign in besides the password are set up." },
	{ .op = "oauthGithub", .verb = GET, .path = "/api/auth/github", .who = WHO_PUBLIC, .rate = RATE_AUTH,
	  .in = IN(start_in, struct oauth_start), .ok = 302, .errs = ERRS(E_PROVIDER_NOT_FOUND),
	  .fn = h_oauth_github, .doc = "Send the browser to GitHub to sign in." },
	{ .op = "oauthGithubCallback", .verb = GET, .path = "/api/auth/github/callback", .who = WHO_PUBLIC,
	  .rate = RATE_AUTH, .audit = EV_AUTH_OAUTH_FAILED, .in = IN(callback_in, struct oauth_callback), .ok = 302,
	  .fn = h_oauth_github_callback,
	  .doc = "Where GitHub sends the browser back; goes on to the panel's /oauth with #code=, #linked=, #connected= or #error=." },
	{ .op = "oauthGoogle", .verb = GET, .path = "/api/auth/google", .who = WHO_PUBLIC, .rate = RATE_AUTH,
	  .in = IN(start_in, struct oauth_start), .ok = 302, .errs = ERRS(E_PROVIDER_NOT_FOUND),
	  .fn = h_oauth_google, .doc = "Send the browser to Google to sign in." },
	{ .op = "oauthGoogleCallback", .verb = GET, .path = "/api/auth/google/callback", .who = WHO_PUBLIC,
	  .rate = RATE_AUTH, .audit = EV_AUTH_OAUTH_FAILED, .in = IN(callback_in, struct oauth_callback), .ok = 302,
	  .fn = h_oauth_google_callback,
	  .doc = "Where Google sends the browser back; goes on to the panel's /oauth with #code=, #linked= or #error=." },
	{ .op = "oauthFinish", .verb = POST, .path = "/api/auth/oauth/finish", .who = WHO_PUBLIC, .rate = RATE_AUTH,
	  .audit = EV_AUTH_OAUTH_LOGIN, .audit_failed = EV_AUTH_OAUTH_FAILED,
	  .in = IN(finish_in, struct oauth_code), .ok = 200, .out = grant_out,
	  .errs = ERRS(E_CODE_INVALID, E_SERVICE_UNAVAILABLE), .fn = h_oauth_finish,
	  .doc = "Swap the code of a sign-in at a provider for tokens." },
	{ .op = "oauthLink", .verb = POST, .path = "/api/auth/oauth/link", .who = WHO_USER, .rate = RATE_AUTH, .no_key = true,
	  .in = IN(link_in, struct oauth_link_new), .ok = 200, .out = link_out,
	  .errs = ERRS(E_PROVIDER_NOT_FOUND, E_SIGN_IN_AGAIN, E_PROVIDER_FAILED), .fn = h_oauth_link,
	  .doc = "Begin to link an account elsewhere; the browser that asked has to go there." },
	{ .op = "oauthIdentityList", .verb = GET, .path = "/api/auth/oauth/identities", .who = WHO_USER, .ok = 200,
	  .out = identities_out, .fn = h_oauth_identities, .doc = "The accounts elsewhere that sign in to one's own." },
	{ .op = "oauthUnlink", .verb = DELETE, .path = "/api/auth/oauth/identities/{provider}", .who = WHO_USER,
	  .no_key = true, .audit = EV_AUTH_OAUTH_UNLINK, .in = IN(identity_in, struct oauth_identity_key), .ok = 204,
	  .errs = ERRS(E_IDENTITY_NOT_FOUND, E_LAST_LOGIN_METHOD), .fn = h_oauth_unlink,
	  .doc = "Unlink an account elsewhere, unless nothing else signs in." },
	{ 0 }
};
/* clang-format on */

static enum err
h_oauth_providers(struct req *rq, const void *v UNUSED)
{
	struct jw *w = reply_begin(rq);

	jw_key(w, "providers");
	jw_array(w);
	for (enum oauth_provider p = 0; p < OAUTH_PROVIDER_MAX; p++) {
		jw_object(w);
		jw_kstr(w, "name", oauth_provider_names[p]);
		jw_kbool(w, "enabled", oauth_enabled(rq_cfg(rq), p));
		jw_object_end(w);
	}
	jw_array_end(w);
	return reply_end(rq);
}

/* ---- the browser's way ---- */

/* On to the panel: what becomes "#code=...", and where to go on. The word of an
 * error is its code in lower case. */
static enum err
to_panel(struct req *rq, const char *name, const char *value, const char *next,
	enum err e)
{
	struct ctx *ctx = rq_ctx(rq);

	return reply_redirect(rq,
		arena_printf(ctx->arena, "%s#%s=%s&next=%s",
			mail_link(ctx, rq_svc(rq), "/oauth", NULL), name, value,
			str_escape(ctx->arena, next)),
		e);
}

static enum err
to_panel_failed(struct req *rq, const char *next, enum err e)
{
	return to_panel(rq, "error",
		str_lower(rq_ctx(rq)->arena, err_info(e)->code), next, e);
}

/* NULL: it has done its duty. */
static void
set_cookie(struct req *rq, const char *value)
{
	reply_cookie(rq, COOKIE, value, OAUTH_SECONDS, "Lax");
}

enum err
oauth_reply_url(struct req *rq, const struct oauth_begin *b)
{
	const char *url, *browser;
	enum err e = oauth_begin(rq_ctx(rq), rq_svc(rq), b, &url, &browser);
	struct jw *w;

	if (e)
		return e;
	set_cookie(rq, browser);
	w = reply_begin(rq);
	jw_kstr(w, "url", url);
	return reply_end(rq);
}

static enum err
start(struct req *rq, enum oauth_provider p, const struct oauth_start *in)
{
	const struct oauth_begin b = {.provider = p, .next = in->next};
	const char *url, *browser;
	enum err e = oauth_begin(rq_ctx(rq), rq_svc(rq), &b, &url, &browser);

	if (e == E_PROVIDER_NOT_FOUND)
		return e;
	if (e)
		return to_panel_failed(
			rq, oauth_next(rq_ctx(rq)->arena, in->next), e);
	set_cookie(rq, browser);
	return reply_redirect(rq, url, E_OK);
}

static enum err
h_oauth_github(struct req *rq, const void *v)
{
	return start(rq, OAUTH_GITHUB, v);
}

static enum err
h_oauth_google(struct req *rq, const void *v)
{
	return start(rq, OAUTH_GOOGLE, v);
}

static enum err
callback(struct req *rq, enum oauth_provider p, const struct oauth_callback *in)
{
	const struct oauth_return r = {
		.provider = p,
		.state = in->state,
		.code = in->code,
		.error = in->error,
		.iss = in->iss,
		.browser = rq_cookie(rq, COOKIE),
		.ip = rq_ip(rq),
	};
	struct oauth_outcome out;
	enum err e = oauth_come_back(rq_ctx(rq), rq_svc(rq), &r, &out);

	set_cookie(rq, NULL);
	rq_audit_user(rq, out.user_id);
	rq_audit_target(rq, oauth_provider_names[p]);
	if (out.linking)
		rq_audit_event(rq, EV_AUTH_OAUTH_LINK);
	if (out.connecting)
		rq_audit_event(rq, EV_GITHUB_CONNECT);
	if (e)
		return to_panel_failed(rq, out.next, e);
	if (out.connecting)
		return to_panel(rq, "connected", oauth_provider_names[p],
			out.next, E_OK);
	if (out.linking)
		return to_panel(
			rq, "linked", oauth_provider_names[p], out.next, E_OK);
	rq_audit_nothing(rq); /* the sign-in is audited where it ends */
	return to_panel(rq, "code", out.code, out.next, E_OK);
}

static enum err
h_oauth_github_callback(struct req *rq, const void *v)
{
	return callback(rq, OAUTH_GITHUB, v);
}

static enum err
h_oauth_google_callback(struct req *rq, const void *v)
{
	return callback(rq, OAUTH_GOOGLE, v);
}

static enum err
h_oauth_finish(struct req *rq, const void *v)
{
	const struct oauth_code *in = v;
	struct session_client client = grant_client(rq);
	struct session_grant grant;
	const char *user = NULL;
	enum err e = oauth_finish(
		rq_ctx(rq), rq_svc(rq), in->code, &client, &grant, &user);

	rq_audit_user(rq, user);
	return e ? e : reply_grant(rq, &grant);
}

/* ---- linking ---- */

static enum err
h_oauth_link(struct req *rq, const void *v)
{
	const struct oauth_link_new *in = v;
	const struct oauth_begin b = {
		.provider = oauth_provider_parse(in->provider),
		.next = in->next,
		.user_id = rq_user(rq),
		.session_id = rq_session(rq),
	};

	return oauth_reply_url(rq, &b);
}

static enum err
h_oauth_identities(struct req *rq, const void *v UNUSED)
{
	enum err e = rq_query(rq, STMT_IDENTITY_LIST, rq_user(rq));

	return e ? e : reply_items(rq);
}

static enum err
h_oauth_unlink(struct req *rq, const void *v)
{
	const struct oauth_identity_key *in = v;
	enum err e = oauth_unlink(rq_ctx(rq), rq_svc(rq), rq_user(rq),
		oauth_provider_parse(in->provider));

	return e ? e : reply_empty(rq);
}
