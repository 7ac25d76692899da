/*
 * fuzz_cookie.c - a Cookie header that anybody may have written, and origins.
 * What is found is safe in a log and in a header, and stands in the input; what
 * is allowed is one of the settings' origins.
 */
#include "fuzz.h"

#include "base/arena.h"
#include "base/origin.h"
#include "base/str.h"
#include "web/auth.h"
#include "web/cookie.h"

static const struct cfg cfg = {.app_url = "https://panel.example:8443/base",
	.frontend_url = "https://www.example",
	.allowed_origins = "https://a.example, http://b.example:8080/"};

static bool
is_ours(const char *origin)
{
	return str_eq(origin, "https://panel.example:8443") ||
	       str_eq(origin, "https://www.example") ||
	       str_eq(origin, "https://a.example") ||
	       str_eq(origin, "http://b.example:8080");
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *a = arena_new(64 << 20, 256 << 20);
	char *s = arena_strndup(a, (const char *)data, size);
	const char *value = cookie_find(a, s, AUTH_COOKIE);

	if (value) {
		size_t n = strlen(value);

		ASSERT(n > 0 && n <= COOKIE_VALUE_MAX);
		ASSERT(strlen(s) <= COOKIE_HEADER_MAX);
		for (size_t i = 0; i < n; i++)
			ASSERT(value[i] > ' ' && value[i] < 0x7f &&
				!strchr("\",;\\", value[i]));
		ASSERT(strstr(s, arena_printf(a, AUTH_COOKIE "=%s", value)));
		/* alone it is found again; twice it is nobody's */
		ASSERT(str_eq(value,
			cookie_find(a,
				arena_printf(a, AUTH_COOKIE "=%s", value),
				AUTH_COOKIE)));
		ASSERT(!cookie_find(a,
			arena_printf(a, "%s; " AUTH_COOKIE "=x", s),
			AUTH_COOKIE));
	}
	if (origin_allowed(&cfg, s))
		ASSERT(is_ours(s));
	if (origin_of_url_allowed(&cfg, s))
		ASSERT(str_starts(s, "https://") || str_starts(s, "http://"));
	arena_free(a);
	return 0;
}
