/*
 * run.c - the process plan of one sandboxed command.
 *
 *	A  forks B, writes the id maps of B's user namespace U, watches, reports
 *	B  makes U and takes detached copies of the mounts to bind while it still
 *	   has the worker's uid; becomes the slot's uid; clones C and D as A's
 *	   children; becomes slirp4netns, which stays in the host's network
 *	C  in namespaces of its own: /proc, binds, network rules; gives up every
 *	   capability; becomes bwrap as pid 1, so that its death is everybody's
 *	D  disk.c
 *
 * A is the only one that reports. Children say "E<text>" on their socket, or
 * close it by execve(2). When A dies, by whatever signal, C, D and slirp4netns
 * get SIGKILL (PDEATHSIG, armed after the change of ids, which clears it) and
 * end of file besides.
 */
#include "base/base.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/ioprio.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sandbox/box.h"
#include "sandbox/sandbox.h"

#define SETUP_MS 20000 /* AS_SETUP_MS, in developer builds */

/* A's ends are [0], the children's [1]; a pipe's write end is [1] */
struct wires {
	int b[2], c[2], disk[2]; /* sockets to B, C, D */
	int json[2];             /* bwrap's status */
	int ready[2];            /* slirp4netns is up */
	int hold[2];             /* slirp4netns lives while A holds [1] */
	int helper[2];           /* what slirp4netns writes */
};

/* --- messages between A and a child: one letter, an optional pid or fd --- */

struct note {
	char type;
	char text[SANDBOX_LINE_MAX];
	pid_t c, d;
	int fd;
};

static void
tell(struct box *b, int fd, char type, pid_t c, pid_t d)
{
	struct {
		char type;
		pid_t c, d;
	} m = {type, c, d};

	if (send(fd, &m, sizeof(m), MSG_NOSIGNAL) != (ssize_t)sizeof(m))
		box_fail(b, "the sandbox's processes lost each other: %s",
			strerror(errno));
}

static void
tell_fd(struct box *b, int fd, char type, int passed)
{
	union {
		struct cmsghdr h;
		char space[CMSG_SPACE(sizeof(int))];
	} u = {0};
	struct iovec iov = {&type, 1};
	struct msghdr m = {.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = &u,
		.msg_controllen = sizeof(u)};

	u.h.cmsg_level = SOL_SOCKET;
	u.h.cmsg_type = SCM_RIGHTS;
	u.h.cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(&u.h), &passed, sizeof(int));
	if (sendmsg(fd, &m, MSG_NOSIGNAL) != 1)
		box_fail(b, "sendmsg: %s", strerror(errno));
}

/* False at end of file. */
static bool
hear(struct box *b, int fd, struct note *ret_n)
{
	union {
		struct cmsghdr h;
		char space[CMSG_SPACE(sizeof(int))];
	} u = {0};
	struct {
		char type;
		pid_t c, d;
		char rest[SANDBOX_LINE_MAX];
	} m = {0};
	struct iovec iov = {&m, sizeof(m) - 1};
	struct msghdr h = {.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = &u,
		.msg_controllen = sizeof(u)};
	ssize_t n;

	do
		n = recvmsg(fd, &h, MSG_CMSG_CLOEXEC);
	while (n < 0 && errno == EINTR);
	if (n <= 0)
		return false;
	*ret_n = (struct note){.type = m.type, .c = m.c, .d = m.d, .fd = -1};
	if (m.type == 'E') {
		((char *)&m)[n] = '\0';
		box_fail(b, "%s", (char *)&m + 1);
	}
	if (CMSG_FIRSTHDR(&h) && u.h.cmsg_type == SCM_RIGHTS)
		memcpy(&ret_n->fd, CMSG_DATA(&u.h), sizeof(int));
	return true;
}

/* --- C: becomes the build --- */

static void
limit(struct box *b, int what, int64_t value, const char *name)
{
	struct rlimit r;

	if (getrlimit((__rlimit_resource_t)what, &r) != 0)
		box_fail(b, "getrlimit: %s", strerror(errno));
	if (r.rlim_max == RLIM_INFINITY || (int64_t)r.rlim_max > value)
		r.rlim_max = (rlim_t)value;
	r.rlim_cur = r.rlim_max;
	if (setrlimit((__rlimit_resource_t)what, &r) != 0)
		box_fail(b, "rlimit %s: %s", name, strerror(errno));
}

/* The per-uid count takes in what is not the build's: bwrap's two processes,
 * slirp4netns, D. */
static void
limit_all(struct box *b)
{
	const struct limits *l = &b->lim;

	limit(b, RLIMIT_CORE, 0, "core");
	limit(b, RLIMIT_NOFILE, 8192, "nofile");
	if (l->disk)
		limit(b, RLIMIT_FSIZE, l->disk, "fsize");
	if (l->pids)
		limit(b, RLIMIT_NPROC,
			l->pids + 2 + (b->net == NET_ISOLATED) + (b->d != 0),
			"nproc");
	if (l->memory)
		limit(b, RLIMIT_DATA, l->memory + l->memory / 4, "data");
}

/* Builds yield to everything else on the host, and are the first that the
 * kernel's memory killer takes. */
static void
be_modest(struct box *b)
{
	int fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);

	if (fd < 0 || write(fd, "1000", 4) != 4)
		box_fail(b, "oom_score_adj: %s", strerror(errno));
	close(fd);
	if (setpriority(PRIO_PROCESS, 0, 10) != 0)
		box_fail(b, "nice: %s", strerror(errno));
	if (syscall(SYS_ioprio_set, IOPRIO_WHO_PROCESS, 0,
		    IOPRIO_PRIO_VALUE(IOPRIO_CLASS_BE, 7)) != 0)
		box_fail(b, "ioprio: %s", strerror(errno));
}

static void
die_with_a(struct box *b)
{
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 ||
		prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
		box_fail(b, "prctl: %s", strerror(errno));
}

static void
default_signals(void)
{
	sigset_t none;

	sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
	(void)signal(SIGPIPE, SIG_DFL);
}

NORETURN static void
be_c(struct box *b, struct wires *w)
{
	int keep[64], n = 0;
	struct note note;

	b->chan = w->c[1];
	keep[n++] = b->chan;
	keep[n++] = b->null_fd;
	keep[n++] = b->args_fd;
	keep[n++] = b->seccomp_fd;
	keep[n++] = b->json_fd;
	for (int i = 0; i < b->files; i++)
		keep[n++] = b->file_fd[i];
	for (int i = 0; i < b->binds; i++)
		keep[n++] = b->bind[i].fd;
	close_all_but(keep, n);
	die_with_a(b);
	if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0 ||
		mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC,
			NULL) != 0)
		box_fail(b, "mounting /proc in the sandbox: %s",
			strerror(errno));
	{
		AUTO_FD int fd =
			open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (fd < 0)
			box_fail(b, "/proc: %s", strerror(errno));
		tell_fd(b, b->chan, 'P', fd);
	}
	if (b->net == NET_ISOLATED)
		net_ipv6_off(b);
	bwrap_stage_binds(b);
	/* "go on": the network is up, A is alive */
	if (!hear(b, b->chan, &note))
		_exit(SANDBOX_EXIT_SETUP);
	if (b->net == NET_ISOLATED) {
		net_up_loopback(b);
		net_refuse(b);
	}
	be_modest(b);
	caps_keep(b, 0);
	die_with_a(b);
	limit_all(b);
	default_signals();
	if ((!b->keep_stdin && dup2(b->null_fd, 0) != 0) || dup2(1, 2) != 2)
		box_fail(b, "dup2: %s", strerror(errno));
	bwrap_exec(b);
}

/* --- D and slirp4netns --- */

NORETURN static void
be_d(struct box *b, struct wires *w)
{
	int keep[] = {w->disk[1], b->watch_fd};

	b->quiet = true;
	for (int i = 0; i < 3; i++)
		(void)dup2(b->null_fd, i);
	close_all_but(keep, NELEM(keep));
	default_signals();
	die_with_a(b);
	disk_watch(b, w->disk[1]);
}

NORETURN static void
be_slirp(struct box *b, struct wires *w, int netns_fd)
{
	char path[4096], ready[32], hold[32], netns[32];
	char *argv[] = {(char *)"slirp4netns", (char *)"--configure",
		(char *)"--mtu=65520", (char *)"--disable-host-loopback",
		(char *)"--enable-seccomp", ready, hold,
		(char *)"--netns-type=path", netns, (char *)"tap0", NULL};
	struct mount_attr ro = {.attr_set = MOUNT_ATTR_RDONLY};

	tool_path(b, TOOL_SLIRP, path, sizeof(path));
	(void)snprintf(ready, sizeof(ready), "--ready-fd=%d", w->ready[1]);
	(void)snprintf(hold, sizeof(hold), "--exit-fd=%d", w->hold[0]);
	(void)snprintf(netns, sizeof(netns), "/proc/self/fd/%d", netns_fd);
	(void)fcntl(w->ready[1], F_SETFD, 0);
	(void)fcntl(w->hold[0], F_SETFD, 0);
	(void)fcntl(netns_fd, F_SETFD, 0);
	(void)dup2(b->null_fd, 0);
	(void)dup2(w->helper[1], 1);
	(void)dup2(w->helper[1], 2);
	default_signals();
	/* Its own --enable-sandbox needs an id 0 in U, which is not mapped. So
	 * it is the slot's uid, seccomp and a read-only view of everything. */
	if (mount_setattr(AT_FDCWD, "/", AT_RECURSIVE, &ro, sizeof(ro)) != 0)
		box_fail(b, "slirp4netns's mounts: %s", strerror(errno));
	caps_keep(b, 1ULL << CAP_SYS_ADMIN | 1ULL << CAP_NET_ADMIN);
	die_with_a(b);
	execve(path, argv, (char *[]){NULL});
	box_fail(b, "cannot start %s: %s", path, strerror(errno));
}

/* --- B --- */

/* A sibling: a child of A, as fork(2) otherwise. */
static pid_t
clone_sibling(struct box *b, unsigned long flags)
{
	long pid = syscall(SYS_clone, flags | CLONE_PARENT | SIGCHLD, NULL,
		NULL, NULL, NULL);

	if (pid < 0)
		box_fail(b, "clone: %s", strerror(errno));
	return (pid_t)pid;
}

NORETURN static void
be_b(struct box *b, struct wires *w)
{
	unsigned long flags =
		CLONE_NEWPID | CLONE_NEWNS | CLONE_NEWIPC | CLONE_NEWUTS;
	struct note n;
	char path[64];
	int netns = -1;
	pid_t c, d = 0;

	b->child = true;
	b->chan = w->b[1];
	close(w->b[0]);
	close(w->c[0]);
	close(w->disk[0]);
	close(w->hold[1]);
	close(w->json[0]);
	close(w->ready[0]);
	close(w->helper[0]);
	if (unshare(CLONE_NEWUSER | CLONE_NEWNS) != 0)
		box_fail(b,
			"user namespaces are not permitted here: %s (sysctl "
			"user.max_user_namespaces, kernel."
			"unprivileged_userns_clone=1)",
			strerror(errno));
	bwrap_open_binds(b);
	tell(b, b->chan, 'U', 0, 0);
	if (!hear(b, b->chan, &n))
		_exit(SANDBOX_EXIT_SETUP);
	ids_become(b, INNER_ID);
	if (b->watch) {
		d = clone_sibling(b, 0);
		if (d == 0)
			be_d(b, w);
	}
	b->d = d;
	if (b->net == NET_ISOLATED)
		flags |= CLONE_NEWNET;
	c = clone_sibling(b, flags);
	if (c == 0)
		be_c(b, w);
	if (b->net == NET_ISOLATED) {
		(void)snprintf(path, sizeof(path), "/proc/%d/ns/net", (int)c);
		netns = open(path, O_RDONLY | O_CLOEXEC);
	}
	tell(b, b->chan, 'C', c, d);
	if (b->net != NET_ISOLATED)
		_exit(0);
	if (netns < 0)
		box_fail(b, "%s: %s", path, strerror(errno));
	be_slirp(b, w, netns);
}

/* --- A --- */

static void
wire(struct box *b, struct wires *w)
{
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, w->b) ||
		socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, w->c) ||
		socketpair(
			AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, w->disk) ||
		pipe2(w->json, O_CLOEXEC) || pipe2(w->ready, O_CLOEXEC) ||
		pipe2(w->hold, O_CLOEXEC) || pipe2(w->helper, O_CLOEXEC))
		box_fail(b, "pipes: %s", strerror(errno));
	b->json_fd = w->json[1];
}

/* All that can be refused before anything is started. */
static void
prepare(struct box *b)
{
	char path[4096];

	for (enum tool t = 0; t < TOOL_MAX; t++)
		if (t != TOOL_SLIRP || b->net == NET_ISOLATED)
			tool_path(b, t, path, sizeof(path));
	if (b->net == NET_ISOLATED) {
		if (access("/dev/net/tun", R_OK | W_OK) != 0)
			box_fail(b,
				"/dev/net/tun is not accessible: %s (modprobe "
				"tun; chmod 666 /dev/net/tun)",
				strerror(errno));
		net_own_addresses(b);
	}
	b->null_fd = open("/dev/null", O_RDWR | O_CLOEXEC);
	if (b->null_fd < 0)
		box_fail(b, "/dev/null: %s", strerror(errno));
	if (b->watch) {
		b->watch_fd = open(b->watch, O_PATH | O_DIRECTORY | O_CLOEXEC);
		if (b->watch_fd < 0)
			box_fail(
				b, "--watch %s: %s", b->watch, strerror(errno));
	}
}

/* Nothing says that anything is wrong, only that it takes too long. */
NORETURN static void
give_up(struct box *b, const char *what, int64_t since)
{
	(void)box_kill_all(b);
	box_result(b, false,
		SANDBOX_RESULT_LATE " the sandbox was not ready in %d s: %s "
				    "did not answer for %lld ms",
		(int)(b->setup_ms / 1000), what, (long long)(now_ms() - since));
	exit(SANDBOX_EXIT_SETUP);
}

/* Waits until FD, which is WHAT's, can be read; a signal, the end of the
 * caller, or a deadline ends the set-up. */
static void
await(struct box *b, int fd, const char *what)
{
	struct pollfd p[] = {{fd, POLLIN}, {b->signal_fd, POLLIN},
		{b->control_fd, 0}, {b->fail_fd, POLLIN}};
	struct signalfd_siginfo si;
	int64_t since = now_ms();
	struct note n;

	for (;;) {
		int64_t left = b->start_ms + b->setup_ms - now_ms();

		if (poll(p, NELEM(p), (int)MAX(left, 0)) < 0 && errno != EINTR)
			box_fail(b, "poll: %s", strerror(errno));
		if (p[0].revents)
			return;
		/* an error does not return from here; the end of the socket
		 * means that slirp4netns was started */
		if (p[3].revents && !hear(b, b->fail_fd, &n))
			b->fail_fd = p[3].fd = -1;
		if (p[2].revents & (POLLHUP | POLLERR | POLLNVAL))
			break;
		if (p[1].revents && read(b->signal_fd, &si, sizeof(si)) > 0 &&
			si.ssi_signo != SIGCHLD)
			break;
		if (left <= 0)
			give_up(b, what, since);
	}
	(void)box_kill_all(b);
	box_result(b, true, SANDBOX_RESULT_CANCELLED);
	exit(SANDBOX_EXIT_ENDED);
}

static void
expect(struct box *b, int fd, char type, const char *who, struct note *ret_n)
{
	await(b, fd, who);
	if (!hear(b, fd, ret_n) || ret_n->type != type)
		box_fail(b, "%s ended before it was ready", who);
}

static void
await_slirp(struct box *b, struct wires *w)
{
	char c, said[512];
	ssize_t n;

	await(b, w->ready[0], "slirp4netns");
	if (read(w->ready[0], &c, 1) == 1)
		return;
	n = read(w->helper[0], said, sizeof(said) - 1);
	said[n > 0 ? n : 0] = '\0';
	box_fail(b, "slirp4netns failed: %s", said);
}

/* Whatever the starter ignored: an ignored SIGCHLD would reap on its own. */
static void
block_signals(struct box *b)
{
	static const int sigs[] = {SIGCHLD, SIGTERM, SIGINT, SIGHUP};
	sigset_t set;

	sigemptyset(&set);
	for (size_t i = 0; i < NELEM(sigs); i++) {
		(void)signal(sigs[i], SIG_DFL);
		sigaddset(&set, sigs[i]);
	}
	if (sigprocmask(SIG_SETMASK, &set, NULL) != 0)
		box_fail(b, "sigprocmask: %s", strerror(errno));
	b->signal_fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (b->signal_fd < 0)
		box_fail(b, "signalfd: %s", strerror(errno));
	(void)signal(SIGPIPE, SIG_IGN);
}

/* Start to bwrap; returns /proc of the build's pid namespace. */
static int
set_up(struct box *b, struct wires *w)
{
	struct note n, p;

	/* slirp4netns forks one that opens the tap: when it is killed, that one
	 * becomes ours, for box_kill_all() to end. */
	if (prctl(PR_SET_CHILD_SUBREAPER, 1L) != 0)
		box_fail(b, "prctl: %s", strerror(errno));
	b->b = fork();
	if (b->b < 0)
		box_fail(b, "fork: %s", strerror(errno));
	if (b->b == 0)
		be_b(b, w);
	b->leash[0] = w->b[0];
	b->leash[1] = w->c[0];
	b->leash[2] = w->disk[0];
	close(w->b[1]);
	close(w->c[1]);
	close(w->disk[1]);
	close(w->json[1]);
	close(w->ready[1]);
	close(w->hold[0]);
	close(w->helper[1]);
	expect(b, w->b[0], 'U', "the user namespace", &n);
	ids_map(b, b->b, false);
	tell(b, w->b[0], 'm', 0, 0);
	expect(b, w->b[0], 'C', "the id maps", &n);
	b->c = n.c;
	b->d = n.d;
	b->fail_fd = w->c[0];
	expect(b, w->c[0], 'P', "the sandbox", &p);
	b->fail_fd = w->b[0];
	if (b->net == NET_ISOLATED)
		await_slirp(b, w);
	tell(b, w->c[0], 'n', 0, 0);
	b->fail_fd = -1;
	await(b, w->c[0], "the network rules");
	if (hear(b, w->c[0], &n))
		box_fail(b, "the sandbox sent nonsense");
	return p.fd;
}

static int64_t
setup_ms(void)
{
	int64_t ms = SETUP_MS;

#ifdef AS_DEVELOPER
	const char *s = getenv("AS_SETUP_MS");

	if (s)
		(void)parse_number(s, 1, SETUP_MS, &ms); /* else the default */
#endif
	return ms;
}

int
box_run(struct box *b)
{
	struct wires w;
	int proc_fd;

	b->start_ms = now_ms();
	b->setup_ms = setup_ms();
	b->signal_fd = b->fail_fd = -1;
	ids_init(b);
	block_signals(b);
	prepare(b);
	wire(b, &w);
	b->seccomp_fd = seccomp_memfd(b);
	bwrap_prepare(b);
	proc_fd = set_up(b, &w);
	close(b->args_fd);
	b->start_ms = now_ms();
	return monitor(b, proc_fd, w.json[0],
		b->net == NET_ISOLATED ? w.helper[0] : -1,
		b->watch ? w.disk[0] : -1);
}
