/*
 * oauth_google.c - Google by OpenID Connect, or any other provider of it. Who
 * it was is the ID token's word: signature (RS256, no other algorithm), iss,
 * aud, exp and nonce are checked, so that a token of another sign-in, client or
 * maker is none (OA-5). Name and address come from the userinfo endpoint, which
 * every provider has, and only for the same subject.
 */
#include "svc/oauth_provider.h"

#include "base/arena.h"
#include "base/clock.h"
#include "base/str.h"
#include "ext/crypt.h"
#include "ext/httpc.h"
#include "ext/json.h"

#define SKEW      60 /* seconds that clocks may differ */
#define TOKEN_MAX 16384
#define KEY_MAX   2048

/* ---- where ---- */

static const char *
endpoint(const struct jsn *v, const char *name)
{
	const char *s = oauth_text(jsn_get(v, name), 1024);

	return s && httpc_url_ok(s) && !strchr(s, '#') ? s : NULL;
}

bool
google_take_discovery(
	const struct jsn *v, const char *issuer, struct google_endpoints *ret)
{
	const char *iss = jsn_str(jsn_get(v, "issuer"));

	*ret = (struct google_endpoints){
		.authorize = endpoint(v, "authorization_endpoint"),
		.token = endpoint(v, "token_endpoint"),
		.keys = endpoint(v, "jwks_uri"),
		.userinfo = endpoint(v, "userinfo_endpoint"),
	};
	return iss && str_eq(iss, issuer) && ret->authorize && ret->token &&
	       ret->keys && ret->userinfo;
}

static enum err
discover(struct oauth_talk *t, struct google_endpoints *ret)
{
	const char *issuer = t->cfg->google_issuer;
	const struct jsn *v;
	enum err e = oauth_ask(t,
		arena_printf(t->ctx->arena,
			"%s/.well-known/openid-configuration", issuer),
		NULL, NULL, &v);

	if (!e && !google_take_discovery(v, issuer, ret))
		e = oauth_odd(t->ctx, "the discovery document does not fit "
				      "google_issuer");
	return e;
}

static enum err
url(struct oauth_talk *t, const struct oauth_way *w, const char **ret)
{
	struct arena *a = t->ctx->arena;
	const struct oauth_param params[] = {
		{"response_type", "code"},
		{"client_id", t->cfg->google_client_id},
		{"redirect_uri", w->redirect_uri},
		{"scope", "openid email profile"},
		{"state", w->state},
		{"nonce", w->nonce},
		{"code_challenge", w->challenge},
		{"code_challenge_method", "S256"},
		{NULL, NULL},
	};
	struct google_endpoints at;
	enum err e = discover(t, &at);

	if (!e)
		*ret = arena_printf(a, "%s%c%s", at.authorize,
			strchr(at.authorize, '?') ? '&' : '?',
			oauth_params(a, params));
	return e;
}

static bool
is_issuer(const struct cfg *cfg, const char *iss)
{
	return str_eq(iss, cfg->google_issuer);
}

/* ---- the ID token ---- */

/* A token cut at its dots. */
struct parts {
	const char *part[3];
	size_t n[3];
};

static bool
cut(const char *token, struct parts *ret)
{
	for (int i = 0; i < 3; i++) {
		ret->part[i] = token;
		ret->n[i] = strcspn(token, ".");
		token += ret->n[i];
		if (ret->n[i] == 0 || (i < 2) != (*token == '.'))
			return false;
		token += i < 2;
	}
	return true;
}

/* Base64url to bytes on the arena; NULL when it is none. */
static uint8_t *
bytes(struct arena *a, const char *s, size_t n, size_t *ret_n)
{
	uint8_t *dst = arena_alloc(a, 3 * n / 4 + 2);
	ptrdiff_t len = str_unb64url(dst, s, n);

	*ret_n = (size_t)MAX(len, 0);
	return len > 0 ? dst : NULL;
}

static const struct jsn *
object(struct ctx *ctx, const char *s, size_t n)
{
	struct ctx own = {.arena = ctx->arena};
	const struct jsn *v = NULL;
	size_t len;
	const uint8_t *text = bytes(ctx->arena, s, n, &len);

	if (!text || jsn_parse(&own, (const char *)text, len, &v) != E_OK)
		return NULL;
	return jsn_type(v) == JSN_OBJECT ? v : NULL;
}

static bool
signed_by(struct arena *a, const struct jsn *jwk, const struct parts *p)
{
	const char *n = oauth_text(jsn_get(jwk, "n"), KEY_MAX);
	const char *e = oauth_text(jsn_get(jwk, "e"), 16);
	struct rsa_key key;
	const uint8_t *sig;
	size_t nsig;

	if (!n || !e)
		return false;
	key.n = bytes(a, n, strlen(n), &key.n_len);
	key.e = bytes(a, e, strlen(e), &key.e_len);
	sig = bytes(a, p->part[2], p->n[2], &nsig);
	return key.n && key.e && sig &&
	       crypt_rs256_ok(
		       &key, p->part[0], p->n[0] + 1 + p->n[1], sig, nsig);
}

/* The key that the header names; a header without a name fits a set of one. */
static const struct jsn *
find_key(const struct jsn *keys, const char *kid)
{
	const struct jsn *list = jsn_get(keys, "keys");
	const struct jsn *found = NULL;
	size_t n = 0;

	for (size_t i = 0; i < jsn_len(list) && i < 64; i++) {
		const struct jsn *k = jsn_at(list, i);
		const char *type = jsn_str(jsn_get(k, "kty"));
		const char *use = jsn_str(jsn_get(k, "use"));
		const char *name = jsn_str(jsn_get(k, "kid"));

		if (!type || !str_eq(type, "RSA") ||
			(use && !str_eq(use, "sig")))
			continue;
		if (kid && name && str_eq(kid, name))
			return k;
		found = k;
		n++;
	}
	return !kid && n == 1 ? found : NULL;
}

/* "https://accounts.google.com", or Google's old form without the scheme. */
static bool
issuer_fits(const char *iss, const char *issuer)
{
	return iss && (str_eq(iss, issuer) || (str_starts(issuer, "https://") &&
						      str_eq(iss, issuer + 8)));
}

/* For us; of several audiences we have to be the one that asked. */
static bool
audience_fits(const struct jsn *claims, const char *client_id)
{
	const struct jsn *aud = jsn_get(claims, "aud");
	const char *azp = jsn_str(jsn_get(claims, "azp"));
	bool named = false;

	if (azp && !str_eq(azp, client_id))
		return false;
	if (jsn_type(aud) == JSN_STR)
		return str_eq(jsn_str(aud), client_id);
	for (size_t i = 0; jsn_type(aud) == JSN_ARRAY && i < jsn_len(aud); i++)
		named |= str_eq(jsn_str(jsn_at(aud, i)), client_id);
	return named && (azp || jsn_len(aud) == 1);
}

static bool
claims_fit(const struct jsn *claims, const struct google_wanted *w)
{
	const char *nonce = jsn_str(jsn_get(claims, "nonce"));
	const struct jsn *exp = jsn_get(claims, "exp");

	return issuer_fits(jsn_str(jsn_get(claims, "iss")), w->issuer) &&
	       audience_fits(claims, w->client_id) && nonce &&
	       str_eq(nonce, w->nonce) && jsn_type(exp) == JSN_INT &&
	       jsn_int(exp) > w->now - SKEW;
}

const char *
google_id_token(struct ctx *ctx, const char *token, const struct jsn *keys,
	const struct google_wanted *w)
{
	const struct jsn *claims, *header, *key;
	const char *alg;
	struct parts p;

	if (strlen(token) > TOKEN_MAX || !cut(token, &p))
		return NULL;
	header = object(ctx, p.part[0], p.n[0]);
	alg = jsn_str(jsn_get(header, "alg"));
	/* whatever the token says, it is RS256 that is checked */
	if (!alg || !str_eq(alg, "RS256") || jsn_get(header, "crit"))
		return NULL;
	key = find_key(keys, jsn_str(jsn_get(header, "kid")));
	if (!key || !signed_by(ctx->arena, key, &p))
		return NULL;
	claims = object(ctx, p.part[1], p.n[1]);
	if (!claims || !claims_fit(claims, w))
		return NULL;
	return oauth_text(jsn_get(claims, "sub"), 255);
}

/* ---- who ---- */

bool
google_take_userinfo(struct arena *a, const struct jsn *v, const char *subject,
	struct oauth_identity *id)
{
	const char *sub = jsn_str(jsn_get(v, "sub"));
	const char *email = oauth_text(jsn_get(v, "email"), 320);

	if (!sub || !str_eq(sub, subject))
		return false;
	id->subject = subject;
	if (email && jsn_bool(jsn_get(v, "email_verified")))
		id->email = str_email(a, email);
	id->login = id->email;
	id->name = oauth_name(a, oauth_text(jsn_get(v, "name"), 1024),
		email ? arena_strndup(a, email, strcspn(email, "@")) : NULL,
		"Google");
	id->avatar = oauth_picture(jsn_get(v, "picture"));
	return true;
}

static enum err
exchange(struct oauth_talk *t, const struct google_endpoints *at,
	const struct oauth_proof *p, struct oauth_identity *id,
	const char **ret_id_token)
{
	static const char *const headers[] = {"Accept: application/json", NULL};
	const struct oauth_param params[] = {
		{"grant_type", "authorization_code"},
		{"client_id", t->cfg->google_client_id},
		{"client_secret", t->cfg->google_client_secret},
		{"code", p->code},
		{"redirect_uri", p->redirect_uri},
		{"code_verifier", p->verifier},
		{NULL, NULL},
	};
	const struct jsn *v;
	enum err e = oauth_ask(
		t, at->token, headers, oauth_params(t->ctx->arena, params), &v);

	if (e)
		return e;
	*ret_id_token = oauth_text(jsn_get(v, "id_token"), TOKEN_MAX);
	if (!oauth_take_token(v, id) || !*ret_id_token)
		return oauth_odd(t->ctx, "Google gives no tokens");
	return E_OK;
}

static enum err
subject_of(struct oauth_talk *t, const struct google_endpoints *at,
	const struct oauth_proof *p, const char *id_token, const char **ret)
{
	const struct google_wanted w = {t->cfg->google_issuer,
		t->cfg->google_client_id, p->nonce, clock_now_s()};
	const struct jsn *keys;
	enum err e = oauth_ask(t, at->keys, NULL, NULL, &keys);

	if (e)
		return e;
	*ret = google_id_token(t->ctx, id_token, keys, &w);
	return *ret ? E_OK : oauth_odd(t->ctx, "the ID token is not good");
}

static enum err
identify(struct oauth_talk *t, const struct oauth_proof *p,
	struct oauth_identity *ret)
{
	struct oauth_identity id = {0};
	struct google_endpoints at;
	const char *headers[2] = {NULL};
	const char *id_token, *subject;
	const struct jsn *v;
	enum err e = discover(t, &at);

	if (!e)
		e = exchange(t, &at, p, &id, &id_token);
	if (!e)
		e = subject_of(t, &at, p, id_token, &subject);
	if (e)
		return e;
	headers[0] = oauth_bearer(t->ctx->arena, id.token);
	e = oauth_ask(t, at.userinfo, headers, NULL, &v);
	if (!e && !google_take_userinfo(t->ctx->arena, v, subject, &id))
		e = oauth_odd(t->ctx, "userinfo is about somebody else");
	if (e)
		return e;
	id.token = NULL; /* nothing more is asked of Google */
	id.scopes = "";
	*ret = id;
	return E_OK;
}

const struct oauth_driver oauth_google = {
	"Google", true, url, is_issuer, identify};
