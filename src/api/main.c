/*
 * main.c - autostack-api: accept a FastCGI request, have src/web answer it, go
 * on. One process serves one request; multiwatch runs as many as the setting
 * api_processes says. Holds no rule of its own.
 */
#include "base/base.h"

#include "api/print.h"
#include "base/arena.h"
#include "base/cfg.h"
#include "base/limiter.h"
#include "base/log.h"
#include "base/meter.h"
#include "base/options.h"
#include "base/str.h"
#include "ext/db.h"
#include "ext/fcgi.h"
#include "gen/stmt.h"
#include "handlers/all.h"
#include "svc/access.h"
#include "svc/apikey.h"
#include "svc/audit.h"
#include "svc/mail.h"
#include "svc/password.h"
#include "svc/session.h"
#include "svc/svc.h"
#include "web/auth.h"
#include "web/csrf.h"
#include "web/serve.h"
#include "web/stats.h"

#include <signal.h>
#include <unistd.h>

#define REQUEST_HARD  ((size_t)64 << 20) /* beyond the soft ceiling */
#define START_CEILING ((size_t)16 << 20)

/* The one mutable global: signal handlers have no other way to it. */
static struct prog {
	struct arena *arena; /* what lives as long as the process */
	struct cfg cfg;
	struct fcgi *fcgi;
	struct svc svc;
	struct web web;
	bool db_up;
	struct meter *meter;
	uint64_t db_failures; /* that were counted */
} prog;

/* ---- what src/web does not know ---- */

static enum err
judge_token(struct ctx *ctx, struct svc *svc, const char *token,
	struct principal *ret)
{
	struct access_claims claims;
	enum err e =
		access_verify(ctx, svc->keys, token, ACCESS_PURPOSE, &claims);

	if (e)
		return e;
	*ret = (struct principal){
		.by = CRED_TOKEN,
		.user_id = claims.user_id,
		.session_id = claims.sid,
		.name = claims.name,
		.email = claims.email,
	};
	return E_OK;
}

static enum err
send_session(struct ctx *ctx, struct svc *svc, const struct principal *who)
{
	return db_send(ctx, svc->db, STMT_SESSION_CHECK,
		DB_IN(who->session_id, who->user_id,
			str_from_i64(
				ctx->arena, svc->cfg->session_idle_seconds)));
}

static enum err
judge_key(struct ctx *ctx, struct svc *svc, const char *key, const char *ip,
	struct principal *ret)
{
	struct apikey_owner owner;
	enum err e = apikey_check(ctx, svc, key, ip, &owner);

	if (e)
		return e;
	*ret = (struct principal){
		.by = CRED_KEY,
		.user_id = owner.user_id,
		.name = owner.name,
		.email = owner.email,
		.role = auth_role(owner.role),
	};
	return E_OK;
}

static enum err
judge_cookie(struct ctx *ctx, struct svc *svc, const char *token,
	struct principal *ret)
{
	struct session_owner owner;
	enum err e = session_by_cookie(ctx, svc, token, &owner);

	if (e)
		return e;
	*ret = (struct principal){
		.by = CRED_COOKIE,
		.user_id = owner.user_id,
		.session_id = owner.session_id,
		.name = owner.name,
		.email = owner.email,
		.role = auth_role(owner.role),
	};
	return E_OK;
}

static void
audit(struct ctx *ctx, struct svc *svc, const struct audit_fact *fact)
{
	struct audit_row row = {
		.event = fact->event,
		.user_id = fact->user_id,
		.target = fact->target,
		.success = fact->success,
		.code = fact->code,
		.details = fact->details,
		.ip = fact->ip,
		.user_agent = fact->user_agent,
	};

	audit_write(ctx, svc, &row);
}

/* ---- requests ---- */

static ptrdiff_t
read_body(void *arg, void *p, size_t n)
{
	return fcgi_read(arg, p, n);
}

static bool
write_part(void *arg, const void *p, size_t n)
{
	return fcgi_write(arg, p, n);
}

static void
serve_one(struct prog *p)
{
	struct fcgi *f = p->fcgi;
	struct request_in in = {
		.method = fcgi_param(f, "REQUEST_METHOD"),
		.uri = fcgi_param(f, "REQUEST_URI"),
		.content_type = fcgi_param(f, "CONTENT_TYPE"),
		.content_length = fcgi_param(f, "CONTENT_LENGTH"),
		.authorization = fcgi_param(f, "HTTP_AUTHORIZATION"),
		.api_key = fcgi_param(f, "HTTP_X_API_KEY"),
		.cookie = fcgi_param(f, "HTTP_COOKIE"),
		.csrf_token = fcgi_param(f, "HTTP_X_CSRF_TOKEN"),
		.client = fcgi_param(f, "HTTP_X_CLIENT"),
		.origin = fcgi_param(f, "HTTP_ORIGIN"),
		.referer = fcgi_param(f, "HTTP_REFERER"),
		.sec_fetch_site = fcgi_param(f, "HTTP_SEC_FETCH_SITE"),
		.cors_method =
			fcgi_param(f, "HTTP_ACCESS_CONTROL_REQUEST_METHOD"),
		.accept = fcgi_param(f, "HTTP_ACCEPT"),
		.user_agent = fcgi_param(f, "HTTP_USER_AGENT"),
		.remote_addr = fcgi_param(f, "REMOTE_ADDR"),
		.hub_signature = fcgi_param(f, "HTTP_X_HUB_SIGNATURE_256"),
		.github_event = fcgi_param(f, "HTTP_X_GITHUB_EVENT"),
		.github_delivery = fcgi_param(f, "HTTP_X_GITHUB_DELIVERY"),
		.read = read_body,
		.write = write_part,
		.arg = f,
	};

	web_serve(&p->web, &in);
	fcgi_reply(f, "", 0);
}

/* Say once that the database went away, and once that it is back. */
static void
watch_db(struct prog *p)
{
	bool up = db_connected(p->svc.db);
	uint64_t failures = db_failures(p->svc.db);

	meter_add(p->meter, METER_DATABASE_ERRORS, failures - p->db_failures);
	p->db_failures = failures;

	if (up != p->db_up)
		log_event(up ? EV_DB_UP : EV_DB_DOWN, NULL, NULL);
	p->db_up = up;
}

static void
on_stop(int sig UNUSED)
{
	fcgi_stop(prog.fcgi);
}

static void
set_signals(void)
{
	/* SA_RESTART: the request at hand is read and answered all the same */
	struct sigaction stop = {.sa_handler = on_stop, .sa_flags = SA_RESTART};
	struct sigaction ignore = {.sa_handler = SIG_IGN};

	ASSERT(sigemptyset(&stop.sa_mask) == 0);
	ASSERT(sigaction(SIGTERM, &stop, NULL) == 0);
	ASSERT(sigaction(SIGUSR1, &stop, NULL) == 0);
	/* Ctrl-C reaches the whole group: a child that obeyed it would be
	 * started again by a supervisor that has not heard of it yet. The
	 * supervisor says USR1 when its own turn comes. */
	ASSERT(sigaction(SIGINT, &ignore, NULL) == 0);
	/* a client that leaves must not end the process */
	ASSERT(sigaction(SIGPIPE, &ignore, NULL) == 0);
}

/* A supervisor may say it twice, and what on_stop() writes to is about to go. */
static void
ignore_signals(void)
{
	struct sigaction ignore = {.sa_handler = SIG_IGN};

	ASSERT(sigaction(SIGTERM, &ignore, NULL) == 0);
	ASSERT(sigaction(SIGUSR1, &ignore, NULL) == 0);
}

static int
run(struct prog *p)
{
	struct ctx ctx = {.arena = p->web.arena};
	bool orderly;

	p->fcgi = fcgi_new();
	set_signals();
	/* an absent database is no reason not to start: requests answer 503
	 * until it comes */
	p->db_up = db_connect(&ctx, p->svc.db) == E_OK;
	if (!p->db_up)
		log_event(EV_DB_DOWN, NULL, "cause", ctx.cause, NULL);
	arena_reset(p->web.arena);
	log_event(EV_START, NULL, "version", PACKAGE_VERSION, NULL);
	while (fcgi_accept(p->fcgi)) {
		serve_one(p);
		watch_db(p);
	}
	ignore_signals();
	orderly = fcgi_stopped(p->fcgi);
	log_event(EV_STOP, NULL, "cause",
		orderly ? NULL : "descriptor 0 is no listening socket", NULL);
	fcgi_free(p->fcgi);
	return orderly ? 0 : 1;
}

/* ---- start ---- */

static int
usage(void)
{
	fprintf(stderr,
		"usage: autostack-api [-c CONF] [--log-format json|text] "
		"[-t | -V | -x TABLE]\n"
		"  -c CONF   configuration (" SYSCONFDIR
		"/autostack/autostack.conf)\n"
		"  -t        test the configuration\n"
		"  -V        version\n"
		"  -x TABLE  print config, errors, events, routes, openapi or "
		"stmts\n");
	return 2;
}

static bool
complain(const char *what)
{
	log_event(EV_CONFIG_BAD, NULL, "error", what, NULL);
	return false;
}

/* In an arena of its own: what the check needs would stay in every process. */
static bool
routes_good(void)
{
	struct arena *scratch = arena_new(START_CEILING, 2 * START_CEILING);
	const char *wrong = route_selfcheck(scratch, all_routes);
	bool good = !wrong || complain(wrong);

	arena_free(scratch);
	return good;
}

static bool
load(struct prog *p, const struct options *o)
{
	const char *error;

	if (!cfg_load(p->arena, o->conf, &p->cfg, &error))
		return complain(error);
	if (o->log_format)
		p->cfg.log_format = o->log_format;
	log_open("autostack-api", str_eq(p->cfg.log_format, "json"),
		p->cfg.log_debug ? LOGP_DEBUG : LOGP_INFO);
	if (!routes_good())
		return false;
	if (!password_list_ready(p->arena, &p->cfg, &error))
		return complain(error);
	error = mail_settings_wrong(p->arena, &p->cfg);
	if (error)
		return complain(error);
	p->svc.keys = access_keys_new(p->arena, &p->cfg, &error);
	if (!p->svc.keys)
		return complain(error);
	return true;
}

static void
make(struct prog *p)
{
	size_t soft = (size_t)p->cfg.request_memory_max;

	p->svc.cfg = &p->cfg;
	p->svc.db = db_new(stmt_table, STMT_MAX, p->cfg.database_url, "api");
	/* a server that stands still must not take every process with it */
	(void)db_limit(p->svc.db, DB_LIMIT_MS);
	p->web.cfg = &p->cfg;
	p->web.db = p->svc.db;
	p->web.svc = &p->svc;
	p->web.hooks = (struct web_hooks){
		.token = judge_token,
		.session = send_session,
		.key = judge_key,
		.cookie = judge_cookie,
		.audit = audit,
	};
	p->web.csrf = csrf_keys_new(p->arena, &p->cfg);
	p->web.limiter = limiter_new(p->arena,
		arena_printf(p->arena, "%s/limits.v1", p->cfg.run_dir));
	p->web.arena = arena_new(soft, soft + REQUEST_HARD);
	p->web.router = router_new(p->arena, all_routes);
	p->meter = meter_of(p->arena, p->cfg.run_dir, "api");
	p->web.stats = stats_new(p->arena, p->cfg.run_dir, p->web.router);
	p->web.version = PACKAGE_VERSION;
}

int
main(int argc, char **argv)
{
	struct options o;
	int code = 0;

	log_open("autostack-api", false, LOGP_INFO);
	if (!options_read(argc, argv, &o))
		return usage();
	if (o.version) {
		printf("autostack-api %s\n", PACKAGE_VERSION);
		return 0;
	}
	prog.arena = arena_new(START_CEILING, 2 * START_CEILING);
	if (o.table) {
		code = print_table(prog.arena, o.table) ? 0 : 2;
	} else if (!load(&prog, &o)) {
		code = 1;
	} else if (!o.test) {
		make(&prog);
		code = run(&prog);
		arena_free(prog.web.arena);
		db_free(prog.svc.db);
	}
	arena_free(prog.arena);
	return code;
}
