/*
 * environ.h - the environment variables of projects and deployments: texts of
 * KEY=VALUE lines (envlines.h), sealed for the row that holds them. Values
 * never leave but into a build.
 */
#ifndef AS_SVC_ENVIRON_H
#define AS_SVC_ENVIRON_H

#include "svc/svc.h"

/* Whose they are: a project's for its production builds, a project's for its
 * previews, or one deployment's. */
enum environ_of { ENVIRON_PRODUCTION, ENVIRON_PREVIEW, ENVIRON_DEPLOYMENT };

/* "production", "preview"; ended by NULL. */
extern const char *const environ_scopes[];
enum environ_of environ_scope(const char *text);

#define ENVIRON_NAME_MAX 128

/* Seal text for a row; NULL for NULL and for text without any variable.
 * E_VALIDATION_ERROR names the line. */
MUST enum err environ_seal(struct ctx *ctx, const struct svc *svc,
	enum environ_of of, const char *id, const char *text, const char **ret);

/* Seal for the deployment of id: text, or when that is NULL what another row
 * has sealed (from and its sealed text, which may be NULL). */
MUST enum err environ_for(struct ctx *ctx, const struct svc *svc,
	const char *id, const char *text, enum environ_of of, const char *from,
	const char *sealed, const char **ret);

/* The names in a sealed text, for showing. sealed may be NULL. */
MUST enum err environ_names(struct ctx *ctx, const struct svc *svc,
	enum environ_of of, const char *id, const char *sealed,
	const char *const **ret_names, size_t *ret_n);

/* Set one variable of a project of one's own, or remove it (value NULL).
 * E_PROJECT_NOT_FOUND, E_ENV_VAR_NOT_FOUND, E_VALIDATION_ERROR. */
MUST enum err environ_set(struct ctx *ctx, const struct svc *svc,
	const char *user_id, const char *project_id, enum environ_of of,
	const char *name, const char *value);

#endif
