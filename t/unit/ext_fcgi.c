/* ext_fcgi.c - requests to a child on a socket of its own, and its end. */
#include "unit_ext.h"

#include "base/buf.h"
#include "base/clock.h"
#include "base/fd.h"
#include "base/rand.h"
#include "ext/fcgi.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

static char tmp[64];
static struct sockaddr_un addr = {.sun_family = AF_UNIX};
static int listener = -1;
static struct fcgi *serving; /* in the child, for its signal handler */

static void
setup(void)
{
	unit_tmp(tmp);
	(void)snprintf(addr.sun_path, sizeof(addr.sun_path), "%s/s", tmp);
	listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	ck_assert_int_ge(listener, 0);
	ck_assert_int_eq(
		bind(listener, (struct sockaddr *)&addr, sizeof(addr)), 0);
	ck_assert_int_eq(listen(listener, 16), 0);
}

static void
teardown(void)
{
	(void)close(listener);
	unit_tmp_done(tmp);
}

static void
on_term(int sig)
{
	(void)sig;
	fcgi_stop(serving);
}

/* Answer with a parameter and the body until told to stop. */
static void
serve(int ready)
{
	struct sigaction sa = {.sa_handler = on_term, .sa_flags = SA_RESTART};
	char p[64];
	AUTO_BUF struct buf b = {0};

	if (dup2(listener, 0) < 0)
		_exit(3);
	serving = fcgi_new();
	(void)sigaction(SIGTERM, &sa, NULL);
	if (write(ready, "r", 1) != 1)
		_exit(4);
	while (fcgi_accept(serving)) {
		const char *name = fcgi_param(serving, "NAME");
		ptrdiff_t n;

		buf_init(&b, 8 << 20);
		buf_printf(&b,
			"Status: 200\r\n\r\n%s:%s:", name ? name : "none",
			fcgi_param(serving, "NIX") ? "some" : "none");
		while ((n = fcgi_read(serving, p, sizeof(p))) > 0)
			buf_add(&b, p, (size_t)n);
		if (n == 0 && fcgi_write(serving, b.data, b.len))
			fcgi_reply(serving, ".", 1);
		else
			fcgi_reply(serving, "broken", 6);
		buf_done(&b);
	}
	_exit(fcgi_stopped(serving) ? 0 : 5);
}

/* A child that serves, once it does. */
static pid_t
server(void)
{
	int ready[2];
	char c;
	pid_t pid;

	ck_assert_int_eq(pipe(ready), 0);
	pid = fork();
	ck_assert_int_ge(pid, 0);
	if (pid == 0)
		serve(ready[1]);
	(void)close(ready[1]);
	ck_assert_int_eq(read(ready[0], &c, 1), 1);
	(void)close(ready[0]);
	return pid;
}

/* Its exit status within five seconds; -1: it goes on (and is killed). */
static int
ended(pid_t pid)
{
	int64_t until = clock_mono_ms() + 5000;
	int status;

	while (waitpid(pid, &status, WNOHANG) == 0) {
		if (clock_mono_ms() > until) {
			(void)kill(pid, SIGKILL);
			(void)waitpid(pid, &status, 0);
			return -1;
		}
		(void)poll(NULL, 0, 1);
	}
	return WIFEXITED(status) ? WEXITSTATUS(status) : -2;
}

static void
record(int fd, uint8_t type, const void *p, size_t n)
{
	uint8_t head[8] = {1, type, 0, 1, (uint8_t)(n >> 8), (uint8_t)n, 0, 0};

	ck_assert(fd_write_all(fd, head, sizeof(head)));
	ck_assert(fd_write_all(fd, p, n));
}

static int
request(void)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	ck_assert_int_eq(
		connect(fd, (struct sockaddr *)&addr, sizeof(addr)), 0);
	record(fd, 1, "\0\1\0\0\0\0\0\0", 8); /* begin, a responder */
	record(fd, 4, "\4\3NAMEabc", 9);
	record(fd, 4, "", 0);
	return fd;
}

static void
body(int fd, const char *p, size_t n)
{
	for (size_t i = 0; i < n; i += 60000)
		record(fd, 5, p + i, MIN(n - i, 60000));
	record(fd, 5, "", 0);
}

/* The answer's bytes without the records' heads. */
static void
answer(int fd, struct buf *b)
{
	uint8_t head[8];

	for (;;) {
		size_t n, got = 0;
		char *p;

		if (recv(fd, head, 8, MSG_WAITALL) != 8 || head[1] == 3)
			break;
		n = (size_t)(head[4] << 8 | head[5]);
		ck_assert(p = buf_room(b, n + head[6] + 1));
		got = n + head[6]
			      ? (size_t)recv(fd, p, n + head[6], MSG_WAITALL)
			      : 0;
		ck_assert_uint_eq(got, n + head[6]);
		if (head[1] == 6)
			buf_added(b, n);
	}
	(void)close(fd);
}

static void
ask(const char *text, size_t n, struct buf *b)
{
	int fd = request();

	body(fd, text, n);
	answer(fd, b);
}

START_TEST(test_request)
{
	pid_t pid = server();
	AUTO_BUF struct buf b = {0};
	size_t n = 1 << 20;
	char *big = malloc(n);

	ck_assert_ptr_nonnull(big);
	memset(big, 'x', n);
	buf_init(&b, 4 << 20);
	ask("", 0, &b);
	ck_assert_str_eq(b.data, "Status: 200\r\n\r\nabc:none:.");
	for (int i = 0; i < 3; i++) {
		buf_reset(&b);
		ask("hello", 5, &b);
		ck_assert_str_eq(b.data, "Status: 200\r\n\r\nabc:none:hello.");
	}
	buf_reset(&b);
	ask(big, n, &b);
	ck_assert_uint_eq(b.len, n + 25);
	free(big);
	ck_assert_int_eq(kill(pid, SIGTERM), 0);
	ck_assert_int_eq(ended(pid), 0);
}
END_TEST

/* Clients that say nothing, nonsense, or leave: the next one is served. */
START_TEST(test_rude)
{
	pid_t pid = server();
	AUTO_BUF struct buf b = {0};
	int fd;

	for (int i = 0; i < 4; i++) {
		fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
		ck_assert_int_eq(
			connect(fd, (struct sockaddr *)&addr, sizeof(addr)), 0);
		if (i == 1)
			ck_assert(
				fd_write_all(fd, "GET / HTTP/1.1\r\n\r\n", 18));
		if (i == 2)
			ck_assert(fd_write_all(fd, "\1\1\0\1\0\10\0\0", 8));
		(void)close(fd);
	}
	(void)close(request()); /* gone before its body */
	fd = request();
	body(fd, "x", 1);
	(void)close(fd); /* gone before its answer */
	buf_init(&b, 1 << 16);
	ask("y", 1, &b);
	ck_assert_str_eq(b.data, "Status: 200\r\n\r\nabc:none:y.");
	ck_assert_int_eq(kill(pid, SIGTERM), 0);
	ck_assert_int_eq(ended(pid), 0);
}
END_TEST

/* Whenever the signal comes, also between the test of the flag and accept. */
START_TEST(test_stop)
{
	for (int i = 0; i < 60; i++) {
		pid_t pid = server();
		struct timespec ts = {0, (long)rand_below(300000)};

		(void)nanosleep(&ts, NULL); /* the moment is what varies */
		ck_assert_int_eq(kill(pid, SIGTERM), 0);
		ck_assert_int_eq(ended(pid), 0);
	}
}
END_TEST

START_TEST(test_stop_in_request)
{
	pid_t one = server();
	int fd = request();
	AUTO_BUF struct buf b = {0};
	pid_t two;

	(void)poll(NULL, 0, 100); /* taken by now, or the end comes before */
	two = server();
	ck_assert_int_eq(kill(one, SIGTERM), 0);
	buf_init(&b, 1 << 16);
	body(fd, "z", 1);
	answer(fd, &b);
	ck_assert_str_eq(b.data, "Status: 200\r\n\r\nabc:none:z.");
	ck_assert_int_eq(ended(one), 0);
	/* the other of the pool goes on */
	buf_reset(&b);
	ask("w", 1, &b);
	ck_assert_str_eq(b.data, "Status: 200\r\n\r\nabc:none:w.");
	ck_assert_int_eq(kill(two, SIGTERM), 0);
	ck_assert_int_eq(ended(two), 0);
}
END_TEST

START_TEST(test_no_socket)
{
	pid_t pid = fork();

	if (pid == 0) {
		struct fcgi *f;

		(void)close(0);
		f = fcgi_new(); /* descriptor 0 is now its /dev/null */
		_exit(fcgi_accept(f) || fcgi_stopped(f) ? 1 : 0);
	}
	ck_assert_int_eq(ended(pid), 0);
	fcgi_free(NULL);
}
END_TEST

Suite *
suite_fcgi(void)
{
	Suite *s = suite_create("fcgi");

	tcase_add_checked_fixture(
		unit_case(s, "fcgi",
			(const TTest *const[]){test_request, test_rude,
				test_stop, test_stop_in_request, test_no_socket,
				NULL}),
		setup, teardown);
	return s;
}
