/*
 * auth.c - signing up, in and out, and staying signed in. The rules are
 * svc/session.c's; here is only what goes over the wire.
 */
#include "handlers/all.h"

#include "gen/stmt.h"
#include "handlers/grant.h"
#include "svc/session.h"
#include "web/auth.h"
#include "web/reply.h"
#include "web/valid.h"

struct signup {
	const char *name;
	const char *email;
	const char *password;
};
struct login {
	const char *email;
	const char *password;
	bool remember;
};
struct refresh {
	const char *refresh_token;
};
struct logout {
	bool all;
};
struct ws_ticket {
	const char *path;
};

/* clang-format off */
static const struct field signup_in[] = {
	F_STR(struct signup, name,     "name",     REQ, 1, 255, V_NAME,         "Full name."),
	F_STR(struct signup, email,    "email",    REQ, 3, 320, V_EMAIL,        "Address; case does not matter."),
	F_STR(struct signup, password, "password", REQ, 1, 255, V_PASSWORD_NEW, "At least 8 characters, at most 72 bytes."),
	F_END
};
static const struct field login_in[] = {
	F_STR(struct login, email,    "email",    REQ, 1, 320,  V_EMAIL,    "Address of the account."),
	F_STR(struct login, password, "password", REQ, 1, 1024, V_PASSWORD, "Password of the account."),
	F_BOOL(struct login, remember, "remember", OPT, "Whether a browser keeps its cookie when it is closed; true when absent."),
	F_END
};
static const struct field refresh_in[] = {
	F_STR(struct refresh, refresh_token, "refreshToken", OPT, 1, 512, V_PASSWORD, "The last refresh token; each works once. A browser (X-Client: web) leaves it out: its cookie has it."),
	F_END
};
static const struct field logout_in[] = {
	F_BOOL(struct logout, all, "all", OPT, "End all sessions of the account, not only this one."),
	F_END
};
static const struct field ws_ticket_in[] = {
	F_STR(struct ws_ticket, path, "path", REQ, 1, 255, V_URL_PATH, "Path of the WebSocket that the ticket is for."),
	F_END
};

static const struct field session_out[] = {
	O_OBJECT("user",     user_out, "The account."),
	O_TIME("expiresAt",  REQ, "When the session ends for good, however often it is refreshed."),
	O_END
};
static const struct field ws_ticket_out[] = {
	O_STR("ticket",    REQ, "For ?token= of the WebSocket; opens it once."),
	O_INT("expiresIn", REQ, "Seconds within which it has to be used."),
	O_END
};

static handler_fn h_auth_signup, h_auth_login, h_auth_refresh, h_auth_logout, h_auth_session, h_ws_ticket_create;

const struct route auth_routes[] = {
	{ .op = "authSignup", .verb = POST, .path = "/api/auth/signup",
	  .aliases = ALIASES("/api/auth/register", "/api/signup"), .who = WHO_PUBLIC, .rate = RATE_AUTH,
	  .audit = EV_AUTH_SIGNUP, .in = IN(signup_in, struct signup), .ok = 201, .out = grant_out,
	  .errs = ERRS(E_EMAIL_TAKEN, E_SERVICE_UNAVAILABLE), .fn = h_auth_signup,
	  .doc = "Make an account and sign in." },
	{ .op = "authLogin", .verb = POST, .path = "/api/auth/login", .aliases = ALIASES("/api/login"),
	  .who = WHO_PUBLIC, .rate = RATE_AUTH, .audit = EV_AUTH_LOGIN, .audit_failed = EV_AUTH_LOGIN_FAILED,
	  .in = IN(login_in, struct login), .ok = 200, .out = grant_out,
	  .errs = ERRS(E_INVALID_CREDENTIALS, E_SERVICE_UNAVAILABLE), .fn = h_auth_login,
	  .doc = "Sign in with address and password." },
	{ .op = "authRefresh", .verb = POST, .path = "/api/auth/refresh", .aliases = ALIASES("/api/refresh"),
	  /* not RATE_AUTH: a refresh token cannot be guessed, and an office behind one address refreshes with each page it opens */
	  .who = WHO_PUBLIC, .audit = EV_AUTH_REFRESH,
	  .in = IN(refresh_in, struct refresh), .ok = 200, .out = grant_out,
	  .errs = ERRS(E_UNAUTHORIZED, E_REFRESH_TOKEN_REUSED), .fn = h_auth_refresh,
	  .doc = "Swap a refresh token, the body's or that of a browser's cookie, for new tokens. Using one twice ends the session." },
	{ .op = "authLogout", .verb = POST, .path = "/api/auth/logout", .aliases = ALIASES("/api/logout"),
	  .who = WHO_USER, .no_key = true, .audit = EV_AUTH_LOGOUT, .in = IN(logout_in, struct logout), .ok = 204,
	  .fn = h_auth_logout, .doc = "End this session, or all of the account's." },
	{ .op = "authSession", .verb = GET, .path = "/api/auth/session", .aliases = ALIASES("/api/auth/me", "/api/me"),
	  .who = WHO_USER, .no_key = true, .ok = 200, .out = session_out, .fn = h_auth_session,
	  .doc = "Who is signed in." },
	{ .op = "wsTicketCreate", .verb = POST, .path = "/api/ws-ticket", .who = WHO_USER, .no_key = true,
	  .in = IN(ws_ticket_in, struct ws_ticket), .ok = 201, .out = ws_ticket_out, .fn = h_ws_ticket_create,
	  .doc = "A ticket that opens one WebSocket, so that no access token stands in an address." },
	{ 0 }
};
/* clang-format on */

static enum err
h_auth_signup(struct req *rq, const void *v)
{
	const struct signup *in = v;
	struct session_client client = grant_client(rq);
	struct session_grant grant;
	enum err e = session_signup(rq_ctx(rq), rq_svc(rq), in->name, in->email,
		in->password, &client, &grant);

	return e ? rq_blame(rq, "password", e) : reply_grant(rq, &grant);
}

static enum err
h_auth_login(struct req *rq, const void *v)
{
	const struct login *in = v;
	struct session_client client = grant_client(rq);
	struct session_grant grant;
	const char *user = NULL;
	enum err e;

	client.forget = rq_given(rq, "remember") && !in->remember;
	e = session_login(rq_ctx(rq), rq_svc(rq), in->email, in->password,
		&client, &grant, &user);
	rq_audit_user(rq, user);
	return e ? e : reply_grant(rq, &grant);
}

/* Takes the cookie away from a browser. */
static void
forget_cookie(struct req *rq)
{
	if (rq_is_browser(rq) || rq_cookie(rq, AUTH_COOKIE))
		reply_cookie(rq, AUTH_COOKIE, NULL, 0, "Strict");
}

static enum err
refresh_token(struct req *rq, const struct refresh *in, const char **ret)
{
	const char *token = in->refresh_token;

	if (!token && !rq_is_browser(rq))
		return rq_blame(rq, "refreshToken",
			ctx_fail(
				rq_ctx(rq), E_VALIDATION_ERROR, "is required"));
	if (!token)
		token = rq_cookie(rq, AUTH_COOKIE);
	if (!token)
		return ctx_fail(rq_ctx(rq), E_UNAUTHORIZED,
			"There is no session in this browser; sign in");
	*ret = token;
	return E_OK;
}

static enum err
h_auth_refresh(struct req *rq, const void *v)
{
	struct session_grant grant;
	const char *user = NULL;
	const char *token;
	enum err e = refresh_token(rq, v, &token);

	if (e)
		return e;
	e = session_refresh(rq_ctx(rq), rq_svc(rq), token, &grant, &user);
	rq_audit_user(rq, user);
	if (e == E_REFRESH_TOKEN_REUSED) {
		rq_audit_event(rq, EV_AUTH_REFRESH_REUSED);
		forget_cookie(rq);
	}
	return e ? e : reply_grant(rq, &grant);
}

static enum err
h_auth_logout(struct req *rq, const void *v)
{
	const struct logout *in = v;
	enum err e = session_logout(
		rq_ctx(rq), rq_svc(rq), rq_session(rq), rq_user(rq), in->all);

	rq_audit_target(rq, in->all ? "all sessions" : rq_session(rq));
	if (e)
		return e;
	forget_cookie(rq);
	return reply_empty(rq);
}

static enum err
h_auth_session(struct req *rq, const void *v UNUSED)
{
	enum err e =
		rq_query(rq, STMT_SESSION_ACCOUNT, rq_session(rq), rq_user(rq));

	return e ? e : reply_row(rq, session_out);
}

static enum err
h_ws_ticket_create(struct req *rq, const void *v)
{
	const struct ws_ticket *in = v;
	const char *ticket;
	int64_t seconds;
	struct jw *w;
	enum err e = session_ws_ticket(rq_ctx(rq), rq_svc(rq), rq_session(rq),
		rq_user(rq), in->path, &ticket, &seconds);

	if (e)
		return e;
	w = reply_begin(rq);
	jw_kstr(w, "ticket", ticket);
	jw_kint(w, "expiresIn", seconds);
	return reply_end(rq);
}
