/* account.h - an account's parts that several answers hold, and its end. */
#ifndef AS_HANDLERS_ACCOUNT_H
#define AS_HANDLERS_ACCOUNT_H

#include "handlers/grant.h"

/* clang-format off */
#define PROFILE_FIELDS \
	USER_FIELDS, \
	O_BOOL("hasPassword",     REQ, "Whether one can sign in with a password."), \
	O_BOOL("githubConnected", REQ, "Whether an account at GitHub is linked."), \
	O_STR("pendingEmail",     NUL, "Address that the account will have once it is confirmed there.")
/* clang-format on */

extern const struct field preferences_out[];

/* How GitHub took the end of accounts; zeroed before the first. */
struct account_end {
	int64_t deadline; /* of all that is asked there, clock_mono_ms() */
	bool asked, failed;
	size_t hooks,
		kept; /* webhooks that went, and that may still be there */
};

/* Delete an account with all that hangs on it (svc/user.h), remove its webhooks
 * at GitHub and revoke its tokens there. What fails there is not tried again
 * for the next account, and keeps none alive. */
MUST enum err account_end(
	struct req *rq, const char *id, struct account_end *of);
/* Words for the audit row when there was a token. */
void account_end_note(struct req *rq, const struct account_end *of);

#endif
