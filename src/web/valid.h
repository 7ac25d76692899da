/*
 * valid.h - rules that a string has to follow beyond its length. A validator
 * may replace the value by its normal form. handlers/ adds those that need to
 * know a resource.
 */
#ifndef AS_WEB_VALID_H
#define AS_WEB_VALID_H

#include "base/base.h"

struct arena;
struct cfg;

struct validator {
	/* NULL when *value is fine, else what it must be ("must be ..."). */
	const char *(*check)(
		struct arena *a, const struct cfg *cfg, const char **value);
	const char *format;  /* OpenAPI's "format"; may be NULL */
	const char *pattern; /* OpenAPI's "pattern"; may be NULL */
	bool secret;         /* OpenAPI's writeOnly */
};

extern const struct validator valid_line, valid_name, valid_email,
	valid_password_new, valid_password, valid_relpath, valid_git_ref,
	valid_commit, valid_project_name, valid_url_path, valid_https_url,
	valid_time, valid_time_zone;

#define V_ANY          NULL
#define V_LINE         (&valid_line)  /* nothing that steers a terminal */
#define V_NAME         (&valid_name)  /* a line that is not all blanks */
#define V_EMAIL        (&valid_email) /* trimmed, lower case, ASCII */
#define V_PASSWORD_NEW (&valid_password_new) /* password_min, 72 bytes */
#define V_PASSWORD     (&valid_password)     /* anything; writeOnly */
#define V_RELPATH      (&valid_relpath)      /* stays below its root */
#define V_GIT_REF      (&valid_git_ref)      /* SECURITY.md GIT-2 */
#define V_COMMIT       (&valid_commit)       /* 40 hex digits */
#define V_PROJECT_NAME (&valid_project_name) /* as projects_name_form */
#define V_HTTPS_URL    (&valid_https_url)    /* ASCII, a host, no user name */
#define V_TIME         (&valid_time)         /* RFC 3339, or a date of UTC */
#define V_TIME_ZONE    (&valid_time_zone)    /* UTC or Area/City, known here */
#define V_URL_PATH     (&valid_url_path)     /* "/api/...", no query */

/* Characters (not bytes) of valid UTF-8. */
size_t utf8_length(const char *s);

#endif
