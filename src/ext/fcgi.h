/*
 * fcgi.h - one FastCGI request at a time (libfcgi behind it) on the listening
 * socket that the process inherited as descriptor 0.
 */
#ifndef AS_EXT_FCGI_H
#define AS_EXT_FCGI_H

#include "base/base.h"

struct fcgi;

/* Once at start. Never NULL. Whatever handler calls fcgi_stop is to be set with
 * SA_RESTART: libfcgi takes an interrupted read for a broken request. */
struct fcgi *fcgi_new(void);
void fcgi_free(struct fcgi *f);
/* Take no further request: fcgi_accept returns false from now on, also when it
 * is waiting; the present request goes on. For signal handlers. */
void fcgi_stop(struct fcgi *f);
/* Wait for the next request; false when stopped, or when descriptor 0 is no
 * listening socket. */
bool fcgi_accept(struct fcgi *f);
bool fcgi_stopped(const struct fcgi *f);
/* A parameter (REQUEST_METHOD, HTTP_AUTHORIZATION ...) or NULL. */
const char *fcgi_param(const struct fcgi *f, const char *name);
/* Read up to n bytes of the body: count, 0 at the end, -1 on a broken one. */
ptrdiff_t fcgi_read(struct fcgi *f, void *p, size_t n);
/* Write a part of the answer (CGI headers, blank line, body); false when nobody
 * takes it any more. */
MUST bool fcgi_write(struct fcgi *f, const void *p, size_t n);
/* Write the last part, or the whole answer, and end the request. */
void fcgi_reply(struct fcgi *f, const void *p, size_t n);

#endif
