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
const struct validator valid_url_path = {
	check_url_path, NULL, "^/[A-Za-z0-9/_.-]*$", false};
