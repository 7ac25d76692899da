/* svc_mask.c - nothing of a secret comes through, and nothing of a terminal
 * sequence but colours where they are wanted, however the stream is cut. */
#include "unit_svc.h"

#include "base/arena.h"
#include "base/rand.h"
#include "base/str.h"
#include "svc/logclean.h"
#include "svc/mask.h"

static struct arena *arena;

static void
setup(void)
{
	arena = arena_new(1 << 28, 1 << 29);
}

static void
teardown(void)
{
	arena_free(arena);
}

static const char *const secrets[] = {"hunter2hunter2", "s3cr3t/+ \"q\"\\",
	"aaaaaaaa", "abcabcabd", "cabdxy", "short", "line one 12345\nline two",
	"p\xc3\xa4ssw\xc3\xb6rt-1", "12345678"};

/* What the worker makes of text when it comes in pieces of at most `step`
 * random bytes. */
static const char *
masked(const char *text, uint32_t step)
{
	struct mask *m = mask_new(arena, secrets, NELEM(secrets));
	struct logclean c = {.colours = true};
	AUTO_BUF struct buf clean = {0};
	AUTO_BUF struct buf out = {0};
	size_t n = strlen(text);

	buf_init(&clean, 1 << 22);
	buf_init(&out, 1 << 22);
	while (n) {
		size_t k = 1 + rand_below(step);

		k = MIN(k, n);
		logclean_feed(&c, text, k, &clean);
		mask_feed(m, buf_text(&clean), clean.len, &out);
		buf_reset(&clean);
		text += k;
		n -= k;
	}
	mask_end(m, &out);
	ck_assert_uint_eq(mask_held(m), 0);
	return arena_strdup(arena, buf_text(&out));
}

/* The colours of text alone, or all but them. */
static const char *
part_of(const char *text, bool colours)
{
	AUTO_BUF struct buf out = {0};
	size_t n = strlen(text);

	buf_init(&out, 1 << 22);
	while (n) {
		size_t before = str_sgr_find(text, n);
		size_t len = str_sgr_at(text + before, n - before);

		if (colours)
			buf_add(&out, text + before, len);
		else
			buf_add(&out, text, before);
		text += before + len;
		n -= before + len;
	}
	return arena_strdup(arena, buf_text(&out));
}

START_TEST(test_forms)
{
	static const struct {
		const char *in, *out;
	} t[] = {
		{"x hunter2hunter2 y", "x *** y"},
		{"hunter2hunter2hunter2", "***"},
		{"hunter2hunter", "hunter2hunter"},
		{"short is short", "short is short"},
		{"s3cr3t/+ \"q\"\\", "***"},
		/* JSON: quote and backslash, slash too */
		{"{\"k\":\"s3cr3t/+ \\\"q\\\"\\\\\"}", "{\"k\":\"***\"}"},
		{"s3cr3t\\/+ \\\"q\\\"\\\\", "***"},
		/* URL: component, form, lower case */
		{"?k=s3cr3t%2F%2B%20%22q%22%5C&", "?k=***&"},
		{"?k=s3cr3t%2F%2B+%22q%22%5C&", "?k=***&"},
		{"?k=s3cr3t%2f%2b%20%22q%22%5c&", "?k=***&"},
		/* JSON in ASCII, URL of UTF-8 */
		{"p\\u00e4ssw\\u00f6rt-1", "***"},
		{"p%C3%A4ssw%C3%B6rt-1", "***"},
		/* base64 of it alone, and inside "user:..." and "ab..." */
		{"aHVudGVyMmh1bnRlcjI=", "***"},
		{"aHVudGVyMmh1bnRlcjI", "***"},
		{"czNjcjN0LysgInEiXA==", "***"},
		/* every line of a secret of several lines */
		{"line one 12345", "***"},
		{"  line two!", "  ***!"},
		/* overlapping secrets are one mark */
		{"abcabcabdxy", "***"},
		{"aaaaaaaaaaaa", "***"},
		{"aaaaaaa", "aaaaaaa"},
		{"", ""},
	};

	for (size_t i = 0; i < NELEM(t); i++) {
		const char *got = masked(t[i].in, 1000);

		/* a mark may leave what the padding added */
		if (str_starts(t[i].out, "***") && t[i].out[3] == '\0')
			ck_assert_msg(
				str_starts(got, "***") && strlen(got) <= 5,
				"%s -> %s", t[i].in, got);
		else
			ck_assert_str_eq(got, t[i].out);
	}
}
END_TEST

/* Basic authentication: the secret stands at each offset of its group. */
START_TEST(test_base64_offsets)
{
	static const char *const prefix[] = {"", "u", "us", "use", "user:"};
	static const char *const suffix[] = {"", "!", "!!", "!!!"};

	for (size_t i = 0; i < NELEM(prefix); i++) {
		for (size_t k = 0; k < NELEM(suffix); k++) {
			const char *plain = arena_printf(arena,
				"%shunter2hunter2%s", prefix[i], suffix[k]);
			char code[64];
			const char *got;

			(void)str_b64url(code, plain, strlen(plain));
			got = masked(code, 5);
			unit_has(got, MASK_TEXT);
			/* at most the characters at its edges are left */
			ck_assert_msg(
				strlen(got) <= strlen(prefix[i]) * 2 +
						       strlen(suffix[k]) * 2 +
						       3 + 4,
				"%s -> %s", code, got);
		}
	}
}
END_TEST

/* A highlighter, or grep --color, colours a part of a secret. */
START_TEST(test_colours)
{
	static const struct {
		const char *in, *out;
	} t[] = {
		{"\x1b[1mplain\x1b[m", "\x1b[1mplain\x1b[m"},
		{"\x1b[1mhunter2hunter2\x1b[0m!", "\x1b[1m***\x1b[0m!"},
		{"x hunter2\x1b[31mhunter2 y", "x ***\x1b[31m y"},
		{"h\x1b[1mu\x1b[32mnter2hunter\x1b[m2\x1b[4m!",
			"***\x1b[1m\x1b[32m\x1b[m\x1b[4m!"},
		{"\x1b[01;31m\x1b[Khunter2\x1b[m\x1b[Khunter2",
			"\x1b[01;31m***\x1b[m"},
		{"hunter2\xc2\x9b"
		 "1mhunter2",
			"***\x1b[1m"},
		{"hunt\x1b[1mer\x1b[m", "hunt\x1b[1mer\x1b[m"},
		{"hunter2hunter\x1b[1m3", "hunter2hunter\x1b[1m3"},
		{"aHVudGVy\x1b[1mMmh1bnRlcjI=", "***\x1b[1m="},
		{"czNjcjN0\x1b[1mLysgInEiXA==", "***\x1b[1m=="},
		{"s3cr3t%2F\x1b[1m%2B+%22q%22%5C&", "***\x1b[1m&"},
		{"line one\x1b[33m 12345", "***\x1b[33m"},
		{"p\xc3\xa4\x1b[1mssw\xc3\xb6rt-1", "***\x1b[1m"},
		{"abcabc\x1b[1mabd\x1b[2mxy\x1b[3m.",
			"***\x1b[1m\x1b[2m\x1b[3m."},
		/* its own numbers are a secret */
		{"a\x1b[12345678mb", "ab"},
		{"aaaa\x1b[1;12345678;2mb", "aaaab"},
		{"\x1b[1234567;8mb", "\x1b[1234567;8mb"},
	};

	for (size_t i = 0; i < NELEM(t); i++) {
		ck_assert_str_eq(masked(t[i].in, 1000), t[i].out);
		ck_assert_str_eq(masked(t[i].in, 1), t[i].out);
	}
}
END_TEST

/* Nothing but colours, while it is not known whether a secret comes: not all
 * of them are remembered, but the last ones are. */
START_TEST(test_colour_flood)
{
	AUTO_BUF struct buf b = {0};
	const char *whole;

	buf_init(&b, 1 << 22);
	buf_str(&b, "hunter2hunter");
	for (int i = 0; i < 50000; i++)
		buf_printf(&b, "\x1b[3%d;%dm", i % 8, i);
	buf_str(&b, "!");
	whole = masked(buf_text(&b), 1 << 16);
	ck_assert_str_eq(part_of(whole, false), "hunter2hunter!");
	ck_assert(str_ends(whole, "\x1b[36;49998m\x1b[37;49999m!"));
	ck_assert_uint_lt(strlen(whole), 256 * 16);
	ck_assert_str_eq(masked(buf_text(&b), 7), whole);

	/* with nothing to wait for, all of them come through */
	ck_assert_str_eq(masked(buf_text(&b) + strlen("hunter2hunter"), 50),
		buf_text(&b) + strlen("hunter2hunter"));
}
END_TEST

START_TEST(test_splits)
{
	static const char *const words[] = {"hunter2hunter2", "hunter2", "aaaa",
		"abcabc", "abd", "xy", "cabdxy", " ", "\n", "line one 12345",
		"\nline two", "s3cr3t%2F", "%2B%20%22q%22%5C", "q", "hunter",
		"aHVudGVy", "Mmh1bnRlcjI=", "p\xc3\xa4ss", "w\xc3\xb6rt-1",
		"\x1b[1m", "\x1b[38;5;9m", "\x1b[m", "\x1b[0m"};

	for (int round = 0; round < 400; round++) {
		AUTO_BUF struct buf b = {0};
		const char *whole;
		const char *plain;

		buf_init(&b, 1 << 16);
		for (uint32_t i = rand_below(30); i; i--)
			buf_str(&b, words[rand_below(NELEM(words))]);
		whole = masked(buf_text(&b), 1 << 16);
		for (uint32_t step = 1; step < 12; step += 3)
			ck_assert_str_eq(masked(buf_text(&b), step), whole);
		/* colours change nothing, and none is lost */
		plain = part_of(whole, false);
		ck_assert_str_eq(
			plain, masked(part_of(buf_text(&b), false), 99));
		ck_assert_str_eq(
			part_of(whole, true), part_of(buf_text(&b), true));
		for (size_t i = 0; i < NELEM(secrets); i++) {
			if (strlen(secrets[i]) >= MASK_MIN)
				ck_assert_ptr_null(strstr(plain, secrets[i]));
		}
		arena_reset(arena);
	}
}
END_TEST

START_TEST(test_text)
{
	const struct mask *m = mask_new(arena, secrets, NELEM(secrets));
	const struct mask *none = mask_new(arena, NULL, 0);

	ck_assert_str_eq(
		mask_text(arena, m, "failed: hunter2hunter2"), "failed: ***");
	ck_assert_str_eq(mask_text(arena, none, "a"), "a");
	ck_assert_str_eq(mask_text(arena, m, ""), "");
}
END_TEST

static const char *
cleaned(bool colours, const char *p, size_t n, uint32_t step)
{
	struct logclean c = {.colours = colours};
	AUTO_BUF struct buf out = {0};

	buf_init(&out, 1 << 22);
	while (n) {
		size_t k = 1 + rand_below(step);

		k = MIN(k, n);
		logclean_feed(&c, p, k, &out);
		p += k;
		n -= k;
	}
	logclean_end(&c, &out);
	ck_assert(c.colours == colours);
	return arena_strdup(arena, buf_text(&out));
}

START_TEST(test_clean)
{
#define R "\xef\xbf\xbd"
	/* clang-format off */
	static const struct {
		const char *in, *out;
	} t[] = {
		{"plain\ttext\n", "plain\ttext\n"},
		{"a\r\nb\rc\n\r\n", "a\nb\nc\n\n"},
		{"\x1b[31mred\x1b[0m", "red"},
		{"\x1b[38;5;196;1mx", "x"},
		{"\x1b]0;title\x07x", "x"},
		{"\x1b]52;c;ZXZpbA==\x1b\\x", "x"},
		{"\x1b]8;;http://evil\x1b\\link\x1b]8;;\x1b\\", "link"},
		{"\x1bPq#0\x1b\\x", "x"},
		{"\x1b(Bx\x1b" "cy", "xy"},
		{"\xc2\x9b" "31mx", "x"},
		{"\xc2\x9d" "0;t\x07x", "x"},
		{"\x1b]0;no end\nnext", "\nnext"},
		{"\x1b[31\nnext", "\nnext"},
		{"a\x07" "b\x08" "c\x7f", "a" R "b" R "c" R},
		{"\xc2\x85", R},
		{"a\xff" "b\xc3", "a" R "b" R},
		{"\xc0\xaf\xed\xa0\x80", R R R R R},
		{"\xf0\x9f\x98\x80", "\xf0\x9f\x98\x80"},
		{"\xf0\x9f\x98", R R R},
		{"\xe2\x80\xae" "evil\xe2\x81\xa6", R "evil" R},
		{"\xe2\x80\xa8", R},
		{"\xef\xbb\xbf", R},
		{"\x1b", ""},
		{"\x1b\xc3\xa9", "\xc3\xa9"},
	};
	/* clang-format on */

	for (size_t i = 0; i < NELEM(t); i++) {
		size_t n = strlen(t[i].in);

		ck_assert_str_eq(cleaned(false, t[i].in, n, 1000), t[i].out);
		ck_assert_str_eq(cleaned(false, t[i].in, n, 1), t[i].out);
		/* the same, but for the colours */
		ck_assert_str_eq(
			part_of(cleaned(true, t[i].in, n, 3), false), t[i].out);
	}
	ck_assert_str_eq(cleaned(false, "a\0b", 3, 1), "a" R "b");
}
END_TEST

START_TEST(test_clean_colours)
{
#define N60 "123456789;123456789;123456789;123456789;123456789;123456789;"
	/* clang-format off */
	static const struct {
		const char *in, *out;
	} t[] = {
		{"\x1b[31mred\x1b[0m\n", "\x1b[31mred\x1b[0m\n"},
		{"\x1b[m", "\x1b[m"},
		{"\x1b[38;5;196;1mx\x1b[38:2::1:2:3m", "\x1b[38;5;196;1mx\x1b[38:2::1:2:3m"},
		{"\xc2\x9b" "31mx", "\x1b[31mx"},
		{"\x1b\x1b[1mx", "\x1b[1mx"},
		{"\x1b[31\x1b[32mx", "\x1b[32mx"},
		{"\x1b[31\xc2\x9b" "32mx", "\x1b[32mx"},
		{"\x1b]0;\x1b[1mt\x07\x1b[2mx", "\x1b[2mx"},
		/* all that is not quite one */
		{"\x1b[31\nmx", "\nmx"},
		{"\x1b[31", ""},
		{"\x1b[>4mx", "x"},
		{"\x1b[?4mx", "x"},
		{"\x1b[1 mx", "x"},
		{"\x1b[1!mx", "x"},
		{"\x1b[3\x07" "1mx", "x"},
		{"\x1b[3\xff" "1mx", "x"},
		{"\x1b[3\xc3\xa9" "1mx", "\xc3\xa9" "1mx"},
		{"\x1b[31Kx\x1b[2J\x1b[3A\x1b[1;2Hy", "xy"},
		{"\x1b(mx\x1bmy", "xy"},
		/* no longer than it may be, and the next one counts anew */
		{"\x1b[" N60 "1m", "\x1b[" N60 "1m"},
		{"\x1b[" N60 "12mx\x1b[1m", "x\x1b[1m"},
		{"\x1b[" N60 "12mx\xc2\x9b" "1m", "x\x1b[1m"},
	};
	/* clang-format on */

	for (size_t i = 0; i < NELEM(t); i++) {
		size_t n = strlen(t[i].in);

		ck_assert_str_eq(cleaned(true, t[i].in, n, 1000), t[i].out);
		ck_assert_str_eq(cleaned(true, t[i].in, n, 1), t[i].out);
	}
}
END_TEST

START_TEST(test_clean_random)
{
	static const char pool[] = "ab\n\r\x1b[];m0\x07\\P\x9b\xc2\x9d\xe2\x80"
				   "\xae\xf0\x9f\x98\x80\xff\x7f\t(";

	for (int round = 0; round < 500; round++) {
		char in[200];
		const char *whole;
		const char *coloured;
		size_t n = rand_below(sizeof(in));

		for (size_t i = 0; i < n; i++)
			in[i] = pool[rand_below(sizeof(pool))];
		coloured = cleaned(true, in, n, 1000);
		ck_assert_str_eq(cleaned(true, in, n, 1), coloured);
		whole = cleaned(false, in, n, 1000);
		ck_assert_str_eq(cleaned(false, in, n, 1), whole);
		ck_assert_str_eq(cleaned(false, in, n, 7), whole);
		ck_assert_str_eq(part_of(coloured, false), whole);
		ck_assert(str_is_utf8(whole, strlen(whole)));
		for (const char *p = whole; *p; p++)
			ck_assert(
				(uint8_t)*p >= ' ' || *p == '\n' || *p == '\t');
		ck_assert_ptr_null(strstr(whole, "\xe2\x80\xae"));
		arena_reset(arena);
	}
}
END_TEST

Suite *
suite_mask(void)
{
	const TTest *const mask[] = {test_forms, test_base64_offsets,
		test_colours, test_colour_flood, test_splits, test_text, NULL};
	const TTest *const clean[] = {
		test_clean, test_clean_colours, test_clean_random, NULL};
	Suite *s = suite_create("mask");

	tcase_add_checked_fixture(
		unit_case(s, "LOG-2 secrets in a stream", mask), setup,
		teardown);
	tcase_add_checked_fixture(
		unit_case(s, "LOG-3 controls in a stream", clean), setup,
		teardown);
	return s;
}
