/* ext_gz.c - gzip files, unpacked by gzip itself. */
#include "unit_ext.h"

#include "base/arena.h"
#include "base/fd.h"
#include "base/run.h"
#include "ext/gz.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

static char tmp[64];

static void
setup(void)
{
	unit_tmp(tmp);
}

static void
teardown(void)
{
	unit_tmp_done(tmp);
}

/* A file of this text in tmp. */
static int
file_of(const char *name, const void *text, size_t n)
{
	char path[512];
	int fd;

	(void)snprintf(path, sizeof(path), "%s/%s", tmp, name);
	fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	ck_assert_int_ge(fd, 0);
	ck_assert(fd_write_all(fd, text, n));
	return fd;
}

/* Compress text and have gzip compare what it unpacks. */
static int64_t
round_trip(const void *text, size_t n)
{
	AUTO_FD int in = file_of("in", text, n);
	AUTO_FD int packed = file_of("out.gz", "", 0);
	AUTO_FD int unpacked = file_of("out", "", 0);
	const char *const argv[] = {"/usr/bin/gzip", "-dc", NULL};
	const char *const cmp[] = {"/usr/bin/cmp", "-", "/dev/fd/3", NULL};
	int64_t size = -1;
	struct stat st;

	ck_assert(gz_copy(in, packed, &size));
	ck_assert_int_eq(fstat(packed, &st), 0);
	ck_assert_int_eq(st.st_size, size);
	ck_assert_int_eq(lseek(packed, 0, SEEK_SET), 0);
	ck_assert_int_eq(run_wait(run_start(argv, NULL,
				 (const int[]){packed, unpacked, 2}, 3)),
		0);
	ck_assert_int_eq(lseek(unpacked, 0, SEEK_SET), 0);
	ck_assert_int_eq(lseek(in, 0, SEEK_SET), 0);
	ck_assert_int_eq(run_wait(run_start(cmp, NULL,
				 (const int[]){unpacked, 2, 2, in}, 4)),
		0);
	return size;
}

START_TEST(test_round_trip)
{
	size_t n = 3 * 1000 * 1000;
	char *p = malloc(n);
	uint32_t x = 1;

	ck_assert_ptr_nonnull(p);
	ck_assert_int_gt(round_trip("", 0), 0);
	ck_assert_int_gt(round_trip("x", 1), 0);
	memset(p, 'a', n);
	ck_assert_int_lt(round_trip(p, n), 10000);
	ck_assert_int_gt(round_trip(p, 64 * 1024), 0);
	for (size_t i = 0; i < n; i++) { /* what does not get smaller */
		x = x * 1664525 + 1013904223;
		p[i] = (char)(x >> 24);
	}
	ck_assert_int_gt(round_trip(p, n), 2500000);
	free(p);
}
END_TEST

START_TEST(test_same_bytes)
{
	AUTO_FD int in = file_of("in", "hello hello hello", 17);
	char a[128], b[128];
	int64_t na, nb;
	AUTO_FD int one = file_of("one", "", 0);
	AUTO_FD int two = file_of("two", "", 0);

	ck_assert(gz_copy(in, one, &na));
	/* from its beginning, wherever its offset stands */
	ck_assert(gz_copy(in, two, &nb));
	ck_assert_int_eq(na, nb);
	ck_assert_int_eq(pread(one, a, sizeof(a), 0), na);
	ck_assert_int_eq(pread(two, b, sizeof(b), 0), nb);
	ck_assert_mem_eq(a, b, (size_t)na);
	ck_assert_mem_eq(a + 3, "\0\0\0\0\0", 5); /* no name, no time */
}
END_TEST

START_TEST(test_fails)
{
	AUTO_FD int in = file_of("in", "x", 1);
	AUTO_FD int full = open("/dev/full", O_WRONLY | O_CLOEXEC);
	AUTO_FD int dir = open(tmp, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	AUTO_FD int out = file_of("out", "", 0);
	int64_t n = -7;

	ck_assert(!gz_copy(in, full, &n));
	ck_assert(!gz_copy(dir, out, &n));
	ck_assert_int_eq(n, -7);
}
END_TEST

/* What a reader makes of these bytes, in pieces of step; -1: it refuses. */
static ssize_t
read_all(const void *bytes, size_t n, char *to, size_t max, size_t step)
{
	struct arena *a = arena_new(1 << 20, 1 << 24);
	AUTO_FD int in = file_of("stream.gz", bytes, n);
	struct gz *z;
	size_t got = 0;
	ssize_t r;

	ck_assert_int_eq(lseek(in, 0, SEEK_SET), 0);
	z = gz_reader(a, in);
	do {
		r = gz_read(z, to + got, MIN(step, max - got));
		got += r > 0 ? (size_t)r : 0;
	} while (r > 0 && got < max);
	arena_free(a);
	return r < 0 ? r : (ssize_t)got;
}

START_TEST(test_streams)
{
	static char text[300000], back[300001], whole[300000];
	struct arena *a = arena_new(1 << 20, 1 << 24);
	AUTO_FD int in = file_of("in", "", 0);
	AUTO_FD int copied = file_of("copied.gz", "", 0);
	AUTO_FD int out = file_of("out.gz", "", 0);
	struct gz *z = gz_writer(a, out);
	char small[64];
	int64_t n;

	for (size_t i = 0; i < sizeof(text); i++)
		text[i] = (char)(i * i >> 7);
	for (size_t i = 0; i < sizeof(text); i += 1000)
		ck_assert(gz_write(z, text + i, 1000));
	ck_assert(gz_write(z, "", 0));
	ck_assert(gz_end(z));
	ck_assert(fd_write_all(in, text, sizeof(text)));
	ck_assert(gz_copy(in, copied, &n));
	ck_assert_int_eq(gz_size(z), n);
	ck_assert_int_eq(pread(out, whole, sizeof(whole), 0), n);
	ck_assert_int_eq(pread(copied, back, sizeof(back), 0), n);
	ck_assert_mem_eq(whole, back, (size_t)n);
	ck_assert_int_eq(read_all(whole, (size_t)n, back, sizeof(back), 777),
		sizeof(text));
	ck_assert_mem_eq(text, back, sizeof(text));
	/* cut, continued, damaged, or something else */
	for (size_t cut = 0; cut < (size_t)n; cut += 1 + cut / 3)
		ck_assert_int_eq(
			read_all(whole, cut, back, sizeof(back), 4096), -1);
	whole[n] = 'x';
	ck_assert_int_eq(
		read_all(whole, (size_t)n + 1, back, sizeof(back), 4096), -1);
	whole[n / 2] ^= 1;
	ck_assert_int_eq(
		read_all(whole, (size_t)n, back, sizeof(back), 4096), -1);
	ck_assert_int_eq(read_all(text, 1000, back, sizeof(back), 512), -1);
	ck_assert_int_eq(read_all("", 0, small, sizeof(small), 64), -1);
	arena_free(a);
}
END_TEST

START_TEST(test_streams_fail)
{
	struct arena *a = arena_new(1 << 20, 1 << 24);
	AUTO_FD int full = open("/dev/full", O_WRONLY | O_CLOEXEC);
	AUTO_FD int dir = open(tmp, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct gz *z = gz_writer(a, full);
	char byte;

	ck_assert(!gz_write(z, "x", 1)); /* its header */
	ck_assert_int_eq(gz_read(gz_reader(a, dir), &byte, 1), -1);
	arena_free(a);
}
END_TEST

Suite *
suite_gz(void)
{
	Suite *s = suite_create("gz");

	tcase_add_checked_fixture(
		unit_case(s, "gz",
			(const TTest *const[]){test_round_trip, test_same_bytes,
				test_fails, test_streams, test_streams_fail,
				NULL}),
		setup, teardown);
	return s;
}
