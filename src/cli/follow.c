/*
 * follow.c - a deployment's log and end, by asking for what comes after the
 * last line that is known: a connection that is lost loses and doubles nothing.
 * `autostack logs`, and whatever --wait stands behind.
 */
#include "cli/cli.h"

#include "base/clock.h"
#include "base/str.h"
#include "ext/json.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* Under rate_per_minute, with room for the panel. */
#define POLL_MIN_MS 1000
#define POLL_MAX_MS 3000
#define RETRY_MS    1000
#define RETRY_MAX   15000

struct follow {
	struct cli *cli;
	const char *id;
	bool quiet;
	bool colours;  /* let those of the build through */
	int64_t after; /* seq of the last line that was printed */
	int64_t good;  /* when an answer came last, monotonic */
	int64_t wait;  /* before the next question */
};

enum cli_exit
cli_outcome(const struct jsn *deployment)
{
	const char *status = jsn_str(jsn_get(deployment, "status"));

	if (str_eq(status, "failed"))
		return CLI_FAILED;
	if (str_eq(status, "cancelled") || str_eq(status, "superseded"))
		return CLI_CANCELLED;
	return CLI_OK;
}

/* Ask until there is an answer, as long as patience lasts. */
static bool
ask(struct follow *f, struct arena *a, const char *path, struct cli_answer *ret)
{
	struct cli *c = f->cli;
	int64_t wait = RETRY_MS;
	int64_t left;

	while (!cli_ask(c, a, CLI_GET(path), ret)) {
		left = f->good + c->set.patience * 1000 - clock_mono_ms();
		if (!ret->again || left <= 0) {
			(void)cli_error(CLI_TROUBLE, "%s", ret->why);
			return false;
		}
		(void)poll(NULL, 0, (int)MIN(wait, left));
		wait = MIN(wait * 2, (int64_t)RETRY_MAX);
	}
	f->good = clock_mono_ms();
	return true;
}

/* A line of the log. Nothing but colours acts on the terminal, and they end
 * with the line. */
static void
print_line(const struct follow *f, struct arena *a, const char *s)
{
	size_t n = strlen(s);
	bool coloured = false;

	while (n) {
		size_t k = str_sgr_at(s, n);

		if (!k) {
			k = str_sgr_find(s, n);
			(void)fputs(str_plain(a, s, k), stdout);
		} else if (f->colours) {
			(void)fwrite(s, 1, k, stdout);
			coloured = true;
		}
		s += k;
		n -= k;
	}
	(void)puts(coloured ? "\x1b[0m" : "");
}

static void
print_lines(struct follow *f, struct arena *a, const struct jsn *lines)
{
	for (size_t i = 0; i < jsn_len(lines); i++) {
		const struct jsn *line = jsn_at(lines, i);
		const char *text = jsn_str(jsn_get(line, "message"));
		int64_t seq = jsn_int(jsn_get(line, "seq"));

		if (seq <= f->after || !text)
			continue;
		f->after = seq;
		if (!f->quiet)
			print_line(f, a, text);
	}
	(void)fflush(stdout);
}

/* For people at a terminal who do not object (https://no-color.org). */
static bool
wants_colours(void)
{
	const char *no = getenv("NO_COLOR");

	return isatty(STDOUT_FILENO) && !(no && *no);
}

/* The next page; *ret_end: nothing can follow, *ret_more: something may be
 * there already. */
static bool
page(struct follow *f, bool *ret_end, bool *ret_more)
{
	struct arena *a = arena_new((size_t)64 << 20, (size_t)256 << 20);
	const char *path =
		arena_printf(a, "/api/deployments/%s/logs?limit=500&after=%lld",
			f->id, (long long)f->after);
	struct cli_answer answer;
	int64_t before = f->after;
	bool good = ask(f, a, path, &answer);

	if (good) {
		print_lines(f, a, jsn_get(answer.body, "logs"));
		*ret_end = jsn_bool(jsn_get(answer.body, "complete"));
		*ret_more = f->after > before;
	}
	arena_free(a);
	return good;
}

static bool
start(struct follow *f, struct cli *c, const char *id, bool quiet)
{
	*f = (struct follow){.cli = c,
		.id = id,
		.quiet = quiet,
		.colours = wants_colours(),
		.good = clock_mono_ms(),
		.wait = POLL_MIN_MS};
	if (str_is_uuid(id))
		return true;
	(void)cli_error(CLI_USAGE, "'%s' is no id of a deployment", id);
	return false;
}

enum cli_exit
cli_follow(struct cli *c, const char *id, bool quiet)
{
	struct cli_answer answer;
	struct follow f;
	bool end = false;
	bool more;

	if (!start(&f, c, id, quiet))
		return CLI_USAGE;
	while (!end) {
		if (!page(&f, &end, &more))
			return CLI_TROUBLE;
		f.wait = more ? POLL_MIN_MS
			      : MIN(f.wait + POLL_MIN_MS / 2,
					(int64_t)POLL_MAX_MS);
		if (!end)
			(void)poll(NULL, 0, (int)f.wait);
	}
	if (!ask(&f, c->arena,
		    arena_printf(c->arena, "/api/deployments/%s", id), &answer))
		return CLI_TROUBLE;
	cli_print_deployment(c, answer.body);
	return cli_outcome(answer.body);
}

enum cli_exit
cli_logs(struct cli *c, int argc, char **argv)
{
	const char *id = NULL;
	bool follow = false;
	bool end = false;
	bool more = true;
	const struct cli_option options[] = {
		{"-f", NULL, &follow}, {"--follow", NULL, &follow}, {0}};
	struct follow f;

	if (!cli_options(argv[0], argc, argv, options, &id, 1))
		return CLI_USAGE;
	if (!id)
		return cli_usage(argv[0], NULL);
	if (follow)
		return cli_follow(c, id, false);
	if (!start(&f, c, id, false))
		return CLI_USAGE;
	while (more && !end) {
		if (!page(&f, &end, &more))
			return CLI_TROUBLE;
	}
	return CLI_OK;
}
