/*
 * board.c - the one snapshot that all viewers of the status page share. The
 * kernel says when the prober has put a new file in place; a timer looks when
 * it has not, and at the very moment from which on the file is too old to be
 * true. Without viewers nothing is read.
 */
#include "ws/board.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/str.h"
#include "svc/snapshot.h"
#include "ws/frame.h"
#include "ws/loop.h"

#include <errno.h>
#include <sys/inotify.h>
#include <unistd.h>

#define AGAIN_MS 3500 /* a little more than a round of the prober */

struct board {
	struct arena *scratch;
	struct loop *loop;
	const struct cfg *cfg;
	void (*wake)(struct onlooker *v);
	struct onlooker *viewers;
	int inotify;
	struct watch watch;
	struct buf frames;
	uint64_t version; /* of frames; 0: there are none */
	int64_t next_ms;  /* when they are looked at again, monotonic */
};

/* When the file is due to be looked at again, should nothing change. */
static int64_t
wait_ms(const struct snapshot *s)
{
	int64_t old_ms = s->at_ms + SNAPSHOT_OLD_MS + 1;
	int64_t left = old_ms - clock_now_us() / 1000;

	return s->old ? AGAIN_MS : MIN(AGAIN_MS, MAX(left, INT64_C(1)));
}

static void
publish(struct board *b)
{
	struct snapshot s;

	snapshot_read(b->scratch, b->cfg, &s);
	buf_reset(&b->frames);
	for (size_t i = 0; i < SNAPSHOT_UPDATES; i++)
		frame_put(&b->frames, FRAME_TEXT, s.updates[i],
			strlen(s.updates[i]));
	ASSERT(!b->frames.full);
	b->version++;
	b->next_ms = clock_mono_ms() + wait_ms(&s);
	loop_timer(b->loop, TIMER_BOARD, wait_ms(&s));
	arena_reset(b->scratch);
	for (struct onlooker *v = b->viewers; v; v = v->next)
		b->wake(v);
}

static void
on_timer(void *self)
{
	struct board *b = self;
	int64_t left = b->next_ms - clock_mono_ms();

	if (!b->viewers)
		return;
	if (left > 0) /* a new file came meanwhile */
		loop_timer(b->loop, TIMER_BOARD, left);
	else
		publish(b);
}

static bool
is_snapshot(const struct inotify_event *e)
{
	return (e->mask & IN_Q_OVERFLOW) ||
	       (e->len && str_eq(e->name, SNAPSHOT_FILE));
}

static void
on_change(void *self)
{
	struct board *b = self;
	_Alignas(struct inotify_event) char events[4096];
	bool changed = false;
	ssize_t n;

	while ((n = read(b->inotify, events, sizeof(events))) > 0) {
		for (char *p = events; p < events + n;) {
			const struct inotify_event *e = (const void *)p;

			changed |= is_snapshot(e);
			p += sizeof(*e) + e->len;
		}
	}
	if (changed && b->viewers)
		publish(b);
}

struct board *
board_new(struct arena *a, struct loop *l, const struct cfg *cfg,
	void (*wake)(struct onlooker *v))
{
	struct board *b = ARENA_NEW(a, struct board);

	b->scratch = arena_new(4 * 1024 * 1024, 16 * 1024 * 1024);
	b->loop = l;
	b->cfg = cfg;
	b->wake = wake;
	/* the lines of a file of SNAPSHOT_MAX, and their heads */
	buf_init(&b->frames, SNAPSHOT_MAX + 1024);
	loop_on_timer(l, TIMER_BOARD, on_timer, b);
	b->inotify = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	if (b->inotify < 0 ||
		inotify_add_watch(b->inotify, cfg->run_dir, IN_MOVED_TO) < 0 ||
		!loop_watch(l, &b->watch, b->inotify, on_change, b))
		/* the timer finds a new file, too, only later */
		log_debug(NULL, "inotify: %s", strerror(errno));
	return b;
}

void
board_free(struct board *b)
{
	if (!b)
		return;
	if (b->inotify >= 0)
		(void)close(b->inotify);
	buf_done(&b->frames);
	arena_free(b->scratch);
}

void
board_join(struct board *b, struct onlooker *v)
{
	bool first = !b->viewers;

	*v = (struct onlooker){.board = b, .next = b->viewers};
	if (v->next)
		v->next->prev = v;
	b->viewers = v;
	if (first)
		publish(b);
	else
		b->wake(v);
}

void
board_leave(struct onlooker *v)
{
	struct board *b = v->board;

	if (!b)
		return;
	if (v->next)
		v->next->prev = v->prev;
	if (v->prev)
		v->prev->next = v->next;
	else
		b->viewers = v->next;
	v->board = NULL;
}

bool
board_fill(struct onlooker *v, struct buf *out)
{
	const struct board *b = v->board;

	if (v->told == b->version)
		return false;
	v->told = b->version;
	buf_add(out, b->frames.data, b->frames.len);
	return true;
}
