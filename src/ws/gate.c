/*
 * gate.c - the judgement of a handshake, in this order: Origin, token or ticket,
 * session, deployment, caps; of the status page's only the first and the last.
 * Called by conn.c. Never logs a token.
 */
#include "ws/gate.h"

#include "base/arena.h"
#include "base/cfg.h"
#include "base/origin.h"
#include "base/str.h"
#include "ext/crypt.h"
#include "ext/db.h"
#include "stmt.h"
#include "svc/access.h"
#include "ws/conn.h"
#include "ws/feed.h"
#include "ws/server.h"
#include "ws/shake.h"

/* Whom a credential stands for. */
struct bearer {
	const char *user;
	const char *session;
	int64_t expires;
};

static enum err
by_token(struct ctx *ctx, struct server *srv, const char *token,
	struct bearer *ret)
{
	struct access_claims claims;
	enum err e =
		access_verify(ctx, srv->keys, token, ACCESS_PURPOSE, &claims);

	if (e)
		return e;
	*ret = (struct bearer){claims.user_id, claims.sid, claims.exp};
	return E_OK;
}

/* A ticket opens the one stream that it was made for (WS-3). */
static enum err
by_ticket(struct ctx *ctx, struct server *srv, const char *ticket,
	const char *deployment, struct bearer *ret)
{
	char hash[65], id[37];
	struct rows *r;
	enum err e;

	crypt_sha256_hex(ticket, hash);
	e = feed_query(ctx, srv->feed, STMT_STREAM_TICKET, DB_IN(hash), &r);
	if (e)
		return e;
	if (!rows_bool(r, 0, rows_col(r, "good")))
		return ctx_cause(ctx, E_UNAUTHORIZED, "the ticket expired");
	if (!shake_path(rows_str(r, "path"), id) || !str_eq(id, deployment))
		return ctx_cause(ctx, E_UNAUTHORIZED,
			"the ticket is for another stream");
	*ret = (struct bearer){
		rows_str(r, "user_id"), rows_str(r, "session_id"), 0};
	return E_OK;
}

/* Every credential that came must be good, and for the same user. */
static enum err
who(struct ctx *ctx, struct server *srv, const struct shake *s,
	struct bearer *ret)
{
	struct bearer b = {NULL, NULL, 0}, q = {NULL, NULL, 0};
	enum err e = E_OK;

	if (!s->bearer && !s->query)
		return ctx_cause(ctx, E_UNAUTHORIZED, "no token");
	if (s->bearer)
		e = by_token(ctx, srv, s->bearer, &b);
	if (!e && s->query)
		/* a ticket is one word, an access token has dots */
		e = strchr(s->query, '.')
			    ? by_token(ctx, srv, s->query, &q)
			    : by_ticket(ctx, srv, s->query, s->deployment, &q);
	if (e)
		return e;
	if (b.user && q.user && !str_eq(b.user, q.user))
		return ctx_cause(ctx, E_UNAUTHORIZED, "two users");
	*ret = q.user ? q : b;
	return E_OK;
}

static enum err
check_caps(struct ctx *ctx, struct server *srv, const char *user)
{
	if ((int64_t)srv->n_open >= srv->cfg->ws_connections_max)
		return ctx_fail(ctx, E_SERVICE_UNAVAILABLE,
			"Too many streams are open");
	if (conns_of_user(srv, user) >= srv->cfg->ws_per_user_max)
		return ctx_fail(ctx, E_RATE_LIMIT_EXCEEDED,
			"Too many streams are open for this user");
	return E_OK;
}

/* The status page has a cap of its own, so that the public takes no stream from
 * a user. How many one address may have, nginx counts. */
static enum err
open_status(struct ctx *ctx, const struct server *srv, struct grant *ret)
{
	if ((int64_t)srv->n_status >= srv->cfg->ws_status_max)
		return ctx_fail(ctx, E_SERVICE_UNAVAILABLE,
			"Too many viewers of the status page");
	*ret = (struct grant){.expires = 0};
	return E_OK;
}

enum err
gate_open(struct ctx *ctx, struct server *srv, const struct shake *s,
	struct grant *ret)
{
	struct bearer b = {NULL, NULL, 0};
	struct rows *r;
	enum err e;

	if (s->origin && !origin_allowed(srv->cfg, s->origin))
		return ctx_fail(ctx, E_FORBIDDEN, "This Origin is not allowed");
	if (s->status)
		return open_status(ctx, srv, ret);
	e = who(ctx, srv, s, &b);
	if (e)
		return e;
	e = feed_query(ctx, srv->feed, STMT_STREAM_OPEN,
		DB_IN(b.session, b.user, s->deployment,
			str_from_i64(
				ctx->arena, srv->cfg->session_idle_seconds)),
		&r);
	if (e)
		return e;
	if (!rows_str(r, "role"))
		return ctx_cause(ctx, E_UNAUTHORIZED, "the session ended");
	if (!rows_bool(r, 0, rows_col(r, "found")))
		return E_DEPLOYMENT_NOT_FOUND;
	e = check_caps(ctx, srv, b.user);
	if (e)
		return e;
	ret->expires = b.expires;
	if (!str_copy(ret->user, sizeof(ret->user), b.user) ||
		!str_copy(ret->session, sizeof(ret->session), b.session) ||
		!str_copy(ret->role, sizeof(ret->role), rows_str(r, "role")))
		return ctx_cause(ctx, E_INTERNAL_SERVER_ERROR,
			"an id or a role is too long");
	return E_OK;
}
