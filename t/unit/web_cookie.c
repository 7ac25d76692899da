/* web_cookie.c - what a Cookie header may and may not hold. */
#include "unit_web.h"

#include "base/arena.h"
#include "base/str.h"
#include "web/cookie.h"

#define NAME "__Host-x"

static struct arena *arena;

static void
setup(void)
{
	arena = arena_new(1 << 20, 1 << 20);
}

static void
teardown(void)
{
	arena_free(arena);
}

static const char *
find(const char *header)
{
	return cookie_find(arena, header, NAME);
}

START_TEST(test_found)
{
	static const char *const headers[] = {NAME "=v-1_2.3~",
		"a=b; " NAME "=v-1_2.3~", "a=b;" NAME "=v-1_2.3~;c=d",
		" \t" NAME "=v-1_2.3~ \t; ", ";;; ; " NAME "=v-1_2.3~",
		"a; =b; " NAME "=v-1_2.3~; " NAME "y=z"};

	for (size_t i = 0; i < NELEM(headers); i++)
		ck_assert_msg(
			str_eq(find(headers[i]), "v-1_2.3~"), "%s", headers[i]);
	ck_assert_str_eq(find(NAME "=a=b=="), "a=b==");
}
END_TEST

START_TEST(test_not_found)
{
	static const char *const headers[] = {"", ";", "=", NAME, NAME "=",
		NAME " =v", "x" NAME "=v", NAME "y=v", "__host-x=v",
		"a=" NAME "=v", NAME "=\"v\"", NAME "=a b", NAME "=a,b",
		NAME "=a\\b", NAME "=a\x7f", NAME "=a\xc3\xa4",
		NAME "=a\r\nX: y", NAME "=a\tb"};

	ck_assert_ptr_null(find(NULL));
	for (size_t i = 0; i < NELEM(headers); i++)
		ck_assert_msg(!find(headers[i]), "%s", headers[i]);
}
END_TEST

/* A host beside ours may plant a second one: which is ours nobody knows. */
START_TEST(test_twice)
{
	ck_assert_ptr_null(find(NAME "=a; " NAME "=a"));
	ck_assert_ptr_null(find(NAME "=a; b=c; " NAME "=b"));
	ck_assert_ptr_null(find(NAME "=a; " NAME "="));
}
END_TEST

START_TEST(test_limits)
{
	char *value = arena_alloc(arena, COOKIE_VALUE_MAX + 2);
	char *header = arena_alloc(arena, COOKIE_HEADER_MAX + 2);

	memset(value, 'v', COOKIE_VALUE_MAX);
	ck_assert_str_eq(find(arena_printf(arena, NAME "=%s", value)), value);
	value[COOKIE_VALUE_MAX] = 'v';
	ck_assert_ptr_null(find(arena_printf(arena, NAME "=%s", value)));
	memset(header, ';', COOKIE_HEADER_MAX);
	memcpy(header, NAME "=v", strlen(NAME "=v"));
	ck_assert_str_eq(find(header), "v");
	header[COOKIE_HEADER_MAX] = ';';
	ck_assert_ptr_null(find(header));
}
END_TEST

Suite *
suite_cookie(void)
{
	const TTest *const tests[] = {
		test_found, test_not_found, test_twice, test_limits, NULL};
	Suite *s = suite_create("cookie");
	TCase *c = unit_case(s, "cookie", tests);

	tcase_add_checked_fixture(c, setup, teardown);
	return s;
}
