/* base_place.c - installed files are found beside the running program. */
#include "unit_base.h"

#include "base/arena.h"
#include "base/place.h"
#include "base/str.h"

#include <limits.h>
#include <unistd.h>

static struct arena *arena;

static void
setup(void)
{
	arena = arena_new(1 << 20, 1 << 20);
}

static void
teardown(void)
{
	arena_free(arena);
}

START_TEST(test_beside)
{
	char self[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);
	const char *name;

	ck_assert_int_gt(n, 0);
	self[n] = '\0';
	name = strrchr(self, '/') + 1;
	ck_assert_str_eq(place_program(arena, name), self);
}
END_TEST

START_TEST(test_fallback)
{
	ck_assert_str_eq(place_program(arena, "no-such-program"),
		AUTOSTACKDIR "/no-such-program");
	ck_assert_str_eq(place_data(arena, "no/such/data"),
		AUTOSTACKDATADIR "/no/such/data");
}
END_TEST

Suite *
suite_place(void)
{
	Suite *s = suite_create("place");
	TCase *tc = tcase_create("place");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, test_beside);
	tcase_add_test(tc, test_fallback);
	suite_add_tcase(s, tc);
	return s;
}
