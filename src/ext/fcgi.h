/*
 * fcgi.h - one FastCGI request at a time (libfcgi behind it) on the listening
 * socket that the process inherited as descriptor 0.
 */
#ifndef AS_EXT_FCGI_H
#define AS_EXT_FCGI_H

#include "base/base.h"

struct fcgi;

/* Once at start. stop is a flag that a signal handler sets: accept returns
 * false soon after. Never NULL. */
struct fcgi *fcgi_new(volatile const bool *stop);
void fcgi_free(struct fcgi *f);
/* Wait for the next request; false when stopped. */
bool fcgi_accept(struct fcgi *f);
/* A parameter (REQUEST_METHOD, HTTP_AUTHORIZATION ...) or NULL. */
const char *fcgi_param(const struct fcgi *f, const char *name);
/* Read up to n bytes of the body: count, 0 at the end, -1 on a broken one. */
ptrdiff_t fcgi_read(struct fcgi *f, void *p, size_t n);
/* Write the answer (CGI headers, blank line, body) and end the request. */
void fcgi_reply(struct fcgi *f, const void *p, size_t n);

#endif
