/* incident.c - incidents of the status page: made, told of, published and
 * deleted by administrators. What everybody sees of them is status.c's. */
#include "handlers/all.h"

#include "gen/stmt.h"
#include "handlers/incident.h"
#include "svc/service.h"
#include "web/reply.h"
#include "web/valid.h"

#define UPDATES_MAX 100

static const char *const status_values[] = {"investigating", "identified",
	"monitoring", "resolved", NULL}; /* as incidents_status in sql/schema */
static const char *const severity_values[] = {
	"minor", "major", "critical", NULL}; /* as incidents_severity */
static const char *const state_values[] = {"draft", "published", NULL};

struct incident_list {
	const char *state;
	struct page page;
};
struct incident_key {
	const char *id;
};
struct incident_fields {
	const char *id; /* of a change */
	const char *title;
	const char *description;
	const char *status;
	const char *severity;
	struct text_list services;
	bool published;
	const char *started_at;
};
struct incident_note {
	const char *id;
	const char *status;
	const char *message;
};

/* Lines, but nothing that steers a terminal or turns them around. */
static const char *
check_text(struct arena *a UNUSED, const struct cfg *cfg UNUSED,
	const char **value)
{
	for (const char *p = *value; *p; p++) {
		if ((unsigned char)*p < 0x20 && *p != '\n' && *p != '\t')
			return "must have no control characters but line "
			       "breaks";
	}
	return str_has_bidi(*value) ? "must not turn its direction" : NULL;
}

static const struct validator valid_text = {.check = check_text};

/* clang-format off */
static const struct field incident_list_in[] = {
	F_ENUM(struct incident_list, state, "state", OPT, state_values, "Only these."),
	F_PAGE(struct incident_list, page),
	F_END
};
static const struct field incident_key_in[] = {
	F_UUID(struct incident_key, id, "id", REQ, "Id of the incident."),
	F_END
};
static const struct field incident_make_in[] = {
	F_STR(struct incident_fields,   title,       "title",            REQ, 1,  255, V_NAME,      "What has happened, in a few words."),
	F_STR(struct incident_fields,   description, "description",      NUL, 0, 4000, &valid_text, "More about it."),
	F_ENUM(struct incident_fields,  status,      "status",           OPT, status_values,        "How far it is; investigating when absent."),
	F_ENUM(struct incident_fields,  severity,    "severity",         OPT, severity_values,      "How bad it is; minor when absent."),
	F_ENUMS(struct incident_fields, services,    "affectedServices", OPT, 0, SERVICE_MAX, service_names, "Services that it is about."),
	F_BOOL(struct incident_fields,  published,   "published",        OPT,                       "Whether everybody sees it; true when absent."),
	F_STR(struct incident_fields,   started_at,  "startedAt",        OPT, 1,   40, V_TIME,      "When it began; now when absent."),
	F_END
};
static const struct field incident_change_in[] = {
	F_UUID(struct incident_fields,  id,          "id",               REQ, "Id of the incident."),
	F_STR(struct incident_fields,   title,       "title",            OPT, 1,  255, V_NAME,      "What has happened, in a few words."),
	F_STR(struct incident_fields,   description, "description",      NUL, 0, 4000, &valid_text, "More about it."),
	F_ENUM(struct incident_fields,  status,      "status",           OPT, status_values,        "How far it is; resolved: it ended now, or when its service was found working."),
	F_ENUM(struct incident_fields,  severity,    "severity",         OPT, severity_values,      "How bad it is."),
	F_ENUMS(struct incident_fields, services,    "affectedServices", OPT, 0, SERVICE_MAX, service_names, "Services that it is about."),
	F_BOOL(struct incident_fields,  published,   "published",        OPT,                       "Whether everybody sees it."),
	F_STR(struct incident_fields,   started_at,  "startedAt",        OPT, 1,   40, V_TIME,      "When it began."),
	F_END
};
static const struct field incident_note_in[] = {
	F_UUID(struct incident_note, id,      "id",      REQ, "Id of the incident."),
	F_ENUM(struct incident_note, status,  "status",  REQ, status_values, "How far it is now."),
	F_STR(struct incident_note,  message, "message", REQ, 1, 4000, &valid_text, "What there is to tell."),
	F_END
};

static const struct field update_out[] = {
	O_ENUM("status",    REQ, status_values, "How far it was."),
	O_STR("message",    REQ, "What there was to tell."),
	O_TIME("createdAt", REQ, "When it was told."),
	O_END
};
#define INCIDENT_FIELDS \
	O_UUID("id",                REQ, "Id of the incident."), \
	O_STR("title",              REQ, "What has happened."), \
	O_STR("description",        NUL, "More about it."), \
	O_ENUM("status",            REQ, status_values, "How far it is."), \
	O_ENUM("severity",          REQ, severity_values, "How bad it is."), \
	O_ENUMS("affectedServices", service_names, "Services that it is about."), \
	O_TIME("startedAt",         REQ, "When it began."), \
	O_TIME("resolvedAt",        NUL, "When it was over.")

const struct field incident_public_out[] = {
	INCIDENT_FIELDS,
	O_TIME("updatedAt", REQ, "When it was told of or changed last."),
	O_LIST("updates", update_out, "What was told of it, newest first, 50 at most."),
	O_END
};
#define INCIDENT_ADMIN_FIELDS \
	INCIDENT_FIELDS, \
	O_BOOL("published",   REQ, "Whether everybody sees it; else it is a draft."), \
	O_ENUM("service",     NUL, service_names, "Service whose outage the prober has drafted it for; null: an administrator made it."), \
	O_TIME("recoveredAt", NUL, "When the prober found that service working again."), \
	O_TIME("publishedAt", NUL, "When it was published."), \
	O_TIME("createdAt",   REQ, "When it was made."), \
	O_TIME("updatedAt",   REQ, "When it was told of or changed last.")

static const struct field incident_item_out[] = {
	INCIDENT_ADMIN_FIELDS,
	O_END
};
static const struct field incident_out[] = {
	INCIDENT_ADMIN_FIELDS,
	O_LIST("updates", update_out, "What was told of it, newest first, 100 at most."),
	O_END
};
static const struct field incident_list_out[] = {
	O_LIST("incidents", incident_item_out, "The page's incidents, newest first, drafts as well."),
	O_OBJECT("pagination", pagination_out, "Where this page is."),
	O_END
};

static handler_fn h_incident_list, h_incident_get, h_incident_create, h_incident_update, h_incident_delete, h_incident_note;

const struct route incident_routes[] = {
	{ .op = "incidentList", .verb = GET, .path = "/api/incidents", .who = WHO_ADMIN,
	  .in = IN(incident_list_in, struct incident_list), .ok = 200, .out = incident_list_out, .fn = h_incident_list,
	  .doc = "All incidents of the status page, drafts as well." },
	{ .op = "incidentGet", .verb = GET, .path = "/api/incidents/{id}", .who = WHO_ADMIN,
	  .in = IN(incident_key_in, struct incident_key), .ok = 200, .out = incident_out,
	  .errs = ERRS(E_INCIDENT_NOT_FOUND), .fn = h_incident_get, .doc = "An incident with what was told of it." },
	{ .op = "incidentCreate", .verb = POST, .path = "/api/status/incidents", .who = WHO_ADMIN, .audit = EV_INCIDENT_CREATE,
	  .in = IN(incident_make_in, struct incident_fields), .ok = 201, .out = incident_out, .errs = ERRS(E_CONFLICT),
	  .fn = h_incident_create, .doc = "Make an incident. It is on the status page within seconds, unless it is a draft." },
	{ .op = "incidentUpdate", .verb = PATCH, .path = "/api/status/incidents/{id}", .who = WHO_ADMIN, .audit = EV_INCIDENT_UPDATE,
	  .in = IN(incident_change_in, struct incident_fields), .ok = 200, .out = incident_out,
	  .errs = ERRS(E_INCIDENT_NOT_FOUND, E_CONFLICT), .fn = h_incident_update,
	  .doc = "Change an incident; publish a draft, or make it one again." },
	{ .op = "incidentDelete", .verb = DELETE, .path = "/api/status/incidents/{id}", .who = WHO_ADMIN, .audit = EV_INCIDENT_DELETE,
	  .in = IN(incident_key_in, struct incident_key), .ok = 204, .errs = ERRS(E_INCIDENT_NOT_FOUND), .fn = h_incident_delete,
	  .doc = "Delete an incident with all that was told of it." },
	{ .op = "incidentNote", .verb = POST, .path = "/api/status/incidents/{id}/updates", .who = WHO_ADMIN, .audit = EV_INCIDENT_NOTE,
	  .in = IN(incident_note_in, struct incident_note), .ok = 201, .out = incident_out,
	  .errs = ERRS(E_INCIDENT_NOT_FOUND), .fn = h_incident_note, .doc = "Tell more of an incident." },
	{ 0 }
};
/* clang-format on */

static enum err
reply_incident(struct req *rq, const char *id)
{
	enum err e = rq_query(rq, STMT_INCIDENT_BY_ID, id);
	const struct rows *incident = e ? NULL : rq_rows(rq);

	if (!e)
		e = rq_query(rq, STMT_INCIDENT_UPDATES_OF, id,
			rq_int(rq, UPDATES_MAX));
	if (e)
		return e;
	(void)reply_begin(rq);
	reply_fields(rq, incident, 0, incident_out);
	reply_array(
		rq, "updates", rq_rows(rq), rows_n(rq_rows(rq)), update_out);
	return reply_end(rq);
}

/* As a parameter; NULL when it was not given. */
static const char *
services_in(struct req *rq, const struct incident_fields *in)
{
	return in->services.id ? db_text_array(rq_ctx(rq)->arena,
					 in->services.id, in->services.n)
			       : NULL;
}

/* What the constraints of times and drafts mean. */
static enum err
blame(struct req *rq, enum err e)
{
	if (e != E_CONFLICT)
		return e;
	return ctx_fail(rq_ctx(rq), e,
		"It would end before it began, or there is another draft for "
		"its service");
}

static enum err
h_incident_list(struct req *rq, const void *v)
{
	const struct incident_list *in = v;
	enum err e = rq_query(rq, STMT_INCIDENT_LIST,
		in->state ? rq_bool(str_eq(in->state, "published")) : NULL,
		rq_limit(rq, &in->page), rq_offset(rq, &in->page));

	return e ? e : reply_list(rq, &in->page);
}

static enum err
h_incident_get(struct req *rq, const void *v)
{
	const struct incident_key *in = v;

	return reply_incident(rq, in->id);
}

static enum err
h_incident_create(struct req *rq, const void *v)
{
	const struct incident_fields *in = v;
	const char *services = services_in(rq, in);
	enum err e = rq_query(rq, STMT_INCIDENT_INSERT, in->title,
		in->description, in->status ? in->status : status_values[0],
		in->severity ? in->severity : severity_values[0],
		services ? services : "{}",
		rq_bool(!rq_given(rq, "published") || in->published),
		in->started_at);
	const char *id;

	if (e)
		return blame(rq, e);
	id = rows_str(rq_rows(rq), "id");
	rq_audit_target(rq, id);
	return reply_incident(rq, id);
}

static enum err
h_incident_update(struct req *rq, const void *v)
{
	const struct incident_fields *in = v;
	enum err e = rq_query(rq, STMT_INCIDENT_CHANGE, in->id, in->title,
		rq_bool(rq_given(rq, "description")), in->description,
		in->status, in->severity, services_in(rq, in),
		rq_given_bool(rq, "published", in->published), in->started_at);

	rq_audit_given(rq);
	return e ? blame(rq, e) : reply_incident(rq, in->id);
}

static enum err
h_incident_delete(struct req *rq, const void *v)
{
	const struct incident_key *in = v;
	enum err e = rq_query(rq, STMT_INCIDENT_DELETE, in->id);

	return e ? e : reply_empty(rq);
}

static enum err
h_incident_note(struct req *rq, const void *v)
{
	const struct incident_note *in = v;
	enum err e = rq_query(
		rq, STMT_INCIDENT_TELL, in->id, in->status, in->message);

	rq_audit_note(rq, "status", in->status);
	return e ? e : reply_incident(rq, in->id);
}
