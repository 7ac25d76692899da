/* fuzz_json.c - any bytes as a request's body: what is taken can be walked to
 * its end, within the limits, and is valid UTF-8 without NUL. */
#include "fuzz.h"

#include "base/arena.h"
#include "base/str.h"
#include "ext/json.h"

static void
walk(const struct jsn *v, int depth)
{
	const void *it = NULL;
	const char *key;
	const struct jsn *member;
	size_t n = 0;

	ASSERT(depth <= JSN_DEPTH_MAX);
	switch (jsn_type(v)) {
	case JSN_STR:
		ASSERT(strlen(jsn_str(v)) == jsn_len(v));
		ASSERT(str_is_utf8(jsn_str(v), jsn_len(v)));
		break;
	case JSN_ARRAY:
		for (size_t i = 0; i < jsn_len(v); i++)
			walk(jsn_at(v, i), depth + 1);
		break;
	case JSN_OBJECT:
		while (jsn_next(v, &it, &key, &member)) {
			ASSERT(str_is_utf8(key, strlen(key)));
			ASSERT(jsn_get(v, key) == member);
			walk(member, depth + 1);
			n++;
		}
		ASSERT(n == jsn_len(v));
		break;
	case JSN_ABSENT:
		ASSERT(!"a value is absent");
		break;
	default:
		ASSERT(!jsn_str(v) && jsn_len(v) == 0);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ctx ctx = {.arena = arena_new(64 << 20, 256 << 20)};
	const struct jsn *v = NULL;
	enum err e = jsn_parse(&ctx, (const char *)data, size, &v);

	if (e) {
		ASSERT(e == E_BAD_REQUEST || e == E_PAYLOAD_TOO_LARGE);
		ASSERT(!v && ctx.message);
	} else {
		walk(v, 0);
	}
	arena_free(ctx.arena);
	return 0;
}
