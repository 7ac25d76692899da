/* web_route.c - paths, verbs, and what the selfcheck finds. */
#include "unit_web.h"

#include "base/arena.h"
#include "base/str.h"
#include "handlers/all.h"
#include "web/route.h"

struct key {
	const char *id;
};
static const struct field key_in[] = {
	F_UUID(struct key, id, "id", REQ, "Id."), F_END};
static const struct field none_out[] = {O_BOOL("ok", REQ, "Ok."), O_END};

static enum err
h_nothing(struct req *rq UNUSED, const void *in UNUSED)
{
	return E_OK;
}

/* clang-format off */
#define ROW(o, v, p, w, k, d, ...) \
	{ .op = o, .verb = v, .path = p, .who = w, .ok = k, .out = none_out, \
	  .fn = h_nothing, .doc = d, __VA_ARGS__ }
#define ROUTE(o, v, p, ...) ROW(o, v, p, WHO_PUBLIC, 200, "Doc.", __VA_ARGS__)
/* clang-format on */
#define KEY .in = IN(key_in, struct key)

/* clang-format off */
static const struct route routes[] = {
	ROUTE("thingGet",    GET,    "/api/things/{id}", KEY, .aliases = ALIASES("/api/status/{id}")),
	ROUTE("thingDelete", DELETE, "/api/things/{id}", KEY),
	ROUTE("thingList",   GET,    "/api/things"),
	ROUTE("thingCreate", POST,   "/api/things"),
	ROUTE("thingRecent", GET,    "/api/things/recent"),
	ROUTE("services",    GET,    "/api/status/services"),
	ROUTE("health",      GET,    "/api/health", .aliases = ALIASES("/health")),
	{ 0 }
};
/* clang-format on */
static const struct route *const tables[] = {routes, NULL};

static struct arena *a;
static struct router *router;

static void
setup(void)
{
	a = arena_new(1 << 20, 1 << 24);
	router = router_new(a, tables);
}

static void
teardown(void)
{
	arena_free(a);
}

/* The operation at a path: "404", "405" or its name. */
static const char *
at(enum verb verb, const char *path)
{
	struct match m;

	if (router_match(router, a, verb, path, &m))
		return "400";
	return m.route ? m.route->op : m.path_known ? "405" : "404";
}

START_TEST(test_match)
{
	ck_assert_str_eq(at(GET, "/api/things"), "thingList");
	ck_assert_str_eq(at(POST, "/api/things"), "thingCreate");
	ck_assert_str_eq(at(GET, "/api/things/7"), "thingGet");
	ck_assert_str_eq(at(DELETE, "/api/things/7"), "thingDelete");
	ck_assert_str_eq(at(GET, "/api/status/7"), "thingGet");
	ck_assert_str_eq(at(GET, "/health"), "health");
	ck_assert_str_eq(at(GET, "/api/health"), "health");
	ck_assert_str_eq(at(PUT, "/api/things"), "405");
	ck_assert_str_eq(at(VERB_NONE, "/api/things"), "405");
}
END_TEST

/* A fixed segment wins over a parameter, for all verbs. */
START_TEST(test_fixed_wins)
{
	ck_assert_str_eq(at(GET, "/api/things/recent"), "thingRecent");
	ck_assert_str_eq(at(DELETE, "/api/things/recent"), "405");
	ck_assert_str_eq(at(GET, "/api/status/services"), "services");
}
END_TEST

START_TEST(test_v1)
{
	ck_assert_str_eq(at(GET, "/api/v1/things/7"), "thingGet");
	ck_assert_str_eq(at(GET, "/api/v1/health"), "health");
	ck_assert_str_eq(at(GET, "/api/v2/things/7"), "404");
	ck_assert_str_eq(at(GET, "/api/v1/v1/things/7"), "404");
	ck_assert_str_eq(at(GET, "/v1/things"), "404");
	ck_assert_str_eq(at(GET, "/api/v1"), "404");
}
END_TEST

START_TEST(test_tricks)
{
	static const char *const nowhere[] = {"/", "/api", "/api/",
		"/api/things/", "/api//things", "//api/things", "/api/./things",
		"/api/x/../things", "/api/things;x=1", "/API/things",
		"/api/Things", "/api/things/7/8", "/api%2Fthings",
		"/api/things%2F7", "/api/things/recent/", "/api/things%20"};

	for (size_t i = 0; i < NELEM(nowhere); i++)
		ck_assert_str_eq(at(GET, nowhere[i]), "404");
	ck_assert_str_eq(at(GET, "/api/%74hings"), "thingList");
	ck_assert_str_eq(at(GET, ""), "400");
	ck_assert_str_eq(at(GET, "api/things"), "400");
	ck_assert_str_eq(at(GET, "/api/things/%"), "400");
	ck_assert_str_eq(at(GET, "/api/things/%zz"), "400");
	ck_assert_str_eq(at(GET, "/api/things/%00"), "400");
	ck_assert_str_eq(at(GET, "/api/things/%ff"), "400");
}
END_TEST

START_TEST(test_params)
{
	struct match m;

	ck_assert_int_eq(
		router_match(router, a, GET, "/api/things/a%2Fb%20c", &m),
		E_OK);
	ck_assert_uint_eq(m.nparams, 1);
	ck_assert_str_eq(m.params[0].name, "id");
	ck_assert_str_eq(m.params[0].value, "a/b c");
	ck_assert_str_eq(m.allow, "GET, HEAD, DELETE, OPTIONS");
}
END_TEST

/* ---- selfcheck ---- */

static const char *
check_one(const struct route *two)
{
	const struct route *const t[] = {two, NULL};

	return route_selfcheck(a, t);
}

START_TEST(test_selfcheck)
{
	const struct route no_who[] = {
		ROW("a", GET, "/api/a", WHO_NOBODY, 200, "Doc."), {0}};
	const struct route no_field[] = {ROUTE("a", GET, "/api/{x}"), {0}};
	const struct route alias_no_field[] = {
		ROUTE("a", GET, "/api/a", .aliases = ALIASES("/api/{x}")), {0}};
	const struct route no_doc[] = {
		ROW("a", GET, "/api/a", WHO_PUBLIC, 200, NULL), {0}};
	const struct route same_op[] = {
		ROUTE("a", GET, "/api/a"), ROUTE("a", GET, "/api/b"), {0}};
	const struct route same_path[] = {ROUTE("a", GET, "/api/a"),
		ROUTE("b", GET, "/api/b", .aliases = ALIASES("/api/a")), {0}};
	const struct route body_204[] = {
		ROW("a", GET, "/api/a", WHO_PUBLIC, 204, "Doc."), {0}};

	const struct route nobodys[] = {
		ROW("a", GET, "/api/a", WHO_SELF_OR_ADMIN, 200, "Doc."), {0}};
	const struct route get_body[] = {
		ROUTE("a", GET, "/api/a", .body = true), {0}};

	ck_assert_ptr_nonnull(check_one(nobodys));
	ck_assert_ptr_nonnull(check_one(get_body));
	ck_assert_ptr_null(route_selfcheck(a, tables));
	ck_assert_ptr_nonnull(check_one(no_who));
	ck_assert_ptr_nonnull(check_one(no_field));
	ck_assert_ptr_nonnull(check_one(alias_no_field));
	ck_assert_ptr_nonnull(check_one(no_doc));
	ck_assert_ptr_nonnull(check_one(same_op));
	ck_assert_ptr_nonnull(check_one(same_path));
	ck_assert_ptr_nonnull(check_one(body_204));
}
END_TEST

START_TEST(test_ours)
{
	const char *wrong = route_selfcheck(a, all_routes);

	ck_assert_msg(!wrong, "%s", wrong);
}
END_TEST

Suite *
suite_route(void)
{
	const TTest *const tests[] = {test_match, test_fixed_wins, test_v1,
		test_tricks, test_params, test_selfcheck, test_ours, NULL};
	Suite *s = suite_create("route");
	TCase *c = unit_case(s, "route", tests);

	tcase_add_checked_fixture(c, setup, teardown);
	return s;
}
