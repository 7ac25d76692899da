/*
 * feed.c - keeps the connection. Statements block the loop, which is right for
 * reads over an index; connecting has a deadline in ext/db.c and waits longer
 * from failure to failure. Notifications are hints: whoever listens here reads
 * the tables again after `up`.
 */
#include "ws/feed.h"

#include "base/arena.h"
#include "base/log.h"
#include "ext/db.h"
#include "stmt.h"

#define RETRY_FIRST_MS 100
#define RETRY_LAST_MS  3000

struct feed {
	struct arena *scratch;
	struct loop *loop;
	struct db *db;
	const struct feed_ops *ops;
	void *self;
	struct watch watch;
	bool up;
	bool said_down; /* DB_DOWN is logged once a loss */
	int64_t retry_ms;
};

static void
go_down(struct feed *f, const char *cause)
{
	f->up = false;
	loop_unwatch(&f->watch);
	if (!f->said_down)
		log_event(EV_DB_DOWN, NULL, "cause", cause, NULL);
	f->said_down = true;
	loop_timer(f->loop, TIMER_FEED, f->retry_ms);
	f->retry_ms = MIN(f->retry_ms * 2, RETRY_LAST_MS);
}

/* Take what has arrived. Also after statements: libpq reads notifications
 * along with their results. */
static void
drain(void *self)
{
	struct feed *f = self;
	char payload[128];
	bool lost = false;

	while (f->up && db_notice(f->db, payload, sizeof(payload), &lost))
		f->ops->notice(f->self, payload);
	if (f->up && lost)
		go_down(f, "the connection broke");
}

static void
try_connect(struct feed *f)
{
	struct ctx ctx = {.arena = f->scratch};
	bool lost;
	char payload[128];
	enum err e = db_connect(&ctx, f->db);

	if (!e)
		e = db_listen(&ctx, f->db);
	if (!e && !loop_watch(f->loop, &f->watch, db_fd(f->db), drain, f))
		e = ctx_cause(&ctx, E_SERVICE_UNAVAILABLE, "no descriptor");
	if (e) {
		go_down(f, ctx.cause);
	} else {
		/* the gap is known; what came since is read below */
		(void)db_notice(f->db, payload, sizeof(payload), &lost);
		f->up = true;
		f->retry_ms = RETRY_FIRST_MS;
		if (f->said_down)
			log_event(EV_DB_UP, NULL, NULL);
		f->said_down = false;
		f->ops->up(f->self);
	}
	arena_reset(f->scratch);
}

static void
on_timer(void *self)
{
	struct feed *f = self;

	if (f->up)
		drain(f);
	else
		try_connect(f);
}

struct feed *
feed_new(struct arena *a, struct loop *l, const char *url,
	const struct feed_ops *ops, void *self)
{
	struct feed *f = ARENA_NEW(a, struct feed);

	f->scratch = arena_new(1024 * 1024, 4 * 1024 * 1024);
	f->loop = l;
	f->db = db_new(stmt_table, STMT_MAX, url, "ws");
	f->ops = ops;
	f->self = self;
	f->retry_ms = RETRY_FIRST_MS;
	loop_on_timer(l, TIMER_FEED, on_timer, f);
	return f;
}

void
feed_free(struct feed *f)
{
	if (!f)
		return;
	db_free(f->db);
	arena_free(f->scratch);
}

void
feed_start(struct feed *f)
{
	try_connect(f);
}

bool
feed_up(const struct feed *f)
{
	return f->up;
}

enum err
feed_query(struct ctx *ctx, struct feed *f, unsigned stmt,
	const char *const in[], struct rows **ret)
{
	enum err e;

	if (!f->up)
		return ctx_cause(
			ctx, E_SERVICE_UNAVAILABLE, "the database is away");
	e = db_query(ctx, f->db, stmt, in, ret);
	if (!db_connected(f->db))
		go_down(f, ctx->cause);
	else
		loop_timer(f->loop, TIMER_FEED, 0);
	return e;
}
