/* audit.c - the audit log: one's own rows, or all for administrators. */
#include "handlers/all.h"

#include "gen/stmt.h"
#include "web/auth.h"
#include "web/csv.h"
#include "web/reply.h"
#include "web/valid.h"

#define EXPORT_MAX 10000 /* as in sql/stmt/audit.sql */
#define LOWER      "abcdefghijklmnopqrstuvwxyz"

struct audit_list {
	struct page page;
	const char *action;
	const char *from;
	const char *to;
	const char *outcome;
	const char *user_id;
	const char *format;
	bool without_routine;
};

static const char *
check_event(struct arena *a UNUSED, const struct cfg *cfg UNUSED,
	const char **value)
{
	if (strspn(*value, LOWER "_.") != strlen(*value))
		return "must be an event like auth.login, or the begin of "
		       "some like auth.";
	return NULL;
}

static const struct validator valid_event = {
	check_event, NULL, "^[a-z_.]*$", false};
static const char *const outcome_values[] = {
	"success", "failure", NULL}; /* as audit_logs_outcome in sql/schema */
static const char *const format_values[] = {"json", "csv", NULL};

/* clang-format off */
static const struct field audit_list_in[] = {
	F_PAGE(struct audit_list, page),
	F_STR(struct audit_list, action,   "action",  OPT, 0, 64, &valid_event, "An event, or with a dot at its end all that begin so."),
	F_STR(struct audit_list, from,     "from",    OPT, 1, 40, V_TIME, "Rows of this time and later."),
	F_STR(struct audit_list, to,       "to",      OPT, 1, 40, V_TIME, "Rows before this time."),
	F_ENUM(struct audit_list, outcome, "outcome", OPT, outcome_values, "Only these."),
	F_UUID(struct audit_list, user_id, "userId",  OPT, "Rows of this account; others than one's own for administrators only."),
	F_ENUM(struct audit_list, format,  "format",  OPT, format_values, "csv: a file of all rows that match, at most 10,000; page and limit do not count then."),
	F_BOOL(struct audit_list, without_routine, "withoutRoutine", OPT, "Leave out what goes by itself, as the renewal of a token; what was refused of it stays. An event that action names is what is asked for."),
	F_END
};
static const struct field audit_item_out[] = {
	O_UUID("id",        REQ, "Id of the row."),
	O_TIME("at",        REQ, "When."),
	O_STR("event",      REQ, "What happened."),
	O_UUID("userId",    NUL, "Who did it; an account that is gone has no name."),
	O_STR("userName",   NUL, "Name of the account."),
	O_STR("userEmail",  NUL, "Address of the account."),
	O_STR("target",     NUL, "To what: an id, mostly."),
	O_ENUM("outcome",   REQ, outcome_values, "Whether it was let."),
	O_STR("ip",         NUL, "From where."),
	O_STR("userAgent",  NUL, "By which program."),
	O_UUID("requestId", NUL, "X-Request-Id of the request."),
	O_JSON("details",   REQ, "More: the error's code, names of changed fields."),
	O_END
};
static const struct field audit_list_out[] = {
	O_LIST("auditLogs", audit_item_out, "The page's rows, newest first."),
	O_OBJECT("pagination", pagination_out, "Where this page is. Counting stops at 10,000, and so do the pages: from and to reach older rows."),
	O_END
};

static const struct field audit_event_out[] = {
	O_STR("event",      REQ, "Its name, as rows have it."),
	O_STR("text",       REQ, "What somebody did, to be read after the name: signed in."),
	O_STR("tried",      NUL, "What was refused, to be read after tried to: sign in. Null: text says it."),
	O_BOOL("routine",   REQ, "Whether it goes by itself: withoutRoutine leaves it out."),
	O_END
};
static const struct field audit_group_out[] = {
	O_STR("prefix",     REQ, "How they begin: an action of the list."),
	O_STR("text",       REQ, "What they are about."),
	O_LIST("events",    audit_event_out, "Its events."),
	O_END
};
static const struct field audit_refusal_out[] = {
	O_STR("code",       REQ, "The code of an error, as details have it."),
	O_STR("text",       REQ, "Why it was refused."),
	O_END
};
static const struct field audit_events_out[] = {
	O_LIST("groups", audit_group_out, "All events there are, each in one group."),
	O_LIST("refusals", audit_refusal_out, "All errors that a refusal can have."),
	O_END
};

static handler_fn h_audit_list, h_audit_events;

const struct route audit_routes[] = {
	{ .op = "auditList", .verb = GET, .path = "/api/audit-logs", .who = WHO_USER,
	  .in = IN(audit_list_in, struct audit_list), .ok = 200, .out = audit_list_out, .out_type = "text/csv",
	  .errs = ERRS(E_FORBIDDEN), .fn = h_audit_list,
	  .doc = "What was done: by oneself; for administrators by anybody. Of a CSV, X-Export-Complete tells whether its "
		 "10,000 rows were enough." },
	{ .op = "auditEvents", .verb = GET, .path = "/api/audit-logs/events", .who = WHO_USER,
	  .ok = 200, .out = audit_events_out, .fn = h_audit_events,
	  .doc = "What rows of the audit log can tell of, in words." },
	{ 0 }
};
/* clang-format on */

/* Whose rows: NULL means everybody's. */
static enum err
whose(struct req *rq, const struct audit_list *in, const char **ret)
{
	bool all = rq->who.role == WHO_ADMIN;

	if (!all && in->user_id && !str_eq(in->user_id, rq_user(rq)))
		return ctx_fail(rq_ctx(rq), E_FORBIDDEN,
			"Only an administrator sees what others did");
	*ret = all ? in->user_id : rq_user(rq);
	return E_OK;
}

/* Those that go by themselves. */
static const char *
routine_events(struct arena *a)
{
	const char *names[EV_MAX];
	size_t n = 0;

	for (enum event ev = 0; ev < EV_MAX; ev++)
		if (event_info(ev)->routine)
			names[n++] = event_info(ev)->name;
	return db_text_array(a, names, n);
}

static enum err
select_rows(struct req *rq, const struct audit_list *in, const char *user,
	const char *limit, const char *offset)
{
	const char *action = in->action && *in->action ? in->action : NULL;
	bool prefix = action && str_ends(action, ".");
	const char *event = prefix ? NULL : action;
	const char *begin = prefix ? action : NULL;
	const char *routine = in->without_routine && !event
				      ? routine_events(rq_ctx(rq)->arena)
				      : NULL;

	if (user)
		return rq_query(rq, STMT_AUDIT_LIST_USER, user, event, begin,
			in->from, in->to, in->outcome, limit, offset, routine);
	if (event)
		return rq_query(rq, STMT_AUDIT_LIST_EVENT, event, in->from,
			in->to, in->outcome, limit, offset);
	return rq_query(rq, STMT_AUDIT_LIST_ALL, begin, in->from, in->to,
		in->outcome, limit, offset, routine);
}

static enum err
reply_file(struct req *rq)
{
	const struct rows *r = rq_rows(rq);
	int64_t total = rows_int(r, 0, rows_col(r, "total_items"));
	enum err e;

	rq_audit_note(rq, "rows", rq_int(rq, total));
	e = reply_header(rq, "X-Export-Complete", rq_bool(total < EXPORT_MAX));
	return e ? e
		 : reply_csv(rq, r, (size_t)total, audit_item_out, "audit.csv");
}

static enum err
h_audit_list(struct req *rq, const void *v)
{
	const struct audit_list *in = v;
	bool file = in->format && str_eq(in->format, "csv");
	const char *limit =
		file ? rq_int(rq, EXPORT_MAX) : rq_limit(rq, &in->page);
	const char *offset = file ? "0" : rq_offset(rq, &in->page);
	const char *user = NULL;
	enum err e = auth_settle(rq); /* the role decides what is asked */

	if (file)
		rq_audit_event(rq, EV_AUDIT_EXPORT);
	if (!e)
		e = whose(rq, in, &user);
	if (!e)
		e = select_rows(rq, in, user, limit, offset);
	if (e)
		return e;
	return file ? reply_file(rq) : reply_list(rq, &in->page);
}

static void
write_group(struct jw *w, const struct event_group *g)
{
	jw_object(w);
	jw_kstr(w, "prefix", g->prefix);
	jw_kstr(w, "text", g->text);
	jw_key(w, "events");
	jw_array(w);
	for (enum event ev = 0; ev < EV_MAX; ev++) {
		const struct event_info *i = event_info(ev);

		if (!i->did || !str_starts(i->name, g->prefix))
			continue;
		jw_object(w);
		jw_kstr(w, "event", i->name);
		jw_kstr(w, "text", i->did);
		jw_kstr(w, "tried", i->tried);
		jw_kbool(w, "routine", i->routine);
		jw_object_end(w);
	}
	jw_array_end(w);
	jw_object_end(w);
}

static void
write_refusals(struct jw *w)
{
	jw_key(w, "refusals");
	jw_array(w);
	for (enum err e = E_OK + 1; e < E_MAX; e++) {
		jw_object(w);
		jw_kstr(w, "code", err_info(e)->code);
		jw_kstr(w, "text", err_info(e)->message);
		jw_object_end(w);
	}
	jw_array_end(w);
}

static enum err
h_audit_events(struct req *rq, const void *v UNUSED)
{
	enum err e = auth_settle(rq);
	struct jw *w;

	if (e)
		return e;
	w = reply_begin(rq);
	jw_key(w, "groups");
	jw_array(w);
	for (const struct event_group *g = event_groups; g->prefix; g++)
		write_group(w, g);
	jw_array_end(w);
	write_refusals(w);
	return reply_end(rq);
}
