/* fuzz_wshead.c - the head of a handshake and the paths and Origins in it. */
#include "fuzz.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/str.h"
#include "ws/shake.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ctx ctx = {.arena = arena_new(16 << 20, 64 << 20)};
	const char *text = (const char *)data;
	size_t n = shake_length(text, size);
	struct shake s;
	char id[37];

	ASSERT(n <= size);
	if (n && n <= SHAKE_HEAD_MAX) {
		enum err e = shake_read(&ctx, text, n, &s);

		ASSERT(!e || (err_info(e)->status >= 400 &&
				     err_info(e)->status < 500));
		if (!e) {
			AUTO_BUF struct buf out = {.max = 65536};

			ASSERT(s.status ? !*s.deployment
					: str_is_uuid(s.deployment));
			ASSERT(strlen(s.key) == 24);
			shake_put_refusal(
				&out, E_BAD_REQUEST, ctx.message, s.key);
			ASSERT(!out.full);
		}
	}
	if (size < 512 && shake_path(arena_strndup(ctx.arena, text, size), id))
		ASSERT(str_is_uuid(id));
	arena_free(ctx.arena);
	return 0;
}
