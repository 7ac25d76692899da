/*
 * github.h - working with repositories at GitHub on behalf of somebody who has
 * connected an account there: its token (OA-12), what it sees, and the few
 * things that are changed there. Nothing that GitHub says is believed before
 * it was looked at (IN-9).
 */
#ifndef AS_SVC_GITHUB_H
#define AS_SVC_GITHUB_H

#include "svc/svc.h"

struct jsn;
struct oauth_identity;

/* What a connection asks for besides a sign-in: clones of private
 * repositories and statuses, and webhooks. */
#define GITHUB_SCOPES "repo admin:repo_hook"

/* ---- one conversation (github.c) ---- */

struct github {
	struct ctx *ctx;
	const struct cfg *cfg;
	const char *token;
	int64_t deadline; /* of all requests together, clock_mono_ms() */
	int code;         /* of the last answer; 0: none came */
	int64_t retry_s;  /* E_GITHUB_LIMITED: how long GitHub wants to be left
			   * alone, at most GITHUB_RETRY_MAX */
};
#define GITHUB_RETRY_MAX 3600

/* Within oauth_timeout from now. */
struct github github_talk(
	struct ctx *ctx, const struct cfg *cfg, const char *token);

/* Ask; body NULL: none. *ret (may be NULL) is the answer's JSON, on t->ctx's
 * arena. E_GITHUB_REVOKED, E_GITHUB_LIMITED, E_REPOSITORY_NOT_FOUND (also what
 * the account may not do), E_GITHUB_FAILED. */
MUST enum err github_ask(struct github *t, const char *method, const char *path,
	const char *body, const struct jsn **ret);

/* Calls take(arg, item) for what stands in the pages of a list, the first
 * GITHUB_LIST_MAX. The item lives as long as the call. Errors as
 * github_ask(). */
#define GITHUB_LIST_MAX ((size_t)1000)
MUST enum err github_walk(struct github *t, const char *path,
	void (*take)(void *arg, const struct jsn *item), void *arg);

/* Remove the webhooks at a repository that deliver to a project's address
 * (github_call.c). E_OK also when there is none, or no such repository; errors
 * as github_ask(). */
MUST enum err github_unhook(
	struct github *t, const char *repository, const char *project_id);

/* Where its repositories are, as projects name them: github_url as git has it. */
const char *github_base(struct arena *a, const struct cfg *cfg);

/* End a token at GitHub. E_OK when it is dead, also when it was before. */
MUST enum err github_revoke(
	struct ctx *ctx, const struct cfg *cfg, const char *token);

/* "owner/name" as GitHub lets them be. */
bool github_name_ok(const char *full_name);

/* One entry of a list of repositories. */
struct github_repo {
	const char *id, *full_name, *default_branch;
	const char *description, *language; /* "": none */
	bool private;
};
bool github_take_repo(
	struct arena *a, const struct jsn *v, struct github_repo *ret);

/* One entry of a list of branches. */
struct github_branch {
	const char *name, *commit;
	bool protected;
};
bool github_take_branch(
	struct arena *a, const struct jsn *v, struct github_branch *ret);

/* ---- somebody's account there (github_account.c) ---- */

/* Keep the token that a way there has brought; one that was kept before is
 * revoked, as well as that goes. */
MUST enum err github_connect(struct ctx *ctx, const struct svc *svc,
	const char *user_id, const struct oauth_identity *id);

/* What is to go from GitHub with somebody's account. Read before that goes,
 * done after it has gone, as well as that works: GitHub may be away. */
struct github_leave {
	const struct rows *hooks; /* STMT_GITHUB_HOOKS, all that may be there */
	const char
		*token; /* of the connection; NULL: none, or it does not open */
	const char *const *tokens; /* of the connection and of sign-ins */
	size_t n;
};
struct github_left {
	bool revoked; /* every token */
	size_t hooks; /* so many webhooks are not there, or no more */
	size_t kept;  /* and so many GitHub may still have */
};
MUST enum err github_leave_begin(struct ctx *ctx, const struct svc *svc,
	const char *user_id, struct github_leave *ret);
struct github_left github_leave_end(
	struct ctx *ctx, const struct svc *svc, const struct github_leave *l);

/* Forget the token and revoke it; the webhooks that were registered by it, or
 * may have been, are removed first. E_GITHUB_NOT_CONNECTED. */
MUST enum err github_disconnect(struct ctx *ctx, const struct svc *svc,
	const char *user_id, struct github_left *ret);

/* Fill the list of the account's repositories unless it is young enough. */
MUST enum err github_repos_fill(
	struct ctx *ctx, const struct svc *svc, const char *user_id);

/* The branches of a repository; owner NULL: the account's own. */
MUST enum err github_branches(struct ctx *ctx, const struct svc *svc,
	const char *user_id, const char *owner, const char *repo,
	struct github_branch **ret, size_t *ret_n);

/* What a connection's token is sealed under. */
const char *github_row(struct arena *a, const char *user_id);

#endif
