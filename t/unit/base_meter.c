/*
 * base_meter.c - counters of several processes, and files that are missing,
 * shorter, of another layout or no files.
 */
#include "unit_base.h"

#include "base/arena.h"
#include "base/meter.h"

#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define PROCESSES 8
#define TIMES     20000

static struct arena *arena;
static char dir[64];

static void
setup(void)
{
	arena = arena_new(1 << 20, 1 << 20);
	unit_tmp(dir);
}

static void
teardown(void)
{
	arena_free(arena);
	unit_tmp_done(dir);
}

static uint64_t
word_of(const struct meter *m, size_t word)
{
	uint64_t all[3];

	meter_read(m, all);
	return all[word];
}

START_TEST(test_processes)
{
	int ended = 0;

	for (int i = 0; i < PROCESSES; i++) {
		struct meter *m;
		pid_t pid = fork();

		ck_assert_int_ge(pid, 0);
		if (pid > 0)
			continue;
		m = meter_new(arena, dir, "m", "abc", 3);
		for (int n = 0; n < TIMES; n++)
			meter_add(m, (size_t)(n % 3), 2);
		_exit(0);
	}
	while (wait(NULL) > 0)
		ended++;
	ck_assert_int_eq(ended, PROCESSES);
	{
		const struct meter *m = meter_new(arena, dir, "m", "abc", 3);

		ck_assert_uint_eq(word_of(m, 0) + word_of(m, 1) + word_of(m, 2),
			2ull * PROCESSES * TIMES);
	}
}
END_TEST

START_TEST(test_layouts)
{
	struct meter *one = meter_new(arena, dir, "m", "abc", 3);
	struct meter *other = meter_new(arena, dir, "m", "abd", 3);

	ck_assert_uint_eq(word_of(one, 2), 0);
	meter_set(one, 2, 7);
	meter_set(other, 2, 9);
	ck_assert_uint_eq(word_of(one, 2), 7);
	ck_assert_uint_eq(word_of(other, 2), 9);
}
END_TEST

START_TEST(test_unusable)
{
	const char *nowhere = arena_printf(arena, "%s/nowhere", dir);
	struct meter *m = meter_new(arena, nowhere, "m", "abc", 3);

	meter_add(m, 0, 1); /* lost, and that is all */
	ck_assert_uint_eq(word_of(m, 0), 0);
	ck_assert_int_eq(mkdir(nowhere, 0700), 0);
	/* another one of the program's does not wait for the next attempt */
	meter_add(meter_new(arena, nowhere, "m", "abc", 3), 0, 5);
	ck_assert_uint_eq(word_of(m, 0), 5);
}
END_TEST

Suite *
suite_meter(void)
{
	const TTest *const tests[] = {
		test_processes, test_layouts, test_unusable, NULL};
	Suite *s = suite_create("meter");

	tcase_add_checked_fixture(
		unit_case(s, "meter", tests), setup, teardown);
	return s;
}
