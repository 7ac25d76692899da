/* fuzz_gitcred.c - deploy tokens. What is taken goes into lines of git's
 * credential protocol and into a header. */
#include "fuzz.h"

#include "base/arena.h"
#include "base/str.h"
#include "svc/gitcred.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ctx ctx = {.arena = arena_new(64 << 20, 256 << 20)};
	char *s = arena_alloc(ctx.arena, size + 1);
	const char *colon;

	memcpy(s, data, size);
	if (!gitcred_check(&ctx, s)) {
		colon = strchr(s, ':');
		ASSERT(*s && colon != s && !(colon && !colon[1]));
		for (const char *p = s; *p; p++)
			ASSERT(*p > ' ' && *p <= '~');
	} else {
		ASSERT(ctx.err == E_VALIDATION_ERROR && ctx.message);
		/* the reason tells nothing of it */
		ASSERT(strlen(s) < 24 || !strstr(ctx.message, s));
	}
	arena_free(ctx.arena);
	return 0;
}
