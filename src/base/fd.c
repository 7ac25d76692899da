/*
 * fd.c - files and descriptors. What opens below a directory that others can
 * write to goes through openat2, so that no symlink leads out of it.
 */
#include "base/fd.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/rand.h"
#include "base/str.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

bool
fd_write_all(int fd, const void *p, size_t n)
{
	const char *at = p;

	while (n) {
		ssize_t r = write(fd, at, n);

		if (r < 0) {
			if (errno == EINTR)
				continue;
			return false;
		}
		at += r;
		n -= (size_t)r;
	}
	return true;
}

bool
fd_nonblock(int fd)
{
	int flags = fcntl(fd, F_GETFL);

	return flags >= 0 && fcntl(fd, F_SETFL, flags | O_NONBLOCK) == 0;
}

/* The rest of fd as arena text; NULL with errno, EFBIG over max. */
static char *
read_rest(struct arena *a, int fd, size_t max, size_t *ret_len)
{
	AUTO_BUF struct buf b = {0};
	char *text;

	/* one byte more tells "exactly max" from "larger" */
	buf_init(&b, max + 1);
	for (;;) {
		size_t want = MIN(max + 1 - b.len, (size_t)64 * 1024);
		ssize_t n;

		if (!want) {
			errno = EFBIG;
			return NULL;
		}
		n = read(fd, buf_room(&b, want), want);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return NULL;
		if (n == 0)
			break;
		buf_added(&b, (size_t)n);
	}
	text = arena_alloc(a, b.len + 1);
	if (b.len)
		memcpy(text, b.data, b.len);
	if (ret_len)
		*ret_len = b.len;
	return text;
}

char *
fd_read_file(struct arena *a, const char *path, size_t max, size_t *ret_len)
{
	AUTO_FD int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);

	return fd < 0 ? NULL : read_rest(a, fd, max, ret_len);
}

int
fd_open_beneath(int dirfd, const char *path, int flags, unsigned mode)
{
	bool makes = (flags & O_CREAT) || (flags & O_TMPFILE) == O_TMPFILE;
	struct open_how how = {
		.flags = (uint64_t)(flags | O_CLOEXEC),
		.mode = makes ? mode : 0, /* others must be 0: EINVAL */
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS |
			   RESOLVE_NO_MAGICLINKS,
	};
	long fd;

	/* EAGAIN: something was renamed meanwhile, so ".." was not certain */
	for (int i = 0; i < 16; i++) {
		fd = syscall(SYS_openat2, dirfd, path, &how, sizeof(how));
		if (fd >= 0 || (errno != EAGAIN && errno != EINTR))
			break;
	}
	return (int)fd;
}

char *
fd_read_beneath(struct arena *a, int dirfd, const char *path, size_t max,
	size_t *ret_len)
{
	struct stat st;
	/* O_NONBLOCK: a FIFO must not hold us up before it is refused */
	AUTO_FD int fd = fd_open_beneath(
		dirfd, path, O_RDONLY | O_NOCTTY | O_NONBLOCK, 0);

	if (fd < 0 || fstat(fd, &st) < 0)
		return NULL;
	if (!S_ISREG(st.st_mode)) {
		errno = S_ISDIR(st.st_mode) ? EISDIR : EINVAL;
		return NULL;
	}
	return read_rest(a, fd, max, ret_len);
}

/* fsync of the directory that holds path, so that a rename in it lasts. */
static bool
sync_parent(const char *path)
{
	char dir[PATH_MAX];
	char *slash;

	if (!str_copy(dir, sizeof(dir), path)) {
		errno = ENAMETOOLONG;
		return false;
	}
	slash = strrchr(dir, '/');
	if (!slash)
		(void)str_copy(dir, sizeof(dir), "."); /* it fits */
	else
		slash[slash == dir] = '\0';

	AUTO_FD int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	return fd >= 0 && fsync(fd) == 0;
}

static bool
write_new(const char *path, const void *p, size_t n, unsigned mode)
{
	AUTO_FD int fd = open(path,
		O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);

	/* fchmod: the mode that was asked for, whatever the umask says */
	return fd >= 0 && fd_write_all(fd, p, n) && fchmod(fd, mode) == 0 &&
	       fsync(fd) == 0;
}

bool
fd_replace_file(const char *path, const void *p, size_t n, unsigned mode)
{
	char tmp[PATH_MAX];
	unsigned char r[6];
	char hex[13];
	int len;
	int why;

	rand_bytes(r, sizeof(r));
	str_hex(hex, r, sizeof(r));
	len = snprintf(tmp, sizeof(tmp), "%s.%s.tmp", path, hex);
	if (len < 0 || (size_t)len >= sizeof(tmp)) {
		errno = ENAMETOOLONG;
		return false;
	}
	if (write_new(tmp, p, n, mode) && rename(tmp, path) == 0)
		return sync_parent(path);
	why = errno;
	if (why != EEXIST)
		(void)unlink(tmp); /* what was to be told is in why */
	errno = why;
	return false;
}

bool
fd_mkdirs(const char *path, unsigned mode)
{
	char part[PATH_MAX];
	struct stat st;

	if (!*path || !str_copy(part, sizeof(part), path)) {
		errno = *path ? ENAMETOOLONG : ENOENT;
		return false;
	}
	for (char *p = part + 1;; p++) {
		char c = *p;

		if (c != '/' && c != '\0')
			continue;
		*p = '\0';
		if (mkdir(part, (mode_t)mode) < 0 && errno != EEXIST)
			return false;
		*p = c;
		if (c == '\0')
			break;
	}
	if (stat(part, &st) < 0)
		return false;
	if (!S_ISDIR(st.st_mode)) {
		errno = ENOTDIR;
		return false;
	}
	return true;
}

/*
 * Removing a tree. Depth must not matter, neither for the stack nor for the
 * number of open descriptors, so the tree is flattened: the top directory is
 * emptied entry by entry, and a directory in it hands its own subdirectories
 * up to the top before it is removed.
 */
struct removal {
	int top;
	uint64_t moved; /* names the directories that were handed up */
};

/* Open a directory for reading its entries; its owner gets access first where
 * the mode forbids it. Never through a symlink. */
static int
open_dir(int parent, const char *name)
{
	char self[40];
	struct stat st;
	AUTO_FD int fd = openat(
		parent, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (fd < 0 || fstat(fd, &st) < 0)
		return -1;
	if ((st.st_mode & 0700) != 0700) {
		/* fchmod refuses O_PATH and chmod by name follows symlinks */
		(void)snprintf(self, sizeof(self), "/proc/self/fd/%d", fd);
		if (chmod(self, 0700) < 0)
			return -1;
	}
	return openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

static bool
hand_up(struct removal *r, int from, const char *name)
{
	char to[32];

	/* moving a directory writes its "..": make sure that it is allowed */
	AUTO_FD int fd = open_dir(from, name);

	if (fd < 0)
		return false;
	do {
		(void)snprintf(to, sizeof(to), ".gone-%llu",
			(unsigned long long)r->moved++);
		if (renameat2(from, name, r->top, to, RENAME_NOREPLACE) == 0)
			return true;
	} while (errno == EEXIST);
	return false;
}

static bool empty_dir(struct removal *r, int fd, bool is_top);

/* Remove one entry of a directory; false with errno. */
static bool
remove_entry(struct removal *r, int dir, const char *name, bool in_top)
{
	if (unlinkat(dir, name, 0) == 0 || errno == ENOENT)
		return true;
	if (errno != EISDIR)
		return false;
	if (!in_top)
		return hand_up(r, dir, name);

	int fd = open_dir(dir, name);

	return fd >= 0 && empty_dir(r, fd, false) &&
	       (unlinkat(dir, name, AT_REMOVEDIR) == 0 || errno == ENOENT);
}

/* Empty the directory fd, which is closed. Recursion ends at level two. */
static bool
empty_dir(struct removal *r, int fd, bool is_top)
{
	DIR *dir = fdopendir(fd);
	bool good = dir != NULL;
	bool found = true;
	int why;

	if (!dir) {
		(void)auto_close(&fd);
		return false;
	}
	/* what changes during a pass may not show in it: read until one pass
	 * finds nothing */
	while (good && found) {
		struct dirent *d;

		found = false;
		rewinddir(dir);
		while (good && (d = readdir(dir)) != NULL) {
			if (str_eq(d->d_name, ".") || str_eq(d->d_name, ".."))
				continue;
			found = true;
			good = remove_entry(r, dirfd(dir), d->d_name, is_top);
		}
	}
	why = errno;
	(void)closedir(dir);
	errno = why;
	return good;
}

bool
fd_remove_tree(int dirfd, const char *name)
{
	struct removal r = {.top = -1};
	bool good;
	int why;

	if (unlinkat(dirfd, name, 0) == 0 || errno == ENOENT)
		return true;
	if (errno != EISDIR)
		return false;
	r.top = open_dir(dirfd, name);
	if (r.top < 0)
		return errno == ENOENT;

	int fd = fcntl(r.top, F_DUPFD_CLOEXEC, 3);

	good = fd >= 0 && empty_dir(&r, fd, true) &&
	       unlinkat(dirfd, name, AT_REMOVEDIR) == 0;
	why = errno;
	(void)close(r.top);
	errno = why;
	return good;
}
