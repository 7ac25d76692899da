/* csv.c - see csv.h. Knows the field tables, no resource. */
#include "web/csv.h"

#include "base/arena.h"
#include "web/reply.h"

#define COLUMN_NAME_MAX 64
#define PART_BYTES      ((size_t)256 << 10)
#define PART_MAX        ((size_t)16 << 20)

void
csv_cell(struct buf *b, const char *s, size_t n, bool first)
{
	bool formula = n > 0 && memchr("=+-@\t\r", s[0], 6);
	bool quoted = formula;

	for (size_t i = 0; i < n && !quoted; i++)
		quoted = memchr(",\"\r\n", s[i], 4) != NULL;
	if (n > 0 && (s[0] == ' ' || s[n - 1] == ' '))
		quoted = true;
	if (!first)
		buf_char(b, ',');
	if (!quoted) {
		buf_add(b, s, n);
		return;
	}
	buf_str(b, formula ? "\"'" : "\"");
	for (size_t i = 0; i < n; i++) {
		if (s[i] == '"')
			buf_char(b, '"');
		buf_char(b, s[i]);
	}
	buf_char(b, '"');
}

void
csv_end(struct buf *b)
{
	buf_str(b, "\r\n");
}

static bool
in_csv(const struct field *f)
{
	return f->type < FIELD_OBJECT;
}

static void
write_cell(struct buf *b, const struct rows *rows, size_t row,
	const struct field *f, bool first)
{
	char name[COLUMN_NAME_MAX];
	char time[21];
	const char *s;
	int col;

	ASSERT(str_snake(name, sizeof(name), f->name));
	col = rows_col(rows, name);
	s = rows_text(rows, row, col);
	if (f->type == FIELD_TIME)
		s = reply_rfc3339(time, s);
	if (f->type == FIELD_BOOL && s)
		s = s[0] == 't' ? "true" : "false";
	if (!s)
		s = "";
	csv_cell(b, s, strlen(s), first);
}

static enum err
send_part(struct req *rq, struct buf *b)
{
	enum err e;

	if (b->full)
		return ctx_cause(rq_ctx(rq), E_INTERNAL_SERVER_ERROR,
			"a row is over the limit");
	e = reply_text_part(rq, "text/csv; charset=utf-8; header=present", b);
	buf_reset(b);
	return e;
}

enum err
reply_csv(struct req *rq, const struct rows *rows, size_t n,
	const struct field *out, const char *filename)
{
	AUTO_BUF struct buf b = {0};
	enum err e = reply_header(rq, "Content-Disposition",
		arena_printf(rq_ctx(rq)->arena, "attachment; filename=\"%s\"",
			filename));

	if (e)
		return e;
	buf_init(&b, PART_MAX);
	for (const struct field *f = out; f->type; f++) {
		if (in_csv(f))
			csv_cell(&b, f->name, strlen(f->name), f == out);
	}
	csv_end(&b);
	for (size_t i = 0; !e && i < n; i++) {
		for (const struct field *f = out; f->type; f++) {
			if (in_csv(f))
				write_cell(&b, rows, i, f, f == out);
		}
		csv_end(&b);
		if (b.len >= PART_BYTES)
			e = send_part(rq, &b);
	}
	return e ? e : send_part(rq, &b);
}
