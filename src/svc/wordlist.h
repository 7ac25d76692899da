/*
 * wordlist.h - is a word a line of a text? The text comes in pieces and may be
 * of any size; nothing of it is kept. Lines that begin with '#' are comments;
 * ASCII case and carriage returns do not count, an empty line is no word.
 */
#ifndef AS_SVC_WORDLIST_H
#define AS_SVC_WORDLIST_H

#include "base/base.h"

/* Begins as {.word = WORD}. */
struct wordlist {
	const char *word;
	size_t at;    /* bytes of the present line that agreed */
	bool differs; /* the present line does */
	bool found;
};

void wordlist_feed(struct wordlist *w, const char *p, size_t n);
/* The last line may lack its end. True when the word was there. */
bool wordlist_end(struct wordlist *w);

#endif
