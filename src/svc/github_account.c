/*
 * github_account.c - the account at GitHub that somebody has connected: its
 * sealed token, the list of its repositories, which is kept for some minutes,
 * and branches, which are not.
 */
#include "base/arena.h"
#include "base/str.h"
#include "ext/json.h"
#include "gen/stmt.h"
#include "svc/github.h"
#include "svc/hashslot.h"
#include "svc/oauth_provider.h"
#include "svc/seal.h"

const char *
github_row(struct arena *a, const char *user_id)
{
	return arena_printf(a, "github:%s:token", user_id);
}

/* The text of an own context goes to the log, whatever it is. */
static enum err
revoke_sealed(struct ctx *ctx, const struct svc *svc, const char *row,
	const char *sealed)
{
	struct ctx own = {.arena = ctx->arena};
	const char *token;
	enum err e = seal_open(&own, svc->cfg, row, sealed, &token);

	return e ? e : github_revoke(&own, svc->cfg, token);
}

/* ---- connecting ---- */

enum err
github_connect(struct ctx *ctx, const struct svc *svc, const char *user_id,
	const struct oauth_identity *id)
{
	const char *row = github_row(ctx->arena, user_id);
	const char *sealed, *old;
	struct rows *r;
	enum err e;

	if (!id->token || !id->login)
		return oauth_odd(ctx, "GitHub gives no token or no name");
	e = seal_close(ctx, svc->cfg, row, id->token, &sealed);
	if (!e)
		e = db_query(ctx, svc->db, STMT_GITHUB_CONNECTION_SET,
			DB_IN(user_id, id->subject, id->login, id->avatar,
				sealed, id->scopes,
				github_base(ctx->arena, svc->cfg)),
			&r);
	if (e)
		return e;
	old = rows_str(r, "old_sealed");
	if (old)
		/* the new one works, whatever becomes of the old one */
		(void)revoke_sealed(ctx, svc, row, old);
	return E_OK;
}

/* ---- leaving ---- */

/* By its id at GitHub where that is known; else one may be there that was
 * just registered, or was to be removed. */
static enum err
remove_hook(struct github *t, const struct rows *hooks, size_t i)
{
	const char *repository =
		rows_text(hooks, i, rows_col(hooks, "repository"));
	const char *id = rows_text(hooks, i, rows_col(hooks, "hook_id"));
	enum err e;

	if (!id)
		return github_unhook(t, repository,
			rows_text(hooks, i, rows_col(hooks, "project_id")));
	e = github_ask(t, "DELETE",
		arena_printf(
			t->ctx->arena, "/repos/%s/hooks/%s", repository, id),
		NULL, NULL);
	return t->code == 404 ? E_OK : e;
}

/* Fills left with the projects of those that GitHub may still have; token NULL:
 * of all. */
static size_t
remove_hooks(struct ctx *ctx, const struct svc *svc, const char *token,
	const struct rows *hooks, const char *left[])
{
	struct ctx own = {.arena = ctx->arena};
	struct github t = github_talk(&own, svc->cfg, token);
	enum err e = token ? E_OK : E_GITHUB_REVOKED;
	size_t n = 0;

	for (size_t i = 0; i < rows_n(hooks); i++) {
		ctx_clear(&own);
		if (e != E_GITHUB_REVOKED)
			e = remove_hook(&t, hooks, i);
		if (e)
			left[n++] = rows_text(
				hooks, i, rows_col(hooks, "project_id"));
	}
	return n;
}

static enum err
read_tokens(struct ctx *ctx, const struct svc *svc, const char *user_id,
	struct github_leave *l)
{
	const char *row = github_row(ctx->arena, user_id);
	const char **tokens;
	struct rows *r;
	enum err e =
		db_query(ctx, svc->db, STMT_GITHUB_TOKENS, DB_IN(user_id), &r);

	if (e)
		return e;
	tokens = arena_array(ctx->arena, rows_n(r) + 1, sizeof(*tokens));
	for (size_t i = 0; i < rows_n(r); i++) {
		struct ctx own = {.arena = ctx->arena};
		const char *of = rows_text(r, i, rows_col(r, "of"));

		if (seal_open(&own, svc->cfg, of,
			    rows_text(r, i, rows_col(r, "token_sealed")),
			    &tokens[l->n]))
			continue;
		if (str_eq(of, row))
			l->token = tokens[l->n];
		l->n++;
	}
	l->tokens = tokens;
	return E_OK;
}

enum err
github_leave_begin(struct ctx *ctx, const struct svc *svc, const char *user_id,
	struct github_leave *ret)
{
	struct rows *hooks;
	enum err e = db_query(
		ctx, svc->db, STMT_GITHUB_HOOKS, DB_IN(user_id), &hooks);

	*ret = (struct github_leave){.hooks = e ? NULL : hooks};
	return e ? e : read_tokens(ctx, svc, user_id, ret);
}

struct github_left
github_leave_end(
	struct ctx *ctx, const struct svc *svc, const struct github_leave *l)
{
	struct github_left left = {.revoked = true};
	const char **kept =
		arena_array(ctx->arena, rows_n(l->hooks) + 1, sizeof(*kept));

	left.kept = remove_hooks(ctx, svc, l->token, l->hooks, kept);
	left.hooks = rows_n(l->hooks) - left.kept;
	for (size_t i = 0; i < l->n; i++) {
		struct ctx own = {.arena = ctx->arena};

		left.revoked &=
			github_revoke(&own, svc->cfg, l->tokens[i]) == E_OK;
	}
	return left;
}

enum err
github_disconnect(struct ctx *ctx, const struct svc *svc, const char *user_id,
	struct github_left *ret)
{
	struct ctx own = {.arena = ctx->arena};
	const char *token = NULL;
	const char **kept;
	struct rows *r, *hooks;
	enum err e = db_query(
		ctx, svc->db, STMT_GITHUB_HOOKS, DB_IN(user_id), &hooks);

	if (!e)
		e = db_query(ctx, svc->db, STMT_GITHUB_DISCONNECT,
			DB_IN(user_id), &r);
	if (e)
		return e;
	*ret = (struct github_left){0};
	kept = arena_array(ctx->arena, rows_n(hooks) + 1, sizeof(*kept));
	if (seal_open(&own, svc->cfg, github_row(ctx->arena, user_id),
		    rows_str(r, "token_sealed"), &token))
		token = NULL; /* then nothing can be done there */
	ret->kept = remove_hooks(ctx, svc, token, hooks, kept);
	ret->hooks = rows_n(hooks) - ret->kept;
	ret->revoked = token && !github_revoke(&own, svc->cfg, token);
	return db_query(ctx, svc->db, STMT_GITHUB_HOOKS_LEFT,
		DB_IN(user_id, db_text_array(ctx->arena, kept, ret->kept)),
		NULL);
}

/* ---- the token at work ---- */

struct account {
	const char *user_id, *login, *sealed, *token;
	bool fresh;
};

static enum err
open_account(struct ctx *ctx, const struct svc *svc, const char *user_id,
	struct account *ret)
{
	struct rows *r;
	enum err e = db_query(ctx, svc->db, STMT_GITHUB_TOKEN,
		DB_IN(user_id, str_from_i64(ctx->arena,
				       svc->cfg->github_cache_seconds)),
		&r);

	if (e)
		return e;
	ret->user_id = user_id;
	ret->login = rows_str(r, "login");
	ret->sealed = rows_str(r, "token_sealed");
	ret->fresh = rows_bool(r, 0, rows_col(r, "fresh"));
	return seal_open(ctx, svc->cfg, github_row(ctx->arena, user_id),
		ret->sealed, &ret->token);
}

/* How long GitHub wants to be left alone is for who asked. What it said of the
 * token itself is remembered, if the database can: the next request would find
 * out again. */
static enum err
note_refusal(const struct github *t, const struct svc *svc,
	const struct account *acc, enum err e)
{
	struct ctx *ctx = t->ctx;
	struct ctx own = {.arena = ctx->arena};

	ctx->retry_s = t->retry_s;
	if (e == E_GITHUB_REVOKED &&
		db_query(&own, svc->db, STMT_GITHUB_TOKEN_REFUSED,
			DB_IN(acc->user_id, acc->sealed), NULL))
		return ctx_cause(ctx, e, "%s", own.cause ? own.cause : "?");
	return e;
}

/* ---- repositories ---- */

struct repos {
	struct arena *a;
	size_t n;
	const char *id[GITHUB_LIST_MAX], *full_name[GITHUB_LIST_MAX],
		*private[GITHUB_LIST_MAX], *branch[GITHUB_LIST_MAX],
		*description[GITHUB_LIST_MAX], *language[GITHUB_LIST_MAX];
};

static void
take_repo(void *arg, const struct jsn *item)
{
	struct repos *all = arg;
	struct github_repo r;

	if (!github_take_repo(all->a, item, &r))
		return;
	all->id[all->n] = r.id;
	all->full_name[all->n] = r.full_name;
	all->private[all->n] = r.private ? "t" : "f";
	all->branch[all->n] = r.default_branch;
	all->description[all->n] = r.description;
	all->language[all->n] = r.language;
	all->n++;
}

static enum err
store_repos(struct ctx *ctx, const struct svc *svc, const struct account *acc,
	const struct repos *all)
{
	struct arena *a = ctx->arena;
	enum err e = db_begin(ctx, svc->db);

	if (!e)
		e = db_query(ctx, svc->db, STMT_GITHUB_REPOS_BEGIN,
			DB_IN(acc->user_id, acc->sealed), NULL);
	if (!e)
		e = db_query(ctx, svc->db, STMT_GITHUB_REPOS_CLEAR,
			DB_IN(acc->user_id), NULL);
	if (!e)
		e = db_query(ctx, svc->db, STMT_GITHUB_REPOS_INSERT,
			DB_IN(acc->user_id, db_text_array(a, all->id, all->n),
				db_text_array(a, all->full_name, all->n),
				db_text_array(a, all->private, all->n),
				db_text_array(a, all->branch, all->n),
				db_text_array(a, all->description, all->n),
				db_text_array(a, all->language, all->n)),
			NULL);
	return db_end(ctx, svc->db, e);
}

enum err
github_repos_fill(struct ctx *ctx, const struct svc *svc, const char *user_id)
{
	AUTO_FD int slot = -1;
	struct account acc;
	struct repos *all;
	struct github t;
	enum err e = open_account(ctx, svc, user_id, &acc);

	if (e || acc.fresh)
		return e;
	e = hashslot_take_oauth(ctx, svc->cfg, &slot);
	if (e)
		return e;
	all = ARENA_NEW(ctx->arena, struct repos);
	all->a = ctx->arena;
	t = github_talk(ctx, svc->cfg, acc.token);
	e = github_walk(&t, "/user/repos?sort=pushed", take_repo, all);
	e = note_refusal(&t, svc, &acc, e);
	return e ? e : store_repos(ctx, svc, &acc, all);
}

/* ---- branches ---- */

struct branches {
	struct arena *a;
	struct github_branch *list;
	size_t n;
};

static void
take_branch(void *arg, const struct jsn *item)
{
	struct branches *all = arg;

	if (github_take_branch(all->a, item, &all->list[all->n]))
		all->n++;
}

enum err
github_branches(struct ctx *ctx, const struct svc *svc, const char *user_id,
	const char *owner, const char *repo, struct github_branch **ret,
	size_t *ret_n)
{
	AUTO_FD int slot = -1;
	struct branches all = {.a = ctx->arena};
	struct account acc;
	const char *name;
	struct github t;
	enum err e = open_account(ctx, svc, user_id, &acc);

	if (e)
		return e;
	name = strchr(repo, '/') ? repo
				 : arena_printf(ctx->arena, "%s/%s",
					   owner ? owner : acc.login, repo);
	if (!github_name_ok(name))
		return E_REPOSITORY_NOT_FOUND;
	e = hashslot_take_oauth(ctx, svc->cfg, &slot);
	if (e)
		return e;
	all.list = arena_array(ctx->arena, GITHUB_LIST_MAX, sizeof(*all.list));
	t = github_talk(ctx, svc->cfg, acc.token);
	e = github_walk(&t,
		arena_printf(ctx->arena, "/repos/%s/branches", name),
		take_branch, &all);
	e = note_refusal(&t, svc, &acc, e);
	if (e)
		return e;
	*ret = all.list;
	*ret_n = all.n;
	return E_OK;
}
