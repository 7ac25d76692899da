/*
 * restore.c - `autostack restore-release`: asks the workers to bring a release
 * back from its archive, and waits for the end. This command does not write
 * into the sites itself: they are the worker's account's.
 */
#include "base/base.h"

#include <inttypes.h>
#include <poll.h>

#include "base/clock.h"
#include "base/str.h"
#include "ctl/ctl.h"
#include "ext/db.h"
#include "stmt.h"
#include "svc/store.h"

#define LOOK_MS 300
#define IDLE_MS 60000 /* a worker looks at least every 30 seconds */

/* Whether there is something to bring back; says why not. */
static bool
can_restore(struct ctl *c, const char *id, int *ret_status)
{
	struct rows *r;
	const char *error;
	enum err e;

	*ret_status = CTL_FAILED;
	e = db_query(&c->ctx, c->db, STMT_ARCHIVE_OF_DEPLOYMENT, DB_IN(id), &r);
	if (e) {
		if (e == E_DEPLOYMENT_NOT_FOUND)
			(void)ctl_error("%s: there is no such deployment", id);
		else
			(void)ctl_failure(c, "restore-release");
		return false;
	}
	if (rows_bool(r, 0, rows_col(r, "kept"))) {
		(void)printf("%s: its release is on disk\n", id);
		*ret_status = CTL_OK;
		return false;
	}
	if (rows_bool(r, 0, rows_col(r, "archived")))
		return true;
	error = rows_str(r, "error");
	(void)ctl_error("%s: there is no archive of its release%s%s", id,
		error ? ": " : "", error ? error : "");
	return false;
}

/* Wait for the end and say it. */
static int
await(struct ctl *c, const char *id, int64_t patience_ms)
{
	int64_t until = clock_mono_ms() + patience_ms;
	struct rows *r;

	for (;;) {
		const char *error;

		if (db_query(&c->ctx, c->db, STMT_ARCHIVE_RESTORE_STATE,
			    DB_IN(id), &r))
			return ctl_failure(c, "restore-release");
		error = rows_str(r, "error");
		if (rows_bool(r, 0, rows_col(r, "restored")))
			break;
		if (!rows_bool(r, 0, rows_col(r, "pending")))
			return ctl_error("%s: its release could not be "
					 "restored: %s",
				id, error ? error : "no reason is known");
		if (clock_mono_ms() > until)
			return ctl_error("%s: %s", id,
				rows_bool(r, 0, rows_col(r, "begun"))
					? "a worker is still at it; ask again "
					  "later"
					: "no worker has begun with it; it is "
					  "restored when one does");
		(void)poll(NULL, 0, LOOK_MS);
	}
	(void)printf("%s: its release is on disk again and can be rolled back "
		     "to\n",
		id);
	return CTL_OK;
}

int
ctl_restore_release(struct ctl *c, int argc, char **argv)
{
	bool waits = argc > 3 && str_eq(argv[1], "--wait");
	const char *id = argv[waits ? 3 : 1];
	int64_t seconds = 0;
	int status;

	if (argc != (waits ? 4 : 2) ||
		(waits && !str_to_i64(argv[2], 1, 86400, &seconds)))
		return ctl_usage(
			"restore-release", argc > 1 ? argv[argc - 1] : NULL);
	if (!str_is_uuid(id))
		return ctl_error("'%s' is no deployment's id", id);
	if (!store_is_on(&c->cfg))
		return ctl_error("s3_bucket is not set: there are no archives");
	if (!can_restore(c, id, &status))
		return status;
	if (db_query(&c->ctx, c->db, STMT_ARCHIVE_RESTORE, DB_IN(id), NULL))
		return ctl_failure(c, "restore-release");
	return await(
		c, id, waits ? seconds * 1000 : c->cfg.s3_timeout + IDLE_MS);
}
