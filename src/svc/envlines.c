/*
 * envlines.c - reads KEY=VALUE lines. Used by handlers and by the worker. Must
 * not put a value into a message: values are secrets.
 */
#include "svc/envlines.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/str.h"

struct reader {
	struct ctx *ctx;
	const char **env;
	size_t n;
	int line;
};

static enum err
bad(const struct reader *r, const char *why)
{
	return ctx_fail(
		r->ctx, E_VALIDATION_ERROR, "Line %d: %s", r->line, why);
}

static bool
is_name_char(char c, bool first)
{
	if (c == '_' || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'))
		return true;
	return !first && c >= '0' && c <= '9';
}

static bool
is_reserved(const char *name)
{
	static const char *const names[] = {"HOME", "PATH", "PWD", "SHELL",
		"TMPDIR", "USER", "LOGNAME", "npm_config_cache", "ENV",
		"BASH_ENV", "IFS"};

	for (size_t i = 0; i < NELEM(names); i++) {
		if (str_eq(name, names[i]))
			return true;
	}
	return str_starts(name, "LD_") || str_starts(name, "AUTOSTACK_");
}

/* Undo the escapes between double quotes, in place. False on an unknown one
 * and on a quote that is not escaped. */
static bool
unescape(char *s)
{
	static const char from[] = "nrt\"\\$";
	static const char to[] = "\n\r\t\"\\$";
	char *out = s;

	for (; *s; s++) {
		const char *hit;

		if (*s == '"')
			return false;
		if (*s != '\\') {
			*out++ = *s;
			continue;
		}
		hit = s[1] ? strchr(from, s[1]) : NULL;
		if (!hit)
			return false;
		*out++ = to[hit - from];
		s++;
	}
	*out = '\0';
	return true;
}

/* What stands after '=', without its quotes. NULL when they do not match. */
static char *
value_of(struct arena *a, const char *raw)
{
	char *v = str_trim(a, raw);
	size_t n = strlen(v);
	char quote = v[0];

	if (quote != '"' && quote != '\'')
		return v;
	if (n < 2 || v[n - 1] != quote)
		return NULL;
	v[n - 1] = '\0';
	v++;
	if (quote == '\'')
		return strchr(v, '\'') ? NULL : v;
	return unescape(v) ? v : NULL;
}

static void
keep(struct reader *r, const char *name, const char *value)
{
	const char *item = arena_printf(r->ctx->arena, "%s=%s", name, value);
	size_t n = strlen(name) + 1;

	for (size_t i = 0; i < r->n; i++) {
		if (strncmp(r->env[i], item, n) == 0) {
			r->env[i] = item;
			return;
		}
	}
	if (r->n < ENVLINES_MAX)
		r->env[r->n] = item;
	r->n++; /* one too many is told by the caller */
}

static enum err
read_line(struct reader *r, char *line)
{
	struct arena *a = r->ctx->arena;
	const char *name;
	char *value;
	size_t n = 0;

	line = str_trim(a, line);
	if (!*line || *line == '#')
		return E_OK;
	for (const char *p = line; *p; p++) {
		if (((unsigned char)*p < ' ' && *p != '\t') || *p == 0x7f)
			return bad(r, "control characters are not allowed");
	}
	if (str_starts(line, "export "))
		line = str_trim(a, line + strlen("export "));
	while (is_name_char(line[n], n == 0))
		n++;
	if (!n || n > 128 || line[n] != '=')
		return bad(r, "write NAME=value; a name has letters, digits "
			      "and _, and does not begin with a digit");
	name = arena_strndup(a, line, n);
	if (is_reserved(name))
		return ctx_fail(r->ctx, E_VALIDATION_ERROR,
			"Line %d: %s is reserved", r->line, name);
	value = value_of(a, line + n + 1);
	if (!value)
		return bad(r, "the quotes or escapes do not match");
	if (strlen(value) > ENVLINES_VALUE_MAX)
		return bad(r, "the value is too long");
	keep(r, name, value);
	if (r->n > ENVLINES_MAX)
		return bad(r, "too many variables");
	return E_OK;
}

enum err
envlines_parse(struct ctx *ctx, const char *text, const char *const **ret_env,
	size_t *ret_n)
{
	struct reader r = {.ctx = ctx};
	size_t len = strlen(text);
	size_t lines;
	char **line;
	enum err e;

	if (len > ENVLINES_TEXT_MAX)
		return ctx_fail(ctx, E_VALIDATION_ERROR,
			"The variables are over %d bytes", ENVLINES_TEXT_MAX);
	if (!str_is_utf8(text, len))
		return ctx_fail(ctx, E_VALIDATION_ERROR,
			"The variables are not UTF-8 text");
	r.env = arena_array(ctx->arena, ENVLINES_MAX + 1, sizeof(*r.env));
	line = str_split(ctx->arena, text, '\n', &lines);
	for (size_t i = 0; i < lines; i++) {
		r.line = (int)i + 1;
		e = read_line(&r, line[i]);
		if (e)
			return e;
	}
	*ret_env = r.env;
	*ret_n = r.n;
	return E_OK;
}

void
envlines_print(struct buf *b, const char *var)
{
	static const char from[] = "\n\r\t\"\\$";
	static const char to[] = "nrt\"\\$";
	size_t name = strcspn(var, "=");

	ASSERT(var[name] == '=');
	buf_add(b, var, name);
	buf_str(b, "=\"");
	for (const char *p = var + name + 1; *p; p++) {
		const char *hit = strchr(from, *p);

		if (hit)
			buf_str(b, "\\");
		buf_add(b, hit ? &to[hit - from] : p, 1);
	}
	buf_str(b, "\"\n");
}
