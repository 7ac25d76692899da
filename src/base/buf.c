/*
 * buf.c - the growing byte buffer. Used wherever text is put together or read
 * from a descriptor; never grows past the maximum its owner named.
 */
#include "base/buf.h"

#include "base/arena.h"

#include <stdarg.h>

void
buf_init(struct buf *b, size_t max)
{
	*b = (struct buf){.max = max};
}

void
buf_done(struct buf *b)
{
	free(b->data);
	*b = (struct buf){.max = b->max};
}

void
buf_reset(struct buf *b)
{
	b->len = 0;
	b->full = false;
	if (b->data)
		b->data[0] = '\0';
}

char *
buf_room(struct buf *b, size_t n)
{
	size_t cap;
	char *data;

	if (b->full || n > b->max || b->len > b->max - n) {
		b->full = true;
		return NULL;
	}
	/* one byte more than asked for: the terminator */
	if (b->cap > b->len + n)
		return b->data + b->len;
	cap = MAX(b->len + n + 1, (size_t)64);
	cap = MAX(cap, MIN(b->cap * 2, b->max + 1));
	data = realloc(b->data, cap);
	if (!data)
		out_of_memory();
	b->data = data;
	b->cap = cap;
	b->data[b->len] = '\0';
	return b->data + b->len;
}

void
buf_added(struct buf *b, size_t n)
{
	if (!n)
		return;
	ASSERT(n < b->cap - b->len);
	b->len += n;
	b->data[b->len] = '\0';
}

void
buf_add(struct buf *b, const void *p, size_t n)
{
	char *to;

	if (!n)
		return;
	to = buf_room(b, n);
	if (!to)
		return;
	memcpy(to, p, n);
	buf_added(b, n);
}

void
buf_str(struct buf *b, const char *s)
{
	buf_add(b, s, strlen(s));
}

void
buf_char(struct buf *b, char c)
{
	buf_add(b, &c, 1);
}

void
buf_printf(struct buf *b, const char *fmt, ...)
{
	va_list ap;
	int n;
	char *to;

	va_start(ap, fmt);
	n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	ASSERT(n >= 0);
	to = buf_room(b, (size_t)n);
	if (!to)
		return;
	va_start(ap, fmt);
	(void)vsnprintf(to, (size_t)n + 1, fmt, ap); /* n is exact */
	va_end(ap);
	buf_added(b, (size_t)n);
}

void
buf_int(struct buf *b, int64_t v)
{
	char text[21]; /* "-9223372036854775808" */
	char *p = text + sizeof(text);
	uint64_t left = v < 0 ? -(uint64_t)v : (uint64_t)v;

	do {
		*--p = (char)('0' + left % 10);
		left /= 10;
	} while (left);
	if (v < 0)
		*--p = '-';
	buf_add(b, p, (size_t)(text + sizeof(text) - p));
}

void
buf_consume(struct buf *b, size_t n)
{
	ASSERT(n <= b->len);
	if (!n)
		return;
	memmove(b->data, b->data + n, b->len - n);
	b->len -= n;
	b->data[b->len] = '\0';
}

const char *
buf_text(const struct buf *b)
{
	return b->data ? b->data : "";
}

const char *
buf_give(struct buf *b, struct arena *a)
{
	const char *text = buf_text(b);

	if (b->data)
		arena_hook(a, free, b->data);
	b->data = NULL;
	buf_done(b);
	return text;
}
