/*
 * err.h - errors as values. enum err comes from err.def; struct ctx carries
 * the first failure of a request or job up to the top, which logs it once.
 */
#ifndef AS_ERR_H
#define AS_ERR_H

#include "base/base.h"

struct arena;

enum err {
	E_OK = 0,
#define ERR(name, status, retry, message, doc) E_##name,
#include "base/err.def"
#undef ERR
	E_MAX
};

struct err_info {
	const char *code;    /* wire code, e.g. "DEPLOYMENT_NOT_FOUND" */
	int status;          /* HTTP status; only src/web reads it */
	bool retry;          /* the same request may succeed later */
	const char *message; /* default text for the client */
	const char *doc;     /* for OpenAPI and the manual */
};

/* Facts about an error. Never NULL; E_OK answers status 200 and code "OK". */
const struct err_info *err_info(enum err e);

/* What a request, job or command carries: its memory, its id, its failure.
 * The first failure wins; later ones do not overwrite it. */
struct ctx {
	struct arena *arena;
	char id[37]; /* request or job id (UUID text), for logs */
	enum err err;
	const char *message; /* for the client; NULL: err_info's text */
	const char *cause;   /* for the log only */
	int64_t retry_s;     /* when the same may succeed; 0: nobody knows */
};

/* Record a failure with a text for the client; returns e (or the error that
 * was there first), so that callers write `return ctx_fail(...)`. */
enum err ctx_fail(struct ctx *ctx, enum err e, const char *fmt, ...)
	PRINTF(3, 4);
/* Record a failure whose text is for the log only. */
enum err ctx_cause(struct ctx *ctx, enum err e, const char *fmt, ...)
	PRINTF(3, 4);
/* Forget the failure (a new request or step begins). */
void ctx_clear(struct ctx *ctx);

#endif
