/* options.c - reads the command line of a service. */
#include "base/options.h"

#include "base/log.h"

#include <getopt.h>

bool
options_read(int argc, char **argv, struct options *ret)
{
	static const struct option longs[] = {
		{"log-format", required_argument, NULL, 'l'}, {0}};
	int c;

	*ret = (struct options){0};
	while ((c = getopt_long(argc, argv, "c:tVx:", longs, NULL)) != -1) {
		switch (c) {
		case 'c':
			ret->conf = optarg;
			break;
		case 'l':
			ret->log_format = optarg;
			break;
		case 't':
			ret->test = true;
			break;
		case 'V':
			ret->version = true;
			break;
		case 'x':
			ret->table = optarg;
			break;
		default:
			return false;
		}
	}
	return optind == argc &&
	       (!ret->log_format || log_is_format(ret->log_format));
}
