/* rate.c - which quota a route's class has, and what is said of it. */
#include "web/rate.h"

#include "base/limiter.h"
#include "base/log.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

struct policy {
	char kind;        /* of the limiter's key */
	const char *name; /* on the wire; NULL: not counted here */
	int64_t quota;
	int64_t window; /* seconds */
};

/* Strangers have no deployments: they count among all other requests. */
static struct policy
policy_of(const struct req *rq, const char *user_id)
{
	const struct cfg *cfg = rq->web->cfg;
	enum rate rate = rq->route ? rq->route->rate : RATE_GENERAL;

	if (rate == RATE_DEPLOY && user_id)
		return (struct policy){
			'd', "deploy", cfg->deploys_per_hour, 3600};
	if (rate == RATE_DEPLOY || rate == RATE_GENERAL)
		return (struct policy){
			'g', "general", cfg->rate_per_minute, 60};
	return (struct policy){0};
}

/* Said once, until it works again. What costs much is refused, and the rest
 * goes on uncounted. */
static enum err
unusable(struct req *rq, const struct policy *p)
{
	const char *cause = strerror(errno);

	if (!rq->web->limiter_down)
		log_event(EV_LIMITER_DOWN, rq->ctx.id, "cause", cause, NULL);
	rq->web->limiter_down = true;
	if (p->kind != 'd')
		return E_OK;
	return ctx_cause(&rq->ctx, E_SERVICE_UNAVAILABLE,
		"the counters of requests: %s", cause);
}

enum err
rate_count(struct req *rq, const char *user_id)
{
	struct policy p = policy_of(rq, user_id);
	char key[LIMITER_KEY];
	struct limit limit;

	if (!p.name || !rq->web->limiter)
		return E_OK;
	if (user_id)
		limiter_user(key, p.kind, user_id);
	else
		limiter_address(key, p.kind, rq->ip);
	if (!limiter_hit(
		    rq->web->limiter, key, p.quota, p.window * 1000, &limit))
		return unusable(rq, &p);
	rq->web->limiter_down = false;
	rq->rate = (struct rate_seen){p.name, p.quota, p.window, limit.left,
		limit.seconds, limit.over};
	if (!limit.over)
		return E_OK;
	rq->ctx.retry_s = limit.seconds;
	if (p.kind != 'd')
		return E_RATE_LIMIT_EXCEEDED;
	return ctx_fail(&rq->ctx, E_RATE_LIMIT_EXCEEDED,
		"At most %" PRId64 " deployments an hour, with redeliveries "
		"and tests of channels",
		p.quota);
}

void
rate_put_headers(const struct req *rq, struct buf *b)
{
	const struct rate_seen *r = &rq->rate;

	if (!r->policy)
		return;
	buf_printf(b,
		"RateLimit-Policy: \"%s\";q=%" PRId64 ";w=%" PRId64 "\r\n",
		r->policy, r->quota, r->window);
	buf_printf(b, "RateLimit: \"%s\";r=%" PRId64 ";t=%" PRId64 "\r\n",
		r->policy, r->left, r->seconds);
}
