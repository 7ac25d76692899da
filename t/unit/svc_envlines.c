/* svc_envlines.c - KEY=VALUE lines: what is read, what is refused. */
#include "unit_svc.h"

#include "base/arena.h"
#include "base/str.h"
#include "svc/envlines.h"

static struct ctx ctx;

static void
setup(void)
{
	ctx = (struct ctx){.arena = arena_new(1 << 24, 1 << 26)};
}

static void
teardown(void)
{
	arena_free(ctx.arena);
}

START_TEST(test_read)
{
	static const char text[] = "# a comment\n\n"
				   "A=1\r\n"
				   "  B = \n"
				   "export C=x y # not a comment\n"
				   "D='it''s' is not\n";
	static const char *const want[] = {"A=1", "C=x y # all", "_d9=a=b=c",
		"E= lead \\n", "F=q\"\\\n\t$", "G=", "NODE_OPTIONS=--x",
		"U=\xc3\xa9"};
	const char *const *env;
	size_t n;

	/* blanks before '=' are no name */
	ck_assert_int_eq(
		envlines_parse(&ctx, text, &env, &n), E_VALIDATION_ERROR);
	unit_has(ctx.message, "Line 4");
	ctx_clear(&ctx);
	ck_assert_int_eq(envlines_parse(&ctx,
				 "# c\n\n A=0\nexport C=x y # all\n_d9=a=b=c\n"
				 "E=' lead \\n'\nF=\"q\\\"\\\\\\n\\t\\$\"\nG=\n"
				 "NODE_OPTIONS=--x\nU=\xc3\xa9\nA=1\r\n",
				 &env, &n),
		E_OK);
	ck_assert_uint_eq(n, NELEM(want));
	for (size_t i = 0; i < n; i++)
		ck_assert_str_eq(env[i], want[i]);
	ck_assert_ptr_null(env[n]);
	ck_assert_int_eq(envlines_parse(&ctx, "", &env, &n), E_OK);
	ck_assert_uint_eq(n, 0);
	ck_assert_ptr_null(env[0]);
}
END_TEST

START_TEST(test_bad)
{
	static const char *const bad[] = {"A", "=x", "1A=x", "A-B=x", "A B=x",
		"A=\x01", "A=\x7f", "A=\"x", "A='x", "A=\"a\" b", "A=\"a\"b\"",
		"A=\"\\x\"", "A=\"\\", "A='a'b'", "A=\xff", "A=\xc0\x80",
		"PATH=x", "HOME=x", "LD_PRELOAD=x", "LD_X=1", "BASH_ENV=x",
		"ENV=x", "IFS=x", "AUTOSTACK_X=1", "npm_config_cache=/x",
		"export PATH=x", "$(id)=x", "A\tB=x"};
	const char *const *env;
	size_t n;

	for (size_t i = 0; i < NELEM(bad); i++) {
		ctx_clear(&ctx);
		ck_assert_msg(envlines_parse(&ctx, bad[i], &env, &n) ==
				      E_VALIDATION_ERROR,
			"taken: %s", bad[i]);
	}
	ctx_clear(&ctx);
	ck_assert(envlines_parse(&ctx, "OK=1\nBAD=\"canary-value", &env, &n));
	unit_has(ctx.message, "Line 2");
	ck_assert_ptr_null(strstr(ctx.message, "canary"));
}
END_TEST

START_TEST(test_limits)
{
	char *text = arena_alloc(ctx.arena, ENVLINES_TEXT_MAX + 2);
	const char *const *env;
	size_t used = 0;
	size_t n;

	for (int i = 0; i < ENVLINES_MAX; i++)
		used += (size_t)snprintf(text + used, 16, "K%d=v\n", i);
	ck_assert_int_eq(envlines_parse(&ctx, text, &env, &n), E_OK);
	ck_assert_uint_eq(n, ENVLINES_MAX);
	(void)snprintf(text + used, 16, "MORE=v\n");
	ck_assert(envlines_parse(&ctx, text, &env, &n));
	unit_has(ctx.message, "too many");
	ctx_clear(&ctx);
	memset(text, 'a', ENVLINES_TEXT_MAX + 1);
	text[1] = '=';
	ck_assert(envlines_parse(&ctx, text, &env, &n));
	ctx_clear(&ctx);
	text[ENVLINES_VALUE_MAX + 3] = '\0';
	ck_assert(envlines_parse(&ctx, text, &env, &n));
	ctx_clear(&ctx);
	text[ENVLINES_VALUE_MAX + 2] = '\0';
	ck_assert_int_eq(envlines_parse(&ctx, text, &env, &n), E_OK);
	/* a name of 128, not of 129 */
	memset(text, 'a', 200);
	text[129] = '=';
	text[130] = '\0';
	ck_assert(envlines_parse(&ctx, text, &env, &n));
	ctx_clear(&ctx);
	text[128] = '=';
	ck_assert_int_eq(envlines_parse(&ctx, text, &env, &n), E_OK);
}
END_TEST

Suite *
suite_envlines(void)
{
	const TTest *const tests[] = {test_read, test_bad, test_limits, NULL};
	Suite *s = suite_create("envlines");

	tcase_add_checked_fixture(
		unit_case(s, "SB-5 environment lines", tests), setup, teardown);
	return s;
}
