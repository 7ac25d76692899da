/* base_fd.c - whole files, walls around directories, removing trees. */
#include "unit_base.h"

#include "base/arena.h"
#include "base/fd.h"
#include "base/str.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

/* Each test has its own directory, open as at; made by setup(). */
static char dir[64];
static int at;
static struct arena *arena;

static void
setup(void)
{
	unit_tmp(dir);
	at = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	ck_assert_int_ge(at, 0);
	arena = arena_new(8 << 20, 8 << 20);
}

static void
teardown(void)
{
	arena_free(arena);
	ck_assert_int_eq(close(at), 0);
	unit_tmp_done(dir);
}

START_TEST(test_read_file)
{
	char path[512];
	size_t n = 99;
	char *text;

	unit_file(path, dir, "a", "hello");
	text = fd_read_file(arena, path, 100, &n);
	ck_assert_str_eq(text, "hello");
	ck_assert_uint_eq(n, 5);
	ck_assert_str_eq(fd_read_file(arena, path, 5, NULL), "hello");
	n = 99;
	ck_assert_ptr_null(fd_read_file(arena, path, 4, &n));
	ck_assert_int_eq(errno, EFBIG);
	ck_assert_uint_eq(n, 99);
	unit_file(path, dir, "a", "");
	ck_assert_str_eq(fd_read_file(arena, path, 0, &n), "");
	ck_assert_uint_eq(n, 0);
	ck_assert_ptr_null(fd_read_file(arena, "/nonexistent", 9, &n));
	ck_assert_int_eq(errno, ENOENT);
	ck_assert_ptr_null(fd_read_file(arena, "/dev/zero", 1 << 20, &n));
	ck_assert_int_eq(errno, EFBIG);
	/* files of /proc have no size */
	ck_assert_ptr_nonnull(
		fd_read_file(arena, "/proc/self/status", 65536, &n));
	ck_assert_uint_gt(n, 100);
}
END_TEST

START_TEST(test_beneath)
{
	char path[512];

	unit_file(path, dir, "a", "hello");
	ck_assert_int_eq(mkdirat(at, "sub", 0755), 0);
	unit_file(path, dir, "sub/b", "there");
	ck_assert_int_eq(symlinkat("/etc/passwd", at, "abs"), 0);
	ck_assert_int_eq(symlinkat("a", at, "rel"), 0);
	ck_assert_int_eq(symlinkat("..", at, "sub/up"), 0);
	ck_assert_int_eq(symlinkat("/", at, "root"), 0);
	ck_assert_int_eq(symlinkat("/proc/self", at, "self"), 0);
	ck_assert_int_eq(mkfifoat(at, "fifo", 0600), 0);

#define READ(p) fd_read_beneath(arena, at, p, 100000, NULL)
	ck_assert_str_eq(READ("a"), "hello");
	ck_assert_str_eq(READ("sub/b"), "there");
	ck_assert_str_eq(READ("sub/../a"), "hello");
	ck_assert_ptr_null(READ("abs"));
	ck_assert_int_eq(errno, ELOOP);
	ck_assert_ptr_null(READ("rel"));
	ck_assert_ptr_null(READ("sub/up/a"));
	ck_assert_ptr_null(READ("root/etc/passwd"));
	ck_assert_ptr_null(READ("self/root/etc/passwd"));
	ck_assert_ptr_null(READ("../etc/passwd"));
	ck_assert_int_eq(errno, EXDEV);
	ck_assert_ptr_null(READ("sub/../../x"));
	ck_assert_ptr_null(READ("/etc/passwd"));
	ck_assert_int_eq(errno, EXDEV);
	ck_assert_ptr_null(READ("sub"));
	ck_assert_int_eq(errno, EISDIR);
	ck_assert_ptr_null(READ("fifo"));
	ck_assert_int_eq(errno, EINVAL);
	ck_assert_ptr_null(READ(""));
	ck_assert_ptr_null(fd_read_beneath(arena, at, "a", 4, NULL));
	ck_assert_int_eq(errno, EFBIG);
}
END_TEST

START_TEST(test_open_beneath)
{
	int fd = fd_open_beneath(at, "new", O_WRONLY | O_CREAT | O_EXCL, 0640);
	struct stat st;

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(fstat(fd, &st), 0);
	ck_assert_uint_eq(st.st_mode & 0137, 0);
	ck_assert_int_ne(fcntl(fd, F_GETFD) & FD_CLOEXEC, 0);
	ck_assert_int_eq(close(fd), 0);
	ck_assert_int_eq(
		fd_open_beneath(at, "../x", O_WRONLY | O_CREAT, 0600), -1);
	fd = fd_open_beneath(at, ".", O_RDONLY | O_DIRECTORY, 0777);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(close(fd), 0);
}
END_TEST

START_TEST(test_replace)
{
	char path[512];
	struct stat st;
	mode_t mask = umask(077);

	unit_file(path, dir, "f", "old");
	ck_assert(fd_replace_file(path, "newer", 5, 0644));
	(void)umask(mask);
	ck_assert_str_eq(fd_read_file(arena, path, 99, NULL), "newer");
	ck_assert_int_eq(stat(path, &st), 0);
	ck_assert_uint_eq(st.st_mode & 07777, 0644);
	/* a symlink is replaced, not followed */
	ck_assert_int_eq(symlinkat("f", at, "link"), 0);
	(void)snprintf(path, sizeof(path), "%s/link", dir);
	ck_assert(fd_replace_file(path, "x", 1, 0600));
	ck_assert_int_eq(lstat(path, &st), 0);
	ck_assert(S_ISREG(st.st_mode));
	ck_assert(!fd_replace_file("/nonexistent/f", "x", 1, 0600));
	ck_assert_int_eq(errno, ENOENT);
	/* nothing temporary stays, after failures neither */
	(void)snprintf(path, sizeof(path), "%s/d", dir);
	ck_assert(fd_mkdirs(path, 0755));
	ck_assert(!fd_replace_file(path, "x", 1, 0600));
	ck_assert_int_eq(errno, EISDIR);
	ck_assert_int_eq(unlinkat(at, "d", AT_REMOVEDIR), 0);
	ck_assert_int_eq(unlinkat(at, "f", 0), 0);
	ck_assert_int_eq(unlinkat(at, "link", 0), 0);
	ck_assert_int_eq(rmdir(dir), 0);
	ck_assert_int_eq(mkdir(dir, 0700), 0);
}
END_TEST

START_TEST(test_mkdirs)
{
	char path[512];
	struct stat st;

	(void)snprintf(path, sizeof(path), "%s/a//b/c/", dir);
	ck_assert(fd_mkdirs(path, 0750));
	ck_assert(fd_mkdirs(path, 0750));
	ck_assert_int_eq(stat(path, &st), 0);
	ck_assert(S_ISDIR(st.st_mode));
	unit_file(path, dir, "file", "");
	ck_assert(!fd_mkdirs(path, 0755));
	ck_assert_int_eq(errno, ENOTDIR);
	(void)snprintf(path, sizeof(path), "%s/file/x", dir);
	ck_assert(!fd_mkdirs(path, 0755));
	ck_assert(!fd_mkdirs("", 0755));
	ck_assert(fd_mkdirs("/", 0755));
}
END_TEST

static bool
exists(const char *name)
{
	struct stat st;

	return fstatat(at, name, &st, AT_SYMLINK_NOFOLLOW) == 0;
}

START_TEST(test_remove_plain)
{
	char path[512];

	ck_assert(fd_remove_tree(at, "absent"));
	unit_file(path, dir, "file", "x");
	ck_assert(fd_remove_tree(at, "file"));
	ck_assert(!exists("file"));
	(void)snprintf(path, sizeof(path), "%s/t/a/b/c", dir);
	ck_assert(fd_mkdirs(path, 0755));
	(void)snprintf(path, sizeof(path), "%s/t/a/d/.gone-0/e", dir);
	ck_assert(fd_mkdirs(path, 0755));
	(void)snprintf(path, sizeof(path), "%s/t/.gone-1", dir);
	ck_assert(fd_mkdirs(path, 0755));
	unit_file(path, dir, "t/a/b/file", "x");
	ck_assert_int_eq(mkfifoat(at, "t/a/fifo", 0600), 0);
	ck_assert(fd_remove_tree(at, "t"));
	ck_assert(!exists("t"));
	ck_assert(!fd_remove_tree(-1, "t"));
}
END_TEST

/* SB-8: "hard links, deep directories, 000 directories" */
START_TEST(test_remove_deep)
{
	int here = dup(at);

	ck_assert_int_ge(here, 0);
	for (int i = 0; i < 10000; i++) {
		int next;

		ck_assert_int_eq(mkdirat(here, "d", 0755), 0);
		next = openat(here, "d", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		ck_assert_int_ge(next, 0);
		ck_assert_int_eq(close(here), 0);
		here = next;
	}
	ck_assert_int_eq(close(here), 0);
	ck_assert(fd_remove_tree(at, "d"));
	ck_assert(!exists("d"));
}
END_TEST

START_TEST(test_remove_wide)
{
	char name[64];

	ck_assert_int_eq(mkdirat(at, "t", 0755), 0);
	for (int i = 0; i < 2000; i++) {
		(void)snprintf(name, sizeof(name), "t/%d", i);
		ck_assert_int_eq(mkdirat(at, name, 0755), 0);
		(void)snprintf(name, sizeof(name), "t/%d/x", i);
		ck_assert_int_eq(mkdirat(at, name, 0755), 0);
	}
	ck_assert(fd_remove_tree(at, "t"));
	ck_assert(!exists("t"));
}
END_TEST

START_TEST(test_remove_symlink)
{
	char path[512];

	unit_file(path, dir, "keep", "x");
	ck_assert_int_eq(mkdirat(at, "kept", 0755), 0);
	unit_file(path, dir, "kept/file", "x");
	ck_assert_int_eq(mkdirat(at, "t", 0755), 0);
	ck_assert_int_eq(mkdirat(at, "t/s", 0755), 0);
	ck_assert_int_eq(symlinkat("../keep", at, "t/a"), 0);
	ck_assert_int_eq(symlinkat("../kept", at, "t/b"), 0);
	ck_assert_int_eq(symlinkat("../../kept", at, "t/s/c"), 0);
	ck_assert_int_eq(symlinkat("kept", at, "top"), 0);
	ck_assert(fd_remove_tree(at, "t"));
	ck_assert(fd_remove_tree(at, "top"));
	ck_assert(!exists("t") && !exists("top"));
	ck_assert(exists("keep") && exists("kept/file"));
}
END_TEST

START_TEST(test_remove_forbidden)
{
	/* root may anything: as somebody else the modes count */
	if (geteuid() == 0) {
		ck_assert_int_eq(fchown(at, 65534, 65534), 0);
		ck_assert_int_eq(seteuid(65534), 0);
	}
	ck_assert_int_eq(mkdirat(at, "t", 0700), 0);
	ck_assert_int_eq(mkdirat(at, "t/a", 0700), 0);
	ck_assert_int_eq(mkdirat(at, "t/a/b", 0700), 0);
	ck_assert_int_eq(mkdirat(at, "t/a/b/c", 0700), 0);
	ck_assert_int_eq(fchmodat(at, "t/a/b/c", 0, 0), 0);
	ck_assert_int_eq(fchmodat(at, "t/a/b", 0555, 0), 0);
	ck_assert_int_eq(fchmodat(at, "t/a", 0, 0), 0);
	ck_assert_int_eq(fchmodat(at, "t", 0500, 0), 0);
	ck_assert(fd_remove_tree(at, "t"));
	ck_assert(!exists("t"));
	if (getuid() == 0)
		ck_assert_int_eq(seteuid(0), 0);
}
END_TEST

START_TEST(test_write_all)
{
	int ends[2];
	char big[100000];

	ck_assert_int_eq(pipe2(ends, O_CLOEXEC), 0);
	ck_assert(fd_write_all(ends[1], "abc", 3));
	ck_assert(fd_write_all(ends[1], "", 0));
	ck_assert(fd_nonblock(ends[1]));
	memset(big, 'x', sizeof(big));
	ck_assert(!fd_write_all(ends[1], big, sizeof(big)));
	ck_assert_int_eq(errno, EAGAIN);
	ck_assert_int_eq(close(ends[0]), 0);
	ck_assert_int_eq(close(ends[1]), 0);
	ck_assert(!fd_write_all(-1, "x", 1));
	ck_assert(!fd_nonblock(-1));
}
END_TEST

Suite *
suite_fd(void)
{
	const TTest *const tests[] = {test_read_file, test_beneath,
		test_open_beneath, test_replace, test_mkdirs, test_write_all,
		NULL};
	const TTest *const removals[] = {test_remove_plain, test_remove_deep,
		test_remove_wide, test_remove_symlink, test_remove_forbidden,
		NULL};
	Suite *s = suite_create("fd");

	tcase_add_checked_fixture(unit_case(s, "fd", tests), setup, teardown);
	tcase_add_checked_fixture(
		unit_case(s, "fd removes trees (SB-8)", removals), setup,
		teardown);
	return s;
}
