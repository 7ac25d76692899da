/* base_buf.c - the maximum and the overflow state of buffers. */
#include "unit_base.h"

#include "base/arena.h"
#include "base/buf.h"

START_TEST(test_add)
{
	AUTO_BUF struct buf b = {0};

	buf_init(&b, 100);
	ck_assert_str_eq(buf_text(&b), "");
	buf_str(&b, "");
	buf_str(&b, "abc");
	buf_char(&b, '-');
	buf_int(&b, INT64_MIN);
	buf_printf(&b, " %s", "x");
	buf_add(&b, "\0z", 2);
	ck_assert_uint_eq(b.len, 28);
	ck_assert_mem_eq(b.data, "abc--9223372036854775808 x\0z", 29);
	buf_consume(&b, 0);
	buf_consume(&b, 4);
	ck_assert_str_eq(b.data, "-9223372036854775808 x");
	buf_consume(&b, b.len);
	ck_assert_uint_eq(b.len, 0);
	ck_assert_str_eq(b.data, "");
}
END_TEST

START_TEST(test_give)
{
	struct arena *a = arena_new(1 << 20, 1 << 20);
	AUTO_BUF struct buf b = {0};
	const char *text;

	buf_init(&b, 4 << 20);
	ck_assert_str_eq(buf_give(&b, a), "");
	for (int i = 0; i < 3 << 20; i++)
		buf_char(&b, 'x');
	text = buf_give(&b, a);
	ck_assert_uint_eq(strlen(text), 3 << 20);
	ck_assert_uint_eq(b.len, 0);
	ck_assert_str_eq(buf_text(&b), "");
	ck_assert(!arena_full(a));
	buf_str(&b, "again");
	ck_assert_str_eq(buf_text(&b), "again");
	arena_free(a);
}
END_TEST

START_TEST(test_int)
{
	AUTO_BUF struct buf b = {0};

	buf_init(&b, 100);
	buf_int(&b, 0);
	buf_char(&b, ' ');
	buf_int(&b, -10);
	buf_char(&b, ' ');
	buf_int(&b, INT64_MAX);
	buf_char(&b, ' ');
	buf_int(&b, INT64_MIN);
	ck_assert_str_eq(
		b.data, "0 -10 9223372036854775807 -9223372036854775808");
}
END_TEST

START_TEST(test_full)
{
	AUTO_BUF struct buf b = {0};

	buf_init(&b, 5);
	buf_str(&b, "abc");
	buf_str(&b, "de");
	ck_assert(!b.full);
	ck_assert_str_eq(b.data, "abcde");
	buf_char(&b, 'f');
	ck_assert(b.full);
	ck_assert_str_eq(b.data, "abcde");
	buf_consume(&b, 5);
	buf_char(&b, 'g');
	ck_assert_msg(b.len == 0, "nothing is added after an overflow");
	buf_reset(&b);
	buf_printf(&b, "%05d", 7);
	ck_assert_str_eq(b.data, "00007");
	buf_printf(&b, "%d", 7);
	ck_assert(b.full);
	ck_assert_str_eq(b.data, "00007");
}
END_TEST

START_TEST(test_room)
{
	AUTO_BUF struct buf b = {0};
	char *to;

	buf_init(&b, 1000);
	for (int i = 0; i < 10; i++) {
		to = buf_room(&b, 100);
		ck_assert_ptr_nonnull(to);
		memset(to, 'a' + i, 100);
		buf_added(&b, 100);
	}
	ck_assert_ptr_null(buf_room(&b, 1));
	ck_assert(b.full);
	ck_assert_uint_eq(b.len, 1000);
	ck_assert_int_eq(b.data[999], 'j');
	buf_reset(&b);
	ck_assert_ptr_null(buf_room(&b, SIZE_MAX));
	buf_added(&b, 0);
}
END_TEST

START_TEST(test_done)
{
	struct buf b = {0};

	buf_done(&b);
	buf_init(&b, 10);
	buf_str(&b, "abc");
	buf_done(&b);
	ck_assert_str_eq(buf_text(&b), "");
	buf_done(&b);
}
END_TEST

Suite *
suite_buf(void)
{
	const TTest *const tests[] = {test_add, test_give, test_int, test_full,
		test_room, test_done, NULL};
	Suite *s = suite_create("buf");

	(void)unit_case(s, "buf", tests);
	return s;
}
