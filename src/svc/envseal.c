/* envseal.c - which key and which name a sealed environment opens with. */
#include "svc/envseal.h"

#include "base/arena.h"
#include "base/cfg.h"
#include "ext/crypt.h"

enum err
env_open(struct ctx *ctx, const struct cfg *cfg, const char *kind,
	const char *id, const char *sealed, const char **ret)
{
	const char *aad = arena_printf(ctx->arena, "%s:%s:env", kind, id);
	const char *previous = cfg->jwt_secret_previous;
	/* a context of its own: a second key may do what the first cannot */
	struct ctx first = {.arena = ctx->arena};

	if (crypt_open(&first, cfg->jwt_secret, aad, sealed, ret) == E_OK)
		return E_OK;
	return crypt_open(ctx,
		previous && *previous ? previous : cfg->jwt_secret, aad, sealed,
		ret);
}
