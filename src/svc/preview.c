/* preview.c - remembers pull requests and has them deployed. */
#include "svc/preview.h"

#include "base/arena.h"
#include "base/str.h"
#include "gen/stmt.h"
#include "svc/deploy.h"

static enum err
deploy(struct ctx *ctx, const struct svc *svc, const char *user_id,
	const char *project_id, const char *target, const char *branch,
	const char *commit, bool fork, const char **ret)
{
	const struct deploy_settings settings = {
		.branch = branch,
		.commit = commit,
		.target = target,
		.untrusted = fork,
	};

	return deploy_automatic(ctx, svc, user_id, project_id, &settings, ret);
}

enum err
preview_deploy(struct ctx *ctx, const struct svc *svc, const char *user_id,
	const char *project_id, const struct preview *pr, bool opens,
	const char **ret_deployment)
{
	struct rows *r;
	enum err e = db_query(ctx, svc->db, STMT_PREVIEW_PUT,
		DB_IN(project_id, str_from_i64(ctx->arena, pr->number),
			pr->title, pr->author, pr->branch, pr->commit,
			pr->fork ? "t" : "f",
			str_from_i64(ctx->arena, pr->told_at),
			opens ? "t" : "f"),
		&r);

	if (e)
		return e;
	if (!rows_str(r, "id"))
		return E_PREVIEW_OUTDATED;
	if (!rows_bool(r, 0, rows_col(r, "build")))
		return E_PREVIEW_WAITS;
	return deploy(ctx, svc, user_id, project_id, rows_str(r, "target"),
		pr->branch, pr->commit, pr->fork, ret_deployment);
}

/* told_at: NULL, or the time of the git host's word. */
static enum err
do_close(struct ctx *ctx, const struct svc *svc, const char *project_id,
	int64_t number, const char *told_at)
{
	return db_query(ctx, svc->db, STMT_PREVIEW_CLOSE,
		DB_IN(project_id, str_from_i64(ctx->arena, number), told_at,
			"Its pull request was closed."),
		NULL);
}

enum err
preview_end(struct ctx *ctx, const struct svc *svc, const char *project_id,
	const struct preview *pr)
{
	const char *told_at = str_from_i64(ctx->arena, pr->told_at);
	enum err e = db_query(ctx, svc->db, STMT_PREVIEW_PUT_CLOSED,
		DB_IN(project_id, str_from_i64(ctx->arena, pr->number),
			pr->title, pr->author, pr->branch, pr->commit,
			pr->fork ? "t" : "f", told_at),
		NULL);

	if (!e)
		e = do_close(ctx, svc, project_id, pr->number, told_at);
	return e == E_PREVIEW_NOT_FOUND ? E_PREVIEW_OUTDATED : e;
}

enum err
preview_close(struct ctx *ctx, const struct svc *svc, const char *project_id,
	int64_t number)
{
	return do_close(ctx, svc, project_id, number, NULL);
}

enum err
preview_approve(struct ctx *ctx, const struct svc *svc, const char *user_id,
	const char *project_id, const char *id, const char *commit,
	const char **ret_deployment)
{
	struct rows *r;
	enum err e = db_query(ctx, svc->db, STMT_PREVIEW_APPROVE,
		DB_IN(id, project_id, user_id, commit), &r);

	if (e)
		return e;
	if (rows_n(r) == 0) {
		e = db_query(ctx, svc->db, STMT_PREVIEW_NUMBER,
			DB_IN(id, project_id, user_id), NULL);
		return e ? e : E_PREVIEW_CHANGED;
	}
	return deploy(ctx, svc, user_id, project_id, rows_str(r, "target"),
		rows_str(r, "branch"), rows_str(r, "commit_hash"),
		rows_bool(r, 0, rows_col(r, "fork")), ret_deployment);
}
