/* usage_row.c - tells the database from time to time how busy this host is. Called
 * by the parent in its rounds. */
#include "worker/worker.h"

#include "base/clock.h"
#include "base/str.h"
#include "stmt.h"

#define USAGE_MS       10000
#define USAGE_FIRST_MS 1000 /* a rate needs two samples */

static const char *
value(struct worker *w, int percent)
{
	return percent == USAGE_UNKNOWN ? NULL
					: str_from_i64(w->ctx.arena, percent);
}

enum err
usage_tell(struct worker *w)
{
	int64_t now = clock_mono_ms();
	struct usage_sample sample;
	struct usage u;

	if (now < w->usage_at)
		return E_OK;
	w->usage_at = now + (w->usage.at_ms ? USAGE_MS : USAGE_FIRST_MS);
	usage_take(w->ctx.arena, w->cfg.state_dir, &sample);
	usage_between(&w->usage, &sample, w->cfg.network_mbit, &u);
	w->usage = sample;
	return db_query(&w->ctx, w->db, STMT_HOST_USAGE_SET,
		DB_IN(w->name, value(w, u.cpu), value(w, u.memory),
			value(w, u.storage), value(w, u.network)),
		NULL);
}
