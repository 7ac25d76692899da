/* wordlist.c - compares as the bytes come, so no line is ever too long. */
#include "svc/wordlist.h"

static char
lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static void
line_end(struct wordlist *w)
{
	if (w->at > 0 && !w->differs && w->word[w->at] == '\0')
		w->found = true;
	w->at = 0;
	w->differs = false;
}

static void
line_byte(struct wordlist *w, char c)
{
	bool comment = w->at == 0 && c == '#';

	if (w->differs || c == '\r')
		return;
	if (comment || w->word[w->at] == '\0' ||
		lower(c) != lower(w->word[w->at]))
		w->differs = true;
	else
		w->at++;
}

void
wordlist_feed(struct wordlist *w, const char *p, size_t n)
{
	for (size_t i = 0; i < n && !w->found; i++) {
		if (p[i] == '\n')
			line_end(w);
		else
			line_byte(w, p[i]);
	}
}

bool
wordlist_end(struct wordlist *w)
{
	if (!w->found)
		line_end(w);
	return w->found;
}
