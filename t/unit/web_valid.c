/* web_valid.c - validators: what passes, what is refused, what is made of it. */
#include "unit_web.h"

#include "base/arena.h"
#include "base/cfg.h"
#include "base/str.h"
#include "web/valid.h"

static struct arena *a;
static struct cfg cfg = {.password_min = 8};

static void
setup(void)
{
	a = arena_new(1 << 20, 1 << 24);
}

static void
teardown(void)
{
	arena_free(a);
}

/* The normal form, or NULL when it is refused. */
static const char *
check(const struct validator *v, const char *s)
{
	return v->check(a, &cfg, &s) ? NULL : s;
}

static void
all_refused(const struct validator *v, const char *const *list)
{
	for (; *list; list++)
		ck_assert_msg(!check(v, *list), "%s passed", *list);
}

static void
all_pass(const struct validator *v, const char *const *list)
{
	for (; *list; list++)
		ck_assert_msg(check(v, *list) != NULL, "%s failed", *list);
}

START_TEST(test_email)
{
	static const char *const bad[] = {"", "a", "@", "a@", "@b.c", "a@b",
		"a b@example.com", "a@example.com,b@example.com",
		"a@example.com\r\nBcc: x@y.z", "<a@example.com>",
		"A <a@example.com>", "a@exa_mple.com", "a@-x.com", "a@x-.com",
		"a@.com", "a@x..com", "a..b@x.com", ".a@x.com", "a.@x.com",
		"m\xc4\xb1ke@x.com", "a@\xd0\xb0.com", "a@b@c.com",
		"a@[127.0.0.1]", "\"a\"@x.com", "a@x.com.", NULL};
	static const char *const good[] = {"a@b.co", "first.last+tag@x-y.org",
		"o'neil@example.com", "1@2.3.com", NULL};

	all_refused(V_EMAIL, bad);
	all_pass(V_EMAIL, good);
	ck_assert_str_eq(
		check(V_EMAIL, "  Ada@Example.COM "), "ada@example.com");
}
END_TEST

START_TEST(test_password)
{
	char p72[73], p73[74];

	memset(p72, 'x', 72);
	p72[72] = '\0';
	memset(p73, 'x', 73);
	p73[73] = '\0';
	ck_assert_ptr_null(check(V_PASSWORD_NEW, "1234567"));
	ck_assert_str_eq(check(V_PASSWORD_NEW, " 234567 "), " 234567 ");
	/* characters for the least, bytes for the most */
	ck_assert_ptr_null(check(V_PASSWORD_NEW,
		"\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9"));
	ck_assert_ptr_nonnull(check(V_PASSWORD_NEW, p72));
	ck_assert_ptr_null(check(V_PASSWORD_NEW, p73));
	cfg.password_min = 12;
	ck_assert_ptr_null(check(V_PASSWORD_NEW, "12345678901"));
	ck_assert_ptr_nonnull(check(V_PASSWORD_NEW, "123456789012"));
	cfg.password_min = 8;
}
END_TEST

START_TEST(test_git_ref)
{
	static const char *const bad[] = {"-x", "--upload-pack=id", "$(id)",
		"`id`", "a;id", "a|id", "a b", "a\nb", "a..b", "a//b", "/a",
		"a/", ".a", "a.", "a/.b", "a.lock", "a.lock/b", "a@{1}", "a~1",
		"a^", "a:b", "a?b", "a*", "a[b", "a\\b", "\xc3\xa9", NULL};
	static const char *const good[] = {
		"main", "feature/x-1", "v1.2.3", "_x", "release/2026.11", NULL};

	all_refused(V_GIT_REF, bad);
	all_pass(V_GIT_REF, good);
}
END_TEST

START_TEST(test_relpath)
{
	static const char *const bad[] = {"/etc", "..", "../x", "a/../b",
		"a/..", "a//b", "a\\b", "a\nb", ".git", "a/.git/hooks", "//",
		NULL};
	static const char *const good[] = {
		".", "dist", "dist/", "a/b.c/d", "..a", "a..", ".next", NULL};

	all_refused(V_RELPATH, bad);
	all_pass(V_RELPATH, good);
}
END_TEST

START_TEST(test_rest)
{
	static const char *const bad_names[] = {
		"", "-a", ".a", "_a", "a b", "a/b", "a\n", "\xc3\xa9", NULL};
	static const char *const good_names[] = {
		"a", "A.b_c-9", "9", "Hello-World", NULL};
	static const char *const bad_paths[] = {
		"", "api", "/a?b", "/a/../b", "/a b", "/a%20", "/a#b", NULL};

	all_refused(V_PROJECT_NAME, bad_names);
	all_pass(V_PROJECT_NAME, good_names);
	all_refused(V_URL_PATH, bad_paths);
	ck_assert_ptr_nonnull(
		check(V_URL_PATH, "/api/deployments/1-a/logs/stream"));
	ck_assert_str_eq(
		check(V_COMMIT, "ABCDEF0123456789abcdef0123456789abcdef01"),
		"abcdef0123456789abcdef0123456789abcdef01");
	ck_assert_ptr_null(check(V_COMMIT, "abcdef"));
	ck_assert_ptr_null(
		check(V_COMMIT, "gbcdef0123456789abcdef0123456789abcdef01"));
	ck_assert_ptr_null(check(V_LINE, "a\tb"));
	ck_assert_ptr_null(check(V_LINE, "a\x1b[0m"));
	ck_assert_ptr_null(check(V_LINE, "a\xe2\x80\xae"
					 "b"));
}
END_TEST

START_TEST(test_name)
{
	static const char *const bad[] = {"", " ", "   ", "\t", "a\nb",
		"\xc2\xa0", " \xe3\x80\x80 ", "\xe2\x80\x83\xef\xbb\xbf", NULL};
	static const char *const good[] = {"a", " a", "a ", ".", "\xc3\xa9",
		"\xe3\x80\x80\xe5\x90\x8d", NULL};

	all_refused(V_NAME, bad);
	all_pass(V_NAME, good);
}
END_TEST

START_TEST(test_https_url)
{
	static const char *const bad[] = {"", "https://", "http://a.b/",
		"https:a.b", "https:/a.b", "//a.b", "javascript:alert(1)",
		"https://u@a.b/", "https://u:p@a.b", "https://a b/",
		"https://a.b/\"x", "https://a.b/'", "https://a.b/<",
		"https://a.b/\\c", "https://a.b\n", "https://a.b/\xc3\xa9",
		"https://a.b:0/", "https://a.b:65536/", "https://a.b:/",
		"https://a.b:x/", "https://.a/", "https://-a/", "https://a..b/",
		"https://[]/", "https://[::1/", "https://::1/",
		"https://[::1]x/", "https://?x", "https://#x", " https://a.b",
		NULL};
	static const char *const good[] = {"https://a.b", "https://a.b/",
		"https://a.b:8443/c?d=e&f=%20#g", "https://[::1]:1/",
		"https://127.0.0.1/x", "https://a-b.c/~d/(e)", NULL};

	all_refused(V_HTTPS_URL, bad);
	all_pass(V_HTTPS_URL, good);
	ck_assert_str_eq(check(V_HTTPS_URL, "HTTPS://A.b/C"), "https://A.b/C");
}
END_TEST

START_TEST(test_time)
{
	static const char *const bad[] = {"", "now", "2026", "2026-01",
		"2026-00-01", "2026-13-01", "2026-01-00", "2026-01-32",
		"2026-02-29", "1900-02-29", "2026-04-31", "0000-01-01",
		"2026-1-1", "2026-01-01T", "2026-01-01T00:00:00",
		"2026-01-01 00:00:00Z", "2026-01-01T24:00:00Z",
		"2026-01-01T00:60:00Z", "2026-01-01T00:00:60Z",
		"2026-01-01T00:00Z", "2026-01-01T00:00:00.Z",
		"2026-01-01T00:00:00.1234567890Z", "2026-01-01T00:00:00+1:00",
		"2026-01-01T00:00:00+15:00", "2026-01-01T00:00:00+01:60",
		"2026-01-01T00:00:00+0100", "2026-01-01T00:00:00ZZ",
		"2026-01-01x", "-026-01-01", "2026-01-01T00:00:00+01:00x",
		"2026-01-01T0", "2026-", "0001-01-01T00:00:00+14:00",
		"9999-12-31T23:59:59-14:00", NULL};
	static const char *const good[] = {"2026-01-20T10:30:00Z", "2024-02-29",
		"2000-02-29", "2026-12-31t23:59:59z", "2026-01-01T00:00:00.5Z",
		"2026-01-01T00:00:00.123456789-14:59", "0001-01-01",
		"0001-01-01T00:00:00-14:00", "9999-12-31T23:59:59+14:00", NULL};

	all_refused(V_TIME, bad);
	all_pass(V_TIME, good);
	ck_assert_str_eq(check(V_TIME, "2026-01-20"), "2026-01-20T00:00:00Z");
}
END_TEST

START_TEST(test_time_zone)
{
	static const char *const bad[] = {"", "utc", "CET", "EST5EDT", "Foo3",
		"Foo/Bar3", "Europe", "Europe/", "/Europe/Paris",
		"Europe/paris", "Europe/Atlantis", "Europe//Paris",
		"Europe/../Etc/UTC", "../zoneinfo/Etc/UTC", "posix/UTC",
		"right/Europe/Paris", "America/Argentina", "Europe/Paris ",
		"Europe/Pa\nris", "Europe/Paris/A/B", "+01:00", "UTC+3",
		"Etc/UTC'", NULL};
	static const char *const good[] = {"UTC", "Etc/UTC", "Europe/Paris",
		"America/Argentina/Ushuaia", "Etc/GMT-14",
		"America/Port-au-Prince", "Asia/Kathmandu", NULL};

	all_refused(V_TIME_ZONE, bad);
	all_pass(V_TIME_ZONE, good);
}
END_TEST

Suite *
suite_valid(void)
{
	const TTest *const tests[] = {test_email, test_password, test_git_ref,
		test_relpath, test_rest, test_name, test_https_url, test_time,
		test_time_zone, NULL};
	Suite *s = suite_create("valid");
	TCase *c = unit_case(s, "valid", tests);

	tcase_add_checked_fixture(c, setup, teardown);
	return s;
}
