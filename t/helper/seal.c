/*
 * seal.c - seal SECRETFILE AAD < text: what crypt_seal() makes of it, on
 * stdout; seal -o SECRETFILE AAD < sealed: the other way round. For tests that
 * write rows themselves (t/lib/worker.sh), or look what they hold.
 */
#include "base/base.h"

#include "base/arena.h"
#include "base/fd.h"
#include "base/str.h"
#include "ext/crypt.h"

#ifdef AS_DEVELOPER
/* It starts hundreds of times, and ends with its text: what is left then is not
 * looked for, which takes longer than the rest. */
const char *__asan_default_options(void);
const char *
__asan_default_options(void)
{
	return "detect_leaks=0";
}
#endif

int
main(int argc, char **argv)
{
	struct ctx ctx = {.arena = arena_new(1 << 24, 1 << 26)};
	const char *secret;
	const char *text;
	const char *result;
	bool opens = argc > 1 && str_eq(argv[1], "-o");
	enum err e;

	argv += opens;
	if (argc - opens != 3)
		return 2;
	secret = fd_read_file(ctx.arena, argv[1], 4096, NULL);
	text = fd_read_file(ctx.arena, "/dev/stdin", 1 << 20, NULL);
	if (!secret || !text)
		return 1;
	secret = str_trim(ctx.arena, secret);
	e = opens ? crypt_open(&ctx, secret, argv[2], text, &result)
		  : crypt_seal(&ctx, secret, argv[2], text, &result);
	if (!e)
		(void)puts(result);
	arena_free(ctx.arena);
	return e ? 1 : 0;
}
