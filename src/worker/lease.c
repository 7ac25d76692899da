/*
 * lease.c - a job's hold on its row: every write names the lease, and a
 * watchdog ends the process before somebody else can take the job over. Used
 * by all of a job. Knows nothing of builds.
 */
#include "worker/worker.h"

#include "base/arena.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/str.h"
#include "stmt.h"

#include <poll.h>
#include <sys/signalfd.h>
#include <sys/time.h>
#include <unistd.h>

#define CHECK_MS 1000
#define RETRY_MS 200

static int64_t
lease_ms(const struct job *j)
{
	return j->w->cfg.lease_seconds * 1000;
}

/* The lease was kept by a statement that was sent at `sent`. The default
 * action of SIGALRM ends the process, and with it the sandbox: no code has to
 * run for that, so not even a hung database can keep a build alive too long. */
static void
kept(struct job *j, int64_t sent)
{
	int64_t left = lease_ms(j) - (clock_mono_ms() - sent);
	struct itimerval t = {0};

	left = MAX(left, (int64_t)1);
	t.it_value.tv_sec = left / 1000;
	t.it_value.tv_usec = left % 1000 * 1000;
	ASSERT(setitimer(ITIMER_REAL, &t, NULL) == 0);
	j->lease_at = sent;
}

void
lease_start(struct job *j)
{
	kept(j, clock_mono_ms());
	j->check_at = j->lease_at;
}

int
lease_wait_ms(const struct job *j)
{
	int64_t due = j->check_at + CHECK_MS - clock_mono_ms();

	if (j->check_now)
		return 0;
	return (int)MIN(MAX(due, (int64_t)0), (int64_t)CHECK_MS);
}

/* Ask or keep, whichever is due. */
static enum err
look(struct job *j, struct ctx *ctx, bool *ret_cancel)
{
	const char *ms = str_from_i64(ctx->arena, lease_ms(j));
	int64_t sent = clock_mono_ms();
	bool keep = sent - j->lease_at >= lease_ms(j) / 5;
	struct rows *r;
	enum err e;

	if (keep)
		e = db_query(ctx, j->db, STMT_JOB_BEAT,
			DB_IN(j->id, j->owner, j->attempt, ms), &r);
	else
		e = db_query(ctx, j->db, STMT_JOB_CHECK,
			DB_IN(j->id, j->owner, j->attempt), &r);
	if (e)
		return e;
	if (keep)
		kept(j, sent);
	*ret_cancel = rows_bool(r, 0, rows_col(r, "cancel"));
	return E_OK;
}

enum err
lease_tick(struct job *j)
{
	struct ctx ctx = {0};
	bool cancel = false;
	enum err e;

	lease_notices(j);
	if (j->stop)
		return ctx_fail(&j->ctx, E_BUILD_CANCELLED, "stopped");
	if (lease_wait_ms(j) > 0)
		return E_OK;
	ctx.arena = arena_new(1 << 16, 1 << 20);
	j->check_at = clock_mono_ms();
	j->check_now = false;
	e = look(j, &ctx, &cancel);
	arena_free(ctx.arena);
	if (cancel) {
		j->cancel = true;
		return ctx_fail(&j->ctx, E_BUILD_CANCELLED, "cancelled");
	}
	/* away: the watchdog knows how long that may last */
	return e == E_LEASE_LOST ? ctx_fail(&j->ctx, e, "lost") : E_OK;
}

void
lease_notices(struct job *j)
{
	struct signalfd_siginfo s;
	char payload[64];
	bool lost = false;

	while (db_notice(j->db, payload, sizeof(payload), &lost)) {
		if (str_starts(payload, "deploy:") &&
			str_eq(payload + strlen("deploy:"), j->id))
			j->check_now = true;
	}
	while (read(j->signals, &s, sizeof(s)) == (ssize_t)sizeof(s))
		j->stop = true;
}

enum err
lease_write(
	struct job *j, unsigned stmt, const char *const in[], struct rows **ret)
{
	for (;;) {
		struct ctx ctx = {.arena = j->ctx.arena};
		struct rows *r = NULL;
		enum err e = db_query(&ctx, j->db, stmt, in, &r);

		if (!e) {
			if (ret)
				*ret = r;
			return E_OK;
		}
		if (e != E_SERVICE_UNAVAILABLE)
			return ctx_cause(&j->ctx, e, "%s",
				ctx.cause ? ctx.cause : "database");
		log_debug(j->id, "database: %s", ctx.cause ? ctx.cause : "?");
		(void)poll(NULL, 0, RETRY_MS); /* the watchdog ends this */
	}
}
