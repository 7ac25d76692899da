/*
 * grant.h - what a sign-in answers, alike for a password, a refresh token and a
 * provider; and the user as it stands in many answers.
 */
#ifndef AS_HANDLERS_GRANT_H
#define AS_HANDLERS_GRANT_H

#include "svc/session.h"
#include "web/request.h"

extern const char *const role_values[]; /* as users_role in sql/schema */

/* clang-format off */
#define USER_FIELDS \
	O_UUID("id",            REQ, "Id of the account."), \
	O_STR("name",           REQ, "Full name."), \
	O_STR("email",          REQ, "Address, in lower case."), \
	O_STR("avatarUrl",      NUL, "Picture."), \
	O_ENUM("role",          REQ, role_values, "What the account may do."), \
	O_BOOL("emailVerified", REQ, "Whether the address was confirmed."), \
	O_TIME("createdAt",     REQ, "When the account was made.")
/* clang-format on */
/* A user: id, name, email, avatarUrl, role, emailVerified, createdAt. */
extern const struct field user_out[];
/* user, accessToken, refreshToken or csrfToken, tokenType, expiresIn */
extern const struct field grant_out[];

/* Who comes, for the session's row. */
struct session_client grant_client(struct req *rq);

/* Answers with the tokens of a session, and notes it for the audit row. A
 * browser gets the refresh token in its cookie and nowhere else (SE-11). */
MUST enum err reply_grant(struct req *rq, const struct session_grant *g);

#endif
