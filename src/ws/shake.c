/*
 * shake.c - RFC 9112 as far as a handshake needs it, and RFC 6455 section 4.2.
 * Called by conn.c and the fuzz harness. Anything unusual is refused: the peer
 * is nginx, which sends tidy requests.
 */
#include "ws/shake.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/jw.h"
#include "base/str.h"

#define HEADERS_MAX 100
#define RETRY_AFTER "10"

enum header {
	H_HOST,
	H_UPGRADE,
	H_CONNECTION,
	H_KEY,
	H_VERSION,
	H_ORIGIN,
	H_AUTHORIZATION,
	H_LENGTH,
	H_ENCODING,
	H_REQUEST_ID,
	H_MAX
};

static const char *const header_names[H_MAX] = {
	[H_HOST] = "host",
	[H_UPGRADE] = "upgrade",
	[H_CONNECTION] = "connection",
	[H_KEY] = "sec-websocket-key",
	[H_VERSION] = "sec-websocket-version",
	[H_ORIGIN] = "origin",
	[H_AUTHORIZATION] = "authorization",
	[H_LENGTH] = "content-length",
	[H_ENCODING] = "transfer-encoding",
	[H_REQUEST_ID] = "x-request-id",
};

size_t
shake_length(const char *p, size_t n)
{
	const char *end = n ? memmem(p, n, "\r\n\r\n", 4) : NULL;

	return end ? (size_t)(end - p) + 4 : 0;
}

static bool
is_token(const char *s)
{
	return *s &&
	       !s[strspn(s,
		       "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyz"
		       "ABCDEFGHIJKLMNOPQRSTUVWXYZ")];
}

/* Visible ASCII, bytes above it, blanks and tabs (RFC 9110 5.5). */
static bool
is_field_value(const char *s)
{
	for (; *s; s++)
		if (((unsigned char)*s < 0x20 && *s != '\t') || *s == 0x7f)
			return false;
	return true;
}

static enum err
read_header(struct ctx *ctx, char *line, const char *values[H_MAX])
{
	char *colon = strchr(line, ':');
	char *value;

	if (!colon)
		return ctx_fail(ctx, E_BAD_REQUEST, "A header has no colon");
	*colon = '\0';
	value = str_trim(ctx->arena, colon + 1);
	if (!is_token(line) || !is_field_value(value))
		return ctx_fail(ctx, E_BAD_REQUEST, "A header is malformed");
	for (int h = 0; h < H_MAX; h++) {
		if (!str_eq_ci(line, header_names[h]))
			continue;
		if (values[h])
			return ctx_fail(ctx, E_BAD_REQUEST,
				"The header %s came twice", header_names[h]);
		values[h] = value;
	}
	return E_OK;
}

/* 8-4-4-4-12 hex digits of s, then `rest`. */
static bool
uuid_then(const char *s, const char *rest, char ret[37])
{
	char id[37];

	if (strlen(s) < 36 || !str_eq(s + 36, rest))
		return false;
	memcpy(id, s, 36);
	id[36] = '\0';
	if (!str_is_uuid(id))
		return false;
	for (char *p = id; *p; p++)
		if (*p >= 'A' && *p <= 'F')
			*p = (char)(*p + ('a' - 'A'));
	memcpy(ret, id, sizeof(id));
	return true;
}

/* What follows /api or /api/v1, or NULL. */
static const char *
below_api(const char *path)
{
	return str_starts(path, "/api/v1/") ? path + 7
	       : str_starts(path, "/api/")  ? path + 4
					    : NULL;
}

bool
shake_path_is_status(const char *path)
{
	return str_eq(below_api(path), "/status/stream");
}

bool
shake_path(const char *path, char ret_deployment[37])
{
	const char *api = below_api(path);
	const char *rest = api ? api : path;

	if (api && str_starts(api, "/deployments/"))
		return uuid_then(api + strlen("/deployments/"), "/logs/stream",
			ret_deployment);
	return str_starts(rest, "/ws/logs/") &&
	       uuid_then(rest + strlen("/ws/logs/"), "", ret_deployment);
}

/* token=... of a query string; other parameters do not matter here. */
static enum err
read_query(struct ctx *ctx, const char *query, struct shake *ret)
{
	char **part = str_split(ctx->arena, query, '&', NULL);

	for (; *part; part++) {
		char *value;

		if (!str_starts(*part, "token="))
			continue;
		value = *part + strlen("token=");
		if (ret->query || !str_unescape(value, true))
			return ctx_fail(ctx, E_BAD_REQUEST,
				"The parameter token is malformed");
		ret->query = value;
	}
	return E_OK;
}

/* GET TARGET HTTP/1.1 */
static enum err
read_request_line(struct ctx *ctx, char *line, struct shake *ret)
{
	char *target = strchr(line, ' ');
	char *version = target ? strchr(target + 1, ' ') : NULL;
	char *query;

	if (!version || !str_eq(version + 1, "HTTP/1.1") || target[1] != '/')
		return E_BAD_REQUEST;
	*target++ = *version = '\0';
	if (!is_token(line) || !is_field_value(target))
		return E_BAD_REQUEST;
	query = strchr(target, '?');
	if (query)
		*query++ = '\0';
	ret->status = shake_path_is_status(target);
	if (!ret->status && !shake_path(target, ret->deployment))
		return E_NOT_FOUND;
	if (!str_eq(line, "GET"))
		return E_METHOD_NOT_ALLOWED;
	return query ? read_query(ctx, query, ret) : E_OK;
}

/* 16 bytes in base64 (4.2.1). */
static bool
is_key(const char *s)
{
	return s && strlen(s) == 24 && str_eq(s + 22, "==") &&
	       strspn(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
			 "0123456789+/") == 22;
}

static bool
list_has(struct ctx *ctx, const char *list, const char *item)
{
	char **part = str_split(ctx->arena, list, ',', NULL);

	for (; *part; part++)
		if (str_eq_ci(str_trim(ctx->arena, *part), item))
			return true;
	return false;
}

static enum err
check_upgrade(struct ctx *ctx, const char *const values[H_MAX])
{
	/* exactly one protocol: h2c and lists end here */
	if (!values[H_UPGRADE] || !str_eq_ci(values[H_UPGRADE], "websocket") ||
		!values[H_CONNECTION] ||
		!list_has(ctx, values[H_CONNECTION], "upgrade") ||
		!values[H_VERSION] || !str_eq(values[H_VERSION], "13"))
		return E_UPGRADE_REQUIRED;
	if (!values[H_HOST] || !*values[H_HOST] || !is_key(values[H_KEY]))
		return ctx_fail(ctx, E_BAD_REQUEST,
			"Host or Sec-WebSocket-Key is missing or malformed");
	if (values[H_ENCODING] ||
		(values[H_LENGTH] && !str_eq(values[H_LENGTH], "0")))
		return ctx_fail(ctx, E_BAD_REQUEST, "A handshake has no body");
	return E_OK;
}

/* "Bearer TOKEN"; another scheme is no credential of ours. */
static const char *
bearer_of(const char *value)
{
	static const char scheme[] = "bearer ";

	if (!value || strlen(value) < sizeof(scheme) ||
		strncasecmp(value, scheme, sizeof(scheme) - 1) != 0)
		return NULL;
	value += sizeof(scheme) - 1;
	return value + strspn(value, " ");
}

static enum err
read_headers(struct ctx *ctx, char **lines, size_t n, const char *values[H_MAX])
{
	if (n > HEADERS_MAX)
		return ctx_fail(ctx, E_BAD_REQUEST, "Too many headers");
	for (size_t i = 0; i < n; i++) {
		size_t len = strlen(lines[i]);
		enum err e;

		/* a bare LF stands for nothing (RFC 9112 2.2) */
		if (!len || lines[i][len - 1] != '\r')
			return E_BAD_REQUEST;
		lines[i][len - 1] = '\0';
		e = read_header(ctx, lines[i], values);
		if (e)
			return e;
	}
	return E_OK;
}

enum err
shake_read(struct ctx *ctx, const char *head, size_t n, struct shake *ret)
{
	const char *values[H_MAX] = {NULL};
	struct shake s = {.query = NULL};
	char **lines;
	size_t count;
	enum err e;

	ASSERT(n >= 4);
	if (memchr(head, '\0', n))
		return E_BAD_REQUEST;
	/* without the empty line: each line keeps its CR, then comes "" */
	lines = str_split(ctx->arena, arena_strndup(ctx->arena, head, n - 2),
		'\n', &count);
	if (!str_ends(lines[0], "\r"))
		return E_BAD_REQUEST;
	lines[0][strlen(lines[0]) - 1] = '\0';
	e = read_request_line(ctx, lines[0], &s);
	if (!e)
		e = read_headers(ctx, lines + 1, count - 2, values);
	if (!e)
		e = check_upgrade(ctx, values);
	if (e)
		return e;
	s.bearer = bearer_of(values[H_AUTHORIZATION]);
	s.origin = values[H_ORIGIN];
	s.key = values[H_KEY];
	if (values[H_REQUEST_ID] && str_is_uuid(values[H_REQUEST_ID]))
		s.id = values[H_REQUEST_ID];
	*ret = s;
	return E_OK;
}

void
shake_put_accept(struct buf *out, const char *accept, const char *id)
{
	buf_printf(out,
		"HTTP/1.1 101 Switching Protocols\r\n"
		"Upgrade: websocket\r\n"
		"Connection: Upgrade\r\n"
		"Sec-WebSocket-Accept: %s\r\n"
		"X-Request-Id: %s\r\n"
		"\r\n",
		accept, id);
}

static const char *
reason_phrase(int status)
{
	static const struct {
		int status;
		const char *text;
	} phrases[] = {
		{400, "Bad Request"},
		{401, "Unauthorized"},
		{403, "Forbidden"},
		{404, "Not Found"},
		{405, "Method Not Allowed"},
		{408, "Request Timeout"},
		{413, "Content Too Large"},
		{426, "Upgrade Required"},
		{429, "Too Many Requests"},
		{500, "Internal Server Error"},
		{503, "Service Unavailable"},
	};

	for (size_t i = 0; i < NELEM(phrases); i++)
		if (phrases[i].status == status)
			return phrases[i].text;
	return "Error";
}

/* Headers that a status must carry (RFC 9110, RFC 6455 4.4). */
static const char *
headers_of(enum err e)
{
	switch (e) {
	case E_UNAUTHORIZED:
		return "WWW-Authenticate: Bearer\r\n";
	case E_METHOD_NOT_ALLOWED:
		return "Allow: GET\r\n";
	case E_UPGRADE_REQUIRED:
		return "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n";
	case E_RATE_LIMIT_EXCEEDED:
	case E_SERVICE_UNAVAILABLE:
		return "Retry-After: " RETRY_AFTER "\r\n";
	default:
		return "";
	}
}

void
shake_put_refusal(
	struct buf *out, enum err e, const char *message, const char *id)
{
	const struct err_info *info = err_info(e);
	AUTO_BUF struct buf body = {.max = 4096};
	struct jw w;

	jw_init(&w, &body);
	jw_object(&w);
	jw_key(&w, "error");
	jw_object(&w);
	jw_kstr(&w, "code", info->code);
	jw_kstr(&w, "message", message ? message : info->message);
	jw_kint(&w, "statusCode", info->status);
	jw_key(&w, "details");
	jw_object(&w);
	jw_object_end(&w);
	jw_object_end(&w);
	jw_object_end(&w);
	buf_printf(out,
		"HTTP/1.1 %d %s\r\n"
		"Content-Type: application/json\r\n"
		"Content-Length: %zu\r\n"
		"Cache-Control: no-store\r\n"
		"X-Content-Type-Options: nosniff\r\n"
		"X-Request-Id: %s\r\n"
		"%sConnection: %sclose\r\n"
		"\r\n",
		info->status, reason_phrase(info->status), body.len, id,
		headers_of(e), e == E_UPGRADE_REQUIRED ? "upgrade, " : "");
	buf_add(out, buf_text(&body), body.len);
}
