/* base_arena.c - ceilings, hooks, blocks and alignment of arenas. */
#include "unit_base.h"

#include "base/arena.h"
#include "base/str.h"

#include <signal.h>

START_TEST(test_alloc)
{
	struct arena *a = arena_new(1 << 20, 1 << 21);

	for (size_t size = 0; size < 300; size++) {
		unsigned char *p = arena_alloc(a, size);

		ck_assert_ptr_nonnull(p);
		ck_assert_uint_eq((uintptr_t)p % _Alignof(max_align_t), 0);
		for (size_t i = 0; i < size; i++)
			ck_assert_uint_eq(p[i], 0);
		memset(p, 0xff, size);
	}
	ck_assert_uint_eq(arena_used(a), 299 * 300 / 2);
	arena_reset(a);
	ck_assert_uint_eq(arena_used(a), 0);
	/* what was used before is handed out as zeros again */
	for (int i = 0; i < 100; i++)
		ck_assert_int_eq(*(char *)arena_alloc(a, 64), 0);
	arena_free(a);
	arena_free(NULL);
}
END_TEST

START_TEST(test_big)
{
	struct arena *a = arena_new(64 << 20, 64 << 20);
	char *big = arena_alloc(a, 5 << 20);
	char *small = arena_alloc(a, 10);

	big[(5 << 20) - 1] = 'x';
	small[9] = 'y';
	for (int i = 0; i < 5000; i++)
		memset(arena_alloc(a, 1000), i, 1000);
	ck_assert_int_eq(big[(5 << 20) - 1], 'x');
	ck_assert_int_eq(small[9], 'y');
	arena_free(a);
}
END_TEST

START_TEST(test_soft_ceiling)
{
	struct arena *a = arena_new(1000, 100000);

	(void)arena_alloc(a, 1000);
	ck_assert(!arena_full(a));
	(void)arena_alloc(a, 1);
	ck_assert(arena_full(a));
	(void)arena_alloc(a, 1);
	ck_assert_msg(arena_full(a), "the flag is sticky");
	arena_reset(a);
	ck_assert(!arena_full(a));
	arena_free(a);
}
END_TEST

/* what an abort says is not for whoever reads the tests' output */
static void
quiet(void)
{
	ck_assert_ptr_nonnull(freopen("/dev/null", "we", stderr));
}

START_TEST(test_hard_ceiling)
{
	struct arena *a = arena_new(1000, 2000);

	(void)arena_alloc(a, 2000);
	(void)arena_alloc(a, 1);
}
END_TEST

START_TEST(test_hard_wrap)
{
	struct arena *a = arena_new(1000, 2000);

	(void)arena_alloc(a, 10);
	(void)arena_alloc(a, SIZE_MAX - 5);
}
END_TEST

START_TEST(test_array_overflow)
{
	struct arena *a = arena_new(1000, SIZE_MAX);

	(void)arena_array(a, SIZE_MAX / 2, 3);
}
END_TEST

struct note {
	char text[16];
	struct arena *arena;
};

static struct note notes; /* a hook's argument; each test has its process */

static void
note_a(void *p)
{
	struct note *n = p;

	(void)str_copy(n->text + strlen(n->text), 8, "a");
}

static void
note_b(void *p)
{
	struct note *n = p;

	(void)str_copy(n->text + strlen(n->text), 8, "b");
}

START_TEST(test_hooks)
{
	struct arena *a = arena_new(1 << 20, 1 << 20);

	arena_hook(a, note_a, &notes);
	arena_hook(a, note_b, &notes);
	arena_hook(a, note_b, &notes);
	arena_reset(a);
	ck_assert_str_eq(notes.text, "bba");
	arena_reset(a);
	ck_assert_msg(str_eq(notes.text, "bba"), "a hook runs once");
	arena_hook(a, note_a, &notes);
	arena_free(a);
	ck_assert_str_eq(notes.text, "bbaa");
}
END_TEST

static void
hook_again(void *p)
{
	struct note *n = p;

	arena_hook(n->arena, note_a, n);
	note_b(n);
}

START_TEST(test_hook_adds_hook)
{
	struct arena *a = arena_new(1 << 20, 1 << 20);

	notes.arena = a;
	arena_hook(a, hook_again, &notes);
	arena_free(a);
	ck_assert_str_eq(notes.text, "ba");
}
END_TEST

START_TEST(test_text)
{
	struct arena *a = arena_new(1 << 20, 1 << 20);
	int *v = arena_array(a, 3, sizeof(*v));
	int *w;

	ck_assert_ptr_null(arena_strdup(a, NULL));
	ck_assert_str_eq(arena_strdup(a, ""), "");
	ck_assert_str_eq(arena_strdup(a, "abc"), "abc");
	ck_assert_str_eq(arena_strndup(a, "abc", 2), "ab");
	ck_assert_str_eq(arena_strndup(a, "abc", 9), "abc");
	ck_assert_str_eq(arena_printf(a, "%s-%05d", "x", 42), "x-00042");
	v[2] = 7;
	w = arena_grow(a, v, 3 * sizeof(*v), 6 * sizeof(*v));
	ck_assert_int_eq(w[2], 7);
	ck_assert_int_eq(w[5], 0);
	ck_assert_ptr_nonnull(arena_grow(a, NULL, 0, 8));
	arena_free(a);
}
END_TEST

#ifdef AS_DEVELOPER
START_TEST(test_fail_at)
{
	struct arena *a;

	ck_assert_int_eq(setenv("AS_FAIL_AT", "3", 1), 0);
	a = arena_new(1 << 20, 1 << 20);
	(void)arena_alloc(a, 1);
	arena_reset(a);
	(void)arena_alloc(a, 1);
	ck_assert(!arena_full(a));
	(void)arena_alloc(a, 1);
	ck_assert(arena_full(a));
	arena_reset(a);
	(void)arena_alloc(a, 1);
	ck_assert_msg(!arena_full(a), "it trips once");
	arena_free(a);
}
END_TEST
#endif

Suite *
suite_arena(void)
{
	const TTest *const tests[] = {test_alloc, test_big, test_soft_ceiling,
		test_hooks, test_hook_adds_hook, test_text,
#ifdef AS_DEVELOPER
		test_fail_at,
#endif
		NULL};
	Suite *s = suite_create("arena");
	TCase *aborts = tcase_create("arena aborts");

	(void)unit_case(s, "arena", tests);
	tcase_add_checked_fixture(aborts, quiet, NULL);
	tcase_add_test_raise_signal(aborts, test_hard_ceiling, SIGABRT);
	tcase_add_test_raise_signal(aborts, test_hard_wrap, SIGABRT);
	tcase_add_test_raise_signal(aborts, test_array_overflow, SIGABRT);
	suite_add_tcase(s, aborts);
	return s;
}
