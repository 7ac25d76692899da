/*
 * mime.h - the form of a mail: header fields (RFC 5322, 2047), bodies (RFC
 * 2045), and texts of strangers made harmless for both. Pure functions of
 * strings; svc/mail.c knows what stands in them.
 */
#ifndef AS_SVC_MIME_H
#define AS_SVC_MIME_H

#include "base/base.h"
#include "base/buf.h"

struct arena;

/* A stranger's text as part of a line: no control characters, line separators
 * or marks that turn the direction of writing, no invalid UTF-8, no blanks in a
 * row, and at most max characters (then it ends with an ellipsis). */
const char *mime_line(struct arena *a, const char *s, size_t max);

/* The same text with nothing in it that mail programs make a link of by
 * themselves: "https://x.example/" becomes "https x example". What is left of
 * such a name reads well enough. */
const char *mime_unlinked(struct arena *a, const char *s);

/* "name: text" CRLF. What is not plain ASCII becomes encoded words, folded.
 * The text must be one line (mime_line). */
void mime_header(struct buf *b, const char *name, const char *text);

/* Content-Type and Content-Transfer-Encoding, an empty line, and the text
 * (lines end with \n) in lines that any mail server passes on: as it is when it
 * is ASCII, else quoted-printable. */
void mime_body(struct buf *b, const char *type, const char *text);

/* The text as HTML text or as the value of an attribute in double quotes. */
void mime_html(struct buf *b, const char *text);

/* A paragraph in lines of at most 72 bytes, where blanks allow that. */
void mime_wrap(struct buf *b, const char *text);

/* One address that may stand in a header and in an SMTP command as it is. */
bool mime_is_address(const char *s);

#endif
