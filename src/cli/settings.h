/*
 * settings.h - where the API is and with which key: from the environment, else
 * from a file that nobody else may read. Never from the command line, which
 * every process sees.
 */
#ifndef AS_CLI_SETTINGS_H
#define AS_CLI_SETTINGS_H

#include "base/base.h"

struct arena;

struct cli_settings {
	const char *url; /* of the panel, without a slash at its end */
	const char *api_key;
	const char *ca;   /* a CA bundle; NULL: the system's */
	int64_t patience; /* seconds without an answer that a watcher bears */
};

/* The lines NAME = VALUE of a file (# begins a comment) into what is not set
 * yet. NULL, or what is wrong in which line. */
const char *cli_settings_parse(
	struct arena *a, const char *text, struct cli_settings *s);
/* Environment, then file, then judgement. NULL, or what is wrong. */
const char *cli_settings_read(struct arena *a, struct cli_settings *ret);

#endif
