/*
 * deploy.h - asking for a deployment and cancelling one. Triggers other than a
 * person (webhooks, redeploy) come here as well. The worker does the rest.
 */
#ifndef AS_SVC_DEPLOY_H
#define AS_SVC_DEPLOY_H

#include "svc/svc.h"

enum deploy_state {
#define STATE(name, text, final, stage) DEPLOY_##name,
#include "svc/deploy_state.def"
#undef STATE
	DEPLOY_STATE_MAX
};

struct deploy_state_info {
	const char *text; /* in the database and on the wire */
	bool final;
	const char *stage; /* "Building" */
};
const struct deploy_state_info *deploy_state_info(enum deploy_state s);
/* ASSERTs that the text is a state: it comes from the database. */
enum deploy_state deploy_state_parse(const char *text);
/* Their texts, ended by NULL. */
extern const char *const deploy_state_texts[];

/* What a deployment is to be made of. Members that are NULL come from the
 * project, "" means "none" (no install step, no build step). */
struct deploy_settings {
	const char *branch;
	const char *commit;
	const char *root_dir;
	const char *install_command;
	const char *build_command;
	const char *output_dir;
	const char *env;          /* KEY=VALUE lines */
	const char *preview_env;  /* the same, of a new project's previews */
	const char *deploy_token; /* of a new project's clones (gitcred.h) */
	bool no_cache;            /* build with an empty cache */
	const char *target;       /* NULL: production; else "pr-12" */
	const char *spa;          /* of projects.spa */
	bool untrusted; /* a stranger's commit: no variables, no cache */
};

/* Queue a deployment. repository is what project_repository() takes; a project
 * of the caller's with that name or address is used, otherwise one is made
 * with these settings as its own. For a project that exists the settings hold
 * for this deployment only. E_QUEUE_FULL, E_REPOSITORY_REFUSED,
 * E_NO_REPOSITORY, E_VALIDATION_ERROR (env). */
MUST enum err deploy_request(struct ctx *ctx, const struct svc *svc,
	const char *user_id, const char *trigger, const char *repository,
	const struct deploy_settings *settings, const char **ret_id);

/* Queue a deployment of a project that nobody has pressed a button for: a push
 * or a deploy hook. Older ones of that kind and target that still wait are
 * superseded. Previews get the project's variables for previews, and are not
 * paused. E_PROJECT_NOT_FOUND, E_NO_REPOSITORY, E_QUEUE_FULL,
 * E_DEPLOY_PAUSED. */
MUST enum err deploy_automatic(struct ctx *ctx, const struct svc *svc,
	const char *user_id, const char *project_id,
	const struct deploy_settings *settings, const char **ret_id);

/* Queue a deployment again: the same commit, settings and environment as that
 * of id, whatever the project's are by now. E_DEPLOYMENT_NOT_FOUND,
 * E_PREVIEW_CLOSED, E_QUEUE_FULL, E_UPLOAD_GONE: that has nothing to build. */
MUST enum err deploy_again(struct ctx *ctx, const struct svc *svc,
	const char *user_id, const char *id, bool no_cache,
	const char **ret_id);

/* Queue a switch of the project's site to the release of a deployment that has
 * succeeded, deployment_id NULL: to the one before the live one. What waits is
 * superseded, what is being built is cancelled, and pushes deploy nothing until
 * somebody says so: each would undo it. E_PROJECT_NOT_FOUND,
 * E_DEPLOYMENT_NOT_FOUND, E_RELEASE_GONE, E_RELEASE_LIVE. */
MUST enum err deploy_rollback(struct ctx *ctx, const struct svc *svc,
	const char *user_id, const char *project_id, const char *deployment_id,
	const char **ret_id);

/* Delete an ended deployment, its log and its release. E_DEPLOYMENT_NOT_FOUND,
 * E_CONFLICT: it has not ended, or is live, as an open preview as well. */
MUST enum err deploy_delete(struct ctx *ctx, const struct svc *svc,
	const char *user_id, const char *id);

/* A waiting one ends at once, a running one when its worker has killed it.
 * E_DEPLOYMENT_NOT_FOUND, E_DEPLOYMENT_FINISHED. */
MUST enum err deploy_cancel(struct ctx *ctx, const struct svc *svc,
	const char *user_id, const char *id);

#endif
