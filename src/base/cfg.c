/*
 * cfg.c - reads autostack.conf and the environment into struct cfg, and prints
 * the table. Called once at the start of each program. Error texts never hold
 * the value of a text setting: it might be a secret in the wrong place.
 */
#include "base/cfg.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/fd.h"
#include "base/log.h"
#include "base/str.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sys/stat.h>
#include <unistd.h>

#define FILE_MAX_BYTES ((size_t)256 * 1024)

enum type { T_STR, T_INT, T_BOOL, T_SIZE, T_MS, T_SECS, T_PATHSECRET };

struct setting {
	enum type type;
	const char *name;
	const char *env;
	const char *def;
	int64_t min;
	int64_t max;
	size_t offset;
	const char *doc;
};

static const struct setting settings[] = {
#define CFG(type, name, env, def, min, max, doc)                               \
	{T_##type, #name, env, def, min, max, offsetof(struct cfg, name), doc},
#include "base/cfg.def"
#undef CFG
};

struct unit {
	const char *suffix;
	int64_t factor;
};

static const struct unit units_size[] = {
	{"", 1},
	{"K", 1024},
	{"M", 1024 * 1024},
	{"G", 1024 * 1024 * 1024},
	{NULL, 0},
};
static const struct unit units_ms[] = {
	{"", 1},
	{"ms", 1},
	{"s", 1000},
	{"m", 60 * 1000},
	{NULL, 0},
};
static const struct unit units_secs[] = {
	{"", 1},
	{"s", 1},
	{"m", 60},
	{"h", 60 * 60},
	{"d", 24 * 60 * 60},
	{NULL, 0},
};
static const struct unit units_none[] = {
	{"", 1},
	{NULL, 0},
};

/* Where a value comes from: for messages, and because a secret is a path in
 * the file and the value itself in the environment. */
struct source {
	struct arena *a;
	const char *where; /* "autostack.conf:12" or "environment" */
	bool file;
};

static const struct unit *
units_of(enum type type)
{
	switch (type) {
	case T_SIZE:
		return units_size;
	case T_MS:
		return units_ms;
	case T_SECS:
		return units_secs;
	default:
		return units_none;
	}
}

static const char *
number_rule(struct arena *a, const struct setting *s)
{
	switch (s->type) {
	case T_SIZE:
		return arena_printf(a,
			"a size in bytes, or with K, M or G, from %" PRId64
			" to %" PRId64,
			s->min, s->max);
	case T_MS:
		return arena_printf(a,
			"milliseconds, or with s or m, from %" PRId64
			" to %" PRId64,
			s->min, s->max);
	case T_SECS:
		return arena_printf(a,
			"seconds, or with m, h or d, from %" PRId64
			" to %" PRId64,
			s->min, s->max);
	default:
		return arena_printf(a,
			"a whole number from %" PRId64 " to %" PRId64, s->min,
			s->max);
	}
}

static const char *
parse_number(struct arena *a, const struct setting *s, const char *value,
	int64_t *ret)
{
	size_t digits = strspn(value, "-0123456789");
	const char *number = arena_strndup(a, value, digits);
	int64_t v;

	for (const struct unit *u = units_of(s->type); u->suffix; u++) {
		if (!str_eq(u->suffix, value + digits))
			continue;
		if (!str_to_i64(number, INT64_MIN, INT64_MAX, &v) ||
			__builtin_mul_overflow(v, u->factor, &v) ||
			v < s->min || v > s->max)
			break;
		*ret = v;
		return NULL;
	}
	return arena_printf(a, "must be %s", number_rule(a, s));
}

static const char *
parse_bool(const char *value, bool *ret)
{
	bool yes = str_eq(value, "yes") || str_eq(value, "1") ||
		   str_eq(value, "true");
	bool no = str_eq(value, "no") || str_eq(value, "0") ||
		  str_eq(value, "false");

	if (!yes && !no)
		return "must be yes or no";
	*ret = yes;
	return NULL;
}

static const char *
parse_str(struct arena *a, const struct setting *s, const char *value,
	const char **ret)
{
	size_t n = strlen(value);

	if ((int64_t)n < s->min || (int64_t)n > s->max)
		return arena_printf(a,
			"must have %" PRId64 " to %" PRId64
			" bytes, and has %zu",
			s->min, s->max, n);
	if (str_has_control(value) || !str_is_utf8(value, n))
		return "must be UTF-8 without control characters";
	*ret = arena_strdup(a, value);
	return NULL;
}

/* The content of a secret's file; *ret only when it is fine. */
static const char *
read_secret(struct arena *a, const char *path, const char **ret)
{
	const char *dir = getenv("CREDENTIALS_DIRECTORY");
	size_t n;
	char *text;

	if (path[0] != '/' && (!dir || strchr(path, '/')))
		return "takes the absolute path of a file that holds the "
		       "secret, or the name of a systemd credential";
	if (path[0] != '/')
		path = arena_printf(a, "%s/%s", dir, path);

	struct stat st;
	AUTO_FD int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

	if (fd < 0 || fstat(fd, &st) < 0)
		return arena_printf(
			a, "cannot open its file: %s", strerror(errno));
	if (!S_ISREG(st.st_mode))
		return "names something that is not a regular file";
	if (st.st_mode & 07)
		return "names a file that everybody may read or write; "
		       "chmod it to 600 or 640";
	text = fd_read_file(a, path, 64 * 1024, &n);
	if (!text)
		return arena_printf(
			a, "cannot read its file: %s", strerror(errno));
	if (n && text[n - 1] == '\n')
		text[--n] = '\0';
	if (n && text[n - 1] == '\r')
		text[--n] = '\0';
	if (strlen(text) != n)
		return "names a file with a NUL byte in it";
	*ret = text;
	return NULL;
}

static const char *
parse_secret(const struct source *src, const struct setting *s,
	const char *value, const char **ret)
{
	const char *secret = value;
	const char *wrong = NULL;

	if (src->file && *value)
		wrong = read_secret(src->a, value, &secret);
	if (wrong)
		return wrong;
	/* "" in the file or by default: not set, programs check their needs */
	if (*value && ((int64_t)strlen(secret) < s->min ||
			      (int64_t)strlen(secret) > s->max))
		return arena_printf(src->a,
			"the secret must have %" PRId64 " to %" PRId64 " bytes",
			s->min, s->max);
	*ret = arena_strdup(src->a, secret);
	return NULL;
}

/* Parse value into its member. NULL, or what is wrong with it. */
static const char *
set_value(const struct source *src, const struct setting *s, const char *value,
	struct cfg *cfg)
{
	void *member = (char *)cfg + s->offset;

	switch (s->type) {
	case T_STR:
		return parse_str(src->a, s, value, member);
	case T_BOOL:
		return parse_bool(value, member);
	case T_PATHSECRET:
		return parse_secret(src, s, value, member);
	default:
		return parse_number(src->a, s, value, member);
	}
}

/* Rules that the table cannot say. NULL, or what is wrong. */
static const char *
check_rules(const struct cfg *cfg)
{
	const char *mark = strstr(cfg->site_url, "%s");

	if (!log_is_format(cfg->log_format))
		return "log_format: must be json or text";
	/* programs put the site's name there: nothing else may be a format */
	if (!mark || strchr(cfg->site_url, '%') != mark ||
		strchr(mark + 1, '%'))
		return "site_url: must contain %s once, and no other %";
	if (str_ends(cfg->app_url, "/"))
		return "app_url: must not end with a slash";
	/* each that is hashed was counted before it is known to be right */
	if (cfg->lock_after <= cfg->hash_slots)
		return "lock_after: must be more than hash_slots";
	return NULL;
}

static const struct setting *
by_name(const char *name)
{
	for (size_t i = 0; i < NELEM(settings); i++) {
		if (str_eq(settings[i].name, name))
			return &settings[i];
	}
	return NULL;
}

/* Lower case letters, digits and underscores: fit to be shown in a message. */
static bool
is_name(const char *s)
{
	size_t n = strspn(s, "abcdefghijklmnopqrstuvwxyz0123456789_");

	return n > 0 && n <= 64 && s[n] == '\0';
}

static const char *
parse_line(const struct source *src, const char *line, int number,
	int seen[NELEM(settings)], struct cfg *cfg)
{
	const char *eq = strchr(line, '=');
	const struct setting *s;
	const char *name;
	const char *wrong;

	name = eq ? str_trim(src->a,
			    arena_strndup(src->a, line, (size_t)(eq - line)))
		  : "";
	if (!is_name(name))
		return "is not of the form name = value";
	s = by_name(name);
	if (!s)
		return arena_printf(
			src->a, "%s: there is no such setting", name);
	if (seen[s - settings])
		return arena_printf(src->a, "%s: was set in line %d already",
			name, seen[s - settings]);
	seen[s - settings] = number;
	wrong = set_value(src, s, str_trim(src->a, eq + 1), cfg);
	return wrong ? arena_printf(src->a, "%s: %s", name, wrong) : NULL;
}

static const char *
parse_file(struct arena *a, const char *path, const char *text, size_t len,
	struct cfg *cfg)
{
	int seen[NELEM(settings)] = {0};
	size_t n;
	char **lines;

	if (strlen(text) != len)
		return arena_printf(a, "%s: holds a NUL byte", path);
	lines = str_split(a, text, '\n', &n);
	for (size_t i = 0; i < n; i++) {
		const char *line = str_trim(a, lines[i]);
		struct source src = {a, NULL, true};
		const char *wrong;

		if (!*line || *line == '#')
			continue;
		wrong = parse_line(&src, line, (int)i + 1, seen, cfg);
		if (wrong)
			return arena_printf(
				a, "%s:%d: %s", path, (int)i + 1, wrong);
	}
	return NULL;
}

static const char *
load_defaults(struct arena *a, struct cfg *cfg)
{
	struct source src = {a, "cfg.def", false};

	for (size_t i = 0; i < NELEM(settings); i++) {
		const struct setting *s = &settings[i];
		const char *wrong = set_value(&src, s, s->def, cfg);

		if (wrong)
			return arena_printf(
				a, "default of %s: %s", s->name, wrong);
	}
	return NULL;
}

static const char *
load_environment(struct arena *a, struct cfg *cfg)
{
	struct source src = {a, "environment", false};

	for (size_t i = 0; i < NELEM(settings); i++) {
		const struct setting *s = &settings[i];
		const char *value = getenv(s->env);
		const char *wrong;

		if (!value || !*value)
			continue;
		wrong = set_value(&src, s, value, cfg);
		if (wrong)
			return arena_printf(a, "environment %s: %s: %s", s->env,
				s->name, wrong);
	}
	return NULL;
}

static const char *
load_file(struct arena *a, const char *path, struct cfg *cfg)
{
	const char *used = path ? path : SYSCONFDIR "/autostack/autostack.conf";
	size_t len;
	const char *text = fd_read_file(a, used, FILE_MAX_BYTES, &len);

	if (text)
		return parse_file(a, used, text, len, cfg);
	if (!path && errno == ENOENT)
		return NULL; /* the defaults and the environment may do */
	return arena_printf(a, "%s: %s", used, strerror(errno));
}

bool
cfg_load(struct arena *a, const char *path, struct cfg *ret,
	const char **ret_error)
{
	struct cfg cfg = {0};
	const char *wrong = load_defaults(a, &cfg);

	if (!wrong)
		wrong = load_file(a, path, &cfg);
	if (!wrong)
		wrong = load_environment(a, &cfg);
	if (!wrong)
		wrong = check_rules(&cfg);
	if (wrong) {
		*ret_error = wrong;
		return false;
	}
	*ret = cfg;
	return true;
}

static const char *
type_text(enum type type)
{
	static const char *const texts[] = {
		[T_STR] = "text",
		[T_INT] = "number",
		[T_BOOL] = "yes or no",
		[T_SIZE] = "bytes; K, M, G",
		[T_MS] = "milliseconds; s, m",
		[T_SECS] = "seconds; m, h, d",
		[T_PATHSECRET] = "file that holds a secret",
	};

	return texts[type];
}

void
cfg_print_sample(struct buf *b)
{
	buf_str(b, "# autostack.conf: every setting with its default.\n");
	for (size_t i = 0; i < NELEM(settings); i++) {
		const struct setting *s = &settings[i];

		buf_printf(b, "\n# %s\n# (%s", s->doc, type_text(s->type));
		if (s->type != T_BOOL)
			buf_printf(
				b, "; %" PRId64 " to %" PRId64, s->min, s->max);
		buf_printf(b, "; environment %s)\n#%s = %s\n", s->env, s->name,
			s->def);
	}
}

/* Text between mdoc macros: a backslash or a leading dot means something. */
static void
add_mdoc(struct buf *b, const char *s)
{
	if (*s == '.' || *s == '\'')
		buf_str(b, "\\&");
	for (; *s; s++) {
		if (*s == '\\')
			buf_str(b, "\\e");
		else
			buf_char(b, *s);
	}
}

void
cfg_print_man(struct buf *b)
{
	for (size_t i = 0; i < NELEM(settings); i++) {
		const struct setting *s = &settings[i];

		buf_printf(b, ".It Ic %s\n", s->name);
		add_mdoc(b, s->doc);
		buf_printf(b, "\nA value is %s", type_text(s->type));
		if (s->type != T_BOOL)
			buf_printf(b, ", from %" PRId64 " to %" PRId64, s->min,
				s->max);
		buf_str(b, ".\nThe default is ");
		if (*s->def) {
			buf_str(b, "\\(lq");
			add_mdoc(b, s->def);
			buf_str(b, "\\(rq.\n");
		} else {
			buf_str(b, "nothing.\n");
		}
		buf_printf(b, "Environment:\n.Ev %s .\n", s->env);
	}
}

/* A connection string or URL that carries a password. */
static bool
holds_password(const char *s)
{
	const char *userinfo = strstr(s, "://");
	const char *at = userinfo ? strchr(userinfo + 3, '@') : NULL;

	if (at && memchr(userinfo + 3, ':', (size_t)(at - userinfo - 3)))
		return true;
	for (; *s; s++) {
		char word[9];

		(void)str_copy(word, sizeof(word), s); /* to be cut */
		if (str_eq_ci(word, "password"))
			return true;
	}
	return false;
}

void
cfg_print_values(struct buf *b, const struct cfg *cfg)
{
	for (size_t i = 0; i < NELEM(settings); i++) {
		const struct setting *s = &settings[i];
		const void *member = (const char *)cfg + s->offset;
		const char *text;

		buf_printf(b, "%s = ", s->name);
		switch (s->type) {
		case T_PATHSECRET:
			text = *(const char *const *)member;
			buf_str(b, *text ? "(set)" : "");
			break;
		case T_STR:
			text = *(const char *const *)member;
			buf_str(b, holds_password(text) ? "(set)" : text);
			break;
		case T_BOOL:
			buf_str(b, *(const bool *)member ? "yes" : "no");
			break;
		default:
			buf_int(b, *(const int64_t *)member);
		}
		buf_char(b, '\n');
	}
}
