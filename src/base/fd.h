/* fd.h - files and descriptors: whole reads and writes, always close-on-exec. */
#ifndef AS_FD_H
#define AS_FD_H

#include "base/base.h"
#include "base/err.h"

struct arena;

/* Write all of it, retrying on EINTR and short writes. False: errno says why. */
MUST bool fd_write_all(int fd, const void *p, size_t n);
MUST bool fd_nonblock(int fd);
/* A whole file of at most max bytes as NUL-terminated arena text. Returns
 * NULL with errno set (EFBIG when it is larger). */
char *fd_read_file(
	struct arena *a, const char *path, size_t max, size_t *ret_len);
/* The same below a directory descriptor, refusing symlinks and paths that
 * leave it (openat2 RESOLVE_BENEATH|NO_SYMLINKS); regular files only. */
char *fd_read_beneath(struct arena *a, int dirfd, const char *path, size_t max,
	size_t *ret_len);
/* Open beneath dirfd with those rules. -1 with errno. */
int fd_open_beneath(int dirfd, const char *path, int flags, unsigned mode);
/* Replace a file in one step: write to a temporary name, fsync, rename. */
MUST bool fd_replace_file(
	const char *path, const void *p, size_t n, unsigned mode);
/* mkdir -p with the mode for what is made. */
MUST bool fd_mkdirs(const char *path, unsigned mode);
/* Remove a tree below dirfd by name without following symlinks and without
 * deep recursion (any depth works). True when it is gone. */
MUST bool fd_remove_tree(int dirfd, const char *name);

#endif
