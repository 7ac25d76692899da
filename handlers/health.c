/* health.c - is it alive: for load balancers, monitors and `autostack doctor`.
 * Also the API's own description. */
#include "base/clock.h"
#include "gen/stmt.h"
#include "handlers/all.h"
#include "web/openapi.h"
#include "web/reply.h"

static const char *const status_ok[] = {"ok", NULL};
static const char *const status_redis[] = {"ok", "disabled", NULL};

/* clang-format off */
static const struct field health_out[] = {
	O_ENUM("status",  REQ, status_ok, "The API answers."),
	O_STR("version",  REQ, "Version of Autostack."),
	O_END
};
static const struct field health_db_out[] = {
	O_ENUM("status",         REQ, status_ok, "The database answers."),
	O_INT("responseTimeMs",  REQ, "How long a round trip took."),
	O_END
};
static const struct field health_redis_out[] = {
	O_ENUM("status", REQ, status_redis, "Redis is not needed: PostgreSQL holds queue and caches."),
	O_END
};

static handler_fn h_health, h_health_db, h_health_redis, h_openapi;

const struct route health_routes[] = {
	{ .op = "health", .verb = GET, .path = "/api/health", .aliases = ALIASES("/health"),
	  .who = WHO_PUBLIC, .rate = RATE_NONE, .quiet = true, .ok = 200, .out = health_out, .fn = h_health,
	  .doc = "Whether the API process answers; asks nobody else." },
	{ .op = "healthDb", .verb = GET, .path = "/api/health/db", .aliases = ALIASES("/health/db"),
	  .who = WHO_PUBLIC, .rate = RATE_NONE, .quiet = true, .ok = 200, .out = health_db_out, .errs = ERRS(E_SERVICE_UNAVAILABLE), .fn = h_health_db,
	  .doc = "Whether the database answers." },
	{ .op = "healthRedis", .verb = GET, .path = "/api/health/redis", .aliases = ALIASES("/health/redis"),
	  .who = WHO_PUBLIC, .rate = RATE_NONE, .quiet = true, .ok = 200, .out = health_redis_out, .fn = h_health_redis,
	  .doc = "Always disabled: Autostack runs without Redis." },
	{ .op = "openapi", .verb = GET, .path = "/api/openapi.json",
	  .who = WHO_PUBLIC, .ok = 200, .out_type = "application/json", .fn = h_openapi,
	  .doc = "This description, as OpenAPI 3.1." },
	{ 0 }
};
/* clang-format on */

static enum err
h_health(struct req *rq, const void *in UNUSED)
{
	struct jw *w = reply_begin(rq);

	jw_kstr(w, "status", "ok");
	jw_kstr(w, "version", rq->web->version);
	return reply_end(rq);
}

static enum err
h_health_db(struct req *rq, const void *in UNUSED)
{
	int64_t start = clock_mono_ms();
	enum err e = rq_query(rq, STMT_HEALTH_PING);
	struct jw *w;

	if (e)
		return ctx_fail(rq_ctx(rq), e, "The database does not answer");
	w = reply_begin(rq);
	jw_kstr(w, "status", "ok");
	jw_kint(w, "responseTimeMs", clock_mono_ms() - start);
	return reply_end(rq);
}

static enum err
h_health_redis(struct req *rq, const void *in UNUSED)
{
	struct jw *w = reply_begin(rq);

	jw_kstr(w, "status", "disabled");
	return reply_end(rq);
}

static enum err
h_openapi(struct req *rq, const void *in UNUSED)
{
	AUTO_BUF struct buf b = {0};

	buf_init(&b, OPENAPI_MAX);
	openapi_write(&b, rq->web->router, rq->web->version);
	return reply_json(rq, &b);
}
