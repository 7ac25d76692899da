/*
 * auth.h - who is asking, and may they. What a credential means is the
 * program's affair (web_hooks).
 *
 * There are three: an access token (Authorization: Bearer), an API key
 * (X-API-Key), and the refresh token in the cookie of a browser. A token and a
 * key at once must both be good and of one user. Either makes the cookie
 * ignored. A bad one is refused, whatever else came (KEY-4, CS-4).
 */
#ifndef AS_WEB_AUTH_H
#define AS_WEB_AUTH_H

#include "web/request.h"

/* Secure, HttpOnly, SameSite=Strict, Path=/: see reply_cookie(). */
#define AUTH_COOKIE "__Host-autostack"

/* Judge the credential of a request and count it (rate.h). For a GET of
 * WHO_USER by a token the session's row is only asked for: it is received
 * together with the handler's first statement. */
MUST enum err auth_begin(struct req *rq);
/* Receive the session's row if it is still on its way. On failure the answers
 * to all that was sent after it are dropped. */
MUST enum err auth_settle(struct req *rq);
/* A role's name in the database; what is unknown is a user. */
enum who auth_role(const char *s);
/* Count a request that no route answers. */
MUST enum err auth_count(struct req *rq);
/* Whether the cookie, if there is one, means anything for this request. */
bool auth_takes_cookie(const struct req *rq);

#endif
