/* cookie.c - looks for one name in a Cookie header. */
#include "web/cookie.h"

#include "base/arena.h"

#include <string.h>

#define BLANKS " \t"

/* One "name=value" without the blanks around it. */
struct pair {
	const char *at;
	size_t n;
};

static struct pair
next_pair(const char **p)
{
	struct pair pair;

	*p += strspn(*p, ";" BLANKS);
	pair.at = *p;
	pair.n = strcspn(*p, ";");
	*p += pair.n;
	while (pair.n > 0 && strchr(BLANKS, pair.at[pair.n - 1]))
		pair.n--;
	return pair;
}

/* cookie-octets of RFC 6265; ours need no more. */
static bool
is_value(const char *s, size_t n)
{
	if (n == 0 || n > COOKIE_VALUE_MAX)
		return false;
	for (size_t i = 0; i < n; i++)
		if (s[i] <= ' ' || s[i] > '~' || strchr("\",;\\", s[i]))
			return false;
	return true;
}

const char *
cookie_find(struct arena *a, const char *header, const char *name)
{
	size_t n = strlen(name);
	struct pair found = {NULL, 0};
	const char *p = header;

	if (!header ||
		strnlen(header, COOKIE_HEADER_MAX + 1) > COOKIE_HEADER_MAX)
		return NULL;
	while (*p) {
		struct pair pair = next_pair(&p);

		if (pair.n <= n || strncmp(pair.at, name, n) != 0 ||
			pair.at[n] != '=')
			continue;
		if (found.at)
			return NULL;
		found = (struct pair){pair.at + n + 1, pair.n - n - 1};
	}
	if (!found.at || !is_value(found.at, found.n))
		return NULL;
	return arena_strndup(a, found.at, found.n);
}
