/* fuzz_domain.c - names of custom domains. One that is taken becomes a file's
 * name and a line of DNS. */
#include "fuzz.h"

#include "base/arena.h"
#include "base/str.h"
#include "ext/dns.h"
#include "svc/domain.h"

static const struct cfg cfg = {.app_url = "https://panel.example",
	.frontend_url = "https://ui.example:8443",
	.site_url = "https://%s.apps.example"};

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ctx ctx = {.arena = arena_new(64 << 20, 256 << 20)};
	char *s = arena_alloc(ctx.arena, size + 1);
	char address[INET6_ADDRSTRLEN];
	const char *host = s;
	const char *again;

	memcpy(s, data, size);
	if (!domain_host_wrong(ctx.arena, &cfg, &host)) {
		ASSERT(strspn(host, "abcdefghijklmnopqrstuvwxyz0123456789-.") ==
			strlen(host));
		ASSERT(strlen(host) <= 240 && strchr(host, '.'));
		ASSERT(!strstr(host, "..") && *host != '.' && *host != '-');
		ASSERT(!str_ends(host, ".") && !str_ends(host, "-"));
		ASSERT(!dns_address(host, address));
		ASSERT(!str_ends(host, ".apps.example") &&
			!str_eq(host, "apps.example"));
		ASSERT(!str_eq(host, "panel.example") &&
			!str_eq(host, "ui.example"));
		again = host;
		ASSERT(!domain_host_wrong(ctx.arena, &cfg, &again));
		ASSERT(str_eq(again, host));
	} else {
		ASSERT(host == s);
	}
	arena_free(ctx.arena);
	return 0;
}
