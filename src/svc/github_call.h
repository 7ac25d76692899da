/*
 * github_call.h - one attempt to tell GitHub something on behalf of somebody
 * who has connected an account there: the status of a commit, or that a
 * project's webhook is there or is not. Called by the worker's outbox.
 *
 * Each call says how things are to be, not what to change: made twice it
 * changes nothing (IN-9: nothing of what GitHub answers is shown).
 */
#ifndef AS_SVC_GITHUB_CALL_H
#define AS_SVC_GITHUB_CALL_H

#include "svc/svc.h"

struct github_end {
	bool delivered;
	bool final;          /* trying again is no use */
	bool refused;        /* it was the token that GitHub does not take */
	int code;            /* of the last answer; 0: none came */
	int64_t retry_s;     /* how long GitHub wants to be left alone; 0: it
			      * does not say */
	const char *hook_id; /* of a webhook that is registered */
	const char *error;   /* for the owner; NULL when delivered */
	const char *cause;   /* for the log */
};

/* The first row of STMT_GITHUB_CLAIM. Takes oauth_timeout at most. */
struct github_end github_call(
	struct ctx *ctx, const struct svc *svc, const struct rows *r);

#endif
