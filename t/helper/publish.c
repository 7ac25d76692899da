/*
 * publish.c - publish [-s auto|on|off] SITES SITE ID DIR: copies DIR into a
 * release and makes it the live one, as the worker does; a refusal is printed.
 * For tests of nginx that want real releases (t/505x).
 */
#include "base/base.h"

#include "base/arena.h"
#include "base/str.h"
#include "svc/publish.h"

#include <fcntl.h>
#include <unistd.h>

static void
warn(void *arg, const char *text)
{
	(void)arg;
	(void)fprintf(stderr, "%s\n", text);
}

int
main(int argc, char **argv)
{
	struct ctx ctx = {.arena = arena_new(1 << 28, 1 << 30)};
	enum spa spa = SPA_AUTO;
	struct publish p;
	struct publish_stats st;
	AUTO_FD int src = -1;
	enum err e;

	if (argc > 2 && str_eq(argv[1], "-s")) {
		spa = str_eq(argv[2], "on")    ? SPA_ON
		      : str_eq(argv[2], "off") ? SPA_OFF
					       : SPA_AUTO;
		argv += 2;
		argc -= 2;
	}
	if (argc != 5)
		return 2;
	p = (struct publish){.sites = argv[1],
		.site = argv[2],
		.target = "production",
		.id = argv[3],
		.max_bytes = 1 << 30,
		.max_files = 10000,
		.spa = spa,
		.warn = warn};
	src = open(argv[4], O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (src < 0)
		return 2;
	e = publish_copy(&ctx, &p, src, &st);
	if (!e)
		e = publish_switch(&ctx, &p);
	if (e)
		(void)puts(ctx.message ? ctx.message : ctx.cause);
	arena_free(ctx.arena);
	return e ? 1 : 0;
}
