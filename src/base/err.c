/* err.c - the table of errors and the first failure of a context. */
#include "base/err.h"

#include "base/arena.h"

#define RETRY    true
#define NO_RETRY false

static const struct err_info infos[E_MAX] = {
	[E_OK] = {"OK", 200, false, "OK", "Not an error."},
#define ERR(name, status, retry, message, doc)                                 \
	[E_##name] = {#name, status, retry, message, doc},
#include "base/err.def"
#undef ERR
};

const struct err_info *
err_info(enum err e)
{
	ASSERT(e < E_MAX);
	return &infos[e];
}

/* Whether a text about e belongs to the failure that is (now) recorded. */
static bool
record(struct ctx *ctx, enum err e)
{
	ASSERT(e != E_OK);
	if (ctx->err == E_OK)
		ctx->err = e;
	return ctx->err == e;
}

enum err
ctx_fail(struct ctx *ctx, enum err e, const char *fmt, ...)
{
	va_list ap;

	if (record(ctx, e) && !ctx->message) {
		va_start(ap, fmt);
		ctx->message = arena_vprintf(ctx->arena, fmt, ap);
		va_end(ap);
	}
	return ctx->err;
}

enum err
ctx_cause(struct ctx *ctx, enum err e, const char *fmt, ...)
{
	va_list ap;

	if (record(ctx, e) && !ctx->cause) {
		va_start(ap, fmt);
		ctx->cause = arena_vprintf(ctx->arena, fmt, ap);
		va_end(ap);
	}
	return ctx->err;
}

void
ctx_clear(struct ctx *ctx)
{
	ctx->err = E_OK;
	ctx->message = NULL;
	ctx->cause = NULL;
	ctx->retry_s = 0;
}
