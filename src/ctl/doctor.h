/*
 * doctor.h - between doctor.c (the table of checks, the report) and the files
 * that hold the checks.
 */
#ifndef AS_CTL_DOCTOR_H
#define AS_CTL_DOCTOR_H

#include "base/buf.h"
#include "ctl/ctl.h"

struct passwd;

/* A check says what it saw, in one or more findings. */
enum level { LEVEL_OK, LEVEL_SKIP, LEVEL_WARN, LEVEL_BAD };

struct finding {
	const char *check;
	enum level level;
	const char *text;
	const char *fix; /* what to do, for Debian; NULL for OK and SKIP */
	struct finding *next;
};

struct doctor {
	struct ctl *c;
	const char *check; /* name of the present one */
	bool cfg;          /* c->cfg is filled */
	bool db;           /* c->db is connected, the schema up to date */
	struct finding *first;
	struct finding **last;
};

void doctor_say(struct doctor *d, enum level level, const char *fix,
	const char *fmt, ...) PRINTF(4, 5);

/* Run argv[0] (absolute) and collect what it prints on both outputs. Exit
 * code, 256 + signal number, or -1 when it did not start. */
int doctor_run(struct doctor *d, const char *const argv[], struct buf *out);
/* How many processes run the program with the doctor's configuration. */
int doctor_processes(struct doctor *d, const char *program);
/* The account that builds start from: the doctor's own, unless that is root.
 * NULL: there is none. */
const struct passwd *doctor_worker(void);

typedef void doctor_fn(struct doctor *d);

/* doctor_service.c */
doctor_fn check_config;
doctor_fn check_database;
doctor_fn check_roles;
doctor_fn check_clock;
doctor_fn check_api;
doctor_fn check_ws;
doctor_fn check_worker;
/* doctor_store.c */
doctor_fn check_storage;

/* doctor_domains.c */
doctor_fn check_domains;
/* doctor_host.c */
doctor_fn check_programs;
doctor_fn check_nginx;
doctor_fn check_disk;
doctor_fn check_userns;
doctor_fn check_tun;
doctor_fn check_subuid;
doctor_fn check_sandbox;

#endif
