/* origin.c - compares origins with those of the settings. */
#include "base/origin.h"

#include "base/str.h"

#include <string.h>
#include <strings.h>

#define ORIGIN_MAX 300 /* a name of 255 bytes, its scheme and port */

/* "https://host" or with ":port", in lower case. */
static bool
well_formed(const char *s)
{
	const char *host = strstr(s, "://");

	return host && host > s && host[3] && strlen(s) < ORIGIN_MAX &&
	       !host[3 +
		       strspn(host + 3,
			       "abcdefghijklmnopqrstuvwxyz0123456789.-_:[]")] &&
	       strspn(s, "abcdefghijklmnopqrstuvwxyz") == (size_t)(host - s);
}

/* The URL (or origin, or item of a list) at s begins with this origin and its
 * own ends there. */
static bool
same(const char *s, const char *origin)
{
	size_t n = strlen(origin);

	return strncasecmp(s, origin, n) == 0 && strchr("/, ", s[n]);
}

bool
origin_allowed(const struct cfg *cfg, const char *origin)
{
	const char *allowed = cfg->allowed_origins;

	if (!well_formed(origin))
		return false;
	if (same(cfg->app_url, origin) || same(cfg->frontend_url, origin))
		return true;
	while (*allowed) {
		allowed += strspn(allowed, ", ");
		if (*allowed && same(allowed, origin))
			return true;
		allowed += strcspn(allowed, ",");
	}
	return false;
}

bool
origin_of_url_allowed(const struct cfg *cfg, const char *url)
{
	char origin[ORIGIN_MAX];
	const char *host = strstr(url, "://");
	size_t n;

	if (!host)
		return false;
	n = (size_t)(host - url) + 3;
	n += strcspn(url + n, "/?#");
	if (n >= sizeof(origin))
		return false;
	memcpy(origin, url, n);
	origin[n] = '\0';
	return origin_allowed(cfg, origin);
}
