/*
 * jw.h - writes JSON straight into a buf; commas and nesting are kept by the
 * writer, so callers only name keys and values. Strings are escaped (RFC 8259
 * section 7); each byte of invalid UTF-8 becomes U+FFFD; control characters
 * (C0, DEL, C1) and what changes the direction or the lines of a text unseen
 * become \n and the like or \uXXXX: the reader of the JSON gets them all the
 * same, the reader of a log sees them.
 */
#ifndef AS_JW_H
#define AS_JW_H

#include "base/buf.h"

struct jw {
	struct buf *b;
	uint64_t first; /* a bit per depth: nothing written there yet */
	int depth;      /* at most 63 */
};

void jw_init(struct jw *w, struct buf *b);
void jw_object(struct jw *w); /* { */
void jw_object_end(struct jw *w);
void jw_array(struct jw *w); /* [ */
void jw_array_end(struct jw *w);
void jw_key(struct jw *w, const char *key);
void jw_str(struct jw *w, const char *s); /* NULL writes null */
void jw_strn(struct jw *w, const char *s, size_t n);
void jw_int(struct jw *w, int64_t v);
void jw_bool(struct jw *w, bool v);
void jw_null(struct jw *w);
/* Text that is JSON already (a number from PostgreSQL, a jsonb column). */
void jw_raw(struct jw *w, const char *json);

/* key + value in one call */
void jw_kstr(struct jw *w, const char *key, const char *s);
void jw_kint(struct jw *w, const char *key, int64_t v);
void jw_kbool(struct jw *w, const char *key, bool v);

/* Only the escaped characters between the quotes, for other writers. */
void jw_escape(struct buf *b, const char *s, size_t n);

#endif
