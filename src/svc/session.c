/*
 * session.c - signup, login, refresh, logout, tickets. Secrets are stored as
 * hashes only; a password is hashed once per attempt, whoever asks.
 */
#include "svc/session.h"

#include "base/arena.h"
#include "base/str.h"
#include "ext/crypt.h"
#include "ext/pass.h"
#include "gen/stmt.h"
#include "svc/access.h"
#include "svc/hashslot.h"
#include "svc/recovery.h"
#include "svc/secret.h"

#define TICKET_SECONDS 60

/* ---- passwords ---- */

/* "Autostack2024!" and the like: the word in any case, with decoration. */
static bool
is_mostly(struct arena *a, const char *password, const char *word)
{
	const char *p = str_lower(a, password);
	const char *hit = strlen(word) >= 3 ? strstr(p, word) : NULL;

	return hit && strlen(p) - strlen(word) <= 6;
}

const char *
session_password_weak(struct arena *a, const char *email, const char *password)
{
	const char *local = arena_strndup(a, email, strcspn(email, "@"));

	if (str_eq_ci(password, email) || is_mostly(a, password, local))
		return "must not be your email address";
	if (is_mostly(a, password, "autostack"))
		return "must not be the product's name";
	return NULL;
}

static enum err
hash_password(struct ctx *ctx, const struct svc *svc, const char *password,
	char ret[PASS_HASH_SIZE])
{
	AUTO_FD int slot = -1;
	enum err e = hashslot_take(ctx, svc->cfg, &slot);

	return e ? e
		 : pass_hash(ctx, password, (int)svc->cfg->bcrypt_cost, ret);
}

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
			client->ip, client->user_agent, refresh.hash, method),
		&session);
	if (e)
		return e;
	g.session_id = rows_str(session, "id");
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
	if (!e)
		e = db_commit(ctx, svc->db);
	if (e)
		db_rollback(svc->db);
	return e;
}

enum err
session_signup(struct ctx *ctx, const struct svc *svc, const char *name,
	const char *email, const char *password,
	const struct session_client *client, struct session_grant *ret)
{
	const char *weak = session_password_weak(ctx->arena, email, password);
	char hash[PASS_HASH_SIZE];
	enum err e;

	if (weak)
		return ctx_fail(ctx, E_VALIDATION_ERROR, "%s", weak);
	e = hash_password(ctx, svc, password, hash);
	return e ? e : insert_account(ctx, svc, name, email, hash, client, ret);
}

/* ---- login ---- */

/* The same work for everybody: an unknown or password-less account is
 * compared with a decoy. */
static enum err
check_password(struct ctx *ctx, const struct svc *svc, const char *password,
	const char *hash, bool active)
{
	AUTO_FD int slot = -1;
	enum err e = hashslot_take(ctx, svc->cfg, &slot);
	bool good;

	if (e)
		return e;
	good = pass_verify(
		password, hash ? hash : pass_decoy((int)svc->cfg->bcrypt_cost));
	return good && hash && active ? E_OK : E_INVALID_CREDENTIALS;
}

enum err
session_login(struct ctx *ctx, const struct svc *svc, const char *email,
	const char *password, const struct session_client *client,
	struct session_grant *ret, const char **ret_user)
{
	const char *hash = NULL;
	bool active = false;
	struct rows *user;
	enum err e =
		db_query(ctx, svc->db, STMT_USER_BY_EMAIL, DB_IN(email), &user);

	if (e)
		return e;
	if (rows_n(user) > 0) {
		*ret_user = rows_str(user, "id");
		hash = rows_str(user, "password_hash");
		active = rows_bool(user, 0, rows_col(user, "active"));
	}
	e = check_password(ctx, svc, password, hash, active);
	return e ? e : session_begin(ctx, svc, user, "password", client, ret);
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
	g.refresh_token = arena_strdup(ctx->arena, next.text);
	e = sign(ctx, svc, user, &g);
	if (!e)
		*ret = g;
	return e;
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
