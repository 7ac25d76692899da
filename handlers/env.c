/* env.c - checks KEY=VALUE lines while the other fields are checked, so that
 * all bad fields are told at once. */
#include "handlers/env.h"

#include "base/err.h"
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

const struct validator valid_env_lines = {
	.check = check_env_lines, .secret = true};
