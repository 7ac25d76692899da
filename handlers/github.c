/* github.c - one's account at GitHub: connected, listed, disconnected. */
#include "handlers/all.h"

#include "base/arena.h"
#include "gen/stmt.h"
#include "handlers/oauth.h"
#include "svc/github.h"
#include "web/auth.h"
#include "web/reply.h"
#include "web/valid.h"

struct github_connect_new {
	const char *next;
};
struct github_repo_list {
	struct page page;
	const char *search;
};
struct github_repo_key {
	const char *owner;
	const char *repo;
};

/* clang-format off */
static const struct field github_connect_in[] = {
	F_STR(struct github_connect_new, next, "next", OPT, 0, 2048, V_ANY, "Path of the panel to go on at; anything that is none becomes /."),
	F_END
};
static const struct field github_repo_list_in[] = {
	F_PAGE(struct github_repo_list, page),
	F_STR(struct github_repo_list, search, "search", OPT, 0, 100, V_LINE, "Part of owner/name."),
	F_END
};
static const struct field github_repo_in[] = {
	F_STR(struct github_repo_key, owner, "owner", OPT, 1, 100, V_LINE, "Whose repository; one's own when absent."),
	F_STR(struct github_repo_key, repo,  "repo",  REQ, 1, 201, V_LINE, "Its name, or owner/name as one part (owner%2Fname)."),
	F_END
};

static const struct field github_connection_out[] = {
	O_BOOL("connected",   REQ, "Whether an account is connected."),
	O_STR("username",     NUL, "Its name at GitHub."),
	O_STR("avatarUrl",    NUL, "Its picture."),
	O_TIME("connectedAt", NUL, "When it was connected."),
	O_TIME("refusedAt",   NUL, "Since when GitHub does not take the token any more: connect again. Null: it works."),
	O_STRS("scopes", "What it allowed."),
	O_END
};
static const struct field github_repo_out[] = {
	O_STR("id",            REQ, "GitHub's id of the repository."),
	O_STR("name",          REQ, "Its name."),
	O_STR("fullName",      REQ, "owner/name, as a project's repository takes it."),
	O_STR("owner",         REQ, "Whose it is."),
	O_BOOL("private",      REQ, "Whether only some may see it."),
	O_STR("defaultBranch", REQ, "Branch that is built when nothing else is said."),
	O_STR("description",   NUL, "What it is, as its owner says."),
	O_STR("language",      NUL, "What most of it is written in."),
	O_STR("url",           REQ, "Its page."),
	O_END
};
static const struct field github_repo_list_out[] = {
	O_LIST("repos", github_repo_out, "The page's repositories; what was pushed to last is first."),
	O_OBJECT("pagination", pagination_out, "Where this page is."),
	O_END
};
static const struct field github_branch_out[] = {
	O_STR("name",       REQ, "Name of the branch."),
	O_STR("commit",     REQ, "Its newest commit."),
	O_BOOL("protected", REQ, "Whether GitHub protects it."),
	O_END
};
static const struct field github_branch_list_out[] = {
	O_LIST("branches", github_branch_out, "All of them, 1000 at most."),
	O_END
};

static handler_fn h_github_connect, h_github_connection, h_github_disconnect, h_github_repos, h_github_branches;

const struct route github_routes[] = {
	{ .op = "githubConnect", .verb = POST, .path = "/api/github/connect", .who = WHO_USER, .rate = RATE_AUTH, .no_key = true,
	  .in = IN(github_connect_in, struct github_connect_new), .ok = 200, .out = link_out,
	  .errs = ERRS(E_PROVIDER_NOT_FOUND, E_SIGN_IN_AGAIN), .fn = h_github_connect,
	  .doc = "Begin to connect an account at GitHub; the browser that asked has to go there." },
	{ .op = "githubConnection", .verb = GET, .path = "/api/github/connection", .aliases = ALIASES("/api/github/connection-status"),
	  .who = WHO_USER, .ok = 200, .out = github_connection_out, .fn = h_github_connection,
	  .doc = "Whether an account at GitHub is connected, and which." },
	{ .op = "githubDisconnect", .verb = DELETE, .path = "/api/github/disconnect", .who = WHO_USER, .no_key = true,
	  .audit = EV_GITHUB_DISCONNECT, .ok = 204, .errs = ERRS(E_GITHUB_NOT_CONNECTED), .fn = h_github_disconnect,
	  .doc = "Forget the account at GitHub: the webhooks that were registered by it are removed, and its token is revoked there." },
	{ .op = "githubRepoList", .verb = GET, .path = "/api/github/repos", .who = WHO_USER,
	  .in = IN(github_repo_list_in, struct github_repo_list), .ok = 200, .out = github_repo_list_out,
	  .errs = ERRS(E_GITHUB_NOT_CONNECTED, E_GITHUB_REVOKED, E_GITHUB_LIMITED, E_GITHUB_FAILED, E_SERVICE_UNAVAILABLE),
	  .fn = h_github_repos, .doc = "The repositories that one's account at GitHub can see, the newest 1000; kept for some minutes." },
	{ .op = "githubBranchList", .verb = GET, .path = "/api/github/repos/{owner}/{repo}/branches",
	  .aliases = ALIASES("/api/github/repos/{repo}/branches"), .who = WHO_USER,
	  .in = IN(github_repo_in, struct github_repo_key), .ok = 200, .out = github_branch_list_out,
	  .errs = ERRS(E_GITHUB_NOT_CONNECTED, E_GITHUB_REVOKED, E_GITHUB_LIMITED, E_GITHUB_FAILED, E_REPOSITORY_NOT_FOUND,
		E_SERVICE_UNAVAILABLE),
	  .fn = h_github_branches, .doc = "The branches of a repository at GitHub." },
	{ 0 }
};
/* clang-format on */

static enum err
h_github_connect(struct req *rq, const void *v)
{
	const struct github_connect_new *in = v;
	const struct oauth_begin b = {
		.provider = OAUTH_GITHUB,
		.next = in->next,
		.user_id = rq_user(rq),
		.session_id = rq_session(rq),
		.scopes = GITHUB_SCOPES,
		.connects = true,
	};

	return oauth_reply_url(rq, &b);
}

static void
write_scopes(struct req *rq, const char *scopes)
{
	struct jw *w = &rq->jw;
	size_t n = 0;
	char **scope = NULL;

	if (scopes && *scopes)
		scope = str_split(rq_ctx(rq)->arena, scopes, ',', &n);
	jw_key(w, "scopes");
	jw_array(w);
	for (size_t i = 0; i < n; i++)
		jw_str(w, scope[i]);
	jw_array_end(w);
}

static enum err
h_github_connection(struct req *rq, const void *v UNUSED)
{
	enum err e = rq_query(rq, STMT_GITHUB_CONNECTION, rq_user(rq));

	if (e)
		return e;
	(void)reply_begin(rq);
	reply_fields(rq, rq_rows(rq), 0, github_connection_out);
	write_scopes(rq, rows_str(rq_rows(rq), "granted"));
	return reply_end(rq);
}

static enum err
h_github_disconnect(struct req *rq, const void *v UNUSED)
{
	struct github_left left;
	enum err e =
		github_disconnect(rq_ctx(rq), rq_svc(rq), rq_user(rq), &left);

	if (e)
		return e;
	rq_audit_note(rq, "revoked", left.revoked ? "yes" : "no");
	rq_audit_note(rq, "hooks", rq_int(rq, (int64_t)left.hooks));
	if (left.kept > 0)
		rq_audit_note(rq, "hooksKept", rq_int(rq, (int64_t)left.kept));
	return reply_empty(rq);
}

static enum err
h_github_repos(struct req *rq, const void *v)
{
	const struct github_repo_list *in = v;
	enum err e = auth_settle(rq);

	if (!e)
		e = github_repos_fill(rq_ctx(rq), rq_svc(rq), rq_user(rq));
	if (!e)
		e = rq_query(rq, STMT_GITHUB_REPO_LIST, rq_user(rq), in->search,
			rq_cfg(rq)->github_url, rq_limit(rq, &in->page),
			rq_offset(rq, &in->page));
	return e ? e : reply_list(rq, &in->page);
}

static enum err
h_github_branches(struct req *rq, const void *v)
{
	const struct github_repo_key *in = v;
	struct github_branch *b;
	size_t n;
	struct jw *w;
	enum err e = auth_settle(rq);

	if (!e)
		e = github_branches(rq_ctx(rq), rq_svc(rq), rq_user(rq),
			in->owner, in->repo, &b, &n);
	if (e)
		return e;
	w = reply_begin(rq);
	jw_key(w, "branches");
	jw_array(w);
	for (size_t i = 0; i < n; i++) {
		jw_object(w);
		jw_kstr(w, "name", b[i].name);
		jw_kstr(w, "commit", b[i].commit);
		jw_kbool(w, "protected", b[i].protected);
		jw_object_end(w);
	}
	jw_array_end(w);
	return reply_end(rq);
}
