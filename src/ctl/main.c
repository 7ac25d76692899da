/*
 * main.c - the `autostack` command. Here is what administers an installation:
 * one table of subcommands, one file each. It needs no root: it reads the
 * configuration and connects as the owner of the schema. It knows no HTTP and
 * starts no service. What uses an installation from elsewhere is src/cli.
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
#include "cli/cli.h"
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
	{ "certificates", ctl_certificates, true, "[--now HOST]", "List custom domains with their certificates, or have one ordered now." },
	{ "doctor",  ctl_doctor,  false, "[--json]", "Check this installation and say how to mend what is wrong." },
	{ "restore-release", ctl_restore_release, true, "[--wait SECONDS] DEPLOYMENT", "Bring a release back from its archive, so that it can be rolled back to." },
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
help_command(FILE *to, const char *name, const char *args, const char *doc)
{
	(void)fprintf(to, "  autostack %s%s%s\n      %s\n", name,
		args[0] ? " " : "", args, doc);
}

static void
help(FILE *to)
{
	const struct command *cmd;
	const struct cli_command *cli;

	(void)fputs("usage: autostack [-c CONF] [--data DIR] COMMAND\n\n"
		    "To administer this installation, see autostack(8):\n\n",
		to);
	for (cmd = commands; cmd->name; cmd++)
		help_command(to, cmd->name, cmd->args, cmd->doc);
	(void)fputs("\nTo use an installation by its API, see autostack(1); "
		    "$AUTOSTACK_URL, $AUTOSTACK_API_KEY:\n\n",
		to);
	for (cli = cli_commands; cli->name; cli++)
		help_command(to, cli->name, cli->args, cli->doc);
	(void)fputs("\n  autostack version | help [exit]\n\n"
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
	const struct cli_command *cli;
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
		if (at + 1 < argc && str_starts(argv[at + 1], "exit"))
			cli_print_exits(str_eq(argv[at + 1], "exit-man"));
		else
			help(stdout);
		return CTL_OK;
	}
	for (cli = cli_commands; cli->name; cli++) {
		if (str_eq(cli->name, name))
			return cli_run(cli, argc - at, argv + at);
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
