/* mime.c - see mime.h. Used by svc/mail.c. */
#include "svc/mime.h"

#include "base/arena.h"
#include "base/str.h"

#define LINE_MAX_7BIT 998 /* RFC 5322, 2.1.1 */
#define QP_LINE       75  /* RFC 2045, 6.7: 76 with the "=" at its end */
#define WORD_BYTES    45  /* 60 of base64 and the frame: below 75 */
#define WRAP          72

/* ---- texts of strangers ---- */

static bool
is_blank(uint32_t c)
{
	return c <= 0x20 || (c >= 0x7f && c <= 0xa0) || c == 0x2028 ||
	       c == 0x2029;
}

/* Marks that change how the text around them is shown, and nothing else. */
static bool
is_unseen(uint32_t c)
{
	return c == 0xad || c == 0x61c || c == 0x180e || c == 0x200b ||
	       c == 0x200e || c == 0x200f || (c >= 0x202a && c <= 0x202e) ||
	       (c >= 0x2060 && c <= 0x206f) || c == 0xfeff ||
	       (c >= 0xfff9 && c <= 0xfffb) || (c >= 0xe0000 && c <= 0xe007f);
}

const char *
mime_line(struct arena *a, const char *s, size_t max)
{
	size_t left = strlen(s);
	char *out = arena_alloc(a, left + sizeof("\u2026"));
	bool blank = false;
	size_t chars = 0;
	size_t used = 0;

	while (left > 0) {
		uint32_t c = '?';
		size_t n = str_utf8_char(s, left, &c);
		const char *p = n ? s : "?";

		n = MAX(n, (size_t)1);
		if (is_blank(c)) {
			blank = used > 0;
		} else if (!is_unseen(c)) {
			if (chars + blank + 1 > max) {
				memcpy(out + used, "\u2026", sizeof("\u2026"));
				return out;
			}
			if (blank)
				out[used++] = ' ';
			memcpy(out + used, p, n);
			used += n;
			chars += 1 + blank;
			blank = false;
		}
		s += n;
		left -= n;
	}
	return out;
}

/* Whether what begins here can go on a host's name, a path or a port. */
static bool
goes_on(char c)
{
	return (unsigned char)c >= 0x80 || (c >= 'a' && c <= 'z') ||
	       (c >= 'A' && c <= 'Z') || c == '/' || c == '[';
}

const char *
mime_unlinked(struct arena *a, const char *s)
{
	char *out = arena_strdup(a, s);

	for (char *p = out; *p; p++) {
		if (*p == '/' || *p == '\\' || *p == '@' ||
			((*p == '.' || *p == ':') && goes_on(p[1])))
			*p = ' ';
	}
	return mime_line(a, out, strlen(out));
}

/* ---- headers ---- */

static bool
is_plain(const char *s, size_t max)
{
	size_t n = 0;

	for (; s[n]; n++) {
		if (s[n] < 0x20 || s[n] > 0x7e)
			return false;
	}
	return n <= max && !strstr(s, "=?");
}

static void
encoded_word(struct buf *b, const char *p, size_t n)
{
	char text[4 * ((WORD_BYTES + 2) / 3) + 1];
	size_t len = str_b64url(text, p, n);

	for (size_t i = 0; i < len; i++)
		text[i] = text[i] == '-' ? '+' : text[i] == '_' ? '/' : text[i];
	buf_str(b, "=?UTF-8?B?");
	buf_add(b, text, len);
	buf_str(b, &"=="[len % 4 ? len % 4 - 2 : 2]);
	buf_str(b, "?=");
}

void
mime_header(struct buf *b, const char *name, const char *text)
{
	size_t left = strlen(text);

	buf_printf(b, "%s: ", name);
	if (is_plain(text, WRAP - strlen(name))) {
		buf_str(b, text);
	} else {
		while (left > 0) {
			size_t n = str_utf8_cut(text, left, WORD_BYTES);

			encoded_word(b, text, n);
			text += n;
			left -= n;
			if (left > 0)
				buf_str(b, "\r\n ");
		}
	}
	buf_str(b, "\r\n");
}

bool
mime_is_address(const char *s)
{
	const char *at = strchr(s, '@');

	if (!at || at == s || !at[1] || strchr(at + 1, '@') || strlen(s) > 254)
		return false;
	for (; *s; s++) {
		if (*s <= 0x20 || *s > 0x7e || strchr("()<>,;:\\\"", *s))
			return false;
	}
	return true;
}

/* ---- bodies ---- */

static bool
is_7bit(const char *s)
{
	for (;;) {
		size_t n = strcspn(s, "\n");

		if (n > LINE_MAX_7BIT)
			return false;
		for (size_t i = 0; i < n; i++) {
			if (s[i] < 0x20 || s[i] > 0x7e)
				return false;
		}
		if (!s[n])
			return true;
		s += n + 1;
	}
}

/* One line. No character is torn by a soft break: some readers decode line
 * by line. */
static void
quote_line(struct buf *b, const char *s, size_t n)
{
	size_t col = 0;

	while (n > 0) {
		size_t len = MAX(str_utf8_at(s, n), (size_t)1);
		unsigned char c = (unsigned char)*s;
		bool plain = (c > 0x20 && c < 0x7f && c != '=') ||
			     (c == ' ' && n > 1);
		size_t width = plain ? 1 : 3 * len;

		if (col + width > QP_LINE) {
			buf_str(b, "=\r\n");
			col = 0;
		}
		for (size_t i = 0; i < len; i++) {
			if (plain)
				buf_char(b, s[i]);
			else
				buf_printf(b, "=%02X", (unsigned char)s[i]);
		}
		col += width;
		s += len;
		n -= len;
	}
}

void
mime_body(struct buf *b, const char *type, const char *text)
{
	bool plain = is_7bit(text);

	buf_printf(b,
		"Content-Type: %s; charset=utf-8\r\n"
		"Content-Transfer-Encoding: %s\r\n\r\n",
		type, plain ? "7bit" : "quoted-printable");
	for (;;) {
		size_t n = strcspn(text, "\n");

		if (plain)
			buf_add(b, text, n);
		else
			quote_line(b, text, n);
		buf_str(b, "\r\n");
		if (!text[n] || !text[n + 1])
			return;
		text += n + 1;
	}
}

void
mime_html(struct buf *b, const char *text)
{
	for (; *text; text++) {
		switch (*text) {
		case '&':
			buf_str(b, "&amp;");
			break;
		case '<':
			buf_str(b, "&lt;");
			break;
		case '>':
			buf_str(b, "&gt;");
			break;
		case '"':
			buf_str(b, "&quot;");
			break;
		case '\'':
			buf_str(b, "&#39;");
			break;
		default:
			buf_char(b, *text);
		}
	}
}

void
mime_wrap(struct buf *b, const char *text)
{
	size_t col = 0;

	while (*text) {
		size_t n = strcspn(text, " ");

		if (col > 0 && col + 1 + n > WRAP) {
			buf_char(b, '\n');
			col = 0;
		} else if (col > 0) {
			buf_char(b, ' ');
			col++;
		}
		buf_add(b, text, n);
		col += n;
		text += n;
		text += strspn(text, " ");
	}
}
