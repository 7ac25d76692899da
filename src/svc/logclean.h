/*
 * logclean.h - makes bytes from strangers harmless before they become log
 * lines (SECURITY.md LOG-3). A stream filter: what comes out does not depend
 * on how the input was cut. Called by the worker.
 */
#ifndef AS_SVC_LOGCLEAN_H
#define AS_SVC_LOGCLEAN_H

#include "base/base.h"
#include "base/buf.h"
#include "base/str.h"

/* Zeroed is ready for use. */
struct logclean {
	bool colours; /* for the user to set: keep colours */
	int state;
	size_t skipped;               /* bytes of the escape sequence so far */
	char params[STR_SGR_MAX - 3]; /* of what may be a colour */
	size_t nparams;
	uint8_t part[4]; /* a character that is not complete yet */
	size_t nparts;
	bool cr; /* a CR came: LF after it is the same line end */
};

/* Append to out, as valid UTF-8:
 * - CR, LF and CRLF become LF; tab stays;
 * - terminal sequences (ESC [ ..., ESC ] ... and the like, also by their C1
 *   forms) are dropped; one that does not end within its line or 4096 bytes
 *   ends there; with `colours` those that str_sgr_at() knows stay, in that one
 *   form and each by one addition to out;
 * - other C0 and C1 controls, DEL, invalid UTF-8 (a byte each), bidirectional
 *   controls and the line separators U+2028/2029 become U+FFFD. */
void logclean_feed(
	struct logclean *c, const char *p, size_t n, struct buf *out);
/* The end of the input: what was incomplete becomes U+FFFD. */
void logclean_end(struct logclean *c, struct buf *out);

#endif
