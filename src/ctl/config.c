/*
 * config.c - `autostack config`: the settings in force, and the two documents
 * that are made of the table of settings (which need no configuration).
 */
#include "base/base.h"

#include "base/buf.h"
#include "base/str.h"
#include "ctl/ctl.h"

#include <stdio.h>

#define TEXT_MAX (1 << 20)

int
ctl_config(struct ctl *c, int argc, char **argv)
{
	AUTO_BUF struct buf b = {0};
	const char *error;

	buf_init(&b, TEXT_MAX);
	if (argc == 2 && str_eq(argv[1], "--sample"))
		cfg_print_sample(&b);
	else if (argc == 2 && str_eq(argv[1], "--man"))
		cfg_print_man(&b);
	else if (argc > 1)
		return ctl_usage("config", argv[1]);
	else if (!cfg_load(c->arena, c->conf, &c->cfg, &error))
		return ctl_error("%s", error);
	else
		cfg_print_values(&b, &c->cfg);
	(void)fputs(buf_text(&b), stdout);
	return CTL_OK;
}
