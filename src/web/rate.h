/*
 * rate.h - how many requests a caller may send: counted once a request, before
 * the handler, by the class of its route (RATE_ of route.h).
 */
#ifndef AS_WEB_RATE_H
#define AS_WEB_RATE_H

#include "web/request.h"

/* Count the request of a user, or of its address when user_id is NULL. What no
 * route matched is of the general class. E_RATE_LIMIT_EXCEEDED when the quota
 * is used up. When the counters cannot be used, routes of RATE_DEPLOY fail
 * with E_SERVICE_UNAVAILABLE and all others go on (RL-8). */
MUST enum err rate_count(struct req *rq, const char *user_id);

/* RateLimit-Policy and RateLimit of draft-ietf-httpapi-ratelimit-headers-10. */
void rate_put_headers(const struct req *rq, struct buf *b);

#endif
