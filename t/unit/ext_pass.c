/* ext_pass.c - bcrypt hashes: which are taken, which fail at once. */
#include "unit_ext.h"

#include "base/arena.h"
#include "base/clock.h"
#include "base/str.h"
#include "ext/pass.h"

#include <signal.h>

static struct ctx ctx;

static void
setup(void)
{
	ctx = (struct ctx){.arena = arena_new(1 << 20, 1 << 22)};
}

static void
teardown(void)
{
	arena_free(ctx.arena);
}

START_TEST(test_hash)
{
	char a[PASS_HASH_SIZE], b[PASS_HASH_SIZE];

	ck_assert_int_eq(pass_hash(&ctx, "correct horse", 10, a), E_OK);
	ck_assert_int_eq(pass_hash(&ctx, "correct horse", 10, b), E_OK);
	ck_assert(str_starts(a, "$2b$10$"));
	ck_assert_uint_eq(strlen(a), 60);
	ck_assert_str_ne(a, b);
	ck_assert(pass_verify("correct horse", a));
	ck_assert(pass_verify("correct horse", b));
	ck_assert(!pass_verify("correct horsf", a));
	ck_assert(!pass_verify("correct horse ", a));
	ck_assert(!pass_verify("", a));
	ck_assert_int_eq(pass_cost(a), 10);
}
END_TEST

/* Blanks, emoji and the form of the letters are kept exactly. */
START_TEST(test_bytes)
{
	char hash[PASS_HASH_SIZE];

	ck_assert_int_eq(
		pass_hash(&ctx, " p\xc3\xa4ss \xf0\x9f\x99\x82 ", 10, hash),
		E_OK);
	ck_assert(pass_verify(" p\xc3\xa4ss \xf0\x9f\x99\x82 ", hash));
	ck_assert(!pass_verify(" pa\xcc\x88ss \xf0\x9f\x99\x82 ", hash));
	ck_assert(!pass_verify("p\xc3\xa4ss \xf0\x9f\x99\x82", hash));
}
END_TEST

START_TEST(test_limit)
{
	char p[74];
	char hash[PASS_HASH_SIZE];

	memset(p, 'p', sizeof(p));
	p[72] = '\0';
	ck_assert_int_eq(pass_hash(&ctx, p, 10, hash), E_OK);
	ck_assert(pass_verify(p, hash));
	p[72] = 'x';
	p[73] = '\0';
	ck_assert_msg(!pass_verify(p, hash), "72 bytes and one more");
	p[71] = '\0';
	ck_assert(!pass_verify(p, hash));
}
END_TEST

START_TEST(test_limit_hash)
{
	char p[74];
	char hash[PASS_HASH_SIZE];
	enum err e;

	memset(p, 'p', 73);
	p[73] = '\0';
	e = pass_hash(&ctx, p, 10, hash);
	ck_abort_msg("73 bytes were hashed: %d", (int)e);
}
END_TEST

START_TEST(test_cost_hash)
{
	char hash[PASS_HASH_SIZE];
	enum err e = pass_hash(&ctx, "p", 9, hash);

	ck_abort_msg("a cost of 9 was taken: %d", (int)e);
}
END_TEST

START_TEST(test_refused)
{
#define REST "abcdefghijklmnopqrstuuabcdefghijklmnopqrstuvwxyzabcde"
	static const char *const bad[] = {"", "*0", "*1", "!", "x",
		"$2b$20$" REST, "$2b$15$" REST, "$2b$31$" REST, "$2b$09$" REST,
		"$2b$04$" REST, "$2a$12$" REST, "$2y$12$" REST, "$2x$12$" REST,
		"$2b$12$" REST "f", "$2b$1", "$2b$12$", "$2b$1:$" REST,
		"$2b$12-" REST, "$6$salt$abcdefgh", "$y$j9T$salt$hash",
		"$2b$12$ bcdefghijklmnopqrstuuabcdefghijklmnopqrstuvwxyzabcde",
		NULL};
	int64_t begin = clock_mono_ms();

	for (size_t i = 0; i < NELEM(bad); i++) {
		const char *hash = bad[i];

		ck_assert_msg(!pass_verify("", hash), "%s", hash);
		ck_assert_msg(!pass_verify("*0", hash), "%s", hash);
		ck_assert_msg(!hash || !pass_verify(hash, hash), "%s", hash);
		ck_assert_msg(pass_cost(hash) == 0, "%s", hash);
	}
	ck_assert_int_lt(clock_mono_ms() - begin, 50);
}
END_TEST

/* A decoy costs what a real hash of its cost does, and nothing matches it. */
START_TEST(test_decoy)
{
	char hash[PASS_HASH_SIZE];
	int64_t t0, t1, t2;

	for (int cost = 10; cost <= 14; cost++)
		ck_assert_int_eq(pass_cost(pass_decoy(cost)), cost);
	ck_assert_int_eq(pass_hash(&ctx, "password", 12, hash), E_OK);
	t0 = clock_mono_ms();
	ck_assert(pass_verify("password", hash));
	t1 = clock_mono_ms();
	ck_assert(!pass_verify("password", pass_decoy(12)));
	t2 = clock_mono_ms();
	ck_assert_int_gt(t2 - t1, (t1 - t0) / 4);
	ck_assert(!pass_verify("", pass_decoy(10)));
}
END_TEST

static TCase *
add_case(Suite *s, const char *name, const TTest *const tests[])
{
	TCase *c = unit_case(s, name, tests);

	tcase_add_checked_fixture(c, setup, teardown);
	return c;
}

Suite *
suite_pass(void)
{
	Suite *s = suite_create("pass");
	TCase *c;

	add_case(s, "bcrypt with a salt of its own",
		(const TTest *const[]){test_hash, NULL});
	add_case(s, "PW-3 the bytes of a password",
		(const TTest *const[]){test_bytes, NULL});
	c = add_case(s, "PW-2 72 bytes and no more",
		(const TTest *const[]){test_limit, NULL});
	tcase_add_test_raise_signal(c, test_limit_hash, SIGABRT);
	tcase_add_test_raise_signal(c, test_cost_hash, SIGABRT);
	add_case(s, "PW-7 strange hashes fail at once",
		(const TTest *const[]){test_refused, NULL});
	add_case(s, "decoys", (const TTest *const[]){test_decoy, NULL});
	return s;
}
