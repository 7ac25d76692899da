/*
 * deploy.c - the commands that change something: deploy, redeploy, rollback,
 * cancel. Each is one request, never repeated, since nobody knows whether one
 * without an answer was done.
 */
#include "cli/cli.h"

#include "base/buf.h"
#include "base/jw.h"
#include "base/str.h"
#include "ext/json.h"

#include <stdio.h>
#include <unistd.h>

#define BODY_MAX 8192

/* Send what queues a deployment; then its end, when it is waited for. */
static enum cli_exit
queue(struct cli *c, const struct cli_request *rq, bool wait)
{
	const struct jsn *made;
	const char *id;

	if (!cli_must(c, rq, &made))
		return CLI_TROUBLE;
	id = jsn_str(jsn_get(made, "id"));
	if (!id || !str_is_uuid(id))
		return cli_error(CLI_TROUBLE, "the answer names no deployment");
	if (!wait) {
		cli_print_deployment(c, made);
		return CLI_OK;
	}
	if (!c->json) {
		cli_print_deployment(c, made);
		(void)fflush(stdout);
	}
	return cli_follow(c, id, c->json);
}

/* An object of texts, those that are there: NAME, VALUE, ..., NULL. */
static const char *
body_of(struct cli *c, const char *const pairs[])
{
	AUTO_BUF struct buf b = {0};
	struct jw w;

	buf_init(&b, BODY_MAX);
	jw_init(&w, &b);
	jw_object(&w);
	for (size_t i = 0; pairs[i]; i += 2) {
		if (pairs[i + 1])
			jw_kstr(&w, pairs[i], pairs[i + 1]);
	}
	jw_object_end(&w);
	return b.full ? NULL : arena_strdup(c->arena, buf_text(&b));
}

/* ---- deploy ---- */

struct wish {
	const char *dir, *project, *git, *branch, *commit;
	bool wait;
};

static enum cli_exit
deploy_git(struct cli *c, const struct wish *w)
{
	const char *json =
		body_of(c, (const char *const[]){"repository", w->git, "branch",
				   w->branch, "commit", w->commit, NULL});

	if (!json)
		return cli_error(CLI_USAGE, "the arguments are too long");
	return queue(c, CLI_POST("/api/deployments", json), w->wait);
}

static enum cli_exit
deploy_dir(struct cli *c, const struct wish *w)
{
	struct arena *a = c->arena;
	struct cli_request rq = {0};
	AUTO_FD int file = -1;
	const char *id;

	/* what is wrong here is said before anything is asked */
	if (!cli_pack(c, w->dir, &file, &rq.file_size))
		return CLI_USAGE;
	if (!cli_project(c, w->project, &id))
		return CLI_TROUBLE;
	rq.file = file;
	rq.path = arena_printf(a, "/api/projects/%s/deployments%s%s%s%s%s", id,
		w->branch || w->commit ? "?" : "", w->branch ? "branch=" : "",
		w->branch ? str_escape(a, w->branch) : "",
		w->branch && w->commit ? "&" : "",
		w->commit
			? arena_printf(a, "commit=%s", str_escape(a, w->commit))
			: "");
	return queue(c, &rq, w->wait);
}

enum cli_exit
cli_deploy(struct cli *c, int argc, char **argv)
{
	struct wish w = {0};
	const struct cli_option options[] = {{"--project", &w.project, NULL},
		{"--git", &w.git, NULL}, {"--branch", &w.branch, NULL},
		{"--commit", &w.commit, NULL}, {"--wait", NULL, &w.wait},
		{"--json", NULL, &c->json}, {0}};

	if (!cli_options(argv[0], argc, argv, options, &w.dir, 1))
		return CLI_USAGE;
	if (w.git && !w.dir && !w.project)
		return deploy_git(c, &w);
	if (!w.git && w.dir && w.project)
		return deploy_dir(c, &w);
	return cli_error(CLI_USAGE, "deploy: either a directory and --project, "
				    "or --git");
}

/* ---- the others ---- */

/* A deployment's id that stands as the first word. */
static bool
id_word(const char *command, const char *word)
{
	if (!word)
		(void)cli_usage(command, NULL);
	else if (!str_is_uuid(word))
		(void)cli_error(
			CLI_USAGE, "'%s' is no id of a deployment", word);
	return word && str_is_uuid(word);
}

enum cli_exit
cli_redeploy(struct cli *c, int argc, char **argv)
{
	const char *id = NULL;
	bool no_cache = false;
	bool wait = false;
	const struct cli_option options[] = {{"--no-cache", NULL, &no_cache},
		{"--wait", NULL, &wait}, {"--json", NULL, &c->json}, {0}};

	if (!cli_options(argv[0], argc, argv, options, &id, 1) ||
		!id_word(argv[0], id))
		return CLI_USAGE;
	return queue(c,
		CLI_POST(arena_printf(
				 c->arena, "/api/deployments/%s/redeploy", id),
			no_cache ? "{\"cache\":false}" : "{}"),
		wait);
}

enum cli_exit
cli_rollback(struct cli *c, int argc, char **argv)
{
	const char *words[2] = {NULL, NULL};
	bool wait = false;
	const struct cli_option options[] = {
		{"--wait", NULL, &wait}, {"--json", NULL, &c->json}, {0}};
	const char *id;

	if (!cli_options(argv[0], argc, argv, options, words, 2))
		return CLI_USAGE;
	if (!words[0])
		return cli_usage(argv[0], NULL);
	if (words[1] && !id_word(argv[0], words[1]))
		return CLI_USAGE;
	if (!cli_project(c, words[0], &id))
		return CLI_TROUBLE;
	return queue(c,
		CLI_POST(
			arena_printf(c->arena, "/api/projects/%s/rollback", id),
			body_of(c, (const char *const[]){"deploymentId",
					   words[1], NULL})),
		wait);
}

enum cli_exit
cli_cancel(struct cli *c, int argc, char **argv)
{
	const char *id = NULL;
	const struct cli_option options[] = {{"--json", NULL, &c->json}, {0}};
	const struct jsn *d;

	if (!cli_options(argv[0], argc, argv, options, &id, 1) ||
		!id_word(argv[0], id))
		return CLI_USAGE;
	if (!cli_must(c,
		    CLI_POST(arena_printf(c->arena,
				     "/api/deployments/%s/cancel", id),
			    "{}"),
		    &d))
		return CLI_TROUBLE;
	cli_print_deployment(c, d);
	return CLI_OK;
}
