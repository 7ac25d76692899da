/* metrics.c - what this host counts of itself, for Prometheus. nginx says who
 * may ask (METRICS_FROM of nginx/render). */
#include "base/arena.h"
#include "base/meter.h"
#include "gen/stmt.h"
#include "handlers/all.h"
#include "web/reply.h"
#include "web/stats.h"

#include <inttypes.h>

#define TYPE        "text/plain; version=0.0.4; charset=utf-8"
#define METRICS_MAX ((size_t)4 << 20)
/* a scrape of a database that stands still must not hold a process for long */
#define QUEUE_LIMIT_MS 1000

static handler_fn h_metrics;

/* clang-format off */
const struct route metrics_routes[] = {
	{ .op = "metrics", .verb = GET, .path = "/metrics",
	  .who = WHO_PUBLIC, .rate = RATE_NONE, .quiet = true, .ok = 200, .out_type = "text/plain", .fn = h_metrics,
	  .doc = "Prometheus text: requests by route, builds, queue, WebSockets, database. For addresses that the host's nginx lets in." },
	{ 0 }
};
/* the words of base/meter.def */
static const struct word {
	const char *metric, *kind, *labels, *doc;
} words[METER_MAX] = {
#define METER(name, kind, metric, labels, doc) { metric, #kind, labels, doc },
#include "base/meter.def"
#undef METER
};
/* clang-format on */

/* What all programs have counted. */
static void
read_programs(struct req *rq, uint64_t all[METER_MAX])
{
	static const char *const programs[] = {"api", "ws", "worker"};
	uint64_t one[METER_MAX];

	for (size_t p = 0; p < NELEM(programs); p++) {
		meter_read(meter_of(rq_ctx(rq)->arena, rq_cfg(rq)->run_dir,
				   programs[p]),
			one);
		for (size_t i = 0; i < METER_MAX; i++)
			all[i] += one[i];
	}
}

static void
write_programs(struct req *rq, struct buf *b)
{
	uint64_t all[METER_MAX] = {0};
	const char *last = NULL;

	read_programs(rq, all);
	for (size_t i = 0; i < METER_MAX; i++) {
		const struct word *w = &words[i];

		if (!str_eq(last, w->metric))
			stats_head(b, w->metric, w->kind, w->doc);
		last = w->metric;
		buf_printf(b, "%s%s%s%s %" PRIu64 "\n", w->metric,
			*w->labels ? "{" : "", w->labels, *w->labels ? "}" : "",
			all[i]);
	}
}

static void
gauge(struct buf *b, const char *metric, const char *doc, const char *value)
{
	stats_head(b, metric, "gauge", doc);
	buf_printf(b, "%s %s\n", metric, value);
}

/* Without the database its part is missing, and the rest says that it is. */
static void
write_queue(struct req *rq, struct buf *b)
{
	const struct rows *r;
	int64_t limit = db_limit(rq->web->db, QUEUE_LIMIT_MS);
	enum err e = rq_query(rq, STMT_METRICS_QUEUE);

	(void)db_limit(rq->web->db, limit);
	if (e) {
		ctx_clear(rq_ctx(rq));
		gauge(b, "autostack_database_up", "Whether PostgreSQL answers.",
			"0");
		return;
	}
	r = rq_rows(rq);
	gauge(b, "autostack_database_up", "Whether PostgreSQL answers.", "1");
	gauge(b, "autostack_queue_length", "Deployments that wait.",
		rows_str(r, "queued"));
	gauge(b, "autostack_queue_oldest_seconds",
		"How long the oldest of them has waited.",
		rows_str(r, "oldest_seconds"));
	gauge(b, "autostack_builds_active",
		"Deployments that are being worked on.", rows_str(r, "active"));
}

static enum err
h_metrics(struct req *rq, const void *in UNUSED)
{
	AUTO_BUF struct buf b = {0};

	buf_init(&b, METRICS_MAX);
	stats_head(
		&b, "autostack_build_info", "gauge", "The version that runs.");
	buf_printf(&b, "autostack_build_info{version=\"%s\"} 1\n",
		rq->web->version);
	write_queue(rq, &b);
	write_programs(rq, &b);
	if (rq->web->stats)
		stats_write(rq->web->stats, rq_ctx(rq)->arena, &b);
	return reply_text_part(rq, TYPE, &b);
}
