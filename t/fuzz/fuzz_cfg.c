/* fuzz_cfg.c - the parser of autostack.conf with any text. Includes cfg.c for
 * its parse_file(), which needs no file. */
#include "fuzz.h"

#include "base/cfg.c"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *a = arena_new(64 << 20, 256 << 20);
	AUTO_BUF struct buf b = {0};
	struct cfg cfg;
	char *text = arena_alloc(a, size + 1);
	const char *wrong;

	memcpy(text, data, size);
	buf_init(&b, 1 << 20);
	ASSERT(!load_defaults(a, &cfg));
	wrong = parse_file(a, "autostack.conf", text, size, &cfg);
	if (wrong) {
		/* one printable line, whatever the file holds */
		ASSERT(str_starts(wrong, "autostack.conf:"));
		ASSERT(!str_has_control(wrong));
		ASSERT(str_is_utf8(wrong, strlen(wrong)));
	} else {
		ASSERT(cfg.build_slots >= 1 && cfg.build_slots <= 64);
		ASSERT(cfg.build_timeout >= 1000);
		ASSERT(strlen(cfg.run_dir) <= 80);
		cfg_print_values(&b, &cfg);
		ASSERT(!b.full);
	}
	arena_free(a);
	return 0;
}
