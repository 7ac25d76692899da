/* valid.c - the validators that no resource owns. Pure functions of a string. */
#include "web/valid.h"

#include "base/arena.h"
#include "base/cfg.h"
#include "base/str.h"

#include <inttypes.h>

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
	if (str_has_control(*value))
		return "must be one line without control characters";
	return NULL;
}

/* Labels of a host name: letters, digits, inner hyphens; at least two. */
static bool
is_domain(const char *s)
{
	int dots = 0;

	for (;;) {
		size_t n = strspn(s, ALNUM "-");

		if (n == 0 || n > 63 || s[0] == '-' || s[n - 1] == '-')
			return false;
		if (s[n] == '\0')
			return dots > 0;
		if (s[n] != '.')
			return false;
		dots++;
		s += n + 1;
	}
}

/* ASCII only: look-alike letters cannot make two accounts that seem one, and
 * nothing that could split a mail header gets through. */
static const char *
check_email(struct arena *a, const struct cfg *cfg UNUSED, const char **value)
{
	static const char wrong[] = "must be an address like name@example.com";
	char *s = str_lower(a, str_trim(a, *value));
	size_t local = strspn(s, ALNUM "!#$%&'*+-/=?^_`{|}~.");

	if (strlen(s) > 254 || local == 0 || local > 64 || s[local] != '@' ||
		!is_domain(s + local + 1))
		return wrong;
	if (s[0] == '.' || s[local - 1] == '.' || strstr(s, ".."))
		return wrong;
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
	if (*s != '+' && *s != '-')
		return wrong;
	s++;
	return is_clock(&s, 14) && *s == '\0' ? NULL : wrong;
}

static const char *
check_any(struct arena *a UNUSED, const struct cfg *cfg UNUSED,
	const char **value UNUSED)
{
	return NULL;
}

const struct validator valid_line = {.check = check_line};
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
const struct validator valid_time = {.check = check_time};
const struct validator valid_url_path = {
	check_url_path, NULL, "^/[A-Za-z0-9/_.-]*$", false};
