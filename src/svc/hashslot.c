/*
 * hashslot.c - slots are flock(2)s on files in run_dir: shared by all API
 * processes of the host, and given back by the kernel when one dies.
 */
#include "svc/hashslot.h"

#include "base/arena.h"
#include "base/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

#define WAIT_MS 3000
#define STEP_NS 10000000 /* 10 ms */

/* Try the locks of a kind from the last one down: a descriptor that holds one,
 * -1 when all are taken, -2 with errno when they cannot be opened. */
static int
try_all(struct ctx *ctx, const struct cfg *cfg, const char *kind, int64_t n)
{
	for (int64_t i = n - 1; i >= 0; i--) {
		const char *path = arena_printf(ctx->arena, "%s/%s-%d.lock",
			cfg->run_dir, kind, (int)i);
		AUTO_FD int fd = open(
			path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);

		if (fd < 0)
			return -2;
		if (flock(fd, LOCK_EX | LOCK_NB) == 0)
			return TAKE_FD(fd);
	}
	return -1;
}

/* One process at least neither hashes nor waits for a slot. */
static int64_t
slots(const struct cfg *cfg)
{
	return MIN(cfg->hash_slots, MAX(cfg->api_processes - 1, 1));
}

/* Those that neither hash nor have to stay free for others: who waits for a
 * hash slot takes one of these places, and who waits for a provider. */
static int64_t
places(const struct cfg *cfg)
{
	return MAX(cfg->api_processes - slots(cfg) - 1, 0);
}

static enum err
busy(struct ctx *ctx)
{
	return ctx_fail(ctx, E_SERVICE_UNAVAILABLE,
		"Too many people are signing in right now; try again in a "
		"moment");
}

static enum err
unusable(struct ctx *ctx, const struct cfg *cfg)
{
	return ctx_cause(ctx, E_INTERNAL_SERVER_ERROR, "hash slots in %s: %s",
		cfg->run_dir, strerror(errno));
}

enum err
hashslot_take(struct ctx *ctx, const struct cfg *cfg, int *ret_fd)
{
	const struct timespec step = {0, STEP_NS};
	int64_t deadline = clock_mono_ms() + WAIT_MS;
	int fd = try_all(ctx, cfg, "hash", slots(cfg));
	AUTO_FD int place = -1;

	if (fd == -1) {
		place = try_all(ctx, cfg, "hash-wait", places(cfg));
		if (place == -1)
			return busy(ctx);
		if (place < 0)
			return unusable(ctx, cfg);
	}
	while (fd == -1 && clock_mono_ms() < deadline) {
		(void)nanosleep(&step, NULL); /* a signal only shortens it */
		fd = try_all(ctx, cfg, "hash", slots(cfg));
	}
	if (fd == -1)
		return busy(ctx);
	if (fd < 0)
		return unusable(ctx, cfg);
	*ret_fd = fd;
	return E_OK;
}

/* The lower half of the places; who hashes begins with the upper one. Whoever
 * finds them taken cannot wait, since waiting would take a process, too. */
enum err
hashslot_take_oauth(struct ctx *ctx, const struct cfg *cfg, int *ret_fd)
{
	int64_t n = (places(cfg) + 1) / 2;
	int fd;

	if (n == 0)
		return hashslot_take(ctx, cfg, ret_fd);
	fd = try_all(ctx, cfg, "hash-wait", n);
	if (fd == -1)
		return busy(ctx);
	if (fd < 0)
		return unusable(ctx, cfg);
	*ret_fd = fd;
	return E_OK;
}
