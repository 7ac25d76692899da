/* account.h - parts of one's own account that several answers hold. */
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

#endif
