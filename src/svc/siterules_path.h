/*
 * siterules_path.h - the paths of a rule: what it matches and where it leads.
 * For siterules.c only, which says what is written in them.
 */
#ifndef AS_SVC_SITERULES_PATH_H
#define AS_SVC_SITERULES_PATH_H

#include "base/base.h"

#define WILD_MAX 32

struct arena;

struct path_pattern {
	const char *prefix; /* decoded text up to the first wildcard */
	const char *json;   /* texts, 1 for `:name`, 0 for the star */
	const char *name[WILD_MAX];
	size_t n; /* wildcards; the star's name is "splat" */
};

/* Both return NULL, or why it is none (a piece of a sentence).
 * A target that is a file (status 200 and 404) is decoded, one that a browser
 * is sent to is encoded: it has printable ASCII only. */
MUST const char *path_pattern(
	struct arena *a, const char *s, struct path_pattern *ret);
MUST const char *path_target(struct arena *a, const char *s, bool file,
	const struct path_pattern *from, const char **ret_json);

/* Whether some part of a decoded path is nobody's to see: begins with a dot
 * and is not .well-known at the top, or is the host's folder in there. */
bool path_is_hidden(const char *path);

#endif
