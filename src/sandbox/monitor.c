/*
 * monitor.c - A's life while a build runs: samples, compares with the limits,
 * kills, proves that nothing is left, writes the result line. It must not know
 * how the sandbox was built.
 */
#include "base/base.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sandbox/box.h"
#include "sandbox/sandbox.h"

#define SAMPLE_MS  100
#define BWRAP_SELF 2 /* bwrap's own two processes are not the build's */

struct watch {
	struct box *b;
	int proc_fd, json_fd, helper_fd, disk_fd, signal_fd;
	char json[512];
	size_t json_used;
	const char *limit;    /* the limit that ended it */
	const char *broken;   /* the part of the sandbox that ended it */
	bool cancelled, gone; /* C was reaped */
	bool disk_final;
	int status;   /* of C */
	int64_t next; /* sample */
};

static void
sample(struct watch *w)
{
	const struct limits *l = &w->b->lim;
	struct peaks *p = &w->b->peak;
	int64_t t = now_ms();
	struct usage u = usage_sample(w->proc_fd, false);
	int64_t tasks = MAX(u.tasks - BWRAP_SELF, 0);

	/* After a fork both count all that they share: ask for the truth. */
	if (l->memory && u.memory > l->memory)
		u = usage_sample(w->proc_fd, true);
	p->memory = MAX(p->memory, u.memory);
	p->pids = MAX(p->pids, tasks);
	if (l->memory && (u.memory > l->memory || usage_host_exhausted()))
		w->limit = SANDBOX_LIMIT_MEMORY;
	else if (l->pids && tasks >= l->pids)
		w->limit = SANDBOX_LIMIT_PIDS;
	t = now_ms() - t;
	w->next = now_ms() + MAX(SAMPLE_MS, 10 * t);
}

static void
disk_report(struct watch *w)
{
	const struct limits *l = &w->b->lim;
	struct peaks *p = &w->b->peak;
	struct disk_report r;
	ssize_t n = recv(w->disk_fd, &r, sizeof(r), MSG_DONTWAIT);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n != (ssize_t)sizeof(r)) {
		w->broken = "the disk watcher died";
		w->disk_final = true;
		return;
	}
	p->disk = MAX(p->disk, r.bytes);
	p->inodes = MAX(p->inodes, r.inodes);
	w->disk_final = r.final;
	if (w->limit)
		return;
	if ((l->disk && r.bytes > l->disk) || r.low)
		w->limit = SANDBOX_LIMIT_DISK;
	else if (l->inodes && r.inodes > l->inodes)
		w->limit = SANDBOX_LIMIT_INODES;
}

static void
reap(struct watch *w)
{
	struct box *b = w->b;
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		if (pid == b->c) {
			b->c = 0;
			w->gone = true;
			w->status = status;
		} else if (pid == b->b) {
			b->b = 0;
			if (b->net == NET_ISOLATED)
				w->broken = "slirp4netns died";
		} else if (pid == b->d) {
			b->d = 0;
			w->broken = "the disk watcher died";
		}
	}
}

static void
take_signals(struct watch *w)
{
	sigset_t set;
	struct timespec none = {0};
	int sig;

	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGHUP);
	while ((sig = sigtimedwait(&set, NULL, &none)) > 0)
		if (sig != SIGCHLD)
			w->cancelled = true;
	reap(w);
}

static void
read_json(struct watch *w)
{
	ssize_t n = read(w->json_fd, w->json + w->json_used,
		sizeof(w->json) - 1 - w->json_used);

	if (n > 0)
		w->json_used += (size_t)n;
	else if (n == 0 || errno != EINTR)
		w->json_fd = -1;
	if (w->json_used == sizeof(w->json) - 1)
		w->json_fd = -1;
}

/* slirp4netns's chatter is read so that it never blocks, and dropped. */
static void
drain(int *fd)
{
	char buf[4096];
	ssize_t n = read(*fd, buf, sizeof(buf));

	if (n == 0 || (n < 0 && errno != EINTR && errno != EAGAIN))
		*fd = -1;
}

/* Milliseconds until something is due. */
static int
patience(const struct watch *w)
{
	const struct box *b = w->b;
	int64_t t = now_ms(), due = w->next;

	if (b->lim.time_ms)
		due = MIN(due, b->start_ms + b->lim.time_ms);
	return (int)MAX(0, MIN(due - t, SAMPLE_MS * 100));
}

static void
wait_event(struct watch *w)
{
	struct pollfd p[] = {{w->signal_fd, POLLIN}, {w->json_fd, POLLIN},
		{w->helper_fd, POLLIN}, {w->disk_fd, POLLIN},
		{w->b->control_fd, 0}};
	int n = poll(p, NELEM(p), patience(w));

	if (n <= 0)
		return;
	if (p[0].revents)
		take_signals(w);
	if (p[1].revents)
		read_json(w);
	if (p[2].revents)
		drain(&w->helper_fd);
	if (p[3].revents)
		disk_report(w);
	if (p[4].revents & (POLLHUP | POLLERR | POLLNVAL))
		w->cancelled = true;
}

static bool
must_stop(const struct watch *w)
{
	return w->gone || w->limit || w->broken || w->cancelled;
}

/* The last walk, when nothing writes any more: a build that filled the disk in
 * its last moment has broken its limit as well. */
static void
last_walk(struct watch *w)
{
	struct pollfd p = {.fd = w->disk_fd, .events = POLLIN};

	if (w->disk_fd < 0 || !w->b->d || must_stop(w) == false)
		return;
	w->disk_final = false;
	if (send(w->disk_fd, "f", 1, MSG_NOSIGNAL) != 1)
		return;
	while (!w->disk_final && !w->limit && poll(&p, 1, 60000) > 0)
		disk_report(w);
}

/* bwrap says "exit-code" only for a command that it could start. */
static bool
exit_code(const struct watch *w, int *ret_code)
{
	const char *s = strstr(w->json, "\"exit-code\"");
	char *end;
	long long n;

	if (!s)
		return false;
	s += strlen("\"exit-code\"");
	s += strspn(s, " :");
	n = strtoll(s, &end, 10);
	if (end == s)
		return false;
	*ret_code = (int)n;
	return true;
}

static int
result(struct watch *w)
{
	struct box *b = w->b;
	int code;

	if (w->limit) {
		box_result(b, true, SANDBOX_RESULT_LIMIT " %s", w->limit);
	} else if (w->gone && exit_code(w, &code)) {
		box_result(b, true, SANDBOX_RESULT_EXIT " %d", code);
		return code == 0 ? SANDBOX_EXIT_OK : SANDBOX_EXIT_ENDED;
	} else if (w->cancelled) {
		box_result(b, true, SANDBOX_RESULT_CANCELLED);
	} else if (w->broken) {
		box_result(b, false, SANDBOX_RESULT_ERROR " %s", w->broken);
	} else if (WIFSIGNALED(w->status)) {
		box_result(b, true, SANDBOX_RESULT_SIGNAL " %d",
			WTERMSIG(w->status));
	} else {
		box_result(b, false,
			SANDBOX_RESULT_SETUP
			" bwrap could not build the sandbox or start the "
			"command; its message is in the output");
		return SANDBOX_EXIT_SETUP;
	}
	return SANDBOX_EXIT_ENDED;
}

int
monitor(struct box *b, int proc_fd, int json_fd, int helper_fd, int disk_fd)
{
	struct watch w = {.b = b,
		.proc_fd = proc_fd,
		.json_fd = json_fd,
		.helper_fd = helper_fd,
		.disk_fd = disk_fd};

	w.signal_fd = b->signal_fd;
	w.next = now_ms() + SAMPLE_MS / 4;
	reap(&w);
	while (!must_stop(&w)) {
		wait_event(&w);
		if (must_stop(&w))
			break;
		if (b->lim.time_ms && now_ms() - b->start_ms >= b->lim.time_ms)
			w.limit = SANDBOX_LIMIT_TIME;
		else if (now_ms() >= w.next)
			sample(&w);
	}
	while (!w.gone) {
		kill(b->c, SIGKILL);
		pid_t pid = waitpid(b->c, &w.status, 0);

		if (pid == b->c || (pid < 0 && errno == ECHILD)) {
			b->c = 0;
			w.gone = pid > 0;
			break;
		}
	}
	while (w.json_fd >= 0)
		read_json(&w);
	last_walk(&w);
	if (!box_kill_all(b))
		w.broken = "a process could not be waited for";
	return result(&w);
}
