/*
 * httpc.h - one request to another host by libcurl, bounded in time and size.
 * What it reaches is not trusted: no redirect is followed, no proxy, .netrc or
 * compression is used, and the certificate is always checked (WH-5 to WH-7).
 */
#ifndef AS_EXT_HTTPC_H
#define AS_EXT_HTTPC_H

#include "base/base.h"
#include "base/err.h"

struct sockaddr;

#define HTTPC_CONNECT_MS 5000
#define HTTPC_BODY_MAX   ((size_t)256 << 10)
/* A file that moves at less than so many bytes a second for so long is given
 * up. It stands still while the other side thinks about a whole one. */
#define HTTPC_STALL_RATE 1024L
#define HTTPC_STALL_S    30

/* A file that is sent, from its offset on; or that takes the body of an answer
 * with status 200. */
struct httpc_file {
	int fd;
	int64_t size; /* of what is sent; the most that is taken */
};

/* Amazon's Signature Version 4. The signed hash of the body is a header of the
 * caller's, x-amz-content-sha256. */
struct httpc_sign {
	const char *region, *service;
	const char *key, *secret;
};

struct httpc_request {
	/* https://...; http:// only when the host is loopback, or .clear */
	const char *url;
	bool clear; /* http:// is fine: the caller has judged the address */
	const char *const *headers; /* "Name: value", ended by NULL; or NULL */
	const char *const *keep;    /* names of headers of the answer, ended by
				     * NULL; or NULL */
	const char *method;         /* NULL: GET, or POST with a body */
	const char *body;           /* NULL: none */
	const char *type;           /* of the body */
	const char *user, *pass;    /* Basic authentication; NULL: none */
	int64_t timeout_ms;         /* for all of it */
	size_t answer_max; /* a longer body is a failure; 0: HTTPC_BODY_MAX */
	size_t cut; /* read no more than this of the body, and take what came; 0: all */
	const char *ca_file; /* NULL or "": the system's */
	/* one of many in this process, of one thread: the system's bundle is
	 * then read once in a while, not each time, and its folder of single
	 * certificates is not asked; it takes some 2 MiB */
	bool often;
	/* why an address is refused, NULL when it is not; NULL: any address */
	const char *(*refused)(const struct sockaddr *sa);
	const struct httpc_sign *sign; /* NULL: unsigned */
	const struct httpc_file *send; /* instead of body; a PUT unless .method
					* says otherwise */
	const struct httpc_file *take;
	int stall_s; /* 0: HTTPC_STALL_S */
	/* asked about once a second: false ends the transfer. May be NULL. */
	bool (*go_on)(void *arg);
	void *arg;
};

struct httpc_answer {
	int status;
	const char *type; /* Content-Type without parameters; "" when none */
	const char *body;
	size_t len;              /* at most answer_max */
	int64_t taken;           /* bytes that went into the file */
	const char *const *kept; /* of each in .keep the value, or NULL */
};

/* Ask and wait. Any status is an answer; a 3xx is one, too. E_BAD_GATEWAY with
 * a cause that names the host and no more of the request when no whole answer
 * came: no connection, no trust, no time left, a body over answer_max or over
 * the file's size, a stop. */
MUST enum err httpc_ask(struct ctx *ctx, const struct httpc_request *rq,
	struct httpc_answer *ret);

/* Whether an address may be asked: https, or http to a loopback host; no user
 * in it, no control characters. */
bool httpc_url_ok(const char *url);

#endif
