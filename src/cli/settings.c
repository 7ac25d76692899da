/* settings.c - reads the client's settings. Used by cli_run(). */
#include "cli/settings.h"

#include "base/arena.h"
#include "base/fd.h"
#include "base/str.h"
#include "ext/httpc.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#define FILE_MAX     (64 << 10)
#define KEY_MAX      512
#define PATIENCE     300
#define PATIENCE_MAX 86400

enum { URL, API_KEY, CA, PATIENCE_SECONDS, NAMES };

static const struct {
	const char *name;
	const char *environment;
} names[NAMES] = {
	[URL] = {"url", "AUTOSTACK_URL"},
	[API_KEY] = {"api_key", "AUTOSTACK_API_KEY"},
	[CA] = {"ca", "AUTOSTACK_CA"},
	[PATIENCE_SECONDS] = {"patience", "AUTOSTACK_PATIENCE"},
};

/* The first one that says something counts. */
static const char *
set(struct arena *a, struct cli_settings *s, size_t which, const char *value)
{
	switch (which) {
	case URL:
		s->url = s->url ? s->url : value;
		return NULL;
	case API_KEY:
		s->api_key = s->api_key ? s->api_key : value;
		return NULL;
	case CA:
		s->ca = s->ca ? s->ca : value;
		return NULL;
	default:
		break;
	}
	if (!s->patience && !str_to_i64(value, 1, PATIENCE_MAX, &s->patience))
		return arena_printf(a,
			"patience is a number of seconds up to "
			"%d",
			PATIENCE_MAX);
	return NULL;
}

static const char *
parse_line(struct arena *a, char *line, struct cli_settings *s)
{
	char *eq = strchr(line, '=');
	const char *name;
	const char *value;

	if (!eq)
		return "it is not NAME = VALUE";
	*eq = '\0';
	name = str_trim(a, line);
	value = str_trim(a, eq + 1);
	for (size_t i = 0; i < NAMES; i++) {
		if (str_eq(names[i].name, name))
			return *value ? set(a, s, i, value) : NULL;
	}
	return arena_printf(
		a, "there is no setting '%s'", str_plain(a, name, 64));
}

const char *
cli_settings_parse(struct arena *a, const char *text, struct cli_settings *s)
{
	size_t n;
	char **line = str_split(a, text, '\n', &n);

	for (size_t i = 0; i < n; i++) {
		char *at = str_trim(a, line[i]);
		const char *wrong =
			*at && *at != '#' ? parse_line(a, at, s) : NULL;

		if (wrong)
			return arena_printf(a, "line %zu: %s", i + 1, wrong);
	}
	return NULL;
}

static const char *
file_path(struct arena *a)
{
	const char *path = getenv("AUTOSTACK_CLIENT_CONF");
	const char *base = getenv("XDG_CONFIG_HOME");
	const char *home = getenv("HOME");

	if (path && *path)
		return path;
	if (base && base[0] == '/')
		return arena_printf(a, "%s/autostack/client.conf", base);
	return home && home[0] == '/'
		       ? arena_printf(
				 a, "%s/.config/autostack/client.conf", home)
		       : NULL;
}

/* What is judged is what is read: the descriptor's file, not the name's. */
static const char *
read_file(struct arena *a, const char *path, struct cli_settings *s)
{
	AUTO_FD int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	const char *wrong;
	struct stat st;
	char *text;

	if (fd < 0 && (errno == ENOENT || errno == ENOTDIR))
		return NULL;
	if (fd < 0 || fstat(fd, &st) < 0)
		return arena_printf(a, "%s: %s", path, strerror(errno));
	if (!S_ISREG(st.st_mode))
		return arena_printf(a, "%s: it is not a file", path);
	if (st.st_uid != geteuid() || (st.st_mode & 077) != 0)
		return arena_printf(a,
			"%s holds a key and has to be yours alone: chmod 600 "
			"it",
			path);
	text = fd_read_file(
		a, arena_printf(a, "/proc/self/fd/%d", fd), FILE_MAX, NULL);
	if (!text)
		return arena_printf(a, "%s: %s", path, strerror(errno));
	wrong = cli_settings_parse(a, text, s);
	return wrong ? arena_printf(a, "%s: %s", path, wrong) : NULL;
}

static const char *
judge(struct arena *a, struct cli_settings *s)
{
	size_t n;

	if (!s->url)
		return "no installation is named: set AUTOSTACK_URL, or url in "
		       "~/.config/autostack/client.conf";
	if (!s->api_key)
		return "there is no API key: set AUTOSTACK_API_KEY, or api_key "
		       "in ~/.config/autostack/client.conf";
	n = strlen(s->url);
	while (n > 0 && s->url[n - 1] == '/')
		n--;
	s->url = arena_strndup(a, s->url, n);
	if (!httpc_url_ok(s->url) || strpbrk(s->url, "?#"))
		return "the address of the installation has to begin with "
		       "https:// and to hold no user, query or fragment";
	n = strlen(s->api_key);
	for (size_t i = 0; i < n; i++) {
		if (s->api_key[i] <= ' ' || s->api_key[i] > '~')
			return "the API key holds characters that no key has";
	}
	if (n > KEY_MAX)
		return "the API key is too long";
	s->patience = s->patience ? s->patience : PATIENCE;
	return NULL;
}

const char *
cli_settings_read(struct arena *a, struct cli_settings *ret)
{
	const char *path = file_path(a);
	const char *wrong = NULL;

	*ret = (struct cli_settings){0};
	for (size_t i = 0; i < NAMES && !wrong; i++) {
		const char *value = getenv(names[i].environment);

		if (value && *value)
			wrong = set(a, ret, i, value);
	}
	/* who has both in the environment needs no file, not even a good one */
	if (!wrong && path && !(ret->url && ret->api_key))
		wrong = read_file(a, path, ret);
	return wrong ? wrong : judge(a, ret);
}
