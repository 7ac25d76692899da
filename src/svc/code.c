/* code.c - codes by their purposes; the rows are sql/stmt/code.sql's. */
#include "svc/code.h"

#include "base/arena.h"
#include "base/str.h"
#include "ext/crypt.h"
#include "gen/stmt.h"
#include "svc/secret.h"

#define OAUTH_SECONDS   60
#define OAUTH_UNLIMITED 1000000

static const char *
purpose_text(enum code_purpose p)
{
	static const char *const texts[] = {
		"reset", "verify", "invite", "oauth"};

	return texts[p];
}

static int64_t
life(const struct cfg *cfg, enum code_purpose p)
{
	switch (p) {
	case CODE_RESET:
		return cfg->reset_code_seconds;
	case CODE_VERIFY:
		return cfg->verify_code_seconds;
	case CODE_INVITE:
		return cfg->invite_code_seconds;
	default:
		return OAUTH_SECONDS;
	}
}

enum err
code_make(struct ctx *ctx, const struct svc *svc, enum code_purpose purpose,
	const struct code_for *who, const char **ret_text)
{
	int64_t limit = purpose == CODE_OAUTH ? OAUTH_UNLIMITED
					      : svc->cfg->codes_per_quarter;
	struct secret s;
	struct rows *r;
	enum err e;

	secret_make(&s);
	e = db_query(ctx, svc->db, STMT_CODE_INSERT,
		DB_IN(s.hash, purpose_text(purpose), who->user_id, who->email,
			who->method,
			str_from_i64(ctx->arena, life(svc->cfg, purpose)),
			str_from_i64(ctx->arena, limit)),
		&r);
	if (!e)
		*ret_text =
			rows_n(r) > 0 ? arena_strdup(ctx->arena, s.text) : NULL;
	return e;
}

enum err
code_wait(struct ctx *ctx, const struct svc *svc, enum code_purpose purpose,
	const char *user_id)
{
	struct rows *r;
	enum err e = db_query(ctx, svc->db, STMT_CODE_WAIT,
		DB_IN(user_id, purpose_text(purpose),
			str_from_i64(ctx->arena, svc->cfg->codes_per_quarter)),
		&r);

	if (!e)
		ctx->retry_s = rows_int(r, 0, rows_col(r, "seconds"));
	return e;
}

enum err
code_use(struct ctx *ctx, const struct svc *svc, enum code_purpose purpose,
	const char *text, struct code_for *ret)
{
	char hash[65];
	struct rows *r;
	enum err e;

	crypt_sha256_hex(text, hash);
	e = db_query(ctx, svc->db, STMT_CODE_USE,
		DB_IN(hash, purpose_text(purpose)), &r);
	if (!e)
		*ret = (struct code_for){
			.user_id = rows_str(r, "user_id"),
			.email = rows_str(r, "email"),
			.method = rows_str(r, "method"),
		};
	return e;
}

enum err
code_void(struct ctx *ctx, const struct svc *svc, enum code_purpose purpose,
	const char *user_id)
{
	return db_query(ctx, svc->db, STMT_CODE_VOID,
		DB_IN(user_id, purpose_text(purpose)), NULL);
}
