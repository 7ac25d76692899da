/*
 * str.h - strings: checked conversions, encodings, small predicates. Nothing
 * here allocates but what takes an arena.
 */
#ifndef AS_STR_H
#define AS_STR_H

#include "base/base.h"

struct arena;

/* Copy into a fixed array, always terminated; false when it was cut. */
bool str_copy(char *dst, size_t size, const char *src);
bool str_eq(const char *a, const char *b);    /* NULL equals only NULL */
bool str_eq_ci(const char *a, const char *b); /* ASCII case */
bool str_starts(const char *s, const char *prefix);
bool str_ends(const char *s, const char *suffix);

/* The whole of s is a decimal integer within [min, max]; *ret is set only
 * then. No blanks, no '+', no leading zeros but "0" itself. */
MUST bool str_to_i64(const char *s, int64_t min, int64_t max, int64_t *ret);
const char *str_from_i64(struct arena *a, int64_t v);

/* Split s at sep into an arena array ended by NULL; empty parts are kept. */
char **str_split(struct arena *a, const char *s, char sep, size_t *ret_n);
char *str_trim(struct arena *a, const char *s);
char *str_lower(struct arena *a, const char *s); /* ASCII */

bool str_is_uuid(const char *s); /* 8-4-4-4-12 hex, lower or upper case */
/* RFC 3629: no surrogates, no overlong forms. */
bool str_is_utf8(const char *s, size_t n);
/* Length (1-4) of the well-formed UTF-8 character at s, 0 when there is none
 * within n bytes. */
size_t str_utf8_at(const char *s, size_t n);
/* The same, and which character it is; *ret is set only when there is one. */
size_t str_utf8_char(const char *s, size_t n, uint32_t *ret);
/* The most bytes of s (n long), but not over max, that end on a border between
 * characters. */
size_t str_utf8_cut(const char *s, size_t n, size_t max);
/* Colours and the like for terminals (SGR): ESC [, digits ; : and m, at most
 * STR_SGR_MAX bytes in all. The length of such a sequence at s, 0 when there is
 * none within n bytes. */
#define STR_SGR_MAX 64
size_t str_sgr_at(const char *s, size_t n);
/* How many bytes of s stand before the first one; n when there is none. */
size_t str_sgr_find(const char *s, size_t n);
bool str_has_control(const char *s); /* C0 (tab and newline too), DEL, C1 */
/* Characters that turn the direction of text or break lines: U+061C,
 * U+200E-200F, U+2028-202E, U+2066-2069. */
bool str_has_bidi(const char *s);
/* A copy that neither a log nor a terminal obeys: control and direction
 * characters and invalid bytes become '?'; at most max bytes of s. */
char *str_plain(struct arena *a, const char *s, size_t max);

/* dst must hold 2n + 1. */
void str_hex(char *dst, const void *p, size_t n);
/* base64url without padding (RFC 4648 section 5). dst must hold
 * 4 * ((n + 2) / 3) + 1; returns the length. */
size_t str_b64url(char *dst, const void *p, size_t n);
/* Strict inverse: refuses padding, blanks, other alphabets and trailing bits
 * that are not zero. Returns the byte count, or -1. dst must hold
 * 3 * n / 4 + 1. */
ptrdiff_t str_unb64url(void *dst, const char *s, size_t n);
/* %XX decoding of a path segment or query part in place; '+' becomes a blank
 * where plus is true. False on a bad escape, NUL or invalid UTF-8. */
MUST bool str_unescape(char *s, bool plus);
/* %XX encoding of all but RFC 3986's unreserved characters. */
const char *str_escape(struct arena *a, const char *s);
/* An account's address in its one form, trimmed and lower case, or NULL when
 * it is none. ASCII only: look-alike letters cannot make two accounts that
 * seem one, and nothing that could split a mail header gets through. */
const char *str_email(struct arena *a, const char *s);
/* camelCase -> snake_case; dst of size n. */
bool str_snake(char *dst, size_t n, const char *camel);

#endif
