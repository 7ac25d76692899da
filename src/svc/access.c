/*
 * access.c - signs and judges access tokens. The judge looks at the signature
 * before it parses anything that the token says.
 */
#include "svc/access.h"

#include "base/arena.h"
#include "base/clock.h"
#include "base/rand.h"
#include "base/str.h"
#include "ext/crypt.h"
#include "ext/json.h"
#include "ext/token.h"

/* base64url of {"alg":"HS256","typ":"JWT"}: what libjwt writes. */
#define HEADER   "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9"
#define AUDIENCE "autostack-api"
#define SKEW     60 /* seconds that another host's clock may be ahead */
#define MAC_TEXT 43 /* base64url characters of 32 bytes */
#define NKEYS    2

struct access_keys {
	const struct cfg *cfg;
	struct hmac_key *key[NKEYS]; /* present, previous (may be NULL) */
};

/* A token cut at its dots; nothing is decoded yet. */
struct parts {
	const char *claims;
	size_t nclaims;
	const char *mac;
	size_t nsigned; /* bytes before the second dot */
};

static void
free_key(void *p)
{
	hmac_free(p);
}

struct access_keys *
access_keys_new(struct arena *a, const struct cfg *cfg, const char **ret_error)
{
	const char *secret[NKEYS] = {cfg->jwt_secret, cfg->jwt_secret_previous};
	struct access_keys *k = ARENA_NEW(a, struct access_keys);

	if (strlen(secret[0]) < 32) {
		*ret_error = "jwt_secret: is not set; it takes the path of a "
			     "file with at least 32 random bytes";
		return NULL;
	}
	k->cfg = cfg;
	for (int i = 0; i < NKEYS; i++) {
		if (!*secret[i])
			continue;
		k->key[i] = hmac_new(secret[i], strlen(secret[i]));
		arena_hook(a, free_key, k->key[i]);
	}
	return k;
}

enum err
access_sign(struct ctx *ctx, const struct access_keys *keys,
	const char *purpose, const struct access_claims *claims,
	const char **ret)
{
	int64_t now = clock_now_s();
	char jti[37];
	const char *token;
	enum err e;

	rand_uuid(jti);
	struct token_claims c = {
		.purpose = purpose,
		.user_id = claims->user_id,
		.email = claims->email,
		.name = claims->name,
		.sid = claims->sid,
		.jti = jti,
		.iss = keys->cfg->app_url,
		.aud = AUDIENCE,
		.iat = now,
		.exp = now + keys->cfg->access_token_seconds,
	};
	e = token_sign(ctx, keys->cfg->jwt_secret, &c, &token);
	if (e)
		return e;
	/* a libjwt that writes another header must not lock everybody out
	 * silently */
	if (!str_starts(token, HEADER "."))
		return ctx_cause(ctx, E_INTERNAL_SERVER_ERROR,
			"libjwt writes another header than " HEADER);
	if (strlen(token) > ACCESS_TOKEN_MAX)
		return ctx_cause(ctx, E_INTERNAL_SERVER_ERROR,
			"the access token is over %d bytes", ACCESS_TOKEN_MAX);
	*ret = token;
	return E_OK;
}

static bool
cut(const char *token, struct parts *ret)
{
	size_t nheader = strlen(HEADER);
	size_t n = strnlen(token, ACCESS_TOKEN_MAX + 1);
	const char *dot;

	if (n > ACCESS_TOKEN_MAX || !str_starts(token, HEADER "."))
		return false;
	ret->claims = token + nheader + 1;
	dot = strchr(ret->claims, '.');
	if (!dot || dot == ret->claims || strlen(dot + 1) != MAC_TEXT)
		return false;
	ret->nclaims = (size_t)(dot - ret->claims);
	ret->nsigned = (size_t)(dot - token);
	ret->mac = dot + 1;
	return true;
}

static bool
signature_good(const struct access_keys *keys, const char *token,
	const struct parts *p)
{
	uint8_t mac[MAC_TEXT];
	uint8_t want[CRYPT_SHA256];

	/* strict: refuses trailing bits, padding, blanks, other alphabets */
	if (str_unb64url(mac, p->mac, MAC_TEXT) != CRYPT_SHA256)
		return false;
	for (int i = 0; i < NKEYS; i++) {
		if (!keys->key[i])
			continue;
		hmac_sign(keys->key[i], token, p->nsigned, want);
		if (crypt_eq(mac, want, CRYPT_SHA256))
			return true;
	}
	return false;
}

static bool
claim_is(const struct jsn *claims, const char *name, const char *want)
{
	return str_eq(jsn_str(jsn_get(claims, name)), want);
}

static enum err
refuse(struct ctx *ctx, const char *why)
{
	return ctx_cause(ctx, E_UNAUTHORIZED, "access token: %s", why);
}

static enum err
check_times(
	struct ctx *ctx, const struct jsn *claims, struct access_claims *ret)
{
	const struct jsn *iat = jsn_get(claims, "iat");
	const struct jsn *exp = jsn_get(claims, "exp");
	const struct jsn *nbf = jsn_get(claims, "nbf");
	int64_t now = clock_now_s();

	if (jsn_type(iat) != JSN_INT || jsn_type(exp) != JSN_INT)
		return refuse(ctx, "iat or exp is no integer");
	ret->iat = jsn_int(iat);
	ret->exp = jsn_int(exp);
	if (ret->iat <= 0 || ret->iat > now + SKEW || ret->exp < ret->iat)
		return refuse(ctx, "iat is absurd");
	if (nbf && (jsn_type(nbf) != JSN_INT || jsn_int(nbf) > now + SKEW))
		return refuse(ctx, "nbf is in the future");
	if (ret->exp <= now)
		return ctx_fail(
			ctx, E_UNAUTHORIZED, "The access token has expired");
	return E_OK;
}

static enum err
check_claims(struct ctx *ctx, const struct access_keys *keys,
	const struct jsn *claims, const char *purpose,
	struct access_claims *ret)
{
	struct access_claims c = {
		.user_id = jsn_str(jsn_get(claims, "userId")),
		.email = jsn_str(jsn_get(claims, "email")),
		.name = jsn_str(jsn_get(claims, "name")),
		.sid = jsn_str(jsn_get(claims, "sid")),
		.jti = jsn_str(jsn_get(claims, "jti")),
	};
	enum err e;

	if (!claim_is(claims, "purpose", purpose))
		return refuse(ctx, "purpose differs");
	if (!claim_is(claims, "iss", keys->cfg->app_url) ||
		!claim_is(claims, "aud", AUDIENCE))
		return refuse(ctx, "iss or aud differs");
	if (!c.user_id || !str_is_uuid(c.user_id) || !c.sid ||
		!str_is_uuid(c.sid) || !c.jti || !str_is_uuid(c.jti))
		return refuse(ctx, "userId, sid or jti is no UUID");
	e = check_times(ctx, claims, &c);
	if (!e)
		*ret = c;
	return e;
}

enum err
access_verify(struct ctx *ctx, const struct access_keys *keys,
	const char *token, const char *purpose, struct access_claims *ret)
{
	const struct jsn *claims = NULL;
	struct parts p;
	ptrdiff_t n;
	char *text;

	if (!cut(token, &p))
		return refuse(ctx, "not of the form that we sign");
	if (!signature_good(keys, token, &p))
		return refuse(ctx, "the signature is wrong");
	text = arena_alloc(ctx->arena, 3 * p.nclaims / 4 + 2);
	n = str_unb64url(text, p.claims, p.nclaims);
	if (n < 0)
		return refuse(ctx, "the claims are no base64url");
	/* a context of its own: what jsn_parse says is not for the client */
	struct ctx parse = {.arena = ctx->arena};

	if (jsn_parse(&parse, text, (size_t)n, &claims) ||
		jsn_type(claims) != JSN_OBJECT)
		return refuse(ctx, "the claims are no JSON object");
	return check_claims(ctx, keys, claims, purpose, ret);
}
