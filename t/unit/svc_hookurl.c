/* svc_hookurl.c - where notifications may be sent. */
#include "unit_svc.h"

#include "base/arena.h"
#include "base/str.h"
#include "svc/egress.h"
#include "svc/hookurl.h"

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <netinet/in.h>
#include <sys/socket.h>

static const struct cfg plain = {
	.hook_private = "", .hook_schemes = "https", .hook_ports = "443,8443"};
static const struct cfg lenient = {.hook_private = "localhost, 127.0.0.1:8080",
	.hook_schemes = "https,http",
	.hook_ports = "443"};

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

static enum err
parse(const struct cfg *cfg, const char *text, struct hookurl *u)
{
	ctx_clear(&ctx);
	return hookurl_parse(&ctx, cfg, text, u);
}

START_TEST(test_good)
{
	static const struct {
		const char *text, *url, *host;
	} t[] = {
		{"https://hooks.slack.com/services/T0/B0/x",
			"https://hooks.slack.com/services/T0/B0/x",
			"hooks.slack.com"},
		{"HTTPS://Example.COM:443", "https://example.com/",
			"example.com"},
		{"https://example.com?a=b&c=%20",
			"https://example.com/?a=b&c=%20", "example.com"},
		{"https://example.com:8443/x?y=/../@:z",
			"https://example.com:8443/x?y=/../@:z",
			"example.com:8443"},
		{"https://8.8.8.8/", "https://8.8.8.8/", "8.8.8.8"},
		{"https://xn--bcher-kva.example/a",
			"https://xn--bcher-kva.example/a",
			"xn--bcher-kva.example"},
	};
	struct hookurl u;

	for (size_t i = 0; i < NELEM(t); i++) {
		ck_assert_msg(parse(&plain, t[i].text, &u) == E_OK, "%s: %s",
			t[i].text, ctx.message);
		ck_assert_str_eq(u.url, t[i].url);
		ck_assert_str_eq(u.host, t[i].host);
		ck_assert(!u.local);
	}
}
END_TEST

/* clang-format off */
static const char *const bad[] = {
	"", "https://", "https:///x", "example.com", "//example.com/", "http://example.com/",
	"ftp://example.com/", "file:///etc/passwd", "gopher://127.0.0.1/", "javascript:alert(1)",
	"https://user@example.com/", "https://u:p@example.com/", "https://@example.com/",
	"https://example.com/#x", "https://example.com\\@evil.example/", "https://example.com/\r\nX: y",
	"https://example.com/a b", "https://example.com/%", "https://example.com/%4", "https://example.com/%zz",
	"https://example.com:22/", "https://example.com:0/", "https://example.com:/", "https://example.com:65536/",
	"https://example.com:80/", "https://-x.example/", "https://x-.example/", "https://a..b/", "https://a_b.example/",
	"https://\xc3\xa9.example/", "https://example.com/\xc3\xa9", "https://intern/", "https:/example.com/",
	" https://example.com/", "https://example.com/\x7f", "https://example.com/{x}",
};
/* what resolvers and parsers take for 127.0.0.1 and its like */
static const char *const spelled[] = {
	"https://127.0.0.1/", "https://127.1/", "https://2130706433/", "https://0x7f.1/", "https://0x7f000001/",
	"https://0177.0.0.1/", "https://017700000001/", "https://127.0.0.1./", "https://[::1]/",
	"https://[::ffff:127.0.0.1]/", "https://[::]/", "https://localhost/", "https://LOCALHOST/",
	"https://localhost./", "https://x.localhost/", "https://0/", "https://0.0.0.0/", "https://10.1.2.3/",
	"https://192.168.1.1/", "https://169.254.169.254/latest", "https://172.16.0.1/", "https://100.64.0.1/",
	"https://1.2.3/", "https://256.1.1.1/", "https://168.63.129.16/", "https://foo.0x7f/",
	"https://\xef\xbc\x91\xef\xbc\x92\xef\xbc\x97.0.0.1/", ("https://127\xe3\x80\x82" "0.0.1/"),
};
/* clang-format on */

START_TEST(test_bad)
{
	char long_url[HOOKURL_MAX + 2];
	struct hookurl u;

	for (size_t i = 0; i < NELEM(bad); i++)
		ck_assert_msg(parse(&plain, bad[i], &u) == E_VALIDATION_ERROR,
			"taken: %s", bad[i]);
	for (size_t i = 0; i < NELEM(spelled); i++)
		ck_assert_msg(
			parse(&plain, spelled[i], &u) == E_VALIDATION_ERROR,
			"taken: %s", spelled[i]);
	unit_has(ctx.message, "not allowed");
	memset(long_url, 'a', sizeof(long_url));
	memcpy(long_url, "https://example.com/", 20);
	long_url[HOOKURL_MAX + 1] = '\0';
	ck_assert_int_eq(parse(&plain, long_url, &u), E_VALIDATION_ERROR);
	long_url[HOOKURL_MAX] = '\0';
	ck_assert_int_eq(parse(&plain, long_url, &u), E_OK);
}
END_TEST

START_TEST(test_lists)
{
	struct hookurl u;

	ck_assert(!parse(&lenient, "http://example.com/", &u) && !u.local);
	ck_assert(!parse(&lenient, "http://localhost:1234/", &u) && u.local);
	ck_assert(!parse(&lenient, "http://127.0.0.1:8080/", &u) && u.local);
	ck_assert(parse(&lenient, "http://127.0.0.1:8081/", &u));
	ck_assert(parse(&lenient, "http://127.1:8080/", &u));
	ck_assert(parse(&lenient, "https://example.com:8443/", &u));
}
END_TEST

/* An address of this host is public to others, and still its own. */
START_TEST(test_own)
{
	struct sockaddr_in far = {.sin_family = AF_INET};
	struct sockaddr_in none = {.sin_family = AF_UNIX};
	struct ifaddrs *list;
	int n = 0;

	ck_assert_int_eq(getifaddrs(&list), 0);
	for (struct ifaddrs *i = list; i; i = i->ifa_next) {
		if (!i->ifa_addr || i->ifa_addr->sa_family != AF_INET)
			continue;
		ck_assert_ptr_nonnull(egress_refused_strictly(i->ifa_addr));
		n++;
	}
	freeifaddrs(list);
	ck_assert_int_gt(n, 0);
	ck_assert_int_eq(inet_pton(AF_INET, "8.8.8.8", &far.sin_addr), 1);
	ck_assert_ptr_null(
		egress_refused_strictly((const struct sockaddr *)&far));
	ck_assert_ptr_nonnull(
		egress_refused_strictly((const struct sockaddr *)&none));
}
END_TEST

Suite *
suite_hookurl(void)
{
	const TTest *const urls[] = {test_good, test_bad, test_lists, NULL};
	const TTest *const own[] = {test_own, NULL};
	Suite *s = suite_create("hookurl");

	tcase_add_checked_fixture(
		unit_case(s, "WH-1 WH-3 addresses of notifications", urls),
		setup, teardown);
	(void)unit_case(s, "WH-2 addresses of this host", own);
	return s;
}
