/*
 * stats.c - per route: statuses, a histogram of durations and their sum; then
 * errors by their code. The statuses of a class are few and begin at x00.
 */
#include "web/stats.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/meter.h"
#include "web/route.h"

#include <inttypes.h>

#define CLASSES   5
#define IN_CLASS  32
#define CODES     (CLASSES * IN_CLASS)
#define SUM       CODES       /* microseconds */
#define BUCKETS   (CODES + 1) /* each counts its own, the last one the rest */
#define N_BUCKETS (NELEM(bucket_ms) + 1)
#define WORDS     (BUCKETS + N_BUCKETS)

#define LAYOUT_MAX 65536

static const int bucket_ms[] = {5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000};

struct stats {
	struct meter *meter;
	const struct router *router;
	size_t n; /* routes */
};

/* The words of the i-th route; those of no route come behind all, then those
 * of the errors. */
static size_t
words_at(size_t i)
{
	return i * WORDS;
}

static size_t
errors_at(const struct stats *s)
{
	return words_at(s->n + 1);
}

struct stats *
stats_new(struct arena *a, const char *run_dir, const struct router *r)
{
	struct stats *s = ARENA_NEW(a, struct stats);
	AUTO_BUF struct buf layout = {0};
	const struct route *route;
	size_t it = 0;

	s->router = r;
	buf_init(&layout, LAYOUT_MAX);
	while ((route = router_next(r, &it)) != NULL) {
		buf_printf(&layout, "%s\n", route->op);
		s->n++;
	}
	for (enum err e = E_OK; e < E_MAX; e++)
		buf_printf(&layout, "%s\n", err_info(e)->code);
	ASSERT(!layout.full);
	s->meter = meter_new(a, run_dir, "requests", buf_text(&layout),
		errors_at(s) + E_MAX);
	return s;
}

/* ---- counting ---- */

static size_t
index_of(const struct stats *s, const struct route *route)
{
	const struct route *r;
	size_t it = 0;

	while (route && (r = router_next(s->router, &it)) != NULL) {
		if (r == route)
			return it - 1;
	}
	return s->n;
}

static size_t
code_at(int status)
{
	int in_class = MIN(status % 100, IN_CLASS - 1);

	ASSERT(status >= 100 && status < 600);
	return (size_t)((status / 100 - 1) * IN_CLASS + in_class);
}

static size_t
bucket_at(int64_t us)
{
	size_t i = 0;

	while (i < NELEM(bucket_ms) && us > (int64_t)bucket_ms[i] * 1000)
		i++;
	return BUCKETS + i;
}

void
stats_count(struct stats *s, const struct route *route, int status, enum err e,
	int64_t us)
{
	size_t at = words_at(index_of(s, route));

	meter_add(s->meter, at + code_at(status), 1);
	meter_add(s->meter, at + bucket_at(us), 1);
	meter_add(s->meter, at + SUM, (uint64_t)MAX(us, (int64_t)0));
	if (e)
		meter_add(s->meter, errors_at(s) + (size_t)e, 1);
}

/* ---- writing ---- */

void
stats_head(struct buf *b, const char *metric, const char *kind, const char *doc)
{
	buf_printf(
		b, "# HELP %s %s\n# TYPE %s %s\n", metric, doc, metric, kind);
}

static void
write_codes(const struct route *r, const uint64_t *w, struct buf *b)
{
	for (size_t i = 0; i < CODES; i++) {
		if (w[i])
			buf_printf(b,
				"autostack_http_requests_total{route=\"%s\","
				"method=\"%s\",code=\"%zu\"} %" PRIu64 "\n",
				r ? r->op : "", r ? verb_text(r->verb) : "",
				(i / IN_CLASS + 1) * 100 + i % IN_CLASS, w[i]);
	}
}

static void
write_durations(const struct route *r, const uint64_t *w, struct buf *b)
{
	static const char metric[] = "autostack_http_request_duration_seconds";
	const char *op = r ? r->op : "";
	uint64_t n = 0;

	for (size_t i = 0; i < N_BUCKETS; i++)
		n += w[BUCKETS + i];
	if (n == 0)
		return;
	n = 0;
	for (size_t i = 0; i < NELEM(bucket_ms); i++) {
		n += w[BUCKETS + i];
		buf_printf(b, "%s_bucket{route=\"%s\",le=\"%g\"} %" PRIu64 "\n",
			metric, op, bucket_ms[i] / 1000.0, n);
	}
	n += w[BUCKETS + N_BUCKETS - 1];
	buf_printf(b, "%s_bucket{route=\"%s\",le=\"+Inf\"} %" PRIu64 "\n",
		metric, op, n);
	buf_printf(b, "%s_sum{route=\"%s\"} %.6f\n", metric, op,
		(double)w[SUM] / 1e6);
	buf_printf(b, "%s_count{route=\"%s\"} %" PRIu64 "\n", metric, op, n);
}

typedef void write_fn(const struct route *r, const uint64_t *w, struct buf *b);

static void
each_route(const struct stats *s, const uint64_t *all, struct buf *b,
	write_fn *write)
{
	size_t it = 0;

	for (size_t i = 0; i <= s->n; i++)
		write(router_next(s->router, &it), all + words_at(i), b);
}

static void
write_errors(const uint64_t *w, struct buf *b)
{
	for (enum err e = E_OK + 1; e < E_MAX; e++) {
		if (w[e])
			buf_printf(b,
				"autostack_http_errors_total{error=\"%s\"} "
				"%" PRIu64 "\n",
				err_info(e)->code, w[e]);
	}
}

void
stats_write(const struct stats *s, struct arena *a, struct buf *b)
{
	uint64_t *all = arena_array(a, errors_at(s) + E_MAX, sizeof(*all));

	meter_read(s->meter, all);
	stats_head(b, "autostack_http_requests_total", "counter",
		"Requests that the API answered.");
	each_route(s, all, b, write_codes);
	stats_head(b, "autostack_http_request_duration_seconds", "histogram",
		"How long the API worked on a request.");
	each_route(s, all, b, write_durations);
	stats_head(b, "autostack_http_errors_total", "counter",
		"Errors that the API answered with.");
	write_errors(all + errors_at(s), b);
}
