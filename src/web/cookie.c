/* cookie.c - reads the Cookie header (RFC 6265 section 4.2): name=value pairs
 * separated by "; ". */
#include "web/request.h"

#include "base/arena.h"

const char *
rq_cookie(struct req *rq, const char *name)
{
	const char *p = rq->in->cookie ? rq->in->cookie : "";
	size_t n = strlen(name);

	while (*p) {
		size_t len;

		p += strspn(p, " \t;");
		len = strcspn(p, ";");
		if (len > n && strncmp(p, name, n) == 0 && p[n] == '=')
			return str_trim(
				rq->ctx.arena, arena_strndup(rq->ctx.arena,
						       p + n + 1, len - n - 1));
		p += len;
	}
	return NULL;
}
