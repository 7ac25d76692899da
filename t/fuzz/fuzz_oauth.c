/*
 * fuzz_oauth.c - what a provider or a browser says. The first byte chooses: n a
 * path to go on at; t, u, e, d, i JSON as a token, user, list of addresses,
 * discovery document or userinfo; j an ID token, a line, and a set of keys.
 */
#include "fuzz.h"

#include "base/arena.h"
#include "base/str.h"
#include "ext/json.h"
#include "svc/oauth_provider.h"

static void
check(struct arena *a, const struct oauth_identity *id)
{
	if (id->token)
		ASSERT(!strpbrk(id->token, " \r\n\t"));
	if (id->subject)
		ASSERT(*id->subject && strlen(id->subject) <= 255);
	if (id->login)
		ASSERT(!str_has_control(id->login));
	if (id->name)
		ASSERT(*id->name && !str_has_control(id->name) &&
			strlen(id->name) <= 255);
	if (id->email)
		ASSERT(str_eq(str_email(a, id->email), id->email));
	if (id->avatar)
		ASSERT(str_starts(id->avatar, "https://") &&
			!str_has_control(id->avatar));
}

static void
take(struct ctx *ctx, char what, const char *text, size_t n)
{
	struct oauth_identity id = {0};
	struct google_endpoints at;
	const struct jsn *v = NULL;

	if (jsn_parse(ctx, text, n, &v))
		return;
	if (what == 't')
		(void)oauth_take_token(v, &id);
	if (what == 'u' && github_take_user(ctx->arena, v, &id))
		ASSERT(id.subject && id.name);
	if (what == 'e')
		(void)github_take_emails(ctx->arena, v, &id);
	if (what == 'd' && google_take_discovery(v, "https://i", &at))
		ASSERT(at.authorize && at.token && at.keys && at.userinfo);
	if (what == 'i' && google_take_userinfo(ctx->arena, v, "s", &id))
		ASSERT(str_eq(id.subject, "s") && id.name);
	check(ctx->arena, &id);
}

/* No signature under a key that signed nothing. */
static void
take_id_token(struct ctx *ctx, char *text)
{
	const struct google_wanted w = {"https://i", "client", "nonce", 1};
	char *keys = strchr(text, '\n');
	const struct jsn *v = NULL;

	if (keys)
		*keys++ = '\0';
	if (keys && jsn_parse(ctx, keys, strlen(keys), &v) == E_OK)
		ASSERT(!google_id_token(ctx, text, v, &w));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ctx ctx = {.arena = arena_new(64 << 20, 256 << 20)};
	char *s = arena_alloc(ctx.arena, size + 1);
	const char *next;

	memcpy(s, data, size);
	if (size > 0 && *s == 'n') {
		next = oauth_next(ctx.arena, s + 1);
		ASSERT(*next == '/' && next[1] != '/' && !strchr(next, '\\') &&
			!strchr(next, '@') && !str_has_control(next));
	} else if (size > 0 && *s == 'j') {
		take_id_token(&ctx, s + 1);
	} else if (size > 0) {
		take(&ctx, *s, s + 1, size - 1);
	}
	arena_free(ctx.arena);
	return 0;
}
