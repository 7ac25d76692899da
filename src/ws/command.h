/*
 * command.h - what a client may say on a log stream. Pure: text in, value out.
 *
 *   {"type":"subscribe","deploymentId":"...","after":N}
 */
#ifndef AS_WS_COMMAND_H
#define AS_WS_COMMAND_H

#include "base/base.h"
#include "base/err.h"

struct command {
	int32_t after; /* lines up to this seq are known to the client */
};

/* Read one message. E_BAD_REQUEST: not an object with a type;
 * E_DEPLOYMENT_NOT_FOUND: another deployment than the path's;
 * E_VALIDATION_ERROR: a type or a value that is not known here. The text for
 * the client is in ctx. */
MUST enum err command_read(struct ctx *ctx, const char *text, size_t n,
	const char *deployment, struct command *ret);

#endif
