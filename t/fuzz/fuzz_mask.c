/*
 * fuzz_mask.c - a build's output, cleaned and masked, with its colours and
 * without. The first line of the input is a secret, its first byte the size of
 * the pieces in which the rest arrives.
 */
#include "fuzz.h"

#include "base/arena.h"
#include "base/str.h"
#include "svc/logclean.h"
#include "svc/mask.h"

static const char *
through(struct arena *a, bool colours, const char *secret, const char *p,
	size_t n, size_t step)
{
	struct mask *m = mask_new(a, &secret, 1);
	struct logclean c = {.colours = colours};
	AUTO_BUF struct buf clean = {0};
	AUTO_BUF struct buf out = {0};
	const char *text;

	buf_init(&clean, 1 << 22);
	buf_init(&out, 1 << 22);
	while (n) {
		size_t k = MIN(n, step);

		logclean_feed(&c, p, k, &clean);
		mask_feed(m, buf_text(&clean), clean.len, &out);
		buf_reset(&clean);
		p += k;
		n -= k;
	}
	logclean_end(&c, &clean);
	mask_feed(m, buf_text(&clean), clean.len, &out);
	mask_end(m, &out);
	ASSERT(!clean.full && !out.full && mask_held(m) == 0);
	text = arena_strdup(a, buf_text(&out));
	ASSERT(str_is_utf8(text, strlen(text)));
	return text;
}

/* The text without its colours; an escape that is not one's stays. */
static const char *
plain(struct arena *a, const char *text)
{
	AUTO_BUF struct buf out = {0};
	size_t n = strlen(text);

	buf_init(&out, 1 << 22);
	while (n) {
		size_t before = str_sgr_find(text, n);
		size_t colour = str_sgr_at(text + before, n - before);

		buf_add(&out, text, before);
		text += before + colour;
		n -= before + colour;
	}
	return arena_strdup(a, buf_text(&out));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *a = arena_new(256 << 20, 1 << 30);
	const char *whole = (const char *)data;
	const char *nl = size ? memchr(data, '\n', size) : NULL;
	const char *secret;
	const char *text;
	size_t rest;

	if (nl && size < 65536) {
		secret = arena_strndup(a, whole, (size_t)(nl - whole));
		rest = size - (size_t)(nl + 1 - whole);
		text = through(a, true, secret, nl + 1, rest, rest + 1);
		ASSERT(str_eq(text, through(a, true, secret, nl + 1, rest,
					    (size_t)1 + data[0] % 16)));
		text = plain(a, text);
		ASSERT(str_eq(text,
			through(a, false, secret, nl + 1, rest, rest + 1)));
		for (const char *s = text; *s; s++)
			ASSERT((uint8_t)*s >= ' ' || *s == '\n' || *s == '\t');
		/* the values of a build's variables are UTF-8 */
		if (strlen(secret) >= MASK_MIN && !strchr(secret, '*') &&
			str_is_utf8(secret, strlen(secret)))
			ASSERT(!strstr(text, secret));
	}
	arena_free(a);
	return 0;
}
