/* fuzz_jw.c - any bytes as a JSON string: always valid, always on one line. */
#include "fuzz.h"

#include "base/jw.h"
#include "base/str.h"

/* Whether s is what may stand between the quotes of a JSON string. */
static bool
is_json_text(const char *s)
{
	for (; *s; s++) {
		if (*s == '"')
			return false;
		if (*s != '\\')
			continue;
		s++;
		if (*s == 'u') {
			if (strspn(s + 1, "0123456789abcdef") < 4)
				return false;
			s += 4;
		} else if (!*s || !strchr("\"\\nrt", *s)) {
			return false;
		}
	}
	return true;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO_BUF struct buf b = {0};

	buf_init(&b, size * 6);
	jw_escape(&b, (const char *)data, size);
	ASSERT(!b.full);
	ASSERT(strlen(buf_text(&b)) == b.len);
	ASSERT(str_is_utf8(buf_text(&b), b.len));
	ASSERT(!str_has_control(buf_text(&b)));
	ASSERT(!strstr(buf_text(&b), "\xe2\x80\xae")); /* U+202E */
	ASSERT(is_json_text(buf_text(&b)));
	/* text without anything special is left alone */
	if (size && str_is_utf8((const char *)data, size) && b.len == size)
		ASSERT(memcmp(b.data, data, size) == 0);
	buf_done(&b);
	return 0;
}
