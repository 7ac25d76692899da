/*
 * main.c - the `autostack` admin command: one table of subcommands, one file
 * each. It needs no root: it reads the configuration and connects as the owner
 * of the schema. It knows no HTTP and starts no service.
 */
#include "base/base.h"

#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/log.h"
#include "base/place.h"
#include "base/str.h"
#include "ctl/ctl.h"
#include "ext/db.h"
#include "stmt.h"

#define DATA_FILE_MAX (4 << 20)

struct command {
	const char *name;
	ctl_fn *run;
	bool cfg; /* read the configuration first; refuse when it is wrong */
	const char *args;
	const char *doc;
};

/* clang-format off */
static const struct command commands[] = {
	{ "migrate", ctl_migrate, true,  "[--status]", "Bring the database up to this version; then apply the grants." },
	{ "seed",    ctl_seed,    true,  "[--force]", "Fill an empty installation with demo data and two demo logins." },
	{ "admin",   ctl_admin,   true,  "create EMAIL NAME [ROLE] | promote EMAIL [ROLE] | reset-password EMAIL",
	  "Make an account, change its role (user, manager, admin), or set its password, which is read from stdin." },
	{ "cleanup", ctl_cleanup, true,  "[--batch N]", "Delete what has expired and what was kept long enough; run hourly by cron." },
	{ "doctor",  ctl_doctor,  false, "[--json]", "Check this installation and say how to mend what is wrong." },
	{ "openapi", ctl_openapi, false, "", "Print the API's OpenAPI document." },
	{ "config",  ctl_config,  false, "[--sample | --man]", "Print the settings in force, without secrets." },
	{ 0 }
};
/* clang-format on */

static struct prog {
	struct ctl ctl;
} prog;

int
ctl_error(const char *fmt, ...)
{
	va_list ap;

	(void)fflush(stdout);
	(void)fputs("autostack: ", stderr);
	va_start(ap, fmt);
	(void)vfprintf(stderr, fmt, ap);
	va_end(ap);
	(void)fputc('\n', stderr);
	return CTL_FAILED;
}

int
ctl_failure(struct ctl *c, const char *what)
{
	const char *why = c->ctx.cause ? c->ctx.cause : c->ctx.message;

	return ctl_error(
		"%s: %s", what, why ? why : err_info(c->ctx.err)->message);
}

int
ctl_usage(const char *command, const char *argument)
{
	if (argument)
		(void)ctl_error(
			"%s: unexpected argument '%s'", command, argument);
	else
		(void)ctl_error("%s: an argument is missing", command);
	(void)ctl_error("see 'autostack help' or autostack(8)");
	return CTL_USAGE;
}

const char *
ctl_data_path(struct ctl *c, const char *path)
{
	return c->data ? arena_printf(c->arena, "%s/%s", c->data, path)
		       : place_data(c->arena, path);
}

const char *
ctl_data_file(struct ctl *c, const char *path)
{
	const char *full = ctl_data_path(c, path);
	const char *text = fd_read_file(c->arena, full, DATA_FILE_MAX, NULL);

	if (!text)
		(void)ctl_error("%s: %s (--data names the folder with sql/)",
			full, strerror(errno));
	return text;
}

static void
help(FILE *to)
{
	const struct command *cmd;

	(void)fputs("usage: autostack [-c CONF] [--data DIR] COMMAND\n\n", to);
	for (cmd = commands; cmd->name; cmd++)
		(void)fprintf(to, "  autostack %s%s%s\n      %s\n", cmd->name,
			cmd->args[0] ? " " : "", cmd->args, cmd->doc);
	(void)fputs("  autostack version | help\n\n"
		    "-c CONF     the configuration; " SYSCONFDIR
		    "/autostack/autostack.conf by default\n"
		    "--data DIR  the folder that holds sql/; $AS_DATA_DIR, or "
		    "the installed one\n",
		to);
}

/* The options before the command. Returns the command's place in argv, or 0
 * after printing what is wrong. */
static int
global_options(struct ctl *c, int argc, char **argv)
{
	int i;

	for (i = 1; i < argc && argv[i][0] == '-'; i++) {
		if (str_eq(argv[i], "-V") || str_eq(argv[i], "--version") ||
			str_eq(argv[i], "-h") || str_eq(argv[i], "--help"))
			return i;
		if (i + 1 < argc && str_eq(argv[i], "-c"))
			c->conf = argv[++i];
		else if (i + 1 < argc && str_eq(argv[i], "--data"))
			c->data = argv[++i];
		else {
			(void)ctl_error("unknown option '%s'", argv[i]);
			return 0;
		}
	}
	return i < argc ? i : 0;
}

static int
run(struct ctl *c, const struct command *cmd, int argc, char **argv)
{
	const char *error;
	int status;

	if (cmd->cfg) {
		if (!cfg_load(c->arena, c->conf, &c->cfg, &error))
			return ctl_error("%s", error);
		c->db = db_new(
			stmt_table, STMT_MAX, c->cfg.database_url, "owner");
	}
	status = cmd->run(c, argc, argv);
	db_free(c->db);
	if (fflush(stdout) != 0)
		return ctl_error("stdout: %s", strerror(errno));
	return status;
}

int
main(int argc, char **argv)
{
	struct ctl *c = &prog.ctl;
	const struct command *cmd;
	const char *name;
	int status = CTL_USAGE;
	int at;

	/* a reader that went away is an error of write() */
	(void)signal(SIGPIPE, SIG_IGN);
	log_open("autostack", false, LOGP_WARNING);
	c->data = getenv("AS_DATA_DIR");
	if (c->data && !c->data[0])
		c->data = NULL;
	at = global_options(c, argc, argv);
	if (at == 0) {
		help(stderr);
		return CTL_USAGE;
	}
	name = argv[at];
	if (str_eq(name, "version") || str_eq(name, "-V") ||
		str_eq(name, "--version")) {
		(void)puts(PACKAGE_STRING);
		return CTL_OK;
	}
	if (str_eq(name, "help") || str_eq(name, "-h") ||
		str_eq(name, "--help")) {
		help(stdout);
		return CTL_OK;
	}
	for (cmd = commands; cmd->name && !str_eq(cmd->name, name);)
		cmd++;
	if (!cmd->name) {
		(void)ctl_error("unknown command '%s'", name);
		help(stderr);
		return CTL_USAGE;
	}
	c->arena = arena_new(64 << 20, 256 << 20);
	c->ctx.arena = c->arena;
	status = run(c, cmd, argc - at, argv + at);
	arena_free(c->arena);
	return status;
}
