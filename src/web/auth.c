/*
 * auth.c - bearer tokens and roles. The row of the session is read for every
 * request, so that logout, revocation and changes of role act at once.
 */
#include "web/auth.h"

static enum who
role_parse(const char *s)
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
	rq->who.role = role_parse(rows_str(session, "role"));
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

enum err
auth_begin(struct req *rq)
{
	const struct route *route = rq->route;
	const char *token = bearer(rq->in->authorization);
	enum err e;

	if (route->who == WHO_PUBLIC)
		return E_OK;
	if (!token)
		return E_UNAUTHORIZED;
	e = rq->web->hooks.authenticate(
		&rq->ctx, rq->web->svc, token, &rq->who);
	if (e)
		return e;
	rq->session_pending = true;
	if (route->verb == GET && route->who == WHO_USER)
		return E_OK;
	e = auth_settle(rq);
	if (!e && rq->who.role < route->who && !is_self(rq))
		e = E_FORBIDDEN;
	return e;
}
