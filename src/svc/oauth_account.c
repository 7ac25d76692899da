/*
 * oauth_account.c - what an account at a provider means here. Constraints
 * decide between two that come at once: who loses one looks again, once.
 */
#include "base/arena.h"
#include "gen/stmt.h"
#include "svc/code.h"
#include "svc/mail.h"
#include "svc/oauth_provider.h"
#include "svc/seal.h"

/* The token opens for this user and provider only (OA-12). */
static enum err
seal_token(struct ctx *ctx, const struct svc *svc,
	const struct oauth_vouched *v, const char *user_id, const char **ret)
{
	*ret = NULL;
	if (!v->id->token)
		return E_OK;
	return seal_close(ctx, svc->cfg,
		arena_printf(ctx->arena, "identity:%s:%s", user_id,
			oauth_provider_names[v->provider]),
		v->id->token, ret);
}

static enum err
refresh(struct ctx *ctx, const struct svc *svc, const struct oauth_vouched *v,
	const char *user_id)
{
	const struct oauth_identity *id = v->id;
	const char *sealed;
	enum err e = seal_token(ctx, svc, v, user_id, &sealed);

	return e ? e
		 : db_query(ctx, svc->db, STMT_IDENTITY_UPDATE,
			   DB_IN(oauth_provider_names[v->provider], id->subject,
				   id->login, id->email, sealed, id->scopes),
			   NULL);
}

static enum err
insert(struct ctx *ctx, const struct svc *svc, const struct oauth_vouched *v,
	const char *user_id)
{
	const struct oauth_identity *id = v->id;
	const char *sealed;
	enum err e = seal_token(ctx, svc, v, user_id, &sealed);

	return e ? e
		 : db_query(ctx, svc->db, STMT_IDENTITY_INSERT,
			   DB_IN(oauth_provider_names[v->provider], id->subject,
				   user_id, id->login, id->email, sealed,
				   id->scopes),
			   NULL);
}

/* The account's owner hears of a new way in. */
static enum err
link_account(struct ctx *ctx, const struct svc *svc,
	const struct oauth_vouched *v, const struct rows *user)
{
	const struct mail m = {
		.kind = MAIL_OAUTH_LINKED,
		.user_id = rows_str(user, "id"),
		.to = rows_str(user, "email"),
		.name = rows_str(user, "name"),
		.link = mail_link(ctx, svc, "/forgot-password", NULL),
		.detail = v->title,
		.ip = v->ip,
	};
	enum err e = insert(ctx, svc, v, m.user_id);

	return e ? e : mail_queue(ctx, svc, &m);
}

static bool
flag(const struct rows *r, const char *name)
{
	return rows_bool(r, 0, rows_col(r, name));
}

/* ---- signing in ---- */

/* An account with the address opens only when both sides have confirmed it:
 * whoever signed up with somebody else's address keeps a password that opens
 * nothing of theirs (OA-7). */
static enum err
by_address(struct ctx *ctx, const struct svc *svc,
	const struct oauth_vouched *v, const struct rows **ret)
{
	const struct oauth_identity *id = v->id;
	struct rows *user;
	enum err e;

	if (!id->email)
		return E_EMAIL_UNVERIFIED;
	e = db_query(ctx, svc->db, STMT_OAUTH_USER_BY_EMAIL, DB_IN(id->email),
		&user);
	if (e)
		return e;
	if (rows_n(user) == 0) {
		e = db_query(ctx, svc->db, STMT_OAUTH_USER_INSERT,
			DB_IN(id->name, id->email, id->avatar), &user);
		if (!e)
			e = insert(ctx, svc, v, rows_str(user, "id"));
	} else if (!flag(user, "email_verified")) {
		e = E_ACCOUNT_EXISTS;
	} else if (!flag(user, "active")) {
		e = E_ACCOUNT_DISABLED;
	} else {
		e = link_account(ctx, svc, v, user);
	}
	*ret = user;
	return e;
}

static enum err
find_account(struct ctx *ctx, const struct svc *svc,
	const struct oauth_vouched *v, const struct rows **ret)
{
	struct rows *user;
	enum err e = db_query(ctx, svc->db, STMT_OAUTH_USER_BY_IDENTITY,
		DB_IN(oauth_provider_names[v->provider], v->id->subject),
		&user);

	if (e)
		return e;
	if (rows_n(user) == 0)
		return by_address(ctx, svc, v, ret);
	*ret = user;
	if (!flag(user, "active"))
		return E_ACCOUNT_DISABLED;
	return refresh(ctx, svc, v, rows_str(user, "id"));
}

static enum err
sign_in_once(struct ctx *ctx, const struct svc *svc,
	const struct oauth_vouched *v, struct oauth_outcome *ret)
{
	const struct rows *user = NULL;
	const char *code = NULL;
	enum err e = db_begin(ctx, svc->db);

	if (!e)
		e = find_account(ctx, svc, v, &user);
	if (user && rows_n(user) > 0)
		ret->user_id = rows_str(user, "id");
	if (!e) {
		const struct code_for who = {
			.user_id = ret->user_id,
			.email = rows_str(user, "email"),
			.method = oauth_provider_names[v->provider],
		};

		e = code_make(ctx, svc, CODE_OAUTH, &who, &code);
	}
	e = db_end(ctx, svc->db, e);
	if (!e)
		ret->code = code;
	return e;
}

enum err
oauth_sign_in(struct ctx *ctx, const struct svc *svc,
	const struct oauth_vouched *v, struct oauth_outcome *ret)
{
	enum err e = sign_in_once(ctx, svc, v, ret);

	/* somebody made the account or the link in between: it is there now */
	if (e == E_EMAIL_TAKEN || e == E_IDENTITY_TAKEN) {
		ctx_clear(ctx);
		e = sign_in_once(ctx, svc, v, ret);
	}
	return e;
}

/* ---- linking ---- */

static enum err
link_found(struct ctx *ctx, const struct svc *svc,
	const struct oauth_vouched *v, const char *user_id)
{
	struct rows *owner, *user;
	enum err e = db_query(ctx, svc->db, STMT_OAUTH_USER_BY_IDENTITY,
		DB_IN(oauth_provider_names[v->provider], v->id->subject),
		&owner);

	if (!e && rows_n(owner) > 0) {
		if (strcmp(rows_str(owner, "id"), user_id) != 0)
			return E_IDENTITY_TAKEN;
		return refresh(ctx, svc, v, user_id);
	}
	if (!e)
		e = db_query(ctx, svc->db, STMT_OAUTH_USER_BY_ID,
			DB_IN(user_id), &user);
	return e ? e : link_account(ctx, svc, v, user);
}

enum err
oauth_link(struct ctx *ctx, const struct svc *svc,
	const struct oauth_vouched *v, const char *user_id)
{
	enum err e = db_begin(ctx, svc->db);

	if (!e)
		e = link_found(ctx, svc, v, user_id);
	return db_end(ctx, svc->db, e);
}

/* ---- unlinking ---- */

static enum err
unlink_locked(struct ctx *ctx, const struct svc *svc, const char *user_id,
	enum oauth_provider p)
{
	struct rows *user, *gone;
	enum err e = db_query(
		ctx, svc->db, STMT_OAUTH_USER_LOCK, DB_IN(user_id), &user);

	if (!e)
		e = db_query(ctx, svc->db, STMT_IDENTITY_DELETE,
			DB_IN(user_id, oauth_provider_names[p],
				flag(user, "has_password") ? "true" : "false"),
			&gone);
	if (e)
		return e;
	if (!flag(gone, "found"))
		return E_IDENTITY_NOT_FOUND;
	return flag(gone, "removed") ? E_OK : E_LAST_LOGIN_METHOD;
}

/* In two statements: only the second one sees what a first one that held the
 * account's row has removed (OA-10). */
enum err
oauth_unlink(struct ctx *ctx, const struct svc *svc, const char *user_id,
	enum oauth_provider p)
{
	enum err e = db_begin(ctx, svc->db);

	if (!e)
		e = unlink_locked(ctx, svc, user_id, p);
	return db_end(ctx, svc->db, e);
}
