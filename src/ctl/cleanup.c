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
 * refused token still finds it. */
#define GRACE_SECONDS 86400

struct chore {
	const char *what;
	unsigned
		stmt; /* in, as far as it goes: batch, grace_seconds, idle_seconds */
};

static const struct chore chores[] = {
	{"expired sessions", STMT_CLEANUP_SESSIONS},
	{"expired tickets", STMT_CLEANUP_TICKETS},
};

static enum err
chore_run(struct ctl *c, const struct chore *ch, int64_t batch, size_t *ret)
{
	int64_t grace = MAX(GRACE_SECONDS, c->cfg.access_token_seconds);
	const char *idle_text =
		str_from_i64(c->arena, c->cfg.session_idle_seconds);
	const char *grace_text = str_from_i64(c->arena, grace);
	const char *batch_text = str_from_i64(c->arena, batch);
	struct rows *r;
	size_t all = 0;
	enum err e;

	do {
		e = db_query(&c->ctx, c->db, ch->stmt,
			DB_IN(batch_text, grace_text, idle_text), &r);
		if (e)
			return e;
		all += rows_n(r);
	} while (rows_n(r) == (size_t)batch);
	*ret = all;
	return E_OK;
}

int
ctl_cleanup(struct ctl *c, int argc, char **argv)
{
	const struct chore *ch;
	int64_t batch = 1000;
	int status = CTL_OK;
	size_t n;

	if (argc == 2 || argc > 3 ||
		(argc == 3 && (!str_eq(argv[1], "--batch") ||
				      !str_to_i64(argv[2], 1, 100000, &batch))))
		return ctl_usage("cleanup", argv[argc - 1]);
	for (ch = chores; ch < chores + NELEM(chores); ch++) {
		ctx_clear(&c->ctx);
		if (chore_run(c, ch, batch, &n))
			status = ctl_failure(c, ch->what);
		else
			(void)printf("%s: %zu removed\n", ch->what, n);
	}
	return status;
}
