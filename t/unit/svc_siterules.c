/* svc_siterules.c - _redirects and _headers: what is read, what is refused. */
#include "unit_svc.h"

#include "base/arena.h"
#include "base/str.h"
#include "svc/siterules.h"
#include "svc/siterules_path.h"

static struct ctx ctx;
static struct siterules rules;

static void
setup(void)
{
	ctx = (struct ctx){.arena = arena_new(1 << 26, 1 << 28)};
	rules = (struct siterules){0};
}

static void
teardown(void)
{
	arena_free(ctx.arena);
}

static enum err
redirects(const char *text)
{
	ctx_clear(&ctx);
	rules = (struct siterules){0};
	return siterules_redirects(&ctx, &rules, text, strlen(text));
}

static enum err
headers(const char *text)
{
	ctx_clear(&ctx);
	rules = (struct siterules){0};
	return siterules_headers(&ctx, &rules, text, strlen(text));
}

START_TEST(test_redirects)
{
	const struct redirect_rule *r;

	ck_assert_int_eq(
		redirects(
			"\xef\xbb\xbf# all kinds\r\n\n"
			"/b\t/to  302 # why\r\n"
			"/a%20b /caf\xc3\xa9?x=%41&y=\"#z\n"
			"/x/:id/* https://e.example:8443/:id/:splat/:no 308!\n"
			"/gone /404.html 404\n"
			"/* /index.html 200\n"
			"/*.php /:splat 301"),
		E_OK);
	ck_assert_uint_eq(rules.nstatic, 3);
	ck_assert_uint_eq(rules.ndynamic, 3);
	r = rules.redirect;
	ck_assert_str_eq(r[0].from, "/a b");
	ck_assert_int_eq(r[0].line, 4);
	ck_assert_int_eq(r[0].status, 301);
	ck_assert_str_eq(r[0].to, "[\"/caf%C3%A9?x=%41&y=%22#z\"]");
	ck_assert_str_eq(r[1].from, "/b");
	ck_assert_int_eq(r[1].status, 302);
	ck_assert_str_eq(r[1].to, "[\"/to\"]");
	ck_assert_str_eq(r[2].from, "/gone");
	ck_assert_int_eq(r[2].status, 404);
	ck_assert_str_eq(r[3].from, "/x/");
	ck_assert_str_eq(r[3].pattern, "[\"/x/\",1,\"/\",0]");
	ck_assert_str_eq(
		r[3].to, "[\"https://e.example:8443/\",0,\"/\",1,\"/:no\"]");
	ck_assert(r[3].force && !r[3].pages);
	ck_assert(r[4].pages && !r[4].force);
	ck_assert_str_eq(r[5].pattern, "[\"/\",0,\".php\"]");
	ck_assert(siterules_come_first(&rules));
	ck_assert_int_eq(redirects("/a /b\n"), E_OK);
	ck_assert(!siterules_come_first(&rules));
	ck_assert_int_eq(redirects("# nothing\n\n"), E_OK);
	ck_assert(siterules_is_empty(&rules));
}
END_TEST

START_TEST(test_bad_redirects)
{
	static const struct {
		const char *line;
		const char *why;
	} bad[] = {
		{"/a", "write: from to"},
		{"/a id=:id /b 301", "not supported"},
		{"/a id=:id /b", "not supported"},
		{"/a /b 302 Country=us", "not supported"},
		{"/a /b 300", "status"},
		{"/a /b 3010", "status"},
		{"/a /b 301!!", "status"},
		{"/a /b !", "status"},
		{"a /b", "begin with '/'"},
		{"https://x.example/a /b", "begin with '/'"},
		{"/a?x=1 /b", "queries"},
		{"/a#x /b", "queries"},
		{"/%zz /b", "well-formed"},
		{"/%00 /b", "well-formed"},
		{"/%0a /b", "well-formed"},
		{"/%ff /b", "well-formed"},
		{"/a%09b /b", "well-formed"},
		{"/.env /b", "hidden"},
		{"/a/../b /b", "hidden"},
		{"/a/%2e%2e/b /b", "hidden"},
		{"/.well-known/acme-challenge /b", "acme-challenge"},
		{"/.well-known/acme-challenge/* /b", "acme-challenge"},
		{"/.well-known/acme-challenge/x /b", "acme-challenge"},
		{"/.well%2dknown/acme-challenge/x /b", "acme-challenge"},
		{"/*/* /b", "more than one"},
		{"/*/:a /b", "behind"},
		{"/x:a/:b.html /b", "whole part"},
		{"/:a/:a /b", "twice"},
		{"/:splat /b", "another name"},
		{"/a //evil.example", "two slashes"},
		{"/a /\\evil.example", "two slashes"},
		{"/a ftp://x.example/", "path or an http"},
		{"/a javascript:alert(1)", "path or an http"},
		{"/a https://", "path or an http"},
		{"/a https://user@x.example/", "path or an http"},
		{"/a https://x.example:port/", "path or an http"},
		{"/a https://x.example:123456/", "path or an http"},
		{"/* https://x.example:splat/", "path or an http"},
		{"/:a https://:a.example/", "path or an http"},
		{"/* https://x.example\\@y.example/:splat", "path or an http"},
		{"/a /%0d%0aX", NULL},
		{"/a /b%", "target is not well-formed"},
		{"/a https://x.example/ 200", "path of this site"},
		{"/a https://x.example/ 404", "path of this site"},
		{"/a /b?x 200", "no query"},
		{"/a /%0d%0a 200", "target is not well-formed"},
		{"/a /../etc/passwd 200", "hidden"},
		{"/a /%2e%2e/etc 200", "hidden"},
		{"/a /.rules 200", "hidden"},
		{"/a /.well-known/acme-challenge/x 200", "hidden"},
		{"/a /b\x01", "control"},
		{"/a /b\xff", "UTF-8"},
		{"/a\x7f /b", "control"},
	};

	for (size_t i = 0; i < NELEM(bad); i++) {
		const char *text = arena_printf(
			ctx.arena, "# one\n/ok /fine\n%s\n", bad[i].line);
		enum err e = redirects(text);

		if (!bad[i].why) { /* stays encoded: no line ends there */
			ck_assert_int_eq(e, E_OK);
			continue;
		}
		ck_assert_msg(e == E_BUILD_FAILED, "taken: %s", bad[i].line);
		unit_has(ctx.message, "_redirects line 3: ");
		unit_has(ctx.message, bad[i].why);
		ck_assert(!str_has_control(ctx.message));
	}
	ck_assert(redirects("/b /x\n/a /b\n\n/b /c\n"));
	ck_assert_str_eq(ctx.message,
		"_redirects line 4: line 1 has a rule for the same path");
	ctx_clear(&ctx);
	ck_assert(siterules_redirects(&ctx, &rules, "/a /b\0c", 7));
	unit_has(ctx.message, "line 1: control");
}
END_TEST

/* n lines that differ by a number */
static const char *
rules_text(const char *from, const char *rest, int n)
{
	struct buf b = {0};
	const char *text;

	buf_init(&b, 1 << 20);
	for (int i = 0; i < n; i++) {
		buf_str(&b, from);
		buf_int(&b, i);
		buf_str(&b, rest);
	}
	text = arena_strdup(ctx.arena, buf_text(&b));
	buf_done(&b);
	return text;
}

START_TEST(test_limits)
{
	char *line = arena_alloc(ctx.arena, 4000);
	AUTO_BUF struct buf b = {0};

	ck_assert_int_eq(
		redirects(rules_text("/s", " /to\n", SITERULES_STATIC_MAX)),
		E_OK);
	ck_assert(redirects(
		rules_text("/s", " /to\n", SITERULES_STATIC_MAX + 1)));
	unit_has(ctx.message, "line 2001: there are more than 2000 rules");
	ck_assert_int_eq(
		redirects(rules_text("/:x/", " /to\n", SITERULES_DYNAMIC_MAX)),
		E_OK);
	/* the platform's own rule still has room */
	siterules_spa(&ctx, &rules);
	ck_assert_uint_eq(rules.ndynamic, SITERULES_DYNAMIC_MAX + 1);
	buf_init(&b, SITERULES_OUT_MAX);
	siterules_write(&rules, &b);
	ck_assert(!b.full);
	ck_assert(redirects(
		rules_text("/:x/", " /to\n", SITERULES_DYNAMIC_MAX + 1)));
	unit_has(ctx.message, "line 101: there are more than 100 rules");
	memset(line, 'a', SITERULES_LINE_MAX);
	memcpy(line, "/a /", 4);
	ck_assert_int_eq(redirects(line), E_OK);
	line[SITERULES_LINE_MAX] = 'a';
	ck_assert(redirects(line));
	unit_has(ctx.message, "longer than 1000 bytes");

	memset(line, 0, 4000);
	memset(line, 'a', SITERULES_HEADER_MAX + 3);
	memcpy(line, "/a\n X:", 6);
	ck_assert_int_eq(headers(line), E_OK);
	line[SITERULES_HEADER_MAX + 3] = 'a';
	ck_assert(headers(line));
	unit_has(ctx.message, "_headers line 2: is longer than 2000 bytes");
}
END_TEST

START_TEST(test_headers)
{
	static const char text[] =
		"# comment\n/*\n  # another\n  X-Frame-Options: DENY\n"
		"\tX-B:a \"b\" \n\n/*.css\n  ! cache-control\n/:x/none\n";

	ck_assert_int_eq(headers(text), E_OK);
	ck_assert_uint_eq(rules.nheader, 3);
	ck_assert_str_eq(rules.header[0].set,
		"[[\"X-Frame-Options\",\"DENY\"],[\"X-B\",\"a \\\"b\\\"\"]]");
	ck_assert_str_eq(rules.header[1].pattern, "[\"/\",0,\".css\"]");
	ck_assert_str_eq(rules.header[1].set, "[[\"cache-control\",null]]");
	ck_assert_str_eq(rules.header[2].set, "[]");
	ck_assert(siterules_come_first(&rules));
}
END_TEST

START_TEST(test_bad_headers)
{
	static const char *const bad[] = {"X: y", " X", " X y", " : y",
		" X:", " X:  ", " X Y: z", " ! X: y", " ! ", " X: \x01",
		" X: a\rb", " X: \xc3\xa9", " X\xc3\xa9: y", " (X): y",
		" Set-Cookie: a=b", " set-cookie: a=b", " Content-Length: 1",
		" Transfer-Encoding: chunked", " Connection: close",
		" Strict-Transport-Security: max-age=0",
		" ! Strict-Transport-Security", " X-Content-Type-Options: x",
		" ! x-content-type-options", " X-Accel-Redirect: /etc/passwd",
		" x-accel-expires: 1", " Server: me", " Date: now",
		" Location: /x", " Content-Encoding: gzip", " Basic-Auth: a:b",
		" Alt-Svc: clear", " Proxy-Authenticate: x", " ETag: x"};

	for (size_t i = 0; i < NELEM(bad); i++) {
		const char *text = arena_printf(ctx.arena, "%s\n%s\n X: y\n",
			bad[i][0] == ' ' ? "/p" : "", bad[i]);

		ck_assert_msg(
			headers(text) == E_BUILD_FAILED, "taken: %s", bad[i]);
		unit_has(ctx.message, "_headers line 2: ");
		ck_assert(!str_has_control(ctx.message));
	}
	ck_assert(headers(" X: y\n"));
	unit_has(ctx.message, "line 1: a path must stand");
	ck_assert(headers("/.well-known/acme-challenge/*\n X: y\n"));
	unit_has(ctx.message, "acme-challenge");
	ck_assert_int_eq(
		headers(rules_text("/h", "\n", SITERULES_HEADERS_MAX)), E_OK);
	ck_assert(headers(rules_text("/h", "\n", SITERULES_HEADERS_MAX + 1)));
	unit_has(ctx.message, "line 101: there are more than 100 paths");
	ck_assert_int_eq(headers(arena_printf(ctx.arena, "/a\n%s",
				 rules_text(" X", ": y\n", SITERULES_SET_MAX))),
		E_OK);
	ck_assert(headers(arena_printf(ctx.arena, "/a\n%s",
		rules_text(" X", ": y\n", SITERULES_SET_MAX + 1))));
	unit_has(ctx.message, "more than 50 headers");
}
END_TEST

START_TEST(test_hidden)
{
	ck_assert(path_is_hidden("/."));
	ck_assert(path_is_hidden("/a/../b"));
	ck_assert(path_is_hidden("/a/.git/config"));
	ck_assert(path_is_hidden("/.well-known/acme-challenge"));
	ck_assert(path_is_hidden("/.well-known/acme-challenge/x"));
	ck_assert(path_is_hidden("/.well-known/.x"));
	ck_assert(path_is_hidden("/a/.well-known/x"));
	ck_assert(!path_is_hidden("/.well-known/security.txt"));
	ck_assert(!path_is_hidden("/a.b/c..d"));
}
END_TEST

START_TEST(test_written)
{
	AUTO_BUF struct buf b = {0};

	ck_assert_int_eq(
		redirects("/b /c 302!\n/\xc3\xa9/* /x/:splat\n/a /d"), E_OK);
	ck_assert_int_eq(
		siterules_headers(&ctx, &rules, "/*\n X: y\n", 9), E_OK);
	siterules_spa(&ctx, &rules);
	buf_init(&b, SITERULES_OUT_MAX);
	siterules_write(&rules, &b);
	ck_assert_uint_eq(b.data[63], '\n');
	unit_has(buf_text(&b), "autostack-rules 1 2 ");
	ck_assert_str_eq(buf_text(&b) + 64,
		"0000000\n0000016\n"
		"/a\t3\t301\t[\"/d\"]\n"
		"/b\t1\t302!\t[\"/c\"]\n"
		"/\xc3\xa9/\t2\t301\t[\"/\xc3\xa9/\",0]\t[\"/x/\",0]\n"
		"/\t2147483647\t200p\t[\"/\",0]\t[\"/index.html\"]\n"
		"/\t[\"/\",0]\t[[\"X\",\"y\"]]\n");
}
END_TEST

Suite *
suite_siterules(void)
{
	const TTest *const read[] = {
		test_redirects, test_headers, test_written, NULL};
	const TTest *const refused[] = {test_bad_redirects, test_bad_headers,
		test_hidden, test_limits, NULL};
	Suite *s = suite_create("siterules");

	tcase_add_checked_fixture(
		unit_case(s, "_redirects and _headers", read), setup, teardown);
	tcase_add_checked_fixture(
		unit_case(s, "PUB-6 rules that are refused", refused), setup,
		teardown);
	return s;
}
