/*
 * origin.h - which web origins are ours: one judge for CORS, for requests that
 * browsers send, and for WebSockets. nginx/render writes the same list for
 * nginx's own errors.
 */
#ifndef AS_ORIGIN_H
#define AS_ORIGIN_H

#include "base/base.h"
#include "base/cfg.h"

/* Whether origin, the value of the header, is that of app_url or frontend_url
 * or is on allowed_origins. Browsers write origins in one way, in lower case
 * and without a default port: another spelling is nobody's, nor is "null". */
bool origin_allowed(const struct cfg *cfg, const char *origin);
/* Whether a URL (a Referer) belongs to such an origin. */
bool origin_of_url_allowed(const struct cfg *cfg, const char *url);

#endif
