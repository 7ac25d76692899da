/*
 * fuzz_archive.c - a tar file that a store may have given back. The input is
 * read as it is, and packed into gzip first, so that the tar reader is reached.
 * Whatever is taken is exactly what packing the result gives again.
 */
#include "fuzz.h"

#include "base/arena.h"
#include "base/fd.h"
#include "ext/gz.h"
#include "svc/archive.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static const struct archive_rules rules = {
	.max_packed = 1 << 22, .max_bytes = 1 << 20, .max_files = 64};

static int
memory_file(const void *p, size_t n)
{
	int fd = memfd_create("fuzz", MFD_CLOEXEC);

	ASSERT(fd >= 0 && fd_write_all(fd, p, n) &&
		lseek(fd, 0, SEEK_SET) == 0);
	return fd;
}

static void
check_same(struct arena *a, int dir, const uint8_t *data, size_t size)
{
	struct ctx ctx = {.arena = a};
	AUTO_FD int out = memory_file("", 0);
	char *back = arena_alloc(a, size + 1);

	ASSERT(archive_pack(&ctx, dir, out, &rules) == E_OK);
	ASSERT(lseek(out, 0, SEEK_SET) == 0);
	ASSERT(gz_read(gz_reader(a, out), back, size + 1) == (ssize_t)size);
	ASSERT(memcmp(back, data, size) == 0);
}

static void
unpack(struct arena *a, int in, const uint8_t *data, size_t size)
{
	struct ctx ctx = {.arena = a};
	AUTO_FD int parent = -1;
	AUTO_FD int dir = -1;
	char path[] = "/tmp/fuzz-archive.XXXXXX";

	ASSERT(mkdtemp(path) == path);
	parent = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	ASSERT(parent >= 0 && mkdirat(parent, "in", 0700) == 0);
	dir = openat(parent, "in", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (!archive_unpack(&ctx, in, dir, &rules) && data)
		check_same(a, dir, data, size);
	/* nothing came beside it */
	ASSERT(fd_remove_tree(parent, "in") && rmdir(path) == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *a = arena_new(64 << 20, 1 << 28);
	AUTO_FD int raw = memory_file(data, size);
	AUTO_FD int packed = memory_file("", 0);
	struct gz *z = gz_writer(a, packed);

	if (size <= 1 << 20) {
		unpack(a, raw, NULL, 0);
		ASSERT(gz_write(z, data, size) && gz_end(z));
		ASSERT(lseek(packed, 0, SEEK_SET) == 0);
		unpack(a, packed, data, size);
	}
	arena_free(a);
	return 0;
}
