/*
 * deployhook.h - deploy hooks: addresses whose POST deploys a project, for
 * whatever has no login here (a CMS, another git server, cron). The address is
 * the secret; the database has a hash of its key.
 */
#ifndef AS_SVC_DEPLOYHOOK_H
#define AS_SVC_DEPLOYHOOK_H

#include "svc/svc.h"

/* Make one; branch NULL: the project's. *ret is its row, *ret_url the address,
 * which is shown this once. E_PROJECT_NOT_FOUND, E_DEPLOY_HOOKS_FULL. */
MUST enum err deployhook_create(struct ctx *ctx, const struct svc *svc,
	const char *user_id, const char *project_id, const char *name,
	const char *branch, struct rows **ret, const char **ret_url);

struct deployhook {
	const char *id, *project_id, *user_id, *branch;
};
/* The hook that an address names. E_DEPLOY_HOOK_NOT_FOUND (also a wrong key, or
 * an owner who may not sign in). */
MUST enum err deployhook_find(struct ctx *ctx, const struct svc *svc,
	const char *id, const char *key, struct deployhook *ret);

/* Deploy as it says; its owner sees what became of it. E_DEPLOY_PAUSED,
 * E_QUEUE_FULL. */
MUST enum err deployhook_use(struct ctx *ctx, const struct svc *svc,
	const struct deployhook *h, const char **ret_deployment);

#endif
