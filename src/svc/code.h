/*
 * code.h - one-time codes that reach a person by mail or by a redirect: reset
 * of a password, confirmation of an address, invitation, end of a sign-in at a
 * provider. A code is good once, for its purpose, for the address that it was
 * made for, and until its time is over (FP-2, EV-1).
 */
#ifndef AS_SVC_CODE_H
#define AS_SVC_CODE_H

#include "svc/svc.h"

enum code_purpose {
	CODE_RESET,
	CODE_VERIFY,
	CODE_INVITE,
	CODE_OAUTH,
};

struct code_for {
	const char *user_id;
	const char *email;
	const char *method; /* CODE_OAUTH: "github" or "google" */
};

/* Makes a code; those of the same user and purpose that are not used are void
 * from then on. *ret_text is NULL (and nothing else happens) when the account
 * got codes_per_quarter of them in the last 15 minutes; CODE_OAUTH has no such
 * limit. Inside the caller's transaction, if there is one. */
MUST enum err code_make(struct ctx *ctx, const struct svc *svc,
	enum code_purpose purpose, const struct code_for *who,
	const char **ret_text);

/* For whoever just got no code, in the same transaction: ctx->retry_s is when
 * there is one again. */
MUST enum err code_wait(struct ctx *ctx, const struct svc *svc,
	enum code_purpose purpose, const char *user_id);

/* Uses a code up. E_CODE_INVALID when it is not good or its account is
 * disabled. Of any number of parallel uses one succeeds (FP-3). */
MUST enum err code_use(struct ctx *ctx, const struct svc *svc,
	enum code_purpose purpose, const char *text, struct code_for *ret);

/* Makes the user's unused codes of a purpose void. */
MUST enum err code_void(struct ctx *ctx, const struct svc *svc,
	enum code_purpose purpose, const char *user_id);

#endif
