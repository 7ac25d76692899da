/*
 * web_serve.c - whole requests without a database: parsing, errors, headers,
 * and what developer builds say of an answer that breaks its table.
 */
#include "unit_web.h"

#include "base/arena.h"
#include "base/log.h"
#include "base/str.h"
#include "web/reply.h"
#include "web/serve.h"
#include "web/valid.h"

struct echo {
	const char *text;
};
/* clang-format off */
static const struct field echo_in[] = {
	F_STR(struct echo, text, "text", REQ, 1, 100, V_ANY, "Text."),
	F_END
};
static const struct field echo_out[] = {
	O_STR("text", REQ, "Text."),
	O_END
};
/* clang-format on */

static enum err
h_echo(struct req *rq, const void *v)
{
	const struct echo *in = v;
	struct jw *w = reply_begin(rq);

	jw_kstr(w, "text", in->text);
	return reply_end(rq);
}

/* Answers something else than its table. */
static enum err
h_liar(struct req *rq, const void *v UNUSED)
{
	struct jw *w = reply_begin(rq);

	jw_kint(w, "text", 1);
	return reply_end(rq);
}

/* Sends the browser to the text, with a cookie. */
static enum err
h_send(struct req *rq, const void *v)
{
	const struct echo *in = v;
	const char *was = rq_cookie(rq, "__Host-c");

	reply_cookie(rq, "__Host-c", was ? was : "new", 60, "Lax");
	return reply_redirect(rq, in->text, E_OK);
}

/* clang-format off */
static const struct route routes[] = {
	{ .op = "send", .verb = GET, .path = "/api/send", .who = WHO_PUBLIC, .in = IN(echo_in, struct echo),
	  .ok = 302, .fn = h_send, .doc = "Redirects." },
	{ .op = "echoGet", .verb = GET, .path = "/api/echo", .who = WHO_PUBLIC, .in = IN(echo_in, struct echo),
	  .ok = 200, .out = echo_out, .fn = h_echo, .doc = "Echo." },
	{ .op = "echoPost", .verb = POST, .path = "/api/echo", .who = WHO_PUBLIC, .in = IN(echo_in, struct echo),
	  .ok = 201, .out = echo_out, .fn = h_echo, .doc = "Echo." },
	{ .op = "liar", .verb = GET, .path = "/api/liar", .who = WHO_PUBLIC,
	  .ok = 200, .out = echo_out, .fn = h_liar, .doc = "Lies." },
	{ .op = "secret", .verb = GET, .path = "/api/secret", .who = WHO_USER,
	  .ok = 200, .out = echo_out, .fn = h_liar, .doc = "Not for all." },
	{ 0 }
};
/* clang-format on */
static const struct route *const tables[] = {routes, NULL};

/* The body that is sent, and the answer that came. */
struct wire {
	const char *body;
	size_t n;
	struct buf answer;
};

static struct cfg cfg = {
	.request_body_max = 4096, .request_memory_max = 1 << 20};
static struct web web;
static struct wire wire;
static struct arena *forever;

static ptrdiff_t
wire_read(void *arg, void *p, size_t n)
{
	struct wire *w = arg;

	n = MIN(n, w->n);
	memcpy(p, w->body, n);
	w->body += n;
	w->n -= n;
	return (ptrdiff_t)n;
}

static bool
wire_write(void *arg, const void *p, size_t n)
{
	struct wire *w = arg;

	buf_add(&w->answer, p, n);
	return true;
}

static enum err
nobody(struct ctx *ctx, struct svc *svc UNUSED, const char *token UNUSED,
	struct principal *ret UNUSED)
{
	return ctx_cause(ctx, E_UNAUTHORIZED, "nobody is known here");
}

static void
setup(void)
{
	log_open("unit_web", true, LOGP_ERROR);
	forever = arena_new(1 << 20, 1 << 24);
	web = (struct web){
		.cfg = &cfg,
		.arena = arena_new(1 << 20, 1 << 24),
		.router = router_new(forever, tables),
		.version = "0",
		.hooks = {.token = nobody},
	};
	buf_init(&wire.answer, 1 << 20);
}

static void
teardown(void)
{
	buf_done(&wire.answer);
	arena_free(web.arena);
	arena_free(forever);
}

static const char *
serve(struct request_in in, const char *body)
{
	wire.body = body ? body : "";
	wire.n = strlen(wire.body);
	buf_reset(&wire.answer);
	in.read = wire_read;
	in.write = wire_write;
	in.arg = &wire;
	web_serve(&web, &in);
	return buf_text(&wire.answer);
}

static const char *
get(const char *uri)
{
	return serve((struct request_in){.method = "GET", .uri = uri}, NULL);
}

static const char *
post(const char *type, const char *body)
{
	return serve((struct request_in){.method = "POST",
			     .uri = "/api/echo",
			     .content_type = type},
		body);
}

static void
answers(const char *answer, const char *status, const char *has)
{
	ck_assert_msg(str_starts(answer, status), "%s", answer);
	unit_has(answer, has);
}

START_TEST(test_headers)
{
	const char *a = get("/api/echo?text=a%20b+c");

	answers(a, "Status: 200 ", "{\"text\":\"a b c\"}");
	unit_has(a, "\r\nContent-Type: application/json; charset=utf-8\r\n");
	unit_has(a, "\r\nCache-Control: no-store\r\n");
	unit_has(a, "\r\nX-Request-Id: ");
	unit_has(a, "\r\nContent-Length: 16\r\n");
}
END_TEST

START_TEST(test_bad_queries)
{
	answers(get("/api/echo"), "Status: 422 ", "\"code\":\"REQUIRED\"");
	answers(get("/api/echo?text=%"), "Status: 400 ", "BAD_REQUEST");
	answers(get("/api/echo?text=%00"), "Status: 400 ", "BAD_REQUEST");
	answers(get("/api/echo?text=%c0%af"), "Status: 400 ", "BAD_REQUEST");
	answers(get("/api/echo?text=a&x=1"), "Status: 422 ", "UNKNOWN");
	answers(get("/api/echo?text=a&&"), "Status: 200 ", "{\"text\":\"a\"}");
	answers(get("/api/nope?text=a"), "Status: 404 ", "NOT_FOUND");
}
END_TEST

START_TEST(test_methods)
{
	struct request_in in = {.uri = "/api/echo?text=a"};
	const char *a;

	in.method = "HEAD";
	a = serve(in, NULL);
	answers(a, "Status: 200 ", "Content-Length: 12\r\n\r\n");
	ck_assert(str_ends(a, "\r\n\r\n"));
	in.method = "TRACE";
	answers(serve(in, NULL), "Status: 405 ",
		"Allow: GET, HEAD, POST, OPTIONS\r\n");
	in.method = "DELETE";
	answers(serve(in, NULL), "Status: 405 ", "METHOD_NOT_ALLOWED");
	in.method = "OPTIONS";
	answers(serve(in, NULL), "Status: 204 ",
		"Allow: GET, HEAD, POST, OPTIONS\r\n");
	in.method = NULL;
	answers(serve(in, NULL), "Status: 405 ", "METHOD_NOT_ALLOWED");
	in.uri = NULL;
	answers(serve(in, NULL), "Status: 400 ", "BAD_REQUEST");
}
END_TEST

START_TEST(test_bodies)
{
	static const char json[] = "application/json";
	static const char good[] = "{\"text\":\"a\"}";
	char big[5000];

	answers(post(json, good), "Status: 201 ", good);
	answers(post("Application/JSON ; charset=utf-8", good), "Status: 201 ",
		good);
	answers(post(NULL, good), "Status: 415 ", "UNSUPPORTED_MEDIA_TYPE");
	answers(post("text/plain", good), "Status: 415 ",
		"UNSUPPORTED_MEDIA_TYPE");
	answers(post("application/jsonx", good), "Status: 415 ",
		"UNSUPPORTED_MEDIA_TYPE");
	answers(post(json, ""), "Status: 400 ", "is empty");
	answers(post(json, "{"), "Status: 400 ", "BAD_REQUEST");
	answers(post(json, "[]"), "Status: 400 ", "must be a JSON object");
	memset(big, ' ', sizeof(big));
	big[sizeof(big) - 1] = '\0';
	answers(post(json, big), "Status: 413 ", "PAYLOAD_TOO_LARGE");
}
END_TEST

START_TEST(test_content_length)
{
	struct request_in in = {.method = "POST",
		.uri = "/api/echo",
		.content_type = "application/json",
		.content_length = "5000"};

	answers(serve(in, "{}"), "Status: 413 ", "PAYLOAD_TOO_LARGE");
	in.content_length = "100";
	answers(serve(in, "{\"text\":\"a\"}"), "Status: 400 ", "ended early");
	in.content_length = "1x";
	answers(serve(in, "{}"), "Status: 400 ", "not a number");
}
END_TEST

START_TEST(test_auth)
{
	struct request_in in = {.method = "GET", .uri = "/api/secret"};

	answers(serve(in, NULL), "Status: 401 ",
		"WWW-Authenticate: Bearer realm=\"autostack\"\r\n");
	in.authorization = "Bearer x";
	answers(serve(in, NULL), "Status: 401 ", "error=\"invalid_token\"");
	in.authorization = "Basic eDp5";
	answers(serve(in, NULL), "Status: 401 ", "UNAUTHORIZED");
}
END_TEST

static const char *
with_cookie(const char *uri, const char *cookie)
{
	return serve(
		(struct request_in){
			.method = "GET", .uri = uri, .cookie = cookie},
		NULL);
}

START_TEST(test_redirect)
{
	const char *a = get("/api/send?text=https%3A%2F%2Fx%2Fy%23z");

	answers(a, "Status: 302 ", "\r\nLocation: https://x/y#z\r\n");
	unit_has(a, "\r\nContent-Length: 0\r\n");
	unit_has(a, "\r\nSet-Cookie: __Host-c=new; Path=/; Max-Age=60; Secure; "
		    "HttpOnly; SameSite=Lax\r\n");
	ck_assert_ptr_null(strstr(a, "Content-Type"));
	a = get("/api/send?text=x%0d%0aSet-Cookie:%20a=b");
	answers(a, "Status: 500 ", "INTERNAL_SERVER_ERROR");
	ck_assert_ptr_null(strstr(a, "a=b"));
	ck_assert_ptr_null(strstr(a, "Location"));
}
END_TEST

START_TEST(test_cookies)
{
	static const struct {
		const char *header, *value;
	} t[] = {
		{"__Host-c=1", "1"},
		{"a=b; __Host-c=2", "2"},
		{"a=b;__Host-c=3;d=e", "3"},
		{"__Host-c=4; __Host-c=5", "new"}, /* planted */
		{" ;; __Host-c=x=y ; z", "x=y"},
		{"x__Host-c=1; __Host-c2=2", "new"},
		{"__Host-c", "new"},
		{"", "new"},
	};

	for (size_t i = 0; i < NELEM(t); i++) {
		char want[64];

		(void)snprintf(want, sizeof(want),
			"\r\nSet-Cookie: __Host-c=%s; ", t[i].value);
		unit_has(with_cookie("/api/send?text=x", t[i].header), want);
	}
}
END_TEST

#ifdef AS_DEVELOPER
START_TEST(test_reply_check)
{
	answers(get("/api/liar"), "Status: 500 ", "INTERNAL_SERVER_ERROR");
	ck_assert_ptr_null(strstr(buf_text(&wire.answer), "breaks"));
}
END_TEST
#endif

Suite *
suite_serve(void)
{
	const TTest *const tests[] = {test_headers, test_bad_queries,
		test_methods, test_bodies, test_content_length, test_auth,
		test_redirect, test_cookies,
#ifdef AS_DEVELOPER
		test_reply_check,
#endif
		NULL};
	Suite *s = suite_create("serve");
	TCase *c = unit_case(s, "serve", tests);

	tcase_add_checked_fixture(c, setup, teardown);
	return s;
}
