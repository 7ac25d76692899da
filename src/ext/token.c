/*
 * token.c - signs access tokens with libjwt. svc/access.c checks them without
 * it; that they agree is seen in the tests.
 */
#include "ext/token.h"

#include "base/arena.h"

#include <jwt.h>

static bool
add_text(jwt_t *t, const char *claim, const char *value)
{
	return !value || jwt_add_grant(t, claim, value) == 0;
}

static bool
add_claims(jwt_t *t, const struct token_claims *c)
{
	return add_text(t, "purpose", c->purpose) &&
	       add_text(t, "userId", c->user_id) &&
	       add_text(t, "email", c->email) && add_text(t, "name", c->name) &&
	       add_text(t, "sid", c->sid) && add_text(t, "jti", c->jti) &&
	       add_text(t, "iss", c->iss) && add_text(t, "aud", c->aud) &&
	       jwt_add_grant_int(t, "iat", (long)c->iat) == 0 &&
	       jwt_add_grant_int(t, "exp", (long)c->exp) == 0;
}

enum err
token_sign(struct ctx *ctx, const char *key, const struct token_claims *c,
	const char **ret)
{
	char *text = NULL;
	jwt_t *t;

	if (jwt_new(&t))
		out_of_memory();
	if (jwt_set_alg(t, JWT_ALG_HS256, (const unsigned char *)key,
		    (int)strlen(key)) == 0 &&
		add_claims(t, c))
		text = jwt_encode_str(t);
	jwt_free(t); /* wipes its copy of the key */
	if (!text)
		return ctx_cause(
			ctx, E_INTERNAL_SERVER_ERROR, "signing a token failed");
	*ret = arena_strdup(ctx->arena, text);
	free(text); /* libjwt was given no allocator of ours */
	return E_OK;
}
