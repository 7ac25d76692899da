/*
 * auth.c - credentials and roles. The row of the session or key is read for
 * every request, so that logout, revocation and changes of role act at once.
 */
#include "web/auth.h"

#include "web/csrf.h"
#include "web/rate.h"

enum who
auth_role(const char *s)
{
	if (str_eq(s, "admin"))
		return WHO_ADMIN;
	if (str_eq(s, "manager"))
		return WHO_MANAGER;
	return WHO_USER;
}

/* The token of "Bearer TOKEN", or NULL. */
static const char *
bearer(const char *header)
{
	char word[8];

	if (!header)
		return NULL;
	(void)str_copy(word, sizeof(word), header); /* the rest is the token */
	if (!str_eq_ci(word, "Bearer ") || header[7] == '\0')
		return NULL;
	return header + 7;
}

enum err
auth_settle(struct req *rq)
{
	struct rows *session;
	enum err e;

	if (!rq->session_pending)
		return E_OK;
	rq->session_pending = false;
	e = db_recv(&rq->ctx, rq->web->db, &session);
	if (e) {
		db_drain(rq->web->db);
		if (e == E_UNAUTHORIZED)
			(void)ctx_fail(&rq->ctx, e,
				"The session has ended; "
				"sign in again");
		return e;
	}
	rq->who.role = auth_role(rows_str(session, "role"));
	return E_OK;
}

/* Whether the {id} of a SELF route's path is the caller. */
static bool
is_self(const struct req *rq)
{
	if (rq->route->who != WHO_SELF_OR_MANAGER &&
		rq->route->who != WHO_SELF_OR_ADMIN)
		return false;
	for (size_t i = 0; i < rq->match.nparams; i++) {
		if (str_eq(rq->match.params[i].name, "id"))
			return str_eq_ci(
				rq->match.params[i].value, rq->who.user_id);
	}
	return false;
}

/* The token says at once whose it is; its session is looked at later. */
static enum err
by_token(struct req *rq)
{
	const struct web *web = rq->web;
	const char *token = bearer(rq->in->authorization);
	struct principal key;
	enum err e;

	if (!token)
		return E_UNAUTHORIZED;
	e = web->hooks.token(&rq->ctx, web->svc, token, &rq->who);
	if (e || !rq->in->api_key)
		return e;
	e = web->hooks.key(&rq->ctx, web->svc, rq->in->api_key, rq->ip, &key);
	if (!e && !str_eq(key.user_id, rq->who.user_id))
		e = ctx_fail(&rq->ctx, E_UNAUTHORIZED,
			"The two credentials belong to different users");
	return e;
}

static enum err
identify(struct req *rq)
{
	const struct web *web = rq->web;

	if (rq->in->authorization)
		return by_token(rq);
	if (rq->in->api_key)
		return web->hooks.key(
			&rq->ctx, web->svc, rq->in->api_key, rq->ip, &rq->who);
	if (rq->cookie)
		return web->hooks.cookie(
			&rq->ctx, web->svc, rq->cookie, &rq->who);
	return E_UNAUTHORIZED;
}

bool
auth_takes_cookie(const struct req *rq)
{
	bool other = rq->in->authorization || rq->in->api_key;

	return rq->cookie &&
	       (!other || (rq->route && rq->route->who == WHO_PUBLIC));
}

/* Strangers count by their address. */
static enum err
refuse(struct req *rq, enum err e)
{
	int64_t retry_s;

	rq->who = (struct principal){0};
	if (rate_count(rq, NULL) != E_RATE_LIMIT_EXCEEDED)
		return e;
	retry_s = rq->ctx.retry_s;
	ctx_clear(&rq->ctx); /* of what e said */
	rq->ctx.retry_s = retry_s;
	return E_RATE_LIMIT_EXCEEDED;
}

enum err
auth_count(struct req *rq)
{
	const struct web *web = rq->web;
	const char *token = bearer(rq->in->authorization);
	struct ctx ctx = {.arena = rq->ctx.arena};
	struct principal who = {0};

	if (token && web->hooks.token(&ctx, web->svc, token, &who))
		who.user_id = NULL;
	return rate_count(rq, who.user_id);
}

/* Read the session's row, unless it can share the way with what follows. */
static enum err
check_session(struct req *rq)
{
	const struct route *route = rq->route;
	enum err e = rq->web->hooks.session(&rq->ctx, rq->web->svc, &rq->who);

	if (e)
		return e;
	rq->session_pending = true;
	return route->verb == GET && route->who == WHO_USER ? E_OK
							    : auth_settle(rq);
}

static enum err
check_role(const struct req *rq)
{
	return rq->session_pending || rq->who.role >= rq->route->who ||
			       is_self(rq)
		       ? E_OK
		       : E_FORBIDDEN;
}

enum err
auth_begin(struct req *rq)
{
	enum err e;

	if (rq->route->who == WHO_PUBLIC)
		return rate_count(rq, NULL);
	e = identify(rq);
	if (e)
		return refuse(rq, e);
	e = rate_count(rq, rq->who.user_id);
	if (e)
		return e;
	switch (rq->who.by) {
	case CRED_TOKEN:
		e = check_session(rq);
		break;
	case CRED_KEY:
		e = rq->route->no_key ? E_KEY_REFUSED : E_OK;
		break;
	default:
		e = csrf_check(rq);
	}
	return e ? e : check_role(rq);
}
