/* dashboard.c - the figures on the first page after a sign-in. */
#include "gen/stmt.h"
#include "handlers/all.h"
#include "web/reply.h"

static handler_fn h_dashboard_stats;

/* clang-format off */
static const struct field stats_out[] = {
	O_INT("totalDeployments",     REQ, "All deployments so far."),
	O_STR("weeklyChange",         REQ, "Deployments of the last seven days less those of the seven before: +3."),
	O_INT("activeProjects",       REQ, "Projects that were deployed within thirty days."),
	O_INT("todayDeployments",     REQ, "Deployments since midnight, UTC."),
	O_INT("successRate",          NUL, "How many percent succeeded within thirty days, of those that succeeded or failed; null: there were none."),
	O_INT("monthlySuccessChange", NUL, "By how many points that is more than in the thirty days before; null: there is nothing to compare."),
	O_STR("avgDeployTime",        NUL, "Average of successful builds within thirty days: 42s, 2.4m, 1.1h; null: there were none."),
	O_STR("timeImprovement",      NUL, "How that differs from the thirty days before; less is faster: -18s."),
	O_END
};
static const struct field dashboard_out[] = {
	O_OBJECT("stats", stats_out, "Figures of one's own deployments."),
	O_END
};

const struct route dashboard_routes[] = {
	{ .op = "dashboardStats", .verb = GET, .path = "/api/dashboard/stats",
	  .who = WHO_USER, .ok = 200, .out = dashboard_out, .fn = h_dashboard_stats,
	  .doc = "The dashboard's figures." },
	{ 0 }
};
/* clang-format on */

static enum err
h_dashboard_stats(struct req *rq, const void *in UNUSED)
{
	enum err e =
		rq_query(rq, STMT_DASHBOARD_STATS, rq_user(rq), rq_now(rq));

	return e ? e : reply_row(rq, dashboard_out);
}
