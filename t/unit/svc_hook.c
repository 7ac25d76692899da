/*
 * svc_hook.c - what connects where, when names lie: this program has a resolver
 * and a connect() of its own, which libcurl calls, too. Names below .test are
 * answered from a list, and what would be connected to is written down instead.
 * Whole deliveries are t/3540.
 */
#include "unit_svc.h"

#include "base/arena.h"
#include "base/str.h"
#include "ext/httpc.h"
#include "svc/egress.h"
#include "svc/hook.h"

#include <arpa/inet.h>
#include <dlfcn.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/socket.h>

static bool armed;       /* connect() is ours */
static char seen[512];   /* what would have been connected to */
static unsigned lookups; /* of names below .test */

/* A name's addresses: those of the first lookup, and of all later ones. */
static const struct {
	const char *name;
	const char *first[3], *later[3];
} names[] = {
	{"loopback.test", {"127.0.0.1"}, {"127.0.0.1"}},
	{"rebind.test", {"8.8.4.4"}, {"127.0.0.1"}},
	{"mixed.test", {"127.0.0.1", "8.8.4.4"}, {"127.0.0.1", "8.8.4.4"}},
	{"six.test", {"::1", "::ffff:10.0.0.1", "fd00::1"},
		{"::1", "::ffff:10.0.0.1", "fd00::1"}},
	{"metadata.test", {"169.254.169.254"}, {"169.254.169.254"}},
	{"public.test", {"8.8.4.4"}, {"8.8.4.4"}},
};

typedef int lookup_fn(const char *node, const char *service,
	const struct addrinfo *hints, struct addrinfo **res);
typedef int connect_fn(int fd, const struct sockaddr *to, socklen_t len);

/* POSIX wants a cast from an object's pointer. */
static void
real(const char *name, void *fn)
{
	void *p = dlsym(RTLD_NEXT, name);

	ck_assert_ptr_nonnull(p);
	memcpy(fn, &p, sizeof(p));
}

int
getaddrinfo(const char *node, const char *service, const struct addrinfo *hints,
	struct addrinfo **res)
{
	lookup_fn *lookup;
	struct addrinfo **end = res;
	const char *const *to = NULL;

	real("getaddrinfo", &lookup);
	if (!node || !str_ends(node, ".test"))
		return lookup(node, service, hints, res);
	for (size_t i = 0; i < NELEM(names); i++) {
		if (str_eq(node, names[i].name))
			to = lookups ? names[i].later : names[i].first;
	}
	lookups++;
	*res = NULL;
	for (size_t i = 0; to && i < NELEM(names[0].first) && to[i]; i++) {
		struct addrinfo h = {
			.ai_flags = AI_NUMERICHOST, .ai_socktype = SOCK_STREAM};

		if (lookup(to[i], service, &h, end))
			return EAI_NONAME;
		end = &(*end)->ai_next;
	}
	return *res ? 0 : EAI_NONAME;
}

int
connect(int fd, const struct sockaddr *to, socklen_t len)
{
	char text[INET6_ADDRSTRLEN] = "?";
	struct sockaddr_in v4;
	connect_fn *fn;

	real("connect", &fn);
	if (!armed || (to->sa_family != AF_INET && to->sa_family != AF_INET6))
		return fn(fd, to, len);
	if (to->sa_family == AF_INET) {
		memcpy(&v4, to, sizeof(v4));
		(void)inet_ntop(AF_INET, &v4.sin_addr, text, sizeof(text));
	}
	(void)snprintf(
		seen + strlen(seen), sizeof(seen) - strlen(seen), "%s ", text);
	errno = ECONNREFUSED;
	return -1;
}

static struct ctx ctx;

static void
setup(void)
{
	ctx = (struct ctx){.arena = arena_new(1 << 24, 1 << 26)};
	armed = true;
	lookups = 0;
	seen[0] = '\0';
}

static void
teardown(void)
{
	armed = false;
	arena_free(ctx.arena);
}

/* What is connected to for an address. */
static const char *
connections(const char *url)
{
	struct httpc_request rq = {.url = url,
		.clear = true,
		.body = "{}",
		.type = "application/json",
		.timeout_ms = 5000,
		.cut = 65536,
		.refused = egress_refused_strictly};
	struct httpc_answer answer;

	seen[0] = '\0';
	lookups = 0;
	ctx_clear(&ctx);
	ck_assert_int_eq(httpc_ask(&ctx, &rq, &answer), E_BAD_GATEWAY);
	return seen;
}

START_TEST(test_names)
{
	/* the trap works: this one is let through */
	ck_assert_str_eq(connections("https://public.test/"), "8.8.4.4 ");
	ck_assert_str_eq(connections("https://loopback.test/"), "");
	ck_assert_str_eq(connections("http://loopback.test:8080/"), "");
	ck_assert_str_eq(connections("https://six.test/"), "");
	ck_assert_str_eq(connections("https://metadata.test/latest"), "");
	ck_assert_str_eq(connections("https://127.0.0.1/"), "");
	ck_assert_str_eq(connections("https://[::1]/"), "");
	ck_assert_str_eq(connections("https://2130706433/"), "");
	ck_assert_str_eq(connections("https://0x7f.1/"), "");
}
END_TEST

START_TEST(test_rebinding)
{
	/* of several addresses the good ones are tried */
	ck_assert_str_eq(connections("https://mixed.test/"), "8.8.4.4 ");
	/* whoever is judged is who is connected to, whatever a second answer
	 * would be */
	ck_assert_str_eq(connections("https://rebind.test/"), "8.8.4.4 ");
	ck_assert_uint_eq(lookups, 1);
}
END_TEST

START_TEST(test_proxies)
{
	static const char *const vars[] = {"http_proxy", "https_proxy",
		"HTTPS_PROXY", "all_proxy", "ALL_PROXY"};

	for (size_t i = 0; i < NELEM(vars); i++)
		ck_assert_int_eq(setenv(vars[i], "http://8.8.8.8:3128", 1), 0);
	ck_assert_str_eq(connections("https://public.test/"), "8.8.4.4 ");
	ck_assert_str_eq(connections("http://public.test/"), "8.8.4.4 ");
	for (size_t i = 0; i < NELEM(vars); i++)
		ck_assert_int_eq(unsetenv(vars[i]), 0);
}
END_TEST

START_TEST(test_signature)
{
	/* printf '1795591762.{"a":1}' | openssl dgst -sha256 -hmac whsec_x */
	ck_assert_str_eq(
		hook_signature(ctx.arena, "whsec_x", "1795591762", "{\"a\":1}"),
		"v1="
		"d01d18859886741f65da9305aa1c11f6f13dbb1bb1b9bc3c6911aaab8b0407"
		"69");
}
END_TEST

Suite *
suite_hook(void)
{
	const TTest *const resolve[] = {test_names, test_rebinding, NULL};
	const TTest *const proxies[] = {test_proxies, NULL};
	const TTest *const sign[] = {test_signature, NULL};
	Suite *s = suite_create("hook");

	tcase_add_checked_fixture(
		unit_case(s, "WH-2 WH-3 WH-4 names that lie", resolve), setup,
		teardown);
	tcase_add_checked_fixture(
		unit_case(s, "WH-6 no proxy of the environment", proxies),
		setup, teardown);
	tcase_add_checked_fixture(
		unit_case(s, "WH-9 a signature", sign), setup, teardown);
	return s;
}
