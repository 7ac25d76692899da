/* base_str.c - edges of the string functions. */
#include "unit_base.h"

#include "base/arena.h"
#include "base/str.h"

START_TEST(test_compare)
{
	char d[4] = "xyz";

	ck_assert(str_copy(d, sizeof(d), "abc"));
	ck_assert_str_eq(d, "abc");
	ck_assert(!str_copy(d, sizeof(d), "defg"));
	ck_assert_str_eq(d, "def");
	ck_assert(str_copy(d, 1, ""));
	ck_assert(str_eq("a", "a") && !str_eq("a", "b") && !str_eq("a", "A"));
	ck_assert(str_eq(NULL, NULL) && !str_eq(NULL, "") && !str_eq("", NULL));
	ck_assert(str_eq_ci("aZ[", "Az[") && !str_eq_ci("[", "{"));
	ck_assert(!str_eq_ci("ab", "abc") && !str_eq_ci("abc", "ab"));
	ck_assert(str_eq_ci(NULL, NULL) && !str_eq_ci(NULL, ""));
	/* ASCII only: no locale folds these */
	ck_assert(!str_eq_ci("\xc3\xa9", "\xc3\x89"));
	ck_assert(str_starts("abc", "ab") && str_starts("abc", ""));
	ck_assert(!str_starts("ab", "abc"));
	ck_assert(str_ends("abc", "bc") && str_ends("abc", ""));
	ck_assert(!str_ends("bc", "abc"));
}
END_TEST

static bool
to_i64(const char *s, int64_t *ret)
{
	return str_to_i64(s, INT64_MIN, INT64_MAX, ret);
}

START_TEST(test_numbers)
{
	static const char *const bad[] = {"", "-", "+1", " 1", "1 ", "01", "-0",
		"00", "1a", "0x1", "1.0", "--1", "9223372036854775808",
		"-9223372036854775809", "99999999999999999999", "1\n", NULL};
	struct arena *a = arena_new(1 << 20, 1 << 20);
	int64_t v = 7;

	for (size_t i = 0; bad[i]; i++)
		ck_assert_msg(!to_i64(bad[i], &v), "took \"%s\"", bad[i]);
	ck_assert(!str_to_i64("5", 6, 9, &v));
	ck_assert(!str_to_i64("10", 6, 9, &v));
	ck_assert_msg(v == 7, "a refused number changes nothing");
	ck_assert(to_i64("0", &v) && v == 0);
	ck_assert(to_i64("-1", &v) && v == -1);
	ck_assert(to_i64("9223372036854775807", &v) && v == INT64_MAX);
	ck_assert(to_i64("-9223372036854775808", &v) && v == INT64_MIN);
	ck_assert(str_to_i64("6", 6, 9, &v) && v == 6);
	ck_assert(str_to_i64("9", 6, 9, &v) && v == 9);
	ck_assert_str_eq(str_from_i64(a, INT64_MIN), "-9223372036854775808");
	arena_free(a);
}
END_TEST

START_TEST(test_split)
{
	struct arena *a = arena_new(1 << 20, 1 << 20);
	size_t n = 99;
	char **p = str_split(a, "", ',', &n);

	ck_assert_uint_eq(n, 1);
	ck_assert_str_eq(p[0], "");
	ck_assert_ptr_null(p[1]);
	p = str_split(a, ",a,,bc,", ',', &n);
	ck_assert_uint_eq(n, 5);
	ck_assert_str_eq(p[0], "");
	ck_assert_str_eq(p[1], "a");
	ck_assert_str_eq(p[2], "");
	ck_assert_str_eq(p[3], "bc");
	ck_assert_str_eq(p[4], "");
	ck_assert_ptr_null(p[5]);
	ck_assert_ptr_null(str_split(a, "x", ',', NULL)[1]);
	ck_assert_str_eq(str_trim(a, " \t\r\na b\v\f "), "a b");
	ck_assert_str_eq(str_trim(a, " \n "), "");
	ck_assert_str_eq(str_lower(a, "AbZ[\xc3\x89"), "abz[\xc3\x89");
	arena_free(a);
}
END_TEST

START_TEST(test_uuid)
{
	ck_assert(str_is_uuid("00000000-0000-0000-0000-000000000000"));
	ck_assert(str_is_uuid("0123abcd-ef01-4567-89AB-CDEF01234567"));
	ck_assert(!str_is_uuid(""));
	ck_assert(!str_is_uuid("0123abcd-ef01-4567-89AB-CDEF0123456"));
	ck_assert(!str_is_uuid("0123abcd-ef01-4567-89AB-CDEF012345678"));
	ck_assert(!str_is_uuid("0123abcd-ef01-4567-89AB-CDEF0123456g"));
	ck_assert(!str_is_uuid("0123abcdef01-4567-89AB-CDEF012345678-"));
	ck_assert(!str_is_uuid("{123abcd-ef01-4567-89AB-CDEF01234567"));
	ck_assert(!str_is_uuid("0123abcd-ef01-4567-89AB-CDEF01234567\n"));
}
END_TEST

#define UTF8(s) str_is_utf8(s, sizeof(s) - 1)

START_TEST(test_utf8)
{
	ck_assert(UTF8("") && UTF8("abc") && UTF8("a\0b"));
	/* the first and last of each length */
	ck_assert(UTF8("\x7f\xc2\x80\xdf\xbf\xe0\xa0\x80\xef\xbf\xbf"));
	ck_assert(UTF8("\xf0\x90\x80\x80\xf4\x8f\xbf\xbf"));
	ck_assert(UTF8("\xed\x9f\xbf\xee\x80\x80")); /* around surrogates */
	ck_assert(!UTF8("\x80") && !UTF8("\xbf") && !UTF8("\xc2"));
	ck_assert(!UTF8("\xc0\x80") && !UTF8("\xc1\xbf"));
	ck_assert(!UTF8("\xe0\x9f\xbf") && !UTF8("\xf0\x8f\xbf\xbf"));
	ck_assert(!UTF8("\xed\xa0\x80") && !UTF8("\xed\xbf\xbf"));
	ck_assert(!UTF8("\xf4\x90\x80\x80") && !UTF8("\xf5\x80\x80\x80"));
	ck_assert(!UTF8("\xe2\x82") && !UTF8("\xf0\x9f\x99"));
	ck_assert(!UTF8("\xe2\x28\xa1") && !UTF8("\xf0\x28\x8c\xbc"));
	ck_assert(!UTF8("\xff") && !UTF8("\xfe"));
}
END_TEST

static bool
no_char(const char *s, size_t n)
{
	uint32_t u = 7;

	return str_utf8_char(s, n, &u) == 0 && u == 7; /* left alone */
}

/* c written as RFC 3629 says it, with something behind, is read as itself. */
static bool
is_read(uint32_t c)
{
	size_t len = 1 + (c >= 0x80) + (c >= 0x800) + (c >= 0x10000);
	uint32_t left = c;
	uint32_t u;
	char s[] = "    ";

	for (size_t i = len; i-- > 1; left >>= 6)
		s[i] = (char)(0x80 | (left & 0x3f));
	s[0] = (char)(left | (len > 1 ? (0xf00U >> len & 0xff) : 0));
	if (c >= 0xd800 && c <= 0xdfff)
		return no_char(s, 4);
	return str_utf8_char(s, 4, &u) == len && u == c && no_char(s, len - 1);
}

#define NO_CHAR(s) no_char(s, sizeof(s) - 1)

START_TEST(test_utf8_char)
{
	uint32_t c = 0;

	while (c <= 0x10ffff && is_read(c))
		c++;
	ck_assert_uint_eq(c, 0x110000);
	ck_assert(NO_CHAR(""));
	/* overlong: U+0000, '/', U+07FF, U+FFFF */
	ck_assert(NO_CHAR("\xc0\x80") && NO_CHAR("\xc0\xaf"));
	ck_assert(NO_CHAR("\xe0\x9f\xbf") && NO_CHAR("\xf0\x8f\xbf\xbf"));
	/* U+110000 and above */
	ck_assert(NO_CHAR("\xf4\x90\x80\x80"));
	ck_assert(NO_CHAR("\xf8\x88\x80\x80\x80"));
	/* a tail alone, and tails that are none */
	ck_assert(NO_CHAR("\x80") && NO_CHAR("\xe2\x28\xa1"));
	ck_assert(NO_CHAR("\xf0\x9f\x99x"));
}
END_TEST

START_TEST(test_utf8_cut)
{
	const char *s = "a\xe2\x82\xac"
			"b"; /* 5 bytes */

	ck_assert_uint_eq(str_utf8_cut(s, 5, 9), 5);
	ck_assert_uint_eq(str_utf8_cut(s, 5, 5), 5);
	ck_assert_uint_eq(str_utf8_cut(s, 5, 4), 4);
	ck_assert_uint_eq(str_utf8_cut(s, 5, 3), 1);
	ck_assert_uint_eq(str_utf8_cut(s, 5, 2), 1);
	ck_assert_uint_eq(str_utf8_cut(s, 5, 1), 1);
	ck_assert_uint_eq(str_utf8_cut(s, 5, 0), 0);
	/* only tails: no border to find, but no endless search either */
	ck_assert_uint_eq(str_utf8_cut("\x80\x80\x80\x80\x80\x80", 6, 5), 5);
}
END_TEST

START_TEST(test_sgr)
{
	static const char *const none[] = {"", "\x1b", "\x1b[", "\x1b[31",
		"\x1b[31 m", "\x1b[?1m", "\x1b[31K", "\x1b]m", "[31m",
		"\x9b"
		"31m",
		"\x1b[3\x80m", "\x1b\x1b[m"};
	char most[STR_SGR_MAX + 2];

	ck_assert_uint_eq(str_sgr_at("\x1b[mx", 4), 3);
	ck_assert_uint_eq(str_sgr_at("\x1b[38:2::1;0mm", 13), 12);
	ck_assert_uint_eq(str_sgr_at("\x1b[31m", 4), 0);
	for (size_t i = 0; i < NELEM(none); i++)
		ck_assert_uint_eq(str_sgr_at(none[i], strlen(none[i])), 0);
	memset(most, '1', sizeof(most));
	memcpy(most, "\x1b[", 2);
	most[STR_SGR_MAX - 1] = 'm';
	ck_assert_uint_eq(str_sgr_at(most, sizeof(most)), STR_SGR_MAX);
	most[STR_SGR_MAX - 1] = '1';
	most[STR_SGR_MAX] = 'm';
	ck_assert_uint_eq(str_sgr_at(most, sizeof(most)), 0);

	ck_assert_uint_eq(str_sgr_find("", 0), 0);
	ck_assert_uint_eq(str_sgr_find("abc", 3), 3);
	ck_assert_uint_eq(str_sgr_find("\x1b[1mabc", 7), 0);
	ck_assert_uint_eq(str_sgr_find("a\x1b\x1b[Kb\x1b[1m", 10), 6);
	ck_assert_uint_eq(str_sgr_find("a\x1b[1m", 4), 4);
}
END_TEST

START_TEST(test_control)
{
	ck_assert(!str_has_control("") && !str_has_control("a b~"));
	ck_assert(!str_has_control("\xc3\xa9\xc2\xa0"));
	ck_assert(str_has_control("a\tb") && str_has_control("a\n"));
	ck_assert(str_has_control("\x1b[31m") && str_has_control("\x7f"));
	ck_assert(str_has_control("\xc2\x80") && str_has_control("\xc2\x9b"));
	ck_assert(str_has_control("\x9b"));
	/* 9b as the tail of a real character is none */
	ck_assert(!str_has_control("\xc3\x9b"));
}
END_TEST

START_TEST(test_base64)
{
	static const char *const bad[] = {"A", "AAAAA", "Zg==", "Zg=", "Z g",
		"Zh", "Zm9", "Zm+v", "Zm/v", "Zg\n", "Zg.", "Z\xc3\xa9", NULL};
	char text[32];
	unsigned char data[32];
	unsigned char all[256];
	char long_text[400];
	unsigned char back[400];

	ck_assert_uint_eq(str_b64url(text, "", 0), 0);
	ck_assert_str_eq(text, "");
	ck_assert_uint_eq(str_b64url(text, "f", 1), 2);
	ck_assert_str_eq(text, "Zg");
	ck_assert_uint_eq(str_b64url(text, "fo", 2), 3);
	ck_assert_str_eq(text, "Zm8");
	ck_assert_uint_eq(str_b64url(text, "foo", 3), 4);
	ck_assert_str_eq(text, "Zm9v");
	(void)str_b64url(text, "\xfb\xff\xfe", 3);
	ck_assert_str_eq(text, "-__-");
	for (size_t i = 0; bad[i]; i++)
		ck_assert_msg(str_unb64url(data, bad[i], strlen(bad[i])) == -1,
			"took \"%s\"", bad[i]);
	ck_assert_int_eq(str_unb64url(data, "Zm9", 2), -1);
	ck_assert_int_eq(str_unb64url(data, "Zm8x", 3), 2);
	ck_assert_int_eq(str_unb64url(data, "", 0), 0);
	for (size_t i = 0; i < sizeof(all); i++)
		all[i] = (unsigned char)i;
	for (size_t n = 0; n <= sizeof(all); n++) {
		size_t len = str_b64url(long_text, all, n);

		ck_assert_int_eq(str_unb64url(back, long_text, len), n);
		ck_assert_mem_eq(back, all, n);
	}
}
END_TEST

static const char *
unescaped(struct arena *a, const char *s, bool plus)
{
	char *copy = arena_strdup(a, s);

	return str_unescape(copy, plus) ? copy : NULL;
}

START_TEST(test_unescape)
{
	static const char *const bad[] = {"%", "%4", "%zz", "%4g", "%g4",
		"a%00b", "%ff", "%c3", "%c3%28", "%ed%a0%80", "%c0%af",
		"%u0041", "\xff", "%%", NULL};
	struct arena *a = arena_new(1 << 20, 1 << 20);

	for (size_t i = 0; bad[i]; i++)
		ck_assert_msg(
			!unescaped(a, bad[i], true), "took \"%s\"", bad[i]);
	ck_assert_str_eq(unescaped(a, "", false), "");
	ck_assert_str_eq(unescaped(a, "a+b%2Bc%2f", false), "a+b+c/");
	ck_assert_str_eq(unescaped(a, "a+b%2Bc", true), "a b+c");
	ck_assert_str_eq(unescaped(a, "%c3%A9", false), "\xc3\xa9");
	/* once only: what comes out is not decoded again */
	ck_assert_str_eq(unescaped(a, "%2541", false), "%41");
	arena_free(a);
}
END_TEST

START_TEST(test_escape)
{
	struct arena *a = arena_new(1 << 16, 1 << 20);

	ck_assert_str_eq(str_escape(a, ""), "");
	ck_assert_str_eq(str_escape(a, "aZ09-._~"), "aZ09-._~");
	ck_assert_str_eq(str_escape(a, "a b&c=/?#%+\n\xff"),
		"a%20b%26c%3D%2F%3F%23%25%2B%0A%FF");
	arena_free(a);
}
END_TEST

START_TEST(test_email)
{
	static const char *const bad[] = {"", "x", "@b.c", "a@", "a@b",
		"a b@c.d", "a@b..c", "a..b@c.d", ".a@b.c", "a.@b.c", "a@-b.c",
		"a@b-.c", "a@b.c\nx", "a@b@c.d", "<a@b.c>", "a,b@c.d",
		"m\xc4\xb1ke@x.y", "a@x.y."};
	struct arena *a = arena_new(1 << 16, 1 << 20);

	for (size_t i = 0; i < NELEM(bad); i++)
		ck_assert_msg(!str_email(a, bad[i]), "%s", bad[i]);
	ck_assert_str_eq(
		str_email(a, " A.b+C@Example.COM "), "a.b+c@example.com");
	arena_free(a);
}
END_TEST

START_TEST(test_snake)
{
	char d[16];
	char hex[9];

	ck_assert(str_snake(d, sizeof(d), "repositoryUrl"));
	ck_assert_str_eq(d, "repository_url");
	ck_assert(str_snake(d, sizeof(d), "Name"));
	ck_assert_str_eq(d, "name");
	ck_assert(str_snake(d, sizeof(d), ""));
	ck_assert_str_eq(d, "");
	ck_assert(str_snake(d, 4, "aB"));
	ck_assert_str_eq(d, "a_b");
	ck_assert(!str_snake(d, 3, "aB"));
	ck_assert(!str_snake(d, 2, "aB"));
	ck_assert(!str_snake(d, 0, ""));
	str_hex(hex, "\x00\x9f\xf0\x0f", 4);
	ck_assert_str_eq(hex, "009ff00f");
}
END_TEST

START_TEST(test_plain_LOG_3)
{
	static const struct {
		const char *in;
		const char *out;
	} t[] = {{"", ""}, {"curl/8 (x)", "curl/8 (x)"},
		{"a\x1b[31mb\x7f", "a?[31mb?"}, {"a\r\nb\tc", "a??b?c"},
		{"\xc2\x9b"
		 "1m",
			"?1m"},
		{"\xff\xc3", "??"},
		{"\xe2\x80\xae"
		 "x\xe2\x81\xa9",
			"?x?"},
		{"\xd8\x9c\xe2\x80\xa8", "??"},
		{"\xe2\x80\xa6\xc3\xa9", "\xe2\x80\xa6\xc3\xa9"}};
	struct arena *a = arena_new(1 << 16, 1 << 20);

	for (size_t i = 0; i < NELEM(t); i++) {
		ck_assert_str_eq(str_plain(a, t[i].in, 512), t[i].out);
		ck_assert(!str_has_bidi(str_plain(a, t[i].in, 512)));
		ck_assert(!str_has_control(str_plain(a, t[i].in, 512)));
	}
	ck_assert_str_eq(str_plain(a, "abc\xc3\xa9", 4), "abc");
	ck_assert_str_eq(str_plain(a, "abc", 0), "");
	ck_assert(str_has_bidi("x\xe2\x80\x8f"));
	ck_assert(!str_has_bidi("x\xe2\x80\x8d\xe2"));
	arena_free(a);
}
END_TEST

Suite *
suite_str(void)
{
	const TTest *const tests[] = {test_compare, test_numbers, test_split,
		test_uuid, test_utf8, test_utf8_char, test_utf8_cut, test_sgr,
		test_control, test_base64, test_unescape, test_escape,
		test_email, test_snake, test_plain_LOG_3, NULL};
	Suite *s = suite_create("str");

	(void)unit_case(s, "str", tests);
	return s;
}
