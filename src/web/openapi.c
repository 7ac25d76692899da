/*
 * openapi.c - walks the route tables and writes OpenAPI 3.1. Called for
 * GET /api/openapi.json and `autostack-api -x openapi`.
 */
#include "web/openapi.h"

#include "base/jw.h"
#include "base/str.h"
#include "web/auth.h"
#include "web/valid.h"

static void
write_ref(struct jw *w, const char *ref)
{
	jw_object(w);
	jw_kstr(w, "$ref", ref);
	jw_object_end(w);
}

/* ---- schemas of fields ---- */

static const char *
type_name(enum field_type type)
{
	switch (type) {
	case FIELD_INT:
		return "integer";
	case FIELD_BOOL:
		return "boolean";
	case FIELD_JSON:
	case FIELD_OBJECT:
		return "object";
	case FIELD_LIST:
	case FIELD_STRS:
	case FIELD_UUIDS:
	case FIELD_ENUMS:
		return "array";
	case FIELD_NUMBER:
		return "number";
	default:
		return "string";
	}
}

static void
write_type(struct jw *w, const struct field *f)
{
	jw_key(w, "type");
	if (f->presence != NUL) {
		jw_str(w, type_name(f->type));
		return;
	}
	jw_array(w);
	jw_str(w, type_name(f->type));
	jw_str(w, "null");
	jw_array_end(w);
}

static void
write_enum(struct jw *w, const struct field *f)
{
	jw_key(w, "enum");
	jw_array(w);
	for (size_t i = 0; f->values[i]; i++)
		jw_str(w, f->values[i]);
	if (f->presence == NUL)
		jw_null(w);
	jw_array_end(w);
}

static void
write_string_rules(struct jw *w, const struct field *f)
{
	if (f->min > 0)
		jw_kint(w, "minLength", f->min);
	if (f->max > 0)
		jw_kint(w, "maxLength", f->max);
	if (f->valid && f->valid->format)
		jw_kstr(w, "format", f->valid->format);
	if (f->valid && f->valid->pattern)
		jw_kstr(w, "pattern", f->valid->pattern);
}

static void write_object_rules(struct jw *w, const struct field *fields);

/* The keywords of a value's schema, inside an open object. */
static void
write_rules(struct jw *w, const struct field *f, bool in)
{
	write_type(w, f);
	switch (f->type) {
	case FIELD_STR:
		write_string_rules(w, f);
		break;
	case FIELD_UUID:
		jw_kstr(w, "format", "uuid");
		break;
	case FIELD_TIME:
		jw_kstr(w, "format", "date-time");
		break;
	case FIELD_ENUM:
		write_enum(w, f);
		break;
	case FIELD_INT:
		if (!in)
			break;
		jw_kint(w, "minimum", f->min);
		jw_kint(w, "maximum", f->max);
		if (f->presence != REQ)
			jw_kint(w, "default", f->absent);
		break;
	case FIELD_OBJECT:
		write_object_rules(w, f->fields);
		break;
	case FIELD_LIST:
		jw_key(w, "items");
		jw_object(w);
		jw_kstr(w, "type", "object");
		write_object_rules(w, f->fields);
		jw_object_end(w);
		break;
	case FIELD_UUIDS:
		jw_key(w, "items");
		jw_object(w);
		jw_kstr(w, "type", "string");
		jw_kstr(w, "format", "uuid");
		jw_object_end(w);
		jw_kint(w, "minItems", f->min);
		jw_kint(w, "maxItems", f->max);
		jw_kbool(w, "uniqueItems", true);
		break;
	case FIELD_ENUMS:
		jw_key(w, "items");
		jw_object(w);
		jw_kstr(w, "type", "string");
		write_enum(w, f);
		jw_object_end(w);
		if (in) {
			jw_kint(w, "minItems", f->min);
			jw_kint(w, "maxItems", f->max);
		}
		jw_kbool(w, "uniqueItems", true);
		break;
	case FIELD_STRS:
		jw_key(w, "items");
		jw_object(w);
		jw_kstr(w, "type", "string");
		jw_object_end(w);
		break;
	default:
		break;
	}
}

static void
write_property(struct jw *w, const struct field *f, bool in)
{
	jw_key(w, f->name);
	jw_object(w);
	write_rules(w, f, in);
	if (in && f->valid && f->valid->secret)
		jw_kbool(w, "writeOnly", true);
	jw_kstr(w, "description", f->doc);
	jw_object_end(w);
}

/* Properties of an answer; all of them come unless OPT. */
static void
write_object_rules(struct jw *w, const struct field *fields)
{
	jw_key(w, "required");
	jw_array(w);
	for (const struct field *f = fields; f->type; f++) {
		if (f->presence != OPT)
			jw_str(w, f->name);
	}
	jw_array_end(w);
	jw_key(w, "properties");
	jw_object(w);
	for (const struct field *f = fields; f->type; f++)
		write_property(w, f, false);
	jw_object_end(w);
}

/* ---- what comes in ---- */

enum place { IN_PATH, IN_QUERY, IN_BODY };

/* The same rule as in field.h. */
static enum place
place_of(const struct route *r, const char *path, const struct field *f)
{
	char param[66];

	(void)snprintf(param, sizeof(param), "{%s}", f->name);
	if (strstr(path, param))
		return IN_PATH;
	return route_takes_body(r) ? IN_BODY : IN_QUERY;
}

static size_t
count_in(const struct route *r, const char *path, enum place place,
	bool required)
{
	size_t n = 0;

	for (const struct field *f = r->in.fields; f && f->type; f++)
		n += place_of(r, path, f) == place &&
		     (!required || f->presence == REQ);
	return n;
}

static void
write_parameters(struct jw *w, const struct route *r, const char *path)
{
	if (count_in(r, path, IN_PATH, false) +
			count_in(r, path, IN_QUERY, false) ==
		0)
		return;
	jw_key(w, "parameters");
	jw_array(w);
	for (const struct field *f = r->in.fields; f->type; f++) {
		enum place place = place_of(r, path, f);

		if (place == IN_BODY)
			continue;
		jw_object(w);
		jw_kstr(w, "name", f->name);
		jw_kstr(w, "in", place == IN_PATH ? "path" : "query");
		jw_kbool(w, "required", f->presence == REQ);
		jw_kstr(w, "description", f->doc);
		jw_key(w, "schema");
		jw_object(w);
		write_rules(w, f, true);
		jw_object_end(w);
		jw_object_end(w);
	}
	jw_array_end(w);
}

static void
write_body_schema(struct jw *w, const struct route *r, const char *path)
{
	jw_object(w);
	jw_kstr(w, "type", "object");
	jw_kbool(w, "additionalProperties", false);
	if (count_in(r, path, IN_BODY, true) > 0) {
		jw_key(w, "required");
		jw_array(w);
		for (const struct field *f = r->in.fields; f->type; f++) {
			if (f->presence == REQ &&
				place_of(r, path, f) == IN_BODY)
				jw_str(w, f->name);
		}
		jw_array_end(w);
	}
	jw_key(w, "properties");
	jw_object(w);
	for (const struct field *f = r->in.fields; f->type; f++) {
		if (place_of(r, path, f) == IN_BODY)
			write_property(w, f, true);
	}
	jw_object_end(w);
	jw_object_end(w);
}

static void
write_request_body(struct jw *w, const struct route *r, const char *path)
{
	if (!r->in_type && count_in(r, path, IN_BODY, false) == 0)
		return;
	jw_key(w, "requestBody");
	jw_object(w);
	jw_kbool(w, "required",
		r->in_type || count_in(r, path, IN_BODY, true) > 0);
	jw_key(w, "content");
	jw_object(w);
	jw_key(w, r->in_type ? r->in_type : "application/json");
	jw_object(w);
	if (!r->in_type) { /* without a schema it is bytes */
		jw_key(w, "schema");
		write_body_schema(w, r, path);
	}
	jw_object_end(w);
	jw_object_end(w);
	jw_object_end(w);
}

/* ---- what goes out ---- */

static void
write_success(struct jw *w, const struct route *r)
{
	char status[12];

	(void)snprintf(status, sizeof(status), "%d", r->ok);
	jw_key(w, status);
	jw_object(w);
	jw_kstr(w, "description", r->ok == 204 ? "Done." : r->doc);
	if (r->out || r->out_type) {
		jw_key(w, "content");
		jw_object(w);
	}
	if (r->out) {
		jw_key(w, "application/json");
		jw_object(w);
		jw_key(w, "schema");
		jw_object(w);
		jw_kstr(w, "type", "object");
		write_object_rules(w, r->out);
		jw_object_end(w);
		jw_object_end(w);
	}
	if (r->out_type) {
		jw_key(w, r->out_type);
		jw_object(w);
		jw_key(w, "schema");
		jw_object(w);
		jw_kstr(w, "type",
			str_starts(r->out_type, "text/") ? "string" : "object");
		jw_object_end(w);
		jw_object_end(w);
	}
	if (r->out || r->out_type)
		jw_object_end(w);
	jw_object_end(w);
}

/* Whether a route can answer an error: the ones that it lists, and those that
 * follow from the rest of its row. */
static bool
can_fail(const struct route *r, enum err e)
{
	bool body = route_takes_body(r) || r->in_type;

	for (size_t i = 0; r->errs && r->errs[i]; i++) {
		if (r->errs[i] == e)
			return true;
	}
	switch (e) {
	case E_UNAUTHORIZED:
		return r->who != WHO_PUBLIC;
	case E_FORBIDDEN:
		return r->who > WHO_USER;
	case E_BAD_REQUEST:
	case E_VALIDATION_ERROR:
	case E_INTERNAL_SERVER_ERROR:
		return true;
	case E_PAYLOAD_TOO_LARGE:
	case E_UNSUPPORTED_MEDIA_TYPE:
		return body;
	case E_KEY_REFUSED:
		return r->no_key;
	case E_CSRF_REFUSED:
		return r->verb != GET || r->who != WHO_PUBLIC;
	case E_RATE_LIMIT_EXCEEDED:
		return r->rate != RATE_NONE;
	case E_SERVICE_UNAVAILABLE:
		return r->who != WHO_PUBLIC;
	default:
		return false;
	}
}

/* All errors of one status together: their codes are the description. */
static void
write_failure(struct jw *w, const struct route *r, enum err first)
{
	int status = err_info(first)->status;
	AUTO_BUF struct buf text = {0};
	char key[12];

	buf_init(&text, 4096);
	for (enum err e = first; e < E_MAX; e++) {
		if (err_info(e)->status != status || !can_fail(r, e))
			continue;
		buf_printf(&text, "%s%s: %s", text.len ? " " : "",
			err_info(e)->code, err_info(e)->doc);
	}
	(void)snprintf(key, sizeof(key), "%d", status);
	jw_key(w, key);
	jw_object(w);
	jw_kstr(w, "description", buf_text(&text));
	jw_key(w, "content");
	jw_object(w);
	jw_key(w, "application/json");
	jw_object(w);
	jw_key(w, "schema");
	write_ref(w, "#/components/schemas/Error");
	jw_object_end(w);
	jw_object_end(w);
	jw_object_end(w);
}

static void
write_failures(struct jw *w, const struct route *r)
{
	for (enum err e = E_OK + 1; e < E_MAX; e++) {
		bool first = can_fail(r, e);

		for (enum err before = E_OK + 1; first && before < e; before++)
			first = err_info(before)->status !=
					err_info(e)->status ||
				!can_fail(r, before);
		if (first)
			write_failure(w, r, e);
	}
}

/* ---- operations ---- */

/* The first part of the path below /api groups operations. */
static void
tag_of(const char *path, char dst[32])
{
	const char *s = str_starts(path, "/api/") ? path + 5 : path + 1;
	size_t n = MIN(strcspn(s, "/."), (size_t)31);

	memcpy(dst, s, n);
	dst[n] = '\0';
}

/* An alias is an operation of its own for readers of the document; its id is
 * the operation's with a number. */
static void
write_operation_id(struct jw *w, const struct route *r, const char *path)
{
	char id[96];
	unsigned n = 1;

	if (str_eq(path, r->path)) {
		jw_kstr(w, "operationId", r->op);
		return;
	}
	for (size_t i = 0; r->aliases && r->aliases[i]; i++) {
		n++;
		if (str_eq(r->aliases[i], path))
			break;
	}
	(void)snprintf(id, sizeof(id), "%sAlias%u", r->op, n - 1);
	jw_kstr(w, "operationId", id);
}

static void
write_description(struct jw *w, const struct route *r, const char *path)
{
	AUTO_BUF struct buf text = {0};

	if (str_eq(path, r->path))
		return;
	buf_init(&text, 1024);
	buf_printf(&text, "The same as %s %s.", verb_text(r->verb), r->path);
	jw_kstr(w, "description", buf_text(&text));
}

/* One way to authenticate: all schemes of it together. */
static void
write_way(struct jw *w, const char *scheme, const char *more)
{
	jw_object(w);
	jw_key(w, scheme);
	jw_array(w);
	jw_array_end(w);
	if (more) {
		jw_key(w, more);
		jw_array(w);
		jw_array_end(w);
	}
	jw_object_end(w);
}

static void
write_security(struct jw *w, const struct route *r)
{
	jw_key(w, "security");
	jw_array(w);
	if (r->who != WHO_PUBLIC) {
		write_way(w, "bearer", NULL);
		if (!r->no_key)
			write_way(w, "apiKey", NULL);
		write_way(w, "cookie", r->verb == GET ? NULL : "csrf");
	}
	jw_array_end(w);
}

static void
write_operation(struct jw *w, const struct route *r, const char *path)
{
	static const char *const verbs[VERB_MAX] = {[GET] = "get",
		[POST] = "post",
		[PUT] = "put",
		[PATCH] = "patch",
		[DELETE] = "delete"};
	char tag[32];

	tag_of(r->path, tag);
	jw_key(w, verbs[r->verb]);
	jw_object(w);
	write_operation_id(w, r, path);
	jw_kstr(w, "summary", r->doc);
	write_description(w, r, path);
	jw_key(w, "tags");
	jw_array(w);
	jw_str(w, tag);
	jw_array_end(w);
	jw_kstr(w, "x-who", who_text(r->who));
	write_security(w, r);
	write_parameters(w, r, path);
	write_request_body(w, r, path);
	jw_key(w, "responses");
	jw_object(w);
	write_success(w, r);
	write_failures(w, r);
	jw_object_end(w);
	jw_object_end(w);
}

static void
write_paths(struct jw *w, const struct router *r)
{
	const struct route *const *verbs;
	const char *path;

	jw_key(w, "paths");
	jw_object(w);
	for (size_t i = 0; router_path(r, i, &path, &verbs); i++) {
		jw_key(w, path);
		jw_object(w);
		for (enum verb v = GET; v < VERB_MAX; v++) {
			if (verbs[v])
				write_operation(w, verbs[v], path);
		}
		jw_object_end(w);
	}
	jw_object_end(w);
}

/* ---- the document ---- */

static const struct field bad_field_out[] = {
	O_STR("name", REQ, "Name of the field or parameter."),
	O_STR("code", REQ,
		"REQUIRED, NULL, TYPE, TOO_SHORT, TOO_LONG, RANGE, "
		"INVALID, UNKNOWN or DUPLICATE."),
	O_STR("message", REQ, "What it has to be."), O_END};
static const struct field details_out[] = {
	{.type = FIELD_LIST,
		.presence = OPT,
		.name = "fields",
		.fields = bad_field_out,
		.doc = "All bad fields at once."},
	O_INT("retryAfter", OPT,
		"With 429: seconds until it is worth to try again."),
	O_END};
static const struct field error_inner_out[] = {
	O_STR("code", REQ, "What went wrong, for programs."),
	O_STR("message", REQ, "What went wrong, for people."),
	O_INT("statusCode", REQ, "The HTTP status again."),
	O_OBJECT("details", details_out, "More, where there is more."), O_END};
static const struct field error_out[] = {
	O_OBJECT("error", error_inner_out, "Why the request failed."), O_END};

static void
write_key_scheme(struct jw *w, const char *name, const char *in,
	const char *what, const char *text)
{
	jw_key(w, name);
	jw_object(w);
	jw_kstr(w, "type", "apiKey");
	jw_kstr(w, "in", in);
	jw_kstr(w, "name", what);
	jw_kstr(w, "description", text);
	jw_object_end(w);
}

static void
write_schemes(struct jw *w)
{
	jw_key(w, "securitySchemes");
	jw_object(w);
	jw_key(w, "bearer");
	jw_object(w);
	jw_kstr(w, "type", "http");
	jw_kstr(w, "scheme", "bearer");
	jw_kstr(w, "bearerFormat", "JWT");
	jw_kstr(w, "description", "The accessToken of a login or refresh.");
	jw_object_end(w);
	write_key_scheme(w, "apiKey", "header", "X-API-Key",
		"A key of POST /api/api-keys. It does what its user may do "
		"now, but where an operation does not name it a person has to "
		"sign in. Beside a bearer token, both must be good and of one "
		"user.");
	write_key_scheme(w, "cookie", "cookie", AUTH_COOKIE,
		"Of a browser that signed in with X-Client: web. Ignored "
		"beside a bearer token or a key.");
	write_key_scheme(w, "csrf", "header", "X-CSRF-Token",
		"The csrfToken of a login or refresh in the same session.");
	jw_object_end(w);
}

static void
write_components(struct jw *w)
{
	jw_key(w, "components");
	jw_object(w);
	write_schemes(w);
	jw_key(w, "schemas");
	jw_object(w);
	jw_key(w, "Error");
	jw_object(w);
	jw_kstr(w, "type", "object");
	write_object_rules(w, error_out);
	jw_object_end(w);
	jw_object_end(w);
	jw_object_end(w);
}

static void
write_info(struct jw *w, const char *version)
{
	jw_key(w, "info");
	jw_object(w);
	jw_kstr(w, "title", "Autostack API");
	jw_kstr(w, "version", version);
	jw_kstr(w, "description",
		"Every path below /api answers below /api/v1 as well. Errors "
		"have one shape; every answer carries X-Request-Id. What a "
		"browser sends to change something must come from an origin of "
		"the panel. RateLimit-Policy and RateLimit tell how many "
		"requests are left; 429 says in Retry-After when there are "
		"more.");
	jw_key(w, "license");
	jw_object(w);
	jw_kstr(w, "name", "ISC");
	jw_kstr(w, "identifier", "ISC");
	jw_object_end(w);
	jw_object_end(w);
	jw_key(w, "servers");
	jw_array(w);
	jw_object(w);
	jw_kstr(w, "url", "/");
	jw_kstr(w, "description", "This host.");
	jw_object_end(w);
	jw_array_end(w);
}

void
openapi_write(struct buf *b, const struct router *r, const char *version)
{
	struct jw w;

	jw_init(&w, b);
	jw_object(&w);
	jw_kstr(&w, "openapi", "3.1.0");
	write_info(&w, version);
	write_paths(&w, r);
	write_components(&w);
	jw_object_end(&w);
}

/* ---- for people ---- */

static void
newline(struct buf *b, int depth)
{
	buf_char(b, '\n');
	for (int i = 0; i < depth; i++)
		buf_str(b, "  ");
}

void
openapi_indent(struct buf *b, const struct buf *compact)
{
	const char *s = buf_text(compact);
	bool quoted = false;
	int depth = 0;

	for (; *s; s++) {
		bool opens = *s == '{' || *s == '[';
		bool closes = *s == '}' || *s == ']';
		bool empty = opens && (s[1] == '}' || s[1] == ']');

		if (*s == '"')
			quoted = !quoted;
		if (quoted && *s == '\\')
			buf_char(b, *s++);
		if (!quoted && closes)
			newline(b, --depth);
		buf_char(b, *s);
		if (quoted)
			continue;
		if (empty)
			buf_char(b, *++s);
		else if (opens)
			newline(b, ++depth);
		else if (*s == ',')
			newline(b, depth);
		else if (*s == ':')
			buf_char(b, ' ');
	}
	buf_char(b, '\n');
}
