/*
 * base_limiter.c - windows and quotas; that many processes together let exactly
 * a quota pass; that the file may be missing, cut off, full or another.
 */
#include "unit_base.h"

#define SETS 16 /* so that a test can fill them */
#include "../../src/base/limiter.c"

#include <sys/wait.h>

#define MINUTE 60000

static struct arena *arena;
static char dir[64];
static const char *path;
static int64_t now;

static int64_t
stopped_clock(void)
{
	return now;
}

static struct limiter *
open_limiter(void)
{
	struct limiter *l = limiter_new(arena, path);

	l->clock = stopped_clock;
	return l;
}

static void
setup(void)
{
	arena = arena_new(1 << 20, 1 << 20);
	unit_tmp(dir);
	path = arena_printf(arena, "%s/limits.v1", dir);
	now = 1000000;
}

static void
teardown(void)
{
	arena_free(arena);
	unit_tmp_done(dir);
}

static struct limit
hit(struct limiter *l, const char *key, int64_t quota)
{
	struct limit r = {0};

	ck_assert(limiter_hit(l, key, quota, MINUTE, &r));
	return r;
}

START_TEST(test_window)
{
	struct limiter *l = open_limiter();
	struct limit r = hit(l, "g:a", 3);

	ck_assert(!r.over);
	ck_assert_int_eq(r.left, 2);
	ck_assert_int_eq(r.seconds, 60);
	now += 58500;
	ck_assert_int_eq(hit(l, "g:a", 3).left, 1);
	ck_assert_int_eq(hit(l, "g:a", 3).left, 0);
	r = hit(l, "g:a", 3);
	ck_assert(r.over);
	ck_assert_int_eq(r.left, 0);
	ck_assert_int_eq(r.seconds, 2);
	/* what waits for as long as it is told passes, and not before */
	now += 1499;
	ck_assert(hit(l, "g:a", 3).over);
	now += 1;
	r = hit(l, "g:a", 3);
	ck_assert(!r.over);
	ck_assert_int_eq(r.left, 2);
	ck_assert_int_eq(r.seconds, 60);
}
END_TEST

START_TEST(test_keys)
{
	struct limiter *l = open_limiter();

	ck_assert(!hit(l, "g:a", 1).over);
	ck_assert(!hit(l, "d:a", 1).over);
	ck_assert(!hit(l, "g:b", 1).over);
	ck_assert(hit(l, "g:a", 1).over);
	/* a quota that was raised holds at once */
	ck_assert(!hit(l, "g:a", 2).over);
}
END_TEST

/* Windows of another boot begin in the future. */
START_TEST(test_boot)
{
	struct limiter *l = open_limiter();

	ck_assert(!hit(l, "g:a", 1).over);
	now = 5;
	ck_assert(!hit(l, "g:a", 1).over);
	ck_assert(hit(l, "g:a", 1).over);
}
END_TEST

START_TEST(test_restart)
{
	struct limiter *l = open_limiter();

	ck_assert(!hit(l, "g:a", 1).over);
	close_file(l);
	ck_assert(hit(open_limiter(), "g:a", 1).over);
}
END_TEST

START_TEST(test_file)
{
	struct limiter *l = open_limiter();
	struct limiter *other = open_limiter();
	struct limit r;

	ck_assert(!hit(l, "g:a", 1).over);
	/* removed: all go on in the new one */
	ck_assert_int_eq(unlink(path), 0);
	ck_assert(!hit(other, "g:a", 1).over);
	ck_assert(hit(l, "g:a", 1).over);
	now += CHECK_MS;
	ck_assert(hit(l, "g:a", 1).over);
	ck_assert(hit(other, "g:a", 1).over);
	/* cut off: it begins again */
	ck_assert_int_eq(truncate(path, 10), 0);
	now += CHECK_MS;
	ck_assert(!hit(l, "g:a", 1).over);
	/* no file at all */
	ck_assert_int_eq(unlink(path), 0);
	ck_assert_int_eq(symlink("/dev/null", path), 0);
	now += CHECK_MS;
	ck_assert(!limiter_hit(l, "g:a", 1, MINUTE, &r));
	ck_assert_int_eq(unlink(path), 0);
	ck_assert_int_eq(mkdir(path, 0700), 0);
	ck_assert(!limiter_hit(l, "g:a", 1, MINUTE, &r));
	ck_assert_int_eq(rmdir(path), 0);
	ck_assert(!hit(l, "g:a", 1).over);
	now += CHECK_MS;
	ck_assert(hit(other, "g:a", 1).over);
}
END_TEST

/* Far more keys than slots: the file does not grow, and the newest are still
 * known. */
START_TEST(test_full)
{
	struct limiter *l = open_limiter();
	char key[LIMITER_KEY];
	struct stat st;
	int forgotten = 0;

	for (int i = 0; i < 2 * SETS * SET_SLOTS; i++) {
		(void)snprintf(key, sizeof(key), "g:%d", i);
		(void)hit(l, key, 1);
		now++;
	}
	ck_assert_int_eq(stat(path, &st), 0);
	ck_assert_int_eq(st.st_size, FILE_SIZE);
	for (int i = 0; i < 40; i++) {
		(void)snprintf(
			key, sizeof(key), "g:%d", 2 * SETS * SET_SLOTS - 1 - i);
		forgotten += !hit(l, key, 1).over;
	}
	ck_assert_int_le(forgotten, 4);
}
END_TEST

/* A window of an hour outlives any number of minutes that have ended. */
START_TEST(test_lengths)
{
	struct limiter *l = open_limiter();
	char key[LIMITER_KEY];
	struct limit r;

	ck_assert(limiter_hit(l, "d:a", 1, 60 * MINUTE, &r) && !r.over);
	for (int i = 0; i < 4 * SETS * SET_SLOTS; i++) {
		(void)snprintf(key, sizeof(key), "g:%d", i);
		(void)hit(l, key, 1);
		now += MINUTE / 20; /* 51 of them in all */
	}
	ck_assert(limiter_hit(l, "d:a", 1, 60 * MINUTE, &r) && r.over);
}
END_TEST

/* RL-2: processes that begin at once, each with the file opened by itself. */
static int
passed(int barrier, const char *key, int tries)
{
	struct limiter *l = limiter_new(arena, path);
	struct limit r;
	char byte;
	int n = 0;

	ck_assert_int_eq(read(barrier, &byte, 1), 0);
	for (int i = 0; i < tries; i++) {
		if (!limiter_hit(l, key, 100, MINUTE, &r))
			_exit(255);
		n += !r.over;
	}
	return n;
}

START_TEST(test_processes)
{
	enum { N = 8 };
	pid_t pids[N];
	int barrier[2];
	int total = 0;
	int status;

	ck_assert_int_eq(pipe(barrier), 0);
	for (int i = 0; i < N; i++) {
		pids[i] = fork();
		ck_assert_int_ge(pids[i], 0);
		if (pids[i] == 0) {
			(void)close(barrier[1]);
			_exit(passed(barrier[0], "g:all", 50));
		}
	}
	(void)close(barrier[0]);
	(void)close(barrier[1]);
	for (int i = 0; i < N; i++) {
		ck_assert_int_eq(waitpid(pids[i], &status, 0), pids[i]);
		ck_assert(WIFEXITED(status));
		ck_assert_int_ne(WEXITSTATUS(status), 255);
		total += WEXITSTATUS(status);
	}
	ck_assert_int_eq(total, 100);
}
END_TEST

/* One that is killed while it holds a lock leaves it to the others. */
START_TEST(test_killed)
{
	struct limiter *l = open_limiter();
	struct limiter *mine;
	struct key key = {0};
	int said[2];
	pid_t pid;
	char byte;

	memcpy(key.word, "g:a", 3);
	ck_assert_int_eq(pipe(said), 0);
	pid = fork();
	ck_assert_int_ge(pid, 0);
	if (pid == 0) {
		mine = limiter_new(arena, path);
		if (!ensure(mine) ||
			!lock(mine->fd, (off_t)set_of(mine, &key), F_WRLCK))
			_exit(1);
		ck_assert_int_eq(write(said[1], "x", 1), 1);
		(void)pause();
		_exit(0);
	}
	ck_assert_int_eq(read(said[0], &byte, 1), 1);
	ck_assert_int_eq(kill(pid, SIGKILL), 0);
	ck_assert_int_eq(waitpid(pid, NULL, 0), pid);
	ck_assert_int_eq(hit(l, "g:a", 2).left, 1);
	(void)close(said[0]);
	(void)close(said[1]);
}
END_TEST

static const char *
address(const char *ip)
{
	static char key[LIMITER_KEY];

	limiter_address(key, 'g', ip);
	return key;
}

START_TEST(test_address)
{
	char key[LIMITER_KEY];

	ck_assert_str_eq(address("192.0.2.1"), "g:192.0.2.1");
	ck_assert_str_eq(address("::ffff:192.0.2.1"), "g:192.0.2.1");
	ck_assert_str_eq(address("::ffff:c000:201"), "g:192.0.2.1");
	ck_assert_str_eq(address("2001:db8:1:2:3:4:5:6"), "g:2001:db8:1:2::");
	ck_assert_str_eq(address("2001:DB8:1:2::"), "g:2001:db8:1:2::");
	ck_assert_str_eq(address("2001:db8:1:3::1"), "g:2001:db8:1:3::");
	ck_assert_str_eq(address("::1"), "g:::");
	ck_assert_str_eq(address(NULL), "g:?");
	limiter_user(key, 'd', "0f8fad5b-d9cb-469f-a165-70867728950e");
	ck_assert_str_eq(key, "d:0f8fad5b-d9cb-469f-a165-70867728950e");
}
END_TEST

Suite *
suite_limiter(void)
{
	const TTest *const tests[] = {test_window, test_keys, test_boot,
		test_restart, test_file, test_full, test_lengths, NULL};
	const TTest *const shared[] = {test_processes, test_killed, NULL};
	const TTest *const addresses[] = {test_address, NULL};
	Suite *s = suite_create("limiter");

	tcase_add_checked_fixture(
		unit_case(s, "limiter", tests), setup, teardown);
	tcase_add_checked_fixture(
		unit_case(s, "RL-2 processes", shared), setup, teardown);
	(void)unit_case(s, "RL-3 addresses", addresses);
	return s;
}
