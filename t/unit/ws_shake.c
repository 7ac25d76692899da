/* ws_shake.c - the handshake's head: paths, Origins, what is refused. */
#include "unit_ws.h"

#include "base/arena.h"
#include "base/buf.h"
#include "ws/shake.h"

#define ID "0f8fad5b-d9cb-469f-a165-70867728950e"

static struct ctx ctx;

static void
setup(void)
{
	ctx = (struct ctx){.arena = arena_new(1 << 24, 1 << 26)};
}

static void
teardown(void)
{
	arena_free(ctx.arena);
}

START_TEST(test_path)
{
	static const char *const good[] = {"/api/deployments/" ID
					   "/logs/stream",
		"/api/v1/deployments/" ID "/logs/stream", "/ws/logs/" ID,
		"/api/ws/logs/" ID, "/api/v1/ws/logs/" ID,
		"/ws/logs/0F8FAD5B-D9CB-469F-A165-70867728950E"};
	static const char *const bad[] = {"", "/", "/api/v1", "/ws/logs/",
		"/ws/logs/" ID "/", "/ws/logs/" ID "0", "/ws/logs//" ID,
		"/deployments/" ID "/logs/stream", "/api/deployments/" ID,
		"/api/deployments/" ID "/logs/streams",
		"/api/v1/api/ws/logs/" ID,
		"/ws/logs/0f8fad5b-d9cb-469f-a165-70867728950g"};
	char id[37];

	for (size_t i = 0; i < NELEM(good); i++) {
		ck_assert_msg(shake_path(good[i], id), "%s", good[i]);
		ck_assert_str_eq(id, ID);
	}
	for (size_t i = 0; i < NELEM(bad); i++)
		ck_assert_msg(!shake_path(bad[i], id), "%s", bad[i]);
}
END_TEST

START_TEST(test_path_status)
{
	static const char *const bad[] = {"", "/", "/api", "/api/v1",
		"/status/stream", "/api/status", "/api/status/stream/",
		"/api/status/streams", "/api//status/stream",
		"/api/v2/status/stream", "/api/v1/api/status/stream",
		"/ws/status", "/api/deployments/" ID "/logs/stream"};
	char id[37];

	ck_assert(shake_path_is_status("/api/status/stream"));
	ck_assert(shake_path_is_status("/api/v1/status/stream"));
	ck_assert(!shake_path("/api/status/stream", id));
	for (size_t i = 0; i < NELEM(bad); i++)
		ck_assert_msg(!shake_path_is_status(bad[i]), "%s", bad[i]);
}
END_TEST

START_TEST(test_read)
{
	static const char head[] =
		"GET /ws/logs/" ID "?a=b&token=x%2By HTTP/1.1\r\n"
		"host: h\r\n"
		"UPGRADE: WebSocket\r\n"
		"Connection: keep-alive, Upgrade\r\n"
		"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
		"Sec-WebSocket-Version: 13\r\n"
		"Authorization: bearer  t.o.k\r\n"
		"\r\n";
	size_t n = strlen(head);
	struct shake s;

	ck_assert_uint_eq(shake_length(head, n - 1), 0);
	ck_assert_uint_eq(shake_length(head, n), n);
	ck_assert_int_eq(shake_read(&ctx, head, n, &s), E_OK);
	ck_assert_str_eq(s.deployment, ID);
	ck_assert_str_eq(s.query, "x+y");
	ck_assert_str_eq(s.bearer, "t.o.k");
	ck_assert_ptr_null(s.origin);
}
END_TEST

START_TEST(test_refusal)
{
	AUTO_BUF struct buf b = {.max = 4096};

	shake_put_refusal(&b, E_UNAUTHORIZED, "a \"text\"", ID);
	unit_has(b.data, "HTTP/1.1 401 Unauthorized\r\n");
	unit_has(b.data, "WWW-Authenticate: Bearer\r\n");
	unit_has(b.data, "\r\n\r\n{\"error\":{\"code\":\"UNAUTHORIZED\","
			 "\"message\":\"a \\\"text\\\"\",\"statusCode\":401,"
			 "\"details\":{}}}");
}
END_TEST

Suite *
suite_shake(void)
{
	const TTest *const tests[] = {
		test_path, test_path_status, test_read, test_refusal, NULL};
	Suite *s = suite_create("shake");

	tcase_add_checked_fixture(
		unit_case(s, "WS-2 handshake", tests), setup, teardown);
	return s;
}
