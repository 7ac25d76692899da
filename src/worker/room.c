/*
 * room.c - whether the host has room for a build. One that begins on a host
 * without memory or disk takes both from what is served and from its
 * neighbours. Used by a job before anything else, and by the parent, which
 * makes room on a full disk (cache.c).
 */
#include "worker/worker.h"

#include "base/arena.h"
#include "base/clock.h"
#include "svc/usage.h"

#include <poll.h>

#define LOOK_MS 1000

static bool
is_low(const struct cfg *cfg, const struct usage_sample *s)
{
	return s->storage > 0 &&
	       s->storage_free < s->storage / 100 * cfg->build_disk_free;
}

bool
room_disk_is_low(const struct cfg *cfg)
{
	struct usage_sample s = {0};

	usage_take_storage(cfg->state_dir, &s);
	return is_low(cfg, &s);
}

/* What there is too little of, in words; NULL: nothing. */
static const char *
lacking(const struct cfg *cfg, struct arena *a)
{
	struct usage_sample s;
	int64_t memory;

	usage_take(a, cfg->state_dir, &s);
	memory = s.memory_free * 1024;
	if (s.memory > 0 && memory < cfg->build_memory_free)
		return arena_printf(a,
			"this host has %lld MB of memory available, and builds "
			"begin from %lld MB (build_memory_free)",
			(long long)(memory >> 20),
			(long long)(cfg->build_memory_free >> 20));
	if (is_low(cfg, &s))
		return arena_printf(a,
			"this host's disk is %lld %% full, and builds begin "
			"below %lld %% (build_disk_free)",
			(long long)(100 - 100 * s.storage_free / s.storage),
			(long long)(100 - cfg->build_disk_free));
	return NULL;
}

/* Until the next look: the log, the lease, a cancel. */
static enum err
pause_for(struct job *j, int64_t ms)
{
	const int64_t until = clock_mono_ms() + ms;
	enum err e = E_OK;

	while (!e && clock_mono_ms() < until) {
		struct pollfd p[] = {
			{j->signals, POLLIN, 0}, {db_fd(j->db), POLLIN, 0}};
		int64_t wait =
			MIN(until - clock_mono_ms(), (int64_t)lease_wait_ms(j));

		(void)poll(p, NELEM(p), (int)MAX(wait, (int64_t)1));
		e = logsink_flush(j, true);
		if (!e)
			e = lease_tick(j);
	}
	return e;
}

enum err
room_wait(struct job *j)
{
	const struct cfg *cfg = &j->w->cfg;
	const int64_t until = clock_mono_ms() + cfg->build_room_wait;
	struct arena *a = arena_new(1 << 20, 4 << 20);
	bool said = false;
	const char *what;
	enum err e = E_OK;

	while (!e && (what = lacking(cfg, a))) {
		int64_t left = until - clock_mono_ms();

		if (left <= 0)
			e = ctx_fail(&j->ctx, E_BUILD_FAILED, "%s", what);
		else if (!said)
			job_say(j, SAY_WARNING, "Waiting for room: %s", what);
		said = true;
		if (!e)
			e = pause_for(j, MIN(left, (int64_t)LOOK_MS));
		arena_reset(a);
	}
	arena_free(a);
	return e;
}
