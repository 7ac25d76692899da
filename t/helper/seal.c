/*
 * seal.c - seal SECRETFILE AAD < text: what crypt_seal() makes of it, on
 * stdout. For tests that write rows themselves (t/lib/worker.sh).
 */
#include "base/base.h"

#include "base/arena.h"
#include "base/fd.h"
#include "base/str.h"
#include "ext/crypt.h"

int
main(int argc, char **argv)
{
	struct ctx ctx = {.arena = arena_new(1 << 24, 1 << 26)};
	const char *secret;
	const char *text;
	const char *sealed;

	if (argc != 3)
		return 2;
	secret = fd_read_file(ctx.arena, argv[1], 4096, NULL);
	text = fd_read_file(ctx.arena, "/dev/stdin", 1 << 20, NULL);
	if (!secret || !text ||
		crypt_seal(&ctx, str_trim(ctx.arena, secret), argv[2], text,
			&sealed))
		return 1;
	(void)puts(sealed);
	arena_free(ctx.arena);
	return 0;
}
