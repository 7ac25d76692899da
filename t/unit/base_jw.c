/* base_jw.c - commas, nesting and escapes of the JSON writer. */
#include "unit_base.h"

#include "base/jw.h"

START_TEST(test_shape)
{
	AUTO_BUF struct buf b = {0};
	struct jw w;

	buf_init(&b, 1000);
	jw_init(&w, &b);
	jw_object(&w);
	jw_kstr(&w, "s", "x");
	jw_kstr(&w, "n", NULL);
	jw_kint(&w, "i", -3);
	jw_kbool(&w, "t", true);
	jw_kbool(&w, "f", false);
	jw_key(&w, "a");
	jw_array(&w);
	jw_array(&w);
	jw_array_end(&w);
	jw_object(&w);
	jw_object_end(&w);
	jw_raw(&w, "1.50");
	jw_null(&w);
	jw_strn(&w, "abc", 2);
	jw_array_end(&w);
	jw_key(&w, "o");
	jw_object(&w);
	jw_kint(&w, "z", 0);
	jw_object_end(&w);
	jw_kint(&w, "last", 1);
	jw_object_end(&w);
	ck_assert_str_eq(b.data,
		"{\"s\":\"x\",\"n\":null,\"i\":-3,\"t\":true,\"f\":false,"
		"\"a\":[[],{},1.50,null,\"ab\"],\"o\":{\"z\":0},\"last\":1}");
}
END_TEST

START_TEST(test_depth)
{
	AUTO_BUF struct buf b = {0};
	struct jw w;

	buf_init(&b, 1000);
	jw_init(&w, &b);
	for (int i = 0; i < 63; i++)
		jw_array(&w);
	jw_int(&w, 1);
	jw_int(&w, 2);
	for (int i = 0; i < 63; i++)
		jw_array_end(&w);
	ck_assert_uint_eq(b.len, 63 + 3 + 63);
	unit_has(b.data, "[1,2]");
}
END_TEST

static void
check_escape(const char *in, size_t n, const char *want)
{
	AUTO_BUF struct buf b = {0};

	buf_init(&b, 1000);
	jw_escape(&b, in, n);
	ck_assert_str_eq(buf_text(&b), want);
}

#define ESCAPES(in, want) check_escape(in, sizeof(in) - 1, want)
#define BAD               "\xef\xbf\xbd"

START_TEST(test_escape)
{
	ESCAPES("", "");
	ESCAPES("a/b", "a/b");
	ESCAPES("\"\\\n\r\t\b\f", "\\\"\\\\\\n\\r\\t\\u0008\\u000c");
	ESCAPES("\0", "\\u0000");
	ESCAPES("a\x1f\x7fz", "a\\u001f\\u007fz");
	ESCAPES("\xc3\xa9\xe2\x82\xac\xf0\x9f\x99\x82",
		"\xc3\xa9\xe2\x82\xac\xf0\x9f\x99\x82");
	ESCAPES("\xc2\x80\xc2\x9f\xc2\xa0", "\\u0080\\u009f\xc2\xa0");
}
END_TEST

START_TEST(test_bad_utf8)
{
	ESCAPES("\xff", BAD);
	ESCAPES("a\xc3", "a" BAD);
	ESCAPES("\xc3(", BAD "(");
	ESCAPES("\xe2\x82", BAD BAD);
	ESCAPES("\xed\xa0\x80", BAD BAD BAD); /* surrogate */
	ESCAPES("\xc0\xaf", BAD BAD);         /* overlong */
	ESCAPES("\xf4\x90\x80\x80x", BAD BAD BAD BAD "x");
}
END_TEST

START_TEST(test_full)
{
	AUTO_BUF struct buf b = {0};
	struct jw w;

	buf_init(&b, 10);
	jw_init(&w, &b);
	jw_array(&w);
	jw_str(&w, "aaaaaaaaaaaaaaaaaaaa");
	jw_array_end(&w);
	ck_assert(b.full);
	ck_assert_uint_le(b.len, 10);
}
END_TEST

Suite *
suite_jw(void)
{
	const TTest *const tests[] = {test_shape, test_depth, test_escape,
		test_bad_utf8, test_full, NULL};
	Suite *s = suite_create("jw");

	(void)unit_case(s, "jw", tests);
	return s;
}
