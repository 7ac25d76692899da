/* gate.h - who may open which stream: judged before the 101 (WS-1, WS-2). */
#ifndef AS_WS_GATE_H
#define AS_WS_GATE_H

#include "base/base.h"
#include "base/err.h"

struct server;
struct shake;

/* What an open stream is allowed by, and must go on having. All of it empty:
 * the status page's, which is everybody's. */
struct grant {
	char user[37];
	char session[37];
	char role[16];
	int64_t expires; /* end of the access token, seconds; 0: a ticket's,
			  * which lives as long as its session */
};

/* Of the status page's stream only the Origin and its cap are judged, without
 * the database. E_FORBIDDEN: the Origin; E_UNAUTHORIZED: no token, or a bad, expired, used or
 * revoked one, or two that differ; E_DEPLOYMENT_NOT_FOUND: also somebody
 * else's; E_RATE_LIMIT_EXCEEDED and E_SERVICE_UNAVAILABLE: the caps, or the
 * database is away. A ticket is used up by any attempt. */
MUST enum err gate_open(struct ctx *ctx, struct server *srv,
	const struct shake *s, struct grant *ret);

#endif
