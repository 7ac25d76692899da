/* svc_usage.c - how busy a host is, from what its kernel says. */
#include "unit_svc.h"

#include "base/arena.h"
#include "svc/usage.h"

static struct arena *a;

static void
setup(void)
{
	a = arena_new(1 << 16, 1 << 20);
}

static void
teardown(void)
{
	arena_free(a);
}

static const char dev[] =
	"Inter-|   Receive                            |  Transmit\n"
	" face |bytes    packets errs drop fifo frame compressed multicast|"
	"bytes    packets errs drop fifo colls carrier compressed\n"
	"    lo: 900 7 0 0 0 0 0 0 900 7 0 0 0 0 0 0\n"
	"  eth0:2211638300 145348 0 0 0 0 0 0 17286180 120348 0 0 0 0 0 0\n"
	"  eth1: 5 1 0 0 0 0 0 0 6 1 0 0 0 0 0 0\n";

START_TEST(test_texts)
{
	struct usage_sample s = {0};

	/* guests are in user already: 100 + 20 + 30 + 400 + 50 + 6 + 7 + 8 */
	usage_read_stat(&s, a, "cpu  100 20 30 400 50 6 7 8 9 10\ncpu0 1 2\n");
	ck_assert_int_eq(s.ticks, 621);
	ck_assert_int_eq(s.busy, 171);
	usage_read_meminfo(&s, a,
		"MemTotal:       24683620 kB\nMemFree:        1 kB\n"
		"MemAvailable:   24075088 kB\nSwapTotal: 5 kB\n");
	ck_assert_int_eq(s.memory, 24683620);
	ck_assert_int_eq(s.memory_free, 24075088);
	usage_read_dev(&s, a, dev);
	ck_assert_uint_eq(s.nlinks, 2);
	ck_assert_str_eq(s.link[0].name, "eth0");
	ck_assert_int_eq(s.link[0].received, 2211638300);
	ck_assert_int_eq(s.link[0].sent, 17286180);
	ck_assert_str_eq(s.link[1].name, "eth1");
	ck_assert_int_eq(s.link[1].sent, 6);
}
END_TEST

START_TEST(test_nonsense)
{
	static const char *const texts[] = {"", "\n", "cpu", "cpu \n",
		"cpu0 1 2 3 4 5", "MemTotal:", "MemTotal: x kB\n", "eth0",
		"eth0:", ":\n:", "eth0: 1 2 3\n",
		"a name that is longer than any: 1 2 3 4 5 6 7 8 9", NULL};
	struct usage u;

	for (size_t i = 0; texts[i]; i++) {
		struct usage_sample s = {.at_ms = 1};

		usage_read_stat(&s, a, texts[i]);
		usage_read_meminfo(&s, a, texts[i]);
		usage_read_dev(&s, a, texts[i]);
		ck_assert_int_eq(s.ticks, 0);
		ck_assert_uint_eq(s.nlinks, 0);
		usage_between(&s, &s, 1000, &u);
		ck_assert_int_eq(u.cpu, USAGE_UNKNOWN);
		ck_assert_int_eq(u.memory, USAGE_UNKNOWN);
		ck_assert_int_eq(u.storage, USAGE_UNKNOWN);
		ck_assert_int_eq(u.network, USAGE_UNKNOWN);
	}
}
END_TEST

START_TEST(test_rates)
{
	struct usage_sample first = {.at_ms = 1000,
		.ticks = 1000,
		.busy = 500,
		.nlinks = 2,
		.link = {{"eth0", 1000, 2000, 100}, {"eth1", 0, 0, 0}}};
	struct usage_sample second = {.at_ms = 11000,
		.ticks = 3000,
		.busy = 1010,
		.memory = 1000,
		.memory_free = 255,
		.storage = 8,
		.storage_free = 7,
		.nlinks = 2,
		/* 100 Mbit/s for ten seconds are 125,000,000 bytes */
		.link = {{"eth0", 1000 + 12500000, 2000 + 50000000, 100},
			{"eth1", 125000000, 0, 0}}};
	const struct usage_sample none = {0};
	struct usage u;

	usage_between(&first, &second, 0, &u);
	ck_assert_int_eq(u.cpu, 26); /* 25.5 */
	ck_assert_int_eq(u.memory, 75);
	ck_assert_int_eq(u.storage, 13);
	ck_assert_int_eq(u.network, 40); /* what is sent; eth1 has no speed */
	usage_between(&first, &second, 100, &u);
	ck_assert_int_eq(u.network, 100);
	/* the first sample of all */
	usage_between(&none, &second, 100, &u);
	ck_assert_int_eq(u.cpu, USAGE_UNKNOWN);
	ck_assert_int_eq(u.network, USAGE_UNKNOWN);
	ck_assert_int_eq(u.memory, 75);
	/* a link that was made anew; ticks that went back */
	first.link[0].sent = INT64_MAX;
	first.busy = 2000;
	usage_between(&first, &second, 0, &u);
	ck_assert_int_eq(u.network, USAGE_UNKNOWN);
	ck_assert_int_eq(u.cpu, 0);
	/* no time between them */
	second.at_ms = first.at_ms;
	usage_between(&first, &second, 100, &u);
	ck_assert_int_eq(u.network, USAGE_UNKNOWN);
}
END_TEST

START_TEST(test_here)
{
	struct usage_sample s;
	struct usage u;

	usage_take(a, "/", &s);
	usage_between(&s, &s, 0, &u);
	ck_assert_int_gt(s.ticks, 0);
	ck_assert_int_gt(s.at_ms, 0);
	ck_assert(u.memory > 0 && u.memory <= 100);
	ck_assert(u.storage >= 0 && u.storage <= 100);
	usage_take(a, "/nowhere", &s);
	usage_between(&s, &s, 0, &u);
	ck_assert_int_eq(u.storage, USAGE_UNKNOWN);
}
END_TEST

Suite *
suite_usage(void)
{
	const TTest *const tests[] = {
		test_texts, test_nonsense, test_rates, test_here, NULL};
	Suite *s = suite_create("usage");
	TCase *c = unit_case(s, "usage", tests);

	tcase_add_checked_fixture(c, setup, teardown);
	return s;
}
