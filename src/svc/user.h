/*
 * user.h - accounts beyond signing in: proof that it is the owner who asks,
 * accounts that administrators make and change, and the end of an account.
 */
#ifndef AS_SVC_USER_H
#define AS_SVC_USER_H

#include "svc/svc.h"

/* E_SIGN_IN_AGAIN unless the session began within recent_login_seconds. */
MUST enum err user_recent(struct ctx *ctx, const struct svc *svc,
	const char *user_id, const char *session_id);

/* Whether it is the account's owner who asks: by the password (compared in a
 * slot of svc/hashslot.h) or, for an account without one, by a recent sign-in.
 * E_VALIDATION_ERROR when the password is missing, E_INVALID_CREDENTIALS when
 * it is wrong, E_SIGN_IN_AGAIN. */
MUST enum err user_confirm(struct ctx *ctx, const struct svc *svc,
	const char *user_id, const char *session_id, const char *password);

struct user_new {
	const char *name;
	const char *email;
	const char *role;
	const char *password; /* NULL: the account is invited by mail */
	const char *by;       /* name of who makes it, for that mail */
	const char *ip;
};

/* *ret: the row of STMT_USER_CREATE. E_EMAIL_TAKEN; E_VALIDATION_ERROR with a
 * text about the password; E_SERVICE_UNAVAILABLE when too many are hashed. */
MUST enum err user_create(struct ctx *ctx, const struct svc *svc,
	const struct user_new *u, struct rows **ret);

struct user_change {
	const char *name, *email, *role; /* NULL: stays */
	const char *active;              /* "true", "false" or NULL */
	bool set_avatar;
	const char *avatar_url;
	const char *by; /* as above: a new address of an account that was
			 * never signed in to is invited again */
	const char *ip;
};

/* *ret: the row of STMT_USER_CHANGE. Sessions of an account that is disabled
 * end, codes sent to an old address are void. E_USER_NOT_FOUND, E_EMAIL_TAKEN,
 * E_LAST_ADMIN. */
MUST enum err user_change(struct ctx *ctx, const struct svc *svc,
	const char *id, const struct user_change *to, struct rows **ret);

/* The account and all that hangs on it, at once: a build that runs loses its
 * row and ends, a worker removes the sites. Audit rows stay, with an id that
 * leads nowhere. E_USER_NOT_FOUND, E_LAST_ADMIN. */
MUST enum err user_delete(
	struct ctx *ctx, const struct svc *svc, const char *id);

#endif
