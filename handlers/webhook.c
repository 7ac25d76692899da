/* webhook.c - where GitHub's webhooks are delivered, and what their owner sees
 * of that. */
#include "handlers/all.h"

#include "gen/stmt.h"
#include "svc/webhook.h"
#include "web/auth.h"
#include "web/rate.h"
#include "web/reply.h"
#include "web/valid.h"

struct webhook_delivery {
	const char *project;
};
struct webhook_project {
	const char *id;
};
struct webhook_list {
	struct page page;
	const char *project_id;
	const char *verdict;
};
struct webhook_key {
	const char *id;
};

/* clang-format off */
static const struct field webhook_delivery_in[] = {
	F_UUID(struct webhook_delivery, project, "project", OPT, "Whose webhook it is, as its address says."),
	F_END
};
static const struct field webhook_project_in[] = {
	F_UUID(struct webhook_project, id, "id", REQ, "Id of the project."),
	F_END
};
static const struct field webhook_list_in[] = {
	F_PAGE(struct webhook_list, page),
	F_UUID(struct webhook_list, project_id, "projectId", OPT, "Of this project only."),
	F_ENUM(struct webhook_list, verdict, "verdict", OPT, webhook_verdicts, "With this verdict only."),
	F_END
};
static const struct field webhook_key_in[] = {
	F_UUID(struct webhook_key, id, "id", REQ, "Id of the delivery."),
	F_END
};

static const struct field webhook_outcome_out[] = {
	O_UUID("id",           NUL, "Id of the delivery."),
	O_STR("verdict",       REQ, "What became of it, or duplicate."),
	O_STR("reason",        REQ, "The same in words."),
	O_UUID("deploymentId", NUL, "The deployment that was queued."),
	O_END
};
static const struct field webhook_secret_out[] = {
	O_STR("url",         REQ, "Where GitHub has to deliver to."),
	O_STR("secret",      REQ, "What it has to sign with. It is never shown again, and the one before is good no more."),
	O_STR("contentType", REQ, "What GitHub has to send."),
	O_STRS("events", "What GitHub has to tell of."),
	O_END
};
static const struct field project_webhook_out[] = {
	O_STR("url",           REQ, "Where GitHub has to deliver to."),
	O_ENUM("state",        REQ, webhook_states, "none: there is no secret. manual: its owner enters it at GitHub. waiting: it is going to be registered there."),
	O_STR("repository",    NUL, "owner/name of where it is registered, or is to be."),
	O_STR("hookId",        NUL, "GitHub's id of it."),
	O_STR("error",         NUL, "Why it is not registered, or not yet."),
	O_TIME("registeredAt", NUL, "When it was registered."),
	O_STR("byHand",        NUL, "How to enter it by hand; null: that is not needed."),
	O_BOOL("registrable",  REQ, "Whether it can be registered: the repository is where one's account is connected."),
	O_END
};
#define DELIVERY_FIELDS \
	O_UUID("id",           REQ, "Id of the delivery."), \
	O_UUID("projectId",    REQ, "Id of the project."), \
	O_STR("project",       REQ, "Its name."), \
	O_STR("event",         REQ, "What it tells of: push, ping ...; empty when its signature was wrong."), \
	O_STR("repository",    NUL, "owner/name of the repository."), \
	O_STR("branch",        NUL, "Branch that was pushed, or that is to be merged."), \
	O_STR("commit",        NUL, "Newest commit of it."), \
	O_STR("commitMessage", NUL, "First line of its message."), \
	O_INT("pullNumber",    NUL, "Number of the pull request."), \
	O_ENUM("verdict",      REQ, webhook_verdicts, "What became of it."), \
	O_STR("reason",        REQ, "The same in words."), \
	O_UUID("deploymentId", NUL, "The deployment that was queued."), \
	O_BOOL("canRedeliver", REQ, "Whether judging it again may lead to something: it has deployed and closed nothing, and enough of it is kept."), \
	O_INT("duplicates",    REQ, "How often it came again."), \
	O_TIME("receivedAt",   REQ, "When it came."), \
	O_TIME("judgedAt",     NUL, "When it was judged last.")

static const struct field delivery_out[] = {
	DELIVERY_FIELDS,
	O_END
};
static const struct field delivery_list_out[] = {
	O_LIST("webhookDeliveries", delivery_out, "The page's deliveries, newest first."),
	O_OBJECT("pagination", pagination_out, "Where this page is."),
	O_END
};

static handler_fn h_webhook_take, h_webhook_secret, h_project_webhook_get, h_project_webhook_register, h_project_webhook_remove,
	 h_webhook_deliveries, h_webhook_redeliver;

const struct route webhook_routes[] = {
	{ .op = "githubWebhook", .verb = POST, .path = "/api/github/webhook", .aliases = ALIASES("/api/webhooks/github"),
	  .who = WHO_PUBLIC, .rate = RATE_NONE, .query = true, .raw_max = offsetof(struct cfg, webhook_body_max), .in = IN(webhook_delivery_in, struct webhook_delivery),
	  .ok = 200, .out = webhook_outcome_out, .errs = ERRS(E_WEBHOOK_SIGNATURE, E_PAYLOAD_TOO_LARGE), .fn = h_webhook_take,
	  .doc = "Where GitHub delivers a project's webhook. X-Hub-Signature-256 has to sign the body with the project's secret." },
	{ .op = "projectWebhookSecret", .verb = POST, .path = "/api/projects/{id}/webhook-secret", .who = WHO_USER,
	  .audit = EV_WEBHOOK_SECRET, .in = IN(webhook_project_in, struct webhook_project), .ok = 201, .out = webhook_secret_out,
	  .errs = ERRS(E_PROJECT_NOT_FOUND), .fn = h_webhook_secret,
	  .doc = "Make a secret for a project's webhook, to set the webhook up at GitHub by hand. One that is registered gets it, too." },
	{ .op = "projectWebhookGet", .verb = GET, .path = "/api/projects/{id}/webhook", .who = WHO_USER,
	  .in = IN(webhook_project_in, struct webhook_project), .ok = 200, .out = project_webhook_out,
	  .errs = ERRS(E_PROJECT_NOT_FOUND), .fn = h_project_webhook_get,
	  .doc = "A project's webhook: whether it is registered at GitHub, and if not, why." },
	{ .op = "projectWebhookRegister", .verb = POST, .path = "/api/projects/{id}/webhook", .who = WHO_USER,
	  .audit = EV_WEBHOOK_REGISTER, .in = IN(webhook_project_in, struct webhook_project), .ok = 202, .out = project_webhook_out,
	  .errs = ERRS(E_PROJECT_NOT_FOUND, E_NO_REPOSITORY, E_GITHUB_NOT_CONNECTED, E_CONFLICT), .fn = h_project_webhook_register,
	  .doc = "Have the webhook registered at GitHub by the connected account, or registered again; one with this address that is "
		"there is taken over. A new project's is registered without being asked for." },
	{ .op = "projectWebhookRemove", .verb = DELETE, .path = "/api/projects/{id}/webhook", .who = WHO_USER,
	  .audit = EV_WEBHOOK_REMOVE, .in = IN(webhook_project_in, struct webhook_project), .ok = 204,
	  .errs = ERRS(E_PROJECT_NOT_FOUND), .fn = h_project_webhook_remove,
	  .doc = "Remove the webhook at GitHub and forget its secret: nothing that is delivered is taken any more." },
	{ .op = "webhookDeliveryList", .verb = GET, .path = "/api/webhook-deliveries", .who = WHO_USER,
	  .in = IN(webhook_list_in, struct webhook_list), .ok = 200, .out = delivery_list_out, .fn = h_webhook_deliveries,
	  .doc = "What came to the webhooks of one's projects, and what became of it." },
	{ .op = "webhookDeliveryRedeliver", .verb = POST, .path = "/api/webhook-deliveries/{id}/redeliver", .who = WHO_USER,
	  .rate = RATE_DEPLOY, .audit = EV_WEBHOOK_REDELIVER, .in = IN(webhook_key_in, struct webhook_key), .ok = 200,
	  .out = delivery_out, .errs = ERRS(E_DELIVERY_NOT_FOUND, E_CONFLICT), .fn = h_webhook_redeliver,
	  .doc = "Judge a delivery again, by the project's settings of now; not one that has deployed or closed something. When GitHub sends one "
		"again, it is judged by the same rule." },
	{ 0 }
};
/* clang-format on */

static enum err
h_webhook_take(struct req *rq, const void *v)
{
	const struct webhook_delivery *in = v;
	const struct webhook_in w = {
		.project_id = in->project,
		.signature = rq->in->hub_signature,
		.event = rq->in->github_event,
		.delivery = rq->in->github_delivery,
		.type = rq->in->content_type,
		.body = rq->raw,
		.len = rq->raw_len,
	};
	struct webhook_outcome out;
	struct jw *j;
	enum err e = webhook_take(rq_ctx(rq), rq_svc(rq), &w, &out);

	if (e)
		return e;
	j = reply_begin(rq);
	jw_kstr(j, "id", out.id);
	jw_kstr(j, "verdict", out.verdict);
	jw_kstr(j, "reason", out.reason);
	jw_kstr(j, "deploymentId", out.deployment_id);
	return reply_end(rq);
}

static enum err
h_webhook_secret(struct req *rq, const void *v)
{
	const struct webhook_project *in = v;
	const char *secret;
	struct jw *w;
	enum err e = webhook_secret(
		rq_ctx(rq), rq_svc(rq), rq_user(rq), in->id, &secret);

	if (e)
		return e;
	w = reply_begin(rq);
	jw_kstr(w, "url", webhook_url(rq_ctx(rq)->arena, rq_cfg(rq), in->id));
	jw_kstr(w, "secret", secret);
	jw_kstr(w, "contentType", "application/json");
	jw_key(w, "events");
	jw_array(w);
	for (size_t i = 0; webhook_events[i]; i++)
		jw_str(w, webhook_events[i]);
	jw_array_end(w);
	return reply_end(rq);
}

static enum err
reply_webhook(struct req *rq, const char *id)
{
	struct rows *r;
	enum err e = webhook_get(rq_ctx(rq), rq_svc(rq), rq_user(rq), id, &r);

	if (e)
		return e;
	(void)reply_begin(rq);
	reply_fields(rq, r, 0, project_webhook_out);
	return reply_end(rq);
}

static enum err
h_project_webhook_get(struct req *rq, const void *v)
{
	const struct webhook_project *in = v;
	enum err e = auth_settle(rq);

	return e ? e : reply_webhook(rq, in->id);
}

static enum err
h_project_webhook_register(struct req *rq, const void *v)
{
	const struct webhook_project *in = v;
	enum err e = webhook_register(
		rq_ctx(rq), rq_svc(rq), rq_user(rq), in->id, true);

	return e ? e : reply_webhook(rq, in->id);
}

static enum err
h_project_webhook_remove(struct req *rq, const void *v)
{
	const struct webhook_project *in = v;
	enum err e = rq_query(rq, STMT_WEBHOOK_REMOVE, in->id, rq_user(rq));

	return e ? e : reply_empty(rq);
}

static enum err
h_webhook_deliveries(struct req *rq, const void *v)
{
	const struct webhook_list *in = v;
	enum err e = rq_query(rq, STMT_WEBHOOK_DELIVERY_LIST, rq_user(rq),
		in->project_id, in->verdict, rq_limit(rq, &in->page),
		rq_offset(rq, &in->page));

	return e ? e : reply_list(rq, &in->page);
}

static enum err
h_webhook_redeliver(struct req *rq, const void *v)
{
	const struct webhook_key *in = v;
	enum err e = webhook_again(rq_ctx(rq), rq_svc(rq), rq_user(rq), in->id);

	if (!e)
		e = rq_query(
			rq, STMT_WEBHOOK_DELIVERY_BY_ID, in->id, rq_user(rq));
	return e ? e : reply_row(rq, delivery_out);
}
