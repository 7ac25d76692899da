/*
 * print.c - prints what the program knows of itself. routes has a line a path:
 * op, verb, path, who, rate class, audit event, status, and where the fields
 * come in; then a line a field.
 */
#include "api/print.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/cfg.h"
#include "base/fd.h"
#include "base/log.h"
#include "base/str.h"
#include "ext/db.h"
#include "gen/stmt.h"
#include "handlers/all.h"
#include "web/openapi.h"

#include <inttypes.h>
#include <unistd.h>

#define PRINT_MAX ((size_t)16 << 20)

static const char *const rate_texts[] = {"general", "auth", "deploy", "none"};
static const char *const presence_texts[] = {
	"required", "optional", "nullable"};
static const char *const type_texts[] = {"end", "string", "integer", "boolean",
	"uuid", "enum", "uuids", "enums"};

static void
print_config(struct arena *a UNUSED, struct buf *b)
{
	cfg_print_sample(b);
}

static void
print_errors(struct arena *a UNUSED, struct buf *b)
{
	for (enum err e = E_OK + 1; e < E_MAX; e++) {
		const struct err_info *i = err_info(e);

		buf_printf(b, "%s\t%d\t%s\t%s\t%s\n", i->code, i->status,
			i->retry ? "retry" : "-", i->message, i->doc);
	}
}

static void
print_events(struct arena *a UNUSED, struct buf *b)
{
	for (enum event ev = 0; ev < EV_MAX; ev++) {
		const struct event_info *i = event_info(ev);

		buf_printf(b, "%s\t%d\t%s\t%s\n", i->name, (int)i->priority,
			i->did ? "audit" : "log", i->doc);
	}
}

static void
print_field(struct buf *b, const struct route *r, const struct field *f)
{
	buf_printf(b, "field\t%s\t%s\t%s\t%s\t%" PRId64 "\t%" PRId64 "\n",
		r->op, f->name, type_texts[f->type],
		presence_texts[f->presence], f->min, f->max);
}

static void
print_path(struct buf *b, const struct route *r, const char *path)
{
	buf_printf(b, "route\t%s\t%s\t%s\t%s\t%s\t%s\t%d\t%s\n", r->op,
		verb_text(r->verb), path, who_text(r->who), rate_texts[r->rate],
		r->audit ? event_info(r->audit)->name : "-", r->ok,
		route_takes_body(r) ? "body" : "query");
}

static void
print_routes(struct arena *a, struct buf *b)
{
	const struct router *router = router_new(a, all_routes);
	const struct route *r;
	size_t it = 0;

	while ((r = router_next(router, &it))) {
		print_path(b, r, r->path);
		for (size_t i = 0; r->aliases && r->aliases[i]; i++)
			print_path(b, r, r->aliases[i]);
		for (const struct field *f = r->in.fields; f && f->type; f++)
			print_field(b, r, f);
	}
}

static void
print_openapi(struct arena *a, struct buf *b)
{
	AUTO_BUF struct buf compact = {0};

	buf_init(&compact, OPENAPI_MAX);
	openapi_write(&compact, router_new(a, all_routes), PACKAGE_VERSION);
	openapi_indent(b, &compact);
}

static void
print_stmts(struct arena *a UNUSED, struct buf *b)
{
	for (const struct stmt *s = stmt_table; s->name; s++)
		buf_printf(b, "%s\t%s\t%s\n", s->name, s->by, s->doc);
}

static const struct {
	const char *name;
	void (*print)(struct arena *a, struct buf *b);
} tables[] = {
	{"config", print_config},
	{"errors", print_errors},
	{"events", print_events},
	{"routes", print_routes},
	{"openapi", print_openapi},
	{"stmts", print_stmts},
};

bool
print_table(struct arena *a, const char *name)
{
	AUTO_BUF struct buf b = {0};

	buf_init(&b, PRINT_MAX);
	for (size_t i = 0; i < NELEM(tables); i++) {
		if (!str_eq(tables[i].name, name))
			continue;
		tables[i].print(a, &b);
		return fd_write_all(STDOUT_FILENO, buf_text(&b), b.len);
	}
	fprintf(stderr, "autostack-api: there is no table %s\n", name);
	return false;
}
