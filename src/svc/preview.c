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
	const char *project_id, const struct preview *pr,
	const char **ret_deployment)
{
	struct rows *r;
	enum err e = db_query(ctx, svc->db, STMT_PREVIEW_PUT,
		DB_IN(project_id, str_from_i64(ctx->arena, pr->number),
			pr->title, pr->author, pr->branch, pr->commit,
			pr->fork ? "t" : "f"),
		&r);

	if (e)
		return e;
	if (!rows_bool(r, 0, rows_col(r, "build")))
		return E_PREVIEW_WAITS;
	return deploy(ctx, svc, user_id, project_id, rows_str(r, "target"),
		pr->branch, pr->commit, pr->fork, ret_deployment);
}

enum err
preview_close(struct ctx *ctx, const struct svc *svc, const char *project_id,
	int64_t number)
{
	return db_query(ctx, svc->db, STMT_PREVIEW_CLOSE,
		DB_IN(project_id, str_from_i64(ctx->arena, number),
			"Its pull request was closed."),
		NULL);
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
