/*
 * token.h - signing access tokens with libjwt (HS256). Verification is ours
 * (svc/access.c) since libjwt's decode is too lenient (SECURITY.md 3.2).
 */
#ifndef AS_EXT_TOKEN_H
#define AS_EXT_TOKEN_H

#include "base/base.h"
#include "base/err.h"

/* The first segment of every token of ours: {"alg":"HS256","typ":"JWT"}. */
#define TOKEN_HEADER "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9"

struct token_claims {        /* texts that are NULL are left out */
	const char *purpose; /* "access" or "ws" */
	const char *user_id, *email, *name;
	const char *sid, *jti, *iss, *aud;
	int64_t iat, exp;
};

/* E_INTERNAL_SERVER_ERROR when a text is not UTF-8. */
MUST enum err token_sign(struct ctx *ctx, const char *key,
	const struct token_claims *c, const char **ret);

#endif
