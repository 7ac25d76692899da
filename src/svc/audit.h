/* audit.h - rows of audit_logs: who did what, and whether it was let. */
#ifndef AS_SVC_AUDIT_H
#define AS_SVC_AUDIT_H

#include "base/log.h"
#include "svc/svc.h"

struct audit_row {
	enum event event;
	const char *user_id; /* NULL: not known */
	const char *target;
	bool success;
	const char *code;    /* of the failure */
	const char *details; /* more: a JSON object, or NULL */
	const char *ip;
	const char *user_agent;
};

/* Write the row, and the event's line in the log. The request id is ctx's. A
 * row that cannot be written is logged and lost: what it tells of has happened
 * already. */
void audit_write(
	struct ctx *ctx, const struct svc *svc, const struct audit_row *row);

#endif
