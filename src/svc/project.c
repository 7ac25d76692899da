/*
 * project.c - what a wish calls a project, and how a new one gets its names.
 */
#include "svc/project.h"

#include "base/arena.h"
#include "base/rand.h"
#include "base/str.h"
#include "gen/stmt.h"
#include "svc/deploy.h"
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

/* ---- which repository ---- */

bool
project_is_name(const char *s)
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

	return n == 2 && project_is_name(part[0]) && project_is_name(part[1]);
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
project_repository(struct ctx *ctx, const struct cfg *cfg, const char *text,
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
insert_draft(struct ctx *ctx, const struct svc *svc,
	const struct project_draft *d, bool *ret_made)
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
insert_free(struct ctx *ctx, const struct svc *svc, struct project_draft *d)
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

enum err
project_make(struct ctx *ctx, const struct svc *svc, struct project_draft *d)
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
create(struct ctx *ctx, const struct svc *svc, struct project_draft *d)
{
	enum err e =
		db_query(ctx, svc->db, STMT_USER_LOCK, DB_IN(d->user_id), NULL);

	return e ? e : project_make(ctx, svc, d);
}

enum err
project_create(struct ctx *ctx, const struct svc *svc, const char *user_id,
	const char *name, const char *repository,
	const struct deploy_settings *settings, const char **ret_id)
{
	struct project_draft d = {.user_id = user_id,
		.name_given = name != NULL,
		.settings = settings};
	enum err e = E_OK;

	ASSERT(name || repository);
	if (repository)
		e = project_repository(
			ctx, svc->cfg, repository, &d.repository, &d.name);
	if (e)
		return e;
	if (name)
		d.name = name;
	e = db_begin(ctx, svc->db);
	if (!e)
		e = create(ctx, svc, &d);
	e = db_end(ctx, svc->db, e);
	if (!e)
		*ret_id = arena_strdup(ctx->arena, d.id);
	return e;
}
