/*
 * pack.c - a directory as a tar.gz. Which files is decided here, so that what
 * is never published (.git, .env) does not even leave the machine; tar writes
 * the archive, since its formats for long names and large files are known
 * everywhere, and zlib compresses it.
 */
#include "cli/cli.h"

#include "base/buf.h"
#include "base/fd.h"
#include "base/run.h"
#include "base/str.h"
#include "ext/gz.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#define DEPTH_MAX 64
#define NAMES_MAX ((size_t)64 << 20)

struct packing {
	struct cli *cli;
	struct buf names; /* "./a/b", each with its NUL */
	size_t files;
};

static bool
failed(const char *what)
{
	(void)cli_error(CLI_USAGE, "%s: %s", what, strerror(errno));
	return false;
}

/* What the server would leave out without a word. */
static bool
is_hidden(const char *path)
{
	const char *name = strrchr(path, '/') + 1;

	return name[0] == '.' && !str_eq(path, "./.well-known");
}

static bool walk(struct packing *p, int dir, const char *path, int depth);

static bool
walk_into(struct packing *p, int dir, const char *name, const char *path,
	int depth)
{
	int fd = openat(
		dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (fd < 0)
		return failed(path);
	if (depth >= DEPTH_MAX) {
		(void)close(fd);
		errno = ELOOP;
		return failed(path);
	}
	return walk(p, fd, path, depth + 1);
}

static bool
take(struct packing *p, int dir, const char *name, const char *parent,
	int depth)
{
	const char *path = arena_printf(p->cli->arena, "%s/%s", parent, name);
	struct stat st;

	if (is_hidden(path))
		return true;
	if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return failed(path);
	if (S_ISDIR(st.st_mode))
		return walk_into(p, dir, name, path, depth);
	if (!S_ISREG(st.st_mode)) {
		(void)cli_error(
			CLI_OK, "not uploaded: %s is no regular file", path);
		return true;
	}
	p->files++;
	buf_add(&p->names, path, strlen(path) + 1);
	return true;
}

/* Closes dir. */
static bool
walk(struct packing *p, int dir, const char *path, int depth)
{
	DIR *d = fdopendir(dir);
	const struct dirent *x;
	bool good = true;

	if (!d) {
		(void)close(dir);
		return failed(path);
	}
	while (good && (x = readdir(d)) != NULL) {
		if (!str_eq(x->d_name, ".") && !str_eq(x->d_name, ".."))
			good = take(p, dirfd(d), x->d_name, path, depth);
	}
	(void)closedir(d);
	return good;
}

/* A file that has no name and goes with its descriptor. */
static int
nameless(struct arena *a)
{
	const char *dir = getenv("TMPDIR");
	char *path;
	int fd;

	dir = dir && dir[0] == '/' ? dir : "/tmp";
	fd = open(dir, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	if (fd >= 0 || (errno != EOPNOTSUPP && errno != EISDIR))
		return fd;
	path = arena_printf(a, "%s/autostack.XXXXXX", dir);
	fd = mkostemp(path, O_CLOEXEC);
	if (fd >= 0)
		(void)unlink(path); /* it is empty, and nobody else's */
	return fd;
}

static bool
run_tar(const char *dir, int names, int out)
{
	static const char *const env[] = {"LC_ALL=C", NULL};
	const char *argv[] = {"/usr/bin/tar", "--create", "--file=-",
		"--directory", dir, "--null", "--no-recursion",
		"--verbatim-files-from", "--files-from=-", "--owner=0",
		"--group=0", "--numeric-owner", "--mode=u=rw,go=r", NULL};
	const int fds[] = {names, out, STDERR_FILENO};
	pid_t pid;
	int code;

	if (access(argv[0], X_OK) < 0)
		argv[0] = "/bin/tar";
	pid = run_start(argv, env, fds, NELEM(fds));
	if (pid < 0)
		return failed(argv[0]);
	code = run_wait(pid);
	if (code == 0)
		return true;
	(void)cli_error(CLI_USAGE, "%s: tar failed (%d)", dir, code);
	return false;
}

static bool
pack(struct packing *p, const char *dir, int *ret_fd, int64_t *ret_size)
{
	AUTO_FD int names = nameless(p->cli->arena);
	AUTO_FD int plain = nameless(p->cli->arena);
	AUTO_FD int packed = nameless(p->cli->arena);

	if (names < 0 || plain < 0 || packed < 0)
		return failed("a temporary file");
	if (!fd_write_all(names, p->names.data, p->names.len) ||
		lseek(names, 0, SEEK_SET) != 0)
		return failed("a temporary file");
	if (!run_tar(dir, names, plain))
		return false;
	if (!gz_copy(plain, packed, ret_size) ||
		lseek(packed, 0, SEEK_SET) != 0)
		return failed("a temporary file");
	*ret_fd = TAKE_FD(packed);
	return true;
}

bool
cli_pack(struct cli *c, const char *dir, int *ret_fd, int64_t *ret_size)
{
	struct packing p = {.cli = c};
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	bool good;

	if (fd < 0)
		return failed(dir);
	buf_init(&p.names, NAMES_MAX);
	good = walk(&p, fd, ".", 0);
	if (good && (p.files == 0 || p.names.full)) {
		(void)cli_error(CLI_USAGE, "%s holds %s", dir,
			p.files ? "too many files" : "no file to publish");
		good = false;
	}
	good = good && pack(&p, dir, ret_fd, ret_size);
	buf_done(&p.names);
	return good;
}
