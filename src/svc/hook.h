/*
 * hook.h - a notification to a channel: its body, its signature, and one
 * attempt to post it. Called by the worker's outbox; autostack-webhook(7) is
 * the description for receivers.
 *
 * What a channel's owner is told of a failure is the same whatever is behind
 * the address (WH-9); only the log knows more.
 */
#ifndef AS_SVC_HOOK_H
#define AS_SVC_HOOK_H

#include "base/buf.h"
#include "svc/svc.h"

#define HOOK_BODY_MAX   ((size_t)64 << 10) /* of a body and of an answer */
#define HOOK_TIMEOUT_MS 10000
#define HOOK_SECRET     "whsec_" /* what secrets begin with */

struct hook_end {
	bool delivered;
	int code;          /* of the answer; 0: none came */
	const char *error; /* for the owner; NULL when delivered */
	const char *cause; /* for the log */
};

/* The row of a statement with the columns of STMT_NOTIFICATION_CLAIM. The
 * channel's kind decides about the form. E_INTERNAL_SERVER_ERROR when it does
 * not fit HOOK_BODY_MAX. */
MUST enum err hook_body(struct ctx *ctx, const struct svc *svc,
	const struct rows *r, struct buf *b);

/* "v1=" and the HMAC-SHA256 of "timestamp.body" in hex. */
const char *hook_signature(struct arena *a, const char *secret,
	const char *timestamp, const char *body);

/* One attempt. Takes HOOK_TIMEOUT_MS at most. */
struct hook_end hook_send(
	struct ctx *ctx, const struct svc *svc, const struct rows *r);

#endif
