/* apikey.c - makes and judges API keys. Who may list and revoke is SQL's. */
#include "svc/apikey.h"

#include "base/arena.h"
#include "base/str.h"
#include "ext/crypt.h"
#include "gen/stmt.h"
#include "svc/mail.h"

#define PREFIX 12 /* characters that the list shows: 48 bits of 256 */

enum err
apikey_check(struct ctx *ctx, const struct svc *svc, const char *key,
	const char *ip, struct apikey_owner *ret)
{
	char hash[65];
	struct rows *r;
	enum err e;

	if (!str_starts(key, APIKEY_MARK) ||
		strnlen(key, APIKEY_TEXT) != APIKEY_TEXT - 2)
		return ctx_cause(ctx, E_UNAUTHORIZED,
			"API key: not of the form that we make");
	crypt_sha256_hex(key, hash);
	e = db_query(ctx, svc->db, STMT_API_KEY_CHECK, DB_IN(hash, ip), &r);
	if (e == E_UNAUTHORIZED)
		return ctx_fail(ctx, e, "The API key is not valid");
	if (e)
		return e;
	*ret = (struct apikey_owner){
		.user_id = rows_str(r, "user_id"),
		.name = rows_str(r, "name"),
		.email = rows_str(r, "email"),
		.role = rows_str(r, "role"),
	};
	return E_OK;
}

static enum err
tell(struct ctx *ctx, const struct svc *svc, const char *user_id,
	const struct rows *user, const char *name, const char *ip)
{
	struct mail mail = {
		.kind = MAIL_API_KEY_MADE,
		.user_id = user_id,
		.to = rows_str(user, "email"),
		.name = rows_str(user, "name"),
		.link = mail_link(ctx, svc, "/forgot-password", NULL),
		.detail = name,
		.ip = ip,
	};

	return mail_queue(ctx, svc, &mail);
}

/* The user's row is locked first, so that keys that are made at once are
 * counted one after the other. */
static enum err
insert(struct ctx *ctx, const struct svc *svc, const char *user_id,
	const char *name, const char *expires, const char *prefix,
	const char *hash, const char *ip, struct rows **ret)
{
	const char *max = str_from_i64(ctx->arena, svc->cfg->api_keys_per_user);
	struct rows *user;
	enum err e = db_query(ctx, svc->db, STMT_API_KEY_OWNER,
		DB_IN(user_id, expires), &user);

	if (e)
		return e;
	if (!rows_bool(user, 0, rows_col(user, "good")))
		return ctx_fail(ctx, E_VALIDATION_ERROR,
			"must be in the future, or null");
	e = db_query(ctx, svc->db, STMT_API_KEY_INSERT,
		DB_IN(user_id, name, prefix, hash, expires, max), ret);
	return e ? e : tell(ctx, svc, user_id, user, name, ip);
}

enum err
apikey_create(struct ctx *ctx, const struct svc *svc, const char *user_id,
	const char *name, const char *expires, const char *ip,
	struct rows **ret, const char **ret_key)
{
	struct secret s;
	const char *key;
	char hash[65];
	struct rows *row;
	enum err e;

	secret_make(&s);
	key = arena_printf(ctx->arena, "%s%s", APIKEY_MARK, s.text);
	crypt_sha256_hex(key, hash);
	e = db_begin(ctx, svc->db);
	if (!e)
		e = insert(ctx, svc, user_id, name, expires,
			arena_strndup(ctx->arena, key, PREFIX), hash, ip, &row);
	e = db_end(ctx, svc->db, e);
	if (e)
		return e;
	*ret = row;
	*ret_key = key;
	return E_OK;
}
