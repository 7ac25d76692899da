/*
 * pathfilter.h - which files of a repository a project watches, so that a push
 * to a monorepo deploys only what it touches. Called where pushes are judged,
 * and by the API to refuse bad patterns. Knows no git.
 */
#ifndef AS_SVC_PATHFILTER_H
#define AS_SVC_PATHFILTER_H

#include "base/base.h"
#include "base/err.h"

#define PATHFILTER_LINES    50
#define PATHFILTER_LINE_MAX 255 /* bytes */
#define PATHFILTER_TEXT_MAX 4096

/* Patterns are lines, from the top of the repository: "*" is any characters,
 * "/" too, "?" is one, and a pattern that ends in "/" is all below. A line that
 * begins with "!" leaves out. Blank lines and those that begin with "#" are
 * skipped. NULL, or what is wrong, for its owner. */
const char *pathfilter_wrong(struct arena *a, const char *patterns);

/* Whether a file is watched: as the last line says that matches it; one that
 * none matches is watched when all lines leave out. Patterns that are NULL or
 * hold no line watch everything. Takes time in proportion to the length of the
 * path times that of the patterns. */
bool pathfilter_watches(const char *patterns, const char *path);

#endif
