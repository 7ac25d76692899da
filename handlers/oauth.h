/* oauth.h - the way to a provider, for whatever else begins one. */
#ifndef AS_HANDLERS_OAUTH_H
#define AS_HANDLERS_OAUTH_H

#include "svc/oauth.h"
#include "web/request.h"

extern const struct field link_out[];

/* Begin the way there: answer {"url"} and set the browser's cookie. */
MUST enum err oauth_reply_url(struct req *rq, const struct oauth_begin *b);

#endif
