/*
 * deploy.c - turns a wish into a row of the queue: which project is meant
 * (project.c makes new ones), what it is built with. Everything that one wish
 * changes is one transaction.
 */
#include "svc/deploy.h"

#include "base/arena.h"
#include "base/rand.h"
#include "base/str.h"
#include "ext/crypt.h"
#include "gen/stmt.h"
#include "svc/environ.h"
#include "svc/project.h"

static const struct deploy_state_info states[] = {
#define STATE(name, text, final, stage) [DEPLOY_##name] = {text, final, stage},
#include "svc/deploy_state.def"
#undef STATE
};

const char *const deploy_state_texts[] = {
#define STATE(name, text, final, stage) text,
#include "svc/deploy_state.def"
#undef STATE
	NULL,
};

const struct deploy_state_info *
deploy_state_info(enum deploy_state s)
{
	ASSERT(s < DEPLOY_STATE_MAX);
	return &states[s];
}

enum deploy_state
deploy_state_parse(const char *text)
{
	enum deploy_state s = 0;

	while (s < DEPLOY_STATE_MAX && !str_eq(states[s].text, text))
		s++;
	ASSERT(s < DEPLOY_STATE_MAX);
	return s;
}

/* ---- a deployment ---- */

/* What a deployment's snapshot is made of when the wish does not say. */
struct project {
	const char *id;
	const char *repository;
	const char *env_sealed, *preview_env_sealed;
	struct deploy_settings settings; /* but env */
};

static void
project_read(const struct rows *r, struct project *p)
{
	p->id = rows_str(r, "project_id");
	p->repository = rows_str(r, "repository");
	p->env_sealed = rows_str(r, "env_sealed");
	p->settings = (struct deploy_settings){
		.branch = rows_str(r, "branch"),
		.commit = rows_str(r, "commit"),
		.root_dir = rows_str(r, "root_dir"),
		.install_command = rows_str(r, "install_command"),
		.build_command = rows_str(r, "build_command"),
		.output_dir = rows_str(r, "output_dir"),
	};
}

static enum err
project_from_draft(struct ctx *ctx, const struct svc *svc,
	struct project_draft *d, struct project *p)
{
	enum err e = project_make(ctx, svc, d);

	if (e)
		return e;
	*p = (struct project){.id = arena_strdup(ctx->arena, d->id),
		.repository = d->repository,
		.env_sealed = d->env_sealed,
		.settings = *d->settings};
	if (!p->settings.branch)
		p->settings.branch = "main";
	return E_OK;
}

/* The project that the wish means; made when there is none. */
static enum err
project_for(struct ctx *ctx, const struct svc *svc, const char *text,
	struct project_draft *d, struct project *p)
{
	const char *name = project_is_name(text) ? text : NULL;
	struct rows *r;
	enum err e = E_OK;

	if (!name)
		e = project_repository(
			ctx, svc->cfg, text, &d->repository, &d->name);
	if (!e)
		e = db_query(
			ctx, svc->db, STMT_USER_LOCK, DB_IN(d->user_id), NULL);
	if (!e)
		e = db_query(ctx, svc->db, STMT_PROJECT_FIND,
			DB_IN(d->user_id, name, d->repository), &r);
	if (e)
		return e;
	if (rows_n(r) > 0) {
		project_read(r, p);
		return E_OK;
	}
	if (name)
		return ctx_fail(ctx, E_REPOSITORY_REFUSED,
			"You have no project of this name; give owner/name on "
			"GitHub or the https URL of a git repository");
	return project_from_draft(ctx, svc, d, p);
}

#define ELSE(a, b) ((a) ? (a) : (b))

static enum err
insert_deployment(struct ctx *ctx, const struct svc *svc, const char *id,
	const char *user_id, const char *trigger, const char *project_id,
	const char *repository, const struct deploy_settings *s,
	const char *env_sealed)
{
	return db_query(ctx, svc->db, STMT_DEPLOYMENT_INSERT,
		DB_IN(id, project_id, user_id,
			str_from_i64(ctx->arena, svc->cfg->queued_per_user),
			trigger, repository, s->branch, s->commit, s->root_dir,
			s->install_command, s->build_command, s->output_dir,
			env_sealed, s->no_cache ? "f" : "t", s->target,
			s->untrusted ? "f" : "t", s->spa),
		NULL);
}

/* A deployment of a project: what the wish does not say is as the project
 * has it. */
static enum err
insert_wish(struct ctx *ctx, const struct svc *svc, const char *user_id,
	const char *trigger, const struct project *p,
	const struct deploy_settings *s, const char *id)
{
	const struct deploy_settings *own = &p->settings;
	const struct deploy_settings all = {
		.branch = ELSE(s->branch, own->branch),
		.commit = s->commit,
		.root_dir = ELSE(s->root_dir, own->root_dir),
		.install_command =
			ELSE(s->install_command, own->install_command),
		.build_command = ELSE(s->build_command, own->build_command),
		.output_dir = ELSE(s->output_dir, own->output_dir),
		.no_cache = s->no_cache,
		.target = s->target,
		.untrusted = s->untrusted,
	};
	enum environ_of of = s->target ? ENVIRON_PREVIEW : ENVIRON_PRODUCTION;
	const char *sealed = s->target ? p->preview_env_sealed : p->env_sealed;
	const char *env = NULL;
	enum err e;

	if (!p->repository)
		return E_NO_REPOSITORY;
	e = environ_for(ctx, svc, id, s->env, of, p->id,
		s->untrusted ? NULL : sealed, &env);
	return e ? e
		 : insert_deployment(ctx, svc, id, user_id, trigger, p->id,
			   p->repository, &all, env);
}

enum err
deploy_request(struct ctx *ctx, const struct svc *svc, const char *user_id,
	const char *trigger, const char *repository,
	const struct deploy_settings *settings, const char **ret_id)
{
	struct project_draft d = {.user_id = user_id, .settings = settings};
	struct project p = {0};
	char id[37];
	enum err e = db_begin(ctx, svc->db);

	rand_uuid(id);
	if (!e)
		e = project_for(ctx, svc, repository, &d, &p);
	if (!e)
		e = insert_wish(ctx, svc, user_id, trigger, &p, settings, id);
	e = db_end(ctx, svc->db, e);
	if (!e)
		*ret_id = arena_strdup(ctx->arena, id);
	return e;
}

/* ---- by itself ---- */

static enum err
insert_automatic(struct ctx *ctx, const struct svc *svc, const char *user_id,
	const char *project_id, const struct deploy_settings *settings,
	const char *id)
{
	struct project p;
	struct rows *r;
	enum err e =
		db_query(ctx, svc->db, STMT_USER_LOCK, DB_IN(user_id), NULL);

	if (!e)
		e = db_query(ctx, svc->db, STMT_PROJECT_FOR_DEPLOY,
			DB_IN(project_id, user_id), &r);
	if (e)
		return e;
	if (!settings->target && rows_bool(r, 0, rows_col(r, "paused")))
		return E_DEPLOY_PAUSED;
	project_read(r, &p);
	p.preview_env_sealed = rows_str(r, "preview_env_sealed");
	e = db_query(ctx, svc->db, STMT_DEPLOYMENT_SUPERSEDE,
		DB_IN(id, project_id, user_id, settings->target), NULL);
	return e ? e
		 : insert_wish(ctx, svc, user_id, "webhook", &p, settings, id);
}

enum err
deploy_automatic(struct ctx *ctx, const struct svc *svc, const char *user_id,
	const char *project_id, const struct deploy_settings *settings,
	const char **ret_id)
{
	char id[37];
	enum err e = db_begin(ctx, svc->db);

	rand_uuid(id);
	if (!e)
		e = insert_automatic(
			ctx, svc, user_id, project_id, settings, id);
	e = db_end(ctx, svc->db, e);
	if (!e)
		*ret_id = arena_strdup(ctx->arena, id);
	return e;
}

/* ---- once more ---- */

static enum err
insert_again(struct ctx *ctx, const struct svc *svc, const char *user_id,
	const char *source, bool no_cache, const char *id)
{
	struct project was;
	const char *env;
	struct rows *r;
	enum err e = db_query(ctx, svc->db, STMT_DEPLOYMENT_SNAPSHOT,
		DB_IN(source, user_id), &r);

	if (e)
		return e;
	if (!rows_bool(r, 0, rows_col(r, "target_open")))
		return E_PREVIEW_CLOSED;
	if (rows_bool(r, 0, rows_col(r, "uploaded")))
		return E_UPLOAD_GONE;
	project_read(r, &was);
	was.settings.no_cache = no_cache;
	was.settings.target = rows_str(r, "target");
	was.settings.spa = rows_str(r, "spa");
	was.settings.untrusted = !rows_bool(r, 0, rows_col(r, "trusted"));
	e = environ_for(ctx, svc, id, NULL, ENVIRON_DEPLOYMENT, source,
		was.env_sealed, &env);
	return e ? e
		 : insert_deployment(ctx, svc, id, user_id, "redeploy", was.id,
			   was.repository, &was.settings, env);
}

enum err
deploy_again(struct ctx *ctx, const struct svc *svc, const char *user_id,
	const char *id, bool no_cache, const char **ret_id)
{
	char new_id[37];
	enum err e = db_begin(ctx, svc->db);

	rand_uuid(new_id);
	if (!e)
		e = db_query(
			ctx, svc->db, STMT_USER_LOCK, DB_IN(user_id), NULL);
	if (!e)
		e = insert_again(ctx, svc, user_id, id, no_cache, new_id);
	e = db_end(ctx, svc->db, e);
	if (!e)
		*ret_id = arena_strdup(ctx->arena, new_id);
	return e;
}

/* ---- back ---- */

/* The deployment to go back to, and its environment for the new row. */
static enum err
rollback_source(struct ctx *ctx, const struct svc *svc, const char *user_id,
	const char *project_id, const char *wanted, const char *new_id,
	const char **ret_source, const char **ret_env)
{
	struct rows *r;
	enum err e = db_query(ctx, svc->db, STMT_DEPLOYMENT_ROLLBACK_SOURCE,
		DB_IN(project_id, user_id, wanted), &r);

	if (e)
		return e;
	*ret_source = rows_str(r, "id");
	if (!*ret_source)
		return wanted ? E_DEPLOYMENT_NOT_FOUND
			      : ctx_fail(ctx, E_RELEASE_GONE,
					"There is no release before the live "
					"one");
	if (rows_bool(r, 0, rows_col(r, "live")))
		return E_RELEASE_LIVE;
	return environ_for(ctx, svc, new_id, NULL, ENVIRON_DEPLOYMENT,
		*ret_source, rows_str(r, "env_sealed"), ret_env);
}

static enum err
insert_switch(struct ctx *ctx, const struct svc *svc, const char *user_id,
	const char *project_id, const char *wanted, const char *id)
{
	const char *source = NULL;
	const char *env = NULL;
	enum err e =
		db_query(ctx, svc->db, STMT_USER_LOCK, DB_IN(user_id), NULL);

	if (!e)
		e = rollback_source(ctx, svc, user_id, project_id, wanted, id,
			&source, &env);
	if (!e)
		e = db_query(ctx, svc->db, STMT_DEPLOYMENT_MAKE_WAY,
			DB_IN(id, user_id, source,
				"A rollback took its place."),
			NULL);
	if (!e)
		e = db_query(ctx, svc->db, STMT_PROJECT_PAUSE,
			DB_IN(project_id, user_id), NULL);
	if (!e)
		e = db_query(ctx, svc->db, STMT_DEPLOYMENT_INSERT_SWITCH,
			DB_IN(id, user_id, "rollback", source, env), NULL);
	return e;
}

enum err
deploy_rollback(struct ctx *ctx, const struct svc *svc, const char *user_id,
	const char *project_id, const char *deployment_id, const char **ret_id)
{
	char id[37];
	enum err e = db_begin(ctx, svc->db);

	rand_uuid(id);
	if (!e)
		e = insert_switch(
			ctx, svc, user_id, project_id, deployment_id, id);
	e = db_end(ctx, svc->db, e);
	if (!e)
		*ret_id = arena_strdup(ctx->arena, id);
	return e;
}

/* ---- the end ---- */

static enum err
delete_ended(struct ctx *ctx, const struct svc *svc, const char *user_id,
	const char *id)
{
	struct rows *r;
	enum err e = db_query(
		ctx, svc->db, STMT_DEPLOYMENT_LOCK, DB_IN(id, user_id), &r);

	if (!e && rows_bool(r, 0, rows_col(r, "active")))
		return ctx_fail(ctx, E_CONFLICT,
			"The deployment has not ended; cancel it first");
	if (!e)
		e = db_query(ctx, svc->db, STMT_DEPLOYMENT_DELETE,
			DB_IN(id, user_id), &r);
	if (!e && rows_bool(r, 0, rows_col(r, "live")))
		return ctx_fail(ctx, E_CONFLICT,
			"The deployment is live; deploy or roll back to "
			"another one first");
	return e;
}

enum err
deploy_delete(struct ctx *ctx, const struct svc *svc, const char *user_id,
	const char *id)
{
	enum err e = db_begin(ctx, svc->db);

	if (!e)
		e = delete_ended(ctx, svc, user_id, id);
	return db_end(ctx, svc->db, e);
}

enum err
deploy_cancel(struct ctx *ctx, const struct svc *svc, const char *user_id,
	const char *id)
{
	struct rows *r;
	enum err e = db_query(
		ctx, svc->db, STMT_DEPLOYMENT_CANCEL, DB_IN(id, user_id), &r);

	if (e)
		return e;
	return rows_bool(r, 0, rows_col(r, "was_final")) ? E_DEPLOYMENT_FINISHED
							 : E_OK;
}
