/* list.c - `autostack projects` and `autostack deployments`. */
#include "cli/cli.h"

#include "base/buf.h"
#include "base/jw.h"
#include "base/str.h"
#include "ext/json.h"

#include <stdio.h>

#define ITEMS_MAX 10000
#define LIMIT_MAX 1000
#define PAGE      100
#define JSON_MAX  ((size_t)64 << 20)

struct column {
	const char *title;
	const char *name; /* of the member */
	int width;        /* 0: the last one, as long as it is */
};

static void
print_row(struct cli *c, const struct column *col, const struct jsn *item)
{
	for (; col->name; col++) {
		const struct jsn *v = jsn_get(item, col->name);
		const char *text = item ? jsn_str(v) : col->title;
		const char *s = text && *text ? cli_plain(c, text) : "-";

		if (col->width)
			(void)printf("%-*s ", col->width, s);
		else
			(void)printf("%s\n", s);
	}
}

/* Everything that a server said, as it said it but for the escapes. */
static void
write_value(struct jw *w, const struct jsn *v)
{
	const void *it = NULL;
	const struct jsn *member;
	const char *key;

	switch (jsn_type(v)) {
	case JSN_BOOL:
		jw_bool(w, jsn_bool(v));
		break;
	case JSN_INT:
		jw_int(w, jsn_int(v));
		break;
	case JSN_STR:
		jw_strn(w, jsn_str(v), jsn_len(v));
		break;
	case JSN_OBJECT:
		jw_object(w);
		while (jsn_next(v, &it, &key, &member)) {
			jw_key(w, key);
			write_value(w, member);
		}
		jw_object_end(w);
		break;
	case JSN_ARRAY:
		jw_array(w);
		for (size_t i = 0; i < jsn_len(v); i++)
			write_value(w, jsn_at(v, i));
		jw_array_end(w);
		break;
	default: /* no number of this API is broken */
		jw_null(w);
		break;
	}
}

static enum cli_exit
put(const struct buf *b)
{
	if (b->full)
		return cli_error(CLI_TROUBLE, "the answer is too large");
	(void)puts(buf_text(b));
	return CLI_OK;
}

void
cli_print_deployment(struct cli *c, const struct jsn *d)
{
	AUTO_BUF struct buf b = {0};
	const char *error = jsn_str(jsn_get(d, "error"));
	const char *url = jsn_str(jsn_get(d, "url"));
	struct jw w;

	if (!c->json) {
		(void)printf("%s %s %s%s%s\n",
			cli_plain(c, jsn_str(jsn_get(d, "id"))),
			cli_plain(c, jsn_str(jsn_get(d, "repo"))),
			cli_plain(c, jsn_str(jsn_get(d, "status"))),
			error ? ": "
			: url ? " "
			      : "",
			cli_plain(c, error ? error : url));
		return;
	}
	buf_init(&b, JSON_MAX);
	jw_init(&w, &b);
	write_value(&w, d);
	(void)put(&b);
}

/* All pages of a list up to so many items. path ends in "?" or "&". */
static enum cli_exit
list(struct cli *c, const char *path, const char *member, int64_t max,
	const struct column *columns)
{
	AUTO_BUF struct buf b = {0};
	const struct jsn *body;
	int64_t pages = 1;
	int64_t n = 0;
	struct jw w;

	buf_init(&b, JSON_MAX);
	jw_init(&w, &b);
	jw_array(&w);
	for (int64_t page = 1; page <= pages && n < max; page++) {
		const struct jsn *items;

		if (!cli_must(c,
			    CLI_GET(arena_printf(c->arena,
				    "%slimit=%d&page=%lld", path, PAGE,
				    (long long)page)),
			    &body))
			return CLI_TROUBLE;
		items = jsn_get(body, member);
		pages = jsn_int(
			jsn_get(jsn_get(body, "pagination"), "totalPages"));
		if (!c->json && page == 1)
			print_row(c, columns, NULL);
		for (size_t i = 0; i < jsn_len(items) && n < max; i++, n++) {
			if (c->json)
				write_value(&w, jsn_at(items, i));
			else
				print_row(c, columns, jsn_at(items, i));
		}
	}
	jw_array_end(&w);
	return c->json ? put(&b) : CLI_OK;
}

enum cli_exit
cli_projects(struct cli *c, int argc, char **argv)
{
	static const struct column columns[] = {{"Name", "name", 24},
		{"Branch", "branch", 16}, {"Id", "id", 36},
		{"Address", "url", 0}, {0}};
	const struct cli_option options[] = {{"--json", NULL, &c->json}, {0}};

	if (!cli_options(argv[0], argc, argv, options, NULL, 0))
		return CLI_USAGE;
	return list(c, "/api/projects?", "projects", ITEMS_MAX, columns);
}

enum cli_exit
cli_deployments(struct cli *c, int argc, char **argv)
{
	static const struct column columns[] = {{"Id", "id", 36},
		{"Status", "status", 10}, {"Project", "repo", 20},
		{"Branch", "branch", 14}, {"Commit", "commit", 7},
		{"Asked for", "createdAt", 20}, {"Trigger", "trigger", 0}, {0}};
	const char *limit = NULL;
	const char *project = NULL;
	const char *path = "/api/deployments?";
	const char *id;
	int64_t max = 20;
	const struct cli_option options[] = {
		{"--json", NULL, &c->json}, {"--limit", &limit, NULL}, {0}};

	if (!cli_options(argv[0], argc, argv, options, &project, 1))
		return CLI_USAGE;
	if (limit && !str_to_i64(limit, 1, LIMIT_MAX, &max))
		return cli_usage(argv[0], limit);
	if (project) {
		if (!cli_project(c, project, &id))
			return CLI_TROUBLE;
		path = arena_printf(
			c->arena, "/api/deployments?projectId=%s&", id);
	}
	return list(c, path, "deployments", max, columns);
}
