/* base_time.c - clock texts and random values. */
#include "unit_base.h"

#include "base/arena.h"
#include "base/clock.h"
#include "base/rand.h"
#include "base/str.h"

START_TEST(test_rfc3339)
{
	char d[21];

	clock_rfc3339(d, 0);
	ck_assert_str_eq(d, "1970-01-01T00:00:00Z");
	clock_rfc3339(d, INT64_C(1768905000));
	ck_assert_str_eq(d, "2026-01-20T10:30:00Z");
	clock_rfc3339(d, -1);
	ck_assert_str_eq(d, "1969-12-31T23:59:59Z");
	clock_rfc3339(d, INT64_MAX);
	ck_assert_str_eq(d, "9999-12-31T23:59:59Z");
	clock_rfc3339(d, INT64_MIN);
	ck_assert_str_eq(d, "0000-01-01T00:00:00Z");
}
END_TEST

START_TEST(test_from_rfc3339)
{
	static const char *const not [] = {"", "2026-01-20",
		"2026-01-20T10:30:00", "2026-01-20T10:30:00z",
		"2026-01-20T10:30:00+00:00", "2026-01-20T10:30:00.0Z",
		"2026-01-20T10:30:00Z ", " 2026-01-20T10:30:00Z",
		"2026-1-20T10:30:00Z", "2026-02-30T10:30:00Z",
		"2026-01-20T24:30:00Z", "26-01-20T10:30:00Z"};
	int64_t t = 7;

	ck_assert(clock_from_rfc3339("2026-01-20T10:30:00Z", &t));
	ck_assert_int_eq(t, INT64_C(1768905000));
	ck_assert(clock_from_rfc3339("1969-12-31T23:59:59Z", &t));
	ck_assert_int_eq(t, -1);
	for (size_t i = 0; i < NELEM(not ); i++)
		ck_assert_msg(!clock_from_rfc3339(not [i], &t), "%s", not [i]);
	ck_assert_int_eq(t, -1);
}
END_TEST

START_TEST(test_duration)
{
	struct arena *a = arena_new(1 << 20, 1 << 20);

	ck_assert_str_eq(clock_duration(a, 0), "0s");
	ck_assert_str_eq(clock_duration(a, -5), "0s");
	ck_assert_str_eq(clock_duration(a, 45), "45s");
	ck_assert_str_eq(clock_duration(a, 60), "1m 0s");
	ck_assert_str_eq(clock_duration(a, 135), "2m 15s");
	ck_assert_str_eq(clock_duration(a, 3599), "59m 59s");
	ck_assert_str_eq(clock_duration(a, 3600), "1h 0m");
	ck_assert_str_eq(clock_duration(a, 3780), "1h 3m");
	ck_assert_str_eq(clock_duration(a, 90061), "25h 1m");
	arena_free(a);
}
END_TEST

START_TEST(test_now)
{
	int64_t mono = clock_mono_ms();
	int64_t s = clock_now_s();

	ck_assert_int_gt(s, 1700000000);
	ck_assert_int_le(s, clock_now_us() / 1000000);
	ck_assert_int_le(mono, clock_mono_ms());
#ifdef AS_DEVELOPER
	ck_assert_int_eq(setenv("AS_NOW", "1768905000", 1), 0);
	ck_assert_int_eq(clock_now_s(), 1768905000);
	ck_assert_int_eq(clock_now_us(), INT64_C(1768905000000000));
#endif
}
END_TEST

START_TEST(test_random)
{
	char u[37];
	char v[37];
	unsigned char big[1000] = {0};
	int zeros = 0;

	rand_uuid(u);
	rand_uuid(v);
	ck_assert(str_is_uuid(u) && str_is_uuid(v));
	ck_assert_str_ne(u, v);
	ck_assert_int_eq(u[14], '4');
	ck_assert_ptr_nonnull(strchr("89ab", u[19]));
	rand_bytes(big, sizeof(big));
	for (size_t i = 0; i < sizeof(big); i++)
		zeros += big[i] == 0;
	ck_assert_int_lt(zeros, 40); /* four are to be expected */
	rand_bytes(big, 0);
}
END_TEST

START_TEST(test_below)
{
	bool seen[7] = {false};

	for (int i = 0; i < 1000; i++) {
		uint32_t v = rand_below(7);

		ck_assert_uint_lt(v, 7);
		seen[v] = true;
	}
	for (size_t i = 0; i < NELEM(seen); i++)
		ck_assert(seen[i]);
	ck_assert_uint_eq(rand_below(1), 0);
}
END_TEST

#ifdef AS_DEVELOPER
START_TEST(test_seed)
{
	char u[37];
	char v[37];

	/* the stream begins with the first use in a process */
	ck_assert_int_eq(setenv("AS_SEED", "1", 1), 0);
	rand_uuid(u);
	rand_uuid(v);
	ck_assert_str_ne(u, v);
	ck_assert_str_eq(u, "91bef871-71c3-4085-89cb-679a74876f2a");
}
END_TEST
#endif

Suite *
suite_time(void)
{
	const TTest *const tests[] = {test_rfc3339, test_from_rfc3339,
		test_duration, test_now, test_random, test_below,
#ifdef AS_DEVELOPER
		test_seed,
#endif
		NULL};
	Suite *s = suite_create("time");

	(void)unit_case(s, "time", tests);
	return s;
}
