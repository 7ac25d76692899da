/*
 * project.h - which project is meant, and making one. A deployment makes one,
 * too, when there is none (deploy.h).
 */
#ifndef AS_SVC_PROJECT_H
#define AS_SVC_PROJECT_H

#include "svc/svc.h"

struct deploy_settings;

/* Whether text can be a project's name. */
bool project_is_name(const char *text);

/* Find what text means: a project's name, owner/name on GitHub, or a git URL,
 * as the address of a repository. *ret_name is what a new project would be
 * called. E_REPOSITORY_REFUSED with the reason. */
MUST enum err project_repository(struct ctx *ctx, const struct cfg *cfg,
	const char *text, const char **ret_url, const char **ret_name);

/* A new project without a deployment. name NULL: from the repository's last
 * part; a name that is taken is E_PROJECT_NAME_TAKEN only when it was given.
 * repository NULL: its deployments are uploads; it has a name then.
 * E_REPOSITORY_REFUSED, E_NO_REPOSITORY (deploy_token), E_VALIDATION_ERROR (env,
 * deploy_token). */
MUST enum err project_create(struct ctx *ctx, const struct svc *svc,
	const char *user_id, const char *name, const char *repository,
	const struct deploy_settings *settings, const char **ret_id);

/* A project that is about to be: user_id, repository, settings, and the name,
 * which is changed until it is free unless it was given. project_make() fills
 * the rest. */
struct project_draft {
	char id[37];
	const char *user_id;
	const char *name;
	bool name_given;
	const char *site;
	const char *repository;
	const char *env_sealed, *preview_env_sealed;
	const char *token_sealed, *token_origin;
	const struct deploy_settings *settings;
};

/* Insert it, within the caller's transaction, which holds STMT_USER_LOCK.
 * Errors of project_create(). */
MUST enum err project_make(
	struct ctx *ctx, const struct svc *svc, struct project_draft *d);

#endif
