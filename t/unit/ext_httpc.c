/* ext_httpc.c - which addresses may be asked, and what happens where nothing
 * answers. Whole conversations are t/2610 and t/2630. */
#include "unit_ext.h"

#include "base/arena.h"
#include "base/str.h"
#include "ext/httpc.h"

#include <sys/socket.h>

START_TEST(test_urls)
{
	static const char *const good[] = {"https://example.com",
		"https://example.com:8443/x?y", "http://127.0.0.1:8080/x",
		"http://localhost/", "http://[::1]:9/", "https://192.0.2.1/"};
	static const char *const bad[] = {"", "x", "example.com", "//x",
		"http://example.com/", "http://127.0.0.1.nip.io/",
		"http://localhost.example.com/", "ftp://x/",
		"file:///etc/passwd", "gopher://127.0.0.1/",
		"https://user@example.com/", "https://u:p@example.com/",
		"https://example.com/\r\nX: y", "https://exa mple.com/",
		"https://", "javascript:x", "http://127.0.0.1@evil/",
		"http://0/", "http://[::]/"};

	for (size_t i = 0; i < NELEM(good); i++)
		ck_assert_msg(httpc_url_ok(good[i]), "%s", good[i]);
	for (size_t i = 0; i < NELEM(bad); i++)
		ck_assert_msg(!httpc_url_ok(bad[i]), "%s", bad[i]);
}
END_TEST

static const char *
no_one(const struct sockaddr *sa)
{
	return sa->sa_family == AF_INET ? "loopback" : NULL;
}

START_TEST(test_failures)
{
	struct ctx ctx = {.arena = arena_new(1 << 20, 1 << 24)};
	struct httpc_request rq = {
		.url = "http://127.0.0.1:1/secret?code=secret",
		.timeout_ms = 5000};
	struct httpc_answer answer;

	ck_assert_int_eq(httpc_ask(&ctx, &rq, &answer), E_BAD_GATEWAY);
	ck_assert(str_starts(ctx.cause, "127.0.0.1: "));
	ck_assert_ptr_null(strstr(ctx.cause, "secret"));
	ctx_clear(&ctx);
	rq.refused = no_one;
	ck_assert_int_eq(httpc_ask(&ctx, &rq, &answer), E_BAD_GATEWAY);
	ck_assert_str_eq(ctx.cause, "127.0.0.1: loopback");
	ctx_clear(&ctx);
	rq.timeout_ms = 0;
	ck_assert_int_eq(httpc_ask(&ctx, &rq, &answer), E_BAD_GATEWAY);
	ck_assert_str_eq(ctx.cause, "127.0.0.1: no time left");
	ctx_clear(&ctx);
	rq.url = "http://example.com/";
	ck_assert_int_eq(httpc_ask(&ctx, &rq, &answer), E_BAD_GATEWAY);
	arena_free(ctx.arena);
}
END_TEST

Suite *
suite_httpc(void)
{
	Suite *s = suite_create("httpc");
	TCase *c = tcase_create("WH-1 WH-2 requests to others");

	tcase_add_test(c, test_urls);
	tcase_add_test(c, test_failures);
	suite_add_tcase(s, c);
	return s;
}
