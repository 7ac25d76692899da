/*
 * disk.c - D, the process that measures what a build writes (SB-8). It lives in
 * the slot's user namespace with the one right to look into any directory of the
 * slot, and outside the build's pid namespace, where the build cannot see it.
 * It decides nothing: A (monitor.c) compares and kills.
 */
#include "base/base.h"

#include <errno.h>
#include <linux/capability.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "sandbox/box.h"

#define PAUSE_MIN_MS 250
#define PAUSE_SHARE  4 /* rest four times as long as the walk took: 20 % */

struct sum {
	const struct limits *lim;
	struct disk_report r;
};

static int
count(void *arg, int dirfd, const char *name, const struct stat *st)
{
	struct sum *s = arg;

	(void)dirfd;
	(void)name;
	/* A hard-linked file is met once a name: each brings its share. */
	s->r.bytes +=
		(int64_t)st->st_blocks * 512 /
		(S_ISDIR(st->st_mode) ? 1 : (int64_t)MAX(st->st_nlink, 1));
	s->r.inodes++;
	return (s->lim->disk && s->r.bytes > s->lim->disk) ||
	       (s->lim->inodes && s->r.inodes > s->lim->inodes);
}

static int64_t
free_bytes(int fd, int64_t *ret_total)
{
	struct statvfs v;

	if (fstatvfs(fd, &v) != 0)
		return INT64_MAX;
	*ret_total = (int64_t)v.f_blocks * (int64_t)v.f_frsize;
	return (int64_t)v.f_bavail * (int64_t)v.f_frsize;
}

/* Below this the host itself is in danger, by files that have no name any more
 * or by somebody else: 5 % or 1 GiB, but no more than half of what was there. */
static int64_t
floor_bytes(int fd)
{
	int64_t total = INT64_MAX;
	int64_t now = free_bytes(fd, &total);
	int64_t low = MIN(total / 20, (int64_t)1 << 30);

	return MIN(low, now / 2);
}

/* Waits for MS or for A's request; true when the last walk was asked for. */
static bool
rest(int fd, int64_t ms)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};
	char c;

	if (poll(&p, 1, (int)ms) <= 0)
		return false;
	if (recv(fd, &c, 1, 0) != 1)
		_exit(0); /* A is gone */
	return true;
}

void
disk_watch(struct box *b, int fd)
{
	int64_t low = floor_bytes(b->watch_fd), total;
	bool final = false;

	caps_keep(b, 1ULL << CAP_DAC_READ_SEARCH);
	(void)prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	(void)setpriority(PRIO_PROCESS, 0, 5);
	for (;;) {
		struct sum s = {.lim = &b->lim};
		int64_t t = now_ms();

		(void)walk_tree(b->watch_fd, count, &s);
		s.r.low = free_bytes(b->watch_fd, &total) < low;
		s.r.final = final;
		if (send(fd, &s.r, sizeof(s.r), MSG_NOSIGNAL) < 0)
			_exit(0);
		t = (now_ms() - t) * PAUSE_SHARE;
		final = rest(fd, MAX(t, PAUSE_MIN_MS));
	}
}
