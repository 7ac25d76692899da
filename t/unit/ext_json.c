/* ext_json.c - what is JSON, what is refused, and how values are read. */
#include "unit_ext.h"

#include "base/arena.h"
#include "ext/json.h"

static struct ctx ctx;

static void
setup(void)
{
	ctx = (struct ctx){.arena = arena_new(1 << 20, 1 << 26)};
}

static void
teardown(void)
{
	arena_free(ctx.arena);
}

static const struct jsn *
parsed(const char *text)
{
	const struct jsn *v = NULL;

	ck_assert_msg(jsn_parse(&ctx, text, strlen(text), &v) == E_OK, "%s: %s",
		text, ctx.message);
	return v;
}

static void
refused_n(const char *text, size_t n, enum err wanted)
{
	const struct jsn *v = NULL;
	enum err e = jsn_parse(&ctx, text, n, &v);

	ck_assert_msg(e == wanted, "%.60s gave %s", text, err_info(e)->code);
	ck_assert_ptr_null(v);
	ck_assert_ptr_nonnull(ctx.message);
	ctx_clear(&ctx);
}

static void
refused(const char *text)
{
	refused_n(text, strlen(text), E_BAD_REQUEST);
}

START_TEST(test_values)
{
	const struct jsn *v =
		parsed(" {\"s\": \"a\\u00e4\\n\", \"i\": -9223372036854775808,"
		       " \"r\": 1.5, \"t\": true, \"f\": false, \"z\": null,"
		       " \"a\": [1, \"two\", {}], \"e\": \"\"} \n");

	ck_assert_int_eq(jsn_type(v), JSN_OBJECT);
	ck_assert_uint_eq(jsn_len(v), 8);
	ck_assert_str_eq(jsn_str(jsn_get(v, "s")), "aä\n");
	ck_assert_uint_eq(jsn_len(jsn_get(v, "s")), 4);
	ck_assert_int_eq(jsn_int(jsn_get(v, "i")), INT64_MIN);
	ck_assert_int_eq(jsn_type(jsn_get(v, "r")), JSN_REAL);
	ck_assert_int_eq(jsn_int(jsn_get(v, "r")), 0);
	ck_assert(jsn_bool(jsn_get(v, "t")) && !jsn_bool(jsn_get(v, "f")));
	ck_assert_int_eq(jsn_type(jsn_get(v, "f")), JSN_BOOL);
	ck_assert_int_eq(jsn_type(jsn_get(v, "z")), JSN_NULL);
	ck_assert_int_eq(jsn_type(jsn_get(v, "nix")), JSN_ABSENT);
	ck_assert_uint_eq(jsn_len(jsn_get(v, "a")), 3);
	ck_assert_int_eq(jsn_int(jsn_at(jsn_get(v, "a"), 0)), 1);
	ck_assert_str_eq(jsn_str(jsn_at(jsn_get(v, "a"), 1)), "two");
	ck_assert_ptr_null(jsn_at(jsn_get(v, "a"), 3));
	ck_assert_str_eq(jsn_str(jsn_get(v, "e")), "");
	ck_assert_ptr_null(jsn_str(jsn_get(v, "i")));
	ck_assert_ptr_null(jsn_get(jsn_get(v, "a"), "x"));
	ck_assert_int_eq(jsn_type(parsed("17")), JSN_INT);
	ck_assert_int_eq(jsn_type(parsed("[]")), JSN_ARRAY);
}
END_TEST

START_TEST(test_absent)
{
	const void *it = NULL;
	const char *key;
	const struct jsn *v;

	ck_assert_int_eq(jsn_type(NULL), JSN_ABSENT);
	ck_assert_ptr_null(jsn_get(NULL, "x"));
	ck_assert_ptr_null(jsn_at(NULL, 0));
	ck_assert_ptr_null(jsn_str(NULL));
	ck_assert_int_eq(jsn_int(NULL), 0);
	ck_assert(!jsn_bool(NULL));
	ck_assert_uint_eq(jsn_len(NULL), 0);
	ck_assert(!jsn_next(NULL, &it, &key, &v));
}
END_TEST

START_TEST(test_walk)
{
	const struct jsn *o = parsed("{\"a\":1,\"b\":2,\"c\":4}");
	const void *it = NULL;
	const char *key;
	const struct jsn *v;
	int64_t sum = 0;
	int n = 0;

	while (jsn_next(o, &it, &key, &v)) {
		sum += jsn_int(v) * (key[0] - 'a' + 1);
		n++;
	}
	ck_assert_int_eq(n, 3);
	ck_assert_int_eq(sum, 1 + 2 * 2 + 3 * 4);
}
END_TEST

START_TEST(test_refused)
{
	static const char *const bad[] = {"", " ", "{", "}", "{\"a\":1}x",
		"{\"a\":1}{}", "{\"a\":1,}", "{a:1}", "{'a':1}", "[1,]", "nul",
		"\"open", "\"line\nline\"", "\"\\x\"", "NaN", "Infinity",
		"[NaN]", "-", "+1", "01", "0x10", "1.", ".5", "1e400",
		"9223372036854775808", "-9223372036854775809", "// c\n1",
		/* keys twice, also in other spellings */
		"{\"a\":1,\"a\":2}", "{\"a\":1,\"\\u0061\":2}",
		"[{\"x\":{\"b\":1,\"b\":1}}]",
		/* a byte order mark, surrogates alone, overlong forms, NUL */
		"\xef\xbb\xbf{}", "\"\\ud800\"", "\"\\udc00\"",
		"\"\\ud800\\u0061\"", "\"\xed\xa0\x80\"", "\"\xc0\xaf\"",
		"\"\xff\"", "\"\xc3\"", "\"abc\\u0000def\"",
		"{\"a\\u0000\":1}"};

	for (size_t i = 0; i < NELEM(bad); i++)
		refused(bad[i]);
	refused_n("\"a\0b\"", 5, E_BAD_REQUEST);
	refused_n("{}\0", 3, E_BAD_REQUEST);
	refused_n("{\"a\0\":1}", 8, E_BAD_REQUEST);
}
END_TEST

START_TEST(test_nul)
{
	refused("{\"password\":\"abc\\u0000def\"}");
}
END_TEST

START_TEST(test_messages)
{
	const struct jsn *v;

	ck_assert_int_eq(jsn_parse(&ctx, "{\n \"secret\": hunter2}", 21, &v),
		E_BAD_REQUEST);
	unit_has(ctx.message, "line 2");
	ck_assert_ptr_null(strstr(ctx.message, "hunter2"));
	ctx_clear(&ctx);
	ck_assert_int_eq(
		jsn_parse(&ctx, "{\"a\":1,\"a\":2}", 13, &v), E_BAD_REQUEST);
	unit_has(ctx.message, "twice");
	ck_assert_ptr_null(ctx.cause);
}
END_TEST

/* n of open, then n of close. */
static char *
nested(size_t n, char open, char close)
{
	char *s = arena_alloc(ctx.arena, 2 * n + 1);

	memset(s, open, n);
	memset(s + n, close, n);
	return s;
}

START_TEST(test_depth)
{
	char *s;

	ck_assert_int_eq(
		jsn_type(parsed(nested(JSN_DEPTH_MAX, '[', ']'))), JSN_ARRAY);
	refused(nested(JSN_DEPTH_MAX + 1, '[', ']'));
	refused(nested(3000, '[', ']'));
	refused(nested(100000, '{', '}'));
	/* brackets in strings nest nothing, and escapes end none */
	s = arena_printf(
		ctx.arena, "[\"\\\\\",\"\\\"%s\"]", nested(100, '[', ']'));
	ck_assert_uint_eq(jsn_len(parsed(s)), 2);
	/* closing ones first do not buy more */
	s = arena_printf(ctx.arena, "]]]]%s", nested(40, '[', ']'));
	refused(s);
}
END_TEST

START_TEST(test_values_max)
{
	size_t n = JSN_VALUES_MAX;
	char *s = arena_alloc(ctx.arena, 3 * n + 2);

	/* an array of n - 1 numbers: with the array n values */
	s[0] = '[';
	for (size_t i = 0; i < n - 1; i++)
		memcpy(s + 1 + 2 * i, i ? ",1" : " 1", 2);
	s[1 + 2 * (n - 1)] = ']';
	ck_assert_uint_eq(jsn_len(parsed(s)), n - 1);
	s[0] = '[';
	for (size_t i = 0; i < n; i++)
		memcpy(s + 1 + 3 * i, i ? ",[]" : " []", 3);
	s[3 * n + 1] = '\0';
	refused_n(s, strlen(s), E_PAYLOAD_TOO_LARGE);
}
END_TEST

START_TEST(test_parse_max)
{
	const struct jsn *v = NULL;

	ck_assert_int_eq(jsn_parse_max(&ctx, "[1,2]", 5, 3, &v), E_OK);
	ck_assert_uint_eq(jsn_len(v), 2);
	ck_assert_int_eq(
		jsn_parse_max(&ctx, "[1,2]", 5, 2, &v), E_PAYLOAD_TOO_LARGE);
}
END_TEST

START_TEST(test_long_string)
{
	size_t n = 10 << 20;
	char *s = arena_alloc(ctx.arena, n + 1);

	memset(s, 'x', n);
	s[0] = s[n - 1] = '"';
	ck_assert_uint_eq(jsn_len(parsed(s)), n - 2);
}
END_TEST

static void
add_case(Suite *s, const char *name, const TTest *const tests[])
{
	tcase_add_checked_fixture(unit_case(s, name, tests), setup, teardown);
}

Suite *
suite_json(void)
{
	Suite *s = suite_create("json");

	add_case(s, "json values",
		(const TTest *const[]){test_values, test_absent, test_walk,
			test_messages, NULL});
	add_case(s, "IN-1 malformed JSON",
		(const TTest *const[]){test_refused, test_depth,
			test_values_max, test_parse_max, test_long_string,
			NULL});
	add_case(s, "PW-4 NUL in a string",
		(const TTest *const[]){test_nul, NULL});
	return s;
}
