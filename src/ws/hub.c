/*
 * hub.c - fans a deployment's log out. A line is encoded once, into the hub's
 * ring; each live viewer has a position in it. The ring holds what the slowest
 * live viewer has not fetched; who is more than queue_max behind when the next
 * page comes is dropped, so the ring stays under queue_max plus one page.
 *
 * The pace: a page is read when nobody is more than half of queue_max behind,
 * or PAGE_WAIT_MS after the one before. So a burst drops nobody who keeps
 * reading, and one who does not read delays the others for a second at most,
 * until it is dropped.
 */
#include "ws/hub.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/jw.h"
#include "base/str.h"
#include "ext/db.h"
#include "stmt.h"
#include "ws/feed.h"
#include "ws/frame.h"
#include "ws/loop.h"

#define PAGE_WAIT_MS 250
#define PAGE_BYTES   (64 * 1024) /* of stored text, for the live viewers */
#define ALONE_BYTES  (32 * 1024) /* the same for one that catches up */
#define FETCH_BYTES  (32 * 1024) /* of frames that a live viewer takes at once */
#define LINE_MAX     (160 * 1024) /* of stored text; writers stay far below */
#define JSON_MAX     (1024 * 1024)
#define NOTES        16
#define BUCKETS      256

enum status {
#define STATE(name, text, final, stage) ST_##name,
#include "svc/deploy_state.def"
#undef STATE
	ST_MAX
};

static const struct {
	const char *name;
	bool final;
	const char *stage;
} statuses[ST_MAX] = {
#define STATE(name, text, final, stage) [ST_##name] = {text, final, stage},
#include "svc/deploy_state.def"
#undef STATE
};

/* A change of status; version n stands at notes[n % NOTES]. */
struct note {
	enum status status;
	int32_t mark; /* told after this line */
};

struct hub {
	struct hub *chain; /* of its bucket, or of the free list */
	char id[37];
	struct viewer *viewers;
	size_t live;   /* live viewers */
	size_t behind; /* of those: with something to fetch */
	bool gone;
	bool ask_status; /* the row may have changed */
	bool ask_log;    /* there may be new lines */
	/* the row */
	enum status status;
	unsigned version; /* of the last note; 0: the row was not read yet */
	struct note notes[NOTES];
	int32_t newest;  /* last seq of the log, as far as known */
	int64_t seconds; /* that it took; -1: it was never begun */
	struct buf url, error;
	/* the ring of struct record, encoded for all */
	struct buf ring;
	uint64_t base;   /* position of its first byte */
	int32_t last;    /* last line in it, when there are live viewers */
	int64_t read_ms; /* when the last page was added */
};

/* Stands before each frame in the ring. */
struct record {
	uint32_t size;
	int32_t seq;
};

struct hubs {
	struct arena *arena;
	struct arena *scratch;
	struct loop *loop;
	struct feed *feed;
	size_t queue_max;
	void (*wake)(struct viewer *v);
	struct hub *buckets[BUCKETS];
	struct hub *spare; /* their memory is used again, never given back */
	struct buf json;   /* one message, before it becomes a frame */
};

/* ---- the set of hubs ---- */

static struct hub **
bucket_of(struct hubs *h, const char *id)
{
	uint32_t hash = 2166136261U;

	for (; *id; id++)
		hash = (hash ^ (unsigned char)*id) * 16777619U;
	return &h->buckets[hash % BUCKETS];
}

static struct hub *
hub_by_id(struct hubs *h, const char *id)
{
	struct hub *hub = *bucket_of(h, id);

	while (hub && !str_eq(hub->id, id))
		hub = hub->chain;
	return hub;
}

static struct hub *
hub_make(struct hubs *h, const char *id)
{
	struct hub **bucket = bucket_of(h, id);
	struct hub *hub = h->spare;

	if (hub)
		h->spare = hub->chain;
	else
		hub = ARENA_NEW(h->arena, struct hub);
	*hub = (struct hub){.chain = *bucket, .ask_status = true};
	(void)str_copy(hub->id, sizeof(hub->id), id); /* is a UUID */
	buf_init(&hub->ring, h->queue_max + (size_t)8 * 1024 * 1024);
	buf_init(&hub->url, 2048);
	buf_init(&hub->error, 8192);
	*bucket = hub;
	return hub;
}

static void
hub_drop(struct hubs *h, struct hub *hub)
{
	struct hub **at = bucket_of(h, hub->id);

	while (*at != hub)
		at = &(*at)->chain;
	*at = hub->chain;
	buf_done(&hub->ring);
	buf_done(&hub->url);
	buf_done(&hub->error);
	hub->chain = h->spare;
	h->spare = hub;
}

static void
pump_soon(struct hubs *h)
{
	loop_timer(h->loop, TIMER_PUMP, 0);
}

static void
wake_all(struct hubs *h, struct hub *hub)
{
	for (struct viewer *v = hub->viewers; v; v = v->next)
		h->wake(v);
}

/* ---- messages ---- */

static struct jw
message_begin(struct hubs *h, const char *type)
{
	struct jw w;

	buf_reset(&h->json);
	jw_init(&w, &h->json);
	jw_object(&w);
	jw_kstr(&w, "type", type);
	return w;
}

/* LINE_MAX escaped sixfold still fits JSON_MAX. */
static void
message_end(struct hubs *h, struct jw *w, struct buf *out)
{
	jw_object_end(w);
	ASSERT(!h->json.full);
	frame_put(out, FRAME_TEXT, buf_text(&h->json), h->json.len);
}

struct page_cols {
	int seq, at, level, message, newest;
};

static struct page_cols
page_cols(const struct rows *r)
{
	return (struct page_cols){
		.seq = rows_col(r, "seq"),
		.at = rows_col(r, "at"),
		.level = rows_col(r, "level"),
		.message = rows_col(r, "message"),
		.newest = rows_col(r, "newest"),
	};
}

/* A line as its stored text (WS-7); returns its seq. */
static int32_t
put_line(struct hubs *h, const struct rows *r, size_t row,
	const struct page_cols *c, struct buf *out)
{
	struct jw w = message_begin(h, "log");
	int64_t seq = rows_int(r, row, c->seq);
	const char *text = rows_text(r, row, c->message);

	jw_kint(&w, "seq", seq);
	jw_kstr(&w, "timestamp", rows_text(r, row, c->at));
	jw_kstr(&w, "level", rows_text(r, row, c->level));
	jw_key(&w, "message");
	jw_strn(&w, text,
		str_utf8_cut(text, rows_len(r, row, c->message), LINE_MAX));
	message_end(h, &w, out);
	return (int32_t)seq;
}

static void
put_status(struct hubs *h, enum status s, struct buf *out)
{
	struct jw w = message_begin(h, "status_update");

	jw_kstr(&w, "status", statuses[s].name);
	jw_kstr(&w, "stage", statuses[s].stage);
	message_end(h, &w, out);
}

static void
put_complete(
	struct ctx *ctx, struct hubs *h, const struct hub *hub, struct buf *out)
{
	struct jw w = message_begin(h, "deployment_complete");

	jw_kstr(&w, "status", statuses[hub->status].name);
	jw_kstr(&w, "duration",
		hub->seconds < 0 ? NULL
				 : clock_duration(ctx->arena, hub->seconds));
	jw_kstr(&w, "url", hub->url.len ? buf_text(&hub->url) : NULL);
	if (hub->error.len)
		jw_kstr(&w, "error", buf_text(&hub->error));
	message_end(h, &w, out);
}

/* Rows of stream_page. newest is set from the first row, which is always
 * there. */
static enum err
read_page(struct ctx *ctx, struct hubs *h, struct hub *hub, int32_t after,
	size_t bytes, struct rows **ret)
{
	struct rows *r;
	enum err e = feed_query(ctx, h->feed, STMT_STREAM_PAGE,
		DB_IN(hub->id, str_from_i64(ctx->arena, after),
			str_from_i64(ctx->arena, (int64_t)bytes)),
		&r);

	if (e)
		return e;
	hub->newest = (int32_t)rows_int(r, 0, rows_col(r, "newest"));
	*ret = r;
	return E_OK;
}

/* ---- the row ---- */

static void
note_status(struct hub *hub, enum status s, int32_t mark)
{
	hub->status = s;
	hub->version++;
	hub->notes[hub->version % NOTES] = (struct note){s, mark};
}

/* Steps that were taken between two looks are told, too: a viewer sees every
 * status. A final one comes after the lines that were written before it. */
static void
note_path(struct hub *hub, enum status to, bool started, bool deploying)
{
	if (hub->version && to == hub->status)
		return;
	if (hub->version && to > ST_BUILDING) {
		if (hub->status == ST_QUEUED && started)
			note_status(hub, ST_BUILDING, 0);
		if (hub->status == ST_BUILDING && deploying &&
			to != ST_DEPLOYING)
			note_status(hub, ST_DEPLOYING, 0);
	}
	note_status(hub, to, statuses[to].final ? hub->newest : 0);
}

static enum status
status_by_name(const char *name)
{
	enum status s = 0;

	while (s < ST_MAX && !str_eq(name, statuses[s].name))
		s++;
	ASSERT(s < ST_MAX); /* the table's CHECK lists the same names */
	return s;
}

static void
set_text(struct buf *b, const char *s)
{
	buf_reset(b);
	if (s)
		buf_add(b, s, str_utf8_cut(s, strlen(s), b->max));
}

static void
take_row(struct hub *hub, const struct rows *r, size_t i)
{
	hub->newest = (int32_t)rows_int(r, i, rows_col(r, "newest"));
	hub->seconds = rows_text(r, i, rows_col(r, "seconds"))
			       ? rows_int(r, i, rows_col(r, "seconds"))
			       : -1;
	set_text(&hub->url, rows_text(r, i, rows_col(r, "url")));
	set_text(&hub->error, rows_text(r, i, rows_col(r, "error")));
	note_path(hub, status_by_name(rows_text(r, i, rows_col(r, "status"))),
		rows_bool(r, i, rows_col(r, "started")),
		rows_bool(r, i, rows_col(r, "deploying")));
	if (hub->live && hub->newest > hub->last)
		hub->ask_log = true;
}

/* Read the rows of all hubs that ask for it, in one statement. */
static void
read_rows(struct ctx *ctx, struct hubs *h)
{
	const char **ids;
	size_t n = 0;
	struct rows *r;

	for (size_t i = 0; i < BUCKETS; i++)
		for (struct hub *hub = h->buckets[i]; hub; hub = hub->chain)
			n += hub->ask_status;
	if (!n)
		return;
	ids = arena_array(ctx->arena, n, sizeof(*ids));
	n = 0;
	for (size_t i = 0; i < BUCKETS; i++)
		for (struct hub *hub = h->buckets[i]; hub; hub = hub->chain)
			if (hub->ask_status)
				ids[n++] = hub->id;
	if (feed_query(ctx, h->feed, STMT_STREAM_STATUS,
		    DB_IN(db_text_array(ctx->arena, ids, n)), &r))
		return; /* they ask again when the database is back */
	for (size_t i = 0; i < n; i++) {
		struct hub *hub = hub_by_id(h, ids[i]);

		hub->ask_status = false;
		hub->gone = true;
	}
	for (size_t i = 0; i < rows_n(r); i++) {
		struct hub *hub =
			hub_by_id(h, rows_text(r, i, rows_col(r, "id")));

		hub->gone = false;
		take_row(hub, r, i);
	}
	for (size_t i = 0; i < n; i++)
		wake_all(h, hub_by_id(h, ids[i]));
}

/* ---- the ring ---- */

static uint64_t
ring_end(const struct hub *hub)
{
	return hub->base + hub->ring.len;
}

static void
leave_live(struct hub *hub, struct viewer *v)
{
	if (!v->live)
		return;
	v->live = false;
	hub->live--;
	if (v->pos < ring_end(hub))
		hub->behind--;
}

/* Drop who is too far behind, then forget what everybody has. */
static void
ring_trim(struct hubs *h, struct hub *hub)
{
	uint64_t min = ring_end(hub);

	for (struct viewer *v = hub->viewers; v; v = v->next) {
		if (!v->live)
			continue;
		if (ring_end(hub) - v->pos > h->queue_max) {
			leave_live(hub, v);
			v->lagged = true;
			h->wake(v);
		} else {
			min = MIN(min, v->pos);
		}
	}
	if (min == ring_end(hub))
		buf_done(&hub->ring);
	else
		buf_consume(&hub->ring, (size_t)(min - hub->base));
	hub->base = min;
}

/* Append a line: space for the record, the frame, then the record itself. */
static void
ring_add(struct hubs *h, struct hub *hub, const struct rows *r, size_t row,
	const struct page_cols *c)
{
	struct record rec = {0, 0};
	size_t at = hub->ring.len;

	buf_add(&hub->ring, &rec, sizeof(rec));
	rec.seq = put_line(h, r, row, c, &hub->ring);
	ASSERT(!hub->ring.full);
	rec.size = (uint32_t)(hub->ring.len - at);
	memcpy(hub->ring.data + at, &rec, sizeof(rec));
	hub->last = rec.seq;
}

/* The next page for the live viewers. */
static void
read_log(struct ctx *ctx, struct hubs *h, struct hub *hub)
{
	struct page_cols c;
	struct rows *r;

	ring_trim(h, hub);
	if (!hub->live) {
		hub->ask_log = false;
		return;
	}
	if (read_page(ctx, h, hub, hub->last, MIN(PAGE_BYTES, h->queue_max / 2),
		    &r))
		return;
	c = page_cols(r);
	for (size_t i = 0; i < rows_n(r); i++)
		if (rows_text(r, i, c.seq))
			ring_add(h, hub, r, i, &c);
	hub->ask_log = hub->last < hub->newest;
	hub->read_ms = clock_mono_ms();
	hub->behind = 0;
	for (struct viewer *v = hub->viewers; v; v = v->next) {
		if (!v->live || v->pos == ring_end(hub))
			continue;
		hub->behind++;
		h->wake(v);
	}
}

/* Does the pace allow one more page? */
static bool
may_read(const struct hubs *h, const struct hub *hub)
{
	uint64_t most = 0;

	if (!hub->behind || clock_mono_ms() - hub->read_ms >= PAGE_WAIT_MS)
		return true;
	for (const struct viewer *v = hub->viewers; v; v = v->next)
		if (v->live)
			most = MAX(most, ring_end(hub) - v->pos);
	return most <= h->queue_max / 2;
}

/* Let a viewer follow from here. */
static void
join_live(struct hubs *h, struct hub *hub, struct viewer *v)
{
	if (!hub->live) {
		buf_done(&hub->ring);
		hub->last = v->seq;
	}
	v->live = true;
	v->pos = ring_end(hub);
	hub->live++;
	if (hub->newest > hub->last) {
		hub->ask_log = true;
		pump_soon(h);
	}
}

/* ---- the pump: everything that reads for many ---- */

static void
pump(void *self)
{
	struct hubs *h = self;
	struct ctx ctx = {.arena = h->scratch};
	bool again = false;

	if (!feed_up(h->feed))
		return;
	read_rows(&ctx, h);
	arena_reset(h->scratch);
	for (size_t i = 0; i < BUCKETS; i++) {
		for (struct hub *hub = h->buckets[i]; hub; hub = hub->chain) {
			if (!hub->ask_log)
				continue;
			if (may_read(h, hub)) {
				ctx_clear(&ctx);
				read_log(&ctx, h, hub);
				arena_reset(h->scratch);
			}
			if (hub->ask_log)
				again = true;
		}
	}
	if (again && feed_up(h->feed))
		loop_timer(h->loop, TIMER_PUMP, PAGE_WAIT_MS);
}

struct hubs *
hubs_new(struct arena *a, struct loop *l, struct feed *f, size_t queue_max,
	void (*wake)(struct viewer *v))
{
	struct hubs *h = ARENA_NEW(a, struct hubs);

	h->arena = a;
	h->scratch = arena_new(16 * 1024 * 1024, 64 * 1024 * 1024);
	h->loop = l;
	h->feed = f;
	h->queue_max = queue_max;
	h->wake = wake;
	buf_init(&h->json, JSON_MAX);
	loop_on_timer(l, TIMER_PUMP, pump, h);
	return h;
}

void
hubs_free(struct hubs *h)
{
	if (!h)
		return;
	for (size_t i = 0; i < BUCKETS; i++)
		while (h->buckets[i])
			hub_drop(h, h->buckets[i]);
	buf_done(&h->json);
	arena_free(h->scratch);
}

void
hubs_notice(struct hubs *h, const char *payload)
{
	const char *id = strchr(payload, ':');
	struct hub *hub = id ? hub_by_id(h, id + 1) : NULL;

	if (!hub)
		return;
	if (str_starts(payload, "deploy:"))
		hub->ask_status = true;
	else if (str_starts(payload, "log:") && hub->live)
		hub->ask_log = true;
	else
		return;
	pump_soon(h);
}

void
hubs_refresh(struct hubs *h)
{
	bool any = false;

	for (size_t i = 0; i < BUCKETS; i++) {
		for (struct hub *hub = h->buckets[i]; hub; hub = hub->chain) {
			hub->ask_status = true;
			any = true;
		}
	}
	if (any)
		pump_soon(h);
}

/* ---- viewers ---- */

void
hub_join(
	struct hubs *h, struct viewer *v, const char *deployment, int32_t after)
{
	struct hub *hub = hub_by_id(h, deployment);

	if (!hub) {
		hub = hub_make(h, deployment);
		pump_soon(h);
	}
	*v = (struct viewer){.hub = hub, .seq = after, .next = hub->viewers};
	if (v->next)
		v->next->prev = v;
	hub->viewers = v;
}

void
hub_leave(struct hubs *h, struct viewer *v)
{
	struct hub *hub = v->hub;

	if (!hub)
		return;
	leave_live(hub, v);
	if (v->next)
		v->next->prev = v->prev;
	if (v->prev)
		v->prev->next = v->next;
	else
		hub->viewers = v->next;
	v->hub = NULL;
	if (!hub->viewers)
		hub_drop(h, hub);
	else if (hub->ask_log && !hub->behind)
		pump_soon(h);
}

/* The statuses that v does not know and whose line it has. */
static void
fill_status(struct hubs *h, struct viewer *v, struct buf *out)
{
	struct hub *hub = v->hub;

	/* at first only the present one, and at once */
	if (!v->told || hub->version - v->told >= NOTES) {
		v->told = hub->version;
		put_status(h, hub->status, out);
	}
	while (v->told < hub->version) {
		const struct note *n = &hub->notes[(v->told + 1) % NOTES];

		if (v->seq < n->mark)
			return;
		put_status(h, n->status, out);
		v->told++;
	}
}

/* A page of its own; it follows the hub once it has the whole log. */
static void
fill_alone(struct ctx *ctx, struct hubs *h, struct viewer *v, struct buf *out)
{
	struct hub *hub = v->hub;
	struct page_cols c;
	struct rows *r;

	if (read_page(ctx, h, hub, v->seq, ALONE_BYTES, &r))
		return; /* woken when the database is back */
	c = page_cols(r);
	for (size_t i = 0; i < rows_n(r); i++)
		if (rows_text(r, i, c.seq))
			v->seq = put_line(h, r, i, &c, out);
	/* `after` was beyond the end: whatever comes now is new */
	if (v->seq > hub->newest)
		v->seq = hub->newest;
	if (v->seq == hub->newest)
		join_live(h, hub, v);
}

static void
fill_live(struct hubs *h, struct viewer *v, struct buf *out)
{
	struct hub *hub = v->hub;
	struct record rec;

	if (v->pos == ring_end(hub))
		return;
	while (v->pos < ring_end(hub) && out->len < FETCH_BYTES) {
		const char *p = hub->ring.data + (v->pos - hub->base);

		memcpy(&rec, p, sizeof(rec));
		/* it may have read this line alone */
		if (rec.seq > v->seq) {
			buf_add(out, p + sizeof(rec), rec.size - sizeof(rec));
			v->seq = rec.seq;
		}
		v->pos += rec.size;
	}
	if (v->pos == ring_end(hub) && --hub->behind == 0 && hub->ask_log)
		pump_soon(h);
}

enum fill
hub_fill(struct ctx *ctx, struct hubs *h, struct viewer *v, struct buf *out)
{
	struct hub *hub = v->hub;
	size_t before = out->len;

	if (hub->gone)
		return FILL_GONE;
	if (v->lagged)
		return FILL_LAGGED;
	if (!hub->version)
		return FILL_NOTHING;
	fill_status(h, v, out);
	if (v->live)
		fill_live(h, v, out);
	else
		fill_alone(ctx, h, v, out);
	fill_status(h, v, out);
	if (v->live && v->pos == ring_end(hub) && statuses[hub->status].final &&
		v->told == hub->version && v->seq >= hub->newest) {
		put_complete(ctx, h, hub, out);
		return FILL_COMPLETE;
	}
	return out->len > before ? FILL_SOME : FILL_NOTHING;
}
