/*
 * dashboard.c - the figures on the first page after a sign-in.
 *
 * Nothing here or in analytics.c is cached: an answer is counted by an index in
 * milliseconds (bench/insight), while a cache that all processes share would have
 * to hear of each change of a deployment and of each midnight. So no figure is
 * old, and the answers of one's own stay no-store (HD-1).
 */
#include "gen/stmt.h"
#include "handlers/all.h"
#include "handlers/deployment.h"
#include "web/reply.h"
#include "web/valid.h"

#define RECENT "5"

struct dashboard {
	const char *zone;
};

static handler_fn h_dashboard_stats;

/* clang-format off */
static const struct field dashboard_in[] = {
	F_STR(struct dashboard, zone, "timezone", OPT, 1, 64, V_TIME_ZONE, "Where today began: a name like Europe/Berlin; UTC when left out."),
	F_END
};
static const struct field stats_out[] = {
	O_INT("totalDeployments",     REQ, "All deployments so far."),
	O_STR("weeklyChange",         REQ, "Deployments of the last seven days less those of the seven before: +3."),
	O_INT("activeProjects",       REQ, "Projects that were deployed within thirty days."),
	O_INT("todayDeployments",     REQ, "Deployments since midnight."),
	O_INT("successRate",          NUL, "How many percent succeeded within thirty days, of those that succeeded or failed; null: there were none."),
	O_INT("monthlySuccessChange", NUL, "By how many points that is more than in the thirty days before; null: there is nothing to compare."),
	O_STR("avgDeployTime",        NUL, "Average of successful deployments within thirty days, without rollbacks: 42s, 2.4m, 1.1h; null: there were none."),
	O_STR("timeImprovement",      NUL, "How that differs from the thirty days before; less is faster: -18s."),
	O_END
};
static const struct field dashboard_out[] = {
	O_OBJECT("stats", stats_out, "Figures of one's own deployments."),
	O_LIST("recentDeployments", deployment_out, "The five newest, as /deployments/recent has them."),
	O_END
};

const struct route dashboard_routes[] = {
	{ .op = "dashboardStats", .verb = GET, .path = "/api/dashboard/stats",
	  .who = WHO_USER, .in = IN(dashboard_in, struct dashboard), .ok = 200, .out = dashboard_out, .fn = h_dashboard_stats,
	  .doc = "The dashboard: its figures and the newest deployments." },
	{ 0 }
};
/* clang-format on */

static enum err
h_dashboard_stats(struct req *rq, const void *v)
{
	const struct dashboard *in = v;
	enum err e = rq_query(rq, STMT_DASHBOARD_STATS, rq_user(rq),
		in->zone ? in->zone : "UTC", rq_now(rq));

	if (e)
		return e;
	(void)reply_begin(rq);
	reply_fields(rq, rq_rows(rq), 0, dashboard_out);
	e = rq_query(rq, STMT_DEPLOYMENT_LIST, rq_user(rq), RECENT, "0");
	if (e)
		return e;
	reply_array(rq, "recentDeployments", rq_rows(rq),
		reply_count(rq_rows(rq)), deployment_out);
	return reply_end(rq);
}
