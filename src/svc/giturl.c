/*
 * giturl.c - the grammar and the allow-lists of repository addresses. Used by
 * handlers and by the worker. Knows nothing of git itself.
 */
#include "svc/giturl.h"

#include "base/arena.h"
#include "base/str.h"
#include "svc/egress.h"
#include "svc/hostrule.h"

#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>

#define URL_MAX 2048

static enum err
refuse(struct ctx *ctx, const char *why)
{
	return ctx_fail(ctx, E_REPOSITORY_REFUSED,
		"This repository address is not allowed: %s", why);
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
		if (!hostrule_alnum(*path) && !strchr("._~+-", *path))
			return false;
	}
	return !start;
}

/* Cut "host[:port]/path" into its parts and judge them by the configuration.
 * NULL when the address is fine, else why not. */
static const char *
judge(struct arena *a, const struct cfg *cfg, const char *text, unsigned own,
	struct giturl *u)
{
	const struct hostrule rule = {
		cfg->git_hosts, cfg->git_private, cfg->git_ports};
	struct hostport hp;
	const char *why = hostrule_split(a, text, own, &hp);
	size_t len;

	if (why)
		return why;
	u->host = hp.host;
	u->port = hp.port;
	len = strlen(hp.rest);
	if (len > 1 && hp.rest[len - 1] == '/')
		len--;
	u->path = arena_strndup(a, hp.rest, len);
	if (!is_path(u->path))
		return "the path must be like /owner/name or /owner/name.git";
	return hostrule_judge(a, &rule, &hp, own, &u->local);
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
	if (!hostrule_in_words(a, cfg->git_schemes, u.scheme))
		return refuse(ctx, "only https:// is accepted");
	own = str_eq(u.scheme, "https") ? 443 : 80;
	why = judge(a, cfg, rest + 3, own, &u);
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

	if (hostrule_address(u->host, &sa)) {
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

	if (n < 1 || n > 200 || !(hostrule_alnum(ref[0]) || ref[0] == '_'))
		return false;
	for (const char *p = ref; *p; p++) {
		if (!hostrule_alnum(*p) && !strchr("._/-", *p))
			return false;
	}
	if (strstr(ref, "..") || strstr(ref, "//") || strstr(ref, "/."))
		return false;
	if (strstr(ref, ".lock/") || str_ends(ref, ".lock"))
		return false;
	return ref[n - 1] != '/' && ref[n - 1] != '.';
}
