/* preview.c - the pull requests of a project, as its owner sees them. Git hosts
 * tell of them by webhook. */
#include "handlers/all.h"

#include "gen/stmt.h"
#include "handlers/deployment.h"
#include "svc/preview.h"
#include "web/reply.h"
#include "web/valid.h"

static const char *const preview_states[] = {"open", "waiting", "closed", NULL};

struct preview_list {
	const char *id;
	struct page page;
};
struct preview_key {
	const char *id;
	const char *preview_id;
};
struct preview_approval {
	const char *id;
	const char *preview_id;
	const char *commit;
};

/* clang-format off */
static const struct field preview_list_in[] = {
	F_UUID(struct preview_list, id, "id", REQ, "Id of the project."),
	F_PAGE(struct preview_list, page),
	F_END
};
static const struct field preview_key_in[] = {
	F_UUID(struct preview_key, id,         "id",        REQ, "Id of the project."),
	F_UUID(struct preview_key, preview_id, "previewId", REQ, "Id of the preview."),
	F_END
};
static const struct field preview_approval_in[] = {
	F_UUID(struct preview_approval, id,         "id",        REQ, "Id of the project."),
	F_UUID(struct preview_approval, preview_id, "previewId", REQ, "Id of the preview."),
	F_STR(struct preview_approval,  commit,     "commit",    REQ, 40, 40, V_COMMIT, "Commit that was looked at. It has to be the newest one."),
	F_END
};
static const struct field preview_out[] = {
	O_UUID("id",           REQ, "Id of the preview."),
	O_INT("number",        REQ, "Number of the pull request."),
	O_STR("title",         REQ, "Its title."),
	O_STR("author",        REQ, "Who has opened it, by the name at the git host."),
	O_STR("branch",        REQ, "Branch that is to be merged."),
	O_STR("commit",        REQ, "Its newest commit."),
	O_BOOL("fork",         REQ, "Whether it comes from another repository."),
	O_ENUM("state",        REQ, preview_states, "waiting: for the owner's approval of its newest commit, since it is a fork's. closed: its files are being removed."),
	O_STR("url",           NUL, "Where it answers; null before the first success, and when it is closed."),
	O_UUID("deploymentId", NUL, "Its newest deployment."),
	O_TIME("openedAt",     REQ, "When we heard of it."),
	O_TIME("closedAt",     NUL, "When it was closed."),
	O_END
};
static const struct field preview_list_out[] = {
	O_LIST("previews", preview_out, "The page's previews: the open ones first, newest first. A closed one goes from the list with its files."),
	O_OBJECT("pagination", pagination_out, "Where this page is."),
	O_END
};

static handler_fn h_preview_list, h_preview_approve, h_preview_close;

const struct route preview_routes[] = {
	{ .op = "previewList", .verb = GET, .path = "/api/projects/{id}/previews", .who = WHO_USER,
	  .in = IN(preview_list_in, struct preview_list), .ok = 200, .out = preview_list_out,
	  .errs = ERRS(E_PROJECT_NOT_FOUND), .fn = h_preview_list, .doc = "A project's pull requests and their previews." },
	{ .op = "previewApprove", .verb = POST, .path = "/api/projects/{id}/previews/{previewId}/approve", .who = WHO_USER,
	  .rate = RATE_DEPLOY, .audit = EV_PREVIEW_APPROVE, .in = IN(preview_approval_in, struct preview_approval), .ok = 201,
	  .out = deployment_out, .errs = ERRS(E_PREVIEW_NOT_FOUND, E_PREVIEW_CHANGED, E_QUEUE_FULL), .fn = h_preview_approve,
	  .doc = "Build a commit of a fork's pull request, without variables and without the build cache. Each new commit has to be "
		"approved again; one that was pushed meanwhile is not." },
	{ .op = "previewClose", .verb = DELETE, .path = "/api/projects/{id}/previews/{previewId}", .who = WHO_USER,
	  .audit = EV_PREVIEW_CLOSE, .in = IN(preview_key_in, struct preview_key), .ok = 204,
	  .errs = ERRS(E_PREVIEW_NOT_FOUND), .fn = h_preview_close,
	  .doc = "Remove a preview before its pull request is closed. The next push to it brings it back." },
	{ 0 }
};
/* clang-format on */

static enum err
h_preview_list(struct req *rq, const void *v)
{
	const struct preview_list *in = v;
	enum err e = rq_query(rq, STMT_PREVIEW_LIST, in->id, rq_user(rq),
		rq_limit(rq, &in->page), rq_offset(rq, &in->page));

	return e ? e : reply_list_of(rq, &in->page, E_PROJECT_NOT_FOUND);
}

static enum err
h_preview_approve(struct req *rq, const void *v)
{
	const struct preview_approval *in = v;
	const char *id;
	enum err e = preview_approve(rq_ctx(rq), rq_svc(rq), rq_user(rq),
		in->id, in->preview_id, in->commit, &id);

	if (e)
		return e;
	rq_audit_note(rq, "deployment", id);
	return deployment_reply_made(rq, id);
}

static enum err
h_preview_close(struct req *rq, const void *v)
{
	const struct preview_key *in = v;
	enum err e = rq_query(
		rq, STMT_PREVIEW_NUMBER, in->preview_id, in->id, rq_user(rq));

	if (!e)
		e = preview_close(rq_ctx(rq), rq_svc(rq), in->id,
			rows_int(rq_rows(rq), 0, 0));
	return e ? e : reply_empty(rq);
}
