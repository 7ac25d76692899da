/*
 * siterules_path.c - reads the paths of a rule. Used by siterules.c. They are
 * written by strangers and end in answers of nginx: what is not understood is
 * refused, what is kept has no byte that could end a line or a header.
 */
#include "svc/siterules_path.h"

#include "base/arena.h"
#include "base/jw.h"
#include "base/str.h"

#define JSON_MAX (64 << 10)

/* Texts and numbers of a pattern or target on their way to JSON. */
struct parts {
	struct jw w;
	struct buf json;
	struct buf text;
};

static void
parts_init(struct parts *p)
{
	*p = (struct parts){0};
	buf_init(&p->json, JSON_MAX);
	buf_init(&p->text, JSON_MAX);
	jw_init(&p->w, &p->json);
	jw_array(&p->w);
}

static void
parts_done(struct parts *p)
{
	buf_done(&p->json);
	buf_done(&p->text);
}
#define AUTO_PARTS __attribute__((cleanup(parts_done)))

static void
parts_text(struct parts *p)
{
	if (p->text.len)
		jw_strn(&p->w, buf_text(&p->text), p->text.len);
	buf_reset(&p->text);
}

static void
parts_number(struct parts *p, int64_t n)
{
	parts_text(p);
	jw_int(&p->w, n);
}

static const char *
parts_end(struct parts *p, struct arena *a)
{
	parts_text(p);
	jw_array_end(&p->w);
	return arena_strdup(a, buf_text(&p->json));
}

static bool
is_alpha(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* The length of the name behind the colon at s, 0 when it is a mere colon. */
static size_t
name_length(const char *s)
{
	size_t n = 1;

	if (!is_alpha(s[1]))
		return 0;
	while (is_alpha(s[n]) || is_digit(s[n]) || s[n] == '_')
		n++;
	return n - 1;
}

/* s (n bytes) decoded into the text. A wildcard is found before, so that %2A
 * is a star of the path's own. */
static bool
add_decoded(struct arena *a, struct parts *p, const char *s, size_t n)
{
	char *copy = arena_strndup(a, s, n);

	if (!str_unescape(copy, false) || str_has_control(copy) ||
		str_has_bidi(copy))
		return false;
	buf_str(&p->text, copy);
	return true;
}

/* The same as a browser wants it. False: a '%' begins no escape. */
static bool
add_encoded(struct parts *p, const char *s, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		unsigned char c = (unsigned char)s[i];

		if (c == '%' &&
			(i + 2 >= n ||
				!strchr("0123456789abcdefABCDEF", s[i + 1]) ||
				!strchr("0123456789abcdefABCDEF", s[i + 2])))
			return false;
		if (c <= ' ' || c >= 0x7f || strchr("\"<>\\^`{|}", s[i]))
			buf_printf(&p->text, "%%%02X", c);
		else
			buf_char(&p->text, s[i]);
	}
	return true;
}

bool
path_is_hidden(const char *path)
{
	static const char known[] = "/.well-known/";
	static const char acme[] = "/.well-known/acme-challenge";

	if (str_starts(path, acme) && strchr("/", path[sizeof(acme) - 1]))
		return true;
	if (str_starts(path, known))
		path += sizeof(known) - 2;
	return strstr(path, "/.") != NULL;
}

/* ---- what a rule matches ---- */

/* One wildcard at s; *ret_len is what it takes. */
static const char *
add_wildcard(struct arena *a, struct parts *p, struct path_pattern *to,
	const char *start, const char *s, size_t *ret_len)
{
	bool star = to->n && str_eq(to->name[to->n - 1], "splat");
	size_t n = *s == '*' ? 0 : name_length(s);
	const char *name = n ? arena_strndup(a, s + 1, n) : "splat";

	if (*s == '*' && star)
		return "there is more than one '*'";
	if (n && star)
		return "a ':name' cannot stand behind '*'";
	if (n && (s == start || s[-1] != '/' || !strchr("/", s[n + 1])))
		return "a ':name' must be a whole part between slashes";
	if (n && str_eq(name, "splat"))
		return "':splat' is what '*' finds, give it another name";
	for (size_t i = 0; i < to->n; i++) {
		if (str_eq(to->name[i], name))
			return "a ':name' comes twice";
	}
	if (to->n == WILD_MAX)
		return "there are too many ':name'";
	if (!to->prefix)
		to->prefix = arena_strdup(a, buf_text(&p->text));
	parts_number(p, *s == '*' ? 0 : 1);
	to->name[to->n++] = name;
	*ret_len = n + 1;
	return NULL;
}

const char *
path_pattern(struct arena *a, const char *s, struct path_pattern *ret)
{
	AUTO_PARTS struct parts p = {0};
	struct path_pattern to = {0};
	const char *start = s;

	parts_init(&p);
	if (*s != '/')
		return "the path to match must begin with '/'";
	if (strpbrk(s, "?#"))
		return "queries and fragments cannot be matched";
	while (*s) {
		const char *end = s + (*s == ':');
		const char *why;
		size_t n;

		if (*s == '*' || (*s == ':' && name_length(s))) {
			why = add_wildcard(a, &p, &to, start, s, &n);
			if (why)
				return why;
			s += n;
			continue;
		}
		end += strcspn(end, ":*");
		if (!add_decoded(a, &p, s, (size_t)(end - s)))
			return "the path to match is not well-formed";
		s = end;
	}
	if (!to.prefix)
		to.prefix = arena_strdup(a, buf_text(&p.text));
	if (path_is_hidden(to.prefix))
		return "hidden files and /.well-known/acme-challenge cannot "
		       "have rules";
	to.json = parts_end(&p, a);
	*ret = to;
	return NULL;
}

/* ---- where it leads ---- */

/* The length of scheme and host of an http(s) URL, 0 when it is none. No
 * user and nothing that a wildcard found: who answers is the rule's alone. */
static size_t
origin_length(const char *s)
{
	size_t n = str_starts(s, "https://")  ? strlen("https://")
		   : str_starts(s, "http://") ? strlen("http://")
					      : 0;
	size_t host = n;
	size_t port;

	if (!n)
		return 0;
	while (is_alpha(s[n]) || is_digit(s[n]) || strchr("-._[]", s[n])) {
		if (!s[n])
			break;
		n++;
	}
	if (n == host)
		return 0;
	if (s[n] == ':') {
		port = ++n;
		while (is_digit(s[n]))
			n++;
		if (n == port || n > port + 5)
			return 0;
	}
	return strchr("/?#", s[n]) ? n : 0;
}

static const char *
check_target(const char *s, bool file, size_t *ret_origin)
{
	*ret_origin = 0;
	if (*s == '/') {
		if (s[1] == '/' || s[1] == '\\')
			return "the target must not begin with two slashes";
		if (file && strpbrk(s, "?#"))
			return "a file's path has no query and no fragment";
		return NULL;
	}
	if (file)
		return "with status 200 or 404 the target must be a path of "
		       "this site";
	*ret_origin = origin_length(s);
	return *ret_origin ? NULL
			   : "the target must be a path or an http(s) URL "
			     "without a user";
}

/* Which wildcard of the pattern the name at s (n bytes) is, -1: none. */
static int
which(const struct path_pattern *from, const char *s, size_t n)
{
	for (size_t i = 0; i < from->n; i++) {
		if (strlen(from->name[i]) == n &&
			memcmp(from->name[i], s, n) == 0)
			return (int)i;
	}
	return -1;
}

const char *
path_target(struct arena *a, const char *s, bool file,
	const struct path_pattern *from, const char **ret_json)
{
	AUTO_PARTS struct parts p = {0};
	size_t origin;
	const char *why = check_target(s, file, &origin);

	parts_init(&p);
	if (why)
		return why;
	buf_add(&p.text, s, origin);
	s += origin;
	while (*s) {
		size_t name = *s == ':' ? name_length(s) : 0;
		int found = name ? which(from, s + 1, name) : -1;
		size_t n = *s == ':' ? 1 : strcspn(s, ":");

		if (found >= 0) {
			parts_number(&p, found);
			s += name + 1;
			continue;
		}
		if (file ? !add_decoded(a, &p, s, n) : !add_encoded(&p, s, n))
			return "the target is not well-formed";
		s += n;
	}
	if (file && path_is_hidden(buf_text(&p.text)))
		return "the target is a hidden file";
	*ret_json = parts_end(&p, a);
	return NULL;
}
