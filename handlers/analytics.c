/* analytics.c - charts of one's own deployments over a window of whole days, and
 * how busy the hosts are. */
#include "gen/stmt.h"
#include "handlers/all.h"
#include "web/reply.h"
#include "web/valid.h"

struct window {
	const char *range, *zone;
};

static const char *const ranges[] = {"7d", "30d", "6w", "90d", NULL};
static const char *const range_days[] = {"7", "30", "42", "90"};
#define RANGE_DEFAULT "6w"
#define ZONE_DEFAULT  "UTC"

static handler_fn h_metrics, h_frequency, h_success_rates, h_build_durations,
	h_resources, h_status, h_hourly;

static const char *const resource_names[] = {
	"CPU", "Memory", "Storage", "Network", NULL};

/* clang-format off */
static const struct field window_in[] = {
	F_ENUM(struct window, range, "range", OPT, ranges, "The window: so many days up to today; 6w when left out."),
	F_STR(struct window, zone, "timezone", OPT, 1, 64, V_TIME_ZONE, "Where days and hours begin: a name like Europe/Berlin; UTC when left out."),
	F_END
};
#define WINDOW_IN IN(window_in, struct window)

static const struct field metrics_out[] = {
	O_INT("totalDeployments",   REQ, "Deployments of the window."),
	O_NUM("deploymentsChange",  NUL, "By how many percent that is more than in as long a time of the window before; null: there were none."),
	O_NUM("successRate",        NUL, "How many percent succeeded, of those that succeeded or failed; null: there were none."),
	O_NUM("successChange",      NUL, "By how many points that is more than before."),
	O_DURATION("avgBuildTime",  NUL, "Average of successful builds: 2m 8s."),
	O_NUM("buildTimeChange",    NUL, "By how many percent that is longer than before; less than 0: faster."),
	O_INT("activeProjects",     REQ, "Projects that were deployed in the window."),
	O_NUM("projectsChange",     NUL, "By how many percent these are more than before."),
	O_END
};
static const struct field metrics_all_out[] = {
	O_OBJECT("metrics", metrics_out, "Key figures; a change compares with the window before."),
	O_END
};
#define DATE_FIELDS \
	O_STR("date", REQ, "As a chart shows it."), \
	O_STR("day",  REQ, "The day, or the first one of the week: 2026-01-31.")
static const struct field frequency_out[] = {
	DATE_FIELDS,
	O_INT("deployments", REQ, "Deployments of the day."),
	O_END
};
static const struct field frequency_all_out[] = {
	O_LIST("deploymentFrequency", frequency_out, "Each day of the window, oldest first."),
	O_END
};
static const struct field rates_out[] = {
	DATE_FIELDS,
	O_NUM("success", NUL, "Percent that succeeded; null: none ended."),
	O_NUM("failed",  NUL, "All others of those that ended."),
	O_END
};
static const struct field rates_all_out[] = {
	O_LIST("successRates", rates_out, "Each week of the window; the last one may be short."),
	O_END
};
static const struct field durations_out[] = {
	DATE_FIELDS,
	O_INT("avgDuration", NUL, "Average, in seconds, of builds that succeeded; null: there were none."),
	O_INT("minDuration", NUL, "The fastest."),
	O_INT("maxDuration", NUL, "The slowest."),
	O_END
};
static const struct field durations_all_out[] = {
	O_LIST("buildDurations", durations_out, "Each day of the window, oldest first. Rollbacks and uploads build nothing."),
	O_END
};
static const struct field resource_out[] = {
	O_ENUM("name", REQ, resource_names, "Storage is the file system of sites and builds; Network the busier direction of the busiest link."),
	O_INT("value", NUL, "How many percent are in use; null: no worker has told within a minute, or the speed of the network is not known."),
	O_END
};
static const struct field resources_all_out[] = {
	O_LIST("resourceUsage", resource_out, "The hosts that build, on average."),
	O_END
};
static const struct field status_out[] = {
	O_STR("name",  REQ, "Success, Failed or Cancelled."),
	O_INT("value", REQ, "Deployments that ended so; superseded ones are cancelled."),
	O_END
};
static const struct field status_all_out[] = {
	O_LIST("deploymentStatus", status_out, "How deployments of the window ended."),
	O_END
};
static const struct field hourly_out[] = {
	O_STR("hour",        REQ, "00:00 to 23:00."),
	O_INT("deployments", REQ, "Deployments of the window that were asked for in this hour of the day."),
	O_END
};
static const struct field hourly_all_out[] = {
	O_LIST("hourlyDeployments", hourly_out, "The hours of the day."),
	O_END
};

const struct route analytics_routes[] = {
	{ .op = "analyticsMetrics", .verb = GET, .path = "/api/analytics/metrics",
	  .who = WHO_USER, .in = WINDOW_IN, .ok = 200, .out = metrics_all_out, .fn = h_metrics,
	  .doc = "Key figures of a window." },
	{ .op = "analyticsDeploymentFrequency", .verb = GET, .path = "/api/analytics/deployment-frequency",
	  .who = WHO_USER, .in = WINDOW_IN, .ok = 200, .out = frequency_all_out, .fn = h_frequency,
	  .doc = "How many deployments each day had." },
	{ .op = "analyticsSuccessRates", .verb = GET, .path = "/api/analytics/success-rates",
	  .who = WHO_USER, .in = WINDOW_IN, .ok = 200, .out = rates_all_out, .fn = h_success_rates,
	  .doc = "How many percent succeeded and failed, by week." },
	{ .op = "analyticsBuildDurations", .verb = GET, .path = "/api/analytics/build-durations",
	  .who = WHO_USER, .in = WINDOW_IN, .ok = 200, .out = durations_all_out, .fn = h_build_durations,
	  .doc = "How long builds took, by day." },
	{ .op = "analyticsResourceUsage", .verb = GET, .path = "/api/analytics/resource-usage",
	  .who = WHO_USER, .ok = 200, .out = resources_all_out, .fn = h_resources,
	  .doc = "How busy the platform is, as its workers measure it every ten seconds." },
	{ .op = "analyticsDeploymentStatus", .verb = GET, .path = "/api/analytics/deployment-status",
	  .who = WHO_USER, .in = WINDOW_IN, .ok = 200, .out = status_all_out, .fn = h_status,
	  .doc = "How deployments ended." },
	{ .op = "analyticsHourlyDeployments", .verb = GET, .path = "/api/analytics/hourly-deployments",
	  .who = WHO_USER, .in = WINDOW_IN, .ok = 200, .out = hourly_all_out, .fn = h_hourly,
	  .doc = "When in the day deployments are asked for." },
	{ 0 }
};
/* clang-format on */

static const char *
days_of(const struct window *w)
{
	size_t i = 0;

	while (!str_eq(ranges[i], w->range ? w->range : RANGE_DEFAULT))
		i++;
	return range_days[i];
}

/* One statement of a window. */
static enum err
query(struct req *rq, const struct window *w, unsigned stmt)
{
	return rq_query(rq, stmt, rq_user(rq), days_of(w),
		w->zone ? w->zone : ZONE_DEFAULT, rq_now(rq));
}

/* All rows as the one list of the answer. */
static enum err
reply_all(struct req *rq)
{
	const struct field *list = &rq->route->out[0];

	(void)reply_begin(rq);
	reply_array(
		rq, list->name, rq_rows(rq), rows_n(rq_rows(rq)), list->fields);
	return reply_end(rq);
}

static enum err
reply_window(struct req *rq, const struct window *w, unsigned stmt)
{
	enum err e = query(rq, w, stmt);

	return e ? e : reply_all(rq);
}

static enum err
h_metrics(struct req *rq, const void *in)
{
	enum err e = query(rq, in, STMT_ANALYTICS_METRICS);

	return e ? e : reply_row(rq, metrics_all_out);
}

static enum err
h_frequency(struct req *rq, const void *in)
{
	return reply_window(rq, in, STMT_ANALYTICS_FREQUENCY);
}

static enum err
h_success_rates(struct req *rq, const void *in)
{
	return reply_window(rq, in, STMT_ANALYTICS_SUCCESS_RATES);
}

static enum err
h_build_durations(struct req *rq, const void *in)
{
	return reply_window(rq, in, STMT_ANALYTICS_BUILD_DURATIONS);
}

static enum err
h_resources(struct req *rq, const void *in UNUSED)
{
	enum err e = rq_query(rq, STMT_HOST_USAGE_NOW);

	return e ? e : reply_all(rq);
}

static enum err
h_status(struct req *rq, const void *in)
{
	return reply_window(rq, in, STMT_ANALYTICS_STATUS);
}

static enum err
h_hourly(struct req *rq, const void *in)
{
	return reply_window(rq, in, STMT_ANALYTICS_HOURLY);
}
