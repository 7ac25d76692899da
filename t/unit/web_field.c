/* web_field.c - binding values to the struct of a field table. */
#include "unit_web.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/cfg.h"
#include "base/str.h"
#include "ext/json.h"
#include "web/field.h"
#include "web/valid.h"

static const char *const colours[] = {"red", "green", NULL};

struct thing {
	const char *id;
	const char *name;
	const char *note;
	const char *colour;
	int64_t size;
	bool shiny;
	struct page page;
};

/* clang-format off */
static const struct field thing_in[] = {
	F_UUID(struct thing, id,     "id",     REQ, "Id."),
	F_STR(struct thing,  name,   "name",   REQ, 2, 5, V_LINE, "Name."),
	F_STR(struct thing,  note,   "note",   NUL, 0, 5, V_ANY, "Note."),
	F_ENUM(struct thing, colour, "colour", OPT, colours, "Colour."),
	F_INT(struct thing,  size,   "size",   OPT, -3, 9, 7, "Size."),
	F_BOOL(struct thing, shiny,  "shiny",  OPT, "Shiny."),
	F_PAGE(struct thing, page),
	F_END
};
/* clang-format on */
static const struct input thing = IN(thing_in, struct thing);

#define ID "0B0a1b2c-0000-4000-8000-000000000001"

static struct ctx ctx;
static struct cfg cfg = {.password_min = 8};
static struct binding b;
static struct thing got;

static void
setup(void)
{
	ctx = (struct ctx){.arena = arena_new(1 << 20, 1 << 24)};
}

static void
teardown(void)
{
	arena_free(ctx.arena);
}

/* Bind a body, the id being in the path. */
static enum err
bind_body(const char *json)
{
	static const struct text_value path[] = {{"id", ID, true}};

	b = (struct binding){.arena = ctx.arena,
		.cfg = &cfg,
		.texts = path,
		.ntexts = 1,
		.body_fields = true};
	got = (struct thing){0};
	if (json)
		ck_assert_int_eq(
			jsn_parse(&ctx, json, strlen(json), &b.body), E_OK);
	return field_bind(&b, &thing, &got);
}

static enum err
bind_texts(const struct text_value *texts, size_t n)
{
	b = (struct binding){
		.arena = ctx.arena, .cfg = &cfg, .texts = texts, .ntexts = n};
	got = (struct thing){0};
	return field_bind(&b, &thing, &got);
}

/* The one bad field of a binding that failed. */
static void
only_bad(const char *name, const char *code)
{
	ck_assert_uint_eq(b.nbad, 1);
	ck_assert_str_eq(b.bad[0].name, name);
	ck_assert_str_eq(b.bad[0].code, code);
}

START_TEST(test_body)
{
	ck_assert_int_eq(bind_body("{\"name\":\"\xc3\xa9\xc3\xa9\xc3\xa9\","
				   "\"colour\":\"green\",\"shiny\":true}"),
		E_OK);
	ck_assert_str_eq(got.id, "0b0a1b2c-0000-4000-8000-000000000001");
	ck_assert_str_eq(got.name, "\xc3\xa9\xc3\xa9\xc3\xa9");
	ck_assert_ptr_eq(got.colour, colours[1]);
	ck_assert_ptr_null(got.note);
	ck_assert(got.shiny);
	ck_assert_int_eq(got.size, 7);
	ck_assert_int_eq(got.page.page, 1);
	ck_assert_int_eq(got.page.limit, 10);
	/* id, name, colour, shiny */
	ck_assert_uint_eq(b.given, 0x2b);
}
END_TEST

START_TEST(test_null)
{
	ck_assert_int_eq(bind_body("{\"name\":\"abc\",\"note\":null}"), E_OK);
	ck_assert_ptr_null(got.note);
	ck_assert(b.given & 4);
	ck_assert_int_eq(bind_body("{\"name\":null}"), E_VALIDATION_ERROR);
	only_bad("name", "NULL");
	ck_assert_int_eq(bind_body("{\"name\":\"abc\",\"colour\":null}"),
		E_VALIDATION_ERROR);
	only_bad("colour", "NULL");
}
END_TEST

static const struct {
	const char *json;
	const char *name;
	const char *code;
} refusals[] = {
	{"{}", "name", "REQUIRED"},
	{NULL, "name", "REQUIRED"},
	{"{\"name\":\"a\"}", "name", "TOO_SHORT"},
	{"{\"name\":\"abcdef\"}", "name", "TOO_LONG"},
	{"{\"name\":\"a\\nb\"}", "name", "INVALID"},
	{"{\"name\":5}", "name", "TYPE"},
	{"{\"name\":[\"abc\"]}", "name", "TYPE"},
	{"{\"name\":\"abc\",\"size\":10}", "size", "RANGE"},
	{"{\"name\":\"abc\",\"size\":-4}", "size", "RANGE"},
	{"{\"name\":\"abc\",\"size\":1.0}", "size", "TYPE"},
	{"{\"name\":\"abc\",\"size\":\"1\"}", "size", "TYPE"},
	{"{\"name\":\"abc\",\"shiny\":\"true\"}", "shiny", "TYPE"},
	{"{\"name\":\"abc\",\"shiny\":1}", "shiny", "TYPE"},
	{"{\"name\":\"abc\",\"colour\":\"blue\"}", "colour", "INVALID"},
	{"{\"name\":\"abc\",\"colour\":\"gree\"}", "colour", "INVALID"},
	{"{\"name\":\"abc\",\"role\":\"admin\"}", "role", "UNKNOWN"},
	{"{\"name\":\"abc\",\"Name\":\"abc\"}", "Name", "UNKNOWN"},
	/* what the path says, the body cannot say otherwise */
	{"{\"name\":\"abc\",\"id\":\"x\"}", "id", "UNKNOWN"},
};

START_TEST(test_refusals)
{
	for (size_t i = 0; i < NELEM(refusals); i++) {
		ck_assert_int_eq(
			bind_body(refusals[i].json), E_VALIDATION_ERROR);
		only_bad(refusals[i].name, refusals[i].code);
	}
}
END_TEST

START_TEST(test_all_at_once)
{
	ck_assert_int_eq(bind_body("{\"name\":1,\"size\":99,\"x\":1,\"y\":2}"),
		E_VALIDATION_ERROR);
	ck_assert_uint_eq(b.nbad, 4);
	ck_assert_str_eq(b.bad[0].name, "name");
	ck_assert_str_eq(b.bad[1].name, "size");
	ck_assert_str_eq(b.bad[2].name, "x");
	ck_assert_str_eq(b.bad[3].name, "y");
}
END_TEST

START_TEST(test_many_unknown)
{
	AUTO_BUF struct buf text = {0};

	buf_init(&text, 1 << 16);
	buf_str(&text, "{\"name\":\"abc\"");
	for (int i = 0; i < 1000; i++)
		buf_printf(&text, ",\"k%d\":0", i);
	buf_char(&text, '}');
	ck_assert_int_eq(bind_body(buf_text(&text)), E_VALIDATION_ERROR);
	ck_assert_uint_eq(b.nbad, BAD_FIELDS_MAX);
}
END_TEST

START_TEST(test_query)
{
	static const struct text_value good[] = {{"id", ID, false},
		{"name", "abc", false}, {"size", "-3", false},
		{"page", "2", false}, {"limit", "100", false},
		{"shiny", "true", false}};
	static const struct text_value twice[] = {{"id", ID, false},
		{"name", "abc", false}, {"name", "abd", false}};
	static const struct text_value unknown[] = {
		{"id", ID, false}, {"name", "abc", false}, {"x", "", false}};

	ck_assert_int_eq(bind_texts(good, NELEM(good)), E_OK);
	ck_assert_int_eq(got.size, -3);
	ck_assert_int_eq(got.page.page, 2);
	ck_assert_int_eq(got.page.limit, 100);
	ck_assert(got.shiny);
	ck_assert_int_eq(bind_texts(twice, 3), E_VALIDATION_ERROR);
	only_bad("name", "DUPLICATE");
	ck_assert_int_eq(bind_texts(unknown, 3), E_VALIDATION_ERROR);
	only_bad("x", "UNKNOWN");
}
END_TEST

START_TEST(test_query_numbers)
{
	static const struct {
		const char *text;
		const char *code;
	} bad[] = {{"0", "RANGE"}, {"101", "RANGE"}, {"-1", "RANGE"},
		{"1e9", "TYPE"}, {"+1", "TYPE"}, {"", "TYPE"}, {"01", "TYPE"},
		{"99999999999999999999", "TYPE"}, {"1 ", "TYPE"}};

	for (size_t i = 0; i < NELEM(bad); i++) {
		const struct text_value t[] = {{"id", ID, false},
			{"name", "abc", false}, {"limit", bad[i].text, false}};

		ck_assert_int_eq(bind_texts(t, 3), E_VALIDATION_ERROR);
		only_bad("limit", bad[i].code);
	}
}
END_TEST

/* A body route takes nothing from the query. */
START_TEST(test_query_on_body_route)
{
	static const struct text_value texts[] = {
		{"id", ID, true}, {"name", "abc", false}};

	b = (struct binding){.arena = ctx.arena,
		.cfg = &cfg,
		.texts = texts,
		.ntexts = 2,
		.body_fields = true};
	ck_assert_int_eq(field_bind(&b, &thing, &got), E_VALIDATION_ERROR);
	ck_assert_uint_eq(b.nbad, 2); /* name is required and unknown */
}
END_TEST

struct many {
	struct text_list ids;
};
static const struct field many_in[] = {
	F_UUIDS(struct many, ids, "ids", REQ, 1, 3, "Ids."), F_END};

static const char *const words[] = {"one", "two words", "three", NULL};
static const struct field words_in[] = {
	F_ENUMS(struct many, ids, "ids", OPT, 0, 2, words, "Words."), F_END};

static enum err
bind_to(const struct field *table, const char *json, struct many *m)
{
	const struct input in = {table, sizeof(*m)};

	b = (struct binding){
		.arena = ctx.arena, .cfg = &cfg, .body_fields = true};
	ck_assert_int_eq(jsn_parse(&ctx, json, strlen(json), &b.body), E_OK);
	return field_bind(&b, &in, m);
}

static enum err
bind_many(const char *json, struct many *m)
{
	return bind_to(many_in, json, m);
}

START_TEST(test_enums)
{
	static const struct {
		const char *json;
		const char *code;
	} bad[] = {{"{\"ids\":null}", "NULL"}, {"{\"ids\":\"one\"}", "TYPE"},
		{"{\"ids\":[1]}", "TYPE"}, {"{\"ids\":[\"One\"]}", "INVALID"},
		{"{\"ids\":[\"one\",\"two words\",\"three\"]}", "RANGE"},
		{"{\"ids\":[\"one\",\"one\"]}", "DUPLICATE"}};
	struct many m = {.ids = {NULL, 0}};

	for (size_t i = 0; i < NELEM(bad); i++) {
		ck_assert_int_eq(
			bind_to(words_in, bad[i].json, &m), E_VALIDATION_ERROR);
		ck_assert_str_eq(b.bad[0].code, bad[i].code);
	}
	ck_assert_int_eq(bind_to(words_in, "{}", &m), E_OK);
	ck_assert_ptr_null(m.ids.id);
	ck_assert_int_eq(bind_to(words_in, "{\"ids\":[]}", &m), E_OK);
	ck_assert_ptr_nonnull(m.ids.id);
	ck_assert_uint_eq(m.ids.n, 0);
	ck_assert_int_eq(
		bind_to(words_in, "{\"ids\":[\"three\",\"two words\"]}", &m),
		E_OK);
	ck_assert_uint_eq(m.ids.n, 2);
	ck_assert_str_eq(m.ids.id[1], "two words");
}
END_TEST

START_TEST(test_uuids)
{
	static const struct {
		const char *json;
		const char *code;
	} bad[] = {{"{}", "REQUIRED"}, {"{\"ids\":null}", "NULL"},
		{"{\"ids\":\"x\"}", "TYPE"}, {"{\"ids\":{}}", "TYPE"},
		{"{\"ids\":[]}", "RANGE"}, {"{\"ids\":[1]}", "TYPE"},
		{"{\"ids\":[null]}", "TYPE"}, {"{\"ids\":[\"x\"]}", "INVALID"},
		{"{\"ids\":[1,2,3,4]}", "RANGE"},
		{"{\"ids\":[\"" ID "\",\"" ID "\"]}", "DUPLICATE"},
		{"{\"ids\":[\"0b0a1b2c-0000-4000-8000-000000000001\",\"" ID
		 "\"]}",
			"DUPLICATE"}};
	static const struct text_value text[] = {{"ids", ID, false}};
	static const struct input in = IN(many_in, struct many);
	struct many m = {0};

	for (size_t i = 0; i < NELEM(bad); i++) {
		ck_assert_int_eq(
			bind_many(bad[i].json, &m), E_VALIDATION_ERROR);
		only_bad("ids", bad[i].code);
	}
	ck_assert_int_eq(
		bind_many("{\"ids\":[\"" ID "\",\"00000000-0000-0000-0000-"
			  "000000000000\"]}",
			&m),
		E_OK);
	ck_assert_uint_eq(m.ids.n, 2);
	ck_assert_str_eq(m.ids.id[0], "0b0a1b2c-0000-4000-8000-000000000001");
	/* a query has no arrays */
	b = (struct binding){
		.arena = ctx.arena, .cfg = &cfg, .texts = text, .ntexts = 1};
	ck_assert_int_eq(field_bind(&b, &in, &m), E_VALIDATION_ERROR);
	only_bad("ids", "TYPE");
	ck_assert_ptr_nonnull(field_table_wrong(ctx.arena, many_in, 0));
}
END_TEST

START_TEST(test_selfcheck)
{
	static const struct field twice[] = {
		F_BOOL(struct thing, shiny, "a", OPT, "A."),
		F_BOOL(struct thing, shiny, "a", OPT, "A."), F_END};
	static const struct field no_doc[] = {
		F_BOOL(struct thing, shiny, "a", OPT, NULL), F_END};
	static const struct field no_max[] = {
		F_STR(struct thing, name, "a", OPT, 0, 0, V_ANY, "A."), F_END};
	static const struct field time_in[] = {O_TIME("a", REQ, "A."), F_END};

	ck_assert_ptr_null(
		field_table_wrong(ctx.arena, thing_in, sizeof(struct thing)));
	ck_assert_ptr_nonnull(field_table_wrong(ctx.arena, thing_in, 8));
	ck_assert_ptr_nonnull(field_table_wrong(ctx.arena, twice, 999));
	ck_assert_ptr_nonnull(field_table_wrong(ctx.arena, no_doc, 999));
	ck_assert_ptr_nonnull(field_table_wrong(ctx.arena, no_max, 999));
	ck_assert_ptr_nonnull(field_table_wrong(ctx.arena, time_in, 999));
	ck_assert_ptr_null(field_table_wrong(ctx.arena, time_in, 0));
}
END_TEST

Suite *
suite_field(void)
{
	const TTest *const tests[] = {test_body, test_null, test_refusals,
		test_all_at_once, test_many_unknown, test_query,
		test_query_numbers, test_query_on_body_route, test_uuids,
		test_enums, test_selfcheck, NULL};
	Suite *s = suite_create("field");
	TCase *c = unit_case(s, "field", tests);

	tcase_add_checked_fixture(c, setup, teardown);
	return s;
}
