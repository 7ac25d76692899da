/* environ.c - seals, opens and edits environments. Who may is SQL's. */
#include "svc/environ.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/str.h"
#include "gen/stmt.h"
#include "svc/envlines.h"
#include "svc/seal.h"

const char *const environ_scopes[] = {"production", "preview", NULL};

enum environ_of
environ_scope(const char *text)
{
	return str_eq(text, "preview") ? ENVIRON_PREVIEW : ENVIRON_PRODUCTION;
}

/* What a sealed text is bound to. */
static const char *
row_of(struct ctx *ctx, enum environ_of of, const char *id)
{
	static const char *const forms[] = {
		[ENVIRON_PRODUCTION] = "project:%s:env",
		[ENVIRON_PREVIEW] = "project:%s:preview_env",
		[ENVIRON_DEPLOYMENT] = "deployment:%s:env",
	};
	const char *form = forms[of];
	const char *at = strstr(form, "%s");

	return arena_printf(
		ctx->arena, "%.*s%s%s", (int)(at - form), form, id, at + 2);
}

enum err
environ_seal(struct ctx *ctx, const struct svc *svc, enum environ_of of,
	const char *id, const char *text, const char **ret)
{
	const char *const *lines;
	size_t n = 0;
	enum err e = E_OK;

	if (text)
		e = envlines_parse(ctx, text, &lines, &n);
	if (e)
		return e;
	if (n == 0) {
		*ret = NULL;
		return E_OK;
	}
	return seal_close(ctx, svc->cfg, row_of(ctx, of, id), text, ret);
}

enum err
environ_for(struct ctx *ctx, const struct svc *svc, const char *id,
	const char *text, enum environ_of of, const char *from,
	const char *sealed, const char **ret)
{
	enum err e = E_OK;

	if (!text && sealed)
		e = seal_open(
			ctx, svc->cfg, row_of(ctx, of, from), sealed, &text);
	return e ? e
		 : environ_seal(ctx, svc, ENVIRON_DEPLOYMENT, id, text, ret);
}

/* The lines of a sealed text. */
static enum err
open_lines(struct ctx *ctx, const struct svc *svc, enum environ_of of,
	const char *id, const char *sealed, const char *const **ret,
	size_t *ret_n)
{
	const char *text = "";
	enum err e = E_OK;

	if (sealed)
		e = seal_open(
			ctx, svc->cfg, row_of(ctx, of, id), sealed, &text);
	return e ? e : envlines_parse(ctx, text, ret, ret_n);
}

enum err
environ_names(struct ctx *ctx, const struct svc *svc, enum environ_of of,
	const char *id, const char *sealed, const char *const **ret_names,
	size_t *ret_n)
{
	const char *const *lines;
	const char **names;
	size_t n;
	enum err e = open_lines(ctx, svc, of, id, sealed, &lines, &n);

	if (e)
		return e;
	names = arena_array(ctx->arena, n + 1, sizeof(*names));
	for (size_t i = 0; i < n; i++)
		names[i] = arena_strndup(
			ctx->arena, lines[i], strcspn(lines[i], "="));
	*ret_names = names;
	*ret_n = n;
	return E_OK;
}

/* ---- one variable ---- */

static bool
is_named(const char *line, const char *name)
{
	size_t n = strlen(name);

	return strncmp(line, name, n) == 0 && line[n] == '=';
}

/* The text that holds all lines but that of name, then name=value unless value
 * is NULL. *ret_found: there was one of that name. */
static enum err
edit(struct ctx *ctx, const char *const *lines, size_t n, const char *name,
	const char *value, const char **ret, bool *ret_found)
{
	AUTO_BUF struct buf b = {0};
	bool found = false;

	buf_init(&b, 2 * ENVLINES_TEXT_MAX);
	for (size_t i = 0; i < n; i++) {
		if (is_named(lines[i], name))
			found = true;
		else
			envlines_print(&b, lines[i]);
	}
	if (value)
		envlines_print(
			&b, arena_printf(ctx->arena, "%s=%s", name, value));
	if (b.full || b.len > ENVLINES_TEXT_MAX)
		return ctx_fail(ctx, E_VALIDATION_ERROR,
			"all variables together must have at most %d bytes",
			ENVLINES_TEXT_MAX);
	*ret = arena_strdup(ctx->arena, buf_text(&b));
	*ret_found = found;
	return E_OK;
}

static enum err
set_locked(struct ctx *ctx, const struct svc *svc, const char *user_id,
	const char *project_id, enum environ_of of, const char *name,
	const char *value)
{
	const char *column =
		of == ENVIRON_PREVIEW ? "preview_env_sealed" : "env_sealed";
	const char *const *lines;
	const char *text;
	const char *sealed;
	struct rows *r;
	size_t n;
	bool found;
	enum err e = db_query(ctx, svc->db, STMT_PROJECT_ENV_LOCK,
		DB_IN(project_id, user_id), &r);

	if (!e)
		e = open_lines(ctx, svc, of, project_id, rows_str(r, column),
			&lines, &n);
	if (!e)
		e = edit(ctx, lines, n, name, value, &text, &found);
	if (!e && !value && !found)
		e = E_ENV_VAR_NOT_FOUND;
	if (!e)
		e = environ_seal(ctx, svc, of, project_id, text, &sealed);
	if (e)
		return e;
	return db_query(ctx, svc->db, STMT_PROJECT_ENV_SET,
		DB_IN(project_id, user_id,
			of == ENVIRON_PREVIEW ? "preview" : "production",
			sealed),
		NULL);
}

enum err
environ_set(struct ctx *ctx, const struct svc *svc, const char *user_id,
	const char *project_id, enum environ_of of, const char *name,
	const char *value)
{
	enum err e = db_begin(ctx, svc->db);

	if (!e)
		e = set_locked(ctx, svc, user_id, project_id, of, name, value);
	return db_end(ctx, svc->db, e);
}
