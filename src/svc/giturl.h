/*
 * giturl.h - where a repository may come from: the grammar of its address, the
 * allow-lists of the configuration, and the one address that git is pinned to.
 * Called by the API (giturl_parse) and by the worker (both).
 */
#ifndef AS_SVC_GITURL_H
#define AS_SVC_GITURL_H

#include "base/base.h"
#include "base/cfg.h"
#include "base/err.h"

struct giturl {
	const char *url;    /* normalised: scheme://host[:port]/path */
	const char *scheme; /* "https" or "http" */
	const char *host;   /* lower case: a name or a dotted quad */
	unsigned port;      /* the scheme's own when none was named */
	const char *path;   /* begins with '/' */
	bool local;         /* git_private names it: any address is fine */
};

/* Judge text by SECURITY.md GIT-1: https (http where git_schemes has it), no
 * userinfo, query, fragment, escapes or blanks, no spelling of an IP address
 * but the dotted quad, a port of git_ports (hosts of git_private: any), a host
 * of git_hosts or git_private. Does not resolve; an address literal is judged
 * at once. The scheme and host become lower case, a slash at the end and the
 * scheme's own port go. E_REPOSITORY_REFUSED with the reason for the client.
 * The strings live on ctx's arena. */
MUST enum err giturl_parse(struct ctx *ctx, const struct cfg *cfg,
	const char *text, struct giturl *ret);

/* Resolve the host once. Addresses that egress_refused() names are skipped
 * unless u->local; none left is E_REPOSITORY_REFUSED with the reason, a host
 * that does not resolve E_REPOSITORY_REFUSED too. *ret_pin becomes
 * "host:port:address" for git's http.curloptResolve; "" when the host is an
 * address itself. Blocks for as long as the resolver does. */
MUST enum err giturl_resolve(
	struct ctx *ctx, const struct giturl *u, const char **ret_pin);

/* SECURITY.md GIT-2: a branch or tag name that is safe to hand to git (its own
 * check-ref-format is not a guard). */
bool giturl_ref_ok(const char *ref);

#endif
