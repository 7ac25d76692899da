/* fuzz_store.c - what a storage says when it refuses: whatever that is, the
 * administrator reads our sentence and a short plain text. */
#include "../../src/svc/store.c" /* its parser is static */

#include "fuzz.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ctx ctx = {.arena = arena_new(64 << 20, 256 << 20)};
	char *s = arena_alloc(ctx.arena, size + 1);
	struct httpc_answer answer = {.status = 403, .type = "", .len = size};
	const char *code;

	memcpy(s, data, size);
	answer.body = s;
	code = error_code(ctx.arena, &answer);
	ASSERT(strlen(code) <= CODE_MAX && !str_has_control(code));
	ASSERT(*advice(answer.status, code));
	ASSERT(refused(&ctx, &answer) == E_BAD_GATEWAY && ctx.cause);
	ASSERT(!str_has_control(ctx.cause));
	arena_free(ctx.arena);
	return 0;
}
