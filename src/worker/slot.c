/*
 * slot.c - the directories of builds. Used by the parent (at its start, and
 * after a child that died) and by a job (before and after). The trees belong to
 * the slot's uid while a build may run, so they are handed over by
 * autostack-sandbox and only then removed.
 */
#include "worker/worker.h"

#include "base/arena.h"
#include "base/clock.h"
#include "base/fd.h"
#include "base/log.h"
#include "base/run.h"
#include "base/str.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#define OWN_MAX    4
#define WIPE_TRIES 50 /* a build that was just killed may still be dying */
#define WIPE_MS    100

bool
slot_own(const struct worker *w, int slot, bool to_slot,
	const char *const dirs[], size_t n)
{
#ifdef AS_DEVELOPER
	static const char *const env[] = {"ASAN_OPTIONS=detect_leaks=0", NULL};
#else
	static const char *const env[] = {NULL};
#endif
	char number[16];
	const char *argv[6 + OWN_MAX + 1] = {w->sandbox, "own", "--slot",
		number, "--to", to_slot ? "slot" : "worker"};
	pid_t pid;

	ASSERT(n <= OWN_MAX);
	(void)snprintf(
		number, sizeof(number), "%d", (int)w->cfg.slot_base + slot);
	for (size_t i = 0; i < n; i++)
		argv[6 + i] = dirs[i];
	pid = run_start(argv, env, (const int[]){-1, -1, STDERR_FILENO}, 3);
	return pid >= 0 && run_wait(pid) == 0;
}

static const char *
slot_name(struct arena *a, int slot)
{
	return arena_printf(a, "slot-%d", slot);
}

/* All that a slot's uid may own in it becomes the worker's. */
static bool
take_slot(const struct worker *w, struct arena *a, int slot)
{
	const char *own[2];
	size_t n = 0;

	for (int i = 0; i < 2; i++) {
		const char *path = arena_printf(a, "%s/%s/%s", w->builds,
			slot_name(a, slot), i ? "cache/c" : "job");

		if (access(path, F_OK) == 0)
			own[n++] = path;
	}
	return !n || slot_own(w, slot, false, own, n);
}

/* Remove all of a slot, but for the cache if KEEP has one that is kept. */
static bool
wipe(const struct worker *w, int slot, const struct job *keep)
{
	struct arena *a = arena_new(1 << 20, 1 << 24);
	AUTO_FD int builds =
		open(w->builds, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	bool good = false;

	for (int i = 0; builds >= 0 && !good && i < WIPE_TRIES; i++) {
		if (i)
			(void)poll(NULL, 0, WIPE_MS);
		if (!take_slot(w, a, slot))
			continue;
		if (keep)
			cache_keep(keep);
		keep = NULL;
		good = fd_remove_tree(builds, slot_name(a, slot));
	}
	arena_free(a);
	return good;
}

bool
slot_wipe(struct worker *w, int slot)
{
	return wipe(w, slot, NULL);
}

void
slot_wipe_all(struct worker *w)
{
	DIR *d = opendir(w->builds);
	struct dirent *x;
	int64_t n;

	while (d && (x = readdir(d)) != NULL) {
		if (str_starts(x->d_name, "slot-") &&
			str_to_i64(x->d_name + 5, 0, 65535, &n) &&
			!slot_wipe(w, (int)n))
			log_event(EV_SLOT_DIRTY, NULL, "slot", x->d_name + 5,
				NULL);
	}
	if (d)
		(void)closedir(d);
}

static enum err
failed(struct job *j, const char *what)
{
	return ctx_cause(&j->ctx, E_INTERNAL_SERVER_ERROR, "%s: %s", what,
		strerror(errno));
}

enum err
slot_prepare(struct job *j)
{
	struct arena *a = j->ctx.arena;
	const char *job;

	j->dir = arena_printf(a, "%s/%s", j->w->builds, slot_name(a, j->slot));
	job = arena_printf(a, "%s/job", j->dir);
	if (access(j->dir, F_OK) == 0 && !slot_wipe(j->w, j->slot))
		return failed(j, "the slot cannot be emptied");
	if (!fd_mkdirs(arena_printf(a, "%s/home", job), 0755) ||
		mkdir(arena_printf(a, "%s/src", job), 0755) < 0)
		return failed(j, job);
	if (!slot_own(j->w, j->slot, true, DIRS(job), 1))
		return ctx_fail(&j->ctx, E_BUILD_FAILED,
			"the build sandbox cannot be set up, so nothing was "
			"run: its directory cannot be handed over (autostack "
			"doctor says what is missing)");
	return E_OK;
}

enum err
slot_lend_cache(struct job *j)
{
	struct arena *a = j->ctx.arena;
	const char *lent = arena_printf(a, "%s/cache", j->dir);
	const char *c = arena_printf(a, "%s/c", lent);

	if (!j->trusted) {
		job_say(j, SAY_INFO, "Build cache: none for a fork");
	} else if (!j->use_cache) {
		job_say(j, SAY_INFO, "Build cache: not used, as asked");
		cache_drop(j);
	} else if (rename(cache_home(j), lent) == 0) {
		/* it lies in the slot while it is used, so that its growth
		 * counts as the build's own; a project builds once at a time */
		job_say(j, SAY_INFO, "Build cache: that of the last build");
	} else if (errno == ENOENT) {
		job_say(j, SAY_INFO, "Build cache: empty");
	} else {
		return failed(j, "cache");
	}
	if (!fd_mkdirs(c, 0755))
		return failed(j, "cache");
	if (!slot_own(j->w, j->slot, true, DIRS(c), 1))
		return ctx_cause(&j->ctx, E_INTERNAL_SERVER_ERROR,
			"the cache cannot be handed over");
	j->cache = c;
	return E_OK;
}

/* A cache that fills half of what a build may have is begun anew; what a
 * stranger's build has left in one is nothing for the next. */
static bool
cache_is_worth_it(const struct job *j)
{
	return j->cache && j->trusted &&
	       j->peak_disk < j->w->cfg.build_disk_max / 2;
}

void
slot_finish(struct job *j)
{
	if (!wipe(j->w, j->slot, cache_is_worth_it(j) ? j : NULL))
		log_event(EV_SLOT_DIRTY, j->id, "slot",
			str_from_i64(j->ctx.arena, j->slot), NULL);
}
