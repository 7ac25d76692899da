/* check.h - whether an answer is what its .out table says (developer builds). */
#ifndef AS_WEB_CHECK_H
#define AS_WEB_CHECK_H

#include "base/buf.h"
#include "base/err.h"
#include "web/field.h"

/* E_INTERNAL_SERVER_ERROR with the difference as its cause. */
MUST enum err reply_check(
	struct ctx *ctx, const struct field *out, const struct buf *body);

#endif
