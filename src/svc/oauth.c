/* oauth.c - to the provider and back; oauth_account.c has what follows. */
#include "svc/oauth.h"

#include "base/arena.h"
#include "base/clock.h"
#include "base/str.h"
#include "ext/crypt.h"
#include "gen/stmt.h"
#include "svc/code.h"
#include "svc/github.h"
#include "svc/hashslot.h"
#include "svc/oauth_provider.h"
#include "svc/seal.h"
#include "svc/secret.h"

#define NEXT_MAX 512
#define CODE_MAX 2048

const char *const oauth_provider_names[] = {"github", "google", NULL};

static const struct oauth_driver *const drivers[OAUTH_PROVIDER_MAX] = {
	[OAUTH_GITHUB] = &oauth_github,
	[OAUTH_GOOGLE] = &oauth_google,
};

enum oauth_provider
oauth_provider_parse(const char *name)
{
	enum oauth_provider p = 0;

	while (!str_eq(oauth_provider_names[p], name)) {
		p++;
		ASSERT(p < OAUTH_PROVIDER_MAX);
	}
	return p;
}

bool
oauth_enabled(const struct cfg *cfg, enum oauth_provider p)
{
	return p == OAUTH_GITHUB
		       ? *cfg->github_client_id && *cfg->github_client_secret
		       : *cfg->google_client_id && *cfg->google_client_secret;
}

/* An allow-list: a slash that is written as %2f, a backslash, a second slash, a
 * blank or an @ lead elsewhere in one reader of addresses or another. */
const char *
oauth_next(struct arena *a, const char *s)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyz"
				    "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
				    "/_.~-?=&+,:";

	if (!s || *s != '/' || strlen(s) > NEXT_MAX || strstr(s, "//") ||
		strspn(s, plain) != strlen(s))
		return "/";
	return arena_strdup(a, s);
}

static const char *
redirect_uri(struct ctx *ctx, const struct cfg *cfg, enum oauth_provider p)
{
	const char *set = p == OAUTH_GITHUB ? cfg->github_callback_url
					    : cfg->google_callback_url;

	return *set ? set
		    : arena_printf(ctx->arena, "%s/api/auth/%s/callback",
			      cfg->app_url, oauth_provider_names[p]);
}

/* The verifier opens with this state only. */
static const char *
verifier_row(struct ctx *ctx, const char *hash)
{
	return arena_printf(ctx->arena, "oauth:%s", hash);
}

static const char *
challenge_of(struct ctx *ctx, const char *verifier)
{
	uint8_t md[CRYPT_SHA256];
	char *text = arena_alloc(ctx->arena, SECRET_TEXT);

	crypt_sha256(verifier, strlen(verifier), md);
	(void)str_b64url(text, md, sizeof(md)); /* length is known */
	return text;
}

/* All that is asked in one go has one deadline. */
static struct oauth_talk
talk(struct ctx *ctx, const struct cfg *cfg)
{
	return (struct oauth_talk){
		ctx, cfg, clock_mono_ms() + cfg->oauth_timeout};
}

/* ---- there ---- */

struct way_secrets {
	struct secret state, browser, verifier, nonce;
};

static enum err
keep_state(struct ctx *ctx, const struct svc *svc, const struct oauth_begin *b,
	const struct way_secrets *s)
{
	const char *provider = oauth_provider_names[b->provider];
	const char *next = oauth_next(ctx->arena, b->next);
	const char *life = str_from_i64(ctx->arena, OAUTH_SECONDS);
	const char *recent = str_from_i64(
		ctx->arena, b->connects ? svc->cfg->refresh_token_seconds
					: svc->cfg->recent_login_seconds);
	const char *sealed;
	enum err e = seal_close(ctx, svc->cfg, verifier_row(ctx, s->state.hash),
		s->verifier.text, &sealed);

	if (e)
		return e;
	if (!b->user_id)
		return db_query(ctx, svc->db, STMT_OAUTH_STATE_INSERT,
			DB_IN(s->state.hash, provider, s->browser.hash, sealed,
				s->nonce.text, next, life),
			NULL);
	return db_query(ctx, svc->db, STMT_OAUTH_STATE_INSERT_LINK,
		DB_IN(s->state.hash, provider, s->browser.hash, sealed,
			s->nonce.text, next, life, b->session_id, b->user_id,
			recent, b->connects ? "true" : "false"),
		NULL);
}

static enum err
provider_url(struct ctx *ctx, const struct svc *svc,
	const struct oauth_begin *b, const struct way_secrets *s,
	const char **ret)
{
	const struct oauth_way way = {
		.redirect_uri = redirect_uri(ctx, svc->cfg, b->provider),
		.state = s->state.text,
		.challenge = challenge_of(ctx, s->verifier.text),
		.nonce = s->nonce.text,
		.scopes = b->scopes,
	};
	const struct oauth_driver *d = drivers[b->provider];
	AUTO_FD int slot = -1;
	struct oauth_talk t;
	enum err e = E_OK;

	if (d->url_asks)
		e = hashslot_take_oauth(ctx, svc->cfg, &slot);
	t = talk(ctx, svc->cfg);
	return e ? e : d->url(&t, &way, ret);
}

enum err
oauth_begin(struct ctx *ctx, const struct svc *svc, const struct oauth_begin *b,
	const char **ret_url, const char **ret_browser)
{
	struct way_secrets s;
	const char *url = NULL;
	enum err e;

	if (!oauth_enabled(svc->cfg, b->provider))
		return E_PROVIDER_NOT_FOUND;
	secret_make(&s.state);
	secret_make(&s.browser);
	secret_make(&s.verifier);
	secret_make(&s.nonce);
	e = provider_url(ctx, svc, b, &s, &url);
	if (!e)
		e = keep_state(ctx, svc, b, &s);
	if (!e) {
		*ret_url = url;
		*ret_browser = arena_strdup(ctx->arena, s.browser.text);
	}
	crypt_wipe(&s, sizeof(s));
	return e;
}

/* ---- back ---- */

/* What the state's row says, once it is known to be this browser's. */
struct way_back {
	const char *verifier, *nonce, *user_id;
};

static bool
same_browser(const char *cookie, const char *stored)
{
	char hash[65];

	if (!cookie)
		return false;
	crypt_sha256_hex(cookie, hash);
	return strlen(stored) == 64 && crypt_eq(hash, stored, 64);
}

static enum err
take_state(struct ctx *ctx, const struct svc *svc, const struct oauth_return *r,
	struct way_back *ret, struct oauth_outcome *out)
{
	char hash[65];
	struct rows *row;
	enum err e;

	if (!r->state || !*r->state)
		return E_OAUTH_STATE;
	crypt_sha256_hex(r->state, hash);
	e = db_query(ctx, svc->db, STMT_OAUTH_STATE_TAKE, DB_IN(hash), &row);
	if (e)
		return e;
	/* it is used up now, whatever follows */
	if (!rows_bool(row, 0, rows_col(row, "alive")) ||
		!str_eq(rows_str(row, "provider"),
			oauth_provider_names[r->provider]) ||
		!same_browser(r->browser, rows_str(row, "browser_hash")))
		return E_OAUTH_STATE;
	ret->nonce = rows_str(row, "nonce");
	ret->user_id = rows_str(row, "user_id");
	out->next = rows_str(row, "next");
	out->user_id = ret->user_id;
	out->connecting = rows_bool(row, 0, rows_col(row, "connects"));
	out->linking = ret->user_id != NULL && !out->connecting;
	return seal_open(ctx, svc->cfg, verifier_row(ctx, hash),
		rows_str(row, "verifier_sealed"), &ret->verifier);
}

/* What the provider says through the browser (RFC 6749 section 4.1.2, RFC 9207
 * section 2.4). */
static enum err
judge_answer(
	struct ctx *ctx, const struct svc *svc, const struct oauth_return *r)
{
	const struct oauth_driver *d = drivers[r->provider];

	if (r->iss && !d->is_issuer(svc->cfg, r->iss))
		return ctx_cause(
			ctx, E_OAUTH_STATE, "the answer is another provider's");
	if (r->error && str_eq(r->error, "access_denied"))
		return E_OAUTH_DENIED;
	if (r->error)
		return ctx_cause(ctx, E_PROVIDER_FAILED,
			"%s sends the browser back with an error", d->title);
	if (!r->code || !*r->code || strlen(r->code) > CODE_MAX)
		return ctx_cause(ctx, E_PROVIDER_FAILED,
			"%s sends the browser back without a code", d->title);
	return E_OK;
}

static enum err
identify(struct ctx *ctx, const struct svc *svc, const struct oauth_return *r,
	const struct way_back *way, struct oauth_identity *ret)
{
	const struct oauth_proof proof = {
		.redirect_uri = redirect_uri(ctx, svc->cfg, r->provider),
		.code = r->code,
		.verifier = way->verifier,
		.nonce = way->nonce,
	};
	AUTO_FD int slot = -1;
	enum err e = hashslot_take_oauth(ctx, svc->cfg, &slot);
	struct oauth_talk t = talk(ctx, svc->cfg);

	return e ? e : drivers[r->provider]->identify(&t, &proof, ret);
}

enum err
oauth_come_back(struct ctx *ctx, const struct svc *svc,
	const struct oauth_return *r, struct oauth_outcome *ret)
{
	struct way_back way = {0};
	struct oauth_identity id;
	struct oauth_vouched v = {.provider = r->provider,
		.title = drivers[r->provider]->title,
		.id = &id,
		.ip = r->ip};
	enum err e;

	*ret = (struct oauth_outcome){.next = "/"};
	if (!oauth_enabled(svc->cfg, r->provider))
		return E_PROVIDER_NOT_FOUND;
	e = take_state(ctx, svc, r, &way, ret);
	if (!e)
		e = judge_answer(ctx, svc, r);
	if (!e)
		e = identify(ctx, svc, r, &way, &id);
	if (e)
		return e;
	if (ret->connecting)
		return github_connect(ctx, svc, way.user_id, &id);
	return way.user_id ? oauth_link(ctx, svc, &v, way.user_id)
			   : oauth_sign_in(ctx, svc, &v, ret);
}

/* ---- the end ---- */

enum err
oauth_finish(struct ctx *ctx, const struct svc *svc, const char *code,
	const struct session_client *client, struct session_grant *ret,
	const char **ret_user)
{
	struct code_for who = {0};
	struct rows *user;
	enum err e = db_begin(ctx, svc->db);

	if (!e)
		e = code_use(ctx, svc, CODE_OAUTH, code, &who);
	if (!e) {
		*ret_user = who.user_id;
		e = db_query(ctx, svc->db, STMT_OAUTH_USER_BY_ID,
			DB_IN(who.user_id), &user);
	}
	if (!e)
		e = session_begin(ctx, svc, user, who.method, client, ret);
	return db_end(ctx, svc->db, e);
}
