/*
 * fuzz_siterules.c - _redirects (input that begins with 'r'; with
 * 's' an application's), _headers ('h'):
 * whatever is taken is written as .rules that holds together, with nothing in
 * it that could end a line or a header of an answer.
 */
#include "fuzz.h"

#include "base/arena.h"
#include "base/str.h"
#include "ext/json.h"
#include "svc/siterules.h"

/* A part of .rules has `count` lines (any when below 0), each of so many
 * fields; those from `json` on are JSON. */
static void
check_part(struct ctx *ctx, const char *text, size_t n, int64_t count,
	size_t fields, size_t json)
{
	char *part = arena_strndup(ctx->arena, text, n);
	size_t lines;
	char **line = str_split(ctx->arena, part, '\n', &lines);

	ASSERT(strlen(part) == n);
	ASSERT(count < 0 || lines == (size_t)count + 1);
	for (size_t i = 0; i + 1 < lines; i++) {
		size_t got;
		char **f = str_split(ctx->arena, line[i], '\t', &got);

		ASSERT(got == fields && !str_has_control(f[0]));
		for (size_t k = json; k < fields; k++) {
			const struct jsn *v;

			ASSERT(!jsn_parse(ctx, f[k], strlen(f[k]), &v));
		}
	}
	ASSERT(n == 0 || part[n - 1] == '\n');
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ctx ctx = {.arena = arena_new(64 << 20, 1 << 30)};
	char *s = arena_alloc(ctx.arena, size + 2);
	size_t rest = size ? size - 1 : 0;
	struct siterules r = {0};
	AUTO_BUF struct buf b = {0};
	int64_t n[4];
	enum err e;

	memcpy(s, data, size);
	e = *s == 'h' ? siterules_headers(&ctx, &r, s + 1, rest)
		      : siterules_redirects(&ctx, &r, s + 1, rest);
	ASSERT(!e || (e == E_BUILD_FAILED && !str_has_control(ctx.message)));
	if (!e && *s == 's')
		siterules_spa(&ctx, &r);
	if (!e) {
		const char *at;

		buf_init(&b, SITERULES_OUT_MAX);
		siterules_write(&r, &b);
		at = buf_text(&b);
		ASSERT(b.len >= 64 && at[63] == '\n');
		ASSERT(sscanf(at, "autostack-rules 1 %ld %ld %ld %ld", &n[0],
			       &n[1], &n[2], &n[3]) == 4);
		ASSERT((size_t)(64 + 8 * n[0] + n[1] + n[2] + n[3]) == b.len);
		ASSERT(n[0] == (int64_t)r.nstatic);
		at += 64 + 8 * n[0];
		check_part(&ctx, at, (size_t)n[1], n[0], 4, 3);
		at += n[1];
		check_part(&ctx, at, (size_t)n[2], (int64_t)r.ndynamic, 5, 3);
		at += n[2];
		check_part(&ctx, at, (size_t)n[3], (int64_t)r.nheader, 3, 1);
	}
	arena_free(ctx.arena);
	return 0;
}
