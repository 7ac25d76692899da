/*
 * jw.c - the JSON writer. One bit a depth says whether a comma is due; a key
 * sets it back, so that its value writes none.
 */
#include "base/jw.h"

#include "base/str.h"

#define DEPTH_MAX 63

void
jw_init(struct jw *w, struct buf *b)
{
	*w = (struct jw){.b = b, .first = 1};
}

static void
comma(struct jw *w)
{
	uint64_t bit = UINT64_C(1) << w->depth;

	if (!(w->first & bit))
		buf_char(w->b, ',');
	w->first &= ~bit;
}

static void
open_level(struct jw *w, char c)
{
	comma(w);
	ASSERT(w->depth < DEPTH_MAX);
	buf_char(w->b, c);
	w->depth++;
	w->first |= UINT64_C(1) << w->depth;
}

static void
close_level(struct jw *w, char c)
{
	ASSERT(w->depth > 0);
	w->depth--;
	buf_char(w->b, c);
}

void
jw_object(struct jw *w)
{
	open_level(w, '{');
}

void
jw_object_end(struct jw *w)
{
	close_level(w, '}');
}

void
jw_array(struct jw *w)
{
	open_level(w, '[');
}

void
jw_array_end(struct jw *w)
{
	close_level(w, ']');
}

static void
quoted(struct jw *w, const char *s, size_t n)
{
	buf_char(w->b, '"');
	jw_escape(w->b, s, n);
	buf_char(w->b, '"');
}

void
jw_key(struct jw *w, const char *key)
{
	comma(w);
	quoted(w, key, strlen(key));
	buf_char(w->b, ':');
	w->first |= UINT64_C(1) << w->depth;
}

void
jw_strn(struct jw *w, const char *s, size_t n)
{
	comma(w);
	quoted(w, s, n);
}

void
jw_str(struct jw *w, const char *s)
{
	if (s)
		jw_strn(w, s, strlen(s));
	else
		jw_null(w);
}

void
jw_int(struct jw *w, int64_t v)
{
	comma(w);
	buf_int(w->b, v);
}

void
jw_bool(struct jw *w, bool v)
{
	jw_raw(w, v ? "true" : "false");
}

void
jw_null(struct jw *w)
{
	jw_raw(w, "null");
}

void
jw_raw(struct jw *w, const char *json)
{
	comma(w);
	buf_str(w->b, json);
}

void
jw_kstr(struct jw *w, const char *key, const char *s)
{
	jw_key(w, key);
	jw_str(w, s);
}

void
jw_kint(struct jw *w, const char *key, int64_t v)
{
	jw_key(w, key);
	jw_int(w, v);
}

void
jw_kbool(struct jw *w, const char *key, bool v)
{
	jw_key(w, key);
	jw_bool(w, v);
}

/* The escape of one character that cannot stand for itself. */
static void
escape_one(struct buf *b, unsigned c)
{
	switch (c) {
	case '"':
		buf_str(b, "\\\"");
		break;
	case '\\':
		buf_str(b, "\\\\");
		break;
	case '\n':
		buf_str(b, "\\n");
		break;
	case '\r':
		buf_str(b, "\\r");
		break;
	case '\t':
		buf_str(b, "\\t");
		break;
	default:
		buf_printf(b, "\\u%04x", c);
	}
}

/* The code point of well-formed UTF-8 of len bytes. */
static unsigned
decode(const unsigned char *u, size_t len)
{
	static const unsigned char first[] = {0, 0x7f, 0x1f, 0x0f, 0x07};
	unsigned c = u[0] & first[len];

	for (size_t i = 1; i < len; i++)
		c = c << 6 | (u[i] & 0x3f);
	return c;
}

/* What would act on a terminal or on the order of a line's letters instead of
 * being seen: C1, separators of lines and paragraphs, marks and overrides of
 * the writing direction (UAX 9), the byte order mark. */
static bool
is_unseen(unsigned c)
{
	return (c >= 0x80 && c < 0xa0) || c == 0x061c || c == 0x200e ||
	       c == 0x200f || (c >= 0x2028 && c <= 0x202e) ||
	       (c >= 0x2066 && c <= 0x2069) || c == 0xfeff;
}

/* Most bytes of most texts: ASCII that stands for itself. */
static bool
is_plain(unsigned char c)
{
	return c >= 0x20 && c < 0x7f && c != '"' && c != '\\';
}

void
jw_escape(struct buf *b, const char *s, size_t n)
{
	const unsigned char *u = (const unsigned char *)s;
	size_t plain = 0; /* start of the run that is copied as it is */
	size_t i = 0;

	while (i < n) {
		size_t len;
		unsigned c;

		if (is_plain(u[i])) {
			i++;
			continue;
		}
		len = str_utf8_at(s + i, n - i);
		c = len ? decode(u + i, len) : 0;
		if (len > 1 && !is_unseen(c)) {
			i += len;
			continue;
		}
		buf_add(b, s + plain, i - plain);
		if (len == 0)
			buf_str(b, "\xef\xbf\xbd");
		else
			escape_one(b, c);
		i += MAX(len, (size_t)1);
		plain = i;
	}
	buf_add(b, s + plain, n - plain);
}
