/*
 * hashslot.h - how many passwords a host hashes at once. bcrypt takes a
 * quarter of a second of a core, so a flood of logins must neither take all
 * cores nor all API processes.
 */
#ifndef AS_SVC_HASHSLOT_H
#define AS_SVC_HASHSLOT_H

#include "base/base.h"
#include "base/cfg.h"
#include "base/err.h"

/* Take one of cfg.hash_slots; *ret_fd holds it until it is closed. Waits a
 * little when all are taken, but only as long as that leaves an API process
 * free for others; E_SERVICE_UNAVAILABLE otherwise. */
MUST enum err hashslot_take(
	struct ctx *ctx, const struct cfg *cfg, int *ret_fd);

/* The same for sign-ins that wait for a provider: half of the processes that
 * hashing leaves, without waiting; where it leaves none, a hash slot (OA-11).
 * So neither a flood of logins nor a slow provider, nor both, take all. */
MUST enum err hashslot_take_oauth(
	struct ctx *ctx, const struct cfg *cfg, int *ret_fd);

#endif
