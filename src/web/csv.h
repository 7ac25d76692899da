/*
 * csv.h - tables as text that spreadsheets open (RFC 4180). Cells come from
 * strangers: one that a spreadsheet would run as a formula is made plain text
 * (SECURITY.md IN-7).
 */
#ifndef AS_WEB_CSV_H
#define AS_WEB_CSV_H

#include "base/buf.h"
#include "web/request.h"

/* One cell; NULL is an empty one. In quotes where it has to be. A cell that
 * begins with = + - @ TAB or CR gets an apostrophe in front. */
void csv_cell(struct buf *b, const char *s, size_t n, bool first);
void csv_end(struct buf *b); /* of the row */

/* Answers with the first n rows as a file of this name: a line of names, then
 * a line a row, by the table `out` (objects and lists in it are left out).
 * Sent in parts, so any number of rows will do. */
MUST enum err reply_csv(struct req *rq, const struct rows *rows, size_t n,
	const struct field *out, const char *filename);

#endif
