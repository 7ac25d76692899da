/* seal.c - which key a sealed text opens with. */
#include "svc/seal.h"

#include "base/cfg.h"
#include "ext/crypt.h"

enum err
seal_close(struct ctx *ctx, const struct cfg *cfg, const char *row,
	const char *plain, const char **ret)
{
	return crypt_seal(ctx, cfg->jwt_secret, row, plain, ret);
}

enum err
seal_open(struct ctx *ctx, const struct cfg *cfg, const char *row,
	const char *sealed, const char **ret)
{
	const char *previous = cfg->jwt_secret_previous;
	/* a context of its own: a second key may do what the first cannot */
	struct ctx first = {.arena = ctx->arena};

	if (crypt_open(&first, cfg->jwt_secret, row, sealed, ret) == E_OK)
		return E_OK;
	return crypt_open(ctx,
		previous && *previous ? previous : cfg->jwt_secret, row, sealed,
		ret);
}
