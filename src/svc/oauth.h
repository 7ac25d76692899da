/*
 * oauth.h - signing in at GitHub or Google: to the provider, back, and what
 * the account that vouches there means here. A way there is a row with the
 * hash of its state; it is good once, for ten minutes, in the browser that
 * began (OA-1), and at the provider that it was made for (OA-4).
 */
#ifndef AS_SVC_OAUTH_H
#define AS_SVC_OAUTH_H

#include "svc/session.h"
#include "svc/svc.h"

enum oauth_provider { OAUTH_GITHUB, OAUTH_GOOGLE, OAUTH_PROVIDER_MAX };

/* "github", "google"; ended by NULL. */
extern const char *const oauth_provider_names[];
enum oauth_provider oauth_provider_parse(const char *name);
/* Whether the settings have what the provider needs. */
bool oauth_enabled(const struct cfg *cfg, enum oauth_provider p);

/* A path of the panel to go on at, or "/" for whatever could lead elsewhere
 * (OA-3). s may be NULL. */
const char *oauth_next(struct arena *a, const char *s);

struct oauth_begin {
	enum oauth_provider provider;
	const char *next; /* as it came */
	/* who links an account; NULL: somebody signs in */
	const char *user_id, *session_id;
	const char *scopes; /* besides those of a sign-in; NULL: none */
	bool connects;      /* keep the token to work with repositories (see
			     * github.h): it signs nobody in */
};
/* Where to send the browser, and the text of the cookie that it has to bring
 * back within OAUTH_SECONDS. E_PROVIDER_NOT_FOUND when it is not set up,
 * E_SIGN_IN_AGAIN when the session that links is not recent (OA-10; to
 * connect, any that lives will do),
 * E_PROVIDER_FAILED. */
#define OAUTH_SECONDS 600
MUST enum err oauth_begin(struct ctx *ctx, const struct svc *svc,
	const struct oauth_begin *b, const char **ret_url,
	const char **ret_browser);

/* What the browser brings back; any text may be NULL. */
struct oauth_return {
	enum oauth_provider provider;
	const char *state, *code, *error, *iss;
	const char *browser; /* the cookie */
	const char *ip;
};
struct oauth_outcome {
	const char *next;    /* "/" when it is not known */
	const char *code;    /* for oauth_finish(); NULL when it linked */
	const char *user_id; /* NULL: not known */
	bool linking;
	bool connecting;
};
/* Ask the provider who it was and find, link or make the account, all in one
 * transaction. *ret is filled as far as it is known, also on failure. The code
 * opens nothing but oauth_finish(). Errors: OAUTH_STATE, OAUTH_DENIED,
 * PROVIDER_NOT_FOUND, PROVIDER_FAILED, EMAIL_UNVERIFIED, ACCOUNT_EXISTS (the
 * address has an account, which only its password opens: OA-7),
 * ACCOUNT_DISABLED, IDENTITY_TAKEN, PROVIDER_LINKED. */
MUST enum err oauth_come_back(struct ctx *ctx, const struct svc *svc,
	const struct oauth_return *r, struct oauth_outcome *ret);

/* Swap the code for a session. E_CODE_INVALID. */
MUST enum err oauth_finish(struct ctx *ctx, const struct svc *svc,
	const char *code, const struct session_client *client,
	struct session_grant *ret, const char **ret_user);

/* E_IDENTITY_NOT_FOUND, E_LAST_LOGIN_METHOD. */
MUST enum err oauth_unlink(struct ctx *ctx, const struct svc *svc,
	const char *user_id, enum oauth_provider p);

#endif
