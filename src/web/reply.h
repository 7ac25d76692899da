/*
 * reply.h - the only writer of answers. A handler ends with one of these; what
 * it writes has to be what the route's .out table says (checked in developer
 * builds, where a difference is a 500).
 */
#ifndef AS_WEB_REPLY_H
#define AS_WEB_REPLY_H

#include "web/request.h"

/* The one row of the last rq_query as an object. */
MUST enum err reply_row(struct req *rq, const struct field *out);
/* {"<plural>": [rows of the last rq_query], "pagination": ...} as the route's
 * .out names them. The rows have a column total_items; a row whose id is null
 * carries nothing else (the list is empty but the total is known). */
MUST enum err reply_list(struct req *rq, const struct page *page);
/* The same without pagination. */
MUST enum err reply_items(struct req *rq);
/* A list of what belongs to one thing, page NULL: without pagination. No row at
 * all means that there is no such thing, which is the error none; a thing whose
 * list is empty has a row whose id is null. */
MUST enum err reply_list_of(
	struct req *rq, const struct page *page, enum err none);
/* No body: the route's ok is 204. */
MUST enum err reply_empty(struct req *rq);

/* Send the browser on to an absolute address: the route's ok is 302. Returns e:
 * a handler that failed and still sends the browser somewhere returns its
 * error, which is audited and logged but not shown. */
MUST enum err reply_redirect(struct req *rq, const char *url, enum err e);
/* One more header, also of an error. A value that would break out of its line
 * is refused. */
MUST enum err reply_header(struct req *rq, const char *name, const char *value);

/* For answers that are more than a row: an object is open between begin and
 * end; the handler writes members by reply_fields and jw_. */
struct jw *reply_begin(struct req *rq);
void reply_fields(struct req *rq, const struct rows *rows, size_t row,
	const struct field *out);
/* "name": [the first n rows as objects] */
void reply_array(struct req *rq, const char *name, const struct rows *rows,
	size_t n, const struct field *out);
/* How many rows of a list are items: an empty page has one row all the same,
 * with the total and no id. */
size_t reply_count(const struct rows *rows);
/* Long answers: send what is written so far if that is much, and go on. A
 * failure after that can only end the answer early. */
MUST enum err reply_flush(struct req *rq);
/* The value of a timestamptz column, or null. */
void reply_time(struct req *rq, const char *column_text);
/* The same as text; NULL stays NULL. */
const char *reply_rfc3339(char dst[21], const char *column_text);
MUST enum err reply_end(struct req *rq);

/* Answers that are not JSON objects: headers are sent by the first part, more
 * parts may follow; the route's fn returns E_OK after the last. */
MUST enum err reply_text_part(
	struct req *rq, const char *type, const struct buf *part);
/* A whole JSON text made elsewhere (openapi.json). */
MUST enum err reply_json(struct req *rq, const struct buf *text);

/* A cookie of this host alone, out of scripts' reach: name begins with
 * "__Host-", same_site is "Lax" or "Strict". value NULL takes it away. Both are
 * ours: nothing that a stranger sent. COOKIE_UNTIL_CLOSED as seconds: the
 * browser drops it when it is closed. */
#define COOKIE_UNTIL_CLOSED (-1)
void reply_cookie(struct req *rq, const char *name, const char *value,
	int64_t seconds, const char *same_site);

/* ---- for serve.c ---- */

/* The contract's shape of an error, with its headers. */
void reply_error(struct req *rq, enum err e);
/* OPTIONS. */
void reply_options(struct req *rq);
/* Send what was written, if it was not sent in parts. */
void reply_send(struct req *rq);

#endif
