/*
 * ctl.h - what the subcommands of `autostack` share. main.c owns the table of
 * commands; each command is one file that exports one function.
 */
#ifndef AS_CTL_H
#define AS_CTL_H

#include "base/arena.h"
#include "base/base.h"
#include "base/cfg.h"
#include "base/err.h"

struct db;

/* Exit codes of the command. */
enum { CTL_OK = 0, CTL_FAILED = 1, CTL_USAGE = 2 };

struct ctl {
	struct arena *arena;
	struct ctx ctx;
	const char *conf; /* -c; NULL: the default */
	const char *data; /* --data: the folder that holds sql/; NULL: ours */
	struct cfg cfg;   /* where the command's row says so */
	struct db *db;    /* not connected until it is used */
};

/* argv[0] is the subcommand's name; the result is an exit code. */
typedef int ctl_fn(struct ctl *c, int argc, char **argv);

ctl_fn ctl_migrate;
ctl_fn ctl_seed;
ctl_fn ctl_admin;
ctl_fn ctl_cleanup;
ctl_fn ctl_certificates;
ctl_fn ctl_doctor;
ctl_fn ctl_openapi;
ctl_fn ctl_restore_release;
ctl_fn ctl_config;

/* "autostack: TEXT" on stderr; returns CTL_FAILED. */
int ctl_error(const char *fmt, ...) PRINTF(1, 2);
/* The same from the failure that c->ctx recorded. */
int ctl_failure(struct ctl *c, const char *what);
/* "autostack: unknown argument ..." and where to read on; CTL_USAGE. */
int ctl_usage(const char *command, const char *argument);

/* Where a file or folder of the data is; the path as for place_data(). */
const char *ctl_data_path(struct ctl *c, const char *path);
/* A file below the data folder ("sql/grants.sql") as text; NULL after saying
 * what is wrong. */
const char *ctl_data_file(struct ctl *c, const char *path);

/* How far the schema is behind: the number of files that are not applied, or
 * -1 with the reason in c->ctx (not connected, altered file, newer schema). */
int ctl_pending(struct ctl *c);

#endif
