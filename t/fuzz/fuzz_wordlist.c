/* fuzz_wordlist.c - a list of common passwords that an administrator names. The
 * first line is the word; the answer is the same however the list is cut, and
 * the same as that of looking at whole lines. */
#include "fuzz.h"

#include "base/arena.h"
#include "base/str.h"
#include "svc/wordlist.h"

static bool
in_pieces(const char *word, const char *p, size_t n, size_t piece)
{
	struct wordlist w = {.word = word};

	for (size_t i = 0; i < n; i += piece)
		wordlist_feed(&w, p + i, MIN(piece, n - i));
	return wordlist_end(&w);
}

static bool
is_line(struct arena *a, const char *word, const char *p, size_t n)
{
	char *line = arena_alloc(a, n + 1);
	size_t len = 0;

	for (size_t i = 0; i < n; i++)
		if (p[i] != '\r')
			line[len++] = p[i];
	return len > 0 && line[0] != '#' && len == strlen(word) &&
	       !memchr(line, '\0', len) && str_eq_ci(line, word);
}

static bool
by_lines(struct arena *a, const char *word, const char *p, size_t n)
{
	while (n > 0) {
		const char *end = memchr(p, '\n', n);
		size_t len = end ? (size_t)(end - p) : n;

		if (is_line(a, word, p, len))
			return true;
		len += end != NULL;
		p += len;
		n -= len;
	}
	return false;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *a = arena_new(64 << 20, 256 << 20);
	const char *text = (const char *)data;
	size_t first = 0;

	while (first < size && data[first] != '\n')
		first++;
	if (first < size) {
		const char *word = arena_strndup(a, text, first);
		const char *list = text + first + 1;
		size_t n = size - first - 1;
		bool found = by_lines(a, word, list, n);

		ASSERT(in_pieces(word, list, n, n + 1) == found);
		ASSERT(in_pieces(word, list, n, 1) == found);
		ASSERT(in_pieces(word, list, n, 1 + first % 7) == found);
	}
	arena_free(a);
	return 0;
}
