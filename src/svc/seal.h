/*
 * seal.h - texts that the database holds sealed (AES-256-GCM under
 * jwt_secret): environments, tokens of other services, mails that wait. A seal
 * names its row ("project:<id>:env"), so that a text which was moved to
 * another row does not open.
 */
#ifndef AS_SVC_SEAL_H
#define AS_SVC_SEAL_H

#include "base/base.h"
#include "base/err.h"

struct cfg;

MUST enum err seal_close(struct ctx *ctx, const struct cfg *cfg,
	const char *row, const char *plain, const char **ret);

/* Opens under jwt_secret or, after a rotation, jwt_secret_previous.
 * E_INTERNAL_SERVER_ERROR when neither opens it. The plain text is wiped when
 * the arena goes. */
MUST enum err seal_open(struct ctx *ctx, const struct cfg *cfg, const char *row,
	const char *sealed, const char **ret);

#endif
