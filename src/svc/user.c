/* user.c - see user.h. Who may call these is the route tables' affair. */
#include "svc/user.h"

#include "base/arena.h"
#include "base/fd.h"
#include "base/str.h"
#include "gen/stmt.h"
#include "svc/code.h"
#include "svc/mail.h"
#include "svc/password.h"

#define INVITATION_PATH "/accept-invitation"

/* ---- proof ---- */

static enum err
proof(struct ctx *ctx, const struct svc *svc, const char *user_id,
	const char *session_id, struct rows **ret)
{
	return db_query(ctx, svc->db, STMT_ACCOUNT_PROOF,
		DB_IN(user_id, session_id,
			str_from_i64(
				ctx->arena, svc->cfg->recent_login_seconds)),
		ret);
}

enum err
user_recent(struct ctx *ctx, const struct svc *svc, const char *user_id,
	const char *session_id)
{
	struct rows *r;
	enum err e = proof(ctx, svc, user_id, session_id, &r);

	if (e)
		return e;
	return rows_bool(r, 0, rows_col(r, "recent")) ? E_OK : E_SIGN_IN_AGAIN;
}

enum err
user_confirm(struct ctx *ctx, const struct svc *svc, const char *user_id,
	const char *session_id, const char *password)
{
	const struct password_try try = {
		.user_id = user_id, .password = password};
	struct password_proof proven = {0};
	struct rows *r;
	enum err e = proof(ctx, svc, user_id, session_id, &r);
	const char *hash;

	if (e)
		return e;
	hash = rows_str(r, "password_hash");
	if (!hash)
		return rows_bool(r, 0, rows_col(r, "recent")) ? E_OK
							      : E_SIGN_IN_AGAIN;
	if (!password)
		return ctx_fail(ctx, E_VALIDATION_ERROR, "is required");
	e = password_prove(ctx, svc, &try, &proven);
	if (!e)
		e = password_proved(ctx, svc, &proven);
	return e == E_INVALID_CREDENTIALS
		       ? ctx_fail(ctx, e, "The password is wrong")
		       : e;
}

/* ---- accounts of administrators' making ---- */

/* A mail with a code by which its reader chooses a password. */
static enum err
invite(struct ctx *ctx, const struct svc *svc, const struct rows *user,
	const char *by, const char *ip)
{
	struct mail m = {
		.kind = MAIL_INVITE,
		.user_id = rows_str(user, "id"),
		.to = rows_str(user, "email"),
		.name = rows_str(user, "name"),
		.detail = by,
		.ip = ip,
	};

	return mail_code(ctx, svc, CODE_INVITE, INVITATION_PATH, &m, NULL);
}

enum err
user_create(struct ctx *ctx, const struct svc *svc, const struct user_new *u,
	struct rows **ret)
{
	char hash[PASS_HASH_SIZE];
	enum err e = u->password ? password_make(ctx, svc->cfg, u->email,
					   u->password, hash)
				 : E_OK;
	struct rows *user;

	if (!e)
		e = db_begin(ctx, svc->db);
	if (!e)
		e = db_query(ctx, svc->db, STMT_USER_CREATE,
			DB_IN(u->name, u->email, u->role,
				u->password ? hash : NULL),
			&user);
	if (!e && !u->password)
		e = invite(ctx, svc, user, u->by, u->ip);
	e = db_end(ctx, svc->db, e);
	if (!e)
		*ret = user;
	return e;
}

/* What was sent to the old address says nothing of the new one (FP-2). */
static enum err
address_changed(struct ctx *ctx, const struct svc *svc, const struct rows *user,
	const struct user_change *to)
{
	static const enum code_purpose purposes[] = {
		CODE_RESET, CODE_VERIFY, CODE_INVITE};
	enum err e = E_OK;

	for (size_t i = 0; !e && i < NELEM(purposes); i++)
		e = code_void(ctx, svc, purposes[i], rows_str(user, "id"));
	if (!e && rows_bool(user, 0, rows_col(user, "invited")))
		e = invite(ctx, svc, user, to->by, to->ip);
	return e;
}

enum err
user_change(struct ctx *ctx, const struct svc *svc, const char *id,
	const struct user_change *to, struct rows **ret)
{
	const char *set_avatar = to->set_avatar ? "true" : "false";
	struct rows *user;
	enum err e = db_begin(ctx, svc->db);

	if (!e)
		e = db_query(ctx, svc->db, STMT_USER_CHANGE,
			DB_IN(id, to->name, to->email, to->role, to->active,
				set_avatar, to->avatar_url),
			&user);
	if (!e && rows_bool(user, 0, rows_col(user, "email_changed")))
		e = address_changed(ctx, svc, user, to);
	e = db_end(ctx, svc->db, e);
	if (!e)
		*ret = user;
	return e;
}

/* ---- the end ---- */

/* The server's own limit for it is 55 s (account_delete_patience). */
#define DELETE_LIMIT_MS 58000

enum err
user_delete(struct ctx *ctx, const struct svc *svc, const char *id)
{
	int64_t limit = db_limit(svc->db, DELETE_LIMIT_MS);
	enum err e = db_begin(ctx, svc->db);

	if (!e)
		e = db_query(ctx, svc->db, STMT_ACCOUNT_DELETE_PATIENCE, DB_IN0,
			NULL);
	if (!e)
		e = db_query(ctx, svc->db, STMT_ACCOUNT_DELETE_STOP, DB_IN(id),
			NULL);
	if (!e)
		e = db_query(
			ctx, svc->db, STMT_ACCOUNT_DELETE, DB_IN(id), NULL);
	e = db_end(ctx, svc->db, e);
	(void)db_limit(svc->db, limit);
	return e;
}
