/*
 * own.c - hands a tree over between the worker's uid and a slot's uid (the verb
 * "own"). It needs a user namespace with both ids mapped; nothing hostile runs
 * in it, and the build that made the tree must be dead.
 */
#include "base/base.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sandbox/box.h"
#include "sandbox/sandbox.h"

struct owner {
	uid_t uid; /* as seen inside: 0 the worker, INNER_ID the slot */
	gid_t gid;
	bool to_worker;
	char name[256]; /* where it failed */
	int err;
};

/* The worker needs to read, publish and delete with ordinary calls. chown(2)
 * has taken the setuid bits already; the mask takes the rest. */
static mode_t
worker_mode(const struct stat *st)
{
	mode_t m = st->st_mode & 0777;

	if (S_ISDIR(st->st_mode))
		return m | 0700;
	return m | 0400;
}

/* chmod of what FD is, without following anything; FD may be O_PATH */
static int
chmod_fd(int fd, mode_t mode)
{
	char path[40];

	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	return chmod(path, mode);
}

/* A hard link to a file outside the tree would be handed over with it; slots
 * cannot make one (other mounts, protected_hardlinks). */
static int
hand_over(void *arg, int dirfd, const char *name, const struct stat *st)
{
	struct owner *o = arg;
	AUTO_FD int fd = -1;

	if (fchownat(dirfd, name, o->uid, o->gid,
		    AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH) != 0)
		goto fail;
	if (!o->to_worker || !(S_ISDIR(st->st_mode) || S_ISREG(st->st_mode)))
		return 0;
	fd = name[0] ? openat(dirfd, name, O_PATH | O_NOFOLLOW | O_CLOEXEC)
		     : fcntl(dirfd, F_DUPFD_CLOEXEC, 3);
	if (fd >= 0 && chmod_fd(fd, worker_mode(st)) == 0)
		return 0;
fail:
	o->err = errno;
	(void)snprintf(o->name, sizeof(o->name), "%s", name);
	return 1;
}

static void
hand_over_tree(struct box *b, struct owner *o, const char *dir, int path_fd)
{
	AUTO_FD int fd = openat(
		path_fd, ".", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	struct stat st;
	int r;

	if (fd < 0 || fstat(fd, &st) != 0)
		box_fail(b, "own: %s: %s", dir, strerror(errno));
	r = hand_over(o, fd, "", &st);
	if (r == 0)
		r = walk_tree(fd, hand_over, o);
	if (r == 1)
		box_fail(b, "own: %s: %s: %s%s", dir, o->name, strerror(o->err),
			o->err == EPERM ? " (it belongs to a third user or "
					  "group)"
					: "");
	if (r != 0)
		box_fail(b, "own: %s: could not be walked: %s", dir,
			r == WALK_DISTURBED ? "something moves it about"
					    : strerror(errno));
}

NORETURN static void
be_owner(struct box *b, bool to_slot, char **dirs, const int *fd, int n)
{
	struct owner o = {.uid = to_slot ? INNER_ID : 0,
		.gid = to_slot ? INNER_ID : 0,
		.to_worker = !to_slot};
	char c;

	b->child = true;
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 ||
		unshare(CLONE_NEWUSER) != 0)
		box_fail(b, "user namespaces are not permitted here: %s",
			strerror(errno));
	if (send(b->chan, "U", 1, MSG_NOSIGNAL) != 1 ||
		recv(b->chan, &c, 1, 0) != 1)
		_exit(SANDBOX_EXIT_SETUP);
	ids_become(b, 0);
	(void)umask(0);
	for (int i = 0; i < n; i++)
		hand_over_tree(b, &o, dirs[i], fd[i]);
	(void)send(b->chan, "K", 1, MSG_NOSIGNAL);
	_exit(0);
}

/* The child's next word; anything but WANT is a failure. */
static void
expect(struct box *b, int fd, char want)
{
	char m[SANDBOX_LINE_MAX];
	ssize_t n = recv(fd, m, sizeof(m) - 1, 0);

	if (n == 1 && m[0] == want)
		return;
	m[MAX(n, 0)] = '\0';
	box_fail(b, "%s", n > 1 ? m + 1 : "own: the helper process died");
}

int
box_own(struct box *b, bool to_slot, char **dirs)
{
	int fd[BIND_MAX], s[2], n = 0;

	ids_init(b);
	for (; dirs[n]; n++) {
		if (n == BIND_MAX)
			box_fail(b, "own: more than %d directories", BIND_MAX);
		fd[n] = open(
			dirs[n], O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (fd[n] < 0)
			box_fail(b, "own: %s: %s", dirs[n], strerror(errno));
	}
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, s) != 0)
		box_fail(b, "socketpair: %s", strerror(errno));
	b->b = fork();
	if (b->b < 0)
		box_fail(b, "fork: %s", strerror(errno));
	if (b->b == 0) {
		close(s[0]);
		b->chan = s[1];
		be_owner(b, to_slot, dirs, fd, n);
	}
	close(s[1]);
	expect(b, s[0], 'U');
	ids_map(b, b->b, true);
	if (send(s[0], "m", 1, MSG_NOSIGNAL) != 1)
		box_fail(b, "own: the helper process died");
	expect(b, s[0], 'K');
	(void)box_kill_all(b);
	return SANDBOX_EXIT_OK;
}
