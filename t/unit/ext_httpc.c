/* ext_httpc.c - which addresses may be asked, and what happens where nothing
 * answers. Whole conversations are t/2610 and t/2630. */
#include "unit_ext.h"

#include "base/arena.h"
#include "base/str.h"
#include "ext/httpc.h"

#include <arpa/inet.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

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

/* Bytes that this process has read from files. */
static int64_t
bytes_read(void)
{
	FILE *f = fopen("/proc/self/io", "r");
	int64_t n = -1;

	ck_assert_ptr_nonnull(f);
	ck_assert_int_eq(fscanf(f, "rchar: %" SCNd64, &n), 1);
	(void)fclose(f);
	return n;
}

/* Takes connections, and ends each at once. */
static pid_t
hang_up(int listening)
{
	pid_t pid = fork();

	ck_assert_int_ge(pid, 0);
	while (pid == 0)
		(void)close(accept(listening, NULL, NULL));
	return pid;
}

START_TEST(test_often)
{
	struct ctx ctx = {.arena = arena_new(1 << 20, 1 << 24)};
	struct sockaddr_in at = {.sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof(at);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct httpc_request rq = {.timeout_ms = 60000, .often = true};
	struct httpc_answer answer;
	int64_t read[4];
	pid_t other;

	ck_assert(fd >= 0 && !bind(fd, (struct sockaddr *)&at, len) &&
		  !listen(fd, 8) &&
		  !getsockname(fd, (struct sockaddr *)&at, &len));
	other = hang_up(fd);
	rq.url = arena_printf(
		ctx.arena, "https://127.0.0.1:%d/", ntohs(at.sin_port));
	for (size_t i = 0; i < NELEM(read); i++) {
		read[i] = -bytes_read();
		ck_assert_int_eq(httpc_ask(&ctx, &rq, &answer), E_BAD_GATEWAY);
		read[i] += bytes_read();
		ctx_clear(&ctx);
		rq.often = i < 2;
	}
	(void)kill(other, SIGKILL);
	(void)waitpid(other, NULL, 0);
	/* the bundle, which the library may have had other files beside */
	ck_assert_int_gt(read[0], 100000);
	ck_assert_int_lt(read[1], 20000);
	ck_assert_int_lt(read[2], 20000);
	ck_assert_int_gt(read[3], 100000);
	(void)close(fd);
	arena_free(ctx.arena);
}
END_TEST

Suite *
suite_httpc(void)
{
	Suite *s = suite_create("httpc");

	unit_case(s, "WH-1 WH-2 requests to others",
		(const TTest *const[]){
			test_urls, test_failures, test_often, NULL});
	return s;
}
