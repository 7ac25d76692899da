/* fuzz_hookurl.c - addresses that notifications are sent to. */
#include "fuzz.h"

#include "base/arena.h"
#include "base/str.h"
#include "ext/httpc.h"
#include "svc/hookurl.h"

static const struct cfg cfg = {.hook_private = "localhost,127.0.0.1:8080",
	.hook_schemes = "https,http",
	.hook_ports = "443,8443"};

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ctx ctx = {.arena = arena_new(64 << 20, 256 << 20)};
	char *s = arena_alloc(ctx.arena, size + 1);
	struct hookurl u;
	struct hookurl again;

	memcpy(s, data, size);
	if (!hookurl_parse(&ctx, &cfg, s, &u)) {
		/* what is taken parses to itself, and libcurl reads it, too */
		for (const char *p = u.url; *p; p++)
			ASSERT(*p > ' ' && *p < 0x7f && !strchr("#\\<>", *p));
		ASSERT(!strpbrk(u.host, "@/?") && !str_ends(u.host, "."));
		ASSERT(!hookurl_parse(&ctx, &cfg, u.url, &again));
		ASSERT(str_eq(u.url, again.url) && str_eq(u.host, again.host));
		ASSERT(!str_starts(u.url, "https:") || httpc_url_ok(u.url));
	}
	arena_free(ctx.arena);
	return 0;
}
