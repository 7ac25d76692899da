/*
 * hookurl.h - where a notification may be sent: the grammar of the address and
 * the lists of the configuration (SECURITY.md WH-1, WH-3). Called by the API
 * when a channel is made and by the worker before each delivery. Resolves
 * nothing: the address that is connected to is judged by egress.h then.
 */
#ifndef AS_SVC_HOOKURL_H
#define AS_SVC_HOOKURL_H

#include "base/base.h"
#include "base/cfg.h"
#include "base/err.h"

#define HOOKURL_MAX 2048

struct hookurl {
	const char *url;  /* normalised: scheme://host[:port]/path?query */
	const char *host; /* for its owner to know it again by */
	bool local;       /* hook_private names it: any address is fine */
};

/* https (http where hook_schemes has it), no userinfo, no fragment, a port of
 * hook_ports (hosts of hook_private: any), a host with a dot in it. Scheme and
 * host become lower case, the scheme's own port goes. E_VALIDATION_ERROR with
 * the reason for the client. The strings live on ctx's arena. */
MUST enum err hookurl_parse(struct ctx *ctx, const struct cfg *cfg,
	const char *text, struct hookurl *ret);

#endif
