/*
 * serve.c - the path of a request through its route. The order is the design:
 * nobody's body is read before the route is known and the caller is allowed.
 */
#include "web/serve.h"

#include "base/arena.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/rand.h"
#include "web/auth.h"
#include "web/csrf.h"
#include "web/reply.h"
#include "web/stats.h"

#define AUDIT_TARGET_MAX  128
#define AUDIT_DETAILS_MAX 8192

static enum err
find_route(struct req *rq)
{
	enum err e = router_match(
		rq->web->router, rq->ctx.arena, rq->verb, rq->path, &rq->match);

	if (e)
		return ctx_fail(&rq->ctx, e, "The path is not well-formed");
	if (rq->options && rq->match.path_known)
		return E_OK;
	if (!rq->match.route)
		return rq->match.path_known ? E_METHOD_NOT_ALLOWED
					    : E_NOT_FOUND;
	rq->route = rq->match.route;
	rq->audit = rq->route->audit;
	return E_OK;
}

static enum err
run(struct req *rq)
{
	enum err e = request_parse(rq);
	enum err over;
	void *input;

	if (!e)
		e = find_route(rq);
	if (!e && !rq->route) {
		reply_options(rq);
		return E_OK;
	}
	if (!e)
		e = csrf_check_origin(rq);
	if (e) {
		over = auth_count(rq);
		return over ? over : e;
	}
	e = auth_begin(rq);
	if (e)
		return e;
	input = arena_alloc(rq->ctx.arena, rq->route->in.size);
	e = request_bind(rq, input);
	if (!e)
		rq->status = rq->route->ok;
	return e ? e : rq->route->fn(rq, input);
}

/* A failure that came before the session's row was read must not tell
 * anything to somebody whose session has ended. */
static enum err
settle(struct req *rq, enum err e)
{
	struct ctx first = rq->ctx;
	enum err session;

	if (!rq->session_pending)
		return e;
	ctx_clear(&rq->ctx);
	session = auth_settle(rq);
	if (session) {
		rq->binding.nbad = 0;
		return session;
	}
	rq->ctx = first;
	return e;
}

static bool
audit_worthy(const struct req *rq, enum err e)
{
	int status = err_info(e)->status;

	/* what is over its limit costs the database nothing */
	if (!rq->route || !rq->audit || rq->rate.over)
		return false;
	if (!e)
		return true;
	/* refusals, not malformed requests and not our own failures; nothing
	 * is kept of strangers but where strangers are expected */
	return (e == E_CODE_INVALID || status == 401 || status == 403 ||
		       status == 404 || status == 409 || status == 429) &&
	       (rq->who.user_id || rq->route->who == WHO_PUBLIC);
}

/* What the handler noted, as a JSON object; NULL: nothing. */
static const char *
audit_details(struct req *rq)
{
	AUTO_BUF struct buf b = {0};
	struct jw w;

	if (rq->nnotes == 0)
		return NULL;
	buf_init(&b, AUDIT_DETAILS_MAX);
	jw_init(&w, &b);
	jw_object(&w);
	for (size_t i = 0; i < rq->nnotes; i++)
		jw_kstr(&w, rq->notes[i].name, rq->notes[i].value);
	jw_object_end(&w);
	return b.full ? NULL : arena_strdup(rq->ctx.arena, buf_text(&b));
}

static void
audit(struct req *rq, enum err e)
{
	struct audit_fact fact = {0};
	struct ctx own = rq->ctx; /* the answer still needs that one */

	if (!audit_worthy(rq, e))
		return;
	fact.event = rq->audit;
	if (e && rq->audit == rq->route->audit && rq->route->audit_failed)
		fact.event = rq->route->audit_failed;
	fact.user_id = rq->who.user_id ? rq->who.user_id : rq->audit_user;
	fact.target = rq->audit_target;
	for (size_t i = 0; !fact.target && i < rq->match.nparams; i++)
		fact.target = rq->match.params[i].value;
	/* a refused request's {id} may be any text */
	if (fact.target)
		fact.target =
			str_plain(rq->ctx.arena, fact.target, AUDIT_TARGET_MAX);
	fact.details = audit_details(rq);
	fact.success = !e;
	fact.code = e ? err_info(e)->code : NULL;
	fact.ip = rq->ip;
	fact.user_agent = rq_user_agent(rq);
	ctx_clear(&own);
	rq->web->hooks.audit(&own, rq->web->svc, &fact);
}

static void
log_request(struct req *rq, enum err e, const char *cause, int64_t ms)
{
	const char *method = rq->in->method ? rq->in->method : "?";

	if (!e && rq->route && rq->route->quiet) {
		log_debug(rq->ctx.id, "%s", rq->route->op);
		return;
	}
	if (err_info(e)->status >= 500)
		log_event(EV_REQUEST_FAILED, rq->ctx.id, "op",
			rq->route ? rq->route->op : NULL, "code",
			err_info(e)->code, "cause", cause, NULL);
	else if (cause)
		log_debug(rq->ctx.id, "%s", cause);
	log_event(EV_REQUEST, rq->ctx.id, "method",
		rq->verb || rq->options ? method : "other", "op",
		rq->route ? rq->route->op : NULL, "status",
		rq_int(rq, rq->status), "ms", rq_int(rq, ms), "user",
		rq->who.user_id ? rq->who.user_id : rq->audit_user, "ip",
		rq->ip, NULL);
}

void
web_serve(struct web *web, const struct request_in *in)
{
	struct req rq = {.web = web, .in = in};
	int64_t start = clock_mono_us();
	const char *cause;
	int64_t us;
	enum err e;

	rq.ctx.arena = web->arena;
	rand_uuid(rq.ctx.id);
	buf_init(&rq.body, (size_t)web->cfg->request_memory_max);
	buf_init(&rq.headers, 16384);
	e = run(&rq);
	e = settle(&rq, e);
	cause = rq.ctx.cause;
	if (web->db)
		db_rollback(web->db); /* a handler that failed half-way */
	if (e && !rq.sent && !rq.location)
		reply_error(&rq, e);
	audit(&rq, e);
	reply_send(&rq);
	us = clock_mono_us() - start;
	if (web->stats)
		stats_count(web->stats, rq.route, rq.status, e, us);
	log_request(&rq, e, cause, us / 1000);
	buf_done(&rq.body);
	buf_done(&rq.headers);
	arena_reset(web->arena);
}
