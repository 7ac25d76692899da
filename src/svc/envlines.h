/*
 * envlines.h - the KEY=VALUE lines that a user gives a build. Called by the
 * API (to refuse bad ones at once) and by the worker (to make the build's
 * environment).
 */
#ifndef AS_SVC_ENVLINES_H
#define AS_SVC_ENVLINES_H

#include "base/base.h"
#include "base/err.h"

struct buf;

#define ENVLINES_MAX       256   /* variables */
#define ENVLINES_VALUE_MAX 16384 /* bytes of one value */
#define ENVLINES_TEXT_MAX  65536 /* bytes of the whole text */

/* Lines as in .env files: blank ones and those that begin with '#' are
 * skipped, "export " before a name is dropped, CRLF is a line end.
 * - A name is [A-Za-z_][A-Za-z0-9_]{0,127} and not reserved: what the sandbox
 *   sets itself (HOME, PATH, PWD, SHELL, TMPDIR, USER, LOGNAME,
 *   npm_config_cache) and what changes how programs or shells start (LD_*,
 *   ENV, BASH_ENV, IFS, AUTOSTACK_*). NODE_OPTIONS is the user's own affair:
 *   it acts inside the sandbox only, and real builds need it.
 * - A value runs to the end of the line, blanks around it dropped; '#' in it
 *   is no comment, since secrets hold one. In 'single quotes' it is taken as
 *   it stands; in "double quotes" \n \r \t \" \\ and \$ are escapes. No line
 *   goes on in the next one. Nothing is ever expanded.
 * - UTF-8; no control character but tab, and newlines by escape.
 * A name that comes twice keeps its last value. *ret_env is an arena array of
 * "KEY=VALUE", ended by NULL. E_VALIDATION_ERROR names the line; it never
 * repeats a value. */
MUST enum err envlines_parse(struct ctx *ctx, const char *text,
	const char *const **ret_env, size_t *ret_n);

/* Add a line that envlines_parse() reads as this "KEY=VALUE". */
void envlines_print(struct buf *b, const char *var);

#endif
