/* fuzz_wscommand.c - the messages of a client on a log stream. */
#include "fuzz.h"

#include "base/arena.h"
#include "ws/command.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char id[] = "0f8fad5b-d9cb-469f-a165-70867728950e";
	struct ctx ctx = {.arena = arena_new(16 << 20, 64 << 20)};
	char *text = arena_alloc(ctx.arena, size + 1);
	struct command cmd = {.after = -1};
	enum err e;

	memcpy(text, data, size);
	e = command_read(&ctx, text, size, id, &cmd);
	ASSERT(e ? cmd.after == -1 : cmd.after >= 0);
	if (e)
		ASSERT(ctx.message && *ctx.message);
	arena_free(ctx.arena);
	return 0;
}
