/* svc_giturl.c - which repository addresses and refs are taken. */
#include "unit_svc.h"

#include "base/arena.h"
#include "base/str.h"
#include "svc/egress.h"
#include "svc/giturl.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

static const struct cfg plain = {.git_hosts = "*",
	.git_private = "",
	.git_schemes = "https",
	.git_ports = "443,8443"};
static const struct cfg test_host = {.git_hosts = "github.com, *.example.org",
	.git_private = "localhost, 127.0.0.1:8080,git.lan",
	.git_schemes = "https,http",
	.git_ports = "443"};

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
parse(const struct cfg *cfg, const char *text, struct giturl *u)
{
	ctx_clear(&ctx);
	return giturl_parse(&ctx, cfg, text, u);
}

START_TEST(test_good)
{
	static const struct {
		const char *text, *url, *host, *path;
		unsigned port;
	} t[] = {
		{"https://github.com/a/b", "https://github.com/a/b",
			"github.com", "/a/b", 443},
		{"HTTPS://GitHub.com/a/b.git", "https://github.com/a/b.git",
			"github.com", "/a/b.git", 443},
		{"https://github.com:443/a/b/", "https://github.com/a/b",
			"github.com", "/a/b", 443},
		{"https://git.example.org:8443/x/y/z~1+2",
			"https://git.example.org:8443/x/y/z~1+2",
			"git.example.org", "/x/y/z~1+2", 8443},
		{"https://8.8.8.8/a", "https://8.8.8.8/a", "8.8.8.8", "/a",
			443},
		{"https://xn--bcher-kva.example/a/b",
			"https://xn--bcher-kva.example/a/b",
			"xn--bcher-kva.example", "/a/b", 443},
	};
	struct giturl u;

	for (size_t i = 0; i < NELEM(t); i++) {
		ck_assert_msg(parse(&plain, t[i].text, &u) == E_OK, "%s: %s",
			t[i].text, ctx.message);
		ck_assert_str_eq(u.url, t[i].url);
		ck_assert_str_eq(u.host, t[i].host);
		ck_assert_str_eq(u.path, t[i].path);
		ck_assert_uint_eq(u.port, t[i].port);
		ck_assert(!u.local);
	}
}
END_TEST

/* clang-format off */
static const char *const bad[] = {
	"", "https://", "https:///a/b", "https://github.com", "https://github.com/",
	"https://github.com//a", "https://github.com/a//b", "github.com/a/b",
	"http://github.com/a/b", "ext::sh -c id", "ext::sh", "file:///etc/passwd",
	"ssh://git@github.com/a/b", "git://github.com/a/b", "git@github.com:a/b.git",
	"-uhttps://github.com/a/b", "--upload-pack=id", "-oProxyCommand=id",
	"https://user@github.com/a/b", "https://user:pw@github.com/a/b",
	"https://:@github.com/a/b", "https://github.com@evil.example/a/b",
	"https://github.com/a/b#frag", "https://github.com/a/b?x=1",
	"https://github.com/a/b\r", "https://github.com/a/b\n", "https://github.com/a\tb",
	"https://github.com/a b", "https://github.com\\@evil/a", "https://github.com/a\\b",
	"https://github.com/../a", "https://github.com/a/..", "https://github.com/./a",
	"https://github.com/a/%2e%2e/b", "https://github.com/-a/b", "https://github.com/a/--upload-pack=id",
	"https://github.com/$(id)/b", "https://github.com/`id`/b", "https://github.com/a;id",
	"https://github.com/a|id", "https://github.com/a&&id", "https://github.com/a'b",
	"https://github.com:0/a/b", "https://github.com:/a/b", "https://github.com:65536/a/b",
	"https://github.com:22/a/b", "https://github.com:+443/a/b", "https://github.com:0443/a/b",
	"https://-github.com/a/b", "https://github-.com/a/b", "https://git..hub/a/b",
	"https://github.com./a/b", "https://.github.com/a/b", "https://git_hub.com/a/b",
	"https://g\xc3\xafthub.com/a/b", "https://*.com/a/b", "ftp://github.com/a/b",
	"javascript://github.com/a/b", "https:/github.com/a/b", "//github.com/a/b",
	"https://a.aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.com/a",
	"https://github/a/b",
};
/* WH-3: what resolvers and parsers take for 127.0.0.1 and its like */
static const char *const spelled[] = {
	"https://127.0.0.1/a", "https://127.1/a", "https://2130706433/a", "https://0x7f.1/a",
	"https://0x7f000001/a", "https://0177.0.0.1/a", "https://017700000001/a", "https://127.0.0.1./a",
	"https://[::1]/a", "https://[::ffff:127.0.0.1]/a", "https://[::]/a", "https://localhost/a",
	"https://LOCALHOST/a", "https://localhost./a", "https://x.localhost/a", "https://0/a",
	"https://0.0.0.0/a", "https://10.1.2.3/a", "https://192.168.1.1/a", "https://169.254.169.254/a",
	"https://172.16.0.1/a", "https://100.64.0.1/a", "https://1.2.3.4.5/a", "https://1.2.3/a",
	"https://256.1.1.1/a", "https://01.2.3.4/a", "https://168.63.129.16/a",
	"https://\xef\xbc\x91\xef\xbc\x92\xef\xbc\x97.0.0.1/a", ("https://127\xe3\x80\x82" "0.0.1/a"),
	"https://1.2.3.0x4/a", "https://foo.0x7f/a", "https://0x/a",
};
/* clang-format on */

START_TEST(test_bad)
{
	struct giturl u;

	for (size_t i = 0; i < NELEM(bad); i++)
		ck_assert_msg(parse(&plain, bad[i], &u) == E_REPOSITORY_REFUSED,
			"taken: %s", bad[i]);
	for (size_t i = 0; i < NELEM(spelled); i++)
		ck_assert_msg(
			parse(&plain, spelled[i], &u) == E_REPOSITORY_REFUSED,
			"taken: %s", spelled[i]);
	unit_has(ctx.message, "not allowed");
}
END_TEST

START_TEST(test_lists)
{
	struct giturl u;

	ck_assert(!parse(&test_host, "https://github.com/a/b", &u));
	ck_assert(!u.local);
	ck_assert(!parse(&test_host, "https://a.example.org/b", &u));
	ck_assert(parse(&test_host, "https://example.org/b", &u));
	ck_assert(parse(&test_host, "https://evilexample.org/b", &u));
	ck_assert(parse(&test_host, "https://gitlab.com/a/b", &u));
	ck_assert(parse(&test_host, "https://github.com:8443/a/b", &u));
	ck_assert(!parse(&test_host, "http://github.com/a/b", &u));
	ck_assert_uint_eq(u.port, 80);
	/* private ones: any port, or the one that is named */
	ck_assert(!parse(&test_host, "http://LOCALHOST:1234/a", &u));
	ck_assert(u.local);
	ck_assert_str_eq(u.url, "http://localhost:1234/a");
	ck_assert(!parse(&test_host, "http://127.0.0.1:8080/a", &u));
	ck_assert(parse(&test_host, "http://127.0.0.1:8081/a", &u));
	ck_assert(!parse(&test_host, "http://git.lan/a", &u) && u.local);
	ck_assert(parse(&test_host, "http://x.git.lan/a", &u));
	ck_assert(parse(&test_host, "http://127.1:8080/a", &u));
}
END_TEST

START_TEST(test_resolve)
{
	struct giturl u;
	const char *pin = NULL;

	ck_assert(!parse(&test_host, "http://localhost:1234/a", &u));
	ck_assert_int_eq(giturl_resolve(&ctx, &u, &pin), E_OK);
	ck_assert(str_eq(pin, "localhost:1234:127.0.0.1") ||
		  str_eq(pin, "localhost:1234:[::1]"));
	/* the same name, were it not on the private list */
	u.local = false;
	ck_assert_int_eq(giturl_resolve(&ctx, &u, &pin), E_REPOSITORY_REFUSED);
	unit_has(ctx.message, "loopback");
	ctx_clear(&ctx);
	u.host = "no-such-host.invalid";
	ck_assert_int_eq(giturl_resolve(&ctx, &u, &pin), E_REPOSITORY_REFUSED);
	unit_has(ctx.message, "does not resolve");
	ck_assert(!parse(&plain, "https://8.8.8.8/a", &u));
	ck_assert_int_eq(giturl_resolve(&ctx, &u, &pin), E_OK);
	ck_assert_str_eq(pin, "");
}
END_TEST

START_TEST(test_refs)
{
	static const char *const good[] = {
		"main", "a", "_x", "feature/x-1", "v1.2.3", "A0/b.c_d"};
	static const char *const evil[] = {"", "-x", "$(id)", "`id`", ";id",
		"a b", "a\nb", "a..b", "a//b", "a@{1}", "a.lock", "a.lock/b",
		"a/", "a.", "/a", ".a", "a/.b", "a~1", "a^", "a:b", "a?", "a*",
		"a[", "a\\b", "refs\tx", "--upload-pack=id", "\xc3\xa9", "a|id",
		"a&&id", "'a'", "\"a\""};
	char long_ref[203];

	for (size_t i = 0; i < NELEM(good); i++)
		ck_assert_msg(giturl_ref_ok(good[i]), "%s", good[i]);
	for (size_t i = 0; i < NELEM(evil); i++)
		ck_assert_msg(!giturl_ref_ok(evil[i]), "%s", evil[i]);
	memset(long_ref, 'a', sizeof(long_ref));
	long_ref[200] = '\0';
	ck_assert(giturl_ref_ok(long_ref));
	long_ref[200] = 'a';
	long_ref[201] = '\0';
	ck_assert(!giturl_ref_ok(long_ref));
}
END_TEST

static const char *
refused(const char *text)
{
	struct sockaddr_in v4 = {.sin_family = AF_INET};
	struct sockaddr_in6 v6 = {.sin6_family = AF_INET6};

	if (inet_pton(AF_INET, text, &v4.sin_addr) == 1)
		return egress_refused((const struct sockaddr *)&v4);
	ck_assert_int_eq(inet_pton(AF_INET6, text, &v6.sin6_addr), 1);
	return egress_refused((const struct sockaddr *)&v6);
}

START_TEST(test_egress)
{
	static const char *const no[] = {"0.0.0.0", "0.1.2.3", "10.0.0.1",
		"10.255.255.255", "100.64.0.0", "100.127.255.255", "127.0.0.1",
		"127.255.255.254", "169.254.169.254", "172.16.0.1",
		"172.31.255.255", "192.0.0.1", "192.0.2.1", "192.168.0.1",
		"198.18.0.1", "198.19.255.255", "198.51.100.1", "203.0.113.1",
		"224.0.0.1", "239.1.1.1", "240.0.0.1", "255.255.255.255",
		"168.63.129.16", "::", "::1", "::ffff:127.0.0.1",
		"::ffff:10.0.0.1", "::127.0.0.1", "64:ff9b::127.0.0.1",
		"64:ff9b::a00:1", "64:ff9b:1::1", "2001::1",
		"2002:7f00:1::", "fc00::1", "fdff::1", "fe80::1", "febf::1",
		"fec0::1", "ff02::1", "2001:db8::1"};
	static const char *const yes[] = {"8.8.8.8", "1.1.1.1", "9.255.255.255",
		"11.0.0.0", "100.63.255.255", "100.128.0.0", "172.15.255.255",
		"172.32.0.0", "192.0.1.1", "198.17.255.255", "198.20.0.0",
		"223.255.255.255", "168.63.129.17", "::ffff:8.8.8.8",
		"64:ff9b::808:808", "2606:4700::1111", "2a00::1", "2003::1"};

	for (size_t i = 0; i < NELEM(no); i++)
		ck_assert_msg(refused(no[i]) != NULL, "%s", no[i]);
	for (size_t i = 0; i < NELEM(yes); i++)
		ck_assert_msg(refused(yes[i]) == NULL, "%s: %s", yes[i],
			refused(yes[i]));
}
END_TEST

Suite *
suite_giturl(void)
{
	const TTest *const urls[] = {test_good, test_bad, test_lists, NULL};
	const TTest *const resolve[] = {test_resolve, test_egress, NULL};
	const TTest *const refs[] = {test_refs, NULL};
	Suite *s = suite_create("giturl");

	tcase_add_checked_fixture(
		unit_case(s, "GIT-1 WH-1 WH-3 repository addresses", urls),
		setup, teardown);
	tcase_add_checked_fixture(
		unit_case(s, "GIT-4 WH-2 resolved addresses", resolve), setup,
		teardown);
	(void)unit_case(s, "GIT-2 refs", refs);
	return s;
}
