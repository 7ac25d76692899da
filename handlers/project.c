/* project.c - repositories that become sites, and their settings. */
#include "handlers/all.h"

#include "gen/stmt.h"
#include "handlers/deployment.h"
#include "handlers/env.h"
#include "svc/deploy.h"
#include "svc/environ.h"
#include "svc/gitcred.h"
#include "svc/pathfilter.h"
#include "svc/project.h"
#include "svc/upload.h"
#include "web/reply.h"
#include "web/valid.h"

struct project_list {
	struct page page;
	const char *search;
};
struct project_key {
	const char *id;
};
struct project_new {
	const char *name;
	const char *repository;
	const char *branch;
	const char *root_dir;
	const char *install_command;
	const char *build_command;
	const char *output_dir;
	const char *env_vars;
	const char *preview_env_vars;
	const char *deploy_token;
};
struct project_change {
	const char *id;
	struct project_new to;
	int64_t keep_releases;
	bool auto_deploy_paused;
	bool previews;
	const char *watch_paths;
	const char *spa;
};
struct project_env_set {
	const char *id;
	const char *name;
	const char *scope;
	const char *value;
};
struct project_rollback {
	const char *id;
	const char *deployment_id;
};
struct project_upload {
	const char *id;
	const char *branch;
	const char *commit;
};

static const char *
check_patterns(
	struct arena *a, const struct cfg *cfg UNUSED, const char **value)
{
	return pathfilter_wrong(a, *value);
}
static const struct validator valid_patterns = {.check = check_patterns};

static const char *const spa_values[] = {
	"auto", "on", "off", NULL}; /* as projects_spa in sql/schema */

/* clang-format off */
static const struct field project_list_in[] = {
	F_PAGE(struct project_list, page),
	F_STR(struct project_list, search, "search", OPT, 0, 100, V_LINE, "Part of the name."),
	F_END
};
static const struct field project_key_in[] = {
	F_UUID(struct project_key, id, "id", REQ, "Id of the project."),
	F_END
};
static const struct field project_new_in[] = {
	F_STR(struct project_new, name,            "name",           OPT, 1,   100, V_PROJECT_NAME, "Name; from the repository when absent."),
	F_STR(struct project_new, repository,      "repository",     OPT, 1,  2048, V_LINE,         "owner/name on GitHub, or the https URL of a git repository. Without one deployments are uploads, and the name is needed."),
	F_STR(struct project_new, branch,          "branch",         OPT, 1,   200, V_GIT_REF,      "Branch to build; main when absent."),
	F_STR(struct project_new, root_dir,        "rootDir",        NUL, 1,   255, V_RELPATH,      "Folder of the repository that is the project; its top when null."),
	F_STR(struct project_new, install_command, "installCommand", NUL, 0,  1024, V_LINE,         "Install step; detected when null, none when empty."),
	F_STR(struct project_new, build_command,   "buildCommand",   NUL, 0,  1024, V_LINE,         "Build step; detected when null, none when empty."),
	F_STR(struct project_new, output_dir,      "outputDir",      NUL, 1,   255, V_RELPATH,      "Folder to publish; detected when null."),
	F_STR(struct project_new, env_vars,        "envVars",        NUL, 0, 65536, V_ENV_LINES,    "KEY=VALUE lines for production; values never come back."),
	F_STR(struct project_new, preview_env_vars, "previewEnvVars", NUL, 0, 65536, V_ENV_LINES,   "KEY=VALUE lines for previews, which get none of the others."),
	F_STR(struct project_new, deploy_token,    "deployToken",    NUL, 1, GITCRED_MAX, V_PASSWORD, "What the clone proves itself with: a token, or user:token. For the repository's server only; never comes back."),
	F_END
};
static const struct field project_change_in[] = {
	F_UUID(struct project_change, id,                "id",             REQ, "Id of the project."),
	F_STR(struct project_change, to.name,            "name",           OPT, 1,   100, V_PROJECT_NAME, "New name; the site keeps its own."),
	F_STR(struct project_change, to.repository,      "repository",     OPT, 1,  2048, V_LINE,         "owner/name on GitHub, or the https URL of a git repository."),
	F_STR(struct project_change, to.branch,          "branch",         OPT, 1,   200, V_GIT_REF,      "Branch to build."),
	F_STR(struct project_change, to.root_dir,        "rootDir",        NUL, 1,   255, V_RELPATH,      "Folder of the repository that is the project; null: its top."),
	F_STR(struct project_change, to.install_command, "installCommand", NUL, 0,  1024, V_LINE,         "Install step; null: detect it; empty: none."),
	F_STR(struct project_change, to.build_command,   "buildCommand",   NUL, 0,  1024, V_LINE,         "Build step; null: detect it; empty: none."),
	F_STR(struct project_change, to.output_dir,      "outputDir",      NUL, 1,   255, V_RELPATH,      "Folder to publish; null: detect it."),
	F_STR(struct project_change, to.env_vars,        "envVars",        NUL, 0, 65536, V_ENV_LINES,    "KEY=VALUE lines that replace all of production; null or empty: none."),
	F_STR(struct project_change, to.preview_env_vars, "previewEnvVars", NUL, 0, 65536, V_ENV_LINES,   "KEY=VALUE lines that replace all of previews; null or empty: none."),
	F_STR(struct project_change, to.deploy_token,    "deployToken",   NUL, 1, GITCRED_MAX, V_PASSWORD,    "A token, or user:token, for the clone from the server of the repository as it is now; null: none."),
	F_INT(struct project_change, keep_releases,      "keepReleases",  NUL, 1,  1000, 0,              "Good releases that stay on disk; null: as many as the host's setting says."),
	F_BOOL(struct project_change, auto_deploy_paused, "autoDeployPaused", OPT, "Whether pushes and deploy hooks deploy nothing. A rollback turns it on."),
	F_STR(struct project_change, watch_paths,        "watchPaths",       NUL, 0, PATHFILTER_TEXT_MAX, &valid_patterns, "Patterns of files, one a line: a push that touches none of them deploys nothing, unless the one before that did has not become live. * is any characters, a final / all below, a first ! leaves out. Null: every push."),
	F_ENUM(struct project_change, spa,               "spa",              OPT, spa_values, "Whether a path without a file is /index.html. auto: when the output has a single page, a script and no 404.html. A deployment has it as it was when that was queued."),
	F_BOOL(struct project_change, previews,          "previews",         OPT, "Whether pull requests are deployed, each under an address of its own."),
	F_END
};
static const struct field project_env_set_in[] = {
	F_UUID(struct project_env_set, id,    "id",    REQ, "Id of the project."),
	F_STR(struct project_env_set,  name,  "name",  REQ, 1, ENVIRON_NAME_MAX, V_ENV_NAME, "Name of the variable."),
	F_ENUM(struct project_env_set, scope, "scope", OPT, environ_scopes, "Whose builds get it; production when absent."),
	F_STR(struct project_env_set,  value, "value", REQ, 0, 16384, V_ENV_VALUE, "Its value, which never comes back."),
	F_END
};
static const struct field project_env_remove_in[] = {
	F_UUID(struct project_env_set, id,    "id",    REQ, "Id of the project."),
	F_STR(struct project_env_set,  name,  "name",  REQ, 1, ENVIRON_NAME_MAX, V_ENV_NAME, "Name of the variable."),
	F_ENUM(struct project_env_set, scope, "scope", OPT, environ_scopes, "Whose builds got it; production when absent."),
	F_END
};
static const struct field project_rollback_in[] = {
	F_UUID(struct project_rollback, id,            "id",           REQ, "Id of the project."),
	F_UUID(struct project_rollback, deployment_id, "deploymentId", NUL, "The deployment to go back to; the newest release before the live one when absent."),
	F_END
};
static const struct field project_upload_in[] = {
	F_UUID(struct project_upload, id,     "id",     REQ, "Id of the project."),
	F_STR(struct project_upload,  branch, "branch", OPT, 1, 200, V_GIT_REF, "Branch that it was built from; the project's when absent."),
	F_STR(struct project_upload,  commit, "commit", OPT, 40, 40, V_COMMIT,  "Commit that it was built from."),
	F_END
};

static const struct field last_deployment_out[] = {
	O_UUID("id",         REQ, "Id of the deployment."),
	O_ENUM("status",     REQ, deploy_state_texts, "Where it is."),
	O_TIME("createdAt",  REQ, "When it was asked for."),
	O_END
};

#define PROJECT_FIELDS \
	O_UUID("id",               REQ, "Id of the project."), \
	O_STR("name",              REQ, "Name, unique among one's own."), \
	O_STR("repository",        NUL, "https URL of the git repository; null: deployments are uploads."), \
	O_STR("branch",            REQ, "Branch that is built."), \
	O_STR("rootDir",           NUL, "Folder of the repository that is the project."), \
	O_STR("installCommand",    NUL, "Install step; null: detected."), \
	O_STR("buildCommand",      NUL, "Build step; null: detected."), \
	O_STR("outputDir",         NUL, "Folder that is published; null: detected."), \
	O_BOOL("hasEnvVars",       REQ, "Whether the build gets environment variables."), \
	O_BOOL("hasDeployToken",   REQ, "Whether the clone has a deploy token."), \
	O_STR("site",              REQ, "Name of the site, unique among all."), \
	O_STR("url",               NUL, "Where the site answers; null before the first success."), \
	O_UUID("liveDeploymentId", NUL, "The deployment that is live."), \
	O_OBJECT_NUL("lastDeployment", last_deployment_out, "The newest deployment, also when it is a preview's; null: there is none."), \
	O_INT("keepReleases",      NUL, "Good releases that stay on disk; null: as many as the host's setting says."), \
	O_STR("watchPaths",        NUL, "Patterns of files, one a line, of which a push has to touch one; null: every push."), \
	O_ENUM("spa",              REQ, spa_values, "Whether a path without a file is /index.html; auto: the output decides."), \
	O_BOOL("previews",         REQ, "Whether pull requests are deployed."), \
	O_TIME("autoDeployPausedAt", NUL, "Since when pushes and deploy hooks deploy nothing; null: they deploy."), \
	O_TIME("createdAt",        REQ, "When it was made."), \
	O_TIME("updatedAt",        REQ, "When its settings changed last.")

static const struct field project_item_out[] = {
	PROJECT_FIELDS,
	O_END
};
static const struct field project_out[] = {
	PROJECT_FIELDS,
	O_STRS("envVarNames", "Names of the environment variables of production."),
	O_STRS("previewEnvVarNames", "Names of those of previews."),
	O_INT("uploadMaxBytes",    REQ, "How many bytes an upload may have: upload_max of the host."),
	O_END
};
static const struct field project_list_out[] = {
	O_LIST("projects", project_item_out, "The page's projects, newest first."),
	O_OBJECT("pagination", pagination_out, "Where this page is."),
	O_END
};

static handler_fn h_project_list, h_project_create, h_project_get, h_project_update, h_project_delete, h_project_env_set,
	h_project_env_remove, h_project_rollback, h_project_upload;

const struct route project_routes[] = {
	{ .op = "projectList", .verb = GET, .path = "/api/projects", .who = WHO_USER,
	  .in = IN(project_list_in, struct project_list), .ok = 200, .out = project_list_out,
	  .fn = h_project_list, .doc = "One's projects, newest first." },
	{ .op = "projectCreate", .verb = POST, .path = "/api/projects", .who = WHO_USER, .audit = EV_PROJECT_CREATE,
	  .in = IN(project_new_in, struct project_new), .ok = 201, .out = project_out,
	  .errs = ERRS(E_REPOSITORY_REFUSED, E_NO_REPOSITORY, E_PROJECT_NAME_TAKEN), .fn = h_project_create,
	  .doc = "Make a project without deploying it." },
	{ .op = "projectGet", .verb = GET, .path = "/api/projects/{id}", .who = WHO_USER,
	  .in = IN(project_key_in, struct project_key), .ok = 200, .out = project_out,
	  .errs = ERRS(E_PROJECT_NOT_FOUND), .fn = h_project_get, .doc = "A project." },
	{ .op = "projectUpdate", .verb = PUT, .path = "/api/projects/{id}", .who = WHO_USER, .audit = EV_PROJECT_UPDATE,
	  .in = IN(project_change_in, struct project_change), .ok = 200, .out = project_out,
	  .errs = ERRS(E_PROJECT_NOT_FOUND, E_REPOSITORY_REFUSED, E_NO_REPOSITORY, E_PROJECT_NAME_TAKEN), .fn = h_project_update,
	  .doc = "Change settings; what is left out stays. They hold from the next deployment on." },
	{ .op = "projectDelete", .verb = DELETE, .path = "/api/projects/{id}", .who = WHO_USER, .audit = EV_PROJECT_DELETE,
	  .in = IN(project_key_in, struct project_key), .ok = 204,
	  .errs = ERRS(E_PROJECT_NOT_FOUND, E_CONFLICT), .fn = h_project_delete,
	  .doc = "Delete a project with its deployments; refused while one is being built." },
	{ .op = "projectEnvSet", .verb = PUT, .path = "/api/projects/{id}/env/{name}", .who = WHO_USER,
	  .audit = EV_PROJECT_ENV_SET, .in = IN(project_env_set_in, struct project_env_set), .ok = 204,
	  .errs = ERRS(E_PROJECT_NOT_FOUND), .fn = h_project_env_set,
	  .doc = "Set one environment variable; the others stay. It holds from the next deployment on." },
	{ .op = "projectEnvRemove", .verb = DELETE, .path = "/api/projects/{id}/env/{name}", .who = WHO_USER,
	  .audit = EV_PROJECT_ENV_REMOVE, .in = IN(project_env_remove_in, struct project_env_set), .ok = 204,
	  .errs = ERRS(E_PROJECT_NOT_FOUND, E_ENV_VAR_NOT_FOUND), .fn = h_project_env_remove,
	  .doc = "Remove one environment variable." },
	{ .op = "projectRollback", .verb = POST, .path = "/api/projects/{id}/rollback", .who = WHO_USER,
	  .audit = EV_PROJECT_ROLLBACK, .in = IN(project_rollback_in, struct project_rollback), .ok = 201,
	  .out = deployment_out,
	  .errs = ERRS(E_PROJECT_NOT_FOUND, E_DEPLOYMENT_NOT_FOUND, E_RELEASE_GONE, E_RELEASE_LIVE), .fn = h_project_rollback,
	  .doc = "Make a kept release live again, without a build. What waits for the project is superseded, what is being built is "
		"cancelled, and pushes and deploy hooks deploy nothing until autoDeployPaused is set to false." },
	{ .op = "projectUpload", .verb = POST, .path = "/api/projects/{id}/deployments", .who = WHO_USER, .query = true,
	  .in_type = "application/gzip", .rate = RATE_DEPLOY, .audit = EV_DEPLOYMENT_UPLOAD,
	  .in = IN(project_upload_in, struct project_upload), .ok = 201, .out = deployment_out,
	  .errs = ERRS(E_PROJECT_NOT_FOUND, E_QUEUE_FULL), .fn = h_project_upload,
	  .doc = "Queue the deployment of a directory that was built elsewhere: a tar.gz of it, upload_max bytes at most. Nothing is cloned "
		"or built. Uploads of the project that still wait are superseded." },
	{ 0 }
};
/* clang-format on */

static struct deploy_settings
settings_of(const struct project_new *p)
{
	return (struct deploy_settings){
		.branch = p->branch,
		.root_dir = p->root_dir,
		.install_command = p->install_command,
		.build_command = p->build_command,
		.output_dir = p->output_dir,
		.env = p->env_vars,
		.preview_env = p->preview_env_vars,
		.deploy_token = p->deploy_token,
	};
}

static enum err
write_names(struct req *rq, const char *key, enum environ_of of, const char *id,
	const char *column)
{
	struct jw *w = &rq->jw;
	const char *const *names;
	size_t n;
	enum err e = environ_names(rq_ctx(rq), rq_svc(rq), of, id,
		rows_str(rq_rows(rq), column), &names, &n);

	if (e)
		return e;
	jw_key(w, key);
	jw_array(w);
	for (size_t i = 0; i < n; i++)
		jw_str(w, names[i]);
	jw_array_end(w);
	return E_OK;
}

/* A project as its owner sees it: its row, and the names of what is sealed. */
static enum err
reply_project(struct req *rq, const char *id)
{
	enum err e = rq_query(rq, STMT_PROJECT_BY_ID, id, rq_user(rq));

	if (e)
		return e;
	(void)reply_begin(rq);
	reply_fields(rq, rq_rows(rq), 0, project_item_out);
	e = write_names(
		rq, "envVarNames", ENVIRON_PRODUCTION, id, "env_sealed");
	if (!e)
		e = write_names(rq, "previewEnvVarNames", ENVIRON_PREVIEW, id,
			"preview_env_sealed");
	jw_kint(&rq->jw, "uploadMaxBytes", rq_cfg(rq)->upload_max);
	return e ? e : reply_end(rq);
}

static enum err
h_project_list(struct req *rq, const void *v)
{
	const struct project_list *in = v;
	enum err e = rq_query(rq, STMT_PROJECT_LIST, rq_user(rq), in->search,
		rq_limit(rq, &in->page), rq_offset(rq, &in->page));

	return e ? e : reply_list(rq, &in->page);
}

static enum err
check_token(struct req *rq, const struct project_new *p)
{
	return rq_blame(
		rq, "deployToken", gitcred_check(rq_ctx(rq), p->deploy_token));
}

static enum err
h_project_create(struct req *rq, const void *v)
{
	const struct project_new *in = v;
	struct deploy_settings settings = settings_of(in);
	const char *id;
	enum err e = check_token(rq, in);

	if (!e && !in->repository && !in->name)
		e = rq_blame(rq, "name",
			ctx_fail(rq_ctx(rq), E_VALIDATION_ERROR,
				"is needed without a repository"));
	if (!e)
		e = project_create(rq_ctx(rq), rq_svc(rq), rq_user(rq),
			in->name, in->repository, &settings, &id);
	if (e)
		return e;
	rq_audit_target(rq, id);
	return reply_project(rq, id);
}

static enum err
h_project_get(struct req *rq, const void *v)
{
	const struct project_key *in = v;

	return reply_project(rq, in->id);
}

static enum err
h_project_update(struct req *rq, const void *v)
{
	const struct project_change *in = v;
	const struct project_new *to = &in->to;
	const char *repository = NULL;
	const char *sealed = NULL;
	const char *preview = NULL;
	const char *name;
	enum err e = check_token(rq, to);

	if (!e && to->repository)
		e = project_repository(rq_ctx(rq), rq_cfg(rq), to->repository,
			&repository, &name);
	if (!e)
		e = environ_seal(rq_ctx(rq), rq_svc(rq), ENVIRON_PRODUCTION,
			in->id, to->env_vars, &sealed);
	if (!e)
		e = environ_seal(rq_ctx(rq), rq_svc(rq), ENVIRON_PREVIEW,
			in->id, to->preview_env_vars, &preview);
	if (!e)
		e = rq_query(rq, STMT_PROJECT_UPDATE, in->id, rq_user(rq),
			to->name, to->branch, rq_bool(rq_given(rq, "rootDir")),
			to->root_dir, rq_bool(rq_given(rq, "installCommand")),
			to->install_command,
			rq_bool(rq_given(rq, "buildCommand")),
			to->build_command, rq_bool(rq_given(rq, "outputDir")),
			to->output_dir, rq_bool(rq_given(rq, "envVars")),
			sealed, repository,
			rq_bool(rq_given(rq, "keepReleases")),
			in->keep_releases ? rq_int(rq, in->keep_releases)
					  : NULL,
			rq_given_bool(
				rq, "autoDeployPaused", in->auto_deploy_paused),
			rq_bool(rq_given(rq, "previewEnvVars")), preview,
			rq_given_bool(rq, "previews", in->previews),
			rq_bool(rq_given(rq, "watchPaths")), in->watch_paths,
			in->spa);
	/* after the repository has changed: it is for the new one's server */
	if (!e && rq_given(rq, "deployToken"))
		e = gitcred_set(rq_ctx(rq), rq_svc(rq), rq_user(rq), in->id,
			to->deploy_token);
	return e ? e : reply_project(rq, in->id);
}

static enum err
h_project_delete(struct req *rq, const void *v)
{
	const struct project_key *in = v;
	enum err e = rq_query(rq, STMT_PROJECT_DELETE, in->id, rq_user(rq));

	if (e)
		return e;
	if (!rows_bool(rq_rows(rq), 0, rows_col(rq_rows(rq), "deleted")))
		return ctx_fail(rq_ctx(rq), E_CONFLICT,
			"A deployment of this project is being built; cancel "
			"it first");
	return reply_empty(rq);
}

static enum err
set_env(struct req *rq, const struct project_env_set *in, const char *value)
{
	enum environ_of of = environ_scope(in->scope);
	enum err e;

	rq_audit_note(rq, "variable", in->name);
	rq_audit_note(rq, "scope", environ_scopes[of]);
	e = environ_set(rq_ctx(rq), rq_svc(rq), rq_user(rq), in->id, of,
		in->name, value);
	return e ? rq_blame(rq, "value", e) : reply_empty(rq);
}

static enum err
h_project_env_set(struct req *rq, const void *v)
{
	const struct project_env_set *in = v;

	return set_env(rq, in, in->value);
}

static enum err
h_project_env_remove(struct req *rq, const void *v)
{
	return set_env(rq, v, NULL);
}

static enum err
h_project_rollback(struct req *rq, const void *v)
{
	const struct project_rollback *in = v;
	const char *id;
	enum err e = deploy_rollback(rq_ctx(rq), rq_svc(rq), rq_user(rq),
		in->id, in->deployment_id, &id);

	if (e)
		return e;
	rq_audit_note(rq, "deployment", id);
	return deployment_reply_made(rq, id);
}

static enum err
read_upload(void *arg, void *p, size_t n, size_t *ret_n)
{
	struct req *rq = arg;

	return rq_body(rq, rq_cfg(rq)->upload_max, p, n, ret_n);
}

static enum err
h_project_upload(struct req *rq, const void *v)
{
	const struct project_upload *in = v;
	const struct upload up = {.project_id = in->id,
		.branch = in->branch,
		.commit = in->commit,
		.read = read_upload,
		.arg = rq};
	const char *id;
	enum err e =
		upload_deploy(rq_ctx(rq), rq_svc(rq), rq_user(rq), &up, &id);

	if (e)
		return e;
	rq_audit_note(rq, "deployment", id);
	return deployment_reply_made(rq, id);
}
