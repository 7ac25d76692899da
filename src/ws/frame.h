/*
 * frame.h - the server's half of RFC 6455: frames in, frames out. Pure: bytes
 * and values only, no sockets. Extensions are never negotiated, so any RSV bit
 * is an error; payloads are bounded, so a whole frame is waited for.
 */
#ifndef AS_WS_FRAME_H
#define AS_WS_FRAME_H

#include "base/buf.h"

#define FRAME_PAYLOAD_MAX 4096 /* of a client's message; clients need none */
#define FRAME_SIZE_MAX    (FRAME_PAYLOAD_MAX + 14)

enum frame_op {
	FRAME_CONT = 0,
	FRAME_TEXT = 1,
	FRAME_BINARY = 2,
	FRAME_CLOSE = 8,
	FRAME_PING = 9,
	FRAME_PONG = 10,
};

/* Close codes of RFC 6455 section 7.4.1 that are used here. */
enum frame_code {
	CLOSE_NONE = 0,
	CLOSE_NORMAL = 1000,
	CLOSE_GOING_AWAY = 1001,
	CLOSE_PROTOCOL = 1002,
	CLOSE_TYPE = 1003,
	CLOSE_NO_STATUS = 1005, /* never sent: the peer's close had no code */
	CLOSE_PAYLOAD = 1007,
	CLOSE_POLICY = 1008,
	CLOSE_TOO_BIG = 1009,
	CLOSE_INTERNAL = 1011,
	CLOSE_TRY_LATER = 1013,
};

struct frame {
	enum frame_op op;
	bool fin;
	char *payload; /* unmasked in place */
	size_t len;
};

/* The first frame of p. Returns how many bytes it takes, 0 when more bytes are
 * needed, or -1 with *ret_code saying how to close. Looks at a header as soon
 * as it is there, so a bad or too long frame is refused before its payload. */
MUST ptrdiff_t frame_parse(
	char *p, size_t n, struct frame *ret, enum frame_code *ret_code);

/* What a client's close frame says: CLOSE_NORMAL and the like, CLOSE_NO_STATUS
 * for an empty one. A malformed one gives the code to answer with in *ret_bad
 * (CLOSE_NONE otherwise). */
unsigned frame_close_code(const struct frame *f, enum frame_code *ret_bad);

/* A server's frame: FIN set, not masked. */
void frame_put(struct buf *b, enum frame_op op, const void *p, size_t n);
/* reason: at most 123 bytes of it are sent. */
void frame_put_close(struct buf *b, unsigned code, const char *reason);

/* Puts a client's message together from its frames. */
struct message {
	struct buf text; /* what came so far */
	bool open;       /* a fragment came, FIN has not */
	bool binary;
};
void message_init(struct message *m);
void message_done(struct message *m);
/* Add a data frame (FRAME_CONT, FRAME_TEXT, FRAME_BINARY). True when a message
 * is complete: its text is m->text, until message_reset(). *ret_code other than
 * CLOSE_NONE: close with it. */
MUST bool message_add(
	struct message *m, const struct frame *f, enum frame_code *ret_code);
void message_reset(struct message *m);

#endif
