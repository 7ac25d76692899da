/*
 * domain.h - custom domains: which names may be asked for, and their
 * certificates. Called by the API; the worker proves, orders and serves
 * (src/worker/domains.c).
 */
#ifndef AS_SVC_DOMAIN_H
#define AS_SVC_DOMAIN_H

#include "svc/svc.h"

/* States, ended by NULL; the words of domains_state. */
extern const char *const domain_states[];
extern const char *const domain_sources[];

/* Bring a host name into its one form: lower case, without a dot at its end.
 * NULL, or what it must be: ASCII (xn-- for other letters), at least two
 * labels, no address, no wildcard, not the panel's and not of the sites' own
 * suffix. */
const char *domain_host_wrong(
	struct arena *a, const struct cfg *cfg, const char **host);

/* Add a name to a project of the user's; *ret is the domain's id.
 * E_PROJECT_NOT_FOUND, E_DOMAIN_TAKEN, E_DOMAINS_FULL. */
MUST enum err domain_add(struct ctx *ctx, const struct svc *svc,
	const char *user_id, const char *project_id, const char *host,
	const char **ret);

/* A domain of a project of the user's. */
struct domain_key {
	const char *id, *project_id, *user_id;
};

/* Set a certificate of the owner's: judged, sealed, stored. E_DOMAIN_NOT_FOUND;
 * E_VALIDATION_ERROR with *ret_part, the field that is wrong. */
MUST enum err domain_certificate_set(struct ctx *ctx, const struct svc *svc,
	const struct domain_key *key, const char *chain,
	const char *private_key, const char **ret_part);

/* What the private key of a domain is sealed for (svc/seal.h). */
const char *domain_seal_row(struct arena *a, const char *id);

#endif
