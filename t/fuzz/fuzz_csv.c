/*
 * fuzz_csv.c - a row of any cells (split at NUL), read back as RFC 4180 says:
 * the same cells come out, but for the apostrophe of those that began a
 * formula.
 */
#include "fuzz.h"

#include "base/arena.h"
#include "base/buf.h"
#include "web/csv.h"

/* One cell at *p; *p is behind it then. */
static struct buf
read_cell(const char **p, size_t max)
{
	struct buf b = {0};
	bool quoted = **p == '"';

	buf_init(&b, max + 1);
	*p += quoted;
	for (;; (*p)++) {
		if (quoted && **p == '"' && (*p)[1] == '"')
			(*p)++;
		else if (quoted ? **p == '"' : strchr(",\r", **p) != NULL)
			break;
		ASSERT(**p);
		buf_char(&b, **p);
	}
	*p += quoted;
	return b;
}

static void
check_cell(const char **p, const char *cell)
{
	size_t n = strlen(cell);
	AUTO_BUF struct buf b = read_cell(p, n);
	bool formula = n > 0 && strchr("=+-@\t\r", cell[0]);
	const char *got = buf_text(&b);

	ASSERT(!strchr("=+-@\t\r", got[0]) || !got[0]);
	ASSERT(!formula || got[0] == '\'');
	ASSERT(strcmp(got + formula, cell) == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *a = arena_new(16 << 20, 64 << 20);
	const char *cells =
		(const char *)memcpy(arena_alloc(a, size + 1), data, size);
	AUTO_BUF struct buf b = {0};
	const char *p;

	buf_init(&b, 3 * size + 64);
	for (size_t at = 0; at <= size; at += strlen(cells + at) + 1)
		csv_cell(&b, cells + at, strlen(cells + at), at == 0);
	csv_end(&b);
	p = buf_text(&b);
	for (size_t at = 0; at <= size; at += strlen(cells + at) + 1) {
		if (at > 0) {
			ASSERT(*p == ',');
			p++;
		}
		check_cell(&p, cells + at);
	}
	ASSERT(strcmp(p, "\r\n") == 0);
	arena_free(a);
	return 0;
}
