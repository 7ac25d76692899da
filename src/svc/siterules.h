/*
 * siterules.h - the two files that a build may leave at the top of its output:
 * _redirects and _headers, as other hosts of static sites know them. publish.c
 * reads them and has them written as one file, .rules, that nginx/site-rules.js
 * looks into. Nothing here is a pattern of a regular expression: every match
 * takes linear time.
 *
 * _redirects: a rule a line, `from to [status]`, blanks between; the first rule
 * that fits wins, but a file of that name wins over a rule whose status has no
 * `!`.
 * - from is a path of this site without a query. A part `:name` stands for any
 *   one part; one `*`, for the rest or up to what follows it. A slash at the end
 *   does not matter.
 * - to is a path of this site or an http(s) URL; `:name` and `:splat` put in
 *   what was found, not into a URL's host. Other `:words` stay as they are.
 * - status is 301 (when none is given), 302, 303, 307, 308: sent there, with
 *   the request's query unless `to` has one; 200: the file at `to` is the
 *   answer; 404: the same with that status. 200 and 404 take paths only. A `*`
 *   with 200 to a page does not answer for names like x.css unless it has `!`.
 * _headers: a path as `from`, unindented, then indented lines `Name: value` or
 * `! Name` (without what nginx or an earlier rule sets). All rules that fit
 * count; values of one name are joined by ", ".
 * Both: lines that begin with '#' are comments; UTF-8; no control characters.
 */
#ifndef AS_SVC_SITERULES_H
#define AS_SVC_SITERULES_H

#include "base/base.h"
#include "base/buf.h"
#include "base/err.h"

#define SITERULES_STATIC_MAX    2000 /* rules without :name and *  */
#define SITERULES_DYNAMIC_MAX   100  /* rules with them */
#define SITERULES_LINE_MAX      1000 /* bytes of a line of _redirects */
#define SITERULES_HEADERS_MAX   100  /* paths in _headers */
#define SITERULES_HEADER_MAX    2000 /* bytes of a line of _headers */
#define SITERULES_SET_MAX       50   /* headers of a path */
#define SITERULES_REDIRECT_FILE (2 << 20)
#define SITERULES_HEADER_FILE   (256 << 10)
/* what siterules_write() never passes */
#define SITERULES_OUT_MAX (16 << 20)

struct redirect_rule {
	int line;
	int status;
	bool force;
	bool pages; /* answers for no name like x.css */
	bool dynamic;
	const char *from;    /* decoded, up to the first wildcard */
	const char *pattern; /* JSON: texts, 1 for `:name`, 0 for the star */
	const char *to;      /* JSON: texts, numbers of what wildcards found */
};

struct header_rule {
	const char *from;
	const char *pattern;
	const char *set; /* JSON: [[name, value], [name, null] ...] */
	int n;
};

struct siterules {
	struct redirect_rule *redirect;
	size_t nstatic, ndynamic;
	struct header_rule *header;
	size_t nheader;
};

/* Add the rules of one file. E_BUILD_FAILED with "_redirects line 12: why". */
MUST enum err siterules_redirects(
	struct ctx *ctx, struct siterules *r, const char *text, size_t n);
MUST enum err siterules_headers(
	struct ctx *ctx, struct siterules *r, const char *text, size_t n);
/* As if the last line of _redirects rewrote all paths to /index.html. */
void siterules_spa(struct ctx *ctx, struct siterules *r);

bool siterules_is_empty(const struct siterules *r);
/* Whether nginx has to ask before it looks for a file: there are headers or a
 * forced rule. */
bool siterules_come_first(const struct siterules *r);

/* The file .rules: nginx reads only what it needs of it.
 *	autostack-rules 1 STATIC BYTES DYNAMIC HEADERS	(64 bytes with blanks)
 *	STATIC lines of 8 bytes: where each rule of the next part begins
 *	static rules, sorted by from: from TAB line TAB how TAB to
 *	dynamic rules: prefix TAB line TAB how TAB pattern TAB to
 *	headers: prefix TAB pattern TAB set
 * BYTES, DYNAMIC and HEADERS are the sizes of the last three parts. how is the
 * status and then '!' (force) or 'p' (pages). */
void siterules_write(const struct siterules *r, struct buf *b);

#endif
