/*
 * apikey.h - keys for programs. A key stands for its user, with the role that
 * the user has now; it is shown once and stored as a hash.
 */
#ifndef AS_SVC_APIKEY_H
#define AS_SVC_APIKEY_H

#include "svc/secret.h"
#include "svc/svc.h"

#define APIKEY_MARK "ask_" /* so that scanners for secrets find it */
#define APIKEY_TEXT (sizeof(APIKEY_MARK) - 1 + SECRET_TEXT) /* with its NUL */

/* Whose key it is. */
struct apikey_owner {
	const char *user_id, *name, *email, *role;
};

/* Judge a key that a stranger sent and note its use, once a minute at most.
 * E_UNAUTHORIZED for one that is unknown, revoked or expired, or whose user is
 * disabled. ip may be NULL. */
MUST enum err apikey_check(struct ctx *ctx, const struct svc *svc,
	const char *key, const char *ip, struct apikey_owner *ret);

/* A key of a user, who is told by mail. expires: a time, or NULL. *ret is its
 * row, *ret_key the key. E_API_KEYS_FULL, however many are made at once;
 * E_VALIDATION_ERROR when expires is past. */
MUST enum err apikey_create(struct ctx *ctx, const struct svc *svc,
	const char *user_id, const char *name, const char *expires,
	const char *ip, struct rows **ret, const char **ret_key);

#endif
