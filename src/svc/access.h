/*
 * access.h - access tokens: made at login and refresh, judged at every
 * request. HS256 JWTs signed by libjwt (ext/token.h); judged here and not by
 * libjwt, because its decoder is too lenient (SECURITY.md 3.2). Used by
 * autostack-api and autostack-ws. A good token is only half the answer: the
 * statement session_check reads the session's row.
 */
#ifndef AS_SVC_ACCESS_H
#define AS_SVC_ACCESS_H

#include "base/base.h"
#include "base/cfg.h"
#include "base/err.h"

#define ACCESS_TOKEN_MAX 4096
#define ACCESS_PURPOSE   "access"

struct arena;
struct access_keys;

struct access_claims {
	const char *user_id, *email, *name;
	const char *sid; /* the session */
	const char *jti;
	int64_t iat, exp;
};

/* Keys from jwt_secret and jwt_secret_previous (which only verifies). NULL
 * when jwt_secret is missing, with a line for a person in *ret_error: the
 * program must not start. cfg has to outlive it. */
struct access_keys *access_keys_new(
	struct arena *a, const struct cfg *cfg, const char **ret_error);

/* A token for a session, good for cfg.access_token_seconds. */
MUST enum err access_sign(struct ctx *ctx, const struct access_keys *keys,
	const char *purpose, const struct access_claims *claims,
	const char **ret);

/* Judge a token that a stranger sent. Its header segment has to be the one
 * that our signer writes, so no other algorithm, key id or key URL is ever
 * looked at; base64url is strict; purpose, iss, aud, exp, iat, jti, sid, and
 * nbf if there is one, have to be right. E_UNAUTHORIZED otherwise; only that a
 * token has expired is told to the client. */
MUST enum err access_verify(struct ctx *ctx, const struct access_keys *keys,
	const char *token, const char *purpose, struct access_claims *ret);

#endif
