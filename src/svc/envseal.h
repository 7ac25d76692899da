/*
 * envseal.h - opens the sealed environments of projects and deployments. Called
 * by the API and the worker; deploy_seal_env() makes them.
 */
#ifndef AS_SVC_ENVSEAL_H
#define AS_SVC_ENVSEAL_H

#include "base/base.h"
#include "base/err.h"

struct cfg;

/* The KEY=VALUE lines that were sealed for the row id of a kind ("project",
 * "deployment"), under jwt_secret or, after a rotation, jwt_secret_previous.
 * E_INTERNAL_SERVER_ERROR when neither opens it. */
MUST enum err env_open(struct ctx *ctx, const struct cfg *cfg, const char *kind,
	const char *id, const char *sealed, const char **ret);

#endif
