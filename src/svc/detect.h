/*
 * detect.h - what to run and what to publish when the user did not say: read
 * from the repository's lockfile and package.json. Called by the worker, before
 * and after the build. Reads files of strangers: with size limits, never
 * through a symlink.
 */
#ifndef AS_SVC_DETECT_H
#define AS_SVC_DETECT_H

#include "base/base.h"
#include "base/err.h"

/* What the user said: NULL means detect it, "" means none. */
struct detect_wish {
	const char *install, *build, *output;
};

struct detect_plan {
	const char *install;   /* shell command, NULL: nothing to install */
	const char *build;     /* shell command, NULL: nothing to build */
	const char *output;    /* known already, or NULL: look afterwards */
	const char *generator; /* "vite", or NULL */
	bool is_node;          /* there is a package.json */
};

/* src is the directory to build in. E_BUILD_FAILED when package.json is there
 * and is no JSON or over 1 MiB.
 * - install: by lockfile npm-shrinkwrap.json, package-lock.json (npm ci),
 *   pnpm-lock.yaml, yarn.lock (both by npx, at the version that packageManager
 *   or the lockfile asks for); a bare package.json: npm install. Nothing
 *   when there is nothing to build.
 * - build: npm run build when scripts.build is there, else the known
 *   generator's own command. */
MUST enum err detect_plan(struct ctx *ctx, int src,
	const struct detect_wish *wish, struct detect_plan *ret);

/* The directory to publish, relative to src, after the build: the wanted one,
 * else the generator's, else one of the usual ones that holds an index.html,
 * else src itself (".") for a repository that builds nothing. E_BUILD_FAILED
 * names what is missing and what is there instead. */
MUST enum err detect_output(struct ctx *ctx, int src,
	const struct detect_plan *plan, const char **ret);

#endif
