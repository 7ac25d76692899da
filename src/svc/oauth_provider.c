/* oauth_provider.c - what GitHub and Google have in common. */
#include "svc/oauth_provider.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/str.h"
#include "ext/httpc.h"
#include "ext/json.h"

#define FORM_MAX  16384
#define TOKEN_MAX 4096
#define NAME_MAX_ 255 /* as users_name_length, which counts characters */

enum err
oauth_odd(struct ctx *ctx, const char *what)
{
	return ctx_cause(ctx, E_PROVIDER_FAILED, "%s", what);
}

const char *
oauth_params(struct arena *a, const struct oauth_param params[])
{
	AUTO_BUF struct buf b = {0};

	buf_init(&b, FORM_MAX);
	for (size_t i = 0; params[i].name; i++) {
		if (!params[i].value)
			continue;
		buf_printf(&b, "%s%s=%s", b.len ? "&" : "", params[i].name,
			str_escape(a, params[i].value));
	}
	return arena_strdup(a, buf_text(&b));
}

const char *
oauth_bearer(struct arena *a, const char *token)
{
	return arena_printf(a, "Authorization: Bearer %s", token);
}

const char *
oauth_text(const struct jsn *v, size_t max)
{
	const char *s = jsn_str(v);

	if (!s || !*s || strlen(s) > max || str_has_control(s))
		return NULL;
	return s;
}

const char *
oauth_picture(const struct jsn *v)
{
	const char *s = oauth_text(v, 2048);

	return s && str_starts(s, "https://") && httpc_url_ok(s) ? s : NULL;
}

const char *
oauth_name(
	struct arena *a, const char *name, const char *login, const char *mail)
{
	const char *const choices[] = {name, login, mail};

	for (size_t i = 0; i < NELEM(choices); i++) {
		const char *s = choices[i] ? str_trim(a, choices[i]) : "";

		if (*s && !str_has_control(s))
			return arena_strndup(
				a, s, str_utf8_cut(s, strlen(s), NAME_MAX_));
	}
	return "?";
}

/* The word of an OAuth error, if it is one: it goes to the log. */
static const char *
error_word(const struct jsn *v)
{
	const char *s = jsn_str(jsn_get(v, "error"));

	if (!s || !*s || strlen(s) > 64 ||
		strspn(s, "abcdefghijklmnopqrstuvwxyz_") != strlen(s))
		return NULL;
	return s;
}

static enum err
judge(struct oauth_talk *t, const struct httpc_answer *answer,
	const struct jsn **ret)
{
	/* a context of its own: the client must not read the provider's text */
	struct ctx own = {.arena = t->ctx->arena};
	const struct jsn *v = NULL;
	bool json = jsn_parse(&own, answer->body, answer->len, &v) == E_OK;
	const char *word = json ? error_word(v) : NULL;

	if (word)
		return ctx_cause(t->ctx, E_PROVIDER_FAILED,
			"the provider answers %d: %s", answer->status, word);
	if (answer->status != 200)
		return ctx_cause(t->ctx, E_PROVIDER_FAILED,
			"the provider answers %d", answer->status);
	if (!json)
		return oauth_odd(t->ctx, "the provider's answer is not JSON");
	*ret = v;
	return E_OK;
}

enum err
oauth_ask(struct oauth_talk *t, const char *url, const char *const *headers,
	const char *form, const struct jsn **ret)
{
	struct ctx own = {.arena = t->ctx->arena};
	struct httpc_answer answer;
	struct httpc_request rq = {
		.url = url,
		.headers = headers,
		.body = form,
		.type = "application/x-www-form-urlencoded",
		.timeout_ms = t->deadline - clock_mono_ms(),
		.ca_file = t->cfg->oauth_ca_file,
	};

	if (httpc_ask(&own, &rq, &answer) != E_OK)
		return oauth_odd(t->ctx, own.cause);
	return judge(t, &answer, ret);
}

/* A token goes into a header: only what RFC 6750 lets stand there. */
bool
oauth_take_token(const struct jsn *v, struct oauth_identity *id)
{
	const char *token = oauth_text(jsn_get(v, "access_token"), TOKEN_MAX);
	const char *type = jsn_str(jsn_get(v, "token_type"));
	const char *scopes = oauth_text(jsn_get(v, "scope"), 1024);

	if (!token || !type || !str_eq_ci(type, "bearer") ||
		strspn(token, "abcdefghijklmnopqrstuvwxyz"
			      "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
			      "0123456789-._~+/=") != strlen(token))
		return false;
	id->token = token;
	id->scopes = scopes ? scopes : "";
	return true;
}
