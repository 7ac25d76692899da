/* channel.c - makes notification channels. Who may see them is SQL's. */
#include "svc/channel.h"

#include "base/arena.h"
#include "base/rand.h"
#include "base/str.h"
#include "gen/stmt.h"
#include "svc/hook.h"
#include "svc/hookurl.h"
#include "svc/seal.h"
#include "svc/secret.h"

static enum err
seal(struct ctx *ctx, const struct svc *svc, const char *id, const char *what,
	const char *plain, const char **ret)
{
	return seal_close(ctx, svc->cfg,
		arena_printf(ctx->arena, "channel:%s:%s", id, what), plain,
		ret);
}

static enum err
make_secret(struct ctx *ctx, const struct svc *svc, const char *id,
	const char **ret_secret, const char **ret_sealed)
{
	struct secret s;

	secret_make(&s);
	*ret_secret = arena_printf(ctx->arena, "%s%s", HOOK_SECRET, s.text);
	return seal(ctx, svc, id, "secret", *ret_secret, ret_sealed);
}

enum err
channel_seal_url(struct ctx *ctx, const struct svc *svc, const char *id,
	const char *url, const char **ret_host, const char **ret_sealed)
{
	struct hookurl u;
	enum err e;

	if (!url)
		return E_OK;
	e = hookurl_parse(ctx, svc->cfg, url, &u);
	if (!e)
		e = seal(ctx, svc, id, "url", u.url, ret_sealed);
	if (!e)
		*ret_host = u.host;
	return e;
}

static const char *
truth(bool b)
{
	return b ? "t" : "f";
}

/* The user's row is locked first, so that channels that are made at once are
 * counted one after the other. */
static enum err
insert(struct ctx *ctx, const struct svc *svc, const char *user_id,
	const struct channel_new *in, const char *id, const char *host,
	const char *url, const char *secret, struct rows **ret)
{
	const char *max = str_from_i64(
		ctx->arena, svc->cfg->notification_channels_per_user);
	enum err e = db_query(
		ctx, svc->db, STMT_CHANNEL_OWNER, DB_IN(user_id), NULL);

	if (!e && in->project_id)
		e = db_query(ctx, svc->db, STMT_CHANNEL_PROJECT,
			DB_IN(in->project_id, user_id), NULL);
	return e ? e
		 : db_query(ctx, svc->db, STMT_CHANNEL_INSERT,
			   DB_IN(id, user_id, in->project_id, in->name,
				   in->kind, host, url, secret,
				   truth(in->on_success), truth(in->on_failure),
				   truth(in->state_change_only),
				   truth(in->enabled), max),
			   ret);
}

enum err
channel_create(struct ctx *ctx, const struct svc *svc, const char *user_id,
	const struct channel_new *in, struct rows **ret,
	const char **ret_secret)
{
	const char *host, *url;
	const char *secret = NULL;
	const char *sealed = NULL;
	char id[37];
	struct rows *row;
	enum err e;

	rand_uuid(id);
	e = channel_seal_url(ctx, svc, id, in->url, &host, &url);
	if (!e && str_eq(in->kind, "webhook"))
		e = make_secret(ctx, svc, id, &secret, &sealed);
	if (!e)
		e = db_begin(ctx, svc->db);
	if (e)
		return e;
	e = insert(ctx, svc, user_id, in, id, host, url, sealed, &row);
	e = db_end(ctx, svc->db, e);
	if (e)
		return e;
	*ret = row;
	*ret_secret = secret;
	return E_OK;
}

enum err
channel_new_secret(struct ctx *ctx, const struct svc *svc, const char *user_id,
	const char *id, const char **ret_secret)
{
	const char *secret, *sealed;
	struct rows *r;
	enum err e = make_secret(ctx, svc, id, &secret, &sealed);

	if (!e)
		e = db_query(ctx, svc->db, STMT_CHANNEL_SECRET,
			DB_IN(id, user_id, sealed), &r);
	if (e)
		return e;
	if (!str_eq(rows_str(r, "kind"), "webhook"))
		return ctx_fail(ctx, E_CONFLICT,
			"Only a webhook is signed with a secret");
	*ret_secret = secret;
	return E_OK;
}
