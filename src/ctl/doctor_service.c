/*
 * doctor_service.c - checks of the configuration, the database and our own
 * processes.
 */
#include "base/base.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/str.h"
#include "ctl/ask.h"
#include "ctl/doctor.h"
#include "ext/db.h"
#include "stmt.h"
#include "svc/password.h"

#define PG_VERSION_MIN    150000
#define CLOCK_SECONDS_MAX 5
#define ASK_MS            5000
#define ANSWER_MAX        (1 << 20)

void
check_config(struct doctor *d)
{
	struct ctl *c = d->c;
	const char *error;

	if (!cfg_load(c->arena, c->conf, &c->cfg, &error)) {
		doctor_say(d, LEVEL_BAD,
			"correct it as autostack.conf(5) says; run the doctor "
			"as root or as a member of the group autostack",
			"%s", error);
		return;
	}
	d->cfg = true;
	if (!password_list_ready(c->arena, &c->cfg, &error))
		doctor_say(
			d, LEVEL_BAD, "apt-get install john-data", "%s", error);
	c->db = db_new(stmt_table, STMT_MAX, c->cfg.database_url, "owner");
	if (!c->cfg.jwt_secret || !c->cfg.jwt_secret[0])
		doctor_say(d, LEVEL_BAD,
			"(umask 027; head -c 48 /dev/urandom | base64 -w 0 "
			">/etc/autostack/jwt_secret); chgrp autostack "
			"/etc/autostack/jwt_secret; set jwt_secret to its path",
			"jwt_secret is not set");
	else
		doctor_say(d, LEVEL_OK, NULL, "%s can be read",
			c->conf ? c->conf : "the configuration");
}

static bool
connected(struct doctor *d)
{
	struct ctl *c = d->c;

	if (!db_connect(&c->ctx, c->db))
		return true;
	doctor_say(d, LEVEL_BAD,
		"apt-get install postgresql; systemctl start postgresql; as "
		"postgres: createuser --createrole autostack_owner; createdb "
		"-O autostack_owner autostack; see autostack(8) on who may "
		"connect",
		"cannot connect as autostack_owner: %s",
		c->ctx.cause ? c->ctx.cause : "");
	return false;
}

void
check_database(struct doctor *d)
{
	struct ctl *c = d->c;
	struct rows *r;
	int pending;

	if (!d->cfg) {
		doctor_say(d, LEVEL_SKIP, NULL, "no configuration");
		return;
	}
	if (!connected(d))
		return;
	pending = ctl_pending(c);
	if (pending != 0 ||
		db_query(&c->ctx, c->db, STMT_DOCTOR_DATABASE, DB_IN0, &r)) {
		doctor_say(d, LEVEL_BAD, "autostack migrate",
			"the schema is not up to date%s%s",
			pending < 0 && c->ctx.cause ? ": " : "",
			pending < 0 && c->ctx.cause ? c->ctx.cause : "");
		return;
	}
	d->db = true;
	if (rows_int(r, 0, rows_col(r, "version")) < PG_VERSION_MIN)
		doctor_say(d, LEVEL_BAD, "upgrade to PostgreSQL 15 or newer",
			"PostgreSQL is too old (%s)", rows_str(r, "version"));
	else if (!str_eq(rows_str(r, "encoding"), "UTF8"))
		doctor_say(d, LEVEL_BAD,
			"make the database anew with createdb -E UTF8 -T "
			"template0",
			"its encoding is %s", rows_str(r, "encoding"));
	else
		doctor_say(d, LEVEL_OK, NULL,
			"connected as autostack_owner, schema up to date");
}

static bool
have_db(struct doctor *d)
{
	if (!d->db)
		doctor_say(d, LEVEL_SKIP, NULL, "no database to ask");
	return d->db;
}

void
check_roles(struct doctor *d)
{
	struct ctl *c = d->c;
	struct rows *r;
	const char *role;
	bool well = true;
	size_t i;

	if (!have_db(d))
		return;
	if (db_query(&c->ctx, c->db, STMT_DOCTOR_ROLES, DB_IN0, &r)) {
		doctor_say(
			d, LEVEL_BAD, "autostack migrate", "%s", c->ctx.cause);
		return;
	}
	for (i = 0; i < rows_n(r); i++) {
		role = rows_text(r, i, rows_col(r, "role"));
		if (!rows_bool(r, i, rows_col(r, "present")))
			doctor_say(d, LEVEL_BAD, "autostack migrate",
				"%s is missing or may not log in", role);
		else if (rows_bool(r, i, rows_col(r, "super")))
			doctor_say(d, LEVEL_BAD,
				"as postgres, in psql: make it NOSUPERUSER",
				"%s is a superuser: no grant binds it", role);
		else if (!rows_bool(r, i, rows_col(r, "generic_plans")))
			doctor_say(d, LEVEL_BAD, "autostack migrate",
				"%s has no plan_cache_mode = "
				"force_generic_plan: lists are planned anew "
				"each time",
				role);
		else
			continue;
		well = false;
	}
	if (well)
		doctor_say(d, LEVEL_OK, NULL,
			"autostack_api, autostack_ws and autostack_worker are "
			"there");
}

void
check_clock(struct doctor *d)
{
	struct ctl *c = d->c;
	struct rows *r;
	int64_t off;

	if (!have_db(d))
		return;
	if (db_query(&c->ctx, c->db, STMT_DOCTOR_DATABASE, DB_IN0, &r)) {
		doctor_say(
			d, LEVEL_BAD, "autostack migrate", "%s", c->ctx.cause);
		return;
	}
	off = llabs(clock_now_s() - rows_int(r, 0, rows_col(r, "clock")));
	if (off > CLOCK_SECONDS_MAX)
		doctor_say(d, LEVEL_BAD,
			"apt-get install systemd-timesyncd (on both hosts)",
			"%lld seconds away from the database's: tokens and "
			"leases would end at the wrong time",
			(long long)off);
	else
		doctor_say(d, LEVEL_OK, NULL, "agrees with the database's");
}

static void
count_pool(struct doctor *d)
{
	int want = (int)d->c->cfg.api_processes;
	int found = doctor_processes(d, "autostack-api");

	if (found == 0)
		doctor_say(d, LEVEL_OK, NULL,
			"answers (the pool is not visible from here)");
	else if (found < want)
		doctor_say(d, LEVEL_BAD, "systemctl restart autostack-api",
			"answers, but %d of %d processes are left", found,
			want);
	else
		doctor_say(d, LEVEL_OK, NULL, "%d processes, answers", found);
}

void
check_api(struct doctor *d)
{
	static const char *const params[] = {"REQUEST_METHOD=GET",
		"REQUEST_URI=/health", "DOCUMENT_URI=/health",
		"QUERY_STRING=", "SERVER_PROTOCOL=HTTP/1.1",
		"REMOTE_ADDR=127.0.0.1", "HTTP_HOST=localhost",
		"REQUEST_SCHEME=https", "HTTPS=on", NULL};
	const char *path;
	const char *error;
	AUTO_BUF struct buf b = {0};

	buf_init(&b, ANSWER_MAX);
	if (!d->cfg) {
		doctor_say(d, LEVEL_SKIP, NULL, "no configuration");
		return;
	}
	path = arena_printf(d->c->arena, "%s/api.sock", d->c->cfg.run_dir);
	if (!ask_fastcgi(path, params, "", 0, ASK_MS, &b, &error))
		doctor_say(d, LEVEL_BAD,
			"systemctl restart autostack-api; journalctl -u "
			"autostack-api",
			"%s: %s", path, error);
	else if (str_starts(buf_text(&b), "Status: ") &&
		 !str_starts(buf_text(&b), "Status: 200"))
		doctor_say(d, LEVEL_BAD, "journalctl -u autostack-api",
			"/health says %.*s", (int)strcspn(buf_text(&b), "\r\n"),
			buf_text(&b));
	else
		count_pool(d);
}

void
check_ws(struct doctor *d)
{
	static const char ws_fix[] = "systemctl restart autostack-ws; "
				     "journalctl -u autostack-ws";
	const char *path;
	const char *error;
	AUTO_BUF struct buf b = {0};

	buf_init(&b, ANSWER_MAX);
	if (!d->cfg) {
		doctor_say(d, LEVEL_SKIP, NULL, "no configuration");
		return;
	}
	path = arena_printf(d->c->arena, "%s/ws.sock", d->c->cfg.run_dir);
	/* Any HTTP answer will do, an open connection after it too. */
	if (!ask_stream(path,
		    "GET / HTTP/1.1\r\nHost: localhost\r\n"
		    "Connection: close\r\n\r\n",
		    ASK_MS, &b, &error) &&
		b.len == 0)
		doctor_say(d, LEVEL_BAD, ws_fix, "%s: %s", path, error);
	else if (str_starts(buf_text(&b), "HTTP/1."))
		doctor_say(d, LEVEL_OK, NULL, "answers");
	else
		doctor_say(d, LEVEL_BAD, ws_fix, "%s: the answer is no HTTP",
			path);
}

/* Sessions of the worker's role, on whatever host. */
static int64_t
worker_sessions(struct ctl *c)
{
	struct rows *r;
	size_t i;

	if (db_query(&c->ctx, c->db, STMT_DOCTOR_ROLES, DB_IN0, &r))
		return 0;
	for (i = 0; i < rows_n(r); i++)
		if (str_eq(rows_text(r, i, rows_col(r, "role")),
			    "autostack_worker"))
			return rows_int(r, i, rows_col(r, "sessions"));
	return 0;
}

void
check_worker(struct doctor *d)
{
	static const char fix[] = "systemctl restart autostack-worker; "
				  "journalctl -u autostack-worker";
	struct ctl *c = d->c;
	struct rows *r;
	int64_t sessions;

	if (!have_db(d))
		return;
	if (db_query(&c->ctx, c->db, STMT_DOCTOR_DATABASE, DB_IN0, &r)) {
		doctor_say(d, LEVEL_BAD, fix, "%s", c->ctx.cause);
		return;
	}
	sessions = worker_sessions(c);
	if (sessions == 0)
		doctor_say(d, LEVEL_BAD, fix,
			"no worker is connected to the database");
	else if (!str_eq(rows_str(r, "expired"), "0"))
		doctor_say(d, LEVEL_BAD, fix,
			"%s builds gave no sign of life for a minute, and "
			"nobody took them over",
			rows_str(r, "expired"));
	else if (!str_eq(rows_str(r, "waiting"), "0"))
		doctor_say(d, LEVEL_WARN,
			"raise build_slots, or start a worker on another host",
			"%s deployments have waited for more than 10 minutes",
			rows_str(r, "waiting"));
	else
		doctor_say(d, LEVEL_OK, NULL, "connected, nothing is stuck");
}
