/* fuzz_envlines.c - KEY=VALUE lines. */
#include "fuzz.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/str.h"
#include "svc/envlines.h"

/* What is printed is read as what it was. */
static void
print_and_read(struct arena *a, const char *const *env, size_t n)
{
	AUTO_BUF struct buf b = {0};
	struct ctx ctx = {.arena = a};
	const char *const *again;
	size_t m;

	buf_init(&b, 4 * ENVLINES_TEXT_MAX);
	for (size_t i = 0; i < n; i++)
		envlines_print(&b, env[i]);
	if (b.len > ENVLINES_TEXT_MAX)
		return;
	ASSERT(!envlines_parse(&ctx, buf_text(&b), &again, &m) && m == n);
	for (size_t i = 0; i < n; i++)
		ASSERT(str_eq(env[i], again[i]));
}

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
		print_and_read(ctx.arena, env, n);
	}
	arena_free(ctx.arena);
	return 0;
}
