/* gitcred.c - keeps deploy tokens, and decides which server gets what. */
#include "svc/gitcred.h"

#include "base/arena.h"
#include "base/str.h"
#include "gen/stmt.h"
#include "svc/github.h"
#include "svc/hostrule.h"
#include "svc/seal.h"

#include <netinet/in.h>

/* GitHub takes any name with a token; most others do, too. */
#define ANY_USER "x-access-token"

static const char *
origin_of(struct arena *a, const struct giturl *u)
{
	return arena_printf(a, "%s://%s:%u", u->scheme, u->host, u->port);
}

static const char *
deploy_row(struct arena *a, const char *project_id)
{
	return arena_printf(a, "project:%s:deploy_token", project_id);
}

/* A token goes into a line of git's credential protocol. */
enum err
gitcred_check(struct ctx *ctx, const char *token)
{
	const char *colon = token ? strchr(token, ':') : NULL;

	if (!token)
		return E_OK;
	for (const char *p = token; *p; p++) {
		if ((unsigned char)*p <= ' ' || (unsigned char)*p > '~')
			return ctx_fail(ctx, E_VALIDATION_ERROR,
				"must hold visible ASCII characters only");
	}
	if (!*token || (colon && (colon == token || !colon[1])))
		return ctx_fail(ctx, E_VALIDATION_ERROR,
			"must be a token, or user:token");
	return E_OK;
}

enum err
gitcred_seal(struct ctx *ctx, const struct cfg *cfg, const char *project_id,
	const char *repository, const char *token, const char **ret_sealed,
	const char **ret_origin)
{
	const char *sealed = NULL;
	const char *origin = NULL;
	struct giturl u;
	enum err e = gitcred_check(ctx, token);

	if (!e && token && !repository)
		e = E_NO_REPOSITORY;
	if (!e && token)
		e = giturl_parse(ctx, cfg, repository, &u);
	if (!e && token) {
		origin = origin_of(ctx->arena, &u);
		e = seal_close(ctx, cfg, deploy_row(ctx->arena, project_id),
			token, &sealed);
	}
	if (e)
		return e;
	*ret_sealed = sealed;
	*ret_origin = origin;
	return E_OK;
}

enum err
gitcred_set(struct ctx *ctx, const struct svc *svc, const char *user_id,
	const char *project_id, const char *token)
{
	const char *sealed, *origin;
	struct rows *r;
	enum err e = db_query(ctx, svc->db, STMT_PROJECT_FOR_DEPLOY,
		DB_IN(project_id, user_id), &r);

	if (!e)
		e = gitcred_seal(ctx, svc->cfg, project_id,
			rows_str(r, "repository"), token, &sealed, &origin);
	return e ? e
		 : db_query(ctx, svc->db, STMT_PROJECT_DEPLOY_TOKEN_SET,
			   DB_IN(project_id, user_id, sealed, origin), NULL);
}

/* ---- which one ---- */

/* Nothing secret travels in clear over a wire. A name may begin with "127." as
 * well, and be anywhere. */
static bool
private_way(const struct giturl *u)
{
	struct sockaddr_in sa;

	return str_eq(u->scheme, "https") || str_eq(u->host, "localhost") ||
	       (str_starts(u->host, "127.") && hostrule_address(u->host, &sa));
}

static bool
is_github(struct ctx *ctx, const struct cfg *cfg, const struct giturl *u)
{
	struct ctx own = {.arena = ctx->arena};
	struct giturl g;
	const char *text =
		arena_printf(ctx->arena, "%s/owner/name", cfg->github_url);

	return giturl_parse(&own, cfg, text, &g) == E_OK &&
	       str_eq(origin_of(ctx->arena, u), origin_of(ctx->arena, &g));
}

static enum err
open_deploy_token(struct ctx *ctx, const struct cfg *cfg,
	const struct gitcred_row *row, struct gitcred *ret)
{
	const char *text, *colon;
	enum err e =
		seal_open(ctx, cfg, deploy_row(ctx->arena, row->project_id),
			row->deploy_sealed, &text);

	if (e)
		return e;
	colon = strchr(text, ':');
	ret->user =
		colon ? arena_strndup(ctx->arena, text, (size_t)(colon - text))
		      : ANY_USER;
	ret->token = colon ? colon + 1 : text;
	ret->what = "the project's deploy token";
	return E_OK;
}

enum err
gitcred_pick(struct ctx *ctx, const struct cfg *cfg,
	const struct gitcred_row *row, const struct giturl *u,
	struct gitcred *ret)
{
	const char *origin = origin_of(ctx->arena, u);

	*ret = (struct gitcred){.origin = origin};
	if (!private_way(u))
		return E_OK;
	if (row->deploy_sealed && str_eq(row->deploy_origin, origin))
		return open_deploy_token(ctx, cfg, row, ret);
	if (!row->github_sealed || !is_github(ctx, cfg, u))
		return E_OK;
	ret->user = ANY_USER;
	ret->what = "the connected account at GitHub";
	return seal_open(ctx, cfg, github_row(ctx->arena, row->user_id),
		row->github_sealed, &ret->token);
}
