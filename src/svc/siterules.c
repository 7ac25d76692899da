/*
 * siterules.c - reads _redirects and _headers, writes .rules. Used by
 * publish.c. Both files are a stranger's: each rule is checked here once, so
 * that nginx/site-rules.js has only to look up.
 */
#include "svc/siterules.h"

#include "base/arena.h"
#include "base/jw.h"
#include "base/str.h"
#include "svc/siterules_path.h"

#define RULES_MAX (SITERULES_STATIC_MAX + SITERULES_DYNAMIC_MAX)
#define SET_MAX   (16 << 10)
/* as nginx/site-rules.js has them */
#define HEAD_BYTES  64
#define INDEX_BYTES 8
/* a line of any part is a few times longer than what it was made of */
#define PART_MAX (9 << 20)

struct reader {
	struct ctx *ctx;
	struct siterules *r;
	const char *file;
	int line;
};

static enum err
bad(const struct reader *in, const char *why)
{
	return ctx_fail(in->ctx, E_BUILD_FAILED, "%s line %d: %s", in->file,
		in->line, why);
}

/* One line (n bytes) as text, tabs as blanks. */
static enum err
read_line(struct reader *in, const char *p, size_t n, size_t max,
	enum err (*fn)(struct reader *, char *))
{
	char *line;

	in->line++;
	if (n > max)
		return ctx_fail(in->ctx, E_BUILD_FAILED,
			"%s line %d: is longer than %zu bytes", in->file,
			in->line, max);
	if (n && p[n - 1] == '\r')
		n--;
	if (memchr(p, '\0', n))
		return bad(in, "control characters are not allowed");
	line = arena_strndup(in->ctx->arena, p, n);
	for (char *tab = line; *tab; tab++) {
		if (*tab == '\t')
			*tab = ' ';
	}
	if (!str_is_utf8(line, n))
		return bad(in, "is not UTF-8 text");
	if (str_has_control(line))
		return bad(in, "control characters are not allowed");
	return fn(in, line);
}

/* Go through the lines of a file, behind its byte order mark. */
static enum err
each_line(struct reader *in, const char *text, size_t n, size_t max,
	enum err (*fn)(struct reader *, char *))
{
	size_t at = n >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
	enum err e = E_OK;

	while (!e && at < n) {
		const char *nl = memchr(text + at, '\n', n - at);
		size_t len = nl ? (size_t)(nl - text) - at : n - at;

		e = read_line(in, text + at, len, max, fn);
		at += len + 1;
	}
	return e;
}

/* ---- _redirects ---- */

static bool
read_status(const char *s, struct redirect_rule *rule)
{
	static const int16_t known[] = {301, 302, 303, 307, 308, 200, 404};
	size_t n = strlen(s);

	rule->force = n == 4 && s[3] == '!';
	if (n != 3 && !rule->force)
		return false;
	for (size_t i = 0; i < NELEM(known); i++) {
		rule->status = known[i];
		if (s[0] - '0' == known[i] / 100 &&
			s[1] - '0' == known[i] / 10 % 10 &&
			s[2] - '0' == known[i] % 10)
			return true;
	}
	return false;
}

/* There is room for what users may write and for siterules_spa(). */
static void
add_redirect(
	struct ctx *ctx, struct siterules *r, const struct redirect_rule *rule)
{
	if (!r->redirect)
		r->redirect = arena_array(
			ctx->arena, RULES_MAX + 1, sizeof(*r->redirect));
	r->redirect[r->nstatic + r->ndynamic] = *rule;
	if (rule->dynamic)
		r->ndynamic++;
	else
		r->nstatic++;
}

static enum err
keep_redirect(struct reader *in, const struct redirect_rule *rule)
{
	struct siterules *r = in->r;

	if (rule->dynamic ? r->ndynamic == SITERULES_DYNAMIC_MAX
			  : r->nstatic == SITERULES_STATIC_MAX)
		return ctx_fail(in->ctx, E_BUILD_FAILED,
			"%s line %d: there are more than %d rules with%s "
			":name or *",
			in->file, in->line,
			rule->dynamic ? SITERULES_DYNAMIC_MAX
				      : SITERULES_STATIC_MAX,
			rule->dynamic ? "" : "out");
	add_redirect(in->ctx, r, rule);
	return E_OK;
}

/* The words of a line, up to a comment. */
static size_t
words(struct arena *a, const char *line, const char *word[], size_t max)
{
	size_t n = 0;

	for (;;) {
		size_t len;

		line += strspn(line, " ");
		if (!*line || *line == '#')
			return n;
		len = strcspn(line, " ");
		if (n == max)
			return max + 1;
		word[n++] = arena_strndup(a, line, len);
		line += len;
	}
}

static bool
is_page(const char *to)
{
	return str_ends(to, ".html") || str_ends(to, ".htm") ||
	       str_ends(to, "/");
}

static enum err
read_redirect(struct reader *in, char *line)
{
	struct arena *a = in->ctx->arena;
	struct redirect_rule rule = {.line = in->line, .status = 301};
	struct path_pattern from;
	const char *word[3];
	const char *why;
	bool file;
	size_t n = words(a, line, word, NELEM(word));

	if (!n)
		return E_OK;
	if (n == 1)
		return bad(in, "write: from to [status]");
	if (n > NELEM(word) || (strchr(word[1], '=') && word[1][0] != '/' &&
				       !str_starts(word[1], "http")))
		return bad(in, "write: from to [status]; queries, countries, "
			       "languages and other conditions are not "
			       "supported");
	if (n == 3 && !read_status(word[2], &rule))
		return bad(in, "the status must be 301, 302, 303, 307, 308, "
			       "200 or 404, and may end with '!'");
	file = rule.status == 200 || rule.status == 404;
	why = path_pattern(a, word[0], &from);
	if (!why)
		why = path_target(a, word[1], file, &from, &rule.to);
	if (why)
		return bad(in, why);
	rule.from = from.prefix;
	rule.pattern = from.json;
	rule.dynamic = from.n > 0;
	rule.pages = rule.status == 200 && !rule.force && from.n &&
		     str_eq(from.name[from.n - 1], "splat") && is_page(word[1]);
	return keep_redirect(in, &rule);
}

static int
by_from(const void *x, const void *y)
{
	const struct redirect_rule *a = x;
	const struct redirect_rule *b = y;

	if (a->dynamic != b->dynamic)
		return a->dynamic ? 1 : -1;
	if (!a->dynamic && strcmp(a->from, b->from) != 0)
		return strcmp(a->from, b->from);
	return a->line < b->line ? -1 : a->line > b->line;
}

/* Static rules first and sorted, the others as they came. Of two for the same
 * path one would never act. */
static enum err
sort_redirects(struct reader *in)
{
	struct redirect_rule *v = in->r->redirect;

	if (!v)
		return E_OK;
	qsort(v, in->r->nstatic + in->r->ndynamic, sizeof(*v), by_from);
	for (size_t i = 1; i < in->r->nstatic; i++) {
		if (str_eq(v[i - 1].from, v[i].from))
			return ctx_fail(in->ctx, E_BUILD_FAILED,
				"%s line %d: line %d has a rule for the same "
				"path",
				in->file, v[i].line, v[i - 1].line);
	}
	return E_OK;
}

enum err
siterules_redirects(
	struct ctx *ctx, struct siterules *r, const char *text, size_t n)
{
	struct reader in = {.ctx = ctx, .r = r, .file = "_redirects"};
	enum err e = each_line(&in, text, n, SITERULES_LINE_MAX, read_redirect);

	return e ? e : sort_redirects(&in);
}

void
siterules_spa(struct ctx *ctx, struct siterules *r)
{
	const struct redirect_rule rule = {.line = INT32_MAX,
		.status = 200,
		.pages = true,
		.dynamic = true,
		.from = "/",
		.pattern = "[\"/\",0]",
		.to = "[\"/index.html\"]"};

	add_redirect(ctx, r, &rule);
}

/* ---- _headers ---- */

/* What nginx, HTTP itself or the platform decides. Set-Cookie: an answer that
 * is the same for everybody sets nobody's cookie, and one for a parent domain
 * would reach the sites beside this one. Basic-Auth: at other hosts it closes a
 * site, so it must not be taken for a mere header. */
static bool
is_reserved(const char *name)
{
	static const char *const names[] = {"accept-ranges", "age", "alt-svc",
		"basic-auth", "connection", "content-encoding",
		"content-length", "content-range", "date", "etag", "host",
		"keep-alive", "last-modified", "location", "server",
		"set-cookie", "set-cookie2", "status",
		"strict-transport-security", "te", "trailer",
		"transfer-encoding", "upgrade", "x-content-type-options",
		"x-request-id"};

	for (size_t i = 0; i < NELEM(names); i++) {
		if (str_eq_ci(name, names[i]))
			return true;
	}
	return strncasecmp(name, "x-accel-", 8) == 0 ||
	       strncasecmp(name, "proxy-", 6) == 0;
}

static enum err
read_path(struct reader *in, const char *line)
{
	struct siterules *r = in->r;
	struct path_pattern from;
	const char *why = path_pattern(in->ctx->arena, line, &from);

	if (why)
		return bad(in, why);
	if (r->nheader == SITERULES_HEADERS_MAX)
		return ctx_fail(in->ctx, E_BUILD_FAILED,
			"%s line %d: there are more than %d paths", in->file,
			in->line, SITERULES_HEADERS_MAX);
	if (!r->header)
		r->header = arena_array(in->ctx->arena, SITERULES_HEADERS_MAX,
			sizeof(*r->header));
	r->header[r->nheader++] = (struct header_rule){
		.from = from.prefix, .pattern = from.json, .set = "[]"};
	return E_OK;
}

/* Append [name, value] to the rule's list. */
static void
add_header(struct reader *in, const char *name, const char *value)
{
	struct header_rule *rule = &in->r->header[in->r->nheader - 1];
	AUTO_BUF struct buf b = {0};
	struct jw w;

	rule->n++;
	buf_init(&b, SET_MAX);
	jw_init(&w, &b);
	jw_array(&w);
	jw_str(&w, name);
	jw_str(&w, value);
	jw_array_end(&w);
	rule->set = arena_printf(in->ctx->arena, "%.*s%s%s]",
		(int)strlen(rule->set) - 1, rule->set,
		str_eq(rule->set, "[]") ? "" : ",", buf_text(&b));
}

static enum err
read_header(struct reader *in, char *line)
{
	static const char token[] =
		"!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyz"
		"ABCDEFGHIJKLMNOPQRSTUVWXYZ";
	struct arena *a = in->ctx->arena;
	bool drop = str_starts(line, "! ");
	const char *name;
	const char *value;
	size_t n;

	line = str_trim(a, drop ? line + 2 : line);
	n = strspn(line, token);
	if (!n || line[n] != (drop ? '\0' : ':'))
		return bad(in, "write: Name: value, or: ! Name");
	name = arena_strndup(a, line, n);
	if (is_reserved(name))
		return ctx_fail(in->ctx, E_BUILD_FAILED,
			"%s line %d: %s is not a site's to set", in->file,
			in->line, name);
	value = drop ? NULL : str_trim(a, line + n + 1);
	for (const char *p = value; p && *p; p++) {
		if ((unsigned char)*p >= 0x7f)
			return bad(in, "a value has printable ASCII only");
	}
	if (value && !*value)
		return bad(in, "there is no value");
	add_header(in, name, value);
	return E_OK;
}

static enum err
read_header_line(struct reader *in, char *line)
{
	char *text = str_trim(in->ctx->arena, line);

	if (!*text || *text == '#')
		return E_OK;
	if (*line != ' ')
		return read_path(in, text);
	if (!in->r->nheader)
		return bad(in, "a path must stand before the first header");
	if (in->r->header[in->r->nheader - 1].n == SITERULES_SET_MAX)
		return ctx_fail(in->ctx, E_BUILD_FAILED,
			"%s line %d: a path has more than %d headers", in->file,
			in->line, SITERULES_SET_MAX);
	return read_header(in, text);
}

enum err
siterules_headers(
	struct ctx *ctx, struct siterules *r, const char *text, size_t n)
{
	struct reader in = {.ctx = ctx, .r = r, .file = "_headers"};

	return each_line(&in, text, n, SITERULES_HEADER_MAX, read_header_line);
}

/* ---- .rules ---- */

bool
siterules_is_empty(const struct siterules *r)
{
	return r->nstatic + r->ndynamic + r->nheader == 0;
}

bool
siterules_come_first(const struct siterules *r)
{
	for (size_t i = 0; i < r->nstatic + r->ndynamic; i++) {
		if (r->redirect[i].force)
			return true;
	}
	return r->nheader > 0;
}

static void
write_how(struct buf *b, const struct redirect_rule *rule)
{
	buf_printf(b, "%d\t%d%s\t", rule->line, rule->status,
		rule->force   ? "!"
		: rule->pages ? "p"
			      : "");
}

static void
write_redirects(const struct siterules *r, struct buf *index, struct buf *fixed,
	struct buf *dynamic)
{
	for (size_t i = 0; i < r->nstatic + r->ndynamic; i++) {
		const struct redirect_rule *rule = &r->redirect[i];

		if (rule->dynamic) {
			buf_printf(dynamic, "%s\t", rule->from);
			write_how(dynamic, rule);
			buf_printf(
				dynamic, "%s\t%s\n", rule->pattern, rule->to);
			continue;
		}
		buf_printf(index, "%07zu\n", fixed->len);
		buf_printf(fixed, "%s\t", rule->from);
		write_how(fixed, rule);
		buf_printf(fixed, "%s\n", rule->to);
	}
}

void
siterules_write(const struct siterules *r, struct buf *b)
{
	AUTO_BUF struct buf index = {0};
	AUTO_BUF struct buf fixed = {0};
	AUTO_BUF struct buf dynamic = {0};
	AUTO_BUF struct buf headers = {0};
	const struct buf *const part[] = {&index, &fixed, &dynamic, &headers};
	char head[HEAD_BYTES + 1];

	buf_init(&index, INDEX_BYTES * SITERULES_STATIC_MAX);
	buf_init(&fixed, PART_MAX);
	buf_init(&dynamic, PART_MAX);
	buf_init(&headers, PART_MAX);
	write_redirects(r, &index, &fixed, &dynamic);
	for (size_t i = 0; i < r->nheader; i++)
		buf_printf(&headers, "%s\t%s\t%s\n", r->header[i].from,
			r->header[i].pattern, r->header[i].set);
	(void)snprintf(head, sizeof(head), "autostack-rules 1 %zu %zu %zu %zu",
		r->nstatic, fixed.len, dynamic.len, headers.len);
	buf_printf(b, "%-*s\n", HEAD_BYTES - 1, head);
	for (size_t i = 0; i < NELEM(part); i++) {
		ASSERT(!part[i]->full);
		buf_add(b, buf_text(part[i]), part[i]->len);
	}
	ASSERT(!b->full);
}
