/* env.c - checks KEY=VALUE lines while the other fields are checked, so that
 * all bad fields are told at once. */
#include "handlers/env.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "svc/envlines.h"

static const char *
check_env_lines(
	struct arena *a, const struct cfg *cfg UNUSED, const char **value)
{
	struct ctx probe = {.arena = a};
	const char *const *lines;
	size_t n;

	if (envlines_parse(&probe, *value, &lines, &n) == E_OK)
		return NULL;
	return probe.message ? probe.message : "must be KEY=VALUE lines";
}

/* The reasons of envlines.h name a line, which a single name has not. */
static const char *
check_env_name(
	struct arena *a, const struct cfg *cfg UNUSED, const char **value)
{
	struct ctx probe = {.arena = a};
	const char *const *lines;
	size_t n;
	enum err e = envlines_parse(
		&probe, arena_printf(a, "%s=x", *value), &lines, &n);

	if (e && probe.message && strstr(probe.message, "reserved"))
		return "is reserved";
	return !e && n == 1 && str_starts(lines[0], *value)
		       ? NULL
		       : "must have letters, digits and _, and not begin with "
			 "a digit";
}

static const char *
check_env_value(struct arena *a UNUSED, const struct cfg *cfg UNUSED,
	const char **value)
{
	if (strlen(*value) > ENVLINES_VALUE_MAX)
		return "is too long";
	for (const char *p = *value; *p; p++) {
		if (((unsigned char)*p < ' ' && !strchr("\n\r\t", *p)) ||
			*p == 0x7f)
			return "must hold no control characters but line ends "
			       "and tabs";
	}
	return NULL;
}

const struct validator valid_env_name = {.check = check_env_name};
const struct validator valid_env_value = {
	.check = check_env_value, .secret = true};
const struct validator valid_env_lines = {
	.check = check_env_lines, .secret = true};
