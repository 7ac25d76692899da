/*
 * gitcred.h - what a clone may prove itself with: a project's deploy token, or
 * the token of its owner's account at GitHub. Each is for one server and is
 * never offered to another (GIT-5).
 */
#ifndef AS_SVC_GITCRED_H
#define AS_SVC_GITCRED_H

#include "svc/giturl.h"
#include "svc/svc.h"

#define GITCRED_MAX 512

/* "token" or "user:token", without blanks or control characters; else
 * E_VALIDATION_ERROR with the reason. NULL is fine: none. */
MUST enum err gitcred_check(struct ctx *ctx, const char *token);

/* Seal a deploy token for the row of a project, for the server that an address
 * of giturl.h's form names; token NULL: both are NULL. E_VALIDATION_ERROR,
 * E_REPOSITORY_REFUSED. */
MUST enum err gitcred_seal(struct ctx *ctx, const struct cfg *cfg,
	const char *project_id, const char *repository, const char *token,
	const char **ret_sealed, const char **ret_origin);

/* Keep a deploy token for a project of one's own, and for the server that its
 * repository is on now; NULL: none any more. E_PROJECT_NOT_FOUND. */
MUST enum err gitcred_set(struct ctx *ctx, const struct svc *svc,
	const char *user_id, const char *project_id, const char *token);

/* What a deployment's row says (STMT_JOB_CREDENTIALS); any may be NULL but the
 * ids. */
struct gitcred_row {
	const char *project_id, *user_id;
	const char *deploy_sealed, *deploy_origin;
	const char *github_sealed;
};
struct gitcred {
	const char *user, *token; /* NULL: none */
	const char *origin;       /* the server: "https://host:port" */
	const char *what;         /* in words, "the project's deploy token" */
};
/* The credential for u, if there is one for its server: https, or loopback. */
MUST enum err gitcred_pick(struct ctx *ctx, const struct cfg *cfg,
	const struct gitcred_row *row, const struct giturl *u,
	struct gitcred *ret);

#endif
