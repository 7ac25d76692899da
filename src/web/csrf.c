/*
 * csrf.c - judges where a browser's request comes from. The token is a signed
 * double submit without a second cookie: it is bound to the session, so that
 * one planted by somebody else is worth nothing (CS-1).
 */
#include "web/csrf.h"

#include "base/arena.h"
#include "base/origin.h"
#include "base/rand.h"
#include "ext/crypt.h"
#include "web/auth.h"

#define NKEYS        2
#define RANDOM_BYTES 16
#define RANDOM_TEXT  22 /* base64url characters */
#define MAC_TEXT     43
#define DOMAIN       "autostack csrf" /* no access token begins like this */

struct csrf_keys {
	struct hmac_key *key[NKEYS]; /* present, previous (may be NULL) */
};

static void
free_key(void *p)
{
	hmac_free(p);
}

struct csrf_keys *
csrf_keys_new(struct arena *a, const struct cfg *cfg)
{
	const char *secret[NKEYS] = {cfg->jwt_secret, cfg->jwt_secret_previous};
	struct csrf_keys *k = ARENA_NEW(a, struct csrf_keys);

	for (int i = 0; i < NKEYS; i++) {
		if (!*secret[i])
			continue;
		k->key[i] = hmac_new(secret[i], strlen(secret[i]));
		arena_hook(a, free_key, k->key[i]);
	}
	return k;
}

/* random: RANDOM_TEXT characters. */
static void
sign(struct arena *a, const struct hmac_key *key, const char *session_id,
	const char *random, uint8_t mac[CRYPT_SHA256])
{
	const char *text = arena_printf(
		a, "%s:%s:%.*s", DOMAIN, session_id, RANDOM_TEXT, random);

	hmac_sign(key, text, strlen(text), mac);
}

const char *
csrf_make(struct req *rq, const char *session_id)
{
	uint8_t bytes[RANDOM_BYTES], mac[CRYPT_SHA256];
	char random[RANDOM_TEXT + 3], text[MAC_TEXT + 2];

	rand_bytes(bytes, sizeof(bytes));
	(void)str_b64url(random, bytes, sizeof(bytes)); /* length is known */
	sign(rq->ctx.arena, rq->web->csrf->key[0], session_id, random, mac);
	(void)str_b64url(text, mac, sizeof(mac));
	return arena_printf(rq->ctx.arena, "%s.%s", random, text);
}

static bool
token_good(struct req *rq, const char *token)
{
	const struct csrf_keys *keys = rq->web->csrf;
	uint8_t mac[MAC_TEXT], want[CRYPT_SHA256];

	if (!token || strlen(token) != RANDOM_TEXT + 1 + MAC_TEXT ||
		token[RANDOM_TEXT] != '.' ||
		str_unb64url(mac, token + RANDOM_TEXT + 1, MAC_TEXT) !=
			CRYPT_SHA256)
		return false;
	for (int i = 0; i < NKEYS; i++) {
		if (!keys->key[i])
			continue;
		sign(rq->ctx.arena, keys->key[i], rq_session(rq), token, want);
		if (crypt_eq(mac, want, CRYPT_SHA256))
			return true;
	}
	return false;
}

enum err
csrf_check(struct req *rq)
{
	if (rq->verb == GET || token_good(rq, rq->in->csrf_token))
		return E_OK;
	return ctx_fail(&rq->ctx, E_CSRF_REFUSED,
		"X-CSRF-Token is missing or belongs to another session");
}

/* Whether the browser vouches that a page of ours, or its user, made this
 * request. Sites that were published here may be "same-site": they are
 * strangers all the same. */
static bool
origin_good(const struct req *rq)
{
	const struct request_in *in = rq->in;
	const struct cfg *cfg = rq->web->cfg;

	if (in->origin)
		return origin_allowed(cfg, in->origin);
	if (in->sec_fetch_site)
		return str_eq(in->sec_fetch_site, "same-origin") ||
		       str_eq(in->sec_fetch_site, "none");
	if (!auth_takes_cookie(rq))
		return true; /* a program */
	return in->referer && origin_of_url_allowed(cfg, in->referer);
}

/* Reading needs no guard, since strangers cannot see the answer. But a site
 * beside us gets the cookie sent along, and could use up its owner's quota. */
static bool
only_reads(const struct req *rq)
{
	if (rq->verb != GET && rq->verb != VERB_NONE)
		return false;
	return rq->route->who == WHO_PUBLIC || !auth_takes_cookie(rq) ||
	       (!rq->in->sec_fetch_site && !rq->in->origin);
}

enum err
csrf_check_origin(struct req *rq)
{
	if (only_reads(rq) || origin_good(rq))
		return E_OK;
	return ctx_cause(&rq->ctx, E_CSRF_REFUSED, "from a foreign origin");
}
