/*
 * deploy.c - turns a wish into a row of the queue: which project is meant, what
 * it is built with. Everything that one wish changes is one transaction.
 */
#include "svc/deploy.h"

#include "base/arena.h"
#include "base/rand.h"
#include "base/str.h"
#include "ext/crypt.h"
#include "gen/stmt.h"
#include "svc/environ.h"
#include "svc/gitcred.h"
#include "svc/giturl.h"
#include "svc/webhook.h"

#define NAME_MAX_LENGTH 100
/* a host name's label holds "<12 digits>--<site>" as well (publish.h) */
#define SITE_MAX_LENGTH 49
#define NAME_TRIES      24
#define LOWER           "abcdefghijklmnopqrstuvwxyz"
#define NAME_CHARS      LOWER "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-"

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

/* ---- which repository ---- */

static bool
is_name(const char *s)
{
	size_t n = strlen(s);

	return n > 0 && n <= NAME_MAX_LENGTH && strspn(s, NAME_CHARS) == n &&
	       !strchr("._-", s[0]);
}

/* "owner/name" of GitHub. */
static bool
is_owner_name(struct arena *a, const char *s)
{
	size_t n;
	char **part = str_split(a, s, '/', &n);

	return n == 2 && is_name(part[0]) && is_name(part[1]);
}

/* A valid project name from any text. */
static const char *
name_from(struct arena *a, const char *text)
{
	char *s = arena_strdup(a, text);

	for (char *p = s; *p; p++) {
		if (!strchr(NAME_CHARS, *p))
			*p = '-';
	}
	s += strspn(s, "._-");
	if (strlen(s) > NAME_MAX_LENGTH - 8)
		s[NAME_MAX_LENGTH - 8] = '\0'; /* room for a number */
	return *s ? s : "site";
}

enum err
deploy_repository(struct ctx *ctx, const struct cfg *cfg, const char *text,
	const char **ret_url, const char **ret_name)
{
	struct giturl u;
	size_t n;
	char *path;
	enum err e;

	if (is_owner_name(ctx->arena, text))
		text = arena_printf(ctx->arena, "%s/%s%s", cfg->github_url,
			text, str_ends(text, ".git") ? "" : ".git");
	e = giturl_parse(ctx, cfg, text, &u);
	if (e)
		return e;
	path = arena_strdup(ctx->arena, u.path);
	n = strlen(path);
	if (n > 4 && str_ends(path, ".git"))
		path[n - 4] = '\0';
	*ret_url = u.url;
	*ret_name = name_from(ctx->arena, strrchr(path, '/') + 1);
	return E_OK;
}

/* ---- a new project ---- */

/* A project that is about to be. */
struct draft {
	char id[37];
	const char *user_id;
	const char *name;
	bool name_given;
	const char *site;
	const char *repository;
	const char *env_sealed, *preview_env_sealed;
	const char *token_sealed, *token_origin;
	const struct deploy_settings *settings;
};

/* A host name label: lower case, digits, single hyphens inside. */
static const char *
site_from(struct arena *a, const char *name)
{
	char *s = arena_alloc(a, strlen(name) + 1);
	size_t n = 0;

	for (const char *p = name; *p; p++) {
		char c = *p;

		if (c >= 'A' && c <= 'Z')
			c = (char)(c - 'A' + 'a');
		if (!strchr(LOWER "0123456789", c))
			c = '-';
		if (c != '-' || (n > 0 && s[n - 1] != '-'))
			s[n++] = c;
	}
	n = MIN(n, (size_t)SITE_MAX_LENGTH - 8);
	while (n > 0 && s[n - 1] == '-')
		n--;
	s[n] = '\0';
	return n ? s : "site";
}

/* "name", then "name-2" to "name-9", then "name-1f3a". */
static const char *
nth_choice(struct arena *a, const char *base, int i)
{
	if (i == 0)
		return base;
	if (i < 9)
		return arena_printf(a, "%s-%d", base, i + 1);
	return arena_printf(a, "%s-%04x", base, (unsigned)rand_below(0x10000));
}

static enum err
insert_draft(struct ctx *ctx, const struct svc *svc, const struct draft *d,
	bool *ret_made)
{
	const struct deploy_settings *s = d->settings;
	struct rows *made;
	enum err e = db_query(ctx, svc->db, STMT_PROJECT_INSERT_IF_FREE,
		DB_IN(d->id, d->user_id, d->name, d->site, d->repository,
			s->branch, s->root_dir, s->install_command,
			s->build_command, s->output_dir, d->env_sealed,
			d->preview_env_sealed, d->token_sealed,
			d->token_origin),
		&made);

	if (!e)
		*ret_made = rows_n(made) == 1;
	return e;
}

/* Insert under the first free name and site. Names are the user's own (and
 * user_lock holds them still); sites are everybody's, so another user may take
 * one between the question and the insert: then the next one is tried. */
static enum err
insert_free(struct ctx *ctx, const struct svc *svc, struct draft *d)
{
	const char *name = d->name;
	const char *site = site_from(ctx->arena, d->name);
	int iname = 0;
	int isite = 0;
	bool made = false;

	for (int i = 0; i < NAME_TRIES && !made; i++) {
		struct rows *r;
		bool name_taken, site_taken;
		enum err e;

		d->name = nth_choice(ctx->arena, name, iname);
		d->site = nth_choice(ctx->arena, site, isite);
		e = db_query(ctx, svc->db, STMT_PROJECT_NAMES_TAKEN,
			DB_IN(d->user_id, d->name, d->site), &r);
		if (e)
			return e;
		name_taken = rows_bool(r, 0, rows_col(r, "name_taken"));
		site_taken = rows_bool(r, 0, rows_col(r, "site_taken"));
		if (name_taken && d->name_given)
			return E_PROJECT_NAME_TAKEN;
		iname += name_taken;
		isite += site_taken;
		if (!name_taken && !site_taken)
			e = insert_draft(ctx, svc, d, &made);
		if (e)
			return e;
	}
	return made ? E_OK
		    : ctx_fail(ctx, E_CONFLICT,
			      "No free name was found for the project");
}

static enum err
make_project(struct ctx *ctx, const struct svc *svc, struct draft *d)
{
	enum err e;

	rand_uuid(d->id);
	e = environ_seal(ctx, svc, ENVIRON_PRODUCTION, d->id, d->settings->env,
		&d->env_sealed);
	if (!e)
		e = environ_seal(ctx, svc, ENVIRON_PREVIEW, d->id,
			d->settings->preview_env, &d->preview_env_sealed);
	if (!e)
		e = gitcred_seal(ctx, svc->cfg, d->id, d->repository,
			d->settings->deploy_token, &d->token_sealed,
			&d->token_origin);
	if (!e)
		e = insert_free(ctx, svc, d);
	return e ? e : webhook_register(ctx, svc, d->user_id, d->id, false);
}

static enum err
project_create(struct ctx *ctx, const struct svc *svc, struct draft *d)
{
	enum err e =
		db_query(ctx, svc->db, STMT_USER_LOCK, DB_IN(d->user_id), NULL);

	return e ? e : make_project(ctx, svc, d);
}

enum err
deploy_project_create(struct ctx *ctx, const struct svc *svc,
	const char *user_id, const char *name, const char *repository,
	const struct deploy_settings *settings, const char **ret_id)
{
	struct draft d = {.user_id = user_id,
		.name_given = name != NULL,
		.settings = settings};
	enum err e = deploy_repository(
		ctx, svc->cfg, repository, &d.repository, &d.name);

	if (e)
		return e;
	if (name)
		d.name = name;
	e = db_begin(ctx, svc->db);
	if (!e)
		e = project_create(ctx, svc, &d);
	e = db_end(ctx, svc->db, e);
	if (!e)
		*ret_id = arena_strdup(ctx->arena, d.id);
	return e;
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
project_from_draft(struct ctx *ctx, const struct svc *svc, struct draft *d,
	struct project *p)
{
	enum err e = make_project(ctx, svc, d);

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
	struct draft *d, struct project *p)
{
	const char *name = is_name(text) ? text : NULL;
	struct rows *r;
	enum err e = E_OK;

	if (!name)
		e = deploy_repository(
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
			s->untrusted ? "f" : "t"),
		NULL);
}

/* A deployment of a project: what the wish does not say is as the project
 * has it. */
static enum err
insert_wish(struct ctx *ctx, const struct svc *svc, const char *user_id,
	const char *trigger, const struct project *p,
	const struct deploy_settings *s, const char **ret_id)
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
	char id[37];
	enum err e;

	rand_uuid(id);
	e = environ_for(ctx, svc, id, s->env, of, p->id,
		s->untrusted ? NULL : sealed, &env);
	if (!e)
		e = insert_deployment(ctx, svc, id, user_id, trigger, p->id,
			p->repository, &all, env);
	if (!e)
		*ret_id = arena_strdup(ctx->arena, id);
	return e;
}

enum err
deploy_request(struct ctx *ctx, const struct svc *svc, const char *user_id,
	const char *trigger, const char *repository,
	const struct deploy_settings *settings, const char **ret_id)
{
	struct draft d = {.user_id = user_id, .settings = settings};
	const char *id = NULL;
	struct project p = {0};
	enum err e = db_begin(ctx, svc->db);

	if (!e)
		e = project_for(ctx, svc, repository, &d, &p);
	if (!e)
		e = insert_wish(ctx, svc, user_id, trigger, &p, settings, &id);
	e = db_end(ctx, svc->db, e);
	if (!e)
		*ret_id = id;
	return e;
}

/* ---- by itself ---- */

static enum err
insert_automatic(struct ctx *ctx, const struct svc *svc, const char *user_id,
	const char *project_id, const struct deploy_settings *settings,
	const char **ret_id)
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
	e = insert_wish(ctx, svc, user_id, "webhook", &p, settings, ret_id);
	return e ? e
		 : db_query(ctx, svc->db, STMT_DEPLOYMENT_SUPERSEDE,
			   DB_IN(*ret_id), NULL);
}

enum err
deploy_automatic(struct ctx *ctx, const struct svc *svc, const char *user_id,
	const char *project_id, const struct deploy_settings *settings,
	const char **ret_id)
{
	const char *id = NULL;
	enum err e = db_begin(ctx, svc->db);

	if (!e)
		e = insert_automatic(
			ctx, svc, user_id, project_id, settings, &id);
	e = db_end(ctx, svc->db, e);
	if (!e)
		*ret_id = id;
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
	if (!rows_bool(r, 0, rows_col(r, "open")))
		return E_PREVIEW_CLOSED;
	if (rows_bool(r, 0, rows_col(r, "uploaded")))
		return E_UPLOAD_GONE;
	project_read(r, &was);
	was.settings.no_cache = no_cache;
	was.settings.target = rows_str(r, "target");
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
		e = db_query(ctx, svc->db, STMT_DEPLOYMENT_INSERT_SWITCH,
			DB_IN(id, user_id, "rollback", source, env), NULL);
	if (!e)
		e = db_query(ctx, svc->db, STMT_DEPLOYMENT_MAKE_WAY,
			DB_IN(id, "A rollback took its place."), NULL);
	if (!e)
		e = db_query(ctx, svc->db, STMT_PROJECT_PAUSE,
			DB_IN(project_id, user_id), NULL);
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

enum err
deploy_delete(struct ctx *ctx, const struct svc *svc, const char *user_id,
	const char *id)
{
	struct rows *r;
	enum err e = db_query(
		ctx, svc->db, STMT_DEPLOYMENT_DELETE, DB_IN(id, user_id), &r);

	if (e)
		return e;
	if (rows_bool(r, 0, rows_col(r, "active")))
		return ctx_fail(ctx, E_CONFLICT,
			"The deployment has not ended; cancel it first");
	if (rows_bool(r, 0, rows_col(r, "live")))
		return ctx_fail(ctx, E_CONFLICT,
			"The deployment is live; deploy or roll back to "
			"another one first");
	return E_OK;
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
