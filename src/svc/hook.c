/* hook.c - posts notifications to channels; see hook.h. */
#include "svc/hook.h"

#include "base/arena.h"
#include "base/clock.h"
#include "base/jw.h"
#include "base/str.h"
#include "ext/crypt.h"
#include "ext/httpc.h"
#include "svc/egress.h"
#include "svc/hookurl.h"
#include "svc/mail.h"
#include "svc/mime.h"
#include "svc/seal.h"

#define TEXT_CHARS 200            /* of each text in a chat message */
#define TEXT_MAX   ((size_t)2000) /* of a message, in bytes; Discord's limit */
#define HEADERS    5

/* ---- the payload of a webhook ---- */

enum member_type { TEXT, NUMBER, SWITCH };
struct member {
	const char *name;   /* on the wire */
	const char *column; /* of the row */
	enum member_type type;
};

/* What receivers get, once; autostack-webhook(7) lists the same names. */
static const struct member deployment_members[] = {
	{"id", "deployment_id", TEXT},
	{"status", "status", TEXT},
	{"stateChanged", "state_changed", SWITCH},
	{"trigger", "trigger", TEXT},
	{"target", "target", TEXT},
	{"branch", "branch", TEXT},
	{"commit", "commit_hash", TEXT},
	{"commitMessage", "commit_message", TEXT},
	{"author", "author", TEXT},
	{"error", "error", TEXT},
	{"url", "url", TEXT},
	{"durationSeconds", "seconds", NUMBER},
	{"createdAt", "queued_at", TEXT},
	{"startedAt", "started_at", TEXT},
	{"completedAt", "completed_at", TEXT},
	{NULL, NULL, TEXT},
};
static const struct member project_members[] = {
	{"id", "project_id", TEXT},
	{"name", "project", TEXT},
	{"repository", "repository", TEXT},
	{"site", "site", TEXT},
	{NULL, NULL, TEXT},
};

static void
put_members(struct jw *w, const struct rows *r, const struct member *m)
{
	for (; m->name; m++) {
		int col = rows_col(r, m->column);

		if (!rows_text(r, 0, col) || m->type == TEXT)
			jw_kstr(w, m->name, rows_text(r, 0, col));
		else if (m->type == NUMBER)
			jw_kint(w, m->name, rows_int(r, 0, col));
		else
			jw_kbool(w, m->name, rows_bool(r, 0, col));
	}
}

static const char *
page_of(struct ctx *ctx, const struct svc *svc, const struct rows *r)
{
	return mail_link(ctx, svc,
		arena_printf(ctx->arena, "/deployments/%s",
			rows_str(r, "deployment_id")),
		NULL);
}

static void
webhook_body(struct ctx *ctx, const struct svc *svc, const struct rows *r,
	struct jw *w)
{
	jw_kstr(w, "id", rows_str(r, "id"));
	jw_kstr(w, "type", rows_str(r, "event"));
	jw_kstr(w, "createdAt", rows_str(r, "told_at"));
	jw_key(w, "deployment");
	if (!rows_str(r, "deployment_id")) {
		jw_null(w);
		jw_kstr(w, "project", NULL);
		return;
	}
	jw_object(w);
	put_members(w, r, deployment_members);
	jw_kstr(w, "link", page_of(ctx, svc, r));
	jw_object_end(w);
	jw_key(w, "project");
	jw_object(w);
	put_members(w, r, project_members);
	jw_object_end(w);
}

/* ---- messages of chats ---- */

/* A stranger's text in a line, with nothing in it that a chat makes a link, a
 * mention or a style of: Slack's three characters become entities, Discord's
 * marks get a backslash. */
static const char *
said(struct arena *a, const char *text, bool entities)
{
	AUTO_BUF struct buf b = {0};
	const char *s = mime_unlinked(a, mime_line(a, text, TEXT_CHARS));

	buf_init(&b, TEXT_MAX);
	for (; *s; s++) {
		if (entities && *s == '&')
			buf_str(&b, "&amp;");
		else if (entities && *s == '<')
			buf_str(&b, "&lt;");
		else if (entities && *s == '>')
			buf_str(&b, "&gt;");
		else if (!entities && strchr("\\*_~`|<>[]()#:@", *s))
			buf_printf(&b, "\\%c", *s);
		else
			buf_char(&b, *s);
	}
	return arena_strdup(a, buf_text(&b));
}

static const char *
headline(const struct rows *r)
{
	bool changed = rows_bool(r, 0, rows_col(r, "state_changed"));

	if (str_eq(rows_str(r, "event"), "deployment.failure"))
		return "could not be deployed";
	return changed ? "is deployed again" : "is deployed";
}

static const char *
chat_text(struct ctx *ctx, const struct svc *svc, const struct rows *r,
	bool entities)
{
	AUTO_BUF struct buf b = {0};
	struct arena *a = ctx->arena;
	const char *hash = rows_str(r, "commit_hash");
	const char *target = rows_str(r, "target");
	const char *message = rows_str(r, "commit_message");
	const char *error = rows_str(r, "error");
	const char *url = rows_str(r, "url");

	if (!rows_str(r, "deployment_id"))
		return "This is a test of a notification channel of Autostack.";
	buf_init(&b, TEXT_MAX);
	buf_printf(&b, "%s %s (%s", said(a, rows_str(r, "project"), entities),
		headline(r), said(a, rows_str(r, "branch"), entities));
	if (hash)
		buf_printf(&b, " %.7s", hash);
	if (!str_eq(target, "production"))
		buf_printf(&b, " %s", said(a, target, entities));
	buf_str(&b, ")\n");
	if (message && *message)
		buf_printf(&b, "%s\n", said(a, message, entities));
	if (error && *error)
		buf_printf(&b, "%s\n", said(a, error, entities));
	if (url)
		buf_printf(&b, "%s\n", url);
	buf_str(&b, page_of(ctx, svc, r));
	return arena_strdup(a, buf_text(&b));
}

static void
slack_body(struct ctx *ctx, const struct svc *svc, const struct rows *r,
	struct jw *w)
{
	jw_kstr(w, "text", chat_text(ctx, svc, r, true));
}

static void
discord_body(struct ctx *ctx, const struct svc *svc, const struct rows *r,
	struct jw *w)
{
	jw_kstr(w, "content", chat_text(ctx, svc, r, false));
	jw_key(w, "allowed_mentions");
	jw_object(w);
	jw_key(w, "parse");
	jw_array(w);
	jw_array_end(w);
	jw_object_end(w);
}

/* ---- one attempt ---- */

enum err
hook_body(struct ctx *ctx, const struct svc *svc, const struct rows *r,
	struct buf *b)
{
	static const struct {
		const char *kind;
		void (*put)(struct ctx *ctx, const struct svc *svc,
			const struct rows *r, struct jw *w);
	} kinds[] = {{"webhook", webhook_body}, {"slack", slack_body},
		{"discord", discord_body}};
	const char *kind = rows_str(r, "kind");
	struct jw w;
	size_t i = 0;

	while (i < NELEM(kinds) && !str_eq(kinds[i].kind, kind))
		i++;
	if (i == NELEM(kinds))
		return ctx_cause(ctx, E_INTERNAL_SERVER_ERROR,
			"a channel of an unknown kind");
	jw_init(&w, b);
	jw_object(&w);
	kinds[i].put(ctx, svc, r, &w);
	jw_object_end(&w);
	return b->full ? ctx_cause(ctx, E_INTERNAL_SERVER_ERROR,
				 "a notification is too large")
		       : E_OK;
}

const char *
hook_signature(struct arena *a, const char *secret, const char *timestamp,
	const char *body)
{
	const char *text = arena_printf(a, "%s.%s", timestamp, body);
	struct hmac_key *key = hmac_new(secret, strlen(secret));
	uint8_t mac[CRYPT_SHA256];
	char hex[2 * CRYPT_SHA256 + 1];

	hmac_sign(key, text, strlen(text), mac);
	hmac_free(key);
	str_hex(hex, mac, sizeof(mac));
	return arena_printf(a, "v1=%s", hex);
}

static enum err
open_seal(struct ctx *ctx, const struct svc *svc, const struct rows *r,
	const char *what, const char *sealed, const char **ret)
{
	return seal_open(ctx, svc->cfg,
		arena_printf(ctx->arena, "channel:%s:%s",
			rows_str(r, "channel_id"), what),
		sealed, ret);
}

/* headers: ended by NULL. Chats want none. */
static enum err
sign(struct ctx *ctx, const struct svc *svc, const struct rows *r,
	const char *body, const char *headers[HEADERS])
{
	struct arena *a = ctx->arena;
	const char *sealed = rows_str(r, "secret_sealed");
	const char *now = str_from_i64(a, clock_now_s());
	const char *secret;
	enum err e;

	headers[0] = NULL;
	if (!sealed)
		return E_OK;
	e = open_seal(ctx, svc, r, "secret", sealed, &secret);
	if (e)
		return e;
	headers[0] =
		arena_printf(a, "Autostack-Event: %s", rows_str(r, "event"));
	headers[1] =
		arena_printf(a, "Autostack-Delivery: %s", rows_str(r, "id"));
	headers[2] = arena_printf(a, "Autostack-Timestamp: %s", now);
	headers[3] = arena_printf(a, "Autostack-Signature: %s",
		hook_signature(a, secret, now, body));
	headers[4] = NULL;
	return E_OK;
}

static enum err
post(struct ctx *ctx, const struct svc *svc, const struct rows *r,
	const char *body, struct httpc_answer *ret)
{
	const char *headers[HEADERS];
	const char *url;
	struct hookurl to;
	struct httpc_request rq;
	enum err e =
		open_seal(ctx, svc, r, "url", rows_str(r, "url_sealed"), &url);

	if (!e)
		e = hookurl_parse(ctx, svc->cfg, url, &to);
	if (!e)
		e = sign(ctx, svc, r, body, headers);
	if (e)
		return e;
	rq = (struct httpc_request){
		.url = to.url,
		.clear = true,
		.headers = headers,
		.body = body,
		.type = "application/json",
		.timeout_ms = HOOK_TIMEOUT_MS,
		.cut = HOOK_BODY_MAX,
		.ca_file = svc->cfg->hook_ca_file,
		.refused = to.local ? NULL : egress_refused_strictly,
	};
	return httpc_ask(ctx, &rq, ret);
}

struct hook_end
hook_send(struct ctx *ctx, const struct svc *svc, const struct rows *r)
{
	AUTO_BUF struct buf body = {0};
	struct httpc_answer answer;
	enum err e;

	buf_init(&body, HOOK_BODY_MAX);
	e = hook_body(ctx, svc, r, &body);
	if (!e)
		e = post(ctx, svc, r, buf_text(&body), &answer);
	if (e)
		return (struct hook_end){.error = "no answer came",
			.cause = ctx->cause     ? ctx->cause
				 : ctx->message ? ctx->message
						: err_info(e)->message};
	if (answer.status < 200 || answer.status > 299) {
		const char *why = arena_printf(
			ctx->arena, "the receiver answered %d", answer.status);

		return (struct hook_end){
			.code = answer.status, .error = why, .cause = why};
	}
	return (struct hook_end){.delivered = true, .code = answer.status};
}
