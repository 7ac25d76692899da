/*
 * publish_rules.c - which rules a release gets: what its build says in
 * _redirects and _headers, and what the project's `spa` makes of it. Used by
 * publish.c, which writes them. Knows nothing of how they are written.
 */
#include "svc/publish_rules.h"

#include "base/arena.h"
#include "base/fd.h"
#include "base/str.h"

#include <errno.h>

bool
publish_rules_is_source(const char *path)
{
	return str_eq(path, "_redirects") || str_eq(path, "_headers");
}

void
publish_rules_note(struct publish_stats *st, const char *path)
{
	if (str_ends(path, ".html") || str_ends(path, ".htm"))
		st->pages++;
	if (str_ends(path, ".js") || str_ends(path, ".mjs"))
		st->scripts++;
	if (str_eq(path, "index.html"))
		st->has_index = true;
	if (str_eq(path, "404.html"))
		st->has_404 = true;
}

/* The text of a file of the output, NULL when there is none. */
static enum err
read_source(struct ctx *ctx, int src, const char *name, size_t max,
	const char **ret, size_t *ret_n)
{
	const char *text = fd_read_beneath(ctx->arena, src, name, max, ret_n);

	if (!text && errno == EFBIG)
		return ctx_fail(ctx, E_BUILD_FAILED, "%s is larger than %zu KB",
			name, max >> 10);
	if (!text && errno != ENOENT)
		return ctx_fail(ctx, E_BUILD_FAILED,
			"%s is not a file that can be read", name);
	*ret = text;
	return E_OK;
}

/* A single page with a script and without a 404.html is an application that
 * knows its paths itself; several pages are a site where a missing one is
 * missing. */
static bool
looks_like_spa(const struct publish_stats *st)
{
	return st->has_index && !st->has_404 && st->pages == 1 &&
	       st->scripts > 0;
}

static enum err
decide_spa(struct ctx *ctx, const struct publish *p, struct publish_stats *st)
{
	st->spa =
		p->spa == SPA_ON || (p->spa == SPA_AUTO && looks_like_spa(st));
	if (st->spa && !st->has_index)
		return ctx_fail(ctx, E_BUILD_FAILED,
			"the project's spa is on, but the output has no "
			"index.html at its top");
	return E_OK;
}

enum err
publish_rules(struct ctx *ctx, const struct publish *p, int src,
	struct publish_stats *st, struct siterules *ret)
{
	struct siterules r = {0};
	const char *text;
	size_t n;
	enum err e = read_source(
		ctx, src, "_redirects", SITERULES_REDIRECT_FILE, &text, &n);

	if (!e && text)
		e = siterules_redirects(ctx, &r, text, n);
	st->redirects = (int64_t)(r.nstatic + r.ndynamic);
	if (!e)
		e = read_source(
			ctx, src, "_headers", SITERULES_HEADER_FILE, &text, &n);
	if (!e && text)
		e = siterules_headers(ctx, &r, text, n);
	st->headers = (int64_t)r.nheader;
	if (!e)
		e = decide_spa(ctx, p, st);
	if (!e && st->spa)
		siterules_spa(ctx, &r);
	if (!e)
		*ret = r;
	return e;
}
