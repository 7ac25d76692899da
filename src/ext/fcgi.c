/*
 * fcgi.c - FastCGI by libfcgi for src/api, which knows requests and replies;
 * here are only bytes.
 */
#include "ext/fcgi.h"

#include "base/str.h"

#include <errno.h>
#include <fcgiapp.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <unistd.h>

#define LISTEN_FD    0
#define FAILURES_MAX 64 /* in a row; then the process is better replaced */

struct fcgi {
	FCGX_Request rq;
	int null; /* takes the place of the listening socket */
	volatile sig_atomic_t stopped;
	bool active; /* a request was accepted and not yet answered */
};

struct fcgi *
fcgi_new(void)
{
	struct fcgi *f = calloc(1, sizeof(*f));

	if (!f)
		out_of_memory();
	f->null = open("/dev/null", O_RDWR | O_CLOEXEC);
	ASSERT(f->null >= 0);
	ASSERT(FCGX_Init() == 0);
	ASSERT(FCGX_InitRequest(&f->rq, LISTEN_FD, FCGI_FAIL_ACCEPT_ON_INTR) ==
		0);
	return f;
}

void
fcgi_free(struct fcgi *f)
{
	if (!f)
		return;
	FCGX_Free(&f->rq, 1);
	(void)close(f->null); /* nothing was written to it */
	free(f);
}

/* A flag alone would leave a gap between its test and accept(2), in which a
 * signal is lost until the next request. With the socket replaced accept fails
 * at once, in whatever order the two happen, and so does one that the kernel
 * starts again after the handler. Others of the pool share the socket and keep
 * it. */
void
fcgi_stop(struct fcgi *f)
{
	int saved = errno;

	f->stopped = 1;
	(void)dup2(f->null, LISTEN_FD); /* nothing to do about a failure here */
	errno = saved;
}

bool
fcgi_stopped(const struct fcgi *f)
{
	return f->stopped;
}

bool
fcgi_accept(struct fcgi *f)
{
	ASSERT(!f->active);
	for (int i = 0; i < FAILURES_MAX && !f->stopped; i++) {
		if (FCGX_Accept_r(&f->rq) == 0) {
			f->active = true;
			return true;
		}
		if (errno == ENOTSOCK || errno == EINVAL || errno == EBADF)
			return false;
	}
	return false;
}

const char *
fcgi_param(const struct fcgi *f, const char *name)
{
	return FCGX_GetParam(name, f->rq.envp);
}

ptrdiff_t
fcgi_read(struct fcgi *f, void *p, size_t n)
{
	int got = FCGX_GetStr(p, (int)MIN(n, INT_MAX), f->rq.in);

	return got == 0 && FCGX_GetError(f->rq.in) ? -1 : got;
}

bool
fcgi_write(struct fcgi *f, const void *p, size_t n)
{
	ASSERT(f->active && n <= INT_MAX);
	return FCGX_PutStr(p, (int)n, f->rq.out) == (int)n;
}

/* Whether the web server has nothing more to say: then the socket can be closed
 * at once. Otherwise libfcgi lingers until the other side has closed, since a
 * close with input unread would cut off the answer. */
static bool
input_is_over(const struct fcgi *f)
{
	const char *length = fcgi_param(f, "CONTENT_LENGTH");

	if (!length || !*length || str_eq(length, "0"))
		(void)FCGX_GetChar(f->rq.in); /* the empty record at the end */
	return FCGX_HasSeenEOF(f->rq.in) != 0;
}

void
fcgi_reply(struct fcgi *f, const void *p, size_t n)
{
	ASSERT(f->active && n <= INT_MAX);
	/* a client that went away is no failure of ours */
	(void)FCGX_PutStr(p, (int)n, f->rq.out);
	if (input_is_over(f))
		FCGX_Detach(&f->rq);
	FCGX_Finish_r(&f->rq);
	f->active = false;
}
