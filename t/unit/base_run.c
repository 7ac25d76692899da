/* base_run.c - children: exec failures, descriptors, signals, lifetimes. */
#include "unit_base.h"

#include "base/arena.h"
#include "base/fd.h"
#include "base/run.h"
#include "base/str.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

/* Run argv with stdout into a file, and return its text and exit code. */
static char *
output(struct arena *a, const char *const argv[], const char *const env[],
	int *ret_code)
{
	char name[] = "/tmp/autostack-unit-run.XXXXXX";
	int out = mkostemp(name, O_CLOEXEC);
	int fds[] = {-1, out, 2};
	pid_t pid;
	char *text;

	ck_assert_int_ge(out, 0);
	pid = run_start(argv, env, fds, NELEM(fds));
	ck_assert_int_gt(pid, 0);
	*ret_code = run_wait(pid);
	text = fd_read_file(a, name, 65536, NULL);
	ck_assert_ptr_nonnull(text);
	(void)close(out);
	(void)unlink(name);
	return text;
}

START_TEST(test_exec_failure)
{
	static const char *const absent[] = {"/nonexistent/x", NULL};
	static const char *const directory[] = {"/tmp", NULL};
	static const char *const relative[] = {"true", NULL};
	static const char *const none[] = {NULL};

	ck_assert_int_eq(run_start(absent, NULL, NULL, 0), -1);
	ck_assert_int_eq(errno, ENOENT);
	ck_assert_int_eq(run_start(directory, NULL, NULL, 0), -1);
	ck_assert_int_eq(errno, EACCES);
	ck_assert_int_eq(run_start(relative, NULL, NULL, 0), -1);
	ck_assert_int_eq(errno, EINVAL);
	ck_assert_int_eq(run_start(none, NULL, NULL, 0), -1);
	/* no zombie is left behind */
	ck_assert_int_eq(waitpid(-1, NULL, WNOHANG), -1);
	ck_assert_int_eq(errno, ECHILD);
}
END_TEST

START_TEST(test_bad_fd)
{
	static const char *const argv[] = {"/bin/true", NULL};
	int fds[] = {999};

	ck_assert_int_eq(run_start(argv, NULL, fds, 1), -1);
	ck_assert_int_eq(errno, EBADF);
}
END_TEST

START_TEST(test_exit)
{
	static const char *const three[] = {"/bin/sh", "-c", "exit 3", NULL};
	static const char *const hup[] = {
		"/bin/sh", "-c", "kill -HUP $$", NULL};

	ck_assert_int_eq(run_wait(run_start(three, NULL, NULL, 0)), 3);
	ck_assert_int_eq(run_wait(run_start(hup, NULL, NULL, 0)), 256 + SIGHUP);
	ck_assert_int_eq(run_wait(999999999), -1);
}
END_TEST

START_TEST(test_environment)
{
	static const char *const argv[] = {"/usr/bin/env", NULL};
	static const char *const env[] = {"A=b", "C=", NULL};
	struct arena *a = arena_new(1 << 20, 1 << 20);
	int code = -1;

	ck_assert_str_eq(output(a, argv, NULL, &code), "");
	ck_assert_int_eq(code, 0);
	ck_assert_str_eq(output(a, argv, env, &code), "A=b\nC=\n");
	arena_free(a);
}
END_TEST

START_TEST(test_descriptors)
{
	static const char *const argv[] = {"/bin/ls", "/proc/self/fd", NULL};
	struct arena *a = arena_new(1 << 20, 1 << 20);
	int code = -1;

	/* one that is open without close-on-exec must not get through */
	ck_assert_int_ge(open("/dev/null", O_RDONLY), 0);
	ck_assert_int_ge(fcntl(0, F_DUPFD, 200), 200);
	/* 3 is ls reading the directory */
	ck_assert_str_eq(output(a, argv, NULL, &code), "0\n1\n2\n3\n");
	arena_free(a);
}
END_TEST

START_TEST(test_swapped)
{
	static const char *const argv[] = {"/bin/sh", "-c",
		"echo one; echo two >&2; echo five >&5; test ! -e "
		"/proc/$$/fd/4",
		NULL};
	int one[2];
	int two[2];
	int five[2];
	char text[16];

	ck_assert_int_eq(pipe2(one, O_CLOEXEC), 0);
	ck_assert_int_eq(pipe2(two, O_CLOEXEC), 0);
	ck_assert_int_eq(pipe2(five, O_CLOEXEC), 0);
	/* sources that overlap with their own targets, in a cycle */
	ck_assert_int_eq(dup3(two[1], 60, O_CLOEXEC), 60);
	ck_assert_int_eq(dup3(one[1], 2, O_CLOEXEC), 2);
	ck_assert_int_eq(dup3(60, 1, O_CLOEXEC), 1);

	int fds[] = {-1, 2, 1, -1, -1, five[1]};

	ck_assert_int_eq(run_wait(run_start(argv, NULL, fds, 6)), 0);
	ck_assert_int_eq(read(one[0], text, sizeof(text)), 4);
	ck_assert_mem_eq(text, "one\n", 4);
	ck_assert_int_eq(read(two[0], text, sizeof(text)), 4);
	ck_assert_mem_eq(text, "two\n", 4);
	ck_assert_int_eq(read(five[0], text, sizeof(text)), 5);
	ck_assert_mem_eq(text, "five\n", 5);
}
END_TEST

START_TEST(test_signals)
{
	static const char *const argv[] = {
		"/bin/grep", "-E", "^Sig(Blk|Ign):", "/proc/self/status", NULL};
	struct arena *a = arena_new(1 << 20, 1 << 20);
	sigset_t set;
	sigset_t after;
	int code = -1;
	char *text;

	ck_assert_ptr_ne(signal(SIGPIPE, SIG_IGN), SIG_ERR);
	(void)sigemptyset(&set);
	(void)sigaddset(&set, SIGUSR1);
	(void)sigprocmask(SIG_BLOCK, &set, NULL);
	text = output(a, argv, NULL, &code);
	unit_has(text, "SigBlk:\t0000000000000000\nSigIgn:\t");
	/* 32 and 33 are the C library's own: it ignores them in children of
	 * posix_spawn (make's, say) and lets nobody change that */
	ck_assert_uint_eq(strtoull(strstr(text, "SigIgn:") + 8, NULL, 16) &
				  ~UINT64_C(0x180000000),
		0);
	/* and ours is as it was */
	(void)sigprocmask(SIG_BLOCK, NULL, &after);
	ck_assert(sigismember(&after, SIGUSR1) == 1);
	ck_assert(sigismember(&after, SIGTERM) == 0);
	arena_free(a);
}
END_TEST

START_TEST(test_dies_with_parent)
{
	static const char *const argv[] = {"/bin/sleep", "600", NULL};
	int ends[2];
	pid_t middle;
	pid_t grandchild = -1;

	/* orphans come to us, so that their end can be awaited */
	ck_assert_int_eq(prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
	ck_assert_int_eq(pipe2(ends, O_CLOEXEC), 0);
	middle = fork();
	if (middle == 0) {
		pid_t pid = run_start(argv, NULL, NULL, 0);

		_exit(write(ends[1], &pid, sizeof(pid)) != sizeof(pid));
	}
	ck_assert_int_eq(read(ends[0], &grandchild, sizeof(grandchild)),
		sizeof(grandchild));
	ck_assert_int_gt(grandchild, 0);
	ck_assert_int_eq(run_wait(middle), 0);
	ck_assert_int_eq(run_wait(grandchild), 256 + SIGKILL);
}
END_TEST

Suite *
suite_run(void)
{
	const TTest *const tests[] = {test_exec_failure, test_bad_fd, test_exit,
		test_environment, test_descriptors, test_swapped, test_signals,
		test_dies_with_parent, NULL};
	Suite *s = suite_create("run");

	(void)unit_case(s, "run", tests);
	return s;
}
