/*
 * cleanup.c - `autostack cleanup`: deletes what has expired, a batch at a time,
 * so that no lock is held for long. Run by cron; two at once do no harm.
 */
#include "base/base.h"

#include <stdio.h>

#include "base/str.h"
#include "ctl/ctl.h"
#include "ext/db.h"
#include "stmt.h"

/* An ended session is kept a day, so that a look at "my sessions" or at a
 * refused token still finds it; so is a code. */
#define GRACE_SECONDS 86400
/* A dead API key is shown to its owner for a month. */
#define KEY_DAYS 30
/* The longest window of an authority's limits is a week. */
#define ORDER_DAYS 30

struct chore {
	const char *what;
	unsigned stmt;
	const char *in[2]; /* what it takes besides the batch */
};

static enum err
chore_run(struct ctl *c, const struct chore *ch, int64_t batch, size_t *ret)
{
	const char *batch_text = str_from_i64(c->arena, batch);
	struct rows *r;
	size_t all = 0;
	enum err e;

	do {
		e = db_query(&c->ctx, c->db, ch->stmt,
			DB_IN(batch_text, ch->in[0], ch->in[1]), &r);
		if (e)
			return e;
		all += rows_n(r);
	} while (rows_n(r) == (size_t)batch);
	*ret = all;
	return E_OK;
}

static int
chores_run(struct ctl *c, int64_t batch)
{
	struct arena *a = c->arena;
	const struct cfg *cfg = &c->cfg;
	const char *grace =
		str_from_i64(a, MAX(GRACE_SECONDS, cfg->access_token_seconds));
	const char *idle = str_from_i64(a, cfg->session_idle_seconds);
	const char *key_days = str_from_i64(a, KEY_DAYS);
	const char *order_days = str_from_i64(a, ORDER_DAYS);
	const char *mail_days = str_from_i64(a, cfg->mail_keep_days);
	const char *told_days = str_from_i64(a, cfg->notification_keep_days);
	const char *webhook_days = str_from_i64(a, cfg->webhook_keep_days);
	const char *audit_days = str_from_i64(a, cfg->audit_keep_days);
	const char *upload_days = str_from_i64(a, cfg->upload_keep_days);
	const char *log_days = str_from_i64(a, cfg->build_log_keep_days);
	const char *status_days = str_from_i64(a, cfg->status_keep_days);
	const char *log_bytes = str_from_i64(a, cfg->build_logs_max);
	const struct chore chores[] = {
		{"expired sessions", STMT_CLEANUP_SESSIONS, {grace, idle}},
		{"expired tickets", STMT_CLEANUP_TICKETS, {NULL}},
		{"old codes", STMT_CLEANUP_CODES, {grace}},
		{"lost sign-ins", STMT_CLEANUP_OAUTH_STATES, {NULL}},
		{"dead API keys", STMT_CLEANUP_API_KEYS, {key_days}},
		{"old orders of certificates", STMT_CLEANUP_CERTIFICATE_ORDERS,
			{order_days}},
		{"old mails", STMT_CLEANUP_MAILS, {mail_days}},
		{"old notifications", STMT_CLEANUP_NOTIFICATIONS, {told_days}},
		{"old calls to GitHub", STMT_CLEANUP_GITHUB_CALLS, {told_days}},
		{"old webhook deliveries", STMT_CLEANUP_WEBHOOK_DELIVERIES,
			{webhook_days}},
		{"old audit rows", STMT_CLEANUP_AUDIT, {audit_days}},
		{"stale uploads", STMT_CLEANUP_UPLOADS, {upload_days}},
		{"old build logs", STMT_CLEANUP_BUILD_LOGS,
			{log_days, log_bytes}},
		{"old days of the status page", STMT_CLEANUP_SERVICE_DAYS,
			{status_days}},
		{"old incidents", STMT_CLEANUP_INCIDENTS, {status_days}},
	};
	int status = CTL_OK;
	size_t n;

	for (size_t i = 0; i < NELEM(chores); i++) {
		ctx_clear(&c->ctx);
		if (chore_run(c, &chores[i], batch, &n))
			status = ctl_failure(c, chores[i].what);
		else
			(void)printf("%s: %zu removed\n", chores[i].what, n);
	}
	return status;
}

int
ctl_cleanup(struct ctl *c, int argc, char **argv)
{
	int64_t batch = 1000;

	if (argc == 2 || argc > 3 ||
		(argc == 3 && (!str_eq(argv[1], "--batch") ||
				      !str_to_i64(argv[2], 1, 100000, &batch))))
		return ctl_usage("cleanup", argv[argc - 1]);
	return chores_run(c, batch);
}
