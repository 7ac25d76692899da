/*
 * reply.c - writes answers: JSON straight into a buffer, from rows by the
 * .out tables. Sends them through request_in.write; nothing else does.
 */
#include "web/reply.h"

#include "base/arena.h"
#include "base/clock.h"
#include "base/origin.h"
#include "ext/crypt.h"
#include "web/check.h"
#include "web/rate.h"

#include <inttypes.h>

#define COLUMN_NAME_MAX 64
#define FLUSH_BYTES     ((size_t)1 << 20)

/* nginx/autostack.conf.in has the first one for nginx's own errors. */
#define CORS_EXPOSED "X-Request-Id, Retry-After, RateLimit, RateLimit-Policy"
#define CORS_HEADERS                                                           \
	"Authorization, Content-Type, X-API-Key, X-CSRF-Token, X-Client"

/* ---- bodies ---- */

struct jw *
reply_begin(struct req *rq)
{
	buf_reset(&rq->body);
	jw_init(&rq->jw, &rq->body);
	jw_object(&rq->jw);
	return &rq->jw;
}

/* object: the one that may be null and that the field is in, or NULL. */
static int
column(const struct rows *rows, const struct field *object,
	const struct field *f)
{
	char name[COLUMN_NAME_MAX];
	size_t n = 0;

	if (object) {
		ASSERT(str_snake(name, sizeof(name) - 1, object->name));
		n = strlen(name);
		name[n++] = '_';
	}
	ASSERT(str_snake(name + n, sizeof(name) - n, f->name));
	n = strlen(name);
	if (f->type == FIELD_DURATION)
		(void)snprintf(name + n, sizeof(name) - n, "_seconds");
	return rows_col(rows, name);
}

/* What RFC 3339 cannot say becomes the nearest that it can: a year before the
 * first, one of more than four digits, and infinity. Nothing that comes in is
 * such a time, but a row may have one, and has to be read all the same. */
static const char *
in_four_digits(const char *s)
{
	if (s[0] == '-' || str_ends(s, " BC"))
		return "0001-01-01 00:00:00+00";
	return s[4] == '-' ? s : "9999-12-31 23:59:59+00";
}

/* "2026-01-20 10:30:00.123+00", as the session's settings make it, becomes
 * "2026-01-20T10:30:00Z". */
const char *
reply_rfc3339(char dst[21], const char *column_text)
{
	const char *s;

	if (!column_text)
		return NULL;
	s = in_four_digits(column_text);
	ASSERT(strlen(s) >= 22 && str_ends(s, "+00"));
	(void)str_copy(dst, 21, s); /* the fraction goes */
	dst[10] = 'T';
	dst[19] = 'Z';
	return dst;
}

static void
write_time(struct jw *w, const char *s)
{
	char text[21];

	jw_str(w, reply_rfc3339(text, s));
}

void
reply_time(struct req *rq, const char *column_text)
{
	write_time(&rq->jw, column_text);
}

static void
write_value(struct req *rq, const struct rows *rows, size_t row, int col,
	const struct field *f)
{
	const char *s = rows_text(rows, row, col);

	switch (f->type) {
	case FIELD_TIME:
		write_time(&rq->jw, s);
		break;
	case FIELD_INT:
	case FIELD_NUMBER:
	case FIELD_ENUMS:
	case FIELD_JSON:
		jw_raw(&rq->jw, s ? s : "null");
		break;
	case FIELD_BOOL:
		jw_raw(&rq->jw, !s ? "null" : s[0] == 't' ? "true" : "false");
		break;
	case FIELD_DURATION:
		jw_str(&rq->jw, s ? clock_duration(rq->ctx.arena,
					    rows_int(rows, row, col))
				  : NULL);
		break;
	default:
		if (s)
			jw_strn(&rq->jw, s, rows_len(rows, row, col));
		else
			jw_null(&rq->jw);
	}
}

/* Column numbers are looked up once for all rows of an answer. */
static int *
columns(struct req *rq, const struct rows *rows, const struct field *object,
	const struct field *out)
{
	size_t n = 0;
	int *cols;

	while (out[n].type)
		n++;
	cols = arena_array(rq->ctx.arena, n + 1, sizeof(*cols));
	for (size_t i = 0; i < n; i++) {
		if (out[i].type < FIELD_OBJECT)
			cols[i] = column(rows, object, &out[i]);
	}
	return cols;
}

static void write_row(struct req *rq, const struct rows *rows, size_t row,
	const struct field *out, const int *cols);

static void
write_object(struct req *rq, const struct rows *rows, size_t row,
	const struct field *f)
{
	bool nullable = f->presence == NUL;
	const int *cols = columns(rq, rows, nullable ? f : NULL, f->fields);

	if (nullable && !rows_text(rows, row, cols[0])) {
		jw_null(&rq->jw);
		return;
	}
	jw_object(&rq->jw);
	write_row(rq, rows, row, f->fields, cols);
	jw_object_end(&rq->jw);
}

static void
write_row(struct req *rq, const struct rows *rows, size_t row,
	const struct field *out, const int *cols)
{
	for (size_t i = 0; out[i].type; i++) {
		if (out[i].type == FIELD_LIST || out[i].type == FIELD_STRS)
			continue; /* the handler writes them */
		jw_key(&rq->jw, out[i].name);
		if (out[i].type == FIELD_OBJECT)
			write_object(rq, rows, row, &out[i]);
		else
			write_value(rq, rows, row, cols[i], &out[i]);
	}
}

void
reply_fields(struct req *rq, const struct rows *rows, size_t row,
	const struct field *out)
{
	write_row(rq, rows, row, out, columns(rq, rows, NULL, out));
}

/* A body that is done: it must have fit and, in developer builds, be what the
 * table promises. */
static enum err
finish(struct req *rq)
{
	if (rq->body.full || arena_full(rq->ctx.arena))
		return ctx_cause(&rq->ctx, E_INTERNAL_SERVER_ERROR,
			"the answer is over request_memory_max");
	if (rq->sent)
		return reply_text_part(rq, NULL, &rq->body);
#ifdef AS_DEVELOPER
	return reply_check(&rq->ctx, rq->route->out, &rq->body);
#else
	return E_OK;
#endif
}

enum err
reply_end(struct req *rq)
{
	jw_object_end(&rq->jw);
	return finish(rq);
}

enum err
reply_row(struct req *rq, const struct field *out)
{
	(void)reply_begin(rq);
	reply_fields(rq, rq_rows(rq), 0, out);
	return reply_end(rq);
}

enum err
reply_empty(struct req *rq)
{
	buf_reset(&rq->body);
	return E_OK;
}

enum err
reply_json(struct req *rq, const struct buf *text)
{
	buf_reset(&rq->body);
	buf_add(&rq->body, text->data, text->len);
	return rq->body.full ? E_INTERNAL_SERVER_ERROR : E_OK;
}

enum err
reply_flush(struct req *rq)
{
	enum err e;

	if (rq->body.full || rq->body.len < FLUSH_BYTES)
		return E_OK;
	e = reply_text_part(rq, "application/json; charset=utf-8", &rq->body);
	buf_reset(&rq->body);
	return e;
}

static void
write_pagination(struct jw *w, const struct page *page, int64_t total)
{
	jw_key(w, "pagination");
	jw_object(w);
	jw_kint(w, "currentPage", page->page);
	jw_kint(w, "totalPages", (total + page->limit - 1) / page->limit);
	jw_kint(w, "totalItems", total);
	jw_object_end(w);
}

void
reply_array(struct req *rq, const char *name, const struct rows *rows, size_t n,
	const struct field *out)
{
	const int *cols = n > 0 ? columns(rq, rows, NULL, out) : NULL;

	jw_key(&rq->jw, name);
	jw_array(&rq->jw);
	for (size_t i = 0; i < n; i++) {
		jw_object(&rq->jw);
		write_row(rq, rows, i, out, cols);
		jw_object_end(&rq->jw);
	}
	jw_array_end(&rq->jw);
}

size_t
reply_count(const struct rows *rows)
{
	return rows_n(rows) == 1 && !rows_str(rows, "id") ? 0 : rows_n(rows);
}

static void
write_items(struct req *rq)
{
	const struct field *list = &rq->route->out[0];
	const struct rows *rows = rq_rows(rq);

	ASSERT(list->type == FIELD_LIST);
	reply_array(rq, list->name, rows, reply_count(rows), list->fields);
}

enum err
reply_list(struct req *rq, const struct page *page)
{
	const struct rows *rows = rq_rows(rq);
	struct jw *w = reply_begin(rq);

	write_items(rq);
	write_pagination(
		w, page, rows_int(rows, 0, rows_col(rows, "total_items")));
	return reply_end(rq);
}

enum err
reply_items(struct req *rq)
{
	(void)reply_begin(rq);
	write_items(rq);
	return reply_end(rq);
}

enum err
reply_list_of(struct req *rq, const struct page *page, enum err none)
{
	if (rows_n(rq_rows(rq)) == 0)
		return none;
	return page ? reply_list(rq, page) : reply_items(rq);
}

/* ---- errors ---- */

/* Without a better knowledge: a database is back in seconds, and a queue has
 * room when the next build has ended. */
static int64_t
retry_after(const struct req *rq)
{
	if (rq->ctx.retry_s > 0)
		return rq->ctx.retry_s;
	return rq->status == 503 ? 2 : 60;
}

static void
write_details(struct jw *w, const struct req *rq)
{
	const struct binding *b = &rq->binding;

	jw_key(w, "details");
	jw_object(w);
	if (rq->status == 429)
		jw_kint(w, "retryAfter", retry_after(rq));
	if (b->nbad > 0) {
		jw_key(w, "fields");
		jw_array(w);
		for (size_t i = 0; i < b->nbad; i++) {
			jw_object(w);
			jw_kstr(w, "name", b->bad[i].name);
			jw_kstr(w, "code", b->bad[i].code);
			jw_kstr(w, "message", b->bad[i].message);
			jw_object_end(w);
		}
		jw_array_end(w);
	}
	jw_object_end(w);
}

void
reply_error(struct req *rq, enum err e)
{
	const struct err_info *info = err_info(e);
	const char *message = rq->ctx.err == e ? rq->ctx.message : NULL;
	struct jw *w = reply_begin(rq);

	rq->status = info->status;
	rq->content_type = NULL;
	jw_key(w, "error");
	jw_object(w);
	jw_kstr(w, "code", info->code);
	jw_kstr(w, "message", message ? message : info->message);
	jw_kint(w, "statusCode", info->status);
	write_details(w, rq);
	jw_object_end(w);
	jw_object_end(w);
}

void
reply_options(struct req *rq)
{
	buf_reset(&rq->body);
	rq->status = 204;
}

/* ---- headers ---- */

enum err
reply_header(struct req *rq, const char *name, const char *value)
{
	if (str_has_control(value))
		return ctx_cause(&rq->ctx, E_INTERNAL_SERVER_ERROR,
			"the header %s would have a control character", name);
	buf_printf(&rq->headers, "%s: %s\r\n", name, value);
	return E_OK;
}

void
reply_cookie(struct req *rq, const char *name, const char *value,
	int64_t seconds, const char *same_site)
{
	ASSERT(str_starts(name, "__Host-"));
	ASSERT(!value || (!strpbrk(value, "; ,\"") && !str_has_control(value)));
	buf_printf(&rq->headers, "Set-Cookie: %s=%s; Path=/", name,
		value ? value : "");
	if (!value || seconds != COOKIE_UNTIL_CLOSED)
		buf_printf(&rq->headers, "; Max-Age=%" PRId64,
			value ? seconds : 0);
	buf_printf(
		&rq->headers, "; Secure; HttpOnly; SameSite=%s\r\n", same_site);
}

enum err
reply_redirect(struct req *rq, const char *url, enum err e)
{
	enum err bad = reply_header(rq, "Location", url);

	if (bad)
		return bad;
	buf_reset(&rq->body);
	rq->location = url;
	rq->status = 302;
	return e;
}

static const char *
reason(int status)
{
	static const struct {
		int status;
		const char *text;
	} reasons[] = {
		{200, "OK"},
		{201, "Created"},
		{202, "Accepted"},
		{204, "No Content"},
		{302, "Found"},
		{400, "Bad Request"},
		{401, "Unauthorized"},
		{403, "Forbidden"},
		{404, "Not Found"},
		{405, "Method Not Allowed"},
		{409, "Conflict"},
		{413, "Content Too Large"},
		{415, "Unsupported Media Type"},
		{422, "Unprocessable Content"},
		{429, "Too Many Requests"},
		{500, "Internal Server Error"},
		{502, "Bad Gateway"},
		{503, "Service Unavailable"},
		{504, "Gateway Timeout"},
	};

	for (size_t i = 0; i < NELEM(reasons); i++) {
		if (reasons[i].status == status)
			return reasons[i].text;
	}
	return "Unknown";
}

/* Which pages may read this answer (CO-1): those of our own origins, each by
 * name; and whatever a cache keeps is kept by origin. */
static void
add_cors(struct req *rq, struct buf *b)
{
	const struct request_in *in = rq->in;

	buf_str(b, "Vary: Origin\r\n");
	if (!in->origin || !origin_allowed(rq->web->cfg, in->origin))
		return;
	buf_printf(b,
		"Access-Control-Allow-Origin: %s\r\n"
		"Access-Control-Allow-Credentials: true\r\n",
		in->origin);
	if (!rq->options || !rq->match.path_known || !in->cors_method) {
		buf_str(b,
			"Access-Control-Expose-Headers: " CORS_EXPOSED "\r\n");
		return;
	}
	buf_printf(b,
		"Access-Control-Allow-Methods: %s\r\n"
		"Access-Control-Allow-Headers: " CORS_HEADERS "\r\n"
		"Access-Control-Max-Age: 600\r\n",
		rq->match.allow);
}

/* What caches may keep. By the ETag nginx answers who has it already (304). */
static void
add_fresh(struct req *rq, struct buf *b)
{
	char hash[65];

	crypt_sha256_hex(buf_text(&rq->body), hash);
	buf_printf(b,
		"Cache-Control: public, max-age=%d, stale-while-revalidate=%d"
		"\r\nETag: \"%.32s\"\r\n",
		rq->route->fresh, rq->route->fresh, hash);
}

static void
add_headers(struct req *rq, struct buf *b)
{
	const char *type = rq->content_type ? rq->content_type
					    : "application/json; charset=utf-8";

	buf_printf(b, "Status: %d %s\r\n", rq->status, reason(rq->status));
	if (rq->status != 204 && !rq->location)
		buf_printf(b, "Content-Type: %s\r\n", type);
	if (rq->route && rq->route->fresh && rq->status == rq->route->ok)
		add_fresh(rq, b);
	else
		buf_str(b, "Cache-Control: no-store\r\n");
	buf_printf(b, "X-Request-Id: %s\r\n", rq->ctx.id);
	if (rq->status == 401)
		buf_printf(b,
			"WWW-Authenticate: Bearer realm=\"autostack\"%s"
			"\r\n",
			rq->in->authorization ? ", error=\"invalid_token\""
					      : "");
	if (rq->match.path_known && (rq->status == 405 || rq->options))
		buf_printf(b, "Allow: %s\r\n", rq->match.allow);
	if (rq->status == 429 || rq->status == 503)
		buf_printf(b, "Retry-After: %" PRId64 "\r\n", retry_after(rq));
	buf_add(b, buf_text(&rq->headers), rq->headers.len);
	rate_put_headers(rq, b);
	add_cors(rq, b);
}

/* ---- sending ---- */

static bool
send_bytes(struct req *rq, const void *p, size_t n)
{
	return rq->in->write(rq->in->arg, p, n);
}

void
reply_send(struct req *rq)
{
	AUTO_BUF struct buf b = {0};

	if (rq->sent)
		return;
	rq->sent = true;
	buf_init(&b, rq->body.len + rq->headers.len + 4096);
	add_headers(rq, &b);
	if (rq->status != 204)
		buf_printf(&b, "Content-Length: %zu\r\n", rq->body.len);
	buf_str(&b, "\r\n");
	if (!rq->head && rq->status != 204)
		buf_add(&b, buf_text(&rq->body), rq->body.len);
	(void)send_bytes(rq, b.data, b.len); /* a client that left is fine */
}

enum err
reply_text_part(struct req *rq, const char *type, const struct buf *part)
{
	if (!rq->sent) {
		AUTO_BUF struct buf b = {0};

		rq->sent = true;
		rq->status = rq->route->ok;
		rq->content_type = type;
		buf_init(&b, rq->headers.len + 4096);
		add_headers(rq, &b);
		buf_str(&b, "\r\n");
		if (!send_bytes(rq, b.data, b.len))
			return E_BAD_GATEWAY;
	}
	if (rq->head || part->len == 0)
		return E_OK;
	return send_bytes(rq, part->data, part->len) ? E_OK : E_BAD_GATEWAY;
}
