/* channel.c - notification channels, and what was sent to them. */
#include "handlers/all.h"

#include "gen/stmt.h"
#include "handlers/channel.h"
#include "svc/channel.h"
#include "web/reply.h"
#include "web/valid.h"

struct channel_list {
	struct page page;
};
struct channel_key {
	const char *id;
};
struct channel_change {
	const char *id;
	const char *name;
	const char *url;
	const char *project_id;
	bool on_success;
	bool on_failure;
	bool state_change_only;
	bool enabled;
};
struct channel_make {
	const char *kind;
	struct channel_change to; /* its id is not used */
};
struct delivery_list {
	const char *id;
	const char *status;
	struct page page;
};

static const char *const kind_values[] = {"webhook", "slack", "discord",
	NULL}; /* as notification_channels_kind in sql/schema */
static const char *const status_values[] = {
	"waiting", "delivered", "failed", NULL}; /* as notifications_status */
static const char *const event_values[] = {"deployment.success",
	"deployment.failure", "test", "channel.disabled",
	NULL}; /* as notifications_event; the last one goes by mail */

/* clang-format off */
static const struct field channel_list_in[] = {
	F_PAGE(struct channel_list, page),
	F_END
};
static const struct field channel_key_in[] = {
	F_UUID(struct channel_key, id, "id", REQ, "Id of the channel."),
	F_END
};
static const struct field channel_make_in[] = {
	F_ENUM(struct channel_make, kind,                 "kind",            REQ, kind_values, "Form of what is sent: a signed payload, or a message as Slack or Discord takes it."),
	F_STR(struct channel_make,  to.name,              "name",            REQ, 1,  100, V_NAME, "Name."),
	F_STR(struct channel_make,  to.url,               "url",             REQ, 9, 2048, V_LINE, "https address that is posted to; it never comes back."),
	F_UUID(struct channel_make, to.project_id,        "projectId",       NUL, "Project that it is for; all when null."),
	F_BOOL(struct channel_make, to.on_success,        "onSuccess",       OPT, "Tell of deployments that succeed; true when absent."),
	F_BOOL(struct channel_make, to.on_failure,        "onFailure",       OPT, "Tell of deployments that fail; true when absent."),
	F_BOOL(struct channel_make, to.state_change_only, "stateChangeOnly", OPT, "Only the first failure after a success and the first success after a failure."),
	F_BOOL(struct channel_make, to.enabled,           "enabled",         OPT, "Whether it is told at all; true when absent."),
	F_END
};
static const struct field channel_change_in[] = {
	F_UUID(struct channel_change, id,                "id",              REQ, "Id of the channel."),
	F_STR(struct channel_change,  name,              "name",            OPT, 1,  100, V_NAME, "Name."),
	F_STR(struct channel_change,  url,               "url",             OPT, 9, 2048, V_LINE, "https address that is posted to; it never comes back."),
	F_UUID(struct channel_change, project_id,        "projectId",       NUL, "Project that it is for; null: all."),
	F_BOOL(struct channel_change, on_success,        "onSuccess",       OPT, "Tell of deployments that succeed."),
	F_BOOL(struct channel_change, on_failure,        "onFailure",       OPT, "Tell of deployments that fail."),
	F_BOOL(struct channel_change, state_change_only, "stateChangeOnly", OPT, "Only the first failure after a success and the first success after a failure."),
	F_BOOL(struct channel_change, enabled,           "enabled",         OPT, "false: what waits is given up; true: failures are forgotten."),
	F_END
};
static const struct field delivery_list_in[] = {
	F_UUID(struct delivery_list, id,     "id",     REQ, "Id of the channel."),
	F_ENUM(struct delivery_list, status, "status", OPT, status_values, "What became of it."),
	F_PAGE(struct delivery_list, page),
	F_END
};

#define CHANNEL_FIELDS \
	O_UUID("id",              REQ, "Id of the channel."), \
	O_STR("name",             REQ, "Name."), \
	O_ENUM("kind",            REQ, kind_values, "Form of what is sent."), \
	O_STR("host",             REQ, "Host of its address, and the port when that is not the usual one."), \
	O_UUID("projectId",       NUL, "Project that it is for; null: all."), \
	O_BOOL("onSuccess",       REQ, "Told of deployments that succeed."), \
	O_BOOL("onFailure",       REQ, "Told of deployments that fail."), \
	O_BOOL("stateChangeOnly", REQ, "Of these only the first failure after a success and the first success after a failure."), \
	O_BOOL("enabled",         REQ, "Whether it is told at all."), \
	O_INT("failures",         REQ, "Failed attempts in a row."), \
	O_TIME("disabledAt",      NUL, "When it was switched off because of them."), \
	O_TIME("createdAt",       REQ, "When it was made."), \
	O_TIME("updatedAt",       REQ, "When its settings changed last.")

const struct field channel_out[] = {
	CHANNEL_FIELDS,
	O_END
};
static const struct field channel_made_out[] = {
	CHANNEL_FIELDS,
	O_STR("secret", NUL, "What a webhook is signed with, see autostack-webhook(7). It is never shown again."),
	O_END
};
static const struct field channel_secret_out[] = {
	O_STR("secret", REQ, "What it is signed with from now on. It is never shown again."),
	O_END
};
static const struct field channel_list_out[] = {
	O_LIST("channels", channel_out, "The page's channels, newest first."),
	O_OBJECT("pagination", pagination_out, "Where this page is."),
	O_END
};
static const struct field delivery_out[] = {
	O_UUID("id",           REQ, "Id of the delivery, as its receiver gets it."),
	O_ENUM("event",        REQ, event_values, "What it tells of."),
	O_UUID("deploymentId", NUL, "The deployment that it tells of."),
	O_BOOL("stateChanged", REQ, "Whether the deployment before ended otherwise."),
	O_ENUM("status",       REQ, status_values, "What became of it."),
	O_INT("attempts",      REQ, "How often it was tried."),
	O_INT("responseCode",  NUL, "Status of the last answer; null: none came."),
	O_STR("error",         NUL, "Why the last attempt failed."),
	O_TIME("createdAt",    REQ, "When there was something to tell."),
	O_TIME("nextAttemptAt", NUL, "When it is tried next."),
	O_TIME("endedAt",      NUL, "When it was delivered or given up."),
	O_END
};
static const struct field delivery_list_out[] = {
	O_LIST("deliveries", delivery_out, "The page's deliveries, newest first."),
	O_OBJECT("pagination", pagination_out, "Where this page is."),
	O_END
};

static handler_fn h_channel_list, h_channel_create, h_channel_get, h_channel_update, h_channel_delete,
	h_channel_secret, h_channel_test, h_delivery_list;

const struct route channel_routes[] = {
	{ .op = "channelList", .verb = GET, .path = "/api/notification-channels", .who = WHO_USER,
	  .in = IN(channel_list_in, struct channel_list), .ok = 200, .out = channel_list_out,
	  .fn = h_channel_list, .doc = "One's notification channels, newest first." },
	{ .op = "channelCreate", .verb = POST, .path = "/api/notification-channels", .who = WHO_USER,
	  .audit = EV_CHANNEL_CREATE, .in = IN(channel_make_in, struct channel_make), .ok = 201, .out = channel_made_out,
	  .errs = ERRS(E_PROJECT_NOT_FOUND, E_CHANNELS_FULL), .fn = h_channel_create,
	  .doc = "Make a notification channel. Its address has to be public." },
	{ .op = "channelGet", .verb = GET, .path = "/api/notification-channels/{id}", .who = WHO_USER,
	  .in = IN(channel_key_in, struct channel_key), .ok = 200, .out = channel_out,
	  .errs = ERRS(E_CHANNEL_NOT_FOUND), .fn = h_channel_get, .doc = "A notification channel." },
	{ .op = "channelUpdate", .verb = PUT, .path = "/api/notification-channels/{id}", .who = WHO_USER,
	  .audit = EV_CHANNEL_UPDATE, .in = IN(channel_change_in, struct channel_change), .ok = 200, .out = channel_out,
	  .errs = ERRS(E_CHANNEL_NOT_FOUND, E_PROJECT_NOT_FOUND), .fn = h_channel_update,
	  .doc = "Change a notification channel; what is left out stays." },
	{ .op = "channelDelete", .verb = DELETE, .path = "/api/notification-channels/{id}", .who = WHO_USER,
	  .audit = EV_CHANNEL_DELETE, .in = IN(channel_key_in, struct channel_key), .ok = 204,
	  .errs = ERRS(E_CHANNEL_NOT_FOUND), .fn = h_channel_delete,
	  .doc = "Delete a notification channel with its deliveries; what waits is not sent." },
	{ .op = "channelSecret", .verb = POST, .path = "/api/notification-channels/{id}/secret", .who = WHO_USER,
	  .audit = EV_CHANNEL_SECRET, .in = IN(channel_key_in, struct channel_key), .ok = 200, .out = channel_secret_out,
	  .errs = ERRS(E_CHANNEL_NOT_FOUND, E_CONFLICT), .fn = h_channel_secret,
	  .doc = "Replace the secret of a webhook. The one before is used no more, also for what still waits." },
	{ .op = "channelTest", .verb = POST, .path = "/api/notification-channels/{id}/test", .who = WHO_USER,
	  .rate = RATE_DEPLOY, .audit = EV_CHANNEL_TEST, .in = IN(channel_key_in, struct channel_key), .ok = 202,
	  .out = delivery_out, .errs = ERRS(E_CHANNEL_NOT_FOUND), .fn = h_channel_test,
	  .doc = "Send a test, once, also when the channel is switched off. It is sent after this answer: its delivery says what "
		 "became of it. Counts as a deployment does." },
	{ .op = "deliveryList", .verb = GET, .path = "/api/notification-channels/{id}/deliveries", .who = WHO_USER,
	  .in = IN(delivery_list_in, struct delivery_list), .ok = 200, .out = delivery_list_out,
	  .errs = ERRS(E_CHANNEL_NOT_FOUND), .fn = h_delivery_list,
	  .doc = "What was sent to a notification channel, newest first; failed ones were given up." },
	{ 0 }
};
/* clang-format on */

static enum err
h_channel_list(struct req *rq, const void *v)
{
	const struct channel_list *in = v;
	enum err e = rq_query(rq, STMT_CHANNEL_LIST, rq_user(rq),
		rq_limit(rq, &in->page), rq_offset(rq, &in->page));

	return e ? e : reply_list(rq, &in->page);
}

static enum err
h_channel_create(struct req *rq, const void *v)
{
	const struct channel_make *in = v;
	const struct channel_new what = {
		.name = in->to.name,
		.kind = in->kind,
		.url = in->to.url,
		.project_id = in->to.project_id,
		.on_success = in->to.on_success || !rq_given(rq, "onSuccess"),
		.on_failure = in->to.on_failure || !rq_given(rq, "onFailure"),
		.state_change_only = in->to.state_change_only,
		.enabled = in->to.enabled || !rq_given(rq, "enabled"),
	};
	struct rows *row;
	const char *secret;
	struct jw *w;
	enum err e = channel_create(
		rq_ctx(rq), rq_svc(rq), rq_user(rq), &what, &row, &secret);

	if (e)
		return rq_blame(rq, "url", e);
	rq_audit_target(rq, rows_str(row, "id"));
	rq_audit_note(rq, "kind", in->kind);
	w = reply_begin(rq);
	reply_fields(rq, row, 0, channel_out);
	jw_kstr(w, "secret", secret);
	return reply_end(rq);
}

static enum err
h_channel_get(struct req *rq, const void *v)
{
	const struct channel_key *in = v;
	enum err e = rq_query(rq, STMT_CHANNEL_BY_ID, in->id, rq_user(rq));

	return e ? e : reply_row(rq, channel_out);
}

static enum err
h_channel_update(struct req *rq, const void *v)
{
	const struct channel_change *in = v;
	const char *host = NULL;
	const char *url = NULL;
	enum err e = channel_seal_url(
		rq_ctx(rq), rq_svc(rq), in->id, in->url, &host, &url);

	rq_audit_given(rq);
	if (e)
		return rq_blame(rq, "url", e);
	if (in->project_id)
		e = rq_query(
			rq, STMT_CHANNEL_PROJECT, in->project_id, rq_user(rq));
	if (!e)
		e = rq_query(rq, STMT_CHANNEL_UPDATE, in->id, rq_user(rq),
			in->name, rq_bool(rq_given(rq, "projectId")),
			in->project_id, host, url,
			rq_given_bool(rq, "onSuccess", in->on_success),
			rq_given_bool(rq, "onFailure", in->on_failure),
			rq_given_bool(
				rq, "stateChangeOnly", in->state_change_only),
			rq_given_bool(rq, "enabled", in->enabled));
	return e ? e : reply_row(rq, channel_out);
}

static enum err
h_channel_delete(struct req *rq, const void *v)
{
	const struct channel_key *in = v;
	enum err e = rq_query(rq, STMT_CHANNEL_DELETE, in->id, rq_user(rq));

	return e ? e : reply_empty(rq);
}

static enum err
h_channel_secret(struct req *rq, const void *v)
{
	const struct channel_key *in = v;
	const char *secret;
	enum err e = channel_new_secret(
		rq_ctx(rq), rq_svc(rq), rq_user(rq), in->id, &secret);

	if (e)
		return e;
	jw_kstr(reply_begin(rq), "secret", secret);
	return reply_end(rq);
}

static enum err
h_channel_test(struct req *rq, const void *v)
{
	const struct channel_key *in = v;
	enum err e = rq_query(rq, STMT_NOTIFICATION_TEST, in->id, rq_user(rq));

	return e ? e : reply_row(rq, delivery_out);
}

static enum err
h_delivery_list(struct req *rq, const void *v)
{
	const struct delivery_list *in = v;
	enum err e = rq_query(rq, STMT_CHANNEL_BY_ID, in->id, rq_user(rq));

	if (!e)
		e = rq_query(rq, STMT_NOTIFICATION_LIST, in->id, rq_user(rq),
			in->status, rq_limit(rq, &in->page),
			rq_offset(rq, &in->page));
	return e ? e : reply_list(rq, &in->page);
}
