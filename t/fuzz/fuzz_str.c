/* fuzz_str.c - the decoders of strings that clients send. */
#include "fuzz.h"

#include "base/arena.h"
#include "base/str.h"

/* What decodes has one spelling only. */
static void
base64(struct arena *a, const char *s, size_t n)
{
	unsigned char *data = arena_alloc(a, 3 * n / 4 + 1);
	char *back = arena_alloc(a, 4 * ((n + 2) / 3) + 8);
	ptrdiff_t len = str_unb64url(data, s, n);

	if (len < 0)
		return;
	ASSERT(str_b64url(back, data, (size_t)len) == n);
	ASSERT(memcmp(back, s, n) == 0);
}

static void
unescape(struct arena *a, const char *s, bool plus)
{
	char *copy = arena_strdup(a, s);

	if (!str_unescape(copy, plus))
		return;
	ASSERT(strlen(copy) <= strlen(s));
	ASSERT(str_is_utf8(copy, strlen(copy)));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *a = arena_new(64 << 20, 256 << 20);
	char *s = arena_alloc(a, size + 1);
	int64_t v = 0;

	memcpy(s, data, size);
	base64(a, s, size);
	unescape(a, s, false);
	unescape(a, s, true);
	if (str_to_i64(s, INT64_MIN, INT64_MAX, &v))
		ASSERT(str_eq(str_from_i64(a, v), s));
	if (str_is_uuid(s))
		ASSERT(strlen(s) == 36);
	for (size_t max = 0; max < size && max < 9; max++) {
		size_t cut = str_utf8_cut(s, size, max);

		ASSERT(cut <= max);
		if (str_is_utf8(s, size))
			ASSERT(str_is_utf8(s, cut));
	}
	(void)str_has_control(s);
	(void)str_split(a, s, ',', NULL);
	(void)str_trim(a, s);
	arena_free(a);
	return 0;
}
