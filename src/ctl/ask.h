/*
 * ask.h - one question to a service of ours on its unix socket, as nginx would
 * ask. For the doctor, and for tests, which need no nginx then.
 */
#ifndef AS_CTL_ASK_H
#define AS_CTL_ASK_H

#include "base/buf.h"

/* A FastCGI request (role responder). params are "NAME=value" texts, ended by
 * NULL. Appends what the application wrote: CGI headers, blank line, body.
 * Every wait ends after timeout_ms. False: *ret_error says why, a text that
 * need not be freed. */
MUST bool ask_fastcgi(const char *socket, const char *const params[],
	const void *body, size_t n, int timeout_ms, struct buf *ret,
	const char **ret_error);

/* Send a text, append all that comes until the peer closes. */
MUST bool ask_stream(const char *socket, const char *text, int timeout_ms,
	struct buf *ret, const char **ret_error);

#endif
