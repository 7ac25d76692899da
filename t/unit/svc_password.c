/* svc_password.c - what may be a password, and the list of those that may not. */
#include "unit_svc.h"

#include "base/arena.h"
#include "base/str.h"
#include "svc/password.h"
#include "svc/wordlist.h"

#include <fcntl.h>
#include <unistd.h>

static struct ctx ctx;
static struct cfg cfg;
static char dir[64];
static char list[96];

static void
setup(void)
{
	ctx = (struct ctx){.arena = arena_new(1 << 20, 1 << 22)};
	unit_tmp(dir);
	(void)snprintf(list, sizeof(list), "%s/list", dir);
	cfg = (struct cfg){.password_min = 8, .password_blocklist = ""};
}

static void
teardown(void)
{
	unit_tmp_done(dir);
	arena_free(ctx.arena);
}

static void
put_list(const char *text)
{
	int fd = open(list, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	ck_assert_int_eq(close(fd), 0);
	cfg.password_blocklist = list;
}

/* "" when it is taken, else what the client is told. */
static const char *
judge(const char *password)
{
	enum err e;

	ctx_clear(&ctx);
	e = password_judge(&ctx, &cfg, "petunia@example.com", password);
	if (!e)
		return "";
	ck_assert_int_eq(e, E_VALIDATION_ERROR);
	return ctx.message;
}

static bool
in(const char *word, const char *text)
{
	struct wordlist whole = {.word = word};
	struct wordlist bytes = {.word = word};

	wordlist_feed(&whole, text, strlen(text));
	for (size_t i = 0; text[i]; i++)
		wordlist_feed(&bytes, text + i, 1);
	ck_assert(wordlist_end(&whole) == wordlist_end(&bytes));
	return whole.found;
}

START_TEST(test_lines)
{
	ck_assert(in("word", "one\nword\nthree\n"));
	ck_assert(in("word", "word"));
	ck_assert(in("WORD", "one\r\nWord\r\nthree"));
	ck_assert(!in("word", "one\nwords\nwor\nsword\n"));
	ck_assert(!in("word", "word two\n word\n#word\n"));
	ck_assert(!in("#word", "#word\n"));
	ck_assert(!in("", "\n\n\r\n"));
	ck_assert(!in("word", ""));
	ck_assert(in("stra\xc3\x9f"
		     "e",
		"STRA\xc3\x9f"
		"E\n"));
}
END_TEST

START_TEST(test_judge)
{
	char p73[74];

	memset(p73, 'p', 73);
	p73[73] = '\0';
	ck_assert_str_eq(judge("1234567"), "must have at least 8 characters");
	ck_assert_str_eq(judge("12345678"), "");
	ck_assert_str_eq(judge("\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4"),
		"must have at least 8 characters");
	ck_assert_str_eq(judge(p73), "must have at most 72 bytes");
	ck_assert_str_eq(judge(p73 + 1), "");
	unit_has(judge("Petunia99"), "email");
	unit_has(judge("PETUNIA@example.com"), "email");
	unit_has(judge("Autostack2026"), "product");
	ck_assert_str_eq(judge("petunia likes autostack"), "");
}
END_TEST

START_TEST(test_list)
{
	put_list("# common\nPassword1\n");
	unit_has(judge("passWORD1"), "common");
	ck_assert_str_eq(judge("password12"), "");
	put_list("");
	ck_assert_str_eq(judge("password1"), "");
}
END_TEST

/* Longer than what is read at once, with the word across the border. */
START_TEST(test_long_list)
{
	char *text = arena_alloc(ctx.arena, 30000);

	memset(text, 'x', 8190);
	memcpy(text + 8185, "\npassword1\n", 11);
	memset(text + 8196, 'y', 20000);
	put_list(text);
	unit_has(judge("password1"), "common");
	ck_assert_str_eq(judge("password2"), "");
}
END_TEST

START_TEST(test_no_list)
{
	const char *error = NULL;

	ck_assert(password_list_ready(ctx.arena, &cfg, &error));
	cfg.password_blocklist = list;
	ck_assert(!password_list_ready(ctx.arena, &cfg, &error));
	unit_has(error, "john-data");
	ck_assert_int_eq(password_judge(&ctx, &cfg, "a@b.de", "long enough"),
		E_INTERNAL_SERVER_ERROR);
	cfg.password_blocklist = dir;
	ck_assert(!password_list_ready(ctx.arena, &cfg, &error));
	put_list("x\n");
	ck_assert(password_list_ready(ctx.arena, &cfg, &error));
}
END_TEST

Suite *
suite_password(void)
{
	Suite *s = suite_create("password");
	TCase *c = unit_case(s, "PW-1 PW-2 PW-5 what may be a password",
		(const TTest *const[]){test_lines, test_judge, test_list,
			test_long_list, test_no_list, NULL});

	tcase_add_checked_fixture(c, setup, teardown);
	return s;
}
