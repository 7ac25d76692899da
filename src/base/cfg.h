/*
 * cfg.h - settings. The struct, parser and manual all come from cfg.def.
 * File: `name = value` lines and whole lines of '#' comments; unknown or
 * repeated names and values out of range refuse to start, with the line
 * number. The environment names of cfg.def override the file; an empty
 * environment variable counts as not set. A secret in the file is the path of
 * a file that holds it and that not everybody may read, or (without a slash)
 * the name of a systemd credential; the newline at its end is dropped.
 */
#ifndef AS_CFG_H
#define AS_CFG_H

#include "base/base.h"
#include "base/err.h"

struct arena;

typedef const char *cfg_STR;
typedef int64_t cfg_INT;
typedef bool cfg_BOOL;
typedef int64_t cfg_SIZE;
typedef int64_t cfg_MS;
typedef int64_t cfg_SECS;
typedef const char *cfg_PATHSECRET;

struct cfg {
#define CFG(type, name, env, def, min, max, doc) cfg_##type name;
#include "base/cfg.def"
#undef CFG
};

/* Read path (NULL: SYSCONFDIR/autostack/autostack.conf if it exists), then the
 * environment. Strings live on the arena. On failure *ret_error is one line
 * for a person: file, line, setting, what is wrong. */
MUST bool cfg_load(struct arena *a, const char *path, struct cfg *ret,
	const char **ret_error);
/* The settings as a commented sample file, as mdoc rows, or with their present
 * values (secrets as "(set)"): `-x config`, autostack.conf(5). */
struct buf;
void cfg_print_sample(struct buf *b);
void cfg_print_man(struct buf *b);
void cfg_print_values(struct buf *b, const struct cfg *cfg);

#endif
