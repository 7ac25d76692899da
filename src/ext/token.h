/*
 * token.h - signing access tokens with libjwt (HS256). Verification is ours
 * (svc/access.c) since libjwt's decode is too lenient (SECURITY.md 3.2).
 */
#ifndef AS_EXT_TOKEN_H
#define AS_EXT_TOKEN_H

#include "base/base.h"
#include "base/err.h"

struct token_claims {
	const char *purpose; /* "access" or "ws" */
	const char *user_id, *email, *name;
	const char *sid, *jti, *iss, *aud;
	int64_t iat, exp;
};
MUST enum err token_sign(struct ctx *ctx, const char *key,
	const struct token_claims *c, const char **ret);

#endif
