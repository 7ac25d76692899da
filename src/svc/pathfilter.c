/* pathfilter.c - matches paths. fnmatch(3) is not used, since a pattern of many
 * stars can keep it busy for hours. */
#include "svc/pathfilter.h"

#include "base/arena.h"
#include "base/str.h"

/* A line of the patterns. */
struct line {
	const char *p;
	size_t n;
	bool leaves_out;
};

/* The next line that is a pattern. False: there is none. */
static bool
next_line(const char **at, struct line *ret)
{
	while (**at) {
		const char *p = *at;
		size_t n = strcspn(p, "\n");

		*at += n + (p[n] == '\n');
		while (n > 0 && strchr(" \t\r", p[n - 1]))
			n--;
		for (; n > 0 && strchr(" \t", *p); p++)
			n--;
		if (n == 0 || *p == '#')
			continue;
		*ret = (struct line){p, n, *p == '!'};
		if (ret->leaves_out) {
			ret->p++;
			ret->n--;
		}
		return true;
	}
	return false;
}

/* The longest run for a star is found from its last place only: what an
 * earlier star could take more, the last one can as well. */
static bool
matches(const struct line *l, const char *path)
{
	const char *p = l->p;
	const char *end = l->p + l->n;
	const char *star = NULL;
	const char *from = NULL;

	while (*path) {
		/* what follows the final "/" is below it */
		if (p == end && p > l->p && p[-1] == '/')
			return true;
		if (p < end && *p == '*') {
			star = p++;
			from = path;
		} else if (p < end && (*p == '?' || *p == *path)) {
			p++;
			path++;
		} else if (star) {
			p = star + 1;
			path = ++from;
		} else {
			return false;
		}
	}
	while (p < end && *p == '*')
		p++;
	return p == end;
}

const char *
pathfilter_wrong(struct arena *a, const char *patterns)
{
	const char *at = patterns;
	struct line l;
	int n = 0;

	for (const char *p = patterns; *p; p++) {
		if (((unsigned char)*p < ' ' && !strchr("\n\r\t", *p)) ||
			*p == 0x7f)
			return "must hold no control characters but line ends";
	}
	while (next_line(&at, &l)) {
		if (l.n == 0 || l.n > PATHFILTER_LINE_MAX || *l.p == '/')
			return arena_printf(a,
				"must hold patterns of 1 to %d bytes that do "
				"not begin with '/'",
				PATHFILTER_LINE_MAX);
		if (++n > PATHFILTER_LINES)
			return arena_printf(a, "must hold at most %d patterns",
				PATHFILTER_LINES);
	}
	return NULL;
}

/* Whether there is no line that names what is watched. */
static bool
only_leaves_out(const char *patterns)
{
	struct line l;

	while (next_line(&patterns, &l)) {
		if (!l.leaves_out)
			return false;
	}
	return true;
}

bool
pathfilter_watches(const char *patterns, const char *path)
{
	const char *at = patterns ? patterns : "";
	bool watched = only_leaves_out(at);
	struct line l;

	while (next_line(&at, &l)) {
		if (matches(&l, path))
			watched = !l.leaves_out;
	}
	return watched;
}
