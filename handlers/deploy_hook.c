/* deploy_hook.c - addresses whose POST deploys a project: made, listed, removed
 * by its owner, and used by whoever has one. */
#include "handlers/all.h"

#include "gen/stmt.h"
#include "svc/deployhook.h"
#include "web/rate.h"
#include "web/reply.h"
#include "web/valid.h"

struct deploy_hook_project {
	const char *id;
};
struct deploy_hook_new {
	const char *id;
	const char *name;
	const char *branch;
};
struct deploy_hook_key {
	const char *id;
	const char *hook_id;
};
struct deploy_hook_use {
	const char *hook_id;
	const char *key;
};

/* clang-format off */
static const struct field deploy_hook_project_in[] = {
	F_UUID(struct deploy_hook_project, id, "id", REQ, "Id of the project."),
	F_END
};
static const struct field deploy_hook_new_in[] = {
	F_UUID(struct deploy_hook_new, id,     "id",     REQ, "Id of the project."),
	F_STR(struct deploy_hook_new,  name,   "name",   REQ, 1, 100, V_NAME,    "Who uses it."),
	F_STR(struct deploy_hook_new,  branch, "branch", NUL, 1, 200, V_GIT_REF, "Branch to build; the project's when null."),
	F_END
};
static const struct field deploy_hook_key_in[] = {
	F_UUID(struct deploy_hook_key, id,      "id",     REQ, "Id of the project."),
	F_UUID(struct deploy_hook_key, hook_id, "hookId", REQ, "Id of the deploy hook."),
	F_END
};
static const struct field deploy_hook_use_in[] = {
	F_UUID(struct deploy_hook_use, hook_id, "hookId", REQ, "Id of the deploy hook."),
	F_STR(struct deploy_hook_use,  key,     "key",    REQ, 1, 200, V_LINE, "Its key, as the address has it."),
	F_END
};

#define DEPLOY_HOOK_FIELDS \
	O_UUID("id",          REQ, "Id of the deploy hook."), \
	O_STR("name",         REQ, "Who uses it."), \
	O_STR("branch",       NUL, "Branch that it builds; null: the project's."), \
	O_TIME("createdAt",   REQ, "When it was made."), \
	O_TIME("lastUsedAt",  NUL, "When it was used last."), \
	O_STR("lastOutcome",  NUL, "What became of that.")

static const struct field deploy_hook_out[] = {
	DEPLOY_HOOK_FIELDS,
	O_END
};
static const struct field deploy_hook_made_out[] = {
	DEPLOY_HOOK_FIELDS,
	O_STR("url", REQ, "The address to POST to. It holds the key and is never shown again."),
	O_END
};
static const struct field deploy_hook_list_out[] = {
	O_LIST("deployHooks", deploy_hook_out, "The project's deploy hooks, oldest first."),
	O_END
};
static const struct field deploy_hook_used_out[] = {
	O_UUID("deploymentId", REQ, "The deployment that was queued."),
	O_END
};

static handler_fn h_deploy_hook_list, h_deploy_hook_create, h_deploy_hook_delete, h_deploy_hook_use;

const struct route deploy_hook_routes[] = {
	{ .op = "deployHookList", .verb = GET, .path = "/api/projects/{id}/deploy-hooks", .who = WHO_USER,
	  .in = IN(deploy_hook_project_in, struct deploy_hook_project), .ok = 200, .out = deploy_hook_list_out,
	  .errs = ERRS(E_PROJECT_NOT_FOUND), .fn = h_deploy_hook_list, .doc = "A project's deploy hooks, without their keys." },
	{ .op = "deployHookCreate", .verb = POST, .path = "/api/projects/{id}/deploy-hooks", .who = WHO_USER,
	  .audit = EV_DEPLOY_HOOK_CREATE, .in = IN(deploy_hook_new_in, struct deploy_hook_new), .ok = 201,
	  .out = deploy_hook_made_out, .errs = ERRS(E_PROJECT_NOT_FOUND, E_DEPLOY_HOOKS_FULL), .fn = h_deploy_hook_create,
	  .doc = "Make an address whose POST deploys the project. It is shown once." },
	{ .op = "deployHookDelete", .verb = DELETE, .path = "/api/projects/{id}/deploy-hooks/{hookId}", .who = WHO_USER,
	  .audit = EV_DEPLOY_HOOK_DELETE, .in = IN(deploy_hook_key_in, struct deploy_hook_key), .ok = 204,
	  .errs = ERRS(E_DEPLOY_HOOK_NOT_FOUND), .fn = h_deploy_hook_delete, .doc = "End a deploy hook at once." },
	{ .op = "deployHookUse", .verb = POST, .path = "/api/deploy-hooks/{hookId}", .who = WHO_PUBLIC, .query = true,
	  .rate = RATE_DEPLOY, .audit = EV_DEPLOY_HOOK_USE, .in = IN(deploy_hook_use_in, struct deploy_hook_use), .ok = 201,
	  .out = deploy_hook_used_out, .errs = ERRS(E_DEPLOY_HOOK_NOT_FOUND, E_NO_REPOSITORY, E_DEPLOY_PAUSED, E_QUEUE_FULL, E_RATE_LIMIT_EXCEEDED),
	  .fn = h_deploy_hook_use, .doc = "Deploy a project by the address that its owner gave away. The body is not read." },
	{ 0 }
};
/* clang-format on */

static enum err
h_deploy_hook_list(struct req *rq, const void *v)
{
	const struct deploy_hook_project *in = v;
	enum err e = rq_query(rq, STMT_DEPLOY_HOOK_LIST, in->id, rq_user(rq));

	return e ? e : reply_list_of(rq, NULL, E_PROJECT_NOT_FOUND);
}

static enum err
h_deploy_hook_create(struct req *rq, const void *v)
{
	const struct deploy_hook_new *in = v;
	struct rows *row;
	const char *url;
	struct jw *w;
	enum err e = deployhook_create(rq_ctx(rq), rq_svc(rq), rq_user(rq),
		in->id, in->name, in->branch, &row, &url);

	if (e)
		return e;
	rq_audit_note(rq, "hook", rows_str(row, "id"));
	w = reply_begin(rq);
	reply_fields(rq, row, 0, deploy_hook_out);
	jw_kstr(w, "url", url);
	return reply_end(rq);
}

static enum err
h_deploy_hook_delete(struct req *rq, const void *v)
{
	const struct deploy_hook_key *in = v;
	enum err e = rq_query(
		rq, STMT_DEPLOY_HOOK_DELETE, in->hook_id, in->id, rq_user(rq));

	return e ? e : reply_empty(rq);
}

static enum err
h_deploy_hook_use(struct req *rq, const void *v)
{
	const struct deploy_hook_use *in = v;
	struct deployhook hook;
	const char *id = NULL;
	enum err e = deployhook_find(
		rq_ctx(rq), rq_svc(rq), in->hook_id, in->key, &hook);

	if (e)
		return e;
	rq_audit_user(rq, hook.user_id);
	e = rate_count(rq, hook.user_id);
	if (!e)
		e = deployhook_use(rq_ctx(rq), rq_svc(rq), &hook, &id);
	if (e)
		return e;
	rq_audit_note(rq, "deployment", id);
	jw_kstr(reply_begin(rq), "deploymentId", id);
	return reply_end(rq);
}
