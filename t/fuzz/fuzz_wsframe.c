/* fuzz_wsframe.c - what a client sends after the handshake, cut anywhere: the
 * first byte says into pieces of which size. Frames must come out the same
 * however they arrive. */
#include "fuzz.h"

#include "base/str.h"
#include "ws/frame.h"

/* Read frames as conn.c does; returns a hash of all that was understood. */
static uint32_t
run(const uint8_t *data, size_t size, size_t piece)
{
	AUTO_BUF struct buf in = {.max = FRAME_SIZE_MAX + 4096};
	struct message m;
	uint32_t hash = 2166136261U;
	enum frame_code code = CLOSE_NONE;
	size_t at = 0;

	message_init(&m);
	while (at < size && code == CLOSE_NONE) {
		size_t n = MIN(piece, size - at);

		buf_add(&in, data + at, n);
		ASSERT(!in.full); /* a frame is refused before that */
		at += n;
		while (in.len && code == CLOSE_NONE) {
			struct frame f;
			ptrdiff_t took =
				frame_parse(in.data, in.len, &f, &code);

			if (took == 0)
				break;
			if (took < 0) {
				ASSERT(code == CLOSE_PROTOCOL ||
					code == CLOSE_TOO_BIG);
				break;
			}
			ASSERT((size_t)took <= in.len);
			ASSERT(f.len <= FRAME_PAYLOAD_MAX);
			hash = (hash ^ f.op ^ (uint32_t)f.len) * 16777619U;
			if (f.op == FRAME_CLOSE) {
				ASSERT(f.fin && f.len <= 125);
				(void)frame_close_code(&f, &code);
			} else if (f.op < FRAME_CLOSE) {
				if (message_add(&m, &f, &code)) {
					ASSERT(m.binary ||
						str_is_utf8(buf_text(&m.text),
							m.text.len));
					message_reset(&m);
				}
			}
			buf_consume(&in, (size_t)took);
		}
	}
	message_done(&m);
	return hash ^ (uint32_t)code;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size < 1)
		return 0;
	ASSERT(run(data + 1, size - 1, data[0] + (size_t)1) ==
		run(data + 1, size - 1, 4096));
	return 0;
}
