/*
 * fuzz_detect.c - a stranger's package.json and lockfile, separated by a byte
 * 0xff; the byte after it chooses the package manager. Whatever stands in
 * them, the commands are ours but for a version of digits and dots.
 */
#include "fuzz.h"

#include "base/arena.h"
#include "base/fd.h"
#include "base/str.h"
#include "svc/detect.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static void
put(int dir, const char *name, const uint8_t *p, size_t n)
{
	AUTO_FD int fd = openat(
		dir, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

	ASSERT(fd >= 0 && fd_write_all(fd, p, n));
}

static void
check_command(const char *s)
{
	static const char chars[] = "abcdefghijklmnopqrstuvwxyz"
				    "0123456789 @./_-";

	ASSERT(strspn(s, chars) == strlen(s) && strlen(s) < 120);
	ASSERT(str_starts(s, "npm ") || str_starts(s, "npx "));
}

static void
plan(struct ctx *ctx, int dir)
{
	const struct detect_wish wish = {0};
	struct detect_plan p = {0};
	const char *output;

	if (detect_plan(ctx, dir, &wish, &p))
		return;
	ASSERT(p.is_node);
	if (p.install)
		check_command(p.install);
	if (p.build)
		check_command(p.build);
	ASSERT(p.build || !p.install);
	/* there is no directory to find */
	ASSERT(detect_output(ctx, dir, &p, &output) == E_OK
			? str_eq(output, ".")
			: p.build != NULL);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ctx ctx = {.arena = arena_new(64 << 20, 256 << 20)};
	const uint8_t *lock = size ? memchr(data, 0xff, size) : NULL;
	size_t n = lock ? (size_t)(lock - data) : size;
	AUTO_FD int parent = -1;
	AUTO_FD int dir = -1;
	char path[] = "/tmp/fuzz-detect.XXXXXX";

	ASSERT(mkdtemp(path) == path);
	parent = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	ASSERT(parent >= 0 && mkdirat(parent, "in", 0700) == 0);
	dir = openat(parent, "in", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	put(dir, "package.json", data, n);
	if (lock && size > n + 1)
		put(dir, lock[1] == 'y' ? "yarn.lock" : "pnpm-lock.yaml",
			lock + 2, size - n - 2);
	plan(&ctx, dir);
	ASSERT(fd_remove_tree(parent, "in") && rmdir(path) == 0);
	arena_free(ctx.arena);
	return 0;
}
