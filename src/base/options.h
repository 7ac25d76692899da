/*
 * options.h - the command line that all services share:
 *   [-c CONF] [--log-format json|text] [-t | -V | -x TABLE]
 */
#ifndef AS_OPTIONS_H
#define AS_OPTIONS_H

#include "base/base.h"

struct options {
	const char *conf;       /* NULL: the usual place */
	const char *table;      /* to print; NULL: none */
	const char *log_format; /* NULL: the setting's */
	bool test;              /* the configuration only */
	bool version;
};

/* Fills *ret; texts are argv's. False when the caller has to say its usage. */
MUST bool options_read(int argc, char **argv, struct options *ret);

#endif
