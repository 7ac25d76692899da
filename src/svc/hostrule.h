/*
 * hostrule.h - which hosts may be asked on behalf of somebody else: how a host
 * and a port are written, and the lists of the configuration. For giturl.c
 * and hookurl.c, which know the rest of an address; nothing is resolved here.
 */
#ifndef AS_SVC_HOSTRULE_H
#define AS_SVC_HOSTRULE_H

#include "base/base.h"

struct arena;
struct sockaddr_in;

/* Lists of the configuration: words separated by commas. */
struct hostrule {
	const char *hosts;  /* names, *.suffix, or * for every public name */
	const char *closed; /* name or name:port that may be private */
	const char *ports;  /* besides the scheme's own */
};

struct hostport {
	const char *host; /* lower case: a name or a dotted quad */
	unsigned port;
	const char *rest; /* what follows: "" or from the first / or ? on */
};

static inline bool
hostrule_alnum(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
	       (c >= 'A' && c <= 'Z');
}

/* Take "host[:port]" off the beginning of text; own is the scheme's port. No
 * user, no brackets, labels of letters, digits and inner hyphens. NULL when it
 * has that form, else why not. */
const char *hostrule_split(
	struct arena *a, const char *text, unsigned own, struct hostport *ret);

/* Judge a host and port of that form. *ret_local: `closed` names it, so any
 * address of it is fine. NULL when it may be asked, else why not. A dotted
 * quad is judged by egress_refused(), other spellings of an address are
 * refused. */
const char *hostrule_judge(struct arena *a, const struct hostrule *rule,
	const struct hostport *hp, unsigned own, bool *ret_local);

/* The canonical dotted quad and nothing else. */
bool hostrule_address(const char *host, struct sockaddr_in *ret);

/* Whether a list of words has this one. */
bool hostrule_in_words(struct arena *a, const char *list, const char *word);

#endif
