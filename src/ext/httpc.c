/*
 * httpc.c - HTTP by libcurl. All that makes a transfer safe is in safe_handle();
 * whoever speaks another protocol by libcurl begins with it as well.
 */
#include "ext/httpc.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/fd.h"
#include "base/str.h"

#include <curl/curl.h>
#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#define HEADERS_MAX ((size_t)64 << 10)
#define TRUST_S     600L /* the system's authorities change, too */

/* What the callbacks of one transfer share. */
struct transfer {
	const struct httpc_request *rq;
	CURL *curl;
	const char *refusal; /* why the last address was refused */
	struct buf body;
	size_t header_bytes;
	int64_t sent, taken;
	bool too_large; /* for the file */
	int file_error; /* errno of the file's side */
	bool stopped;
};

/* ---- addresses of requests ---- */

static bool
is_loopback(const char *host)
{
	return str_eq(host, "localhost") || str_eq(host, "[::1]") ||
	       (str_starts(host, "127.") &&
		       strspn(host, "0123456789.") == strlen(host));
}

static const char *
part(struct arena *a, CURLU *u, CURLUPart what)
{
	char *text = NULL;
	const char *copy;

	if (curl_url_get(u, what, &text, 0) != CURLUE_OK)
		return NULL;
	copy = arena_strdup(a, text);
	curl_free(text);
	return copy;
}

/* The host, for messages, when the address may be asked; else NULL. */
static const char *
judge_url(struct arena *a, const char *url, bool clear)
{
	CURLU *u = curl_url();
	const char *host = NULL;
	const char *scheme;

	if (!u)
		out_of_memory();
	if (!str_has_control(url) &&
		curl_url_set(u, CURLUPART_URL, url, CURLU_DISALLOW_USER) ==
			CURLUE_OK) {
		scheme = part(a, u, CURLUPART_SCHEME);
		host = part(a, u, CURLUPART_HOST);
		if (!host || !scheme ||
			(!str_eq(scheme, "https") &&
				!(str_eq(scheme, "http") &&
					(clear || is_loopback(host)))))
			host = NULL;
	}
	curl_url_cleanup(u);
	return host;
}

bool
httpc_url_ok(const char *url)
{
	struct arena *a = arena_new(65536, 1 << 20);
	bool ok = strlen(url) < 8192 && judge_url(a, url, false);

	arena_free(a);
	return ok;
}

/* ---- what libcurl calls ---- */

static size_t
take_into_file(struct transfer *t, const char *p, size_t n)
{
	const struct httpc_file *to = t->rq->take;

	t->too_large = (int64_t)n > to->size - t->taken;
	if (t->too_large)
		return 0;
	if (!fd_write_all(to->fd, p, n)) {
		t->file_error = errno;
		return 0;
	}
	t->taken += (int64_t)n;
	return n;
}

static size_t
take_body(char *p, size_t size UNUSED, size_t n, void *arg)
{
	struct transfer *t = arg;
	long status = 0;

	(void)curl_easy_getinfo(t->curl, CURLINFO_RESPONSE_CODE, &status);
	if (t->rq->take && status == 200)
		return take_into_file(t, p, n);
	buf_add(&t->body, p, n);
	return t->body.full ? 0 : n; /* 0 ends the transfer */
}

static size_t
take_header(char *p UNUSED, size_t size UNUSED, size_t n, void *arg)
{
	struct transfer *t = arg;

	t->header_bytes += n;
	return t->header_bytes > HEADERS_MAX ? 0 : n;
}

static size_t
give_file(char *p, size_t size UNUSED, size_t n, void *arg)
{
	struct transfer *t = arg;
	int64_t left = t->rq->send->size - t->sent;
	ssize_t r;

	do
		r = read(t->rq->send->fd, p, (size_t)MIN((int64_t)n, left));
	while (r < 0 && errno == EINTR);
	if (r < 0) {
		t->file_error = errno;
		return CURL_READFUNC_ABORT;
	}
	t->sent += r;
	return (size_t)r;
}

static int
progress(void *arg, curl_off_t a UNUSED, curl_off_t b UNUSED,
	curl_off_t c UNUSED, curl_off_t d UNUSED)
{
	struct transfer *t = arg;

	t->stopped |= !t->rq->go_on(t->rq->arg);
	return t->stopped;
}

/* The address that is really connected to, after all name resolution. */
static curl_socket_t
open_socket(void *arg, curlsocktype purpose UNUSED, struct curl_sockaddr *to)
{
	struct transfer *t = arg;

	t->refusal = t->rq->refused ? t->rq->refused(&to->addr) : NULL;
	if (t->refusal)
		return CURL_SOCKET_BAD;
	return socket(to->family, to->socktype | SOCK_CLOEXEC, to->protocol);
}

/* ---- the transfer ---- */

/* The system's bundle is some 200 KiB, and to read it takes longer than all
 * the rest of a request. A handle keeps what libcurl made of it, since 7.87,
 * but only where no folder of authorities is asked as well
 * (CURLOPT_CA_CACHE_TIMEOUT(3)). Nothing else is kept: each request looks up
 * its host and connects. */
static CURL *
kept_handle(void)
{
	static CURL *kept;
	bool ok;

	if (kept)
		curl_easy_reset(kept);
	else
		kept = curl_easy_init();
	if (!kept)
		out_of_memory();
	ok = !curl_easy_setopt(kept, CURLOPT_FRESH_CONNECT, 1L) &&
	     !curl_easy_setopt(kept, CURLOPT_FORBID_REUSE, 1L) &&
	     !curl_easy_setopt(kept, CURLOPT_DNS_CACHE_TIMEOUT, 0L) &&
	     !curl_easy_setopt(kept, CURLOPT_SSL_SESSIONID_CACHE, 0L) &&
	     !curl_easy_setopt(kept, CURLOPT_CA_CACHE_TIMEOUT, TRUST_S);
	if (ok && curl_version_info(CURLVERSION_NOW)->cainfo)
		ok = !curl_easy_setopt(kept, CURLOPT_CAPATH, NULL);
	ASSERT(ok);
	return kept;
}

static bool
is_kept(const struct httpc_request *rq)
{
	return rq->often && !(rq->ca_file && *rq->ca_file);
}

/* A handle that trusts nothing around it: no redirects, no proxy from the
 * environment, no .netrc, no signals; peer and name are checked. */
static CURL *
safe_handle(struct transfer *t, const char *protocols)
{
	const struct httpc_request *rq = t->rq;
	long ms = (long)MAX(rq->timeout_ms, 1);
	/* the first one initialises the library as well */
	CURL *c = is_kept(rq) ? kept_handle() : curl_easy_init();
	bool ok;

	if (!c)
		out_of_memory();
	ok = !curl_easy_setopt(c, CURLOPT_PROTOCOLS_STR, protocols) &&
	     !curl_easy_setopt(c, CURLOPT_FOLLOWLOCATION, 0L) &&
	     !curl_easy_setopt(c, CURLOPT_PROXY, "") &&
	     !curl_easy_setopt(c, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED) &&
	     !curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L) &&
	     !curl_easy_setopt(c, CURLOPT_SSL_VERIFYPEER, 1L) &&
	     !curl_easy_setopt(c, CURLOPT_SSL_VERIFYHOST, 2L) &&
	     !curl_easy_setopt(
		     c, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2) &&
	     !curl_easy_setopt(c, CURLOPT_TIMEOUT_MS, ms) &&
	     !curl_easy_setopt(c, CURLOPT_CONNECTTIMEOUT_MS,
		     MIN(ms, (long)HTTPC_CONNECT_MS)) &&
	     !curl_easy_setopt(c, CURLOPT_OPENSOCKETFUNCTION, open_socket) &&
	     !curl_easy_setopt(c, CURLOPT_OPENSOCKETDATA, t);
	if (ok && rq->ca_file && *rq->ca_file)
		ok = !curl_easy_setopt(c, CURLOPT_CAINFO, rq->ca_file);
	ASSERT(ok);
	return c;
}

static struct curl_slist *
must_append(struct curl_slist *list, const char *line)
{
	list = curl_slist_append(list, line);
	if (!list)
		out_of_memory();
	return list;
}

static struct curl_slist *
header_list(struct arena *a, const struct httpc_request *rq)
{
	struct curl_slist *list = NULL;

	/* keeps libcurl from asking before it sends a body; before a file it
	 * had better ask. It would be signed as if it were sent. */
	if (rq->body && !rq->sign)
		list = must_append(list, "Expect:");
	for (size_t i = 0; rq->headers && rq->headers[i]; i++) {
		ASSERT(!strpbrk(rq->headers[i], "\r\n"));
		list = must_append(list, rq->headers[i]);
	}
	if (rq->body || (rq->send && rq->type))
		list = must_append(
			list, arena_printf(a, "Content-Type: %s", rq->type));
	return list;
}

static void
set_request(CURL *c, const struct httpc_request *rq, struct transfer *t,
	struct curl_slist *headers)
{
	bool ok = !curl_easy_setopt(c, CURLOPT_URL, rq->url) &&
		  !curl_easy_setopt(c, CURLOPT_HTTPHEADER, headers) &&
		  !curl_easy_setopt(
			  c, CURLOPT_USERAGENT, "autostack/" PACKAGE_VERSION) &&
		  !curl_easy_setopt(c, CURLOPT_HTTP_CONTENT_DECODING, 0L) &&
		  !curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, take_body) &&
		  !curl_easy_setopt(c, CURLOPT_WRITEDATA, t) &&
		  !curl_easy_setopt(c, CURLOPT_HEADERFUNCTION, take_header) &&
		  !curl_easy_setopt(c, CURLOPT_HEADERDATA, t);

	if (ok && rq->body)
		ok = !curl_easy_setopt(c, CURLOPT_POST, 1L) &&
		     !curl_easy_setopt(c, CURLOPT_POSTFIELDSIZE,
			     (long)strlen(rq->body)) &&
		     !curl_easy_setopt(c, CURLOPT_POSTFIELDS, rq->body);
	if (ok && rq->method)
		ok = !curl_easy_setopt(c, CURLOPT_CUSTOMREQUEST, rq->method);
	if (ok && rq->user)
		ok = !curl_easy_setopt(
			     c, CURLOPT_HTTPAUTH, (long)CURLAUTH_BASIC) &&
		     !curl_easy_setopt(c, CURLOPT_USERNAME, rq->user) &&
		     !curl_easy_setopt(c, CURLOPT_PASSWORD, rq->pass);
	if (ok && rq->go_on)
		ok = !curl_easy_setopt(c, CURLOPT_XFERINFOFUNCTION, progress) &&
		     !curl_easy_setopt(c, CURLOPT_XFERINFODATA, t) &&
		     !curl_easy_setopt(c, CURLOPT_NOPROGRESS, 0L);
	ASSERT(ok);
}

static void
set_files(CURL *c, const struct httpc_request *rq, struct transfer *t)
{
	bool ok = true;

	if (rq->send)
		ok = !curl_easy_setopt(c, CURLOPT_UPLOAD, 1L) &&
		     !curl_easy_setopt(c, CURLOPT_INFILESIZE_LARGE,
			     (curl_off_t)rq->send->size) &&
		     !curl_easy_setopt(c, CURLOPT_READFUNCTION, give_file) &&
		     !curl_easy_setopt(c, CURLOPT_READDATA, t);
	if (ok && (rq->send || rq->take))
		ok = !curl_easy_setopt(
			     c, CURLOPT_LOW_SPEED_LIMIT, HTTPC_STALL_RATE) &&
		     !curl_easy_setopt(c, CURLOPT_LOW_SPEED_TIME,
			     rq->stall_s ? (long)rq->stall_s
					 : (long)HTTPC_STALL_S);
	ASSERT(ok);
}

static void
set_sign(CURL *c, struct arena *a, const struct httpc_sign *s)
{
	bool ok = !curl_easy_setopt(c, CURLOPT_AWS_SIGV4,
			  arena_printf(
				  a, "aws:amz:%s:%s", s->region, s->service)) &&
		  !curl_easy_setopt(c, CURLOPT_USERNAME, s->key) &&
		  !curl_easy_setopt(c, CURLOPT_PASSWORD, s->secret);

	ASSERT(ok);
}

/* Only the host is named: paths, bodies and headers may hold secrets. */
static enum err
failed(struct ctx *ctx, const char *host, const struct transfer *t, CURLcode c)
{
	const char *why = curl_easy_strerror(c);

	if (t->refusal)
		why = t->refusal;
	else if (t->stopped)
		why = "the transfer was stopped";
	else if (t->file_error)
		why = strerror(t->file_error);
	else if (t->body.full || t->too_large)
		why = "the answer is too large";
	else if (t->header_bytes > HEADERS_MAX)
		why = "the answer has too many headers";
	return ctx_cause(ctx, E_BAD_GATEWAY, "%s: %s", host, why);
}

static const char *const *
kept_headers(struct arena *a, CURL *c, const char *const *keep)
{
	struct curl_header *h;
	const char **kept;
	size_t n = 0;

	while (keep && keep[n])
		n++;
	kept = arena_array(a, n + 1, sizeof(*kept));
	for (size_t i = 0; i < n; i++)
		kept[i] = curl_easy_header(c, keep[i], 0, CURLH_HEADER, -1,
				  &h) == CURLHE_OK
				  ? arena_strdup(a, h->value)
				  : NULL;
	return kept;
}

static void
take_answer(struct ctx *ctx, CURL *c, const struct transfer *t,
	struct httpc_answer *ret)
{
	const char *type = NULL;
	long status = 0;
	char *body;

	(void)curl_easy_getinfo(c, CURLINFO_RESPONSE_CODE, &status);
	(void)curl_easy_getinfo(c, CURLINFO_CONTENT_TYPE, &type);
	type = type ? type : "";
	ret->status = (int)status;
	ret->type = str_lower(ctx->arena,
		arena_strndup(ctx->arena, type, strcspn(type, "; \t")));
	ret->len = t->body.len;
	ret->taken = t->taken;
	ret->kept = kept_headers(ctx->arena, c, t->rq->keep);
	body = arena_alloc(ctx->arena, t->body.len + 1);
	memcpy(body, buf_text(&t->body), t->body.len);
	ret->body = body;
}

enum err
httpc_ask(struct ctx *ctx, const struct httpc_request *rq,
	struct httpc_answer *ret)
{
	struct transfer t = {.rq = rq};
	const char *host = judge_url(ctx->arena, rq->url, rq->clear);
	struct curl_slist *headers;
	enum err e = E_OK;
	CURLcode code;
	CURL *c;

	if (!host)
		return ctx_cause(ctx, E_BAD_GATEWAY,
			"an address is neither https nor loopback");
	if (rq->timeout_ms <= 0)
		return ctx_cause(ctx, E_BAD_GATEWAY, "%s: no time left", host);
	buf_init(&t.body, rq->cut          ? rq->cut
			  : rq->answer_max ? rq->answer_max
					   : HTTPC_BODY_MAX);
	headers = header_list(ctx->arena, rq);
	c = safe_handle(
		&t, rq->clear || is_loopback(host) ? "http,https" : "https");
	t.curl = c;
	set_request(c, rq, &t, headers);
	set_files(c, rq, &t);
	if (rq->sign)
		set_sign(c, ctx->arena, rq->sign);
	code = curl_easy_perform(c);
	if (code == CURLE_OK || (rq->cut && t.body.full))
		take_answer(ctx, c, &t, ret);
	else
		e = failed(ctx, host, &t, code);
	if (!is_kept(rq))
		curl_easy_cleanup(c);
	curl_slist_free_all(headers);
	buf_done(&t.body);
	return e;
}
