/* base_log.c - lines of the log: shape, escapes, limits. */
#include "unit_base.h"

#include "base/log.h"
#include "base/str.h"

#include <fcntl.h>
#include <unistd.h>

/* What the log wrote since catch_stderr(), from a pipe in place of stderr. */
static int catch_fd;

static void
catch_stderr(void)
{
	int ends[2];

	ck_assert_int_eq(pipe2(ends, O_CLOEXEC | O_NONBLOCK), 0);
	ck_assert_int_eq(dup2(ends[1], 2), 2);
	ck_assert_int_eq(close(ends[1]), 0);
	catch_fd = ends[0];
}

static void
caught(char dst[8192])
{
	ssize_t n = read(catch_fd, dst, 8191);

	dst[n > 0 ? n : 0] = '\0';
}

START_TEST(test_json)
{
	char line[8192];

	catch_stderr();
	log_open("autostack-x", true, LOGP_INFO);
	log_event(EV_REQUEST, "id-1", "status", "200", "none", NULL, "path",
		"/a b\"\n\x1b", NULL);
	caught(line);
	ck_assert(str_starts(line, "{\"time\":\"20"));
	unit_has(line, "Z\",\"priority\":\"info\",\"program\":\"autostack-x\","
		       "\"event\":\"request\",\"id\":\"id-1\","
		       "\"status\":\"200\",\"path\":\"/a b\\\"\\n\\u001b\"}\n");
	log_event(EV_DB_DOWN, NULL, NULL);
	caught(line);
	unit_has(line, "\"priority\":\"error\"");
	unit_has(line, "\"event\":\"db.down\"}\n");
}
END_TEST

START_TEST(test_text)
{
	char line[8192];

	catch_stderr();
	log_open("autostack-x", false, LOGP_DEBUG);
	log_event(EV_START, "id-1", "a", "b", "c", "d e", "f", "", NULL);
	caught(line);
	unit_has(line,
		"Z info    autostack-x start id-1 a=b c=\"d e\" f=\"\"\n");
	log_debug(NULL, "%d\nx", 5);
	caught(line);
	unit_has(line, "Z debug   autostack-x debug - text=\"5\\nx\"\n");
}
END_TEST

START_TEST(test_threshold)
{
	char line[8192];

	catch_stderr();
	log_open("x", true, LOGP_WARNING);
	log_event(EV_START, NULL, NULL);
	log_debug(NULL, "no");
	caught(line);
	ck_assert_str_eq(line, "");
	log_event(EV_JOB_LOST, NULL, NULL);
	caught(line);
	unit_has(line, "job.lost");
}
END_TEST

START_TEST(test_long_value)
{
	char line[8192];
	char value[1001];

	catch_stderr();
	log_open("x", true, LOGP_INFO);
	memset(value, 'a', 1000);
	memcpy(value + 510, "\xe2\x82\xac", 3); /* across the border */
	value[1000] = '\0';
	log_event(EV_START, NULL, "v", value, "w", "end", NULL);
	caught(line);
	unit_has(line, "aaa\",\"w\":\"end\"}\n");
	ck_assert_ptr_null(strstr(line, "\xe2"));
	ck_assert_uint_eq(strspn(strstr(line, "\"v\":\"") + 5, "a"), 510);
}
END_TEST

START_TEST(test_long_line)
{
	char line[8192];
	char value[513];

	catch_stderr();
	log_open("x", true, LOGP_INFO);
	memset(value, '\x01', 512); /* six bytes each */
	value[512] = '\0';
	log_event(EV_START, NULL, "a", value, "b", value, "c", "d", NULL);
	caught(line);
	ck_assert_uint_le(strlen(line), 4096);
	ck_assert(str_ends(line, "\\u0001\",\"cut\":\"yes\"}\n"));
}
END_TEST

/* What a stranger may put into a name, in both forms of the log: one line, and
 * nothing in it that acts on a terminal. */
START_TEST(test_hostile)
{
	static const struct {
		const char *value, *seen;
	} cases[] = {
		{"a\r\n2026-01-01 forged", "a\\r\\n2026-01-01 forged"},
		{"\x1b[31mred\x1b[0m", "\\u001b[31mred\\u001b[0m"},
		{"\x1b]0;title\a", "\\u001b]0;title\\u0007"},
		{"\x1b]52;c;aGk=\x1b\\", "\\u001b]52;c;aGk=\\u001b\\\\"},
		{"\xc2\x9b"
		 "31m",
			"\\u009b31m"},
		{"\x7f\b", "\\u007f\\u0008"},
		{"x\xe2\x80\xae"
		 "evil",
			"x\\u202eevil"},
		{"\xe2\x81\xa6\xe2\x81\xa9\xe2\x80\x8f\xd8\x9c",
			"\\u2066\\u2069\\u200f\\u061c"},
		{"\xe2\x80\xa8\xe2\x80\xa9\xef\xbb\xbf",
			"\\u2028\\u2029\\ufeff"},
		{"a\" event=auth.login", "a\\\" event=auth.login"},
		{"\xff\xc0\x80", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"},
		{"\xd9\x85\xd8\xb1 \xe2\x82\xac",
			"\xd9\x85\xd8\xb1 \xe2\x82\xac"},
	};
	char line[8192], want[256];

	catch_stderr();
	for (size_t i = 0; i < 2 * NELEM(cases); i++) {
		bool json = i % 2 == 0;

		log_open("x", json, LOGP_INFO);
		log_event(EV_START, NULL, "v", cases[i / 2].value, NULL);
		caught(line);
		(void)snprintf(want, sizeof(want), "%s\"%s\"%s\n",
			json ? "\"v\":" : " v=", cases[i / 2].seen,
			json ? "}" : "");
		unit_has(line, want);
		ck_assert_ptr_eq(strchr(line, '\n'), line + strlen(line) - 1);
	}
}
END_TEST

START_TEST(test_format)
{
	ck_assert(log_is_format("json"));
	ck_assert(log_is_format("text"));
	ck_assert(!log_is_format("xml"));
	ck_assert(!log_is_format(""));
}
END_TEST

START_TEST(test_events)
{
	for (int i = 0; i < EV_MAX; i++) {
		const struct event_info *e = event_info((enum event)i);

		ck_assert_uint_gt(strlen(e->name), 3);
		ck_assert_uint_gt(strlen(e->doc), 5);
		for (int j = 0; j < i; j++)
			ck_assert_str_ne(
				e->name, event_info((enum event)j)->name);
	}
	ck_assert_str_eq(event_info(EV_AUTH_LOGIN)->did, "signed in");
	ck_assert_ptr_null(event_info(EV_START)->did);
}
END_TEST

Suite *
suite_log(void)
{
	const TTest *const tests[] = {test_json, test_text, test_threshold,
		test_events, test_format, NULL};
	const TTest *const hostile[] = {test_hostile, NULL};
	const TTest *const lengths[] = {test_long_value, test_long_line, NULL};
	Suite *s = suite_create("log");

	(void)unit_case(s, "log", tests);
	(void)unit_case(s, "LOG-3 hostile values", hostile);
	(void)unit_case(s, "LOG-4 lengths of values and lines", lengths);
	return s;
}
