/*
 * cli.h - the client half of `autostack`: commands for people and scripts that
 * use an installation from elsewhere, by its API and an API key. Knows no
 * database and no autostack.conf; src/ctl finds the commands here.
 */
#ifndef AS_CLI_CLI_H
#define AS_CLI_CLI_H

#include "base/arena.h"
#include "base/base.h"
#include "base/err.h"
#include "cli/settings.h"

struct jsn;

enum cli_exit {
#define EXIT(name, number, doc) CLI_##name = (number),
#include "cli/exit.def"
#undef EXIT
};

struct cli {
	struct arena *arena; /* of the whole command */
	struct cli_settings set;
	bool json;
};

/* argv[0] is the command's name. */
typedef enum cli_exit cli_fn(struct cli *c, int argc, char **argv);

struct cli_command {
	const char *name;
	cli_fn *run;
	const char *args;
	const char *doc;
};
/* Ended by a row without a name. */
extern const struct cli_command cli_commands[];

/* Read the settings, run the command; an exit status. */
MUST int cli_run(const struct cli_command *cmd, int argc, char **argv);
/* The exit statuses: as text for people, or as an mdoc list. */
void cli_print_exits(bool mdoc);

/* ---- what commands share: main.c ---- */

/* "autostack: TEXT" on stderr, control characters neutralised. */
enum cli_exit cli_error(enum cli_exit status, const char *fmt, ...)
	PRINTF(2, 3);
enum cli_exit cli_usage(const char *command, const char *argument);
/* Text of a server's for a terminal; "" for NULL. */
const char *cli_plain(struct cli *c, const char *s);

/* The options of a command: each a name, and where its value or its presence
 * goes. What does not begin with a dash fills words in order. */
struct cli_option {
	const char *name;   /* "--branch" */
	const char **value; /* or */
	bool *flag;
};
MUST bool cli_options(const char *command, int argc, char **argv,
	const struct cli_option *options, const char **words, size_t words_max);

cli_fn cli_projects, cli_deployments;                      /* list.c */
cli_fn cli_deploy, cli_redeploy, cli_rollback, cli_cancel; /* deploy.c */
cli_fn cli_logs;                                           /* follow.c */

/* ---- the API: api.c ---- */

struct cli_request {
	const char *path; /* "/api/..." */
	const char *json; /* POST with this body; NULL: GET */
	/* or POST with a file of so many bytes, application/gzip */
	int file;
	int64_t file_size;
};
struct cli_answer {
	int status;       /* 0: none came */
	const char *text; /* of a good one */
	const struct jsn *body;
	const char *why; /* of any other: for people */
	bool again;      /* it may go better in a while */
};
/* Ask once. True: a good answer. */
MUST bool cli_ask(struct cli *c, struct arena *a, const struct cli_request *rq,
	struct cli_answer *ret);
/* The same for what is not tried again; false after saying why. */
MUST bool cli_must(
	struct cli *c, const struct cli_request *rq, const struct jsn **ret);
#define CLI_GET(text) (&(struct cli_request){.path = (text)})
#define CLI_POST(text, body)                                                   \
	(&(struct cli_request){.path = (text), .json = (body)})
/* The id of a project of one's own, given that or its name. */
MUST bool cli_project(struct cli *c, const char *text, const char **ret_id);

/* ---- following: follow.c ---- */

/* What a deployment's end means; CLI_OK for one that has not ended. */
enum cli_exit cli_outcome(const struct jsn *deployment);
/* Print the log as it comes (unless quiet) until the deployment has ended, over
 * lost connections; then its outcome. */
MUST enum cli_exit cli_follow(struct cli *c, const char *id, bool quiet);
/* A deployment for people (one line), or as JSON. */
void cli_print_deployment(struct cli *c, const struct jsn *deployment);

/* ---- packing: pack.c ---- */

/* A tar.gz of what a site of this directory would be: regular files, none that
 * begins with a dot (but .well-known). False after saying why. */
MUST bool cli_pack(
	struct cli *c, const char *dir, int *ret_fd, int64_t *ret_size);

#endif
