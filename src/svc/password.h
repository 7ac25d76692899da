/*
 * password.h - which passwords are taken, what is stored of them, and whether
 * one opens an account. A password is used byte for byte as it was sent: no
 * blank is cut, no letter folded, no Unicode form changed. So the NFC and the
 * NFD spelling of a word are two passwords; clients that let a person type
 * one should send NFC.
 */
#ifndef AS_SVC_PASSWORD_H
#define AS_SVC_PASSWORD_H

#include "ext/pass.h"
#include "svc/svc.h"

/* May this become the password of the account with this address? Fewer than
 * password_min characters, more than PASS_BYTES_MAX bytes, a line of
 * password_blocklist (as a whole, ASCII case aside), the address, its local
 * part or the product's name with a little decoration are
 * E_VALIDATION_ERROR, with a text for the client ("must not be ...").
 * E_INTERNAL_SERVER_ERROR when the list cannot be read. */
MUST enum err password_judge(struct ctx *ctx, const struct cfg *cfg,
	const char *email, const char *password);

/* Can password_blocklist be used? False with a line that says what to do;
 * programs that judge passwords refuse to start then. */
MUST bool password_list_ready(
	struct arena *a, const struct cfg *cfg, const char **ret_error);

/* What the database stores, made in a hash slot. E_SERVICE_UNAVAILABLE when
 * none is free. */
MUST enum err password_hash(struct ctx *ctx, const struct cfg *cfg,
	const char *password, char ret[PASS_HASH_SIZE]);

/* Both: what sets a password calls. */
MUST enum err password_make(struct ctx *ctx, const struct cfg *cfg,
	const char *email, const char *password, char ret[PASS_HASH_SIZE]);

/* Somebody says that a password opens an account. */
struct password_try {
	const char *email;   /* the account's, or */
	const char *user_id; /* its id; the other one is NULL */
	const char *password;
	const char *ip; /* of who says so; may be NULL */
	const char *user_agent;
};

struct password_proof {
	const struct rows *user; /* id, name, email, avatar_url, role,
				  * email_verified, created_at */
	const char *user_id;     /* also on failure, if the account exists */
	const char *hash;        /* that the password was compared with */
	const char *next;        /* to be stored instead: of the cost now set */
	int *slot;               /* held until password_proved(), or the end of
				  * the request */
};

/* E_OK: it does, and the caller goes on with password_proved() in the
 * transaction that uses the proof. E_INVALID_CREDENTIALS for an unknown
 * account, a wrong password, one that is disabled, locked or has no password,
 * after the same work each; E_SERVICE_UNAVAILABLE without a free hash slot.
 * Counts in the database before it compares: of any number of parallel wrong
 * passwords at most lock_after are compared with the account's own hash, then
 * it is locked for lock_seconds, with an audit row and a mail. Not inside a
 * transaction, which would make the count wait. */
MUST enum err password_prove(struct ctx *ctx, const struct svc *svc,
	const struct password_try *try, struct password_proof *ret);

/* Begins the count anew, stores the hash of the present cost and gives the
 * hash slot back.
 * E_INVALID_CREDENTIALS when the account was disabled or got another password
 * since the comparison. */
MUST enum err password_proved(struct ctx *ctx, const struct svc *svc,
	const struct password_proof *proof);

#endif
