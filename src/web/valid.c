/* valid.c - the validators that no resource owns. Pure functions of a string, but
 * that of a time zone, which looks whether the host has it. */
#include "web/valid.h"

#include "base/arena.h"
#include "base/cfg.h"
#include "base/fd.h"
#include "base/str.h"

#include <inttypes.h>

#define ZONES    "/usr/share/zoneinfo" /* where PostgreSQL reads them, too */
#define ZONE_MAX 65536

#define LOWER "abcdefghijklmnopqrstuvwxyz"
#define ALNUM LOWER "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"

size_t
utf8_length(const char *s)
{
	size_t n = 0;

	for (; *s; s++)
		n += ((unsigned char)*s & 0xc0) != 0x80;
	return n;
}

static const char *
check_line(struct arena *a UNUSED, const struct cfg *cfg UNUSED,
	const char **value)
{
	if (str_has_control(*value) || str_has_bidi(*value))
		return "must be one line without control characters";
	return NULL;
}

/* What \s of a pattern means, less what a line cannot have. */
static bool
is_space(uint32_t c)
{
	return c == ' ' || c == 0xa0 || c == 0x1680 ||
	       (c >= 0x2000 && c <= 0x200a) || c == 0x202f || c == 0x205f ||
	       c == 0x3000 || c == 0xfeff;
}

static const char *
check_name(struct arena *a, const struct cfg *cfg, const char **value)
{
	const char *s = *value;
	uint32_t c = ' ';
	size_t n;

	while (is_space(c) && (n = str_utf8_char(s, strlen(s), &c)) > 0)
		s += n;
	return is_space(c) ? "must not be blank" : check_line(a, cfg, value);
}

static const char *
check_email(struct arena *a, const struct cfg *cfg UNUSED, const char **value)
{
	const char *s = str_email(a, *value);

	if (!s)
		return "must be an address like name@example.com";
	*value = s;
	return NULL;
}

/* bcrypt reads 72 bytes and no more: a longer one is refused, never cut. */
static const char *
check_password_new(struct arena *a, const struct cfg *cfg, const char **value)
{
	if ((int64_t)utf8_length(*value) < cfg->password_min)
		return arena_printf(a,
			"must have at least %" PRId64 " characters",
			cfg->password_min);
	if (strlen(*value) > 72)
		return "must have at most 72 bytes";
	return NULL;
}

static const char *
check_relpath(struct arena *a, const struct cfg *cfg UNUSED, const char **value)
{
	static const char wrong[] =
		"must be a relative path without '..' or backslashes";
	size_t n;
	char **part;

	if (str_has_control(*value) || **value == '/' || strchr(*value, '\\'))
		return wrong;
	part = str_split(a, *value, '/', &n);
	for (size_t i = 0; i < n; i++) {
		bool last = i == n - 1;

		if (str_eq(part[i], "..") || str_eq(part[i], ".git"))
			return wrong;
		if (part[i][0] == '\0' && !(last && n > 1) && **value)
			return wrong;
	}
	return NULL;
}

static const char *
check_git_ref(struct arena *a UNUSED, const struct cfg *cfg UNUSED,
	const char **value)
{
	const char *s = *value;
	size_t n = strlen(s);
	bool ok = n >= 1 && n <= 200 && strspn(s, ALNUM "_./-") == n &&
		  s[0] != '.' && s[0] != '/' && s[0] != '-' &&
		  s[n - 1] != '/' && s[n - 1] != '.' && !strstr(s, "..") &&
		  !strstr(s, "//") && !strstr(s, "/.") &&
		  !str_ends(s, ".lock") && !strstr(s, ".lock/");

	return ok ? NULL
		  : "must be the name of a git branch: letters, digits "
		    "and _ . / -, not beginning with - . or /";
}

static const char *
check_commit(struct arena *a, const struct cfg *cfg UNUSED, const char **value)
{
	char *s = str_lower(a, *value);

	if (strlen(s) != 40 || strspn(s, "0123456789abcdef") != 40)
		return "must be the 40 hexadecimal digits of a commit";
	*value = s;
	return NULL;
}

static const char *
check_project_name(struct arena *a UNUSED, const struct cfg *cfg UNUSED,
	const char **value)
{
	const char *s = *value;
	size_t n = strlen(s);

	if (n == 0 || n > 100 || strspn(s, ALNUM "._-") != n ||
		strchr("._-", s[0]))
		return "must have 1 to 100 letters, digits and . _ -, "
		       "beginning with a letter or digit";
	return NULL;
}

static const char *
check_url_path(struct arena *a UNUSED, const struct cfg *cfg UNUSED,
	const char **value)
{
	size_t n = strspn(*value, ALNUM "/_.-");

	if (**value != '/' || (*value)[n] != '\0' || strstr(*value, ".."))
		return "must be a path like /api/deployments/<id>/logs/stream, "
		       "without a query";
	return NULL;
}

/* A host name or address, and perhaps a port, as they stand in a URL. */
static bool
is_authority(struct arena *a, const char *s, size_t n)
{
	const char *host = arena_strndup(a, s, n);
	char *port = strrchr(host, ':');
	int64_t number;

	if (port && !strchr(port, ']')) {
		*port++ = '\0';
		if (!str_to_i64(port, 1, 65535, &number))
			return false;
	}
	n = strlen(host);
	if (host[0] == '[')
		return n > 2 &&
		       strspn(host, "[0123456789abcdefABCDEF:.]") == n &&
		       strcspn(host, "]") == n - 1;
	return n > 0 && n <= 253 && strspn(host, ALNUM ".-") == n &&
	       host[0] != '.' && host[0] != '-' && !strstr(host, "..");
}

/* For addresses that a browser loads by itself: no scheme but https, nothing
 * that could end an attribute or a header. */
static const char *
check_https_url(
	struct arena *a, const struct cfg *cfg UNUSED, const char **value)
{
	static const char wrong[] =
		"must be an https:// URL, with other characters than letters, "
		"digits and punctuation of URLs escaped";
	const char *s = *value;
	const char *rest;
	char scheme[9];

	(void)str_copy(scheme, sizeof(scheme), s);
	if (!str_eq_ci(scheme, "https://") ||
		strspn(s, ALNUM "-._~:/?#[]@!$&()*+,;=%") != strlen(s))
		return wrong;
	rest = s + strlen("https://");
	if (!is_authority(a, rest, strcspn(rest, "/?#")))
		return wrong;
	*value = arena_printf(a, "https://%s", rest);
	return NULL;
}

/* n digits at *s as a number of at most max; -1 when there are none. */
static int
digits(const char **s, int n, int max)
{
	int v = 0;

	for (int i = 0; i < n; i++, (*s)++) {
		if (**s < '0' || **s > '9')
			return -1;
		v = v * 10 + (**s - '0');
	}
	return v <= max ? v : -1;
}

static bool
is_date(const char **s)
{
	static const int days[] = {
		31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	int y = digits(s, 4, 9999);
	int m = y >= 1 && *(*s)++ == '-' ? digits(s, 2, 12) : -1;
	int d = m >= 1 && *(*s)++ == '-' ? digits(s, 2, 31) : -1;
	bool leap = y % 4 == 0 && (y % 100 != 0 || y % 400 == 0);

	return d >= 1 && d <= days[m - 1] + (m == 2 && leap);
}

/* hh:mm, at most max hours. */
static bool
is_clock(const char **s, int max)
{
	return digits(s, 2, max) >= 0 && *(*s)++ == ':' &&
	       digits(s, 2, 59) >= 0;
}

static const char *
check_time(struct arena *a, const struct cfg *cfg UNUSED, const char **value)
{
	static const char wrong[] = "must be a time like 2026-01-20T10:30:00Z, "
				    "or a date like 2026-01-20";
	const char *s = *value;
	char sign;

	if (!is_date(&s))
		return wrong;
	if (*s == '\0') {
		*value = arena_printf(a, "%sT00:00:00Z", *value);
		return NULL;
	}
	if (*s != 'T' && *s != 't')
		return wrong;
	s++;
	if (!is_clock(&s, 23) || *s++ != ':' || digits(&s, 2, 59) < 0)
		return wrong;
	if (*s == '.') {
		size_t n = strspn(++s, "0123456789");

		if (n < 1 || n > 9)
			return wrong;
		s += n;
	}
	if (str_eq(s, "Z") || str_eq(s, "z"))
		return NULL;
	sign = *s++;
	if ((sign != '+' && sign != '-') || !is_clock(&s, 14) || *s != '\0')
		return wrong;
	/* what is of another year in UTC by its offset: PostgreSQL takes it,
	 * but no answer can say it */
	if (str_starts(*value, sign == '+' ? "0001-01-01" : "9999-12-31"))
		return "must be within the years 1 to 9999 of UTC";
	return NULL;
}

static const char *
check_any(struct arena *a UNUSED, const struct cfg *cfg UNUSED,
	const char **value UNUSED)
{
	return NULL;
}

/* "Europe/Isle_of_Man". Nothing shorter: PostgreSQL takes "CET" for a constant
 * offset, and what begins with a small letter there is no zone. */
static bool
is_zone_name(const char *s)
{
	int parts = 0;

	do {
		size_t n = strspn(s, ALNUM "_+-");

		if (*s < 'A' || *s > 'Z' || (s[n] && s[n] != '/'))
			return false;
		parts++;
		s += n;
	} while (*s++);
	return parts == 2 || parts == 3;
}

static const char *
check_time_zone(
	struct arena *a, const struct cfg *cfg UNUSED, const char **value)
{
	const char *path = arena_printf(a, ZONES "/%s", *value);
	const char *zone;
	size_t n;

	if (str_eq(*value, "UTC"))
		return NULL;
	zone = is_zone_name(*value) ? fd_read_file(a, path, ZONE_MAX, &n)
				    : NULL;
	if (!zone || !str_starts(zone, "TZif"))
		return "must be UTC or a time zone like Europe/Berlin";
	return NULL;
}

const struct validator valid_line = {.check = check_line};
const struct validator valid_name = {check_name, NULL, "\\S", false};
const struct validator valid_email = {check_email, "email", NULL, false};
const struct validator valid_password_new = {
	check_password_new, "password", NULL, true};
const struct validator valid_password = {check_any, "password", NULL, true};
const struct validator valid_relpath = {.check = check_relpath};
const struct validator valid_git_ref = {
	check_git_ref, NULL, "^[A-Za-z0-9_][A-Za-z0-9._/-]{0,199}$", false};
const struct validator valid_commit = {
	check_commit, NULL, "^[0-9a-fA-F]{40}$", false};
const struct validator valid_project_name = {
	check_project_name, NULL, "^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$", false};
const struct validator valid_https_url = {
	check_https_url, "uri", "^[Hh][Tt][Tt][Pp][Ss]://", false};
const struct validator valid_time = {.check = check_time};
const struct validator valid_time_zone = {check_time_zone, NULL,
	"^(UTC|[A-Z][A-Za-z0-9_+-]*(/[A-Z][A-Za-z0-9_+-]*){1,2})$", false};
const struct validator valid_url_path = {
	check_url_path, NULL, "^/[A-Za-z0-9/_.-]*$", false};
