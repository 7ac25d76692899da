/*
 * session.c - signup, login, refresh, logout, tickets. Secrets are stored as
 * hashes only; what concerns passwords is password.c's.
 */
#include "svc/session.h"

#include "base/arena.h"
#include "base/str.h"
#include "ext/crypt.h"
#include "gen/stmt.h"
#include "svc/access.h"
#include "svc/password.h"
#include "svc/recovery.h"
#include "svc/secret.h"

#define TICKET_SECONDS 60

/* ---- a new session ---- */

static enum err
sign(struct ctx *ctx, const struct svc *svc, const struct rows *user,
	struct session_grant *g)
{
	struct access_claims claims = {
		.user_id = rows_str(user, "id"),
		.email = rows_str(user, "email"),
		.name = rows_str(user, "name"),
		.sid = g->session_id,
	};

	g->user = user;
	g->user_id = claims.user_id;
	g->expires_in = svc->cfg->access_token_seconds;
	return access_sign(
		ctx, svc->keys, ACCESS_PURPOSE, &claims, &g->access_token);
}

enum err
session_begin(struct ctx *ctx, const struct svc *svc, const struct rows *user,
	const char *method, const struct session_client *client,
	struct session_grant *ret)
{
	struct session_grant g = {0};
	struct rows *session;
	struct secret refresh;
	enum err e;

	secret_make(&refresh);
	e = db_query(ctx, svc->db, STMT_SESSION_INSERT,
		DB_IN(rows_str(user, "id"),
			str_from_i64(
				ctx->arena, svc->cfg->refresh_token_seconds),
			client->ip, client->user_agent, refresh.hash, method,
			client->forget ? "false" : "true"),
		&session);
	if (e)
		return e;
	g.session_id = rows_str(session, "id");
	g.session_seconds = svc->cfg->refresh_token_seconds;
	g.forget = client->forget;
	g.refresh_token = arena_strdup(ctx->arena, refresh.text);
	e = sign(ctx, svc, user, &g);
	if (!e)
		*ret = g;
	return e;
}

static enum err
insert_account(struct ctx *ctx, const struct svc *svc, const char *name,
	const char *email, const char *hash,
	const struct session_client *client, struct session_grant *ret)
{
	struct rows *user;
	enum err e = db_begin(ctx, svc->db);

	if (!e)
		e = db_query(ctx, svc->db, STMT_USER_INSERT,
			DB_IN(name, email, hash), &user);
	if (!e)
		e = recovery_welcome(ctx, svc, user);
	if (!e)
		e = session_begin(ctx, svc, user, "password", client, ret);
	return db_end(ctx, svc->db, e);
}

enum err
session_signup(struct ctx *ctx, const struct svc *svc, const char *name,
	const char *email, const char *password,
	const struct session_client *client, struct session_grant *ret)
{
	char hash[PASS_HASH_SIZE];
	enum err e = password_make(ctx, svc->cfg, email, password, hash);

	return e ? e : insert_account(ctx, svc, name, email, hash, client, ret);
}

/* ---- login ---- */

/* The account may have been disabled, or have got another password, while the
 * one that came was compared: then there is no session. */
static enum err
begin_proved(struct ctx *ctx, const struct svc *svc,
	const struct password_proof *proof, const struct session_client *client,
	struct session_grant *ret)
{
	enum err e = db_begin(ctx, svc->db);

	if (!e)
		e = password_proved(ctx, svc, proof);
	if (!e)
		e = session_begin(
			ctx, svc, proof->user, "password", client, ret);
	return db_end(ctx, svc->db, e);
}

static enum err
login_once(struct ctx *ctx, const struct svc *svc,
	const struct password_try *try, const struct session_client *client,
	struct password_proof *proof, struct session_grant *ret)
{
	enum err e = password_prove(ctx, svc, try, proof);

	return e ? e : begin_proved(ctx, svc, proof, client, ret);
}

enum err
session_login(struct ctx *ctx, const struct svc *svc, const char *email,
	const char *password, const struct session_client *client,
	struct session_grant *ret, const char **ret_user)
{
	const struct password_try try = {
		.email = email,
		.password = password,
		.ip = client->ip,
		.user_agent = client->user_agent,
	};
	struct password_proof proof = {0};
	enum err e = login_once(ctx, svc, &try, client, &proof, ret);

	/* proved, but in vain: another login may have replaced a hash of an
	 * old cost by one that is as good */
	if (e == E_INVALID_CREDENTIALS && proof.hash) {
		proof = (struct password_proof){0};
		ctx_clear(ctx);
		e = login_once(ctx, svc, &try, client, &proof, ret);
	}
	if (proof.user_id)
		*ret_user = proof.user_id;
	return e;
}

/* ---- refresh ---- */

static enum err
refuse_reuse(struct ctx *ctx, const struct svc *svc, const char *hash,
	const char **ret_user)
{
	struct rows *r;
	enum err e = db_query(ctx, svc->db, STMT_REFRESH_REUSED,
		DB_IN(hash, str_from_i64(ctx->arena,
				    svc->cfg->refresh_grace_seconds)),
		&r);

	if (e)
		return e;
	if (rows_n(r) > 0)
		*ret_user = rows_str(r, "user_id");
	if (rows_n(r) > 0 && !rows_bool(r, 0, rows_col(r, "within_grace")))
		return E_REFRESH_TOKEN_REUSED;
	return ctx_fail(ctx, E_UNAUTHORIZED, "The refresh token is not valid");
}

enum err
session_refresh(struct ctx *ctx, const struct svc *svc, const char *token,
	struct session_grant *ret, const char **ret_user)
{
	struct session_grant g = {0};
	struct secret next;
	char hash[65];
	struct rows *user;
	enum err e;

	crypt_sha256_hex(token, hash);
	secret_make(&next);
	e = db_query(ctx, svc->db, STMT_REFRESH_USE,
		DB_IN(hash, next.hash,
			str_from_i64(
				ctx->arena, svc->cfg->session_idle_seconds)),
		&user);
	if (e)
		return e;
	if (rows_n(user) == 0)
		return refuse_reuse(ctx, svc, hash, ret_user);
	*ret_user = rows_str(user, "id");
	g.session_id = rows_str(user, "session_id");
	g.session_seconds =
		rows_int(user, 0, rows_col(user, "session_seconds"));
	g.forget = !rows_bool(user, 0, rows_col(user, "remember"));
	g.refresh_token = arena_strdup(ctx->arena, next.text);
	e = sign(ctx, svc, user, &g);
	if (!e)
		*ret = g;
	return e;
}

/* ---- a browser's cookie ---- */

enum err
session_by_cookie(struct ctx *ctx, const struct svc *svc, const char *token,
	struct session_owner *ret)
{
	char hash[65];
	struct rows *r;
	enum err e;

	crypt_sha256_hex(token, hash);
	e = db_query(ctx, svc->db, STMT_SESSION_BY_COOKIE,
		DB_IN(hash, str_from_i64(ctx->arena,
				    svc->cfg->session_idle_seconds)),
		&r);
	if (e == E_UNAUTHORIZED)
		return ctx_fail(ctx, e, "The session has ended; sign in again");
	if (e)
		return e;
	*ret = (struct session_owner){
		.session_id = rows_str(r, "session_id"),
		.user_id = rows_str(r, "user_id"),
		.name = rows_str(r, "name"),
		.email = rows_str(r, "email"),
		.role = rows_str(r, "role"),
	};
	return E_OK;
}

/* ---- logout, tickets ---- */

enum err
session_logout(struct ctx *ctx, const struct svc *svc, const char *session_id,
	const char *user_id, bool all)
{
	if (all)
		return db_query(ctx, svc->db, STMT_SESSION_REVOKE_ALL,
			DB_IN(user_id, "logout everywhere"), NULL);
	return db_query(ctx, svc->db, STMT_SESSION_REVOKE,
		DB_IN(session_id, user_id, "logout"), NULL);
}

enum err
session_ws_ticket(struct ctx *ctx, const struct svc *svc,
	const char *session_id, const char *user_id, const char *path,
	const char **ret_ticket, int64_t *ret_seconds)
{
	struct secret ticket;
	enum err e;

	secret_make(&ticket);
	e = db_query(ctx, svc->db, STMT_WS_TICKET_INSERT,
		DB_IN(ticket.hash, user_id, session_id, path,
			str_from_i64(ctx->arena, TICKET_SECONDS)),
		NULL);
	if (e)
		return e;
	*ret_ticket = arena_strdup(ctx->arena, ticket.text);
	*ret_seconds = TICKET_SECONDS;
	return E_OK;
}
