/*
 * giturl.c - the grammar and the allow-lists of repository addresses. Used by
 * handlers and by the worker. Knows nothing of git itself.
 */
#include "svc/giturl.h"

#include "base/arena.h"
#include "base/str.h"
#include "svc/egress.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>

#define URL_MAX   2048
#define HOST_MAX  253
#define LABEL_MAX 63

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool
is_alnum(char c)
{
	return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static enum err
refuse(struct ctx *ctx, const char *why)
{
	return ctx_fail(ctx, E_REPOSITORY_REFUSED,
		"This repository address is not allowed: %s", why);
}

/* Letters, digits and inner hyphens; labels of 1 to 63; no dot at the end. */
static bool
is_host_name(const char *host)
{
	size_t label = 0;
	const char *p;

	if (strlen(host) > HOST_MAX)
		return false;
	for (p = host; *p; p++) {
		if (*p == '.') {
			if (!label || p[-1] == '-')
				return false;
			label = 0;
			continue;
		}
		if (!is_alnum(*p) && !(*p == '-' && label))
			return false;
		if (++label > LABEL_MAX)
			return false;
	}
	return label && p[-1] != '-';
}

/* Resolvers read a name whose last label begins like a number as an IPv4
 * address in one of many spellings (127.1, 0x7f.1, 2130706433). */
static bool
looks_numeric(const char *host)
{
	const char *dot = strrchr(host, '.');
	const char *last = dot ? dot + 1 : host;

	if (last[0] == '0' && (last[1] == 'x' || last[1] == 'X'))
		return true;
	return last[strspn(last, "0123456789")] == '\0';
}

/* inet_pton takes the canonical dotted quad and nothing else. */
static bool
is_address(const char *host, struct sockaddr_in *ret)
{
	struct sockaddr_in sa = {.sin_family = AF_INET};

	if (inet_pton(AF_INET, host, &sa.sin_addr) != 1)
		return false;
	*ret = sa;
	return true;
}

/* Segments of unreserved characters, none empty, "." or "..", none beginning
 * with '-'. Percent escapes are refused with the other characters. */
static bool
is_path(const char *path)
{
	bool start = true;

	if (*path++ != '/' || !*path)
		return false;
	for (; *path; path++) {
		if (*path == '/') {
			if (start)
				return false;
			start = true;
			continue;
		}
		if (start) {
			size_t n = strcspn(path, "/");

			if (*path == '-' || (n == 1 && path[0] == '.') ||
				(n == 2 && path[0] == '.' && path[1] == '.'))
				return false;
		}
		start = false;
		if (!is_alnum(*path) && !strchr("._~+-", *path))
			return false;
	}
	return !start;
}

/* One item of a comma list, blanks around it dropped; advances *at. */
static char *
next_item(struct arena *a, const char **at)
{
	const char *p = *at;
	size_t n;

	if (!*p)
		return NULL;
	n = strcspn(p, ",");
	*at = p + n + (p[n] == ',');
	return str_lower(a, str_trim(a, arena_strndup(a, p, n)));
}

static bool
in_hosts(struct arena *a, const char *list, const char *host)
{
	const char *item;

	while ((item = next_item(a, &list)) != NULL) {
		/* a bare * means public names: single labels are not */
		if (str_eq(item, "*") && strchr(host, '.'))
			return true;
		if (str_starts(item, "*.") && str_ends(host, item + 1) &&
			strlen(host) > strlen(item + 1))
			return true;
		if (str_eq(item, host))
			return true;
	}
	return false;
}

static bool
in_private(struct arena *a, const char *list, const char *host, unsigned port)
{
	char *item;

	while ((item = next_item(a, &list)) != NULL) {
		char *colon = strrchr(item, ':');
		int64_t n = port;

		if (colon) {
			*colon = '\0';
			if (!str_to_i64(colon + 1, 1, 65535, &n))
				continue;
		}
		if (str_eq(item, host) && n == (int64_t)port)
			return true;
	}
	return false;
}

static bool
in_numbers(struct arena *a, const char *list, unsigned n)
{
	const char *text = str_from_i64(a, n);
	const char *item;

	while ((item = next_item(a, &list)) != NULL) {
		if (str_eq(item, text))
			return true;
	}
	return false;
}

static bool
in_words(struct arena *a, const char *list, const char *word)
{
	const char *item;

	while ((item = next_item(a, &list)) != NULL) {
		if (str_eq(item, word))
			return true;
	}
	return false;
}

/* Cut "host[:port]/path" into its parts. NULL when it has them, else why. */
static const char *
split(struct arena *a, const char *rest, struct giturl *u)
{
	size_t n = strcspn(rest, "/");
	char *host = arena_strndup(a, rest, n);
	char *colon = strchr(host, ':');
	size_t len;
	int64_t port = u->port;

	if (strchr(host, '@'))
		return "it must not hold a user name or password";
	if (host[0] == '[')
		return "write the host as a name or an IPv4 address";
	if (colon) {
		*colon = '\0';
		if (!str_to_i64(colon + 1, 1, 65535, &port))
			return "the port is not a number from 1 to 65535";
	}
	if (!is_host_name(host))
		return "the host name is not valid";
	u->host = str_lower(a, host);
	u->port = (unsigned)port;
	len = strlen(rest + n);
	if (len > 1 && rest[n + len - 1] == '/')
		len--;
	u->path = arena_strndup(a, rest + n, len);
	if (!is_path(u->path))
		return "the path must be like /owner/name or /owner/name.git";
	return NULL;
}

/* The rules about who may be asked. NULL when it may, else why not. */
static const char *
judge(struct arena *a, const struct cfg *cfg, struct giturl *u, bool own_port)
{
	struct sockaddr_in sa;
	const char *why;

	u->local = in_private(a, cfg->git_private, u->host, u->port);
	if (looks_numeric(u->host)) {
		if (!is_address(u->host, &sa))
			return "the host is an unusual spelling of an address";
		why = egress_refused((const struct sockaddr *)&sa);
		if (why && !u->local)
			return arena_printf(a, "its address is %s", why);
	}
	if (u->local)
		return NULL;
	if (str_eq(u->host, "localhost") || str_ends(u->host, ".localhost"))
		return "its address is loopback";
	if (!in_hosts(a, cfg->git_hosts, u->host))
		return "its host is not on this installation's list";
	if (!own_port && !in_numbers(a, cfg->git_ports, u->port))
		return "its port is not on this installation's list";
	return NULL;
}

enum err
giturl_parse(struct ctx *ctx, const struct cfg *cfg, const char *text,
	struct giturl *ret)
{
	struct arena *a = ctx->arena;
	struct giturl u = {0};
	const char *rest = strstr(text, "://");
	const char *why;
	unsigned own;

	if (strlen(text) > URL_MAX)
		return refuse(ctx, "it is too long");
	for (const char *p = text; *p; p++) {
		if (*p <= ' ' || *p > '~' || strchr("\\#?%\"'`$;|&<>(){}", *p))
			return refuse(
				ctx, "it holds characters that it must not");
	}
	if (!rest || text[0] == '-')
		return refuse(ctx, "write it as https://host/owner/name");
	u.scheme = str_lower(a, arena_strndup(a, text, (size_t)(rest - text)));
	if (!str_eq(u.scheme, "https") && !str_eq(u.scheme, "http"))
		return refuse(ctx, "only https:// is accepted");
	if (!in_words(a, cfg->git_schemes, u.scheme))
		return refuse(ctx, "only https:// is accepted");
	own = str_eq(u.scheme, "https") ? 443 : 80;
	u.port = own;
	why = split(a, rest + 3, &u);
	if (!why)
		why = judge(a, cfg, &u, u.port == own);
	if (why)
		return refuse(ctx, why);
	u.url = u.port == own
			? arena_printf(a, "%s://%s%s", u.scheme, u.host, u.path)
			: arena_printf(a, "%s://%s:%u%s", u.scheme, u.host,
				  u.port, u.path);
	*ret = u;
	return E_OK;
}

/* The address as curl wants it: IPv6 in brackets. */
static const char *
address_text(struct arena *a, const struct sockaddr *sa, socklen_t len)
{
	char host[NI_MAXHOST];

	if (getnameinfo(sa, len, host, sizeof(host), NULL, 0, NI_NUMERICHOST))
		return NULL;
	return sa->sa_family == AF_INET6 ? arena_printf(a, "[%s]", host)
					 : arena_strdup(a, host);
}

enum err
giturl_resolve(struct ctx *ctx, const struct giturl *u, const char **ret_pin)
{
	static const struct addrinfo hints = {
		.ai_family = AF_UNSPEC,
		.ai_socktype = SOCK_STREAM,
		.ai_flags = AI_ADDRCONFIG,
	};
	struct addrinfo *list = NULL;
	const char *why = NULL;
	const char *pin = NULL;
	struct sockaddr_in sa;

	if (is_address(u->host, &sa)) {
		/* git connects to the literal itself: nothing to pin */
		*ret_pin = "";
		return E_OK;
	}
	if (getaddrinfo(u->host, NULL, &hints, &list) != 0)
		return ctx_fail(ctx, E_REPOSITORY_REFUSED,
			"The host %s does not resolve to an address", u->host);
	for (struct addrinfo *i = list; i && !pin; i = i->ai_next) {
		const char *bad = u->local ? NULL : egress_refused(i->ai_addr);

		if (bad)
			why = bad;
		else
			pin = address_text(
				ctx->arena, i->ai_addr, i->ai_addrlen);
	}
	freeaddrinfo(list);
	if (!pin)
		return ctx_fail(ctx, E_REPOSITORY_REFUSED,
			"The host %s is not allowed: its address is %s",
			u->host, why ? why : "unknown");
	*ret_pin = arena_printf(ctx->arena, "%s:%u:%s", u->host, u->port, pin);
	return E_OK;
}

bool
giturl_ref_ok(const char *ref)
{
	size_t n = strlen(ref);

	if (n < 1 || n > 200 || !(is_alnum(ref[0]) || ref[0] == '_'))
		return false;
	for (const char *p = ref; *p; p++) {
		if (!is_alnum(*p) && !strchr("._/-", *p))
			return false;
	}
	if (strstr(ref, "..") || strstr(ref, "//") || strstr(ref, "/."))
		return false;
	if (strstr(ref, ".lock/") || str_ends(ref, ".lock"))
		return false;
	return ref[n - 1] != '/' && ref[n - 1] != '.';
}
