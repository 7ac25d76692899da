/*
 * oauth_provider.h - what oauth.c asks of a provider, and what the providers
 * share. Nothing that a provider says is believed before it was looked at: it
 * is bounded, typed and put into a form of our own (IN-9).
 */
#ifndef AS_SVC_OAUTH_PROVIDER_H
#define AS_SVC_OAUTH_PROVIDER_H

#include "base/cfg.h"
#include "base/err.h"
#include "svc/oauth.h"

struct jsn;

/* Who a provider says it was. */
struct oauth_identity {
	const char *subject; /* never changes there (OA-6) */
	const char *login;   /* only shown; may be NULL */
	const char *name;    /* never empty */
	const char *email;   /* confirmed there, in our form; or NULL */
	const char *avatar;  /* https, or NULL */
	const char *token;   /* to keep; or NULL */
	const char *scopes;  /* of the token */
};

/* One conversation with a provider. */
struct oauth_talk {
	struct ctx *ctx;
	const struct cfg *cfg;
	int64_t deadline; /* of all requests together, clock_mono_ms() */
};

/* The way there. */
struct oauth_way {
	const char *redirect_uri;
	const char *state;
	const char *challenge; /* of the verifier, S256 */
	const char *nonce;
	const char *scopes; /* more; or NULL */
};
/* And back. */
struct oauth_proof {
	const char *redirect_uri;
	const char *code;
	const char *verifier;
	const char *nonce;
};

struct oauth_driver {
	const char *title; /* for people */
	bool url_asks;     /* url() asks the provider, which takes time */
	enum err (*url)(struct oauth_talk *t, const struct oauth_way *w,
		const char **ret);
	/* whether iss, which came with the answer, is this provider */
	bool (*is_issuer)(const struct cfg *cfg, const char *iss);
	enum err (*identify)(struct oauth_talk *t, const struct oauth_proof *p,
		struct oauth_identity *ret);
};
extern const struct oauth_driver oauth_github, oauth_google;

struct oauth_param {
	const char *name, *value; /* value NULL: left out */
};
/* "a=1&b=2", escaped. params ends with a NULL name. */
const char *oauth_params(struct arena *a, const struct oauth_param params[]);

/* GET (form NULL) or POST, with these headers; the answer has to be JSON with
 * status 200. An OAuth error (RFC 6749 section 5.2) and everything else is
 * E_PROVIDER_FAILED; the cause names no secret. */
MUST enum err oauth_ask(struct oauth_talk *t, const char *url,
	const char *const *headers, const char *form, const struct jsn **ret);
/* "Authorization: Bearer <token>" */
const char *oauth_bearer(struct arena *a, const char *token);
/* What a provider said makes no sense: E_PROVIDER_FAILED with this cause. */
enum err oauth_odd(struct ctx *ctx, const char *what);

/* A text of 1 to max bytes without control characters, or NULL. */
const char *oauth_text(const struct jsn *v, size_t max);
/* A name to call somebody by: the first of these that is one. */
const char *oauth_name(
	struct arena *a, const char *name, const char *login, const char *mail);
/* An https address of a picture, or NULL. */
const char *oauth_picture(const struct jsn *v);

/* ---- what follows from it (oauth_account.c) ---- */

struct oauth_vouched {
	enum oauth_provider provider;
	const char *title;
	const struct oauth_identity *id;
	const char *ip;
};
/* Find, link or make the account; ret->code and ret->user_id. */
MUST enum err oauth_sign_in(struct ctx *ctx, const struct svc *svc,
	const struct oauth_vouched *v, struct oauth_outcome *ret);
/* Link to this account. E_IDENTITY_TAKEN; E_PROVIDER_LINKED when another account
 * of the provider is linked already. */
MUST enum err oauth_link(struct ctx *ctx, const struct svc *svc,
	const struct oauth_vouched *v, const char *user_id);

/* ---- what the parts of an answer say; for tests as well ---- */

/* access_token and scope; false when there is no bearer token in it. */
bool oauth_take_token(const struct jsn *v, struct oauth_identity *id);
bool github_take_user(
	struct arena *a, const struct jsn *v, struct oauth_identity *id);
/* The primary address if it is confirmed (OA-8); false when v is no list. */
bool github_take_emails(
	struct arena *a, const struct jsn *v, struct oauth_identity *id);

struct google_endpoints {
	const char *authorize, *token, *keys, *userinfo;
};
/* false unless it is issuer's and every address is safe to ask. */
bool google_take_discovery(
	const struct jsn *v, const char *issuer, struct google_endpoints *ret);
/* Who the ID token is about, when it is signed by one of keys (a JWK set),
 * made by issuer for client and this sign-in, and not over; or NULL. */
struct google_wanted {
	const char *issuer, *client_id, *nonce;
	int64_t now;
};
const char *google_id_token(struct ctx *ctx, const char *token,
	const struct jsn *keys, const struct google_wanted *w);
/* false when it is not about subject. */
bool google_take_userinfo(struct arena *a, const struct jsn *v,
	const char *subject, struct oauth_identity *id);

#endif
