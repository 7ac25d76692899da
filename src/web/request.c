/*
 * request.c - parses what a stranger sent: request line, query, body. Also the
 * rq_ functions that handlers call. Knows the field tables, no resource.
 */
#include "web/request.h"

#include "base/arena.h"
#include "base/clock.h"
#include "base/rand.h"
#include "ext/json.h"
#include "web/auth.h"
#include "web/cookie.h"

#include <arpa/inet.h>

#define URI_MAX        8192
#define USER_AGENT_MAX 512

/* ---- request line and query ---- */

static enum err
parse_query(struct req *rq, const char *query)
{
	size_t n;
	char **part;

	if (!query || !*query)
		return E_OK;
	part = str_split(rq->ctx.arena, query, '&', &n);
	if (n > QUERY_PARAMS_MAX)
		return ctx_fail(&rq->ctx, E_BAD_REQUEST,
			"The query has too many parameters");
	for (size_t i = 0; i < n; i++) {
		char *name = part[i];
		char *value = strchr(name, '=');

		if (value)
			*value++ = '\0';
		else
			value = arena_strdup(rq->ctx.arena, "");
		if (!*name && !*value)
			continue;
		if (!str_unescape(name, true) || !str_unescape(value, true))
			return ctx_fail(&rq->ctx, E_BAD_REQUEST,
				"The query is not well-formed");
		rq->texts[rq->ntexts++] =
			(struct text_value){name, value, false};
	}
	return E_OK;
}

static void
parse_method(struct req *rq)
{
	const char *method = rq->in->method ? rq->in->method : "";

	rq->head = str_eq(method, "HEAD");
	rq->options = str_eq(method, "OPTIONS");
	rq->verb = rq->head ? GET : verb_parse(method);
}

static const char *
parse_ip(const char *text)
{
	struct in6_addr addr;

	if (!text)
		return NULL;
	if (inet_pton(AF_INET, text, &addr) == 1 ||
		inet_pton(AF_INET6, text, &addr) == 1)
		return text;
	return NULL; /* "unix:", when nginx listens on a socket */
}

enum err
request_parse(struct req *rq)
{
	const char *uri = rq->in->uri ? rq->in->uri : "";
	const char *mark = strchr(uri, '?');
	size_t n = mark ? (size_t)(mark - uri) : strlen(uri);

	parse_method(rq);
	rq->ip = parse_ip(rq->in->remote_addr);
	rq->cookie = rq_cookie(rq, AUTH_COOKIE);
	rq->path = arena_strdup(rq->ctx.arena, "");
	if (strlen(uri) > URI_MAX)
		return ctx_fail(
			&rq->ctx, E_BAD_REQUEST, "The address is too long");
	rq->path = arena_strndup(rq->ctx.arena, uri, n);
	return parse_query(rq, mark ? mark + 1 : NULL);
}

/* ---- body ---- */

/* Whether the body is announced as this type, whatever parameters follow. */
static bool
is_type(const struct req *rq, const char *want)
{
	const char *type = rq->in->content_type ? rq->in->content_type : "";
	size_t n = strcspn(type, " \t;");

	if (!str_eq_ci(arena_strndup(rq->ctx.arena, type, n), want))
		return false;
	type += n + strspn(type + n, " \t");
	return *type == '\0' || *type == ';';
}

/* What Content-Length says, 0 when it is not there; nothing vouches for it. */
static enum err
announced_length(struct req *rq, int64_t *ret)
{
	const char *text = rq->in->content_length;

	*ret = 0;
	if (text && *text && !str_to_i64(text, 0, INT64_MAX, ret))
		return ctx_fail(&rq->ctx, E_BAD_REQUEST,
			"Content-Length is not a number");
	return E_OK;
}

/* Read the whole body. It is limited before it is read, and again while it is
 * read. */
static enum err
read_body(struct req *rq, int64_t max, struct buf *b)
{
	int64_t announced;
	enum err e = announced_length(rq, &announced);

	if (e)
		return e;
	if (announced > max)
		return E_PAYLOAD_TOO_LARGE;
	buf_init(b, (size_t)max + 32768);
	while (rq->in->read) {
		char *room = buf_room(b, 16384);
		ptrdiff_t n =
			room ? rq->in->read(rq->in->arg, room, 16384) : -1;

		if (n < 0)
			return ctx_fail(&rq->ctx, E_BAD_REQUEST,
				"The body ended early");
		if (n == 0)
			break;
		buf_added(b, (size_t)n);
		if ((int64_t)b->len > max)
			return E_PAYLOAD_TOO_LARGE;
	}
	if (announced > 0 && (int64_t)b->len < announced)
		return ctx_fail(
			&rq->ctx, E_BAD_REQUEST, "The body ended early");
	return E_OK;
}

enum err
rq_body(struct req *rq, int64_t max, void *p, size_t n, size_t *ret_n)
{
	int64_t announced;
	enum err e = announced_length(rq, &announced);
	size_t done = 0;
	ptrdiff_t got = 1;

	ASSERT(rq->route->in_type);
	if (!is_type(rq, rq->route->in_type))
		return ctx_fail(&rq->ctx, E_UNSUPPORTED_MEDIA_TYPE, "Send %s",
			rq->route->in_type);
	if (e)
		return e;
	if (announced > max)
		return E_PAYLOAD_TOO_LARGE;
	while (rq->in->read && got > 0 && done < n) {
		got = rq->in->read(rq->in->arg, (char *)p + done, n - done);
		done += (size_t)MAX(got, (ptrdiff_t)0);
	}
	rq->body_read += (int64_t)done;
	if (rq->body_read > max)
		return E_PAYLOAD_TOO_LARGE;
	if (got < 0 || (done < n && rq->body_read < announced))
		return ctx_fail(
			&rq->ctx, E_BAD_REQUEST, "The body ended early");
	*ret_n = done;
	return E_OK;
}

/* Whether a field of the table has to come in the body. */
static bool
body_required(const struct req *rq)
{
	const struct field *f = rq->route->in.fields;

	for (; f && f->type; f++) {
		bool in_path = false;

		for (size_t i = 0; i < rq->match.nparams; i++)
			in_path |= str_eq(rq->match.params[i].name, f->name);
		if (f->presence == REQ && !in_path)
			return true;
	}
	return false;
}

/* The body as a JSON object; NULL when none came and none has to. */
static enum err
parse_body(struct req *rq, const struct jsn **ret)
{
	AUTO_BUF struct buf b = {0};
	enum err e;

	e = read_body(rq, rq->web->cfg->request_body_max, &b);
	if (e)
		return e;
	if (b.len == 0 && !body_required(rq))
		return E_OK;
	if (!is_type(rq, "application/json"))
		return E_UNSUPPORTED_MEDIA_TYPE;
	if (b.len == 0)
		return ctx_fail(&rq->ctx, E_BAD_REQUEST,
			"The body is empty; send a JSON object");
	e = jsn_parse(&rq->ctx, buf_text(&b), b.len, ret);
	if (e)
		return e;
	if (jsn_type(*ret) != JSN_OBJECT)
		return ctx_fail(&rq->ctx, E_BAD_REQUEST,
			"The body must be a JSON object");
	return E_OK;
}

/* The body as it came, for whoever checks a signature of it. */
static enum err
keep_body(struct req *rq)
{
	AUTO_BUF struct buf b = {0};
	int64_t max;
	enum err e;

	memcpy(&max, (const char *)rq->web->cfg + rq->route->raw_max,
		sizeof(max));
	e = read_body(rq, max, &b);
	if (e)
		return e;
	rq->raw_len = b.len;
	rq->raw = buf_give(&b, rq->ctx.arena);
	return E_OK;
}

enum err
request_bind(struct req *rq, void *dst)
{
	struct binding *b = &rq->binding;
	enum err e = E_OK;

	b->arena = rq->ctx.arena;
	b->cfg = rq->web->cfg;
	b->body_fields = route_takes_body(rq->route);
	if (b->body_fields)
		e = parse_body(rq, &b->body);
	else if (rq->route->raw_max)
		e = keep_body(rq);
	if (e)
		return e;
	for (size_t i = 0; i < rq->match.nparams; i++)
		rq->texts[rq->ntexts++] = rq->match.params[i];
	b->texts = rq->texts;
	b->ntexts = rq->ntexts;
	return field_bind(b, &rq->route->in, dst);
}

/* ---- what handlers call ---- */

const char *
rq_user(const struct req *rq)
{
	ASSERT(rq->who.user_id);
	return rq->who.user_id;
}

const char *
rq_session(const struct req *rq)
{
	ASSERT(rq->who.session_id);
	return rq->who.session_id;
}

bool
rq_is_browser(const struct req *rq)
{
	return str_eq(rq->in->client, "web");
}

const char *
rq_cookie(struct req *rq, const char *name)
{
	return cookie_find(rq->ctx.arena, rq->in->cookie, name);
}

struct svc *
rq_svc(struct req *rq)
{
	/* service functions run whole statements; a handler of a GET that
	 * needs one calls auth_settle() before */
	ASSERT(!rq->session_pending);
	return rq->web->svc;
}

const struct cfg *
rq_cfg(const struct req *rq)
{
	return rq->web->cfg;
}

bool
rq_given(const struct req *rq, const char *name)
{
	int i = field_index(rq->route->in.fields, name);

	ASSERT(i >= 0);
	return rq->binding.given >> i & 1;
}

const char *
rq_int(struct req *rq, int64_t v)
{
	return str_from_i64(rq->ctx.arena, v);
}

const char *
rq_bool(bool v)
{
	return v ? "true" : "false";
}

const char *
rq_given_bool(const struct req *rq, const char *name, bool v)
{
	return rq_given(rq, name) ? rq_bool(v) : NULL;
}

enum err
rq_query_in(struct req *rq, unsigned stmt, const char *const in[], size_t n)
{
	struct db *db = rq->web->db;
	enum err e;

	ASSERT(n == db_nin(db, stmt));
	if (!rq->session_pending)
		return db_query(&rq->ctx, db, stmt, in, &rq->rows);
	e = db_send(&rq->ctx, db, stmt, in);
	if (e)
		return e;
	e = auth_settle(rq);
	return e ? e : db_recv(&rq->ctx, db, &rq->rows);
}

const struct rows *
rq_rows(const struct req *rq)
{
	ASSERT(rq->rows);
	return rq->rows;
}

const char *
rq_now(struct req *rq)
{
	char text[21];

	clock_rfc3339(text, clock_now_s());
	return arena_strdup(rq->ctx.arena, text);
}

enum err
rq_blame(struct req *rq, const char *field, enum err e)
{
	if (e == E_VALIDATION_ERROR && rq->binding.nbad == 0) {
		field_bad(&rq->binding, field, "INVALID",
			rq->ctx.message ? rq->ctx.message : "is not valid");
		rq->ctx.message = NULL;
	}
	return e;
}

void
rq_audit_target(struct req *rq, const char *id)
{
	rq->audit_target = id;
}

void
rq_audit_user(struct req *rq, const char *user_id)
{
	rq->audit_user = user_id;
}

void
rq_audit_event(struct req *rq, enum event ev)
{
	rq->audit = ev;
}

void
rq_audit_note(struct req *rq, const char *name, const char *value)
{
	ASSERT(rq->nnotes < AUDIT_NOTES_MAX);
	rq->notes[rq->nnotes++] = (struct named_text){name, value};
}

void
rq_audit_given(struct req *rq)
{
	const struct field *f = rq->route->in.fields;
	AUTO_BUF struct buf b = {0};

	buf_init(&b, 4096); /* 64 names of our own */
	for (size_t i = 0; f && f[i].type; i++) {
		bool in_path = false;

		for (size_t p = 0; p < rq->match.nparams; p++)
			in_path |= str_eq(rq->match.params[p].name, f[i].name);
		if (!in_path && rq->binding.given >> i & 1)
			buf_printf(&b, "%s%s", b.len ? " " : "", f[i].name);
	}
	rq_audit_note(rq, "fields", arena_strdup(rq->ctx.arena, buf_text(&b)));
}

void
rq_audit_also(struct req *rq, enum event ev, const char *target, enum err e)
{
	struct audit_fact fact = {
		.event = ev,
		.user_id = rq_user(rq),
		.target = target,
		.success = !e,
		.code = e ? err_info(e)->code : NULL,
		.ip = rq->ip,
		.user_agent = rq_user_agent(rq),
	};

	ctx_clear(&rq->ctx);
	rq->web->hooks.audit(&rq->ctx, rq->web->svc, &fact);
	ctx_clear(&rq->ctx);
}

void
rq_audit_nothing(struct req *rq)
{
	rq->audit = 0;
}

const char *
rq_ip(const struct req *rq)
{
	return rq->ip;
}

const char *
rq_user_agent(struct req *rq)
{
	const char *s = rq->in->user_agent;

	return s && *s ? str_plain(rq->ctx.arena, s, USER_AGENT_MAX) : NULL;
}

bool
rq_accepts(const struct req *rq, const char *type)
{
	return rq->in->accept && str_starts(rq->in->accept, type);
}
