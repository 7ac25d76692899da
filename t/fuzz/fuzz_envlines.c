/* fuzz_envlines.c - KEY=VALUE lines. */
#include "fuzz.h"

#include "base/arena.h"
#include "base/str.h"
#include "svc/envlines.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ctx ctx = {.arena = arena_new(64 << 20, 256 << 20)};
	char *s = arena_alloc(ctx.arena, size + 1);
	const char *const *env;
	size_t n;

	memcpy(s, data, size);
	if (!envlines_parse(&ctx, s, &env, &n)) {
		ASSERT(n <= ENVLINES_MAX && !env[n]);
		for (size_t i = 0; i < n; i++) {
			const char *eq = strchr(env[i], '=');

			ASSERT(eq && eq > env[i] && eq - env[i] <= 128);
			ASSERT(strlen(eq + 1) <= ENVLINES_VALUE_MAX);
			ASSERT(!str_starts(env[i], "LD_") &&
				!str_starts(env[i], "PATH="));
		}
	}
	arena_free(ctx.arena);
	return 0;
}
