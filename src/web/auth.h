/*
 * auth.h - who is asking, and may they. What a token means is the program's
 * affair (web_hooks.authenticate).
 */
#ifndef AS_WEB_AUTH_H
#define AS_WEB_AUTH_H

#include "web/request.h"

/* Judge the credential of a request whose route is not public. For a GET of
 * WHO_USER the session's row is only asked for: it is received together with
 * the handler's first statement. */
MUST enum err auth_begin(struct req *rq);
/* Receive the session's row if it is still on its way. On failure the answers
 * to all that was sent after it are dropped. */
MUST enum err auth_settle(struct req *rq);

#endif
