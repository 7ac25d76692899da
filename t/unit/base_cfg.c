/* base_cfg.c - settings: what is refused and how it is said. */
#include "unit_base.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/cfg.h"
#include "base/str.h"

#include <sys/stat.h>
#include <unistd.h>

#define SECRET "0123456789abcdef0123456789abcdef"

static char dir[64];
static struct arena *arena;
static struct cfg cfg;
static const char *error;

static void
setup(void)
{
	/* the environment of whoever runs the tests must not matter */
	ck_assert_int_eq(clearenv(), 0);
	unit_tmp(dir);
	arena = arena_new(8 << 20, 8 << 20);
	error = NULL;
	memset(&cfg, 0, sizeof(cfg));
}

static void
teardown(void)
{
	arena_free(arena);
	unit_tmp_done(dir);
}

static bool
load(const char *text)
{
	char path[512];

	unit_file(path, dir, "c.conf", text);
	return cfg_load(arena, path, &cfg, &error);
}

#define TAKES(text) ck_assert_msg(load(text), "%s", error)

/* The text is refused with a message that begins with "FILE:" want. */
static void
refuses(const char *text, const char *want)
{
	char whole[512];

	ck_assert_msg(!load(text), "took \"%s\"", text);
	(void)snprintf(whole, sizeof(whole), "%s/c.conf:%s", dir, want);
	ck_assert_msg(
		str_starts(error, whole), "\"%s\" is not \"%s\"", error, whole);
	ck_assert_msg(!strchr(error, '\n'), "one line");
}

START_TEST(test_defaults)
{
	TAKES("");
	ck_assert_str_eq(cfg.database_url, "dbname=autostack");
	ck_assert_str_eq(cfg.jwt_secret, "");
	ck_assert_int_eq(cfg.access_token_seconds, 900);
	ck_assert_int_eq(cfg.refresh_token_seconds, 30 * 86400);
	ck_assert_int_eq(cfg.build_memory_max, INT64_C(1536) << 20);
	ck_assert_int_eq(cfg.build_timeout, 600000);
	ck_assert(!cfg.log_debug);
	/* no file at the default place of a test build: the defaults do */
	ck_assert_msg(cfg_load(arena, NULL, &cfg, &error), "%s", error);
	ck_assert(!cfg_load(arena, "/nonexistent/x", &cfg, &error));
	ck_assert_str_eq(error, "/nonexistent/x: No such file or directory");
}
END_TEST

START_TEST(test_forms)
{
	TAKES("# comment\n\n  \t\n   # another\n"
	      "  build_slots=7\n"
	      "build_timeout\t =\t 90s  \r\n"
	      "clone_timeout = 5m\n"
	      "lease_seconds = 1h\n"
	      "session_idle_seconds = 2d\n"
	      "request_body_max = 2K\n"
	      "build_disk_max = 3G\n"
	      "log_debug = true\n"
	      "app_url = https://a.example/#x=y\n"
	      "git_private =\n"
	      "log_format = text");
	ck_assert_int_eq(cfg.build_slots, 7);
	ck_assert_int_eq(cfg.build_timeout, 90000);
	ck_assert_int_eq(cfg.clone_timeout, 300000);
	ck_assert_int_eq(cfg.lease_seconds, 3600);
	ck_assert_int_eq(cfg.session_idle_seconds, 172800);
	ck_assert_int_eq(cfg.request_body_max, 2048);
	ck_assert_int_eq(cfg.build_disk_max, INT64_C(3) << 30);
	ck_assert(cfg.log_debug);
	ck_assert_str_eq(cfg.app_url, "https://a.example/#x=y");
	ck_assert_str_eq(cfg.git_private, "");
	ck_assert_str_eq(cfg.log_format, "text");
	TAKES("build_timeout = 1500ms\n");
	ck_assert_int_eq(cfg.build_timeout, 1500);
	TAKES("log_debug = 0\n");
}
END_TEST

START_TEST(test_names)
{
	refuses("\nnonsense = 1\n", "2: nonsense: there is no such setting");
	refuses("build_slots = 1\n#\nbuild_slots = 1\n",
		"3: build_slots: was set in line 1 already");
	refuses("build_slots\n", "1: is not of the form name = value");
	refuses("= 1\n", "1: is not of the form");
	refuses("Build_slots = 1\n", "1: is not of the form");
	refuses("a b = 1\n", "1: is not of the form");
	refuses("[section]\n", "1: is not of the form");
	refuses("\x1b[2J = 1\n", "1: is not of the form");
}
END_TEST

START_TEST(test_numbers)
{
	static const char *const bad[] = {"0", "65", "-1", "1x", "x", "", "1.5",
		"01", "1K", "99999999999999999999", "0x10", "1 2", NULL};
	char line[128];

	for (size_t i = 0; bad[i]; i++) {
		(void)snprintf(
			line, sizeof(line), "build_slots = %s\n", bad[i]);
		refuses(line, "1: build_slots: must be a whole number from 1 "
			      "to 64");
	}
	refuses("build_timeout = 1h\n",
		"1: build_timeout: must be milliseconds, or with s or m, from "
		"1000 to 86400000");
	refuses("build_timeout = 999\n", "1: build_timeout: must be");
	refuses("lease_seconds = 5 s\n", "1: lease_seconds: must be seconds");
	refuses("lease_seconds = 5ms\n", "1: lease_seconds: must be seconds");
	refuses("build_disk_max = 9999999999999G\n",
		"1: build_disk_max: must be a size in bytes");
	refuses("build_disk_max = 2T\n", "1: build_disk_max: must be");
	refuses("log_debug = maybe\n", "1: log_debug: must be yes or no");
	refuses("bcrypt_cost = 9\n", "1: bcrypt_cost: must be a whole number");
}
END_TEST

START_TEST(test_pairs)
{
	TAKES("lock_after = 5\nhash_slots = 4\n");
	ck_assert(!load("lock_after = 5\nhash_slots = 5\n"));
	ck_assert_str_eq(error, "lock_after: must be more than hash_slots");
	/* with the other's default */
	TAKES("lock_after = 3\n");
	ck_assert(!load("hash_slots = 10\n"));
	ck_assert_str_eq(error, "lock_after: must be more than hash_slots");
}
END_TEST

START_TEST(test_texts)
{
	char line[400] = "run_dir = /";

	refuses("app_url = x\n", "1: app_url: must have 8 to 255 bytes, and "
				 "has 1");
	memset(line + 11, 'a', 80);
	refuses(line, "1: run_dir: must have 1 to 80 bytes, and has 81");
	refuses("app_url = https://\x01host\n", "1: app_url: must be UTF-8");
	refuses("app_url = https://\xffhost\n", "1: app_url: must be UTF-8");
	ck_assert(!load("log_format = xml \n"));
	ck_assert(!load("log_format = xmls\n"));
	ck_assert_str_eq(error, "log_format: must be json or text");
	ck_assert(!load("app_url = https://a.example/\n"));
	ck_assert_str_eq(error, "app_url: must not end with a slash");
	ck_assert(!load("site_url = https://sites.example\n"));
	ck_assert(!load("site_url = https://%s.%s.example\n"));
	ck_assert(!load("site_url = https://%n.%s.example\n"));
	ck_assert_str_eq(
		error, "site_url: must contain %s once, and no other %");
}
END_TEST

START_TEST(test_environment)
{
	ck_assert_int_eq(setenv("BUILD_SLOTS", "9", 1), 0);
	ck_assert_int_eq(setenv("DATABASE_URL", "", 1), 0);
	ck_assert_int_eq(setenv("JWT_SECRET", SECRET, 1), 0);
	TAKES("build_slots = 3\ndatabase_url = dbname=x\n");
	ck_assert_int_eq(cfg.build_slots, 9);
	ck_assert_msg(str_eq(cfg.database_url, "dbname=x"), "empty: not set");
	ck_assert_str_eq(cfg.jwt_secret, SECRET);
	ck_assert_int_eq(setenv("BUILD_SLOTS", "900", 1), 0);
	ck_assert(!load(""));
	ck_assert_str_eq(error, "environment BUILD_SLOTS: build_slots: must be "
				"a whole number from 1 to 64");
	ck_assert_int_eq(unsetenv("BUILD_SLOTS"), 0);
	ck_assert_int_eq(setenv("JWT_SECRET", "tooshort", 1), 0);
	ck_assert(!load(""));
	ck_assert_str_eq(error, "environment JWT_SECRET: jwt_secret: the "
				"secret must have 32 to 512 bytes");
}
END_TEST

static char secret_path[512];

static const char *
secret_line(const char *content, mode_t mode)
{
	unit_file(secret_path, dir, "secret", content);
	ck_assert_int_eq(chmod(secret_path, mode), 0);
	return arena_printf(arena, "jwt_secret = %s\n", secret_path);
}

START_TEST(test_secrets)
{
	TAKES(secret_line(SECRET "\n", 0600));
	ck_assert_str_eq(cfg.jwt_secret, SECRET);
	TAKES(secret_line(SECRET "\r\n", 0640));
	ck_assert_str_eq(cfg.jwt_secret, SECRET);
	TAKES(secret_line(SECRET " \n\n", 0600));
	ck_assert_msg(str_eq(cfg.jwt_secret, SECRET " \n"),
		"one newline goes, nothing else");
	TAKES("jwt_secret =\n");
	ck_assert_str_eq(cfg.jwt_secret, "");
	refuses(secret_line(SECRET, 0604),
		"1: jwt_secret: names a file that everybody may read");
	refuses(secret_line(SECRET, 0602), "1: jwt_secret: names a file that");
	refuses(secret_line("short\n", 0600),
		"1: jwt_secret: the secret must have 32 to 512 bytes");
	refuses(secret_line("", 0600), "1: jwt_secret: the secret must have");
	refuses("jwt_secret = /nonexistent/x\n",
		"1: jwt_secret: cannot open its file: No such file");
	refuses("jwt_secret = /dev/null\n", "1: jwt_secret: names something");
	/* the secret itself in the file: refused, and not shown */
	refuses("jwt_secret = " SECRET "\n",
		"1: jwt_secret: takes the absolute path");
	ck_assert_ptr_null(strstr(error, SECRET));
	ck_assert_int_eq(setenv("CREDENTIALS_DIRECTORY", dir, 1), 0);
	(void)secret_line(SECRET, 0400);
	TAKES("jwt_secret = secret\n");
	ck_assert_str_eq(cfg.jwt_secret, SECRET);
	refuses("jwt_secret = ../x\n", "1: jwt_secret: takes the absolute");
}
END_TEST

START_TEST(test_nul)
{
	char path[512];
	static const char text[] = "build_slots = 1\n\0x = 2\n";

	unit_file(path, dir, "c.conf", "");
	FILE *f = fopen(path, "we");

	ck_assert_ptr_nonnull(f);
	ck_assert_uint_eq(
		fwrite(text, 1, sizeof(text) - 1, f), sizeof(text) - 1);
	ck_assert_int_eq(fclose(f), 0);
	ck_assert(!cfg_load(arena, path, &cfg, &error));
	unit_has(error, "NUL byte");
}
END_TEST

START_TEST(test_untouched)
{
	cfg.build_slots = 42;
	ck_assert(!load("build_slots = 1\nbad\n"));
	ck_assert_int_eq(cfg.build_slots, 42);
}
END_TEST

START_TEST(test_print)
{
	AUTO_BUF struct buf b = {0};
	static const char *const secret_urls[] = {"postgresql://u:hunter2@h/db",
		"host=h password=hunter2", "dbname=x PASSWORD = hunter2"};

	buf_init(&b, 1 << 20);
	for (size_t i = 0; i < NELEM(secret_urls); i++) {
		ck_assert_int_eq(setenv("DATABASE_URL", secret_urls[i], 1), 0);
		ck_assert_int_eq(setenv("JWT_SECRET", SECRET, 1), 0);
		TAKES("");
		buf_reset(&b);
		cfg_print_values(&b, &cfg);
		ck_assert_ptr_null(strstr(b.data, SECRET));
		ck_assert_ptr_null(strstr(b.data, "hunter2"));
		unit_has(b.data, "database_url = (set)\njwt_secret = (set)\n"
				 "jwt_secret_previous = \n");
	}
	ck_assert_int_eq(setenv("DATABASE_URL", "postgresql:///db", 1), 0);
	TAKES("");
	buf_reset(&b);
	cfg_print_values(&b, &cfg);
	unit_has(b.data, "database_url = postgresql:///db\n");
	unit_has(b.data, "\nlog_debug = no\n");
	unit_has(b.data, "\naccess_token_seconds = 900\n");
}
END_TEST

START_TEST(test_sample)
{
	AUTO_BUF struct buf b = {0};
	AUTO_BUF struct buf set = {0};
	int lines = 0;

	/* the sample with its settings uncommented says what the defaults say */
	buf_init(&b, 1 << 20);
	buf_init(&set, 1 << 20);
	cfg_print_sample(&b);
	TAKES(b.data);
	for (const char *p = b.data; (p = strstr(p, "\n#")) != NULL; p++) {
		if (p[2] == ' ')
			continue;
		buf_add(&set, p + 2, strcspn(p + 2, "\n"));
		buf_char(&set, '\n');
		lines++;
	}
	ck_assert_int_gt(lines, 40);
	TAKES(set.data);
	buf_reset(&b);
	cfg_print_man(&b);
	unit_has(b.data, ".It Ic build_slots\nBuilds at once on this host.\n");
	ck_assert(!b.full);
}
END_TEST

Suite *
suite_cfg(void)
{
	const TTest *const tests[] = {test_defaults, test_forms, test_names,
		test_numbers, test_pairs, test_texts, test_environment,
		test_secrets, test_nul, test_untouched, test_print, test_sample,
		NULL};
	Suite *s = suite_create("cfg");

	tcase_add_checked_fixture(
		unit_case(
			s, "cfg (PW-6 cost, JW-8 length of the secret)", tests),
		setup, teardown);
	return s;
}
