/* status.c - the public status page, from the file that the worker's prober
 * writes: without the database, and the same for everybody. */
#include "handlers/all.h"

#include "handlers/incident.h"
#include "svc/service.h"
#include "svc/snapshot.h"
#include "web/reply.h"

/* clang-format off */
static const struct field service_item_out[] = {
	O_ENUM("name",          REQ, service_names, "Name of the service."),
	O_ENUM("status",        REQ, health_words, "degraded: slow, or the last probe failed; down: two in a row failed; unknown: nobody has looked for eight seconds."),
	O_NUM("uptime",         NUL, "Percentage of the known time of 90 days that it was operational or degraded, rounded down; null without any."),
	O_INT("responseTime",   NUL, "Milliseconds that the last probe took; null when it failed."),
	O_TIME("lastCheckedAt", NUL, "When it was looked at last."),
	O_END
};
static const struct field status_services_out[] = {
	O_LIST("services", service_item_out, "All services."),
	O_END
};

static const struct field metrics_out[] = {
	O_INT("totalDeployments", REQ, "Deployments in all."),
	O_NUM("deploymentChange", NUL, "Percentage that there were more in the last 30 days than in the 30 before; null without any then."),
	O_INT("activeProjects",   REQ, "Projects with a deployment in the last 30 days."),
	O_NUM("projectChange",    NUL, "Percentage that these are more than in the 30 days before."),
	O_STR("avgDeployTime",    NUL, "How long successful builds of the last 30 days took on average, like 42s."),
	O_NUM("timeChange",       NUL, "Percentage that this is longer than in the 30 days before."),
	O_STR("successRate",      NUL, "Share of the deployments of 30 days that succeeded, of those that did or failed, like 99.8%; rounded down."),
	O_NUM("successChange",    NUL, "Percentage points that this is more than in the 30 days before."),
	O_END
};
static const struct field status_metrics_out[] = {
	O_OBJECT("metrics", metrics_out, "Figures of the whole platform."),
	O_END
};

static const struct field history_service_out[] = {
	O_ENUM("name",          REQ, service_names, "Name of the service."),
	O_NUM("uptime",         NUL, "Its uptime on that day."),
	O_INT("downSeconds",    REQ, "For how long it was down."),
	O_INT("unknownSeconds", REQ, "For how long nobody has looked, until now."),
	O_END
};
static const struct field history_day_out[] = {
	O_STR("date",      REQ, "The day as 30 days ago, 1 day ago, Today."),
	O_STR("day",       REQ, "The day in UTC as 2026-01-20."),
	O_NUM("uptime",    NUL, "Uptime of all services together; null when nobody has looked on that day."),
	O_INT("incidents", REQ, "Incidents that were open on that day."),
	O_LIST("services", history_service_out, "Each service."),
	O_END
};
static const struct field status_history_out[] = {
	O_LIST("history", history_day_out, "90 days, the oldest first, today the last."),
	O_END
};

static const struct field status_incidents_out[] = {
	O_LIST("incidents", incident_public_out, "The newest 50, newest first."),
	O_END
};

static handler_fn h_status_services, h_status_metrics, h_status_history, h_status_incidents;

const struct route status_routes[] = {
	{ .op = "statusServices", .verb = GET, .path = "/api/status/services", .who = WHO_PUBLIC, .rate = RATE_NONE, .fresh = 1, .ok = 200,
	  .out = status_services_out, .fn = h_status_services,
	  .doc = "How the platform's services are. Looked at every three seconds." },
	{ .op = "statusMetrics", .verb = GET, .path = "/api/status/metrics", .who = WHO_PUBLIC, .rate = RATE_NONE, .fresh = 30, .ok = 200,
	  .out = status_metrics_out, .fn = h_status_metrics, .doc = "Figures of the whole platform over 30 days." },
	{ .op = "statusHistory", .verb = GET, .path = "/api/status/history", .who = WHO_PUBLIC, .rate = RATE_NONE, .fresh = 30, .ok = 200,
	  .out = status_history_out, .fn = h_status_history,
	  .doc = "How the services were on each of the last 90 days. What is unknown counts neither as up nor as down." },
	{ .op = "statusIncidents", .verb = GET, .path = "/api/status/incidents", .who = WHO_PUBLIC, .rate = RATE_NONE, .fresh = 1, .ok = 200,
	  .out = status_incidents_out, .fn = h_status_incidents, .doc = "Published incidents and what was told of them." },
	{ 0 }
};
/* clang-format on */

/* {"NAME": what the file has of it} */
static enum err
reply_part(struct req *rq, const char *name, const char *json)
{
	struct jw *w = reply_begin(rq);

	jw_key(w, name);
	jw_raw(w, json);
	return reply_end(rq);
}

static struct snapshot
now(struct req *rq)
{
	struct snapshot s;

	snapshot_read(rq_ctx(rq)->arena, rq_cfg(rq), &s);
	return s;
}

static enum err
h_status_services(struct req *rq, const void *v UNUSED)
{
	return reply_part(rq, "services", now(rq).services);
}

static enum err
h_status_metrics(struct req *rq, const void *v UNUSED)
{
	return reply_part(rq, "metrics", now(rq).metrics);
}

static enum err
h_status_history(struct req *rq, const void *v UNUSED)
{
	return reply_part(rq, "history", now(rq).history);
}

static enum err
h_status_incidents(struct req *rq, const void *v UNUSED)
{
	return reply_part(rq, "incidents", now(rq).incidents);
}
