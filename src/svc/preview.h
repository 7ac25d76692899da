/*
 * preview.h - previews: what becomes of a pull request that a git host tells
 * of. One that comes from a fork is a stranger's: nothing of it is built before
 * the project's owner has approved that very commit, and then without
 * variables or a shared cache.
 */
#ifndef AS_SVC_PREVIEW_H
#define AS_SVC_PREVIEW_H

#include "svc/svc.h"

struct preview {
	int64_t number;
	const char *title, *author, *branch;
	const char *commit; /* 40 hex digits */
	bool fork;
	int64_t told_at; /* since when it is so, in seconds since 1970 */
};

/* It was opened (opens), or has a new commit: remember it and deploy it. user_id
 * owns the project. E_PREVIEWS_OFF, E_PREVIEW_WAITS (it is remembered),
 * E_PREVIEW_OUTDATED, E_QUEUE_FULL. */
MUST enum err preview_deploy(struct ctx *ctx, const struct svc *svc,
	const char *user_id, const char *project_id, const struct preview *pr,
	bool opens, const char **ret_deployment);

/* It was merged or closed: its address and releases go. E_PREVIEW_OUTDATED. */
MUST enum err preview_end(struct ctx *ctx, const struct svc *svc,
	const char *project_id, const struct preview *pr);

/* Its project's owner wants no preview of it until it is pushed to again.
 * E_PREVIEW_NOT_FOUND. */
MUST enum err preview_close(struct ctx *ctx, const struct svc *svc,
	const char *project_id, int64_t number);

/* Its project's owner has looked at the commit and says that it may be built.
 * E_PREVIEW_NOT_FOUND, E_PREVIEW_CHANGED (it is not the newest), E_QUEUE_FULL. */
MUST enum err preview_approve(struct ctx *ctx, const struct svc *svc,
	const char *user_id, const char *project_id, const char *id,
	const char *commit, const char **ret_deployment);

#endif
