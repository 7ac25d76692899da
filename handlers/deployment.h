/* deployment.h - the answer of every route that queues a deployment. */
#ifndef AS_HANDLERS_DEPLOYMENT_H
#define AS_HANDLERS_DEPLOYMENT_H

#include "web/request.h"

extern const struct field deployment_out[];

/* A deployment of one's own, by deployment_out. */
MUST enum err deployment_reply_made(struct req *rq, const char *id);

#endif
