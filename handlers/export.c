/*
 * export.c - everything of one's own in one file. Sections are bounded, and
 * what was left out is said; the answer is sent while it is written.
 */
#include "handlers/all.h"

#include "base/arena.h"
#include "base/clock.h"
#include "gen/stmt.h"
#include "handlers/account.h"
#include "handlers/channel.h"
#include "svc/environ.h"
#include "svc/user.h"
#include "web/auth.h"
#include "web/reply.h"

#define ROWS_MAX  10000
#define ENV_SOFT  ((size_t)4 << 20)
#define ENV_HARD  ((size_t)16 << 20)
#define FILE_NAME "autostack-account.json"

/* clang-format off */
static const struct field export_account_out[] = {
	PROFILE_FIELDS,
	O_TIME("updatedAt",       REQ, "When it changed last."),
	O_TIME("lastLoginAt",     NUL, "Last sign-in."),
	O_END
};
static const struct field export_identity_out[] = {
	O_STR("provider",   REQ, "github or google."),
	O_STR("subject",    REQ, "The account's id there."),
	O_STR("login",      NUL, "Its name there."),
	O_STR("email",      NUL, "Its address there."),
	O_STR("scopes",     REQ, "What it allowed."),
	O_TIME("createdAt", REQ, "When it was linked."),
	O_END
};
static const struct field export_github_out[] = {
	O_STR("githubId",    REQ, "The account's id at GitHub."),
	O_STR("login",       REQ, "Its name there."),
	O_STR("avatarUrl",   NUL, "Its picture."),
	O_STR("scopes",      REQ, "What it allowed."),
	O_TIME("connectedAt", REQ, "When it was connected."),
	O_TIME("refusedAt",  NUL, "Since when GitHub does not take its token any more."),
	O_END
};
static const struct field export_session_out[] = {
	O_UUID("id",          REQ, "Id of the session."),
	O_STR("ip",           NUL, "Address from which it was begun."),
	O_STR("userAgent",    NUL, "Program that began it."),
	O_STR("method",       REQ, "How its user signed in."),
	O_TIME("createdAt",   REQ, "Sign-in."),
	O_TIME("lastUsedAt",  REQ, "Last refresh."),
	O_TIME("expiresAt",   REQ, "Latest end."),
	O_TIME("revokedAt",   NUL, "When it was ended."),
	O_STR("revokeReason", NUL, "Why."),
	O_END
};
static const struct field export_key_out[] = {
	O_UUID("id",         REQ, "Id of the key."),
	O_STR("name",        REQ, "Its name."),
	O_STR("prefix",      REQ, "Its first characters."),
	O_TIME("createdAt",  REQ, "When it was made."),
	O_TIME("expiresAt",  NUL, "When it ends."),
	O_TIME("lastUsedAt", NUL, "Last use, to the minute."),
	O_STR("lastUsedIp",  NUL, "Address of the last use."),
	O_TIME("revokedAt",  NUL, "When it was revoked."),
	O_END
};
static const struct field export_project_out[] = {
	O_UUID("id",               REQ, "Id of the project."),
	O_STR("name",              REQ, "Name."),
	O_STR("repository",        NUL, "URL of the git repository."),
	O_STR("branch",            REQ, "Branch that is built."),
	O_STR("rootDir",           NUL, "Folder of the repository that is the project."),
	O_STR("installCommand",    NUL, "Install step."),
	O_STR("buildCommand",      NUL, "Build step."),
	O_STR("outputDir",         NUL, "Folder that is published."),
	O_BOOL("hasDeployToken",   REQ, "Whether the clone has a deploy token."),
	O_STR("site",              REQ, "Name of the site."),
	O_UUID("liveDeploymentId", NUL, "The deployment that is live."),
	O_INT("keepReleases",      NUL, "Good releases that stay on disk."),
	O_STR("watchPaths",        NUL, "Patterns of files of which a push has to touch one."),
	O_STR("spa",               REQ, "Whether a path without a file is /index.html."),
	O_BOOL("previews",         REQ, "Whether pull requests are deployed."),
	O_TIME("autoDeployPausedAt", NUL, "Since when pushes and deploy hooks deploy nothing."),
	O_TIME("createdAt",        REQ, "When it was made."),
	O_TIME("updatedAt",        REQ, "When its settings changed last."),
	O_STRS("envVarNames", "Names of the environment variables of production."),
	O_STRS("previewEnvVarNames", "Names of those of previews."),
	O_END
};
static const struct field export_deployment_out[] = {
	O_UUID("id",           REQ, "Id of the deployment."),
	O_UUID("projectId",    REQ, "Its project."),
	O_STR("status",        REQ, "What became of it."),
	O_STR("trigger",       REQ, "What caused it."),
	O_STR("target",        REQ, "What it makes: production, or the preview of a pull request."),
	O_STR("repository",    NUL, "URL of the git repository."),
	O_STR("branch",        REQ, "Branch that was built."),
	O_STR("commitHash",    NUL, "Commit that was built."),
	O_STR("commitMessage", NUL, "First line of its message."),
	O_STR("author",        NUL, "Its author."),
	O_STR("url",           NUL, "Where the site answers."),
	O_STR("error",         NUL, "Why it did not deploy."),
	O_TIME("createdAt",    REQ, "When it was asked for."),
	O_TIME("startedAt",    NUL, "When a worker began."),
	O_TIME("completedAt",  NUL, "When it ended."),
	O_END
};
static const struct field export_preview_out[] = {
	O_UUID("id",        REQ, "Id of the preview."),
	O_UUID("projectId", REQ, "Its project."),
	O_INT("number",     REQ, "Number of the pull request."),
	O_STR("title",      REQ, "Its title."),
	O_STR("author",     REQ, "Who has opened it, by the name at the git host."),
	O_STR("branch",     REQ, "Branch that is to be merged."),
	O_STR("commitHash", REQ, "Its newest commit."),
	O_BOOL("fork",      REQ, "Whether it comes from another repository."),
	O_TIME("openedAt",  REQ, "When we heard of it."),
	O_TIME("closedAt",  NUL, "When it was closed."),
	O_END
};
static const struct field export_domain_out[] = {
	O_UUID("id",                   REQ, "Id of the domain."),
	O_UUID("projectId",            REQ, "Its project."),
	O_STR("host",                  REQ, "The name."),
	O_STR("state",                 REQ, "What became of it."),
	O_STR("proofName",             REQ, "Where its TXT record has to be."),
	O_STR("proofValue",            REQ, "What that has to say."),
	O_STR("certificateSource",     NUL, "acme: ordered here; own: set by its owner."),
	O_TIME("certificateExpiresAt", NUL, "When the certificate ends."),
	O_TIME("verifiedAt",           NUL, "When it was proved first."),
	O_TIME("createdAt",            REQ, "When it was added."),
	O_END
};
static const struct field export_hook_out[] = {
	O_UUID("id",         REQ, "Id of the deploy hook."),
	O_UUID("projectId",  REQ, "Its project."),
	O_STR("name",        REQ, "Who uses it."),
	O_STR("branch",      NUL, "Branch that it builds; null: the project's."),
	O_TIME("createdAt",  REQ, "When it was made."),
	O_TIME("lastUsedAt", NUL, "When it was used last."),
	O_STR("lastOutcome", NUL, "What became of that."),
	O_END
};
static const struct field export_delivery_out[] = {
	O_UUID("id",           REQ, "Id of the delivery."),
	O_UUID("projectId",    REQ, "The project whose webhook it came to."),
	O_STR("event",         REQ, "What it tells of."),
	O_STR("repository",    NUL, "owner/name of the repository."),
	O_STR("branch",        NUL, "Branch that was pushed; of a pull request, the one that is to be merged."),
	O_STR("commitHash",    NUL, "Newest commit of it."),
	O_STR("commitMessage", NUL, "First line of its message."),
	O_STR("verdict",       REQ, "What became of it."),
	O_STR("reason",        REQ, "The same in words."),
	O_UUID("deploymentId", NUL, "The deployment that was queued."),
	O_TIME("receivedAt",   REQ, "When it came."),
	O_INT("pullNumber",    NUL, "Number of the pull request that it tells of."),
	O_STR("pullTitle",     NUL, "Its title."),
	O_STR("pullAuthor",    NUL, "Who opened it."),
	O_END
};
static const struct field export_notification_out[] = {
	O_UUID("id",           REQ, "Id of the notification."),
	O_UUID("channelId",    NUL, "The channel that was told; null: a mail to the owner."),
	O_STR("means",         REQ, "mail or hook."),
	O_STR("event",         REQ, "What it tells of."),
	O_UUID("deploymentId", NUL, "The deployment that it tells of."),
	O_STR("status",        REQ, "What became of it."),
	O_INT("attempts",      REQ, "How often it was tried."),
	O_INT("responseCode",  NUL, "Status of the last answer."),
	O_STR("error",         NUL, "Why the last attempt failed."),
	O_TIME("createdAt",    REQ, "When there was something to tell."),
	O_TIME("endedAt",      NUL, "When it was delivered or given up."),
	O_END
};
static const struct field export_audit_out[] = {
	O_UUID("id",        REQ, "Id of the row."),
	O_TIME("at",        REQ, "When."),
	O_STR("event",      REQ, "What happened."),
	O_STR("target",     NUL, "To what."),
	O_STR("outcome",    REQ, "success or failure."),
	O_STR("ip",         NUL, "From where."),
	O_STR("userAgent",  NUL, "By which program."),
	O_UUID("requestId", NUL, "X-Request-Id of the request."),
	O_JSON("details",   REQ, "More."),
	O_END
};
static const struct field account_export_out[] = {
	O_TIME("exportedAt",       REQ, "When this was written."),
	O_OBJECT("account",        export_account_out, "The account."),
	O_OBJECT("preferences",    preferences_out, "Preferences."),
	O_LIST("identities",       export_identity_out, "Accounts elsewhere that sign in here."),
	O_LIST("githubConnections", export_github_out, "The account at GitHub whose repositories are worked with, without its token."),
	O_LIST("sessions",         export_session_out, "Sessions that are kept, newest first."),
	O_LIST("apiKeys",          export_key_out, "API keys, newest first."),
	O_LIST("projects",         export_project_out, "Projects, newest first."),
	O_LIST("deployments",      export_deployment_out, "Deployments, newest first; their logs are at /api/deployments/{id}/logs."),
	O_LIST("previews",         export_preview_out, "Pull requests of the projects, newest first."),
	O_LIST("domains",          export_domain_out, "Custom domains, newest first."),
	O_LIST("deployHooks",      export_hook_out, "Deploy hooks without their keys, newest first."),
	O_LIST("webhookDeliveries", export_delivery_out, "What came to the projects' webhooks, newest first."),
	O_LIST("notificationChannels", channel_out, "Notification channels, newest first."),
	O_LIST("notifications",    export_notification_out, "What the owner and the channels were told, newest first."),
	O_LIST("auditLogs",        export_audit_out, "What the account did, newest first."),
	O_STRS("incomplete",       "Lists that end at 10,000 items though there is more."),
	O_END
};

static handler_fn h_account_export;

const struct route export_routes[] = {
	{ .op = "accountExport", .verb = GET, .path = "/api/user/export", .who = WHO_USER, .no_key = true,
	  .audit = EV_ACCOUNT_EXPORT, .ok = 200, .out = account_export_out, .errs = ERRS(E_SIGN_IN_AGAIN),
	  .fn = h_account_export,
	  .doc = "Everything of one's own as a file, without anything secret. Wants a recent sign-in." },
	{ 0 }
};
/* clang-format on */

/* The lists, in the order of the answer. */
static const struct section {
	const char *name;
	unsigned stmt;
	const struct field *out;
	bool bounded; /* takes the most rows */
} sections[] = {
	{"identities", STMT_EXPORT_IDENTITIES, export_identity_out, false},
	{"githubConnections", STMT_EXPORT_GITHUB_CONNECTIONS, export_github_out,
		false},
	{"sessions", STMT_EXPORT_SESSIONS, export_session_out, true},
	{"apiKeys", STMT_EXPORT_API_KEYS, export_key_out, true},
	{"projects", STMT_EXPORT_PROJECTS, export_project_out, true},
	{"deployments", STMT_EXPORT_DEPLOYMENTS, export_deployment_out, true},
	{"previews", STMT_EXPORT_PREVIEWS, export_preview_out, true},
	{"domains", STMT_EXPORT_DOMAINS, export_domain_out, true},
	{"deployHooks", STMT_EXPORT_DEPLOY_HOOKS, export_hook_out, true},
	{"webhookDeliveries", STMT_EXPORT_WEBHOOK_DELIVERIES,
		export_delivery_out, true},
	{"notificationChannels", STMT_EXPORT_CHANNELS, channel_out, true},
	{"notifications", STMT_EXPORT_NOTIFICATIONS, export_notification_out,
		true},
	{"auditLogs", STMT_EXPORT_AUDIT, export_audit_out, true},
};

/* An environment may be large and there may be many: each is opened in memory
 * of its own. */
static enum err
write_env_names(struct req *rq, const struct rows *r, size_t row,
	enum environ_of of, const char *key, const char *column)
{
	struct ctx ctx = {.arena = arena_new(ENV_SOFT, ENV_HARD)};
	const char *const *names;
	size_t n = 0;
	struct jw *w = &rq->jw;
	enum err e = environ_names(&ctx, rq_svc(rq), of,
		rows_text(r, row, rows_col(r, "id")),
		rows_text(r, row, rows_col(r, column)), &names, &n);

	if (e)
		e = ctx_cause(rq_ctx(rq), e, "environment of a project: %s",
			ctx.cause ? ctx.cause : err_info(e)->code);
	jw_key(w, key);
	jw_array(w);
	for (size_t i = 0; !e && i < n; i++)
		jw_str(w, names[i]);
	jw_array_end(w);
	arena_free(ctx.arena);
	return e;
}

static enum err
write_project_names(struct req *rq, const struct rows *r, size_t row)
{
	enum err e = write_env_names(
		rq, r, row, ENVIRON_PRODUCTION, "envVarNames", "env_sealed");

	return e ? e
		 : write_env_names(rq, r, row, ENVIRON_PREVIEW,
			   "previewEnvVarNames", "preview_env_sealed");
}

/* *ret_more: there are more rows than were written. */
static enum err
write_section(
	struct req *rq, struct jw *w, const struct section *s, bool *ret_more)
{
	const char *max = rq_int(rq, ROWS_MAX + 1);
	enum err e = s->bounded ? rq_query(rq, s->stmt, rq_user(rq), max)
				: rq_query(rq, s->stmt, rq_user(rq));
	const struct rows *r;
	size_t n;

	if (e)
		return e;
	r = rq_rows(rq);
	n = MIN(rows_n(r), (size_t)ROWS_MAX);
	*ret_more = rows_n(r) > n;
	jw_key(w, s->name);
	jw_array(w);
	for (size_t i = 0; !e && i < n; i++) {
		jw_object(w);
		reply_fields(rq, r, i, s->out);
		if (s->out == export_project_out)
			e = write_project_names(rq, r, i);
		jw_object_end(w);
		if (!e)
			e = reply_flush(rq);
	}
	jw_array_end(w);
	return e;
}

static enum err
write_head(struct req *rq, struct jw *w)
{
	char now[21];
	enum err e = rq_query(rq, STMT_EXPORT_ACCOUNT, rq_user(rq));

	if (e)
		return e;
	clock_rfc3339(now, clock_now_s());
	jw_kstr(w, "exportedAt", now);
	jw_key(w, "account");
	jw_object(w);
	reply_fields(rq, rq_rows(rq), 0, export_account_out);
	jw_object_end(w);
	jw_key(w, "preferences");
	jw_object(w);
	reply_fields(rq, rq_rows(rq), 0, preferences_out);
	jw_object_end(w);
	return E_OK;
}

static enum err
h_account_export(struct req *rq, const void *v UNUSED)
{
	bool more[NELEM(sections)] = {false};
	struct jw *w = reply_begin(rq);
	enum err e = auth_settle(rq);

	rq_audit_target(rq, rq_user(rq));
	if (!e)
		e = user_recent(
			rq_ctx(rq), rq_svc(rq), rq_user(rq), rq_session(rq));
	if (e)
		return e;
	e = reply_header(rq, "Content-Disposition",
		"attachment; filename=\"" FILE_NAME "\"");
	if (!e)
		e = write_head(rq, w);
	for (size_t i = 0; !e && i < NELEM(sections); i++)
		e = write_section(rq, w, &sections[i], &more[i]);
	if (e)
		return e;
	jw_key(w, "incomplete");
	jw_array(w);
	for (size_t i = 0; i < NELEM(sections); i++) {
		if (more[i])
			jw_str(w, sections[i].name);
	}
	jw_array_end(w);
	return reply_end(rq);
}
