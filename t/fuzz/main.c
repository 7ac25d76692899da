/* main.c - replays corpus files with a harness, whatever the compiler:
 * fuzz_NAME FILE... */
#include "fuzz.h"

#include "base/arena.h"
#include "base/fd.h"

int
main(int argc, char **argv)
{
	struct arena *a = arena_new(64 << 20, 64 << 20);

	for (int i = 1; i < argc; i++) {
		size_t n;
		char *text = fd_read_file(a, argv[i], 16 << 20, &n);
		uint8_t *exact;

		if (!text) {
			perror(argv[i]);
			return 1;
		}
		/* a copy of the very size, so that reading past it is seen */
		exact = arena_alloc(a, n);
		memcpy(exact, text, n);
		(void)LLVMFuzzerTestOneInput(exact, n); /* always 0 */
		arena_reset(a);
	}
	printf("%d inputs\n", argc - 1);
	arena_free(a);
	return 0;
}
