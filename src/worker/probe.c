/*
 * probe.c - the four looks of the prober, each as a visitor has it. None waits
 * longer than PROBE_MS, however dead what it asks may be.
 */
#include "worker/prober.h"

#include "base/arena.h"
#include "base/clock.h"
#include "base/fd.h"
#include "base/log.h"
#include "base/str.h"
#include "ext/httpc.h"
#include "stmt.h"

#include <errno.h>

/* No project has it: their sites have no "--" (projects_site_form), and
 * addresses of releases and previews begin with digits or "pr-". */
#define SITE "autostack--status-probe"
#define PAGE "autostack status probe\n"

#define PULSE_MS 10000 /* the parent looks every second */

struct look {
	bool ok;
	int64_t late_ms; /* what counts as slow; -1: the time that it took */
};

/* ---- over HTTP ---- */

static bool
ask(struct prober *p, const char *url, struct httpc_answer *ret)
{
	const struct httpc_request rq = {.url = url,
		.timeout_ms = PROBE_MS,
		.answer_max = 4096,
		.often = true,
		.ca_file = p->w->cfg.probe_ca_file};

	if (httpc_ask(&p->ctx, &rq, ret)) {
		log_debug(NULL, "prober: %s", p->ctx.cause);
		ctx_clear(&p->ctx);
		return false;
	}
	return true;
}

static struct look
look_api(struct prober *p)
{
	struct httpc_answer answer;
	bool ok = ask(p,
		arena_printf(p->ctx.arena, "%s/health", p->w->cfg.app_url),
		&answer);

	return (struct look){ok && answer.status == 200, -1};
}

/* It is published like any other, so that nginx needs to know nothing of it;
 * and made again whoever has removed it. */
static bool
publish_page(struct prober *p)
{
	struct arena *a = p->ctx.arena;
	const char *dir = arena_printf(a, "%s/" SITE "/current", p->w->sites);
	const char *file = arena_printf(a, "%s/index.html", dir);

	return str_eq(fd_read_file(a, file, sizeof(PAGE), NULL), PAGE) ||
	       (fd_mkdirs(dir, 0755) &&
		       fd_replace_file(file, PAGE, strlen(PAGE), 0644));
}

static struct look
look_cdn(struct prober *p)
{
	struct arena *a = p->ctx.arena;
	struct httpc_answer answer;
	bool ok = publish_page(p);

	if (!ok)
		log_debug(NULL, "prober: %s: %s", SITE, strerror(errno));
	ok = ok &&
	     ask(p, arena_printf(a, "%s/", job_site_url(a, &p->w->cfg, SITE)),
		     &answer);
	return (struct look){
		ok && answer.status == 200 && str_eq(answer.body, PAGE), -1};
}

/* ---- over the database ---- */

static bool
query(struct prober *p, unsigned stmt, const char *const in[],
	struct rows **ret)
{
	enum err e = db_query(&p->ctx, p->db, stmt, in, ret);

	if (e)
		log_debug(NULL, "prober: %s",
			p->ctx.cause ? p->ctx.cause : err_info(e)->message);
	ctx_clear(&p->ctx);
	return !e;
}

static struct look
look_database(struct prober *p)
{
	return (struct look){query(p, STMT_STATUS_PING, DB_IN0, NULL), -1};
}

/* Nothing waits for long, or something goes on: then those who wait wait for a
 * slot. Without the database nothing can be built, and it has just been asked
 * in vain: not once more. */
static struct look
look_build(struct prober *p)
{
	struct worker *w = p->w;
	bool lives =
		clock_mono_ms() - __atomic_load_n(w->pulse, __ATOMIC_RELAXED) <
		PULSE_MS;
	struct look look = {false, 0};
	struct rows *r;

	if (p->watch[SERVICE_DATABASE].failures ||
		!query(p, STMT_STATUS_QUEUE,
			DB_IN(str_from_i64(p->ctx.arena, w->cfg.builds_global)),
			&r))
		return look;
	look.late_ms = rows_int(r, 0, rows_col(r, "waiting_ms"));
	look.ok = lives &&
		  (look.late_ms <= service_info(SERVICE_BUILD)->slow_ms ||
			  rows_bool(r, 0, rows_col(r, "moving")));
	return look;
}

int64_t
probe_run(struct prober *p, enum service s, bool *ret_slow)
{
	static struct look (*const looks[SERVICE_MAX])(struct prober *) = {
		[SERVICE_API] = look_api,
		[SERVICE_DATABASE] = look_database,
		[SERVICE_CDN] = look_cdn,
		[SERVICE_BUILD] = look_build,
	};
	int64_t begin = clock_mono_ms();
	struct look look = looks[s](p);
	int64_t ms = clock_mono_ms() - begin;

	*ret_slow = (look.late_ms < 0 ? ms : look.late_ms) >
		    service_info(s)->slow_ms;
	return look.ok ? ms : -1;
}
