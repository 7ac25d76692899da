/* hookurl.c - addresses that notifications are sent to; see hookurl.h. */
#include "svc/hookurl.h"

#include "base/arena.h"
#include "base/str.h"
#include "svc/hostrule.h"

static enum err
refuse(struct ctx *ctx, const char *why)
{
	return ctx_fail(ctx, E_VALIDATION_ERROR, "is not allowed: %s", why);
}

/* What RFC 3986 lets stand in an address, so that libcurl reads it as we do. */
static bool
has_strange(const char *s)
{
	for (; *s; s++) {
		if (*s <= ' ' || *s > '~' || strchr("\"<>\\^`{|}#", *s))
			return true;
		if (*s == '%' && strspn(s + 1, "0123456789abcdefABCDEF") < 2)
			return true;
	}
	return false;
}

enum err
hookurl_parse(struct ctx *ctx, const struct cfg *cfg, const char *text,
	struct hookurl *ret)
{
	const struct hostrule rule = {"*", cfg->hook_private, cfg->hook_ports};
	struct arena *a = ctx->arena;
	const char *rest = strstr(text, "://");
	const char *scheme, *why;
	struct hostport hp;
	struct hookurl u;
	unsigned own;

	if (strlen(text) > HOOKURL_MAX)
		return refuse(ctx, "it is too long");
	if (has_strange(text))
		return refuse(ctx, "it holds characters that it must not");
	if (!rest)
		return refuse(ctx, "write it as https://host/path");
	scheme = str_lower(a, arena_strndup(a, text, (size_t)(rest - text)));
	if ((!str_eq(scheme, "https") && !str_eq(scheme, "http")) ||
		!hostrule_in_words(a, cfg->hook_schemes, scheme))
		return refuse(ctx, "only https:// is accepted");
	own = str_eq(scheme, "https") ? 443 : 80;
	why = hostrule_split(a, rest + 3, own, &hp);
	if (!why)
		why = hostrule_judge(a, &rule, &hp, own, &u.local);
	if (why)
		return refuse(ctx, why);
	u.host = hp.port == own ? hp.host
				: arena_printf(a, "%s:%u", hp.host, hp.port);
	u.url = arena_printf(a, "%s://%s%s%s", scheme, u.host,
		*hp.rest == '/' ? "" : "/", hp.rest);
	*ret = u;
	return E_OK;
}
