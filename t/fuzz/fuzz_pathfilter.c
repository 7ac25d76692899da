/*
 * fuzz_pathfilter.c - patterns of an owner, and the path that a push names. The
 * first line is the path. A pattern alone must match as a table of all its
 * prefixes and the path's says, which is slow and cannot be wrong.
 */
#include "fuzz.h"

#include "base/arena.h"
#include "base/str.h"
#include "svc/pathfilter.h"

#define SLOW_MAX 300

/* Whether the pattern's first i bytes match the path's first k. */
struct table {
	bool is[SLOW_MAX + 1][SLOW_MAX + 1];
};

static bool
slow_match(struct arena *a, const char *pattern, const char *path)
{
	struct table *t = ARENA_NEW(a, struct table);
	size_t n = strlen(pattern);
	size_t m = strlen(path);

	t->is[0][0] = true;
	for (size_t i = 1; i <= n; i++) {
		char c = pattern[i - 1];

		for (size_t k = 0; k <= m; k++) {
			if (c == '*')
				t->is[i][k] = t->is[i - 1][k] ||
					      (k > 0 && t->is[i][k - 1]);
			else if (k > 0 && (c == '?' || c == path[k - 1]))
				t->is[i][k] = t->is[i - 1][k - 1];
		}
	}
	for (size_t k = 0; k < m; k++) {
		if (pattern[n - 1] == '/' && t->is[n][k])
			return true;
	}
	return t->is[n][m];
}

static void
compare(struct arena *a, const char *pattern, const char *path)
{
	const char *out = arena_printf(a, "!%s", pattern);
	bool watched = slow_match(a, pattern, path);

	ASSERT(pathfilter_watches(pattern, path) == watched);
	ASSERT(pathfilter_watches(out, path) == !watched);
	ASSERT(!pathfilter_watches(
		arena_printf(a, "%s\n%s", pattern, out), path));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ctx ctx = {.arena = arena_new(64 << 20, 256 << 20)};
	char *path = arena_alloc(ctx.arena, size + 1);
	char *patterns;

	memcpy(path, data, size);
	patterns = strchr(path, '\n');
	if (patterns) {
		*patterns++ = '\0';
		(void)pathfilter_watches(patterns, path); /* any text */
		ASSERT(pathfilter_watches(NULL, path));
		if (!pathfilter_wrong(ctx.arena, patterns) && *patterns &&
			!strpbrk(patterns, "\n\r\t #!") &&
			strlen(path) <= SLOW_MAX)
			compare(ctx.arena, patterns, path);
	}
	arena_free(ctx.arena);
	return 0;
}
