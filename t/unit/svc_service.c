/* svc_service.c - the status page's arithmetic: what probes mean, days and
 * shares; and the file that the page is made of. */
#include "unit_svc.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/str.h"
#include "ext/json.h"
#include "svc/service.h"
#include "svc/snapshot.h"

#include <stdlib.h>
#include <unistd.h>

#define HOUR_MS INT64_C(3600000)

static struct arena *a;

static void
setup(void)
{
	a = arena_new(8 << 20, 64 << 20);
}

static void
teardown(void)
{
	arena_free(a);
}

START_TEST(probes_in_a_row)
{
	struct service_watch w = {.health = HEALTH_UNKNOWN};

	service_seen(&w, 1000000, 12, false);
	ck_assert_int_eq(w.health, HEALTH_UP);
	service_seen(&w, 2000000, -1, false);
	ck_assert_int_eq(w.health, HEALTH_DEGRADED); /* the first failure */
	ck_assert_int_eq(service_down_ms(&w, 9000000), 0);
	service_seen(&w, 5000000, -1, false);
	ck_assert_int_eq(w.health, HEALTH_DOWN);
	/* since the first of them */
	ck_assert_int_eq(service_down_ms(&w, 9000000), 7000);
	service_seen(&w, 10000000, 3, false);
	ck_assert_int_eq(w.health, HEALTH_UP);
	ck_assert_int_eq(w.ms, 3);
	/* how long it was stays known until the next failure */
	ck_assert_int_eq(service_down_ms(&w, 60000000), 8000);
	service_seen(&w, 70000000, 3, true);
	ck_assert_int_eq(w.health, HEALTH_DEGRADED); /* slow */
	ck_assert_int_eq(service_down_ms(&w, 70000000), 8000);
	service_seen(&w, 80000000, -1, false);
	ck_assert_int_eq(service_down_ms(&w, 81000000), 0);
	service_seen(&w, 82000000, 5, false);
	ck_assert_int_eq(w.health, HEALTH_UP);
	ck_assert_int_eq(service_down_ms(&w, 90000000), 0);
}
END_TEST

START_TEST(midnight_splits)
{
	const int64_t day = 20000;
	const int64_t one = day * US_PER_DAY + 1500000; /* 1.5 s past */
	struct service_days d;

	service_days_init(&d, a, 4);
	service_days_add(&d, SERVICE_CDN, HEALTH_DOWN, one, 4000);
	ck_assert_uint_eq(d.n, 2);
	ck_assert_int_eq(
		service_days_at(&d, day)->ms[SERVICE_CDN][HEALTH_DOWN], 1500);
	ck_assert_int_eq(
		service_days_at(&d, day - 1)->ms[SERVICE_CDN][HEALTH_DOWN],
		2500);
	/* exactly at midnight all of it was the day before */
	service_days_add(&d, SERVICE_API, HEALTH_UP, day * US_PER_DAY, 3000);
	ck_assert_int_eq(
		service_days_at(&d, day - 1)->ms[SERVICE_API][HEALTH_UP], 3000);
	ck_assert_int_eq(
		service_days_at(&d, day)->ms[SERVICE_API][HEALTH_UP], 0);
	/* what is unknown is not kept */
	service_days_add(&d, SERVICE_API, HEALTH_UNKNOWN, one, 3000);
	ck_assert_int_eq(
		service_days_at(&d, day)->ms[SERVICE_API][HEALTH_UNKNOWN], 0);
	/* over two midnights */
	service_days_init(&d, a, 4);
	service_days_add(&d, SERVICE_API, HEALTH_UP, one, 25 * HOUR_MS);
	ck_assert_uint_eq(d.n, 3);
	ck_assert_int_eq(
		service_days_at(&d, day - 1)->ms[SERVICE_API][HEALTH_UP],
		24 * HOUR_MS);
	ck_assert_int_eq(
		service_days_at(&d, day - 2)->ms[SERVICE_API][HEALTH_UP],
		HOUR_MS - 1500);
}
END_TEST

START_TEST(days_are_bounded)
{
	struct service_days d;

	service_days_init(&d, a, 3);
	for (int64_t day = 10; day < 20; day++)
		service_days_make(&d, day)->ms[0][HEALTH_UP] = day;
	ck_assert_uint_eq(d.n, 3);
	for (size_t i = 0; i < 3; i++) {
		ck_assert_int_eq(d.day[i].day, 17 + (int64_t)i);
		ck_assert_int_eq(d.day[i].ms[0][HEALTH_UP], 17 + (int64_t)i);
	}
	/* a clock that was set back loses nothing that is newer */
	ck_assert_ptr_null(service_days_make(&d, 5));
	service_days_add(&d, 0, HEALTH_UP, 5 * US_PER_DAY + 9000000, 1000);
	ck_assert_int_eq(d.day[0].day, 17);
	d.n = 1;
	ck_assert_int_eq(service_days_make(&d, 5)->day, 5);
	ck_assert_int_eq(d.day[1].day, 17);
}
END_TEST

START_TEST(shares)
{
	static const struct {
		int64_t up, degraded, down;
		const char *text;
	} cases[] = {
		{0, 0, 0, "null"},
		{1, 0, 0, "100"},
		{0, 5, 0, "100"}, /* degraded is up, but not well */
		{0, 0, 9, "0"},
		{9998, 0, 2, "99.98"},
		{999999, 0, 1, "99.99"}, /* never rounded up to 100 */
		{INT64_C(7776000000) - 1, 0, 1, "99.99"}, /* 1 ms of 90 days */
		{500, 500, 1000, "50"},
		{2, 0, 1, "66.66"},
		{1, 0, 1999, "0.05"},
	};

	for (size_t i = 0; i < NELEM(cases); i++) {
		const int64_t ms[HEALTH_MAX] = {[HEALTH_UNKNOWN] = 77,
			[HEALTH_UP] = cases[i].up,
			[HEALTH_DEGRADED] = cases[i].degraded,
			[HEALTH_DOWN] = cases[i].down};

		ck_assert_str_eq(
			service_percent(a, service_uptime(ms)), cases[i].text);
	}
}
END_TEST

START_TEST(names)
{
	for (enum service s = 0; s < SERVICE_MAX; s++) {
		ck_assert_int_eq(service_by_name(service_names[s]), s);
		ck_assert_str_eq(service_info(s)->name, service_names[s]);
	}
	ck_assert_ptr_null(service_names[SERVICE_MAX]);
	ck_assert_int_eq(service_by_name("api gateway"), SERVICE_MAX);
}
END_TEST

/* ---- the file ---- */

static struct cfg cfg;
static char dir[64];

static void
write_at(int64_t now_us, enum health health)
{
	struct service_watch watch[SERVICE_MAX] = {{.health = health, .ms = 7},
		{.health = health, .ms = -1}, {.health = health, .ms = 7},
		{.health = health, .ms = 7}};
	struct service_days stored, fresh;
	const struct snapshot_in in = {.now_us = now_us,
		.watch = watch,
		.stored = &stored,
		.fresh = &fresh,
		.incident_list = "[1]"};
	AUTO_BUF struct buf b = {.max = SNAPSHOT_MAX};

	service_days_init(&stored, a, 91);
	service_days_init(&fresh, a, 8);
	service_days_add(&stored, SERVICE_API, HEALTH_UP, now_us, 3000);
	service_days_add(&fresh, SERVICE_API, HEALTH_DOWN, now_us, 1000);
	/* too long ago to count */
	service_days_add(&stored, SERVICE_API, HEALTH_DOWN,
		now_us - 90 * US_PER_DAY, 50000);
	snapshot_write(a, &in, &b);
	ck_assert(snapshot_save(a, &cfg, &b));
}

static const struct jsn *
parse(const char *text)
{
	struct ctx ctx = {.arena = a};
	const struct jsn *v;

	ck_assert_int_eq(jsn_parse(&ctx, text, strlen(text), &v), E_OK);
	return v;
}

static void
file_setup(void)
{
	setup();
	(void)str_copy(dir, sizeof(dir), "/tmp/unit-status.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
	cfg.run_dir = dir;
}

static void
file_teardown(void)
{
	(void)unlink(arena_printf(a, "%s/status", dir));
	ck_assert_int_eq(rmdir(dir), 0); /* nothing else is left in it */
	teardown();
}

START_TEST(file_comes_back)
{
	const struct jsn *v, *s;
	struct snapshot got;

	write_at(clock_now_us(), HEALTH_UP);
	snapshot_read(a, &cfg, &got);
	ck_assert(!got.old);
	v = parse(got.services);
	ck_assert_uint_eq(jsn_len(v), SERVICE_MAX);
	s = jsn_at(v, 0);
	ck_assert_str_eq(jsn_str(jsn_get(s, "name")), "API Gateway");
	ck_assert_str_eq(jsn_str(jsn_get(s, "status")), "operational");
	ck_assert_int_eq(jsn_int(jsn_get(s, "responseTime")), 7);
	/* stored and fresh together, of 90 days */
	ck_assert_int_eq(jsn_int(jsn_get(s, "uptime")), 75);
	s = jsn_at(v, 1);
	ck_assert_int_eq(jsn_type(jsn_get(s, "responseTime")), JSN_NULL);
	ck_assert_int_eq(jsn_type(jsn_get(s, "uptime")), JSN_NULL);
	v = parse(got.history);
	ck_assert_uint_eq(jsn_len(v), 90);
	ck_assert_str_eq(jsn_str(jsn_get(jsn_at(v, 0), "date")), "89 days ago");
	ck_assert_str_eq(
		jsn_str(jsn_get(jsn_at(v, 59), "date")), "30 days ago");
	ck_assert_str_eq(jsn_str(jsn_get(jsn_at(v, 88), "date")), "1 day ago");
	ck_assert_str_eq(jsn_str(jsn_get(jsn_at(v, 89), "date")), "Today");
	ck_assert_str_eq(got.incidents, "[1]");
	v = parse(got.metrics);
	ck_assert_int_eq(jsn_int(jsn_get(v, "totalDeployments")), 0);
	ck_assert_int_eq(jsn_type(jsn_get(v, "avgDeployTime")), JSN_NULL);
}
END_TEST

/* What the stream says of a service is what the page says of it. */
static void
check_update(const char *update, const struct jsn *service)
{
	static const char *const texts[] = {"status", "lastCheckedAt"};
	static const char *const numbers[] = {"uptime", "responseTime"};
	const struct jsn *v = parse(update);

	ck_assert_str_eq(jsn_str(jsn_get(v, "type")), "service_update");
	ck_assert_str_eq(jsn_str(jsn_get(v, "service")),
		jsn_str(jsn_get(service, "name")));
	for (size_t i = 0; i < NELEM(texts); i++)
		ck_assert_pstr_eq(jsn_str(jsn_get(v, texts[i])),
			jsn_str(jsn_get(service, texts[i])));
	for (size_t i = 0; i < NELEM(numbers); i++) {
		const struct jsn *got = jsn_get(v, numbers[i]);
		const struct jsn *want = jsn_get(service, numbers[i]);

		ck_assert_int_eq(jsn_type(got), jsn_type(want));
		ck_assert_int_eq(jsn_int(got), jsn_int(want));
	}
}

START_TEST(updates_say_the_same)
{
	static const int64_t ages_ms[] = {0, 8500};

	for (size_t i = 0; i < NELEM(ages_ms); i++) {
		struct snapshot got;
		const struct jsn *v;

		write_at(clock_now_us() - ages_ms[i] * 1000, HEALTH_UP);
		snapshot_read(a, &cfg, &got);
		v = parse(got.services);
		for (size_t s = 0; s < SERVICE_MAX; s++)
			check_update(got.updates[s], jsn_at(v, s));
		ck_assert_str_eq(got.updates[SERVICE_MAX],
			arena_printf(a,
				"{\"type\":\"metrics_update\",\"metrics\":%s}",
				got.metrics));
	}
}
END_TEST

/* Of an older worker, or cut: the page is there, of the stream nothing is. */
START_TEST(file_without_updates)
{
	static const char *const ends[] = {"", "service_update {}\n",
		"service_update {}\nstale_update {}\n",
		"service_update {}\nstale_update {}\nservice_update {}\n"
		"stale_update {}\nservice_update {}\nstale_update {}\n"
		"service_update {}\nstale_update {}\nmetrics_update {}"};

	for (size_t i = 0; i < NELEM(ends); i++) {
		AUTO_BUF struct buf b = {.max = SNAPSHOT_MAX};
		struct snapshot got;
		const struct jsn *v;

		buf_printf(&b,
			"at %lld\nservices [1]\nstale [2]\nmetrics {}\n"
			"history []\nincidents []\n%s",
			(long long)clock_now_us() / 1000, ends[i]);
		ck_assert(snapshot_save(a, &cfg, &b));
		snapshot_read(a, &cfg, &got);
		ck_assert(!got.old);
		ck_assert_str_eq(got.services, "[1]");
		for (size_t s = 0; s < SERVICE_MAX; s++) {
			v = parse(got.updates[s]);
			ck_assert_str_eq(
				jsn_str(jsn_get(v, "status")), "unknown");
		}
		v = parse(got.updates[SERVICE_MAX]);
		ck_assert_str_eq(jsn_str(jsn_get(v, "type")), "metrics_update");
	}
}
END_TEST

START_TEST(old_file_knows_nothing_of_services)
{
	static const int64_t ages_ms[] = {8500, 3600000, -8500};

	for (size_t i = 0; i < NELEM(ages_ms); i++) {
		struct snapshot got;
		const struct jsn *v;

		write_at(clock_now_us() - ages_ms[i] * 1000, HEALTH_UP);
		snapshot_read(a, &cfg, &got);
		ck_assert(got.old);
		v = parse(got.services);
		for (size_t s = 0; s < SERVICE_MAX; s++) {
			ck_assert_str_eq(
				jsn_str(jsn_get(jsn_at(v, s), "status")),
				"unknown");
			ck_assert_int_eq(
				jsn_type(jsn_get(jsn_at(v, s), "responseTime")),
				JSN_NULL);
		}
		/* the past is what it was */
		ck_assert_int_eq(jsn_int(jsn_get(jsn_at(v, 0), "uptime")), 75);
		ck_assert_str_eq(got.incidents, "[1]");
	}
}
END_TEST

START_TEST(broken_file_is_none)
{
	AUTO_BUF struct buf b = {.max = 4 << 20};
	const char *broken[] = {"", "at 1\n", "at x\nservices []\n",
		"\nservices []\nstale []\nmetrics {}\nhistory []\nincidents "
		"[]\n",
		"at 1\nservices []\nstale []\nmetrics {}\nhistory []\n"
		"incidents []"};
	struct snapshot got;

	for (size_t i = 0; i <= NELEM(broken); i++) {
		buf_reset(&b);
		if (i < NELEM(broken))
			buf_str(&b, broken[i]);
		while (i == NELEM(broken) && b.len <= SNAPSHOT_MAX)
			buf_str(&b, "at 1\n");
		ck_assert(snapshot_save(a, &cfg, &b));
		snapshot_read(a, &cfg, &got);
		ck_assert(got.old);
		ck_assert_int_eq(got.at_ms, 0);
		ck_assert_uint_eq(jsn_len(parse(got.services)), SERVICE_MAX);
		ck_assert_uint_eq(jsn_len(parse(got.history)), 90);
		check_update(got.updates[0], jsn_at(parse(got.services), 0));
	}
	ck_assert_int_eq(unlink(arena_printf(a, "%s/status", dir)), 0);
	snapshot_read(a, &cfg, &got);
	ck_assert(got.old);
	ck_assert_str_eq(got.incidents, "[]");
}
END_TEST

Suite *
suite_service(void)
{
	Suite *s = suite_create("svc_service");
	TCase *t = tcase_create("service");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, probes_in_a_row);
	tcase_add_test(t, midnight_splits);
	tcase_add_test(t, days_are_bounded);
	tcase_add_test(t, shares);
	tcase_add_test(t, names);
	suite_add_tcase(s, t);
	t = tcase_create("snapshot");
	tcase_add_checked_fixture(t, file_setup, file_teardown);
	tcase_add_test(t, file_comes_back);
	tcase_add_test(t, updates_say_the_same);
	tcase_add_test(t, file_without_updates);
	tcase_add_test(t, old_file_knows_nothing_of_services);
	tcase_add_test(t, broken_file_is_none);
	suite_add_tcase(s, t);
	return s;
}
