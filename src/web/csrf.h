/*
 * csrf.h - requests that a browser makes without its user's will. Two guards:
 * every request that changes something must come from an origin of ours, as far
 * as the browser tells where it comes from; and one that a cookie authenticates
 * must carry a token that only the panel of this very session was given.
 */
#ifndef AS_WEB_CSRF_H
#define AS_WEB_CSRF_H

#include "web/request.h"

struct csrf_keys;

/* Keys from jwt_secret and jwt_secret_previous (which only verifies). */
struct csrf_keys *csrf_keys_new(struct arena *a, const struct cfg *cfg);

/* A token for X-CSRF-Token: "random.HMAC(secret, session, random)". Any number
 * of them are good as long as the session is. */
const char *csrf_make(struct req *rq, const char *session_id);
/* E_CSRF_REFUSED unless the request carries a token of its own session. */
MUST enum err csrf_check(struct req *rq);
/* E_CSRF_REFUSED when a request that changes something, or that the cookie
 * authenticates, comes from a foreign origin. Programs, which send neither
 * Origin nor Sec-Fetch-Site nor our cookie, pass. rq->route is set. */
MUST enum err csrf_check_origin(struct req *rq);

#endif
