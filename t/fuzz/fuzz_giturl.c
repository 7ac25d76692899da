/* fuzz_giturl.c - addresses of repositories and names of branches. */
#include "fuzz.h"

#include "base/arena.h"
#include "base/str.h"
#include "svc/giturl.h"

static const struct cfg cfg = {.git_hosts = "*",
	.git_private = "localhost,127.0.0.1:8080",
	.git_schemes = "https,http",
	.git_ports = "443,8443"};

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ctx ctx = {.arena = arena_new(64 << 20, 256 << 20)};
	char *s = arena_alloc(ctx.arena, size + 1);
	struct giturl u;
	struct giturl again;

	memcpy(s, data, size);
	if (!giturl_parse(&ctx, &cfg, s, &u)) {
		/* what is taken is safe in an argument and in a pin, and
		 * parses to itself */
		ASSERT(str_starts(u.url, "https://") ||
			str_starts(u.url, "http://"));
		for (const char *p = u.url; *p; p++)
			ASSERT(*p > ' ' && *p < 0x7f && !strchr("@?#%\\", *p));
		ASSERT(!strstr(u.path, "..") || !strstr(u.path, "/../"));
		ASSERT(!str_ends(u.host, ".") && *u.host != '-');
		ASSERT(!giturl_parse(&ctx, &cfg, u.url, &again));
		ASSERT(str_eq(u.url, again.url));
	}
	if (giturl_ref_ok(s))
		ASSERT(*s != '-' && !str_has_control(s) && strlen(s) <= 200);
	arena_free(ctx.arena);
	return 0;
}
