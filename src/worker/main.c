/*
 * main.c - autostack-worker: options, configuration, start. See
 * autostack-worker(8). Everything else is in serve.c.
 */
#include "base/base.h"

#include <errno.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/cfg.h"
#include "base/log.h"
#include "base/meter.h"
#include "base/options.h"
#include "base/place.h"
#include "base/str.h"
#include "sandbox/sandbox.h"
#include "stmt.h"
#include "svc/mail.h"
#include "svc/store.h"
#include "worker/domains.h"
#include "worker/worker.h"

static struct prog {
	struct worker w;
} prog;

static int
usage(void)
{
	(void)fputs("usage: autostack-worker [-c CONF] [--log-format "
		    "json|text] [-t | -V | -x config|errors|events]\n",
		stderr);
	return 2;
}

static int
print_table(const struct cfg *cfg, const char *what)
{
	AUTO_BUF struct buf b = {0};

	buf_init(&b, 1 << 20);
	if (str_eq(what, "config")) {
		cfg_print_values(&b, cfg);
	} else if (str_eq(what, "errors")) {
		for (int e = 1; e < E_MAX; e++)
			buf_printf(&b, "%s\t%d\t%s\n",
				err_info((enum err)e)->code,
				err_info((enum err)e)->status,
				err_info((enum err)e)->doc);
	} else if (str_eq(what, "events")) {
		for (int i = 0; i < EV_MAX; i++)
			buf_printf(&b, "%s\t%s\n",
				event_info((enum event)i)->name,
				event_info((enum event)i)->doc);
	} else {
		return usage();
	}
	(void)fputs(buf_text(&b), stdout);
	return 0;
}

/* What the settings leave open. False: *ret_why says what is missing. */
static bool
settle(struct worker *w, struct arena *a, const char **ret_why)
{
	char host[256];

	w->name = w->cfg.worker_name;
	if (!*w->name) {
		if (gethostname(host, sizeof(host) - 1) < 0)
			return false;
		host[sizeof(host) - 1] = '\0';
		w->name = arena_strdup(a, host);
	}
	*ret_why = "worker_name must not hold a colon";
	if (strchr(w->name, ':'))
		return false;
	*ret_why = "jwt_secret is not set";
	if (!w->cfg.jwt_secret || !*w->cfg.jwt_secret)
		return false;
	*ret_why = mail_settings_wrong(a, &w->cfg);
	if (!*ret_why)
		*ret_why = store_settings_wrong(a, &w->cfg);
	if (*ret_why)
		return false;
	*ret_why = domains_settings_wrong(a, &w->cfg);
	if (*ret_why)
		return false;
	w->builds = arena_printf(a, "%s/builds", w->cfg.state_dir);
	w->sites = arena_printf(a, "%s/sites", w->cfg.state_dir);
	w->meter = meter_of(a, w->cfg.run_dir, "worker");
	w->sandbox = place_program(a, SANDBOX_PROGRAM);
	*ret_why = arena_printf(a, "%s: %s", w->sandbox, strerror(errno));
	return access(w->sandbox, X_OK) == 0;
}

static int
run(struct worker *w)
{
	int r;

	log_open("autostack-worker", str_eq(w->cfg.log_format, "json"),
		w->cfg.log_debug ? LOGP_DEBUG : LOGP_INFO);
	w->ctx.arena = arena_new(8 << 20, 64 << 20);
	w->db = db_new(stmt_table, STMT_MAX, w->cfg.database_url, "worker");
	r = worker_serve(w);
	db_free(w->db);
	arena_free(w->ctx.arena);
	return r;
}

int
main(int argc, char **argv)
{
	struct options o;
	struct worker *w = &prog.w;
	struct arena *a;
	const char *why = NULL;
	int r;

	if (!options_read(argc, argv, &o))
		return usage();
	if (o.version) {
		(void)puts(PACKAGE_STRING);
		return 0;
	}
	a = arena_new(1 << 20, 1 << 24);
	if (!cfg_load(a, o.conf, &w->cfg, &why) || !settle(w, a, &why)) {
		(void)fprintf(stderr, "autostack-worker: %s\n", why);
		r = 1;
	} else if (o.table) {
		r = print_table(&w->cfg, o.table);
	} else {
		if (o.log_format)
			w->cfg.log_format = o.log_format;
		r = o.test ? 0 : run(w);
	}
	arena_free(a);
	return r;
}
