/*
 * buf.h - a growing byte buffer that names its maximum when it is made, so
 * that nothing grows without bound. Overflow is a state, not a crash: the
 * buffer stays valid, `full` is set, and the owner decides.
 */
#ifndef AS_BUF_H
#define AS_BUF_H

#include "base/base.h"

struct arena;

struct buf {
	char *data; /* always NUL-terminated once something was added */
	size_t len;
	size_t cap;
	size_t max;
	bool full; /* an addition did not fit: data up to then is kept, and
		    * nothing is added any more until buf_reset() */
};

void buf_init(struct buf *b, size_t max);
void buf_done(struct buf *b);  /* releases; safe on a zeroed struct */
void buf_reset(struct buf *b); /* empties, keeps the memory */
/* AUTO_BUF struct buf b = {0}; - or buf_init() before any way out. */
#define AUTO_BUF __attribute__((cleanup(buf_done)))

void buf_add(struct buf *b, const void *p, size_t n);
void buf_str(struct buf *b, const char *s);
void buf_char(struct buf *b, char c);
void buf_printf(struct buf *b, const char *fmt, ...) PRINTF(2, 3);
void buf_int(struct buf *b, int64_t v);
/* Remove the first n bytes (n <= len). */
void buf_consume(struct buf *b, size_t n);
/* Room for n more bytes to be written at the returned place, then
 * buf_added(b, k). NULL when n does not fit under max. */
char *buf_room(struct buf *b, size_t n);
void buf_added(struct buf *b, size_t n);
/* The text so far, "" when empty. */
const char *buf_text(const struct buf *b);
/* The same, which is the arena's from now on without counting for its ceilings;
 * the buffer is empty then. */
const char *buf_give(struct buf *b, struct arena *a);

#endif
