/*
 * grant.h - what a sign-in answers, alike for a password, a refresh token and a
 * provider; and the user as it stands in many answers.
 */
#ifndef AS_HANDLERS_GRANT_H
#define AS_HANDLERS_GRANT_H

#include "svc/session.h"
#include "web/request.h"

extern const char *const role_values[]; /* as users_role in sql/schema */

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
