/*
 * report.c - how the sandbox says what happened, and its few helpers. Everybody
 * in src/sandbox calls it. It must not know how a sandbox is built.
 */
#include "base/base.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sandbox/box.h"
#include "sandbox/sandbox.h"

/* The program is independent of libbase. */
void
assert_failed(const char *expr, const char *file, int line)
{
	fprintf(stderr, "%s:%d: %s\n", file, line, expr);
	abort();
}

void
auto_close(int *fd)
{
	if (*fd >= 0)
		close(*fd);
}

int64_t
now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

bool
parse_number(const char *s, int64_t min, int64_t max, int64_t *ret_n)
{
	char *end;
	long long n;

	if (s[0] < '0' || s[0] > '9')
		return false;
	errno = 0;
	n = strtoll(s, &end, 10);
	if (errno || *end || n < min || n > max)
		return false;
	*ret_n = n;
	return true;
}

static int
by_value(const void *a, const void *b)
{
	return *(const int *)a - *(const int *)b;
}

void
close_all_but(const int *keep, int n)
{
	int fds[64], used = 0, low = 3;

	for (int i = 0; i < n && used < (int)NELEM(fds); i++)
		if (keep[i] > 2)
			fds[used++] = keep[i];
	qsort(fds, (size_t)used, sizeof(fds[0]), by_value);
	for (int i = 0; i < used; i++) {
		if (fds[i] > low)
			(void)close_range(
				(unsigned)low, (unsigned)fds[i] - 1, 0);
		low = fds[i] + 1;
	}
	(void)close_range((unsigned)low, UINT_MAX, 0);
}

/* One line, nothing in it that could forge a second one. */
static void
one_line(char *s)
{
	size_t n = strlen(s);

	while (n > 0 && (s[n - 1] == '\n' || s[n - 1] == ' '))
		s[--n] = '\0';
	for (; *s; s++)
		if ((unsigned char)*s < ' ' || *s == 127)
			*s = ' ';
}

static void
write_line(struct box *b, const char *line)
{
	int fd = b->status_fd >= 0 ? b->status_fd : STDERR_FILENO;

	if (dprintf(fd, "%s\n", line) < 0)
		fprintf(stderr, "autostack-sandbox: %s\n", line);
}

static void
reap(struct box *b, pid_t pid)
{
	if (pid == b->b)
		b->b = 0;
	else if (pid == b->c)
		b->c = 0;
	else if (pid == b->d)
		b->d = 0;
}

/* Whoever is a child of A now (proc(5)): what B, slirp4netns by then,
 * has forked becomes one when B ends. None of them is reaped meanwhile, so each
 * id is its own. A number that the read has cut is one for the next time. */
static void
kill_children(void)
{
	char text[4096];
	char *s = text, *end;
	AUTO_FD int fd =
		open("/proc/thread-self/children", O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? 0 : read(fd, text, sizeof(text) - 1);
	long long pid;

	text[MAX(n, (ssize_t)0)] = '\0';
	while ((pid = strtoll(s, &end, 10)) > 0 && *end == ' ') {
		(void)kill((pid_t)pid, SIGKILL);
		s = end;
	}
}

bool
box_kill_all(struct box *b)
{
	pid_t pid;

	if (b->c)
		kill(b->c, SIGKILL);
	if (b->b)
		kill(b->b, SIGKILL);
	if (b->d)
		kill(b->d, SIGKILL);
	/* A sibling that B has just cloned may not be known by its pid yet; it
	 * ends when its socket does. */
	for (size_t i = 0; i < NELEM(b->leash); i++) {
		if (b->leash[i] > 0)
			close(b->leash[i]);
		b->leash[i] = 0;
	}
	/* A pid namespace's first process can be reaped only when the kernel
	 * has reaped all others in it: this wait is the proof. */
	for (;;) {
		kill_children();
		pid = waitpid(-1, NULL, 0);
		if (pid > 0)
			reap(b, pid);
		else if (errno != EINTR)
			break;
	}
	return errno == ECHILD;
}

void
box_fail(struct box *b, const char *fmt, ...)
{
	char text[SANDBOX_LINE_MAX - 16];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	one_line(text);
	if (b->child) {
		char msg[SANDBOX_LINE_MAX];
		int n = snprintf(msg, sizeof(msg), "E%s", text);

		if (!b->quiet)
			(void)send(b->chan, msg, (size_t)n + 1, MSG_NOSIGNAL);
		_exit(SANDBOX_EXIT_SETUP);
	}
	(void)box_kill_all(b);
	box_result(b, false, SANDBOX_RESULT_SETUP " %s", text);
	exit(SANDBOX_EXIT_SETUP);
}

static const char *
net_name(enum net_mode m)
{
	return m == NET_HOST ? "host" : m == NET_NONE ? "none" : "isolated";
}

/* What was in force, and nothing that was not (D8). */
static void
limits_text(const struct box *b, char *s, size_t size)
{
	const struct limits *l = &b->lim;

	(void)snprintf(s, size,
		"userns,pidns,net:%s,seccomp,rlimits,nice%s%s%s%s%s,no-cgroup",
		net_name(b->net), l->time_ms ? ",time" : "",
		l->memory ? ",memory:sampled" : "",
		l->pids ? ",pids:rlimit+sampled" : "",
		b->watch && l->disk ? ",disk:sampled" : "",
		b->watch && l->inodes ? ",inodes:sampled" : "");
}

void
box_result(struct box *b, bool with_numbers, const char *fmt, ...)
{
	char text[SANDBOX_LINE_MAX / 2], limits[256], line[SANDBOX_LINE_MAX];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(with_numbers ? text : line,
		with_numbers ? sizeof(text) : sizeof(line) - 1, fmt, ap);
	va_end(ap);
	if (with_numbers) {
		limits_text(b, limits, sizeof(limits));
		(void)snprintf(line, sizeof(line),
			"%s peak_memory=%lld peak_pids=%lld peak_disk=%lld "
			"peak_inodes=%lld wall_ms=%lld limits=%s",
			text, (long long)b->peak.memory,
			(long long)b->peak.pids, (long long)b->peak.disk,
			(long long)b->peak.inodes,
			(long long)(now_ms() - b->start_ms), limits);
	}
	one_line(line);
	write_line(b, line);
}

static const struct tool_row {
	const char *name, *package;
} tools[TOOL_MAX] = {
	[TOOL_BWRAP] = {"bwrap", "bubblewrap"},
	[TOOL_SLIRP] = {"slirp4netns", "slirp4netns"},
	[TOOL_NEWUIDMAP] = {"newuidmap", "uidmap"},
	[TOOL_NEWGIDMAP] = {"newgidmap", "uidmap"},
};

const char *
tool_path(struct box *b, enum tool t, char *buf, size_t size)
{
	const struct tool_row *row = &tools[t];

	(void)snprintf(buf, size, "%s/%s", b->tools ? b->tools : "/usr/bin",
		row->name);
	if (access(buf, X_OK) != 0)
		box_fail(b, "%s is missing: %s (apt-get install %s)", buf,
			strerror(errno), row->package);
	return buf;
}
