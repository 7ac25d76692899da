/*
 * worker.h - private to src/worker: the parent, its slots, and a job.
 *
 * autostack-worker is one parent and a child process per running build. The
 * parent claims deployments, looks after lost ones and starts the children
 * (serve.c); a child does one deployment from clone to switch (job.c) over a
 * database connection of its own, and dies with its parent. Only
 * autostack-sandbox, the child of a child, runs what users wrote (step.c). More
 * children send what waits (outbox.c): one mails, some notifications; one looks
 * after custom domains (domains.c); one keeps archives of releases (archiver.c)
 * where there is storage for them; and one looks whether all of the platform
 * works, for the status page (prober.c).
 */
#ifndef AS_WORKER_WORKER_H
#define AS_WORKER_WORKER_H

#include "base/base.h"
#include "base/buf.h"
#include "base/cfg.h"
#include "base/err.h"
#include "ext/db.h"
#include "svc/detect.h"
#include "svc/gitcred.h"
#include "svc/mask.h"
#include "svc/publish.h"
#include "svc/usage.h"

#include <sys/types.h>

#define SLOTS_MAX 64
/* the children beside the jobs, by their place in worker.helper */
enum {
	HELPER_MAIL,
	HELPER_DOMAINS,
	HELPER_ARCHIVER,
	HELPER_PROBER,
	HELPER_HOOK
};
#define HELPERS_MAX (HELPER_HOOK + 16)

/* ---- the parent: serve.c ---- */

struct slot {
	pid_t pid;        /* 0: free */
	char job[37];     /* the deployment, "" while the slot is wiped */
	char project[37]; /* of that deployment */
	bool dirty;       /* its child died: the lease has to be given back */
};

struct worker {
	struct cfg cfg;
	struct ctx ctx; /* its arena is reset every round */
	struct db *db;
	const char *name;    /* in leases, before the slot's number */
	const char *builds;  /* STATE/builds */
	const char *sites;   /* STATE/sites */
	const char *sandbox; /* the program */
	struct meter *meter;
	int lock;    /* held by the parent and by every job child */
	int signals; /* signalfd */
	struct slot slot[SLOTS_MAX + 1]; /* the last one switches only */
	struct helper {
		pid_t pid;  /* 0: none */
		int64_t at; /* it is not started again before */
	} helper[HELPERS_MAX];
	int helpers;
	int64_t *pulse;      /* when the parent was last seen working,
				 * monotonic; its children see it, too */
	bool archiver_first; /* the first one of this parent */
	pid_t pid;           /* of the parent */
	bool look; /* something has changed: do not wait for the round */
	bool stopping;
	bool site_stays;  /* said that one cannot be removed */
	bool cache_look;  /* the sum of all caches may have grown */
	bool cache_stays; /* said that one cannot be removed */
	/* what was looked at last, so that what stays holds up nothing; "":
	 * none */
	char retired_project[37], retired_preview[37], retired_release[37];
	struct usage_sample usage; /* the last one */
	int64_t usage_at;          /* when it is time for the next */
};

/* The slot of jobs that have nothing to build: they never wait for a build. */
static inline int
switch_slot(const struct worker *w)
{
	return (int)w->cfg.build_slots;
}

/* Take the lock, clean up after a predecessor, then work until SIGTERM, SIGINT
 * or SIGUSR1. Returns the exit code. */
int worker_serve(struct worker *w);

/* The parent works: the prober looks for that. */
void worker_pulse(struct worker *w);

/* Whether a job of the project runs here. */
bool worker_is_busy(const struct worker *w, const char *project);

/* A deployment has ended as "success", "failed" or "cancelled": counted for
 * /metrics. Other statuses are no end and not counted. */
void worker_count(struct worker *w, const char *status);

/* In a child, first of all: it dies with the parent and keeps nothing of the
 * parent's but the lock. Returns a signalfd of the signals that end it. */
MUST int worker_be_child(struct worker *w);

struct drain; /* outbox.h */

/* In the child: send what waits until a signal ends it. Never returns. */
NORETURN void outbox_main(struct worker *w, const struct drain *d);

/* In the child: archive releases, bring them back and remove archives of what
 * was deleted, until a signal ends it. Never returns. */
NORETURN void archiver_main(struct worker *w);

/* In the child: prove domains, order their certificates, and give nginx what it
 * serves them with, until a signal ends it. Never returns. */
NORETURN void domains_main(struct worker *w);

/* In the child: look after the status page until a signal ends it. Never
 * returns. */
NORETURN void prober_main(struct worker *w);

struct job;

/* ---- a slot's directory: slot.c ----
 *
 *	STATE/builds/slot-N/job/	/build of the sandbox, the slot's uid's
 *	STATE/builds/slot-N/job/src	the clone, or what was uploaded
 *	STATE/builds/slot-N/upload	the upload itself
 *	STATE/builds/slot-N/job/home	$HOME
 *	STATE/builds/slot-N/cache/c	/cache of the sandbox, while it is lent
 *	STATE/builds/cache/ID/c		a project's cache between its builds
 *	STATE/builds/cache/ID/size	its bytes
 *	STATE/builds/old-cache		one on its way out
 */

/* Run `autostack-sandbox own`; false when it could not. */
MUST bool slot_own(const struct worker *w, int slot, bool to_slot,
	const char *const dirs[], size_t n);
#define DIRS(...) ((const char *const[]){__VA_ARGS__})
/* Remove whatever is in the slot. False: something is left. */
MUST bool slot_wipe(struct worker *w, int slot);
/* The same for all that lie in STATE/builds, at the start. */
void slot_wipe_all(struct worker *w);
/* A fresh slot-N/job, the slot's uid's; *ret_dir is slot-N. */
MUST enum err slot_prepare(struct job *j);
/* Lend the project's cache to the slot, as /cache; j->cache is set. */
MUST enum err slot_lend_cache(struct job *j);
/* After the end: the cache goes back unless it has grown too large, the rest
 * is removed. */
void slot_finish(struct job *j);

/* ---- caches between builds: cache.c ---- */

/* Where that of the job's project lies when it is not lent. */
const char *cache_home(const struct job *j);
/* Bring the lent one back, for the project's next build. */
void cache_keep(const struct job *j);
/* Remove the one that is there; this build's takes its place. */
void cache_drop(const struct job *j);
/* In the parent: remove what was used longest ago when all of them take more
 * than build_cache_max, or when the disk is full. One at most, as there is a
 * next round; it needs no database. */
void cache_trim(struct worker *w);

/* ---- what is to go from the disk: retire.c ---- */

/* Remove the site and the cache of each deleted project, releases that are
 * not kept any more, and the sites of closed previews; what cannot be removed is tried again in the next
 * round. */
MUST enum err retire_projects(struct worker *w);
MUST enum err retire_releases(struct worker *w);
MUST enum err retire_previews(struct worker *w);

/* ---- how busy the host is: usage_row.c ---- */

/* Measure it and write it down, when that is due. */
MUST enum err usage_tell(struct worker *w);

/* ---- a job: job.c and what it is made of ---- */

enum line_level { SAY_INFO, SAY_WARNING, SAY_ERROR };

struct logsink; /* logsink.c */
struct lease;   /* lease.c */

struct job {
	struct worker *w;
	struct ctx ctx;
	struct db *db;
	int slot;
	int signals; /* signalfd for SIGTERM */
	/* the row */
	const char *id, *project, *site, *repository, *branch, *commit_wanted,
		*root_dir, *env_sealed;
	const char *release;  /* nothing to build, only to switch to it */
	const char *target;   /* "production", or a preview: "pr-12" */
	int64_t upload_bytes; /* of a tar.gz to publish as it is; 0: none */
	bool use_cache;
	bool trusted; /* else a stranger's commit: no secrets, no cache */
	struct detect_wish wish;
	const char *owner; /* lease_owner */
	const char *attempt;
	int attempt_n;
	int64_t started_ms; /* monotonic time at which [00:00] was */
	/* what it needs */
	struct logsink *log;
	struct mask *mask;
	struct gitcred cred;    /* for the clone alone */
	const char *const *env; /* the user's variables */
	size_t env_n;
	const char *dir;   /* the slot's directory */
	const char *cache; /* the project's cache, NULL until it is lent */
	int src;           /* where to build, open; -1 before the clone */
	const char *src_inside;
	bool ran_foreign; /* a command of the user's has run in the tree */
	int64_t build_ms; /* what is left of build_timeout */
	struct publish pub;
	const char *limits; /* as the sandbox reported them */
	bool limits_said;
	int64_t peak_disk;
	/* how it is to end */
	bool cancel;      /* somebody asked for it */
	bool stop;        /* the worker ends: hand it back */
	int64_t lease_at; /* when the lease was last kept, monotonic */
	int64_t check_at; /* when it was last looked at */
	bool check_now;   /* a notification says that it has changed */
};

/* Address of a site (site_url); NULL for NULL. */
const char *job_site_url(
	struct arena *a, const struct cfg *cfg, const char *site);

/* In the child: one deployment, all of it. Never returns. */
NORETURN void job_main(struct worker *w, int slot, const struct rows *row);

/* ---- output.c: from the build's tree to the live release ---- */

/* What is published and where to, from the claimed row. */
void output_init(struct job *j, const struct rows *row);

/* The directory to publish. What a build made may be closed to us: a second
 * look then, at a tree that is not. */
MUST enum err output_find(
	struct job *j, const struct detect_plan *plan, const char **ret);

/* Make the directory a release, and live. */
MUST enum err output_publish(struct job *j, const char *output);

/* What was built once is live again by one rename. */
MUST enum err output_switch_back(struct job *j);

/* ---- room.c: before a build ---- */

/* Wait until the host has room, for cfg.build_room_wait at most; the log says
 * what it waits for. E_BUILD_FAILED: there is none. E_BUILD_CANCELLED,
 * E_LEASE_LOST. */
MUST enum err room_wait(struct job *j);
/* Less of the disk is free than build_disk_free. */
bool room_disk_is_low(const struct cfg *cfg);

/* ---- lease.c: what a job writes to its row ---- */

/* Arm the watchdog: this process is killed when the lease could not be kept
 * in time, since somebody else may build it then. */
void lease_start(struct job *j);
/* Keep the lease and look for a cancel when it is time; cheap otherwise.
 * E_BUILD_CANCELLED, E_LEASE_LOST; a database that is away is E_OK here. */
MUST enum err lease_tick(struct job *j);
/* Milliseconds until lease_tick() has something to do. */
int lease_wait_ms(const struct job *j);
/* Read notifications and signals that wait; sets j->cancel and j->stop. */
void lease_notices(struct job *j);
/* Run a fenced statement, again and again while the database is away. in
 * begins with id, owner, attempt. */
MUST enum err lease_write(struct job *j, unsigned stmt, const char *const in[],
	struct rows **ret);

/* ---- logsink.c: the deployment's log ---- */

struct logsink *logsink_new(struct job *j, int64_t seq, int64_t bytes);
/* A line of the worker's own. */
void job_say(struct job *j, enum line_level level, const char *fmt, ...)
	PRINTF(3, 4);
/* Output of a build, in pieces; its colours are kept. */
void logsink_feed(struct job *j, const char *p, size_t n);
/* The build's output ends: what has no newline yet is a line. */
void logsink_end_output(struct job *j);
/* Write what waits, if it is time (or now). A database that is away is E_OK:
 * the lines stay. E_LEASE_LOST. */
MUST enum err logsink_flush(struct job *j, bool now);
/* Milliseconds until a flush is due, -1: nothing waits. */
int logsink_wait_ms(const struct job *j);
bool logsink_is_full(const struct job *j); /* read no more output now */
bool logsink_is_over(const struct job *j); /* build_log_max was passed */
/* Keep a copy of the last bytes of output, cleaned and masked, without colours,
 * until the next call; for telling why git failed. */
void logsink_tail_start(struct job *j);
const char *logsink_tail(const struct job *j);

/* ---- step.c: one command in the sandbox ---- */

struct step {
	const char *shell;       /* text for /bin/sh, inside the sandbox */
	const char *const *args; /* its $1, $2 ...; ended by NULL */
	bool host_net;           /* the clone; else the isolated network */
	bool no_net;             /* not even that */
	const char *file;        /* to be read as STEP_INPUT; or NULL */
	const char *chdir;
	const char *const *setenv; /* ended by NULL; visible, so no secrets */
	bool secrets;              /* hand over the user's variables */
	const char *input; /* its stdin, in memory only; NULL: /dev/null */
	int64_t time_ms;
};
enum step_end {
	STEP_EXIT,
	STEP_SIGNAL,
	STEP_LIMIT,
	STEP_CANCELLED,
	STEP_SETUP,
	STEP_LATE,
	STEP_ERROR
};
#define STEP_INPUT "/input" /* inside */
/* what a shell makes of SIGXFSZ, the sandbox's limit on a single file */
#define STEP_CODE_XFSZ (128 + 25)

struct step_result {
	enum step_end end;
	int code; /* exit, signal */
	const char
		*text; /* the limit's name, or the rest of setup, late, error */
	int64_t peak_memory;
};
/* Run it, log its output, keep the lease. E_OK: it ended, *ret says how; all
 * its processes are gone. E_BUILD_CANCELLED, E_LEASE_LOST and E_BUILD_FAILED
 * (too much log, the program did not start) likewise after they are gone. */
MUST enum err step_run(
	struct job *j, const struct step *s, struct step_result *ret);
/* The same, and anything but exit 0 is E_BUILD_FAILED with a sentence that
 * begins with `what`, "the build command". */
MUST enum err step_must(struct job *j, const struct step *s, const char *what);
/* The sentence for an end that is neither exit nor cancel. */
enum err step_failed(struct job *j, const struct step *s,
	const struct step_result *r, const char *what);

/* ---- clone.c ---- */

/* Find what the clone may prove itself with; j->cred. */
MUST enum err clone_credential(struct job *j);
/* Clone the wanted commit into job/src and record it. */
MUST enum err clone_run(struct job *j);

/* ---- unpack.c ---- */

/* Bring the upload from the database and unpack it into job/src. */
MUST enum err unpack_run(struct job *j);

/* ---- crash.c: developer builds only ---- */

/* The place in a deployment that tests of SB-13 name. A file STEP.job in the
 * directory $AS_CRASH kills this process, STEP.worker the parent; STEP.pause
 * becomes STEP.paused and holds it until that is removed. */
#ifdef AS_DEVELOPER
void crash_point(const char *step);
#else
static inline void
crash_point(const char *step)
{
	(void)step; /* nothing to do in the field */
}
#endif

#endif
