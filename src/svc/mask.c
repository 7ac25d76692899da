/*
 * mask.c - finds any of many patterns in a stream. A table indexed by a hash
 * of six bytes says which patterns may begin at a place, so ordinary text
 * costs one look-up a byte. Colours wait beside the text that is held, so that
 * no pattern sees them. Used by the worker's log.
 */
#include "svc/mask.h"

#include "base/arena.h"
#include "base/str.h"

#define BUCKETS   8192
#define LINE_MIN  8          /* a line of a secret of several lines */
#define HELD_MAX  (1u << 20) /* the longest form, and a chunk */
#define CHUNK_MAX (64u * 1024)
/* Colours that wait for the text before them; when so many wait for what may
 * become a secret, only the last ones stay. */
#define COLOURS_MAX 256

struct pattern {
	const char *text;
	size_t len;
	struct pattern *next; /* of the same bucket */
	struct pattern *all;
	struct pattern *numbers;
};

struct colour {
	size_t at; /* that many bytes of held stand before it */
	size_t len;
	char text[STR_SGR_MAX];
};

struct mask {
	struct pattern *bucket[BUCKETS];
	struct pattern *all;
	struct pattern *numbers; /* those that could be within a colour */
	bool first[256];         /* some pattern begins with this byte */
	struct buf held;
	size_t hidden; /* that many bytes of held belong to the last mark */
	struct colour colour[COLOURS_MAX]; /* in order */
	size_t colours;
};

static unsigned
hash6(const char *p)
{
	uint64_t v = 0;

	memcpy(&v, p, MASK_MIN);
	return (unsigned)(v * 0x9e3779b97f4a7c15ull >> 51) % BUCKETS;
}

static void
add_n(struct arena *a, struct mask *m, const char *text, size_t len)
{
	struct pattern *p;
	unsigned h;

	if (len < MASK_MIN || len > HELD_MAX - CHUNK_MAX)
		return;
	/* the text is UTF-8: a mark must not cut a character in two */
	if (!str_is_utf8(text, len))
		return;
	h = hash6(text);
	for (p = m->bucket[h]; p; p = p->next) {
		if (p->len == len && memcmp(p->text, text, len) == 0)
			return;
	}
	p = ARENA_NEW(a, struct pattern);
	p->text = arena_strndup(a, text, len);
	p->len = len;
	p->next = m->bucket[h];
	p->all = m->all;
	m->bucket[h] = p;
	m->all = p;
	m->first[(uint8_t)text[0]] = true;
	if (strspn(p->text, "[0123456789:;m") == len) {
		p->numbers = m->numbers;
		m->numbers = p;
	}
}

/* The secret as it appears in base64 of a longer text, skip bytes of which
 * stand before it in its group of three: the characters that it alone
 * decides. */
static void
add_base64(
	struct arena *a, struct mask *m, const char *s, size_t n, size_t skip)
{
	size_t len = skip + n;
	uint8_t *in = arena_alloc(a, len);
	char *out = arena_alloc(a, 4 * ((len + 2) / 3) + 1);
	size_t from = skip ? skip + 1 : 0;
	size_t to = len * 8 / 6;

	memcpy(in + skip, s, n);
	(void)str_b64url(out, in, len); /* its length is known */
	if (to > from)
		add_n(a, m, out + from, to - from);
	for (char *p = out; *p; p++)
		*p = *p == '-' ? '+' : *p == '_' ? '/' : *p;
	if (to > from)
		add_n(a, m, out + from, to - from);
	/* whole, with what its last bits make of the padding */
	if (!skip)
		add_n(a, m, out, strlen(out));
}

static bool
is_unreserved(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
	       (c >= 'A' && c <= 'Z') || c == '-' || c == '_' || c == '.';
}

/* keep: what this encoder leaves as it is besides letters, digits, - _ . */
static void
add_url(struct arena *a, struct mask *m, const char *s, const char *hex,
	const char *keep, bool plus)
{
	char *out = arena_alloc(a, 3 * strlen(s) + 1);
	size_t n = 0;

	for (; *s; s++) {
		uint8_t c = (uint8_t)*s;

		if (is_unreserved(*s) || strchr(keep, *s)) {
			out[n++] = *s;
		} else if (plus && *s == ' ') {
			out[n++] = '+';
		} else {
			out[n++] = '%';
			out[n++] = hex[c >> 4];
			out[n++] = hex[c & 15];
		}
	}
	add_n(a, m, out, n);
}

/* Room for the longest form of a character: \uXXXX\uXXXX takes three bytes of
 * UTF-8 to six, four to twelve. */
static size_t
json_unit(char *out, uint32_t u)
{
	if (u >= 0x10000) {
		u -= 0x10000;
		return (size_t)snprintf(out, 13, "\\u%04x\\u%04x",
			0xd800 + (u >> 10), 0xdc00 + (u & 0x3ff));
	}
	return (size_t)snprintf(out, 13, "\\u%04x", u);
}

/* slash: '/' as \/ (PHP); ascii: everything else as \uXXXX (Python). */
static void
add_json(struct arena *a, struct mask *m, const char *s, bool slash, bool ascii)
{
	static const char from[] = "\n\r\t\b\f\"\\";
	static const char to[] = "nrtbf\"\\";
	char *out = arena_alloc(a, 6 * strlen(s) + 14);
	size_t left = strlen(s);
	size_t n = 0;

	while (left) {
		uint32_t u = (uint8_t)*s;
		size_t len = MAX(str_utf8_char(s, left, &u), (size_t)1);
		const char *hit = strchr(from, *s);

		if (hit || (slash && *s == '/')) {
			out[n++] = '\\';
			out[n++] = hit ? to[hit - from] : '/';
		} else if (u < ' ' || (ascii && len > 1)) {
			n += json_unit(out + n, u);
		} else {
			memcpy(out + n, s, len);
			n += len;
		}
		s += len;
		left -= len;
	}
	add_n(a, m, out, n);
}

static void
add_forms(struct arena *a, struct mask *m, const char *s)
{
	/* encodeURIComponent, curl and Python, form encoding */
	static const char *const keep[] = {"!~*'()", "~", "~/", "*", ""};
	size_t n = strlen(s);

	add_n(a, m, s, n);
	for (size_t skip = 0; skip < 3; skip++)
		add_base64(a, m, s, n, skip);
	for (size_t i = 0; i < NELEM(keep); i++) {
		add_url(a, m, s, "0123456789ABCDEF", keep[i], i == 3);
		add_url(a, m, s, "0123456789abcdef", keep[i], i == 3);
	}
	for (int i = 0; i < 4; i++)
		add_json(a, m, s, i & 1, i & 2);
}

struct mask *
mask_new(struct arena *a, const char *const *secrets, size_t n)
{
	struct mask *m = ARENA_NEW(a, struct mask);

	buf_init(&m->held, HELD_MAX);
	arena_hook(a, (void (*)(void *))buf_done, &m->held);
	for (size_t i = 0; i < n; i++) {
		size_t lines;
		char **line;

		if (strlen(secrets[i]) < MASK_MIN)
			continue;
		add_forms(a, m, secrets[i]);
		line = str_split(a, secrets[i], '\n', &lines);
		for (size_t k = 0; lines > 1 && k < lines; k++) {
			if (strlen(line[k]) >= LINE_MIN)
				add_forms(a, m, line[k]);
		}
	}
	return m;
}

/* The longest pattern that begins at p and lies within n bytes. *ret_more: one
 * that is longer may begin here, once more bytes have come. */
static size_t
match(const struct mask *m, const char *p, size_t n, bool *ret_more)
{
	const struct pattern *x;
	size_t longest = 0;

	*ret_more = false;
	if (!m->first[(uint8_t)*p])
		return 0;
	if (n < MASK_MIN) {
		for (x = m->all; x && !*ret_more; x = x->all)
			*ret_more = memcmp(x->text, p, n) == 0;
		return 0;
	}
	for (x = m->bucket[hash6(p)]; x; x = x->next) {
		if (x->len <= longest || memcmp(x->text, p, MIN(x->len, n)))
			continue;
		if (x->len <= n)
			longest = x->len;
		else
			*ret_more = true;
	}
	return longest;
}

static void
drop_colours(struct mask *m, size_t n)
{
	m->colours -= n;
	memmove(m->colour, m->colour + n, m->colours * sizeof(*m->colour));
}

/* Write held[from, to) and the colours up to there. Those before it come first:
 * they stood in what the last mark hides. */
static void
put(struct mask *m, size_t from, size_t to, struct buf *out)
{
	const char *p = buf_text(&m->held);
	size_t n = 0;

	for (; n < m->colours && m->colour[n].at <= to; n++) {
		size_t at = MAX(m->colour[n].at, from);

		buf_add(out, p + from, at - from);
		buf_add(out, m->colour[n].text, m->colour[n].len);
		from = at;
	}
	buf_add(out, p + from, to - from);
	if (n)
		drop_colours(m, n);
}

/* Decide about what is held; at_end: nothing follows. */
static void
scan(struct mask *m, bool at_end, struct buf *out)
{
	const char *p = m->held.data;
	size_t n = m->held.len;
	size_t i = 0;
	size_t plain = 0; /* from there on nothing was written yet */

	for (i = 0; i < n; i++) {
		bool more;
		size_t len = match(m, p + i, n - i, &more);

		if (more && !at_end)
			break;
		if (len) {
			if (!m->hidden) {
				put(m, plain, i, out);
				buf_str(out, MASK_TEXT);
			}
			m->hidden = MAX(m->hidden, len);
		}
		if (m->hidden) {
			m->hidden--;
			plain = i + 1;
		}
	}
	put(m, plain, i, out);
	buf_consume(&m->held, i);
	for (size_t k = 0; k < m->colours; k++)
		m->colour[k].at -= i;
}

static bool
tells(const struct mask *m, const char *colour, size_t n)
{
	const struct pattern *x = m->numbers;

	while (x && !memmem(colour, n, x->text, x->len))
		x = x->numbers;
	return x != NULL;
}

static void
add_colour(struct mask *m, const char *p, size_t n, struct buf *out)
{
	struct colour *c;

	if (tells(m, p, n))
		return;
	if (m->colours == COLOURS_MAX)
		scan(m, false, out);
	if (m->colours == COLOURS_MAX)
		drop_colours(m, COLOURS_MAX / 2);
	c = &m->colour[m->colours++];
	c->at = m->held.len;
	c->len = n;
	memcpy(c->text, p, n);
}

void
mask_feed(struct mask *m, const char *p, size_t n, struct buf *out)
{
	size_t fresh = 0; /* that much text was not looked at */

	while (n) {
		size_t part = str_sgr_at(p, n);

		if (part) {
			add_colour(m, p, part, out);
		} else {
			part = MIN(str_sgr_find(p, n), CHUNK_MAX - fresh);
			buf_add(&m->held, p, part);
			fresh += part;
		}
		if (fresh == CHUNK_MAX) {
			scan(m, false, out);
			fresh = 0;
		}
		p += part;
		n -= part;
	}
	scan(m, false, out);
}

void
mask_end(struct mask *m, struct buf *out)
{
	scan(m, true, out);
	m->hidden = 0;
}

size_t
mask_held(const struct mask *m)
{
	return m->held.len;
}

const char *
mask_text(struct arena *a, const struct mask *m, const char *text)
{
	struct mask once = *m;
	AUTO_BUF struct buf out = {0};

	buf_init(&once.held, HELD_MAX);
	buf_init(&out, 4 * strlen(text) + 64);
	once.hidden = once.colours = 0;
	mask_feed(&once, text, strlen(text), &out);
	mask_end(&once, &out);
	buf_done(&once.held);
	return arena_strdup(a, buf_text(&out));
}
