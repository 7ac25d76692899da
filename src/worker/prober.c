/*
 * prober.c - the child that looks every few seconds whether the platform works,
 * keeps for how long it did, and writes what the status page shows. It does so
 * whatever is away: times that the database could not take are added when it
 * is back, so that its own absence is in the history as well.
 */
#include "worker/prober.h"

#include "base/arena.h"
#include "base/clock.h"
#include "base/log.h"
#include "ext/db.h"
#include "stmt.h"

#include <errno.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <unistd.h>

#define ROUND_MS   3000
#define FRESH_DAYS 8 /* that the database may be away */

static bool
stopping(struct prober *p)
{
	struct signalfd_siginfo s;

	while (read(p->signals, &s, sizeof(s)) == (ssize_t)sizeof(s))
		p->stop = true;
	return p->stop;
}

/* Until now it was as the last look has found it. Of a time in which nobody
 * looked nothing is known. */
static void
account(struct prober *p)
{
	int64_t now = clock_mono_ms();
	int64_t ms = now - p->seen_ms;

	for (enum service s = 0;
		p->seen_ms && ms <= SNAPSHOT_OLD_MS && s < SERVICE_MAX; s++)
		service_days_add(
			&p->fresh, s, p->watch[s].health, clock_now_us(), ms);
	p->seen_ms = now;
}

static void
note_change(enum service s, enum health was, const struct service_watch *w)
{
	if (w->health != was &&
		(w->health == HEALTH_DOWN || was == HEALTH_DOWN))
		log_event(w->health == HEALTH_DOWN ? EV_SERVICE_DOWN
						   : EV_SERVICE_UP,
			NULL, "service", service_info(s)->name, NULL);
}

static void
look(struct prober *p)
{
	for (enum service s = 0; s < SERVICE_MAX && !stopping(p); s++) {
		struct service_watch *w = &p->watch[s];
		enum health was = w->health;
		bool slow;
		int64_t ms = probe_run(p, s, &slow);

		service_seen(w, clock_now_us(), ms, slow);
		if (w->failures == 1)
			p->drafted[s] = false;
		note_change(s, was, w);
	}
}

static const char *
text_or_null(const struct buf *b)
{
	return b->len ? buf_text(b) : NULL;
}

static void
show(struct prober *p)
{
	const struct snapshot_in in = {.now_us = clock_now_us(),
		.watch = p->watch,
		.stored = &p->stored,
		.fresh = &p->fresh,
		.incidents = p->incidents_read ? p->incidents : NULL,
		.metrics = text_or_null(&p->metrics),
		.incident_list = text_or_null(&p->incident_list)};
	AUTO_BUF struct buf b = {.max = SNAPSHOT_MAX};

	bool saved;

	snapshot_write(p->ctx.arena, &in, &b);
	errno = EFBIG;
	saved = !b.full && snapshot_save(p->ctx.arena, &p->w->cfg, &b);
	if (!saved && !p->unsaved)
		log_event(
			EV_STATUS_STAYS, NULL, "cause", strerror(errno), NULL);
	p->unsaved = !saved;
}

/* One round: as many looks as there are services. */
static void
go_round(struct prober *p)
{
	enum err e;

	arena_reset(p->ctx.arena);
	ctx_clear(&p->ctx);
	account(p);
	look(p);
	if (p->watch[SERVICE_DATABASE].failures == 0) {
		e = prober_sync(p, false);
		if (e)
			log_debug(NULL, "prober: %s",
				p->ctx.cause ? p->ctx.cause
					     : err_info(e)->message);
	}
	show(p);
}

void
prober_main(struct worker *w)
{
	struct prober p = {.w = w};

	p.signals = worker_be_child(w);
	(void)prctl(PR_SET_NAME, "prober"); /* for ps(1) */
	(void)close(w->lock);
	p.keep = arena_new(1 << 20, 1 << 24);
	p.ctx.arena = arena_new(8 << 20, 64 << 20);
	p.db = db_new(stmt_table, STMT_MAX, w->cfg.database_url, "worker");
	(void)db_limit(p.db, PROBE_MS);
	service_days_init(&p.fresh, p.keep, FRESH_DAYS);
	service_days_init(&p.stored, p.keep, HISTORY_DAYS + 1);
	buf_init(&p.metrics, 4096);
	buf_init(&p.incident_list, SNAPSHOT_MAX / 2);
	while (!stopping(&p)) {
		int64_t next = clock_mono_ms() + ROUND_MS;
		int64_t left;

		go_round(&p);
		left = next - clock_mono_ms();
		if (left > 0)
			(void)poll(&(struct pollfd){p.signals, POLLIN, 0}, 1,
				(int)left);
	}
	arena_reset(p.ctx.arena);
	ctx_clear(&p.ctx);
	account(&p);
	if (p.watch[SERVICE_DATABASE].failures == 0 && prober_sync(&p, true))
		log_debug(NULL, "prober: the last seconds are lost");
	db_free(p.db);
	_exit(0);
}
