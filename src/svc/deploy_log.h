/*
 * deploy_log.h - a deployment's stored log as plain text, however long it is.
 * Called by the API; the stream of autostack-ws reads by statements of its own.
 */
#ifndef AS_SVC_DEPLOY_LOG_H
#define AS_SVC_DEPLOY_LOG_H

#include "base/buf.h"
#include "svc/svc.h"

/* Takes a part of the text; a failure ends the reading. */
typedef enum err deploy_log_fn(void *arg, const struct buf *part);

/* Hand the lines after seq `after` to fn, page by page, each line ended by a
 * newline. fn is called at least once, for an empty log with an empty part.
 * E_DEPLOYMENT_NOT_FOUND before the first call. Memory stays that of one
 * page. */
MUST enum err deploy_log_text(struct ctx *ctx, const struct svc *svc,
	const char *user_id, const char *id, int64_t after, deploy_log_fn *fn,
	void *arg);

#endif
