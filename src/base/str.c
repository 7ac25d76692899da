/* str.c - strings: conversions, encodings, predicates. No locale anywhere. */
#include "base/str.h"

#include "base/arena.h"

#include <inttypes.h>

#define ALNUM                                                                  \
	"abcdefghijklmnopqrstuvwxyz"                                           \
	"ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool
is_upper(char c)
{
	return c >= 'A' && c <= 'Z';
}

static char
lower(char c)
{
	return is_upper(c) ? (char)(c - 'A' + 'a') : c;
}

static bool
is_blank(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

/* The value of a hex digit, -1 for others. */
static int
hex_value(char c)
{
	if (is_digit(c))
		return c - '0';
	c = lower(c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool
str_copy(char *dst, size_t size, const char *src)
{
	size_t n = strlen(src);
	size_t copied;

	ASSERT(size > 0);
	copied = MIN(n, size - 1);
	memcpy(dst, src, copied);
	dst[copied] = '\0';
	return copied == n;
}

bool
str_eq(const char *a, const char *b)
{
	if (!a || !b)
		return a == b;
	return strcmp(a, b) == 0;
}

bool
str_eq_ci(const char *a, const char *b)
{
	if (!a || !b)
		return a == b;
	while (*a && lower(*a) == lower(*b)) {
		a++;
		b++;
	}
	return lower(*a) == lower(*b);
}

bool
str_starts(const char *s, const char *prefix)
{
	return strncmp(s, prefix, strlen(prefix)) == 0;
}

bool
str_ends(const char *s, const char *suffix)
{
	size_t n = strlen(s);
	size_t m = strlen(suffix);

	return n >= m && memcmp(s + n - m, suffix, m) == 0;
}

bool
str_to_i64(const char *s, int64_t min, int64_t max, int64_t *ret)
{
	bool minus = s[0] == '-';
	const char *p = s + minus;
	int64_t v = 0;

	if (!is_digit(*p) || (*p == '0' && (p[1] || minus)))
		return false;
	/* downwards, because INT64_MIN has no positive counterpart */
	for (; *p; p++) {
		if (!is_digit(*p) || __builtin_mul_overflow(v, 10, &v) ||
			__builtin_sub_overflow(v, *p - '0', &v))
			return false;
	}
	if (!minus && __builtin_sub_overflow(INT64_C(0), v, &v))
		return false;
	if (v < min || v > max)
		return false;
	*ret = v;
	return true;
}

const char *
str_from_i64(struct arena *a, int64_t v)
{
	return arena_printf(a, "%" PRId64, v);
}

char **
str_split(struct arena *a, const char *s, char sep, size_t *ret_n)
{
	size_t n = 1;
	char **parts;

	for (const char *p = s; *p; p++)
		n += *p == sep;
	parts = arena_array(a, n + 1, sizeof(*parts));
	for (size_t i = 0; i < n; i++) {
		const char *end = strchr(s, sep);
		size_t len = i + 1 < n ? (size_t)(end - s) : strlen(s);

		parts[i] = arena_strndup(a, s, len);
		s += len + 1;
	}
	if (ret_n)
		*ret_n = n;
	return parts;
}

char *
str_trim(struct arena *a, const char *s)
{
	size_t n;

	while (is_blank(*s))
		s++;
	n = strlen(s);
	while (n && is_blank(s[n - 1]))
		n--;
	return arena_strndup(a, s, n);
}

char *
str_lower(struct arena *a, const char *s)
{
	char *d = arena_strdup(a, s);

	for (char *p = d; *p; p++)
		*p = lower(*p);
	return d;
}

bool
str_is_uuid(const char *s)
{
	for (int i = 0; i < 36; i++) {
		bool dash = i == 8 || i == 13 || i == 18 || i == 23;

		if (dash ? s[i] != '-' : hex_value(s[i]) < 0)
			return false;
	}
	return s[36] == '\0';
}

static bool
is_tail(unsigned char c)
{
	return (c & 0xc0) == 0x80;
}

size_t
str_utf8_at(const char *s, size_t n)
{
	const unsigned char *u = (const unsigned char *)s;

	if (n < 1)
		return 0;
	if (u[0] < 0x80)
		return 1;
	if (n < 2 || u[0] < 0xc2 || u[0] > 0xf4 || !is_tail(u[1]))
		return 0;
	if (u[0] < 0xe0)
		return 2;
	/* overlong forms, surrogates, and what lies above U+10FFFF */
	if ((u[0] == 0xe0 && u[1] < 0xa0) || (u[0] == 0xed && u[1] > 0x9f) ||
		(u[0] == 0xf0 && u[1] < 0x90) || (u[0] == 0xf4 && u[1] > 0x8f))
		return 0;
	if (n < 3 || !is_tail(u[2]))
		return 0;
	if (u[0] < 0xf0)
		return 3;
	return n >= 4 && is_tail(u[3]) ? 4 : 0;
}

size_t
str_utf8_char(const char *s, size_t n, uint32_t *ret)
{
	static const uint8_t lead[] = {0, 0x7f, 0x1f, 0x0f, 0x07};
	size_t len = str_utf8_at(s, n);
	uint32_t u;

	if (!len)
		return 0;
	u = (uint8_t)s[0] & lead[len];
	for (size_t i = 1; i < len; i++)
		u = u << 6 | ((uint8_t)s[i] & 0x3f);
	*ret = u;
	return len;
}

bool
str_is_utf8(const char *s, size_t n)
{
	while (n) {
		size_t len = str_utf8_at(s, n);

		if (!len)
			return false;
		s += len;
		n -= len;
	}
	return true;
}

size_t
str_utf8_cut(const char *s, size_t n, size_t max)
{
	size_t cut = max;

	if (n <= max)
		return n;
	/* a character has at most three bytes behind its first */
	for (int i = 0; i < 3 && cut && is_tail((unsigned char)s[cut]); i++)
		cut--;
	/* tails without a head are no characters: then any border is one */
	return is_tail((unsigned char)s[cut]) ? max : cut;
}

size_t
str_sgr_at(const char *s, size_t n)
{
	n = MIN(n, (size_t)STR_SGR_MAX);
	if (n < 3 || s[0] != '\x1b' || s[1] != '[')
		return 0;
	for (size_t i = 2; i < n; i++) {
		if (s[i] == 'm')
			return i + 1;
		if (s[i] < '0' || s[i] > ';')
			return 0;
	}
	return 0;
}

size_t
str_sgr_find(const char *s, size_t n)
{
	size_t i = 0;

	while (i < n) {
		const char *esc = memchr(s + i, '\x1b', n - i);

		if (!esc)
			return n;
		i = (size_t)(esc - s);
		if (str_sgr_at(esc, n - i))
			return i;
		i++;
	}
	return n;
}

bool
str_has_control(const char *s)
{
	size_t n = strlen(s);

	while (n) {
		const unsigned char *u = (const unsigned char *)s;
		size_t len = str_utf8_at(s, n);

		if (*u < 0x20 || *u == 0x7f)
			return true;
		if (len == 2 && u[0] == 0xc2 && u[1] < 0xa0)
			return true;
		/* C1 as bare bytes, for terminals that are not UTF-8 */
		if (len == 0 && *u >= 0x80 && *u < 0xa0)
			return true;
		len = MAX(len, (size_t)1);
		s += len;
		n -= len;
	}
	return false;
}

/* The three bytes of U+2028 ... U+2069, or two of U+061C. */
static bool
is_bidi(const unsigned char *u, size_t len)
{
	if (len == 2)
		return u[0] == 0xd8 && u[1] == 0x9c;
	if (len != 3 || u[0] != 0xe2)
		return false;
	if (u[1] == 0x80)
		return u[2] == 0x8e || u[2] == 0x8f ||
		       (u[2] >= 0xa8 && u[2] <= 0xae);
	return u[1] == 0x81 && u[2] >= 0xa6 && u[2] <= 0xa9;
}

bool
str_has_bidi(const char *s)
{
	size_t n = strlen(s);

	while (n) {
		size_t len = str_utf8_at(s, n);

		if (is_bidi((const unsigned char *)s, len))
			return true;
		len = MAX(len, (size_t)1);
		s += len;
		n -= len;
	}
	return false;
}

char *
str_plain(struct arena *a, const char *s, size_t max)
{
	size_t n = str_utf8_cut(s, strnlen(s, max + 1), max);
	char *out = arena_alloc(a, n + 1);
	char *p = out;

	while (n) {
		const unsigned char *u = (const unsigned char *)s;
		size_t len = str_utf8_at(s, n);
		bool bad = len == 0 || *u < 0x20 || *u == 0x7f ||
			   (len == 2 && u[0] == 0xc2 && u[1] < 0xa0) ||
			   is_bidi(u, len);

		if (bad)
			*p++ = '?';
		else
			for (size_t i = 0; i < len; i++)
				*p++ = s[i];
		len = MAX(len, (size_t)1);
		s += len;
		n -= len;
	}
	return out;
}

void
str_hex(char *dst, const void *p, size_t n)
{
	static const char digits[] = "0123456789abcdef";
	const unsigned char *u = p;

	for (size_t i = 0; i < n; i++) {
		*dst++ = digits[u[i] >> 4];
		*dst++ = digits[u[i] & 15];
	}
	*dst = '\0';
}

size_t
str_b64url(char *dst, const void *p, size_t n)
{
	static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				       "abcdefghijklmnopqrstuvwxyz"
				       "0123456789-_";
	const unsigned char *u = p;
	char *to = dst;
	unsigned bits = 0;
	int have = 0;

	for (size_t i = 0; i < n; i++) {
		bits = (bits << 8 | u[i]) & 0xffff;
		have += 8;
		while (have >= 6) {
			have -= 6;
			*to++ = alphabet[bits >> have & 63];
		}
	}
	if (have)
		*to++ = alphabet[bits << (6 - have) & 63];
	*to = '\0';
	return (size_t)(to - dst);
}

static int
b64url_value(char c)
{
	if (is_upper(c))
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (is_digit(c))
		return c - '0' + 52;
	if (c == '-')
		return 62;
	return c == '_' ? 63 : -1;
}

ptrdiff_t
str_unb64url(void *dst, const char *s, size_t n)
{
	unsigned char *to = dst;
	unsigned bits = 0;
	int have = 0;

	if (n % 4 == 1)
		return -1;
	for (size_t i = 0; i < n; i++) {
		int v = b64url_value(s[i]);

		if (v < 0)
			return -1;
		bits = (bits << 6 | (unsigned)v) & 0xffff;
		have += 6;
		if (have >= 8) {
			have -= 8;
			*to++ = (unsigned char)(bits >> have);
		}
	}
	/* a second spelling of the same bytes would break comparisons */
	if (bits & ((1U << have) - 1))
		return -1;
	return to - (unsigned char *)dst;
}

bool
str_unescape(char *s, bool plus)
{
	const char *from = s;
	char *to = s;

	for (; *from; from++) {
		int high;
		int low;

		if (*from == '+' && plus) {
			*to++ = ' ';
			continue;
		}
		if (*from != '%') {
			*to++ = *from;
			continue;
		}
		high = hex_value(from[1]);
		low = high < 0 ? -1 : hex_value(from[2]);
		if (low < 0 || high + low == 0)
			return false;
		*to++ = (char)(high << 4 | low);
		from += 2;
	}
	*to = '\0';
	return str_is_utf8(s, (size_t)(to - s));
}

bool
str_snake(char *dst, size_t n, const char *camel)
{
	size_t at = 0;

	for (const char *p = camel; *p; p++) {
		if (is_upper(*p) && p != camel) {
			if (at + 1 >= n)
				return false;
			dst[at++] = '_';
		}
		if (at + 1 >= n)
			return false;
		dst[at++] = lower(*p);
	}
	if (at >= n)
		return false;
	dst[at] = '\0';
	return true;
}

const char *
str_escape(struct arena *a, const char *s)
{
	static const char hex[] = "0123456789ABCDEF";
	char *dst = arena_alloc(a, 3 * strlen(s) + 1);
	size_t n = 0;

	for (; *s; s++) {
		unsigned char c = (unsigned char)*s;

		if (strchr(ALNUM "-._~", c)) {
			dst[n++] = *s;
		} else {
			dst[n++] = '%';
			dst[n++] = hex[c >> 4];
			dst[n++] = hex[c & 15];
		}
	}
	return dst;
}

/* Labels of a host name: letters, digits, inner hyphens; at least two. */
static bool
is_domain(const char *s)
{
	int dots = 0;

	for (;;) {
		size_t n = strspn(s, ALNUM "-");

		if (n == 0 || n > 63 || s[0] == '-' || s[n - 1] == '-')
			return false;
		if (s[n] == '\0')
			return dots > 0;
		if (s[n] != '.')
			return false;
		dots++;
		s += n + 1;
	}
}

const char *
str_email(struct arena *a, const char *s)
{
	char *t = str_lower(a, str_trim(a, s));
	size_t local = strspn(t, ALNUM "!#$%&'*+-/=?^_`{|}~.");

	if (strlen(t) > 254 || local == 0 || local > 64 || t[local] != '@' ||
		!is_domain(t + local + 1))
		return NULL;
	if (t[0] == '.' || t[local - 1] == '.' || strstr(t, ".."))
		return NULL;
	return t;
}
