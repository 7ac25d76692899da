/*
 * logclean.c - a small state machine over UTF-8 and terminal sequences. Used
 * by the worker's log; knows nothing of lines' length, secrets or storage.
 */
#include "svc/logclean.h"

#define SEQUENCE_MAX 4096
#define ESC          0x1b
#define NO_COLOUR    STR_SGR_MAX /* nparams of what cannot be one */

enum state {
	TEXT,
	ESCAPE,    /* after ESC */
	NF,        /* ESC and intermediate bytes: ends with 0x30-0x7e */
	CSI,       /* ESC [ : ends with 0x40-0x7e */
	STRING,    /* ESC ] P X ^ _ : ends with BEL or ST */
	STRING_ESC /* ESC inside a string: ST follows, or it was no ST */
};

static void
replacement(struct buf *out)
{
	buf_add(out, "\xef\xbf\xbd", 3);
}

/* Controls that make a reader see another text than what is there. */
static bool
is_deceptive(uint32_t u)
{
	return u == 0x061c || u == 0x200e || u == 0x200f ||
	       (u >= 0x2028 && u <= 0x202e) || (u >= 0x2066 && u <= 0x2069) ||
	       u == 0xfeff || (u >= 0xfff9 && u <= 0xfffb) ||
	       (u >= 0xe0000 && u <= 0xe007f);
}

static enum state
after_escape(uint32_t u)
{
	if (u == '[')
		return CSI;
	if (u == ']' || u == 'P' || u == 'X' || u == '^' || u == '_')
		return STRING;
	return u >= 0x20 && u <= 0x2f ? NF : TEXT;
}

/* The C1 forms of the same introducers. */
static enum state
after_c1(uint32_t u)
{
	if (u == 0x9b)
		return CSI;
	if (u == 0x9d || u == 0x90 || u == 0x98 || u == 0x9e || u == 0x9f)
		return STRING;
	return TEXT;
}

static void
enter(struct logclean *c, enum state s)
{
	c->state = s;
	c->nparams = c->colours ? 0 : NO_COLOUR;
}

/* One character of a CSI sequence, which may turn out to be a colour. */
static void
in_colour(struct logclean *c, uint32_t u, struct buf *out)
{
	char text[STR_SGR_MAX] = "\x1b[";

	if (u >= '0' && u <= ';' && c->nparams < sizeof(c->params)) {
		c->params[c->nparams++] = (char)u;
	} else if (u == 'm' && c->nparams != NO_COLOUR) {
		memcpy(text + 2, c->params, c->nparams);
		text[2 + c->nparams] = 'm';
		buf_add(out, text, 3 + c->nparams);
	} else {
		c->nparams = NO_COLOUR;
	}
}

/* One character inside a sequence. False: it does not belong to it and is to
 * be read as text. */
static bool
in_sequence(struct logclean *c, uint32_t u, struct buf *out)
{
	if (u == '\n' || u == '\r' || ++c->skipped > SEQUENCE_MAX) {
		c->state = TEXT;
		return false;
	}
	switch ((enum state)c->state) {
	case ESCAPE:
		enter(c, u == ESC ? ESCAPE : after_escape(u));
		return u >= 0x20 && u <= 0x7e;
	case NF:
	case CSI:
		if (c->state == CSI)
			in_colour(c, u, out);
		if (u == ESC)
			c->state = ESCAPE;
		else if (u >= (c->state == CSI ? 0x40U : 0x30U))
			c->state = TEXT;
		return u <= 0x7e;
	case STRING:
	case STRING_ESC:
		if (u == 0x07 || u == 0x9c ||
			(c->state == STRING_ESC && u == '\\'))
			c->state = TEXT;
		else
			c->state = u == ESC ? STRING_ESC : STRING;
		return true;
	case TEXT:
		break;
	}
	return false;
}

/* One character that was well-formed; s holds its n bytes. */
static void
take(struct logclean *c, uint32_t u, const uint8_t *s, size_t n,
	struct buf *out)
{
	bool after_cr = c->cr;

	c->cr = false;
	if (c->state != TEXT && in_sequence(c, u, out))
		return;
	if (u == '\n' || u == '\r') {
		if (!(u == '\n' && after_cr))
			buf_char(out, '\n');
		c->cr = u == '\r';
	} else if (u == ESC || (u >= 0x80 && u < 0xa0 && after_c1(u))) {
		enter(c, u == ESC ? ESCAPE : after_c1(u));
		c->skipped = 0;
	} else if ((u < 0x20 && u != '\t') || (u >= 0x7f && u < 0xa0) ||
		   is_deceptive(u)) {
		replacement(out);
	} else {
		buf_add(out, s, n);
	}
}

/* How many bytes the character that begins with b needs; 0: none does. */
static size_t
length_of(uint8_t b)
{
	if (b < 0x80)
		return 1;
	if (b >= 0xc2 && b <= 0xdf)
		return 2;
	if (b >= 0xe0 && b <= 0xef)
		return 3;
	return b >= 0xf0 && b <= 0xf4 ? 4 : 0;
}

static void
invalid(struct logclean *c, struct buf *out)
{
	c->cr = false;
	c->nparams = NO_COLOUR;
	if (c->state == TEXT || ++c->skipped > SEQUENCE_MAX) {
		c->state = TEXT;
		replacement(out);
	}
}

/* The first byte of part[] begins no character: it goes, the rest is looked
 * at again. */
static void
settle(struct logclean *c, struct buf *out, bool at_end)
{
	while (c->nparts) {
		size_t need = length_of(c->part[0]);
		size_t used = need;
		uint32_t u;

		/* a byte that cannot follow shows at once, not at the end */
		for (size_t i = 1; need && i < c->nparts; i++) {
			if ((c->part[i] & 0xc0) != 0x80)
				need = 0;
		}
		if (need > c->nparts && !at_end)
			return;
		if (need && need <= c->nparts &&
			str_utf8_char((const char *)c->part, need, &u)) {
			take(c, u, c->part, need, out);
		} else {
			invalid(c, out);
			used = 1;
		}
		c->nparts -= used;
		memmove(c->part, c->part + used, c->nparts);
	}
}

void
logclean_feed(struct logclean *c, const char *p, size_t n, struct buf *out)
{
	for (size_t i = 0; i < n; i++) {
		size_t run = 0;

		/* most of a log is plain ASCII */
		while (c->state == TEXT && !c->nparts && i + run < n &&
			p[i + run] >= ' ' && p[i + run] <= '~')
			run++;
		if (run) {
			buf_add(out, p + i, run);
			c->cr = false;
			i += run;
			if (i == n)
				return;
		}
		c->part[c->nparts++] = (uint8_t)p[i];
		settle(c, out, false);
	}
}

void
logclean_end(struct logclean *c, struct buf *out)
{
	settle(c, out, true);
	*c = (struct logclean){.colours = c->colours};
}
