/*
 * box.h - private to src/sandbox: the description of one run and the parts that
 * build it. The processes, all children of A (see run.c):
 *
 *	A  supervisor, the worker's uid, the host's namespaces
 *	B  the slot's uid in the user namespace U; becomes slirp4netns
 *	C  pid 1 of the build's pid namespace; becomes bwrap
 *	D  the disk watcher, in U, outside the build's pid namespace
 */
#ifndef AS_SANDBOX_BOX_H
#define AS_SANDBOX_BOX_H

#include "base/base.h"

#include <netinet/in.h>
#include <sys/stat.h>
#include <sys/types.h>

/* ids inside the user namespace U (own.c also maps 0, the worker) */
#define INNER_ID 1000

#define BIND_MAX   32
#define REFUSE_MAX 128
#define ENV_MAX    64
#define OWN_MAX    256

enum net_mode {
	NET_ISOLATED = 1, /* slirp4netns, private ranges refused */
	NET_HOST,         /* the clone step: only git runs in it */
	NET_NONE,
};

enum tool { TOOL_BWRAP, TOOL_SLIRP, TOOL_NEWUIDMAP, TOOL_NEWGIDMAP, TOOL_MAX };

struct bind {
	const char *src, *dst;
	bool ro;
	bool is_dir;
	int fd; /* the detached mount, from open_tree(2) */
};

/* limits; 0 = none */
struct limits {
	int64_t time_ms, memory, pids, disk, inodes, tmp_size;
};

struct peaks {
	int64_t memory, pids, disk, inodes;
};

struct box {
	/* what was asked for */
	enum net_mode net;
	long slot;
	struct bind bind[BIND_MAX];
	int binds;
	const char *refuse[REFUSE_MAX];
	int refuses; /* 0 = the default list */
	const char *setenv[ENV_MAX];
	int setenvs;
	const char *chdir, *watch, *tools;
	char **argv;
	struct limits lim;
	int env_fd, status_fd, control_fd;
	bool keep_stdin; /* the command reads ours; else /dev/null */

	/* who */
	uid_t uid, slot_uid;
	gid_t gid, slot_gid;
	struct in_addr own_address[OWN_MAX]; /* the host's own, refused too */
	int own_addresses;

	/* what is built on the way */
	bool child;  /* this process reports its failures to A by .chan */
	bool quiet;  /* a child that has nobody to report to any more */
	int chan;    /* child: to A */
	int null_fd; /* /dev/null, the build's stdin */
	int watch_fd;
	int args_fd, seccomp_fd, json_fd; /* what bwrap is handed */
	int file_fd[8];                   /* texts of the synthetic /etc */
	int files;
	pid_t b, c, d; /* children of A; 0 = not there, or reaped */
	int leash[3];  /* A: ends of the children's sockets; 0 = none */
	struct peaks peak;
	int64_t start_ms, setup_ms;
	int signal_fd; /* A: SIGCHLD and what means "cancel" */
	int fail_fd;   /* A: the other child that may fail during set-up */
};

/* --- report.c: words for the caller, small helpers --- */

/* The sandbox cannot be set up (SB-14): in A kills and reaps every child, writes
 * "setup TEXT" and exits with SANDBOX_EXIT_SETUP; in a child tells A and exits. */
NORETURN void box_fail(struct box *b, const char *fmt, ...) PRINTF(2, 3);

/* Writes the one result line: TEXT, then the peaks and limits when WITH_NUMBERS. */
void box_result(struct box *b, bool with_numbers, const char *fmt, ...)
	PRINTF(3, 4);

/* Kills and reaps all children of A. True when nothing is left. */
bool box_kill_all(struct box *b);

int64_t now_ms(void);

/* The path of an external program. Fails the set-up, naming its Debian package,
 * when it is not there. RET is a static string or lies in BUF. */
const char *tool_path(struct box *b, enum tool t, char *buf, size_t size);

/* Decimal number in [MIN, MAX]; false for anything else. */
bool parse_number(const char *s, int64_t min, int64_t max, int64_t *ret_n);

/* Closes every descriptor above 2 but those of KEEP (N of them; -1 = none). */
void close_all_but(const int *keep, int n);

/* --- userns.c --- */

/* Refuses root (SB-0) and fills in the ids of the caller and of its slot. */
void ids_init(struct box *b);

/* In A: writes the id maps of PID. WITH_WORKER: inner 0 is the worker as well. */
void ids_map(struct box *b, pid_t pid, bool with_worker);

/* In a child, its maps being written: becomes INNER, without any group. */
void ids_become(struct box *b, int inner);

/* Keeps only the capabilities of MASK (0 = none at all, bounding set included,
 * for ever). */
void caps_keep(struct box *b, uint64_t mask);

/* --- net.c: the first in A, the others inside the build's namespace --- */
void net_own_addresses(struct box *b);
void net_ipv6_off(struct box *b);
void net_up_loopback(struct box *b);
void net_refuse(struct box *b);

/* --- seccomp.c --- */

/* A sealed descriptor with the compiled filter, for bwrap --seccomp. */
int seccomp_memfd(struct box *b);

/* --- bwrap.c --- */

/* In A: composes the arguments, environment included, so that none of it is
 * ever visible in a process list; fills in args_fd and file_fd. */
void bwrap_prepare(struct box *b);

/* In B, still as the worker: detached copies of the mounts to bind. */
void bwrap_open_binds(struct box *b);

/* In C, as the slot: puts them where bwrap_prepare() said they would be. */
void bwrap_stage_binds(struct box *b);

/* In C, at the very end: becomes bwrap. */
NORETURN void bwrap_exec(struct box *b);

/* --- run.c --- */
int box_run(struct box *b);

/* --- monitor.c --- */

/* The last thing in A: watches the build until it ends or has to end, kills
 * all, writes the result line. PROC_FD: /proc of the build's pid namespace,
 * JSON_FD: bwrap's status, HELPER_FD: what slirp4netns writes, DISK_FD: D's
 * reports. Returns the exit code of A. */
int monitor(
	struct box *b, int proc_fd, int json_fd, int helper_fd, int disk_fd);

/* --- memory.c --- */
struct usage {
	int64_t memory, tasks;
};

/* Sums up the tasks of the pid namespace whose /proc is PROC_FD. EXACT asks the
 * kernel for proportional sizes, which costs a walk of the page tables. */
struct usage usage_sample(int proc_fd, bool exact);

/* Whether the host itself is about to run out of memory. */
bool usage_host_exhausted(void);

/* --- disk.c --- */
struct disk_report {
	int64_t bytes, inodes;
	bool low;   /* the file system itself is nearly full */
	bool final; /* the walk that was asked for */
};

/* In D: walks watch_fd and reports to FD until FD is closed. */
NORETURN void disk_watch(struct box *b, int fd);

/* --- walk.c --- */

/* Called for every entry, before a directory is entered; non-zero ends the walk
 * with that value. */
typedef int (*walk_fn)(
	void *arg, int dirfd, const char *name, const struct stat *st);

enum { WALK_DONE = 0, WALK_DISTURBED = -1, WALK_FAILED = -2 };

/* Walks the directory FD (which stays open) without ever following a symlink or
 * leaving the file system, to any depth with three descriptors. DISTURBED: the
 * tree was moved about meanwhile. */
int walk_tree(int fd, walk_fn fn, void *arg);

/* getdents64(2), which glibc hides behind a DIR * and malloc */
struct dirent64;
long read_dir(int fd, void *buf, size_t size);

/* --- own.c, check.c --- */
int box_own(struct box *b, bool to_slot, char **dirs);
int box_check(struct box *b);

#endif
