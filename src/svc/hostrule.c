/*
 * hostrule.c - the grammar of hosts, and the lists that name them. What is
 * judged on resolved addresses is egress.c's.
 */
#include "svc/hostrule.h"

#include "base/arena.h"
#include "base/str.h"
#include "svc/egress.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#define HOST_MAX  253
#define LABEL_MAX 63

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
		if (!hostrule_alnum(*p) && !(*p == '-' && label))
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

/* inet_pton takes no other spelling. */
bool
hostrule_address(const char *host, struct sockaddr_in *ret)
{
	struct sockaddr_in sa = {.sin_family = AF_INET};

	if (inet_pton(AF_INET, host, &sa.sin_addr) != 1)
		return false;
	*ret = sa;
	return true;
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

bool
hostrule_in_words(struct arena *a, const char *list, const char *word)
{
	const char *item;

	while ((item = next_item(a, &list)) != NULL) {
		if (str_eq(item, word))
			return true;
	}
	return false;
}

const char *
hostrule_split(
	struct arena *a, const char *text, unsigned own, struct hostport *ret)
{
	size_t n = strcspn(text, "/?");
	char *host = arena_strndup(a, text, n);
	char *colon = strchr(host, ':');
	int64_t port = own;

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
	*ret = (struct hostport){str_lower(a, host), (unsigned)port, text + n};
	return NULL;
}

const char *
hostrule_judge(struct arena *a, const struct hostrule *rule,
	const struct hostport *hp, unsigned own, bool *ret_local)
{
	struct sockaddr_in sa;
	const char *why;

	*ret_local = in_private(a, rule->closed, hp->host, hp->port);
	if (looks_numeric(hp->host)) {
		if (!hostrule_address(hp->host, &sa))
			return "the host is an unusual spelling of an address";
		why = egress_refused((const struct sockaddr *)&sa);
		if (why && !*ret_local)
			return arena_printf(a, "its address is %s", why);
	}
	if (*ret_local)
		return NULL;
	if (str_eq(hp->host, "localhost") || str_ends(hp->host, ".localhost"))
		return "its address is loopback";
	if (!in_hosts(a, rule->hosts, hp->host))
		return "its host is not on this installation's list";
	if (hp->port != own && !in_numbers(a, rule->ports, hp->port))
		return "its port is not on this installation's list";
	return NULL;
}
