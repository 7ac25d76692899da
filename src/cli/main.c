/*
 * main.c - the client's table of commands, and what they say and read alike.
 */
#include "cli/cli.h"

#include "base/str.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

#define PLAIN_MAX  ((size_t)64 << 10)
#define ARENA_SOFT ((size_t)64 << 20)

/* clang-format off */
const struct cli_command cli_commands[] = {
	{ "projects",    cli_projects,    "[--json]", "List one's projects." },
	{ "deployments", cli_deployments, "[PROJECT] [--limit N] [--json]", "List the newest deployments, all or of a project." },
	{ "deploy",      cli_deploy,      "DIR --project PROJECT | --git REPOSITORY|PROJECT [--branch B] [--commit C] [--wait] [--json]",
	  "Publish a directory that is built already, or have a repository built and published." },
	{ "logs",        cli_logs,        "[-f] ID", "Print a deployment's log; -f: as it grows, until the end." },
	{ "cancel",      cli_cancel,      "ID [--json]", "Cancel a deployment." },
	{ "redeploy",    cli_redeploy,    "ID [--no-cache] [--wait] [--json]", "Deploy the same commit with the same settings again." },
	{ "rollback",    cli_rollback,    "PROJECT [DEPLOYMENT] [--wait] [--json]", "Make an earlier deployment live again, without a build." },
	{ 0 }
};
/* clang-format on */

void
cli_print_exits(bool mdoc)
{
	static const struct {
		int number;
		const char *doc;
	} exits[] = {
#define EXIT(name, number, doc) {number, doc},
#include "cli/exit.def"
#undef EXIT
	};

	for (size_t i = 0; i < NELEM(exits); i++)
		(void)printf(mdoc ? ".It %d\n%s\n" : "  %d  %s\n",
			exits[i].number, exits[i].doc);
}

const char *
cli_plain(struct cli *c, const char *s)
{
	return s ? str_plain(c->arena, s, PLAIN_MAX) : "";
}

enum cli_exit
cli_error(enum cli_exit status, const char *fmt, ...)
{
	struct arena *a = arena_new(1 << 16, 1 << 20);
	va_list ap;

	(void)fflush(stdout);
	va_start(ap, fmt);
	(void)fprintf(stderr, "autostack: %s\n",
		str_plain(a, arena_vprintf(a, fmt, ap), PLAIN_MAX));
	va_end(ap);
	arena_free(a);
	return status;
}

enum cli_exit
cli_usage(const char *command, const char *argument)
{
	if (argument)
		(void)cli_error(CLI_USAGE, "%s: unexpected argument '%s'",
			command, argument);
	else
		(void)cli_error(
			CLI_USAGE, "%s: an argument is missing", command);
	return cli_error(CLI_USAGE, "see 'autostack help' or autostack(1)");
}

static const struct cli_option *
find_option(const struct cli_option *o, const char *name)
{
	while (o->name && !str_eq(o->name, name))
		o++;
	return o->name ? o : NULL;
}

bool
cli_options(const char *command, int argc, char **argv,
	const struct cli_option *options, const char **words, size_t words_max)
{
	size_t n = 0;

	for (int i = 1; i < argc; i++) {
		const struct cli_option *o = find_option(options, argv[i]);

		if (o && o->flag) {
			*o->flag = true;
		} else if (o && i + 1 < argc && !*o->value) {
			*o->value = argv[++i];
		} else if (!o && argv[i][0] != '-' && n < words_max) {
			words[n++] = argv[i];
		} else {
			(void)cli_usage(command, argv[i]);
			return false;
		}
	}
	return true;
}

int
cli_run(const struct cli_command *cmd, int argc, char **argv)
{
	struct cli c = {.arena = arena_new(ARENA_SOFT, 4 * ARENA_SOFT)};
	const char *wrong = cli_settings_read(c.arena, &c.set);
	enum cli_exit status;

	status = wrong ? cli_error(CLI_USAGE, "%s", wrong)
		       : cmd->run(&c, argc, argv);
	if (fflush(stdout) != 0 && status == CLI_OK)
		status = cli_error(CLI_TROUBLE, "stdout: %s", strerror(errno));
	arena_free(c.arena);
	return (int)status;
}
