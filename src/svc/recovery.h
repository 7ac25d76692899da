/*
 * recovery.h - passwords that are changed or were forgotten, and addresses that
 * have to be confirmed. What it does is in one transaction with the mails that
 * tell of it: either all has happened or nothing.
 */
#ifndef AS_SVC_RECOVERY_H
#define AS_SVC_RECOVERY_H

#include "svc/svc.h"

/* Mails a code that sets a new password, if there is such an account that is
 * not disabled and has not had codes_per_quarter of them lately. E_OK after the
 * same time in any case (FP-1, FP-7); E_SERVICE_UNAVAILABLE when there are too
 * many at once. *ret_user is set when the account exists, for the audit row. */
MUST enum err recovery_forgot(struct ctx *ctx, const struct svc *svc,
	const char *email, const char *ip, const char **ret_user);

/* Sets the password by the code of a reset or an invitation, which is used up;
 * ends all sessions, takes the lock away, makes the account's other codes void,
 * forgets an address that was not confirmed yet, and mails a notice (FP-2 to
 * FP-4). An invitation confirms the address, too. E_CODE_INVALID;
 * E_VALIDATION_ERROR with a text about the password, the code stays good then.
 * *ret_user as above, also on failure. */
MUST enum err recovery_reset(struct ctx *ctx, const struct svc *svc,
	const char *code, const char *password, const char *ip,
	const char **ret_user);

/* Changes the password of somebody who is signed in and knows the present
 * one; ends the other sessions, and otherwise like recovery_reset() (PW-8).
 * E_INVALID_CREDENTIALS when it is wrong or the account is locked, after it was
 * counted, or when a reset came meanwhile; E_CONFLICT when the account has no
 * password; E_VALIDATION_ERROR. */
MUST enum err recovery_change(struct ctx *ctx, const struct svc *svc,
	const char *user_id, const char *session_id, const char *current,
	const char *password, const char *ip);

/* Mails the code that confirms the address of a new account. user: a row with
 * id, name and email. Inside the caller's transaction. */
MUST enum err recovery_welcome(
	struct ctx *ctx, const struct svc *svc, const struct rows *user);

/* The same once more, for the address that is to be confirmed; nothing when
 * there is none, or when there were too many lately. */
MUST enum err recovery_resend(
	struct ctx *ctx, const struct svc *svc, const char *user_id);

/* Confirms the address that the code was sent to. When that is the one that
 * the account is to have, it has it from then on: *ret_changed. E_CODE_INVALID
 * (the account has and wants another address by now); E_EMAIL_TAKEN when
 * somebody else has got it. *ret_user as above. */
MUST enum err recovery_verify(struct ctx *ctx, const struct svc *svc,
	const char *code, const char **ret_user, bool *ret_changed);

/* Somebody who is signed in wants another address (EV-2): it is remembered,
 * and asked by mail whether it is theirs; the present one is told. Nothing
 * changes before the new one is confirmed by recovery_verify(). The present
 * address takes a wish back. Whether the new one belongs to another account is
 * not said here. Errors as of recovery_change(); E_RATE_LIMIT_EXCEEDED when
 * there were too many lately; ctx->retry_s says how long that is so. */
MUST enum err email_change_request(struct ctx *ctx, const struct svc *svc,
	const char *user_id, const char *new_email, const char *password,
	const char *ip);

#endif
