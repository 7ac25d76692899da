/*
 * publish.h - from a build's output to the files that nginx serves (SECURITY.md
 * PUB-1 to PUB-4, PUB-6). Called by the worker when every process of the build
 * is dead. Runs nothing.
 *
 *	sites/<site>/releases/<id>/...	  a complete release, never changed
 *	sites/<site>/releases/<id>/.rules its rules for nginx, if it has some
 *	sites/<site>/releases/<id>/.rules-first
 *					  empty; some come before its files
 *	sites/<site>/releases/.<id>.tmp/  one that is being written
 *	sites/<site>/current		  -> releases/<id>: what is live
 *	sites/<site>/previous		  -> the one before, for its assets
 *	sites/<label>--<site>/current	  -> ../<site>/releases/<id>: a release
 *					  under another name. label is the first
 *					  12 digits of its id: its own address,
 *					  or pr-<number>: a preview
 *	sites/pr-<n>--<site>/previous	  as of the site
 */
#ifndef AS_SVC_PUBLISH_H
#define AS_SVC_PUBLISH_H

#include "base/base.h"
#include "base/err.h"

struct arena;

/* What answers a path that is no file's: publish_copy() says. */
enum spa { SPA_AUTO, SPA_ON, SPA_OFF };

struct publish {
	const char *sites; /* directory of all sites */
	const char *site;
	const char *target; /* "production", or "pr-12" */
	const char
		*id; /* of the deployment that built it: the release's name */
	int64_t max_bytes, max_files;
	enum spa spa;
	bool skip_node_modules; /* at the top, when a whole tree is published */
	bool is_release; /* the source is one of ours: its rules are copied */
	/* between files: keeps the lease and the log alive; not E_OK ends the
	 * copy with it. warn takes a line for the log. */
	enum err (*tick)(void *arg);
	void (*warn)(void *arg, const char *text);
	void *arg;
};

struct publish_stats {
	int64_t files, bytes, compressed, skipped;
	int64_t pages, scripts;     /* .html and .js among the files */
	bool has_index, has_404;    /* at the top */
	int64_t redirects, headers; /* rules of the build's own */
	bool spa;                   /* other paths are /index.html */
};

/* Make the site's folder when the build begins, so that whoever prepares
 * something for a new site (a certificate) has the time of the build for it.
 * What fails here fails again, and is told, in publish_copy(). */
void publish_announce(struct ctx *ctx, const struct publish *p);

/* Copy the directory src into releases/<id>: regular files and directories
 * only, modes 0644 and 0755, a .gz beside compressible files of 1 KiB and
 * more, all of it on disk before the name appears. Left out with a warning:
 * symlinks that stay inside, FIFOs, sockets, devices, setuid and setgid files,
 * names with control characters or invalid UTF-8; and silently: names that
 * begin with a dot but .well-known, .well-known/acme-challenge (the
 * certificates are the panel's affair). Hard links are copied like any file:
 * a build cannot link what it cannot read.
 * _redirects and _headers at the top are not published but become .rules
 * (siterules.h), with an empty .rules-first beside it when nginx has to ask
 * before it looks for files. SPA_ON: paths without a file and without a name
 * like x.css are /index.html; SPA_AUTO: so it is for an output with a single
 * page, /index.html, a script and no /404.html; SPA_OFF: it is not.
 * is_release: what the rules were made of is not in a release, so these two
 * files are copied as they are, and none are made.
 * E_BUILD_FAILED with a sentence: a symlink leads out, too many bytes or
 * files, too deep, nothing to publish, a rule that is none. */
MUST enum err publish_copy(struct ctx *ctx, const struct publish *p, int src,
	struct publish_stats *ret);

/* Name of the site that is this very release, "0f3b9a6c21d4--blog", and of the
 * one that the target is, "blog" or "pr-12--blog"; NULL when it is longer than
 * a label of a host name may be. */
const char *publish_own_name(struct arena *a, const struct publish *p);
const char *publish_target_name(struct arena *a, const struct publish *p);

/* Make the release answer under its own name. Doing it twice changes
 * nothing. */
MUST enum err publish_name(struct ctx *ctx, const struct publish *p);

/* Make releases/<id> the live one of its target in one step; what was live
 * becomes `previous`. Doing it twice changes nothing. E_BUILD_FAILED when the
 * release is not there. */
MUST enum err publish_switch(struct ctx *ctx, const struct publish *p);
/* Whether `current` of the target is this release. */
bool publish_is_live(struct ctx *ctx, const struct publish *p);

/* Whether `current` or `previous` is. */
bool publish_is_named(struct ctx *ctx, const struct publish *p);

/* Remove what a dead attempt has half-written. */
void publish_discard(struct ctx *ctx, const struct publish *p);

/* Remove the release and its name. False, with errno: something is left;
 * EBUSY: it is what `current` or `previous` of its target names, and all of it
 * stays. */
MUST bool publish_remove(struct ctx *ctx, const struct publish *p);

/* Remove what was half-written a day ago or earlier: the next deployment of
 * the site may be writing already. What cannot be removed stays. */
void publish_tidy(struct ctx *ctx, const struct publish *p);

/* Remove a preview's site. False, with errno: something is left. */
MUST bool publish_remove_preview(struct ctx *ctx, const struct publish *p);

/* Remove all of a site, its releases' names as well, from the one that nginx
 * looks for first. False, with errno: something is left. */
MUST bool publish_remove_site(
	struct arena *a, const char *sites, const char *site);

#endif
