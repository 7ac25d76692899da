/*
 * cookie.h - reads a Cookie header (RFC 6265), which anybody can write. What a
 * browser gets is written by reply_cookie() of reply.h.
 */
#ifndef AS_WEB_COOKIE_H
#define AS_WEB_COOKIE_H

#include "base/base.h"

struct arena;

#define COOKIE_HEADER_MAX 8192
#define COOKIE_VALUE_MAX  1024

/* The value of the one cookie of this name, on the arena. NULL when there is
 * none, when there are two (a site beside us can plant the second), when the
 * value is empty, over its maximum or holds what no cookie may, or when the
 * header is over its maximum. header may be NULL. */
const char *cookie_find(struct arena *a, const char *header, const char *name);

#endif
