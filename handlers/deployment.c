/*
 * deployment.c - deployments as their owners see them: asking for one, the
 * list, the detail with stages and log, cancelling.
 */
#include "handlers/all.h"

#include "gen/stmt.h"
#include "handlers/deployment.h"
#include "handlers/env.h"
#include "svc/deploy.h"
#include "svc/deploy_log.h"
#include "web/auth.h"
#include "web/reply.h"
#include "web/valid.h"

#define DETAIL_LOG_LINES "1000"
#define LOG_SEQ_MAX      2147483647

static const char *const status_filter[] = {
	"all",
#define STATE(name, text, final, stage) text,
#include "svc/deploy_state.def"
#undef STATE
	NULL,
};
static const char *const triggers[] = {
	"manual", "webhook", "redeploy", "rollback", "api", NULL};
static const char *const levels[] = {"info", "warning", "error", NULL};
static const char *const github_values[] = {
	"waiting", "delivered", "failed", "dropped", NULL};
static const char *const stage_names[] = {"Queued", "Building", "Deploying",
	"Success", "Failed", "Cancelled", NULL};
static const char *const stage_states[] = {
	"pending", "in_progress", "completed", "failed", NULL};

struct deployment_new {
	const char *repository;
	const char *branch;
	const char *commit;
	const char *root_dir;
	const char *install_command;
	const char *build_command;
	const char *output_dir;
	const char *env_vars;
	bool cache;
};
struct deployment_list {
	struct page page;
	const char *search;
	const char *status;
	const char *project_id;
	const char *branch;
};
struct deployment_key {
	const char *id;
};
struct deployment_again {
	const char *id;
	bool cache;
};
struct deployment_logs {
	const char *id;
	int64_t after;
	int64_t limit;
};

/* clang-format off */
static const struct field deployment_new_in[] = {
	F_STR(struct deployment_new, repository,      "repository",     REQ, 1,  2048, V_LINE,      "A project's name, owner/name on GitHub, or the https URL of a git repository."),
	F_STR(struct deployment_new, branch,          "branch",         NUL, 1,   200, V_GIT_REF,   "Branch to build; the project's when absent."),
	F_STR(struct deployment_new, commit,          "commit",         NUL, 40,   40, V_COMMIT,    "Commit to build; the branch's newest when absent."),
	F_STR(struct deployment_new, root_dir,        "rootDir",        NUL, 1,   255, V_RELPATH,   "Folder of the repository that is the project."),
	F_STR(struct deployment_new, install_command, "installCommand", NUL, 0,  1024, V_LINE,      "Install step; detected when absent, none when empty."),
	F_STR(struct deployment_new, build_command,   "buildCommand",   NUL, 0,  1024, V_LINE,      "Build step; detected when absent, none when empty."),
	F_STR(struct deployment_new, output_dir,      "outputDir",      NUL, 1,   255, V_RELPATH,   "Folder to publish; detected when absent."),
	F_STR(struct deployment_new, env_vars,        "envVars",        NUL, 0, 65536, V_ENV_LINES, "KEY=VALUE lines; values never come back."),
	F_BOOL(struct deployment_new, cache,          "cache",          OPT, "Whether the build may use the project's cache; true when absent."),
	F_END
};
static const struct field deployment_list_in[] = {
	F_PAGE(struct deployment_list, page),
	F_STR(struct deployment_list,  search,     "search",    OPT, 0, 100, V_LINE,    "Part of the project's name."),
	F_ENUM(struct deployment_list, status,     "status",    OPT, status_filter,     "One status, or all."),
	F_UUID(struct deployment_list, project_id, "projectId", OPT,                    "One project's."),
	F_STR(struct deployment_list,  branch,     "branch",    OPT, 1, 200, V_GIT_REF, "One branch's."),
	F_END
};
static const struct field deployment_key_in[] = {
	F_UUID(struct deployment_key, id, "id", REQ, "Id of the deployment."),
	F_END
};
static const struct field deployment_again_in[] = {
	F_UUID(struct deployment_again, id,    "id",    REQ, "Id of the deployment."),
	F_BOOL(struct deployment_again, cache, "cache", OPT, "Whether the build may use the project's cache; true when absent."),
	F_END
};
static const struct field deployment_logs_in[] = {
	F_UUID(struct deployment_logs, id,    "id",    REQ, "Id of the deployment."),
	F_INT(struct deployment_logs,  after, "after", OPT, 0, LOG_SEQ_MAX, 0, "Only lines after this seq."),
	F_INT(struct deployment_logs,  limit, "limit", OPT, 1, 1000, 500, "Lines at most (application/json only); long lines make a page shorter."),
	F_END
};

#define DEPLOYMENT_FIELDS \
	O_UUID("id",             REQ, "Id of the deployment."), \
	O_STR("repo",            REQ, "Name of the project."), \
	O_STR("branch",          REQ, "Branch that is built."), \
	O_ENUM("status",         REQ, deploy_state_texts, "Where it is."), \
	O_STR("author",          NUL, "Author of the commit."), \
	O_STR("commit",          NUL, "First 7 digits of the commit."), \
	O_DURATION("duration",   NUL, "How long it took, or takes so far: 2m 34s."), \
	O_TIME("timestamp",      REQ, "When it was asked for."), \
	O_STR("url",             NUL, "Where the site answers."), \
	O_UUID("projectId",      REQ, "Id of the project."), \
	O_STR("commitMessage",   NUL, "First line of the commit's message."), \
	O_TIME("createdAt",      REQ, "The same as timestamp."), \
	O_ENUM("trigger",        REQ, triggers, "What asked for it."), \
	O_INT("durationSeconds", NUL, "duration as a number."), \
	O_BOOL("uploaded",       REQ, "Whether it is of an upload: there is nothing that could be built again.")

const struct field deployment_out[] = {
	DEPLOYMENT_FIELDS,
	O_END
};
static const struct field deployment_list_out[] = {
	O_LIST("deployments", deployment_out, "The page's deployments, newest first."),
	O_OBJECT("pagination", pagination_out, "Where this page is."),
	O_END
};
static const struct field deployment_recent_out[] = {
	O_LIST("recentDeployments", deployment_out, "The five newest."),
	O_END
};
static const struct field stage_out[] = {
	O_ENUM("name",    REQ, stage_names, "The last one says how it ended."),
	O_ENUM("status",  REQ, stage_states, "How far it got."),
	O_TIME("timestamp", NUL, "When it began; of the last one: when it ended."),
	O_END
};
static const struct field deployment_settings_out[] = {
	O_STR("rootDir",        NUL, "Directory of the repository that was built; null: all of it."),
	O_STR("installCommand", NUL, "Command that installed; null: what was found, empty: none."),
	O_STR("buildCommand",   NUL, "Command that built; null: what was found, empty: none."),
	O_STR("outputDir",      NUL, "Directory that was published; null: what was found."),
	O_STR("spa",            NUL, "Whether a path without a file is /index.html: auto, on or off; null: it was not kept yet."),
	O_END
};
static const struct field deployment_detail_out[] = {
	DEPLOYMENT_FIELDS,
	O_STR("error",        NUL, "Why it did not deploy."),
	O_STR("previewUrl",   NUL, "Address of this very deployment, while its release is kept."),
	O_STR("target",       REQ, "What it makes: production, or the preview of a pull request (pr-12)."),
	O_BOOL("targetOpen",  REQ, "Whether that is still there: production, or the preview while its pull request is open."),
	O_BOOL("live",        REQ, "Whether the site is this deployment's, or the open preview."),
	O_BOOL("releaseKept", REQ, "Whether a rollback can go to it."),
	O_UUID("supersededBy", NUL, "The deployment that took its place before it was begun, or cancelled it."),
	O_TIME("logRemovedAt", NUL, "When its log was removed for its age or size; null: it is there."),
	O_STR("limits",       NUL, "Limits that were in force for the build."),
	O_TIME("startedAt",   NUL, "When a worker began it."),
	O_TIME("completedAt", NUL, "When it ended."),
	O_ENUM("githubStatus", NUL, github_values, "What became of the newest status of the commit that GitHub was to be told; dropped: another one took its place. Null: none was."),
	O_STR("githubError",  NUL, "Why it was not told, or not yet."),
	O_OBJECT("settings",  deployment_settings_out, "The project's settings as it was queued with."),
	O_LIST("stages", stage_out, "The way through, in order."),
	O_STRS("logs", "The end of the log, at most 1000 lines, each like a message of the log."),
	O_END
};
static const struct field log_line_out[] = {
	O_INT("seq",        REQ, "Number of the line, from 1 without gaps."),
	O_TIME("timestamp", REQ, "When it was written."),
	O_ENUM("level",     REQ, levels, "How serious it is."),
	O_STR("message",    REQ, "[mm:ss] text. Colours of the build stay as SGR sequences (ESC [ 31 m); but for tabs there are no other control characters."),
	O_END
};
static const struct field deployment_logs_out[] = {
	O_LIST("logs", log_line_out, "Lines in order."),
	O_INT("nextAfter",  REQ, "What after has to be to go on."),
	O_BOOL("complete",  REQ, "Whether nothing can follow: the deployment has ended, and this is its log's end."),
	O_END
};

static handler_fn h_deployment_create, h_deployment_list, h_deployment_recent, h_deployment_get, h_deployment_logs,
	h_deployment_cancel, h_deployment_redeploy, h_deployment_delete;

const struct route deployment_routes[] = {
	{ .op = "deploymentCreate", .verb = POST, .path = "/api/deployments", .aliases = ALIASES("/api/deploy"),
	  .who = WHO_USER, .rate = RATE_DEPLOY, .audit = EV_DEPLOYMENT_CREATE,
	  .in = IN(deployment_new_in, struct deployment_new), .ok = 201, .out = deployment_out,
	  .errs = ERRS(E_REPOSITORY_REFUSED, E_NO_REPOSITORY, E_QUEUE_FULL), .fn = h_deployment_create,
	  .doc = "Queue a deployment; makes the project when there is none." },
	{ .op = "deploymentList", .verb = GET, .path = "/api/deployments", .who = WHO_USER,
	  .in = IN(deployment_list_in, struct deployment_list), .ok = 200, .out = deployment_list_out,
	  .fn = h_deployment_list, .doc = "One's deployments, newest first." },
	{ .op = "deploymentRecent", .verb = GET, .path = "/api/deployments/recent", .who = WHO_USER,
	  .ok = 200, .out = deployment_recent_out, .fn = h_deployment_recent,
	  .doc = "One's five newest deployments." },
	{ .op = "deploymentGet", .verb = GET, .path = "/api/deployments/{id}", .aliases = ALIASES("/api/status/{id}"),
	  .who = WHO_USER, .in = IN(deployment_key_in, struct deployment_key), .ok = 200, .out = deployment_detail_out,
	  .errs = ERRS(E_DEPLOYMENT_NOT_FOUND), .fn = h_deployment_get,
	  .doc = "A deployment with its stages and the end of its log." },
	{ .op = "deploymentLogs", .verb = GET, .path = "/api/deployments/{id}/logs", .who = WHO_USER,
	  .in = IN(deployment_logs_in, struct deployment_logs), .ok = 200, .out = deployment_logs_out,
	  .out_type = "text/plain", .errs = ERRS(E_DEPLOYMENT_NOT_FOUND), .fn = h_deployment_logs,
	  .doc = "The log, page by page; with Accept: text/plain all of it as text." },
	{ .op = "deploymentCancel", .verb = POST, .path = "/api/deployments/{id}/cancel", .who = WHO_USER,
	  .audit = EV_DEPLOYMENT_CANCEL, .in = IN(deployment_key_in, struct deployment_key), .ok = 200,
	  .out = deployment_out, .errs = ERRS(E_DEPLOYMENT_NOT_FOUND, E_DEPLOYMENT_FINISHED), .fn = h_deployment_cancel,
	  .doc = "Cancel. A waiting one ends at once, a running one when its build was killed." },
	{ .op = "deploymentRedeploy", .verb = POST, .path = "/api/deployments/{id}/redeploy", .who = WHO_USER,
	  .rate = RATE_DEPLOY, .audit = EV_DEPLOYMENT_REDEPLOY,
	  .in = IN(deployment_again_in, struct deployment_again), .ok = 201, .out = deployment_out,
	  .errs = ERRS(E_DEPLOYMENT_NOT_FOUND, E_PREVIEW_CLOSED, E_QUEUE_FULL, E_UPLOAD_GONE), .fn = h_deployment_redeploy,
	  .doc = "Queue it again: the same commit, settings (spa among them) and environment, whatever the project's are by now." },
	{ .op = "deploymentDelete", .verb = DELETE, .path = "/api/deployments/{id}", .who = WHO_USER,
	  .audit = EV_DEPLOYMENT_DELETE, .in = IN(deployment_key_in, struct deployment_key), .ok = 204,
	  .errs = ERRS(E_DEPLOYMENT_NOT_FOUND, E_CONFLICT), .fn = h_deployment_delete,
	  .doc = "Delete it with its log and its files; refused while it is live, also as an open preview, or has not ended." },
	{ 0 }
};
/* clang-format on */

enum err
deployment_reply_made(struct req *rq, const char *id)
{
	enum err e = rq_query(rq, STMT_DEPLOYMENT_BY_ID, id, rq_user(rq));

	return e ? e : reply_row(rq, deployment_out);
}

static enum err
h_deployment_create(struct req *rq, const void *v)
{
	const struct deployment_new *in = v;
	struct deploy_settings settings = {
		.branch = in->branch,
		.commit = in->commit,
		.root_dir = in->root_dir,
		.install_command = in->install_command,
		.build_command = in->build_command,
		.output_dir = in->output_dir,
		.env = in->env_vars,
		.no_cache = rq_given(rq, "cache") && !in->cache,
	};
	const char *id;
	enum err e = deploy_request(rq_ctx(rq), rq_svc(rq), rq_user(rq),
		"manual", in->repository, &settings, &id);

	if (e)
		return e;
	rq_audit_target(rq, id);
	return deployment_reply_made(rq, id);
}

/* Three statements, so that each finds its index (see deployment.sql). */
static enum err
query_list(struct req *rq, const struct deployment_list *in)
{
	const char *search = in->search && *in->search ? in->search : NULL;
	const char *status =
		in->status && !str_eq(in->status, "all") ? in->status : NULL;
	const char *limit = rq_limit(rq, &in->page);
	const char *offset = rq_offset(rq, &in->page);

	if (search || in->project_id || in->branch)
		return rq_query(rq, STMT_DEPLOYMENT_LIST_FILTERED, rq_user(rq),
			status, search, in->project_id, in->branch, limit,
			offset);
	if (status)
		return rq_query(rq, STMT_DEPLOYMENT_LIST_BY_STATUS, rq_user(rq),
			status, limit, offset);
	return rq_query(rq, STMT_DEPLOYMENT_LIST, rq_user(rq), limit, offset);
}

static enum err
h_deployment_list(struct req *rq, const void *v)
{
	const struct deployment_list *in = v;
	enum err e = query_list(rq, in);

	return e ? e : reply_list(rq, &in->page);
}

static enum err
h_deployment_recent(struct req *rq, const void *v UNUSED)
{
	enum err e = rq_query(rq, STMT_DEPLOYMENT_LIST, rq_user(rq), "5", "0");

	return e ? e : reply_items(rq);
}

/* Stored text of a log in one answer. JSON may need six bytes for one, and the
 * last line comes whole. */
static const char *
log_bytes(struct req *rq)
{
	return rq_int(rq, rq_cfg(rq)->request_memory_max / 8);
}

/* ---- detail ---- */

/* The stage that a deployment was in when it ended badly. */
static enum deploy_state
stopped_in(const struct rows *d)
{
	if (rows_str(d, "deploying_at"))
		return DEPLOY_DEPLOYING;
	return rows_str(d, "started_at") ? DEPLOY_BUILDING : DEPLOY_QUEUED;
}

static const char *
stage_status(const struct rows *d, enum deploy_state stage)
{
	enum deploy_state now = deploy_state_parse(rows_str(d, "status"));
	enum deploy_state reached = now;

	if (now == DEPLOY_SUCCESS)
		return "completed";
	if (deploy_state_info(now)->final)
		reached = stopped_in(d);
	if (stage != reached)
		return stage < reached ? "completed" : "pending";
	return deploy_state_info(now)->final ? "failed" : "in_progress";
}

static void
write_stage(struct req *rq, const char *name, const char *status,
	const char *column)
{
	struct jw *w = &rq->jw;

	jw_object(w);
	jw_kstr(w, "name", name);
	jw_kstr(w, "status", status);
	jw_key(w, "timestamp");
	reply_time(rq, str_eq(status, "pending")
			       ? NULL
			       : rows_str(rq_rows(rq), column));
	jw_object_end(w);
}

static void
write_stages(struct req *rq)
{
	const struct rows *d = rq_rows(rq);
	enum deploy_state now = deploy_state_parse(rows_str(d, "status"));
	bool final = deploy_state_info(now)->final;
	const char *last = final ? deploy_state_info(now)->stage : "Success";

	write_stage(rq, "Queued", stage_status(d, DEPLOY_QUEUED), "created_at");
	write_stage(
		rq, "Building", stage_status(d, DEPLOY_BUILDING), "started_at");
	write_stage(rq, "Deploying", stage_status(d, DEPLOY_DEPLOYING),
		"deploying_at");
	write_stage(rq, last,
		!final                  ? "pending"
		: now == DEPLOY_SUCCESS ? "completed"
					: "failed",
		"completed_at");
}

static enum err
h_deployment_get(struct req *rq, const void *v)
{
	const struct deployment_key *in = v;
	struct jw *w;
	enum err e = rq_query(rq, STMT_DEPLOYMENT_BY_ID, in->id, rq_user(rq));

	if (e)
		return e;
	w = reply_begin(rq);
	reply_fields(rq, rq_rows(rq), 0, deployment_detail_out);
	jw_key(w, "stages");
	jw_array(w);
	write_stages(rq);
	jw_array_end(w);
	e = rq_query(rq, STMT_DEPLOYMENT_LOG_TAIL, in->id, rq_user(rq),
		DETAIL_LOG_LINES, log_bytes(rq));
	if (e)
		return e;
	jw_key(w, "logs");
	jw_array(w);
	for (size_t i = 0; i < rows_n(rq_rows(rq)); i++)
		jw_str(w, rows_text(rq_rows(rq), i, 0));
	jw_array_end(w);
	return reply_end(rq);
}

/* ---- log ---- */

static enum err
send_text(void *arg, const struct buf *part)
{
	return reply_text_part(arg, "text/plain; charset=utf-8", part);
}

static enum err
reply_log_text(struct req *rq, const struct deployment_logs *in)
{
	enum err e = auth_settle(rq);

	return e ? e
		 : deploy_log_text(rq_ctx(rq), rq_svc(rq), rq_user(rq), in->id,
			   in->after, send_text, rq);
}

static enum err
reply_log_page(struct req *rq, const struct deployment_logs *in)
{
	const struct rows *r = rq_rows(rq);
	bool empty = !rows_str(r, "seq"); /* a row without a line */
	size_t n = empty ? 0 : rows_n(r);
	int64_t next =
		empty ? in->after : rows_int(r, n - 1, rows_col(r, "seq"));
	struct jw *w = reply_begin(rq);

	reply_array(rq, "logs", r, n, log_line_out);
	jw_kint(w, "nextAfter", next);
	jw_kbool(w, "complete",
		rows_bool(r, 0, rows_col(r, "final")) &&
			next >= rows_int(r, 0, rows_col(r, "log_seq")));
	return reply_end(rq);
}

static enum err
h_deployment_logs(struct req *rq, const void *v)
{
	const struct deployment_logs *in = v;
	enum err e;

	if (rq_accepts(rq, "text/plain"))
		return reply_log_text(rq, in);
	e = rq_query(rq, STMT_DEPLOYMENT_LOG_PAGE, in->id, rq_user(rq),
		rq_int(rq, in->after), rq_int(rq, in->limit), log_bytes(rq));
	if (!e && rows_n(rq_rows(rq)) == 0)
		e = E_DEPLOYMENT_NOT_FOUND;
	return e ? e : reply_log_page(rq, in);
}

static enum err
h_deployment_cancel(struct req *rq, const void *v)
{
	const struct deployment_key *in = v;
	enum err e = deploy_cancel(rq_ctx(rq), rq_svc(rq), rq_user(rq), in->id);

	if (!e)
		e = rq_query(rq, STMT_DEPLOYMENT_BY_ID, in->id, rq_user(rq));
	return e ? e : reply_row(rq, deployment_out);
}

static enum err
h_deployment_redeploy(struct req *rq, const void *v)
{
	const struct deployment_again *in = v;
	const char *id;
	enum err e = deploy_again(rq_ctx(rq), rq_svc(rq), rq_user(rq), in->id,
		rq_given(rq, "cache") && !in->cache, &id);

	if (e)
		return e;
	rq_audit_note(rq, "deployment", id);
	return deployment_reply_made(rq, id);
}

static enum err
h_deployment_delete(struct req *rq, const void *v)
{
	const struct deployment_key *in = v;
	enum err e = deploy_delete(rq_ctx(rq), rq_svc(rq), rq_user(rq), in->id);

	return e ? e : reply_empty(rq);
}
