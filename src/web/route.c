/*
 * route.c - finds the route of a path. A pattern is kept as its segments; the
 * patterns are sorted so that the first that matches is the most fixed one.
 * Knows nothing of requests beyond verb and path.
 */
#include "web/route.h"

#include "base/arena.h"
#include "base/str.h"

#include <inttypes.h>

#define SEGMENTS_MAX 12

struct pattern {
	size_t n;
	const char *segment[SEGMENTS_MAX]; /* NULL: a parameter */
	const char *param[SEGMENTS_MAX];   /* its name */
	const char *text;
	const struct route *verbs[VERB_MAX];
};

struct router {
	const struct route **routes;
	size_t nroutes;
	struct pattern *patterns;
	size_t npatterns;
};

static const char *const verb_texts[VERB_MAX] = {
	[VERB_NONE] = "?",
	[GET] = "GET",
	[POST] = "POST",
	[PUT] = "PUT",
	[PATCH] = "PATCH",
	[DELETE] = "DELETE",
};

const char *
verb_text(enum verb v)
{
	ASSERT(v < VERB_MAX);
	return verb_texts[v];
}

const char *
who_text(enum who w)
{
	static const char *const texts[] = {"nobody", "public", "user",
		"self-or-manager", "manager", "self-or-admin", "admin"};

	ASSERT(w < NELEM(texts));
	return texts[w];
}

bool
route_takes_body(const struct route *r)
{
	return r->body || (r->verb != GET && r->verb != DELETE && !r->query);
}

enum verb
verb_parse(const char *s)
{
	for (enum verb v = GET; v < VERB_MAX; v++) {
		if (str_eq(verb_texts[v], s))
			return v;
	}
	return VERB_NONE;
}

/* ---- making it ---- */

static size_t
count_routes(const struct route *const tables[], size_t *ret_paths)
{
	size_t n = 0;

	*ret_paths = 0;
	for (size_t t = 0; tables[t]; t++) {
		for (const struct route *r = tables[t]; r->op; r++) {
			n++;
			*ret_paths += 1;
			for (size_t i = 0; r->aliases && r->aliases[i]; i++)
				*ret_paths += 1;
		}
	}
	return n;
}

/* Split "/api/x/{id}" into segments. */
static struct pattern
parse_pattern(struct arena *a, const char *path)
{
	struct pattern p = {.text = path};
	char **part = str_split(a, path + 1, '/', &p.n);

	ASSERT(path[0] == '/' && p.n <= SEGMENTS_MAX);
	for (size_t i = 0; i < p.n; i++) {
		size_t len = strlen(part[i]);

		if (part[i][0] == '{' && part[i][len - 1] == '}')
			p.param[i] = arena_strndup(a, part[i] + 1, len - 2);
		else
			p.segment[i] = part[i];
	}
	return p;
}

/* 0 when both match the same paths; fixed segments sort before parameters. */
static int
pattern_compare(const struct pattern *a, const struct pattern *b)
{
	if (a->n != b->n)
		return a->n < b->n ? -1 : 1;
	for (size_t i = 0; i < a->n; i++) {
		int c;

		if (!a->segment[i] || !b->segment[i]) {
			if (a->segment[i] || b->segment[i])
				return a->segment[i] ? -1 : 1;
			continue;
		}
		c = strcmp(a->segment[i], b->segment[i]);
		if (c)
			return c;
	}
	return 0;
}

static void
add_path(struct router *r, struct arena *a, const struct route *route,
	const char *path)
{
	struct pattern p = parse_pattern(a, path);
	size_t i = 0;

	while (i < r->npatterns && pattern_compare(&r->patterns[i], &p) < 0)
		i++;
	if (i == r->npatterns || pattern_compare(&r->patterns[i], &p) != 0) {
		memmove(&r->patterns[i + 1], &r->patterns[i],
			(r->npatterns - i) * sizeof(p));
		r->patterns[i] = p;
		r->npatterns++;
	}
	r->patterns[i].verbs[route->verb] = route;
}

struct router *
router_new(struct arena *a, const struct route *const tables[])
{
	struct router *r = ARENA_NEW(a, struct router);
	size_t npaths;
	size_t n = count_routes(tables, &npaths);

	r->routes = arena_array(a, n + 1, sizeof(*r->routes));
	r->patterns = arena_array(a, npaths + 1, sizeof(*r->patterns));
	for (size_t t = 0; tables[t]; t++) {
		for (const struct route *x = tables[t]; x->op; x++) {
			r->routes[r->nroutes++] = x;
			add_path(r, a, x, x->path);
			for (size_t i = 0; x->aliases && x->aliases[i]; i++)
				add_path(r, a, x, x->aliases[i]);
		}
	}
	return r;
}

const struct route *
router_next(const struct router *r, size_t *it)
{
	return *it < r->nroutes ? r->routes[(*it)++] : NULL;
}

bool
router_path(const struct router *r, size_t i, const char **ret_path,
	const struct route *const **ret_verbs)
{
	if (i >= r->npatterns)
		return false;
	*ret_path = r->patterns[i].text;
	*ret_verbs = r->patterns[i].verbs;
	return true;
}

/* ---- matching ---- */

static bool
pattern_matches(const struct pattern *p, char **segment, size_t n)
{
	if (p->n != n)
		return false;
	for (size_t i = 0; i < n; i++) {
		if (p->segment[i] ? !str_eq(p->segment[i], segment[i])
				  : segment[i][0] == '\0')
			return false;
	}
	return true;
}

static void
list_verbs(const struct pattern *p, char dst[64])
{
	size_t n = 0;

	for (enum verb v = GET; v < VERB_MAX; v++) {
		if (!p->verbs[v])
			continue;
		n += (size_t)snprintf(dst + n, 64 - n, "%s%s", verb_texts[v],
			v == GET ? ", HEAD, " : ", ");
	}
	(void)snprintf(dst + n, 64 - n, "OPTIONS");
}

/* The segments of a path, unescaped one by one, so that %2F stays a part of
 * its segment. The "v1" of /api/v1 is dropped. */
static enum err
path_segments(struct arena *a, const char *path, char ***ret, size_t *ret_n)
{
	size_t n;
	char **part;

	if (path[0] != '/')
		return E_BAD_REQUEST;
	part = str_split(a, path + 1, '/', &n);
	for (size_t i = 0; i < n; i++) {
		if (!str_unescape(part[i], false))
			return E_BAD_REQUEST;
	}
	if (n > 2 && str_eq(part[0], "api") && str_eq(part[1], "v1")) {
		part[1] = part[0];
		part++;
		n--;
	}
	*ret = part;
	*ret_n = n;
	return E_OK;
}

enum err
router_match(const struct router *r, struct arena *a, enum verb verb,
	const char *path, struct match *ret)
{
	const struct pattern *p = r->patterns;
	const struct pattern *end = r->patterns + r->npatterns;
	struct match m = {0};
	char **segment;
	size_t n;
	enum err e = path_segments(a, path, &segment, &n);

	if (e)
		return e;
	while (p < end && !pattern_matches(p, segment, n))
		p++;
	if (p < end) {
		m.path_known = true;
		m.route = p->verbs[verb];
		list_verbs(p, m.allow);
		for (size_t i = 0; i < n; i++) {
			if (!p->param[i] || m.nparams == PATH_PARAMS_MAX)
				continue;
			m.params[m.nparams++] = (struct text_value){
				p->param[i], segment[i], true};
		}
	}
	*ret = m;
	return E_OK;
}

/* ---- selfcheck ---- */

static const char *
param_wrong(struct arena *a, const struct route *r, const char *path)
{
	struct pattern p;

	bool self =
		r->who == WHO_SELF_OR_MANAGER || r->who == WHO_SELF_OR_ADMIN;

	if (path[0] != '/')
		return "a path does not begin with '/'";
	if (self && !strstr(path, "{id}"))
		return "does not say by {id} whose it is";
	p = parse_pattern(a, path);
	for (size_t i = 0; i < p.n; i++) {
		if (p.param[i] && field_index(r->in.fields, p.param[i]) < 0)
			return arena_printf(a, "no field for {%s}", p.param[i]);
	}
	return NULL;
}

static const char *
route_wrong(struct arena *a, const struct route *r)
{
	const char *wrong = NULL;

	if (!r->verb || !r->path || !r->doc || !r->fn)
		return "lacks a verb, path, doc or handler";
	if (r->who == WHO_NOBODY)
		return "does not say who may call it";
	if (r->ok != 302 && (r->ok < 200 || r->ok > 299))
		return "has no status of success";
	if ((r->ok == 204 || r->ok == 302) == (r->out || r->out_type))
		return "has an answer with 204 or 302, or none without";
	if (r->raw_max && !r->query)
		return "says .raw_max without .query";
	if (r->body && r->verb != DELETE)
		return "says .body, which is for DELETE";
	if (r->in.fields && r->in.size == 0)
		return "has fields but no struct";
	wrong = field_table_wrong(a, r->in.fields, r->in.size);
	if (!wrong)
		wrong = field_table_wrong(a, r->out, 0);
	if (!wrong)
		wrong = param_wrong(a, r, r->path);
	for (size_t i = 0; !wrong && r->aliases && r->aliases[i]; i++)
		wrong = param_wrong(a, r, r->aliases[i]);
	return wrong;
}

/* Two rows that claim one path and verb, or one operation name. */
static const char *
clash(struct arena *a, const struct route *const tables[])
{
	struct router *r = router_new(a, tables);
	size_t claims = 0;
	size_t held = 0;

	for (size_t i = 0; i < r->nroutes; i++) {
		claims++;
		for (size_t k = 0;
			r->routes[i]->aliases && r->routes[i]->aliases[k]; k++)
			claims++;
		for (size_t j = 0; j < i; j++) {
			if (str_eq(r->routes[i]->op, r->routes[j]->op))
				return arena_printf(
					a, "%s: comes twice", r->routes[i]->op);
		}
	}
	for (size_t i = 0; i < r->npatterns; i++) {
		for (enum verb v = GET; v < VERB_MAX; v++)
			held += r->patterns[i].verbs[v] != NULL;
	}
	return held == claims ? NULL : "two routes at one path and verb";
}

const char *
route_selfcheck(struct arena *a, const struct route *const tables[])
{
	for (size_t t = 0; tables[t]; t++) {
		for (const struct route *r = tables[t]; r->op; r++) {
			const char *wrong = route_wrong(a, r);

			if (wrong)
				return arena_printf(a, "%s: %s", r->op, wrong);
		}
	}
	return clash(a, tables);
}
