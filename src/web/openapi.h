/*
 * openapi.h - the route tables as an OpenAPI 3.1 document: what the code does
 * and what it says of itself come from one place.
 */
#ifndef AS_WEB_OPENAPI_H
#define AS_WEB_OPENAPI_H

#include "base/buf.h"
#include "web/route.h"

#define OPENAPI_MAX ((size_t)4 << 20)

/* One line of JSON. */
void openapi_write(struct buf *b, const struct router *r, const char *version);
/* The same JSON with line breaks, a value a line: for people and diffs. */
void openapi_indent(struct buf *b, const struct buf *compact);

#endif
