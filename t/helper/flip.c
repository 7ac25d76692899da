/*
 * flip.c - makes one of two releases of a site live, then the other, again and
 * again, by what the worker calls for it. Used by t/5011.
 *
 *   flip SITES SITE RELEASE OTHER TIMES
 *
 * Prints how many milliseconds the slowest took.
 */
#include "base/base.h"

#include "base/arena.h"
#include "base/clock.h"
#include "base/str.h"
#include "svc/publish.h"

#include <stdio.h>
#include <time.h>

#define PAUSE_NS 5000000

int
main(int argc, char **argv)
{
	int64_t times;
	int64_t slowest = 0;

	if (argc != 6 || !str_to_i64(argv[5], 1, 1000000, &times)) {
		(void)fputs(
			"usage: flip SITES SITE RELEASE OTHER TIMES\n", stderr);
		return 2;
	}
	for (int64_t i = 0; i < times; i++) {
		struct ctx ctx = {.arena = arena_new(1 << 20, 1 << 24)};
		const struct publish p = {.sites = argv[1],
			.site = argv[2],
			.target = "production",
			.id = argv[3 + i % 2]};
		int64_t began;

		/* Nobody switches faster; a worker of nginx that waits for a
		 * processor must not sleep through one switch after another. */
		(void)nanosleep(&(struct timespec){.tv_nsec = PAUSE_NS}, NULL);
		began = clock_mono_ms();
		if (publish_switch(&ctx, &p)) {
			(void)fprintf(stderr, "flip: %s\n",
				ctx.message ? ctx.message : ctx.cause);
			return 1;
		}
		slowest = MAX(slowest, clock_mono_ms() - began);
		arena_free(ctx.arena);
	}
	(void)printf("%lld\n", (long long)slowest);
	return 0;
}
