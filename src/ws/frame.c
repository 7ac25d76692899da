/*
 * frame.c - RFC 6455 sections 5 and 7.4. libwebsockets 4.1.6 takes frames that
 * are not masked and closes without a code on several errors, so the frames of
 * strangers are read here (SECURITY.md 3.3 names this way out). Called by
 * conn.c and the fuzz harness; knows nothing of connections.
 */
#include "ws/frame.h"

#include "base/str.h"

#define FIN         0x80
#define RSV         0x70
#define OPCODE      0x0f
#define MASKED      0x80
#define CONTROL_MAX 125

static bool
known_op(unsigned op)
{
	return op <= FRAME_BINARY || (op >= FRAME_CLOSE && op <= FRAME_PONG);
}

/* Faults that the first two bytes show (5.2, 5.5). */
static bool
bad_start(unsigned char b0, unsigned char b1)
{
	unsigned op = b0 & OPCODE;

	if ((b0 & RSV) || !known_op(op) || !(b1 & MASKED))
		return true;
	return op >= FRAME_CLOSE && (!(b0 & FIN) || (b1 & 0x7f) > CONTROL_MAX);
}

/* The payload's length and the header's, mask included. False when bytes are
 * missing. A length that is not in its shortest form becomes UINT64_MAX. */
static bool
read_length(
	const unsigned char *p, size_t n, uint64_t *ret_len, size_t *ret_head)
{
	unsigned len7 = p[1] & 0x7f;
	size_t bytes = len7 == 126 ? 2 : len7 == 127 ? 8 : 0;
	uint64_t len = 0;

	if (n < 2 + bytes)
		return false;
	for (size_t i = 0; i < bytes; i++)
		len = len << 8 | p[2 + i];
	if (!bytes)
		len = len7;
	else if (len <= (bytes == 2 ? 125 : 65535) || len > INT64_MAX)
		len = UINT64_MAX;
	*ret_len = len;
	*ret_head = 2 + bytes + 4;
	return true;
}

ptrdiff_t
frame_parse(char *p, size_t n, struct frame *ret, enum frame_code *ret_code)
{
	unsigned char *u = (unsigned char *)p;
	uint64_t len;
	size_t head;

	if (n < 2)
		return 0;
	if (bad_start(u[0], u[1])) {
		*ret_code = CLOSE_PROTOCOL;
		return -1;
	}
	if (!read_length(u, n, &len, &head))
		return 0;
	if (len > FRAME_PAYLOAD_MAX) {
		*ret_code = len > INT64_MAX ? CLOSE_PROTOCOL : CLOSE_TOO_BIG;
		return -1;
	}
	if (n < head + len)
		return 0;
	for (size_t i = 0; i < len; i++)
		u[head + i] ^= u[head - 4 + (i & 3)];
	ret->op = u[0] & OPCODE;
	ret->fin = u[0] & FIN;
	ret->payload = p + head;
	ret->len = (size_t)len;
	return (ptrdiff_t)(head + len);
}

/* 7.4.2; 1012 to 1014 were registered later. */
static bool
code_may_be_sent(unsigned code)
{
	return (code >= 1000 && code <= 1003) ||
	       (code >= 1007 && code <= 1014) || (code >= 3000 && code <= 4999);
}

unsigned
frame_close_code(const struct frame *f, enum frame_code *ret_bad)
{
	const unsigned char *u = (const unsigned char *)f->payload;
	unsigned code;

	*ret_bad = CLOSE_NONE;
	if (!f->len)
		return CLOSE_NO_STATUS;
	code = f->len < 2 ? 0 : (unsigned)u[0] << 8 | u[1];
	if (!code_may_be_sent(code))
		*ret_bad = CLOSE_PROTOCOL;
	else if (!str_is_utf8(f->payload + 2, f->len - 2))
		*ret_bad = CLOSE_PAYLOAD;
	return code;
}

void
frame_put(struct buf *b, enum frame_op op, const void *p, size_t n)
{
	unsigned char head[10] = {FIN | (unsigned char)op};
	size_t size = n < 126 ? 2 : n <= 65535 ? 4 : 10;

	head[1] = n < 126 ? (unsigned char)n : n <= 65535 ? 126 : 127;
	for (size_t i = 2; i < size; i++)
		head[i] = (unsigned char)((uint64_t)n >> 8 * (size - 1 - i));
	buf_add(b, head, size);
	buf_add(b, p, n);
}

void
frame_put_close(struct buf *b, unsigned code, const char *reason)
{
	char p[CONTROL_MAX];
	size_t n = str_utf8_cut(reason, strlen(reason), sizeof(p) - 2);

	p[0] = (char)(code >> 8);
	p[1] = (char)code;
	memcpy(p + 2, reason, n);
	frame_put(b, FRAME_CLOSE, p, n + 2);
}

void
message_init(struct message *m)
{
	buf_init(&m->text, FRAME_PAYLOAD_MAX);
	m->open = m->binary = false;
}

/* Give the memory back as well: an idle connection keeps none. */
void
message_reset(struct message *m)
{
	buf_done(&m->text);
	message_init(m);
}

void
message_done(struct message *m)
{
	buf_done(&m->text);
}

bool
message_add(struct message *m, const struct frame *f, enum frame_code *ret_code)
{
	*ret_code = CLOSE_NONE;
	if (m->open != (f->op == FRAME_CONT)) {
		*ret_code = CLOSE_PROTOCOL;
		return false;
	}
	if (f->op != FRAME_CONT)
		m->binary = f->op == FRAME_BINARY;
	m->open = !f->fin;
	buf_add(&m->text, f->payload, f->len);
	if (m->text.full)
		*ret_code = CLOSE_TOO_BIG;
	else if (f->fin && !m->binary &&
		 !str_is_utf8(buf_text(&m->text), m->text.len))
		*ret_code = CLOSE_PAYLOAD;
	return f->fin && *ret_code == CLOSE_NONE;
}
