/* audit.c - the one writer of audit_logs. */
#include "svc/audit.h"

#include "gen/stmt.h"

void
audit_write(struct ctx *ctx, const struct svc *svc, const struct audit_row *row)
{
	const char *event = event_info(row->event)->name;
	const char *outcome = row->success ? "success" : "failure";
	enum err e = db_query(ctx, svc->db, STMT_AUDIT_INSERT,
		DB_IN(event, row->user_id, row->target, outcome, row->ip,
			row->user_agent, ctx->id, row->code, row->details),
		NULL);

	if (e)
		log_event(EV_REQUEST_FAILED, ctx->id, "op", "audit", "event",
			event, "cause", ctx->cause, NULL);
	log_event(row->event, ctx->id, "outcome", outcome, "user", row->user_id,
		"target", row->target, "code", row->code, "ip", row->ip, NULL);
}
