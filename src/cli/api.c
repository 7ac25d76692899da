/*
 * api.c - one request to the API by src/ext/httpc.c, and what its refusals mean
 * for people. Used by all commands.
 */
#include "cli/cli.h"

#include "base/buf.h"
#include "base/str.h"
#include "ext/httpc.h"
#include "ext/json.h"

#define ASK_MS     30000
#define STALL_S    90 /* the API stores an upload before it answers */
#define UPLOAD_MS  3600000
#define ANSWER_MAX ((size_t)16 << 20)
#define WHY_MAX    4096

/* The sentence of an error answer, with the fields that it names. */
static const char *
refusal(struct arena *a, const struct httpc_answer *http,
	const struct jsn *body)
{
	const struct jsn *e = jsn_get(body, "error");
	const struct jsn *fields = jsn_get(jsn_get(e, "details"), "fields");
	const char *message = jsn_str(jsn_get(e, "message"));
	AUTO_BUF struct buf b = {0};

	if (!message)
		return arena_printf(a,
			"the server answers %d, and not as "
			"Autostack does: is the address right?",
			http->status);
	buf_init(&b, WHY_MAX);
	buf_printf(&b, "%s (%s)", message,
		jsn_str(jsn_get(e, "code")) ? jsn_str(jsn_get(e, "code"))
					    : "no code");
	for (size_t i = 0; i < jsn_len(fields); i++) {
		const struct jsn *f = jsn_at(fields, i);
		const char *name = jsn_str(jsn_get(f, "name"));
		const char *text = jsn_str(jsn_get(f, "message"));

		if (name && text)
			buf_printf(&b, "; %s: %s", name, text);
	}
	return arena_strdup(a, buf_text(&b));
}

bool
cli_ask(struct cli *c, struct arena *a, const struct cli_request *rq,
	struct cli_answer *ret)
{
	struct ctx ctx = {.arena = a};
	const char *headers[] = {"Accept: application/json",
		arena_printf(a, "X-API-Key: %s", c->set.api_key), NULL};
	const struct httpc_file file = {rq->file, rq->file_size};
	const struct httpc_request http = {
		.url = arena_printf(a, "%s%s", c->set.url, rq->path),
		.headers = headers,
		.body = rq->json,
		.method = rq->file_size ? "POST" : NULL,
		.send = rq->file_size ? &file : NULL,
		.stall_s = STALL_S,
		.type = rq->file_size ? "application/gzip"
			: rq->json    ? "application/json"
				      : NULL,
		.timeout_ms = rq->file_size ? UPLOAD_MS : ASK_MS,
		.answer_max = ANSWER_MAX,
		.ca_file = c->set.ca};
	struct httpc_answer answer;
	bool json;

	*ret = (struct cli_answer){0};
	if (httpc_ask(&ctx, &http, &answer)) {
		ret->why = ctx.cause;
		ret->again = true;
		return false;
	}
	json = str_eq(answer.type, "application/json") &&
	       jsn_parse(&ctx, answer.body, answer.len, &ret->body) == E_OK &&
	       jsn_type(ret->body) == JSN_OBJECT;
	ret->status = answer.status;
	ret->text = answer.body;
	if (json && answer.status >= 200 && answer.status < 300)
		return true;
	ret->why = refusal(a, &answer, json ? ret->body : NULL);
	ret->again = answer.status == 429 || answer.status >= 500;
	return false;
}

bool
cli_must(struct cli *c, const struct cli_request *rq, const struct jsn **ret)
{
	struct cli_answer answer;

	if (!cli_ask(c, c->arena, rq, &answer)) {
		(void)cli_error(CLI_TROUBLE, "%s", answer.why);
		return false;
	}
	*ret = answer.body;
	return true;
}

/* The page's project of exactly this name. */
static const char *
find_name(const struct jsn *projects, const char *name)
{
	for (size_t i = 0; i < jsn_len(projects); i++) {
		const struct jsn *p = jsn_at(projects, i);

		if (str_eq(jsn_str(jsn_get(p, "name")), name))
			return jsn_str(jsn_get(p, "id"));
	}
	return NULL;
}

bool
cli_project(struct cli *c, const char *text, const char **ret_id)
{
	struct arena *a = c->arena;
	int64_t pages = 1;
	const struct jsn *body;
	const char *id = NULL;

	if (str_is_uuid(text)) {
		*ret_id = text;
		return true;
	}
	for (int64_t page = 1; !id && page <= pages; page++) {
		if (!cli_must(c,
			    CLI_GET(arena_printf(a,
				    "/api/projects?limit=100&page=%lld&search="
				    "%s",
				    (long long)page, str_escape(a, text))),
			    &body))
			return false;
		id = find_name(jsn_get(body, "projects"), text);
		pages = jsn_int(
			jsn_get(jsn_get(body, "pagination"), "totalPages"));
	}
	if (!id || !str_is_uuid(id)) {
		(void)cli_error(
			CLI_TROUBLE, "you have no project named '%s'", text);
		return false;
	}
	*ret_id = id;
	return true;
}
