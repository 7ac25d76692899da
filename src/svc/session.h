/*
 * session.h - accounts signing in, staying signed in and signing out. A
 * session is a login on one device; its refresh token rotates: each use gives
 * the next one, and a token that comes a second time ends the session.
 */
#ifndef AS_SVC_SESSION_H
#define AS_SVC_SESSION_H

#include "svc/svc.h"

/* Who comes, for the session's row. Both texts may be NULL. */
struct session_client {
	const char *ip;
	const char *user_agent;
	bool forget; /* a browser's cookie goes when it is closed */
};

/* What a login, signup or refresh gives. */
struct session_grant {
	const struct rows *user; /* id, name, email, avatar_url, role,
				  * email_verified, created_at */
	const char *user_id;
	const char *session_id;
	const char *access_token;
	const char *refresh_token;
	int64_t expires_in;      /* of the access token, seconds */
	int64_t session_seconds; /* until the session ends for good */
	bool forget;             /* as session_client's, also of a refresh */
};

/* A session of an account that has proved to be who it is, by method:
 * "password", "github" or "google". user: a row with id, email and name (and
 * what the answer shows of it). */
MUST enum err session_begin(struct ctx *ctx, const struct svc *svc,
	const struct rows *user, const char *method,
	const struct session_client *client, struct session_grant *ret);

/* An account and its first session. E_EMAIL_TAKEN; E_VALIDATION_ERROR with a
 * text about the password (password_judge()); E_SERVICE_UNAVAILABLE when too
 * many passwords are being hashed. */
MUST enum err session_signup(struct ctx *ctx, const struct svc *svc,
	const char *name, const char *email, const char *password,
	const struct session_client *client, struct session_grant *ret);

/* E_INVALID_CREDENTIALS for an unknown address, a wrong password, an account
 * that is disabled, locked or has no password, after the same work each:
 * password_prove(). *ret_user is set when the account exists, for the audit
 * row, also on failure. */
MUST enum err session_login(struct ctx *ctx, const struct svc *svc,
	const char *email, const char *password,
	const struct session_client *client, struct session_grant *ret,
	const char **ret_user);

/* Rotate. E_UNAUTHORIZED for a token that is unknown or whose session has
 * ended; E_REFRESH_TOKEN_REUSED for one that was used before: its session is
 * revoked then, unless the first use is less than refresh_grace_seconds ago
 * (E_UNAUTHORIZED, nothing revoked, nothing given). Of any number of parallel
 * uses exactly one succeeds. *ret_user as above. */
MUST enum err session_refresh(struct ctx *ctx, const struct svc *svc,
	const char *token, struct session_grant *ret, const char **ret_user);

/* Whose session it is. */
struct session_owner {
	const char *session_id, *user_id, *name, *email, *role;
};

/* The live session of a refresh token that was not used yet, which a browser
 * keeps in its cookie. E_UNAUTHORIZED. Nothing rotates. */
MUST enum err session_by_cookie(struct ctx *ctx, const struct svc *svc,
	const char *token, struct session_owner *ret);

/* End the session, or all of the user's. */
MUST enum err session_logout(struct ctx *ctx, const struct svc *svc,
	const char *session_id, const char *user_id, bool all);

/* A ticket that opens the one WebSocket at path within ret_seconds. */
MUST enum err session_ws_ticket(struct ctx *ctx, const struct svc *svc,
	const char *session_id, const char *user_id, const char *path,
	const char **ret_ticket, int64_t *ret_seconds);

#endif
