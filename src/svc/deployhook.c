/* deployhook.c - makes deploy hooks and obeys them. Who may list and remove is
 * SQL's. */
#include "svc/deployhook.h"

#include "base/arena.h"
#include "base/cfg.h"
#include "base/str.h"
#include "ext/crypt.h"
#include "gen/stmt.h"
#include "svc/deploy.h"
#include "svc/secret.h"

enum err
deployhook_create(struct ctx *ctx, const struct svc *svc, const char *user_id,
	const char *project_id, const char *name, const char *branch,
	struct rows **ret, const char **ret_url)
{
	const char *max =
		str_from_i64(ctx->arena, svc->cfg->deploy_hooks_per_project);
	struct secret s;
	struct rows *row;
	enum err e;

	secret_make(&s);
	e = db_begin(ctx, svc->db);
	if (!e)
		e = db_query(ctx, svc->db, STMT_PROJECT_LOCK,
			DB_IN(project_id, user_id), NULL);
	if (!e)
		e = db_query(ctx, svc->db, STMT_DEPLOY_HOOK_INSERT,
			DB_IN(project_id, user_id, name, branch, s.hash, max),
			&row);
	e = db_end(ctx, svc->db, e);
	if (e)
		return e;
	*ret = row;
	*ret_url = arena_printf(ctx->arena, "%s/api/deploy-hooks/%s?key=%s",
		svc->cfg->app_url, rows_str(row, "id"), s.text);
	return E_OK;
}

enum err
deployhook_find(struct ctx *ctx, const struct svc *svc, const char *id,
	const char *key, struct deployhook *ret)
{
	char hash[65];
	struct rows *r;
	enum err e;

	crypt_sha256_hex(key, hash);
	e = db_query(ctx, svc->db, STMT_DEPLOY_HOOK_FIND, DB_IN(id, hash), &r);
	if (e)
		return e;
	*ret = (struct deployhook){
		.id = rows_str(r, "id"),
		.project_id = rows_str(r, "project_id"),
		.user_id = rows_str(r, "user_id"),
		.branch = rows_str(r, "branch"),
	};
	return E_OK;
}

enum err
deployhook_use(struct ctx *ctx, const struct svc *svc,
	const struct deployhook *h, const char **ret_deployment)
{
	const struct deploy_settings settings = {.branch = h->branch};
	enum err e = deploy_automatic(
		ctx, svc, h->user_id, h->project_id, &settings, ret_deployment);
	enum err noted = db_query(ctx, svc->db, STMT_DEPLOY_HOOK_USED,
		DB_IN(h->id, e ? err_info(e)->message : "Queued a deployment"),
		NULL);

	return e ? e : noted;
}
