/* base_err.c - the table of errors, and that the first failure wins. */
#include "unit_base.h"

#include "base/arena.h"
#include "base/err.h"

START_TEST(test_table)
{
	ck_assert_str_eq(err_info(E_OK)->code, "OK");
	ck_assert_int_eq(err_info(E_OK)->status, 200);
	ck_assert_str_eq(err_info(E_QUEUE_FULL)->code, "QUEUE_FULL");
	ck_assert_int_eq(err_info(E_QUEUE_FULL)->status, 429);
	ck_assert(err_info(E_QUEUE_FULL)->retry);
	ck_assert(!err_info(E_NOT_FOUND)->retry);
	for (int e = E_OK + 1; e < E_MAX; e++) {
		const struct err_info *info = err_info((enum err)e);

		ck_assert_int_ge(info->status, 400);
		ck_assert_int_lt(info->status, 600);
		ck_assert_uint_gt(strlen(info->message), 5);
		ck_assert_uint_gt(strlen(info->doc), 5);
	}
}
END_TEST

START_TEST(test_first_wins)
{
	struct ctx ctx = {.arena = arena_new(1 << 20, 1 << 20)};

	ck_assert_int_eq(ctx_cause(&ctx, E_CONFLICT, "row %d", 5), E_CONFLICT);
	ck_assert_int_eq(ctx_fail(&ctx, E_NOT_FOUND, "no"), E_CONFLICT);
	ck_assert_ptr_null(ctx.message);
	ck_assert_int_eq(ctx_fail(&ctx, E_CONFLICT, "is %s", "so"), E_CONFLICT);
	ck_assert_int_eq(ctx_fail(&ctx, E_CONFLICT, "other"), E_CONFLICT);
	ck_assert_int_eq(ctx_cause(&ctx, E_CONFLICT, "other"), E_CONFLICT);
	ck_assert_str_eq(ctx.message, "is so");
	ck_assert_str_eq(ctx.cause, "row 5");
	ctx_clear(&ctx);
	ck_assert_int_eq(ctx.err, E_OK);
	ck_assert_ptr_null(ctx.message);
	ck_assert_int_eq(ctx_fail(&ctx, E_NOT_FOUND, "%s", "%s"), E_NOT_FOUND);
	ck_assert_str_eq(ctx.message, "%s");
	arena_free(ctx.arena);
}
END_TEST

Suite *
suite_err(void)
{
	const TTest *const tests[] = {test_table, test_first_wins, NULL};
	Suite *s = suite_create("err");

	(void)unit_case(s, "err", tests);
	return s;
}
