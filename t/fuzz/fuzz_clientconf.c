/* fuzz_clientconf.c - the client's settings file. */
#include "fuzz.h"

#include "base/arena.h"
#include "base/str.h"
#include "cli/settings.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *a = arena_new(64 << 20, 256 << 20);
	struct cli_settings s = {0};
	char *text = arena_alloc(a, size + 1);
	const char *wrong;

	memcpy(text, data, size);
	wrong = cli_settings_parse(a, text, &s);
	if (wrong)
		ASSERT(str_starts(wrong, "line ") && !str_has_control(wrong));
	ASSERT(!s.url || *s.url);
	ASSERT(!s.api_key || *s.api_key);
	ASSERT(!s.ca || *s.ca);
	ASSERT(s.patience >= 0);
	arena_free(a);
	return 0;
}
