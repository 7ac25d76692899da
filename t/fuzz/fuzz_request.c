/*
 * fuzz_request.c - a whole request: any method, address, headers and body.
 * There is exactly one answer, its header lines are ours alone, and a JSON
 * answer is JSON. Input: the parts of request_in, each ended by NUL, then the
 * body.
 */
#include "fuzz.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/log.h"
#include "base/str.h"
#include "ext/json.h"
#include "web/reply.h"
#include "web/serve.h"
#include "web/valid.h"

#define PARTS 8

struct echo {
	const char *id;
	const char *text;
	int64_t n;
};
/* clang-format off */
static const struct field echo_in[] = {
	F_STR(struct echo, id,   "id",   REQ, 1, 100,  V_ANY,  "Id."),
	F_STR(struct echo, text, "text", NUL, 0, 1000, V_LINE, "Text."),
	F_INT(struct echo, n,    "n",    OPT, -9, 9, 1,        "Number."),
	F_END
};
static const struct field echo_out[] = {
	O_STR("id",   REQ, "Id."),
	O_STR("text", NUL, "Text."),
	O_INT("n",    REQ, "Number."),
	O_END
};
/* clang-format on */

static enum err
h_echo(struct req *rq, const void *v)
{
	const struct echo *in = v;
	struct jw *w = reply_begin(rq);

	jw_kstr(w, "id", in->id);
	jw_kstr(w, "text", in->text);
	jw_kint(w, "n", in->n);
	return reply_end(rq);
}

#define ECHO(o, v)                                                             \
	{                                                                      \
		.op = o, .verb = v, .path = "/api/echo/{id}",                  \
		.who = WHO_PUBLIC, .in = IN(echo_in, struct echo), .ok = 200,  \
		.out = echo_out, .fn = h_echo, .doc = "Echo."                  \
	}
static const struct route routes[] = {
	ECHO("echoGet", GET), ECHO("echoPost", POST), {0}};
static const struct route *const tables[] = {routes, NULL};

struct wire {
	const uint8_t *data;
	size_t size;
	struct buf answer;
};

static ptrdiff_t
wire_read(void *arg, void *p, size_t n)
{
	struct wire *w = arg;

	n = MIN(n, w->size);
	memcpy(p, w->data, n);
	w->data += n;
	w->size -= n;
	return (ptrdiff_t)n;
}

static bool
wire_write(void *arg, const void *p, size_t n)
{
	struct wire *w = arg;

	buf_add(&w->answer, p, n);
	return true;
}

/* The next part, or NULL at the end. */
static const char *
part(struct arena *a, struct wire *w)
{
	const uint8_t *end = memchr(w->data, 0, w->size);
	const char *s;

	if (!end)
		return NULL;
	s = arena_strndup(a, (const char *)w->data, (size_t)(end - w->data));
	w->size -= (size_t)(end - w->data) + 1;
	w->data = end + 1;
	return s;
}

/* Every line of the head is one that reply.c writes. */
static void
check_answer(struct arena *a, const struct buf *answer)
{
	static const char *const known[] = {
		"Status: ", "Content-Type: ", "Cache-Control: ",
		"X-Request-Id: ", "WWW-Authenticate: ", "Allow: ",
		"Content-Length: ", "Retry-After: ", "Vary: Origin\r\n",
		"Access-Control-Allow-Origin: https://panel.example\r\n",
		"Access-Control-Allow-Credentials: true\r\n",
		"Access-Control-Expose-Headers: ",
		"Access-Control-Allow-Methods: ",
		"Access-Control-Allow-Headers: ", "Access-Control-Max-Age: ",
		NULL};
	const char *head = buf_text(answer);
	const char *body = strstr(head, "\r\n\r\n");
	struct ctx ctx = {.arena = a};
	const struct jsn *v;

	ASSERT(body && str_starts(head, "Status: "));
	for (const char *p = head; p < body; p = strstr(p, "\r\n") + 2) {
		size_t i = 0;

		while (known[i] && !str_starts(p, known[i]))
			i++;
		ASSERT(known[i]);
	}
	body += 4;
	if (*body)
		ASSERT(jsn_parse(&ctx, body, strlen(body), &v) == E_OK);
}

static enum err
nobody(struct ctx *ctx, struct svc *svc UNUSED, const char *token UNUSED,
	struct principal *ret UNUSED)
{
	return ctx_cause(ctx, E_UNAUTHORIZED, "nobody is known here");
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct cfg cfg = {.app_url = "https://panel.example",
		.frontend_url = "",
		.allowed_origins = "",
		.request_body_max = 65536,
		.request_memory_max = 1 << 20};
	struct wire w = {.data = data, .size = size};
	struct arena *a = arena_new(1 << 24, 1 << 26);
	struct web web = {.cfg = &cfg,
		.arena = arena_new(1 << 22, 1 << 26),
		.router = router_new(a, tables),
		.version = "0",
		.hooks = {.token = nobody}};
	const char *parts[PARTS];

	log_open("fuzz", true, LOGP_ERROR);
	for (int i = 0; i < PARTS; i++)
		parts[i] = part(a, &w);
	struct request_in in = {.method = parts[0],
		.uri = parts[1],
		.content_type = parts[2],
		.content_length = parts[3],
		.authorization = parts[4],
		/* where a browser comes from: the same texts again */
		.origin = parts[4],
		.sec_fetch_site = parts[5],
		.cookie = parts[6],
		.referer = parts[6],
		.cors_method = parts[5],
		.accept = parts[5],
		.user_agent = parts[6],
		.remote_addr = parts[7],
		.read = wire_read,
		.write = wire_write,
		.arg = &w};
	buf_init(&w.answer, 1 << 22);
	web_serve(&web, &in);
	check_answer(a, &w.answer);
	buf_done(&w.answer);
	arena_free(web.arena);
	arena_free(a);
	return 0;
}
