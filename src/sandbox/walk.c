/*
 * walk.c - visits a directory tree that a hostile build has made: any depth, any
 * number of entries, no symlink followed, no mount crossed, three descriptors.
 * own.c and disk.c use it; it knows nothing of ids or limits.
 */
#include "base/base.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "sandbox/box.h"

/* Reserved address space; only what is used costs memory. */
#define NAMES_MAX  ((size_t)256 << 20)
#define LEVELS_MAX ((size_t)2 << 20)

/* A directory on the way down: which it is, to be sure on the way up, and where
 * its own sub-directories begin in the stack of names. */
struct level {
	dev_t dev;
	ino_t ino;
	size_t mark;
};

struct walk {
	char *names; /* NAME NUL LENGTH(2), popped from the end */
	size_t top;
	struct level *level;
	size_t depth;
	dev_t dev;
	walk_fn fn;
	void *arg;
};

long
read_dir(int fd, void *buf, size_t size)
{
	return syscall(SYS_getdents64, fd, buf, size);
}

static bool
push(struct walk *w, const char *name)
{
	uint16_t n = (uint16_t)strlen(name);

	if (w->top + n + 1 + sizeof(n) > NAMES_MAX)
		return false;
	memcpy(w->names + w->top, name, (size_t)n + 1);
	memcpy(w->names + w->top + n + 1, &n, sizeof(n));
	w->top += (size_t)n + 1 + sizeof(n);
	return true;
}

static const char *
pop(struct walk *w)
{
	uint16_t n;

	memcpy(&n, w->names + w->top - sizeof(n), sizeof(n));
	w->top -= (size_t)n + 1 + sizeof(n);
	return w->names + w->top;
}

static int
visit(struct walk *w, int fd, const char *name)
{
	struct stat st;
	int r;

	if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
		return 0;
	if (fstatat(fd, name, &st, AT_SYMLINK_NOFOLLOW) != 0)
		return errno == ENOENT ? 0 : WALK_FAILED;
	if (st.st_dev != w->dev)
		return 0;
	r = w->fn(w->arg, fd, name, &st);
	if (r == 0 && S_ISDIR(st.st_mode) && !push(w, name))
		r = WALK_FAILED;
	return r;
}

/* Visits all entries of FD and notes its sub-directories as a new level. */
static int
enter(struct walk *w, int fd)
{
	_Alignas(struct dirent64) char buf[32768];
	struct stat st;
	long n;
	int r;

	if (fstat(fd, &st) != 0 || w->depth == LEVELS_MAX)
		return WALK_FAILED;
	w->level[w->depth++] = (struct level){st.st_dev, st.st_ino, w->top};
	while ((n = read_dir(fd, buf, sizeof(buf))) > 0)
		for (long at = 0; at < n;) {
			const struct dirent64 *d = (void *)(buf + at);

			r = visit(w, fd, d->d_name);
			if (r)
				return r;
			at += d->d_reclen;
		}
	/* a directory removed meanwhile reads as ENOENT */
	return n == 0 || errno == ENOENT ? 0 : WALK_FAILED;
}

/* One step from directory *FD: down to the next sub-directory, or up. */
static int
step(struct walk *w, int *fd)
{
	const struct level *l = &w->level[w->depth - 1];
	struct stat st;
	bool down = w->top > l->mark;
	int next = openat(*fd, down ? pop(w) : "..",
		O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (next < 0)
		return down && (errno == ENOENT || errno == ENOTDIR ||
				       errno == ELOOP)
			       ? 0
			       : WALK_FAILED;
	close(*fd);
	*fd = next;
	if (down)
		return enter(w, next);
	w->depth--;
	l--;
	if (fstat(next, &st) != 0)
		return WALK_FAILED;
	/* moved elsewhere while we were below */
	return st.st_dev == l->dev && st.st_ino == l->ino ? 0 : WALK_DISTURBED;
}

static void *
reserve(size_t size)
{
	void *p = mmap(NULL, size, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	return p == MAP_FAILED ? NULL : p;
}

int
walk_tree(int root, walk_fn fn, void *arg)
{
	struct walk w = {.fn = fn, .arg = arg};
	struct stat st;
	int r = WALK_FAILED;
	int fd = openat(root, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	w.names = reserve(NAMES_MAX);
	w.level = reserve(LEVELS_MAX * sizeof(*w.level));
	if (fd >= 0 && w.names && w.level && fstat(fd, &st) == 0) {
		w.dev = st.st_dev;
		r = enter(&w, fd);
		while (r == 0 && (w.depth > 1 || w.top > 0))
			r = step(&w, &fd);
	}
	if (w.names)
		munmap(w.names, NAMES_MAX);
	if (w.level)
		munmap(w.level, LEVELS_MAX * sizeof(*w.level));
	if (fd >= 0)
		close(fd);
	return r;
}
