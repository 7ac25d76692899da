/*
 * cache.c - the build caches of projects between their builds, and what all of
 * them may take of the disk (build_cache_max). A job brings its project's back,
 * with its size beside it; the parent removes those that were used longest ago,
 * one in a round. While a cache is lent (slot.c) it lies out of reach of that.
 */
#include "worker/worker.h"

#include "base/arena.h"
#include "base/fd.h"
#include "base/log.h"
#include "base/str.h"
#include "svc/usage.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#define OLD       "old-cache"
#define DEPTH_MAX 64
#define SIZE_TEXT 32

const char *
cache_home(const struct job *j)
{
	return arena_printf(
		j->ctx.arena, "%s/cache/%s", j->w->builds, j->project);
}

/* Add up what a tree takes of the disk; fd is closed. False: it cannot be read,
 * or a build has made it deeper than any cache is. */
static bool
measure(int fd, int depth, int64_t *sum)
{
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *d;
	struct stat st;
	bool good = dir && depth < DEPTH_MAX;

	if (!dir)
		auto_close(&fd);
	while (good && (d = readdir(dir)) != NULL) {
		if (str_eq(d->d_name, ".") || str_eq(d->d_name, ".."))
			continue;
		good = fstatat(dirfd(dir), d->d_name, &st,
			       AT_SYMLINK_NOFOLLOW) == 0;
		if (!good)
			break;
		*sum += (int64_t)st.st_blocks * 512;
		if (S_ISDIR(st.st_mode))
			good = measure(openat(dirfd(dir), d->d_name,
					       O_RDONLY | O_DIRECTORY |
						       O_NOFOLLOW | O_CLOEXEC),
				depth + 1, sum);
	}
	if (dir)
		(void)closedir(dir);
	return good;
}

/* Measured once, here: nobody walks through all caches to know their sum. The
 * time of the file says when the cache was used. */
static bool
note_size(const struct job *j, const char *lent)
{
	struct arena *a = j->ctx.arena;
	int64_t bytes = 0;
	const char *text;

	if (!measure(open(j->cache, O_RDONLY | O_DIRECTORY | O_CLOEXEC), 0,
		    &bytes))
		return false;
	text = str_from_i64(a, bytes);
	return fd_replace_file(
		arena_printf(a, "%s/size", lent), text, strlen(text), 0644);
}

void
cache_keep(const struct job *j)
{
	struct arena *a = j->ctx.arena;
	const char *lent = arena_printf(a, "%s/cache", j->dir);

	if (!note_size(j, lent) ||
		!fd_mkdirs(arena_printf(a, "%s/cache", j->w->builds), 0755) ||
		rename(lent, cache_home(j)) < 0)
		log_debug(j->id, "cache: %s", strerror(errno));
}

void
cache_drop(const struct job *j)
{
	AUTO_FD int dir =
		open(arena_printf(j->ctx.arena, "%s/cache", j->w->builds),
			O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (dir >= 0 && !fd_remove_tree(dir, j->project))
		log_debug(j->id, "cache: %s", strerror(errno));
}

/* ---- the parent ---- */

struct cache {
	const char *project; /* NULL: there is none */
	int64_t bytes;
	int64_t used_ns;
};

/* One without a size is from before there were sizes: the oldest, and it counts
 * as the most that it may be. */
static struct cache
read_cache(struct worker *w, int caches, const char *project)
{
	struct arena *a = w->ctx.arena;
	const char *size = arena_printf(a, "%s/size", project);
	const char *text = fd_read_beneath(a, caches, size, SIZE_TEXT, NULL);
	struct cache c = {.project = arena_strdup(a, project),
		.bytes = w->cfg.build_disk_max / 2};
	struct stat st;

	if (text && str_to_i64(text, 0, INT64_MAX, &c.bytes) &&
		fstatat(caches, size, &st, AT_SYMLINK_NOFOLLOW) == 0)
		c.used_ns = (int64_t)st.st_mtim.tv_sec * 1000000000 +
			    st.st_mtim.tv_nsec;
	return c;
}

/* What all of them take. *ret is the one that was used longest ago, but for
 * those of projects that are being built: they are about to be used. */
static int64_t
add_up(struct worker *w, struct cache *ret)
{
	DIR *dir = opendir(arena_printf(w->ctx.arena, "%s/cache", w->builds));
	struct dirent *d;
	int64_t sum = 0;

	while (dir && (d = readdir(dir)) != NULL) {
		struct cache c;

		if (d->d_name[0] == '.')
			continue;
		c = read_cache(w, dirfd(dir), d->d_name);
		sum += c.bytes;
		if (!worker_is_busy(w, c.project) &&
			(!ret->project || c.used_ns < ret->used_ns))
			*ret = c;
	}
	if (dir)
		(void)closedir(dir);
	return sum;
}

/* Out of the way first: a worker that dies meanwhile leaves no half of a cache
 * to the next build, and the rest to its successor. */
static bool
take_out(struct worker *w, int builds, const struct cache *c)
{
	if (renameat(builds, arena_printf(w->ctx.arena, "cache/%s", c->project),
		    builds, OLD) < 0)
		return false;
	crash_point("cache-out");
	worker_pulse(w);
	return fd_remove_tree(builds, OLD);
}

static void
note_stays(struct worker *w, bool good)
{
	if (!good && !w->cache_stays)
		log_event(EV_CACHE_STAYS, NULL, "cause", strerror(errno), NULL);
	w->cache_stays = !good;
}

void
cache_trim(struct worker *w)
{
	AUTO_FD int builds =
		open(w->builds, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	const bool full = room_disk_is_low(&w->cfg);
	struct cache oldest = {0};
	bool good;

	if (!w->cache_look && !full)
		return;
	w->cache_look = false;
	good = builds >= 0 && fd_remove_tree(builds, OLD);
	if (good && (add_up(w, &oldest) > w->cfg.build_cache_max || full) &&
		oldest.project) {
		good = take_out(w, builds, &oldest);
		if (good)
			log_event(EV_CACHE_REMOVED, oldest.project, "bytes",
				str_from_i64(w->ctx.arena, oldest.bytes),
				"reason", full ? "disk" : "build_cache_max",
				NULL);
		w->cache_look = good; /* at the next one */
	}
	note_stays(w, good);
}
