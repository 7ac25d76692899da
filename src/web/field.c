/*
 * field.c - binds a request's values to the struct that a field table
 * describes. Called by serve.c for every request, by the fuzz harness and by
 * the unit tests. Knows types and limits, no resource and no HTTP.
 */
#include "web/field.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/str.h"
#include "ext/json.h"
#include "web/valid.h"

#include <inttypes.h>

const struct field pagination_out[] = {
	O_INT("currentPage", REQ, "Page of this answer, from 1."),
	O_INT("totalPages", REQ, "Pages in all; 0 when there is nothing."),
	O_INT("totalItems", REQ, "Items in all."), O_END};

/* A value as it came: text from path or query, or JSON. */
struct value {
	const char *text;
	const struct jsn *json;
};

int
field_index(const struct field *fields, const char *name)
{
	for (int i = 0; fields && fields[i].type != FIELD_END; i++) {
		if (str_eq(fields[i].name, name))
			return i;
	}
	return -1;
}

void
field_bad(struct binding *b, const char *name, const char *code,
	const char *message)
{
	if (b->nbad < BAD_FIELDS_MAX)
		b->bad[b->nbad++] = (struct bad_field){name, code, message};
}

/* The part of a stranger's key that is safe to say back. */
static const char *
echo(struct binding *b, const char *name)
{
	return arena_strndup(
		b->arena, name, str_utf8_cut(name, strlen(name), 64));
}

/* ---- one value, by type ---- */

static const char *
enum_rule(struct arena *a, const char *const *values)
{
	AUTO_BUF struct buf text = {0};

	buf_init(&text, 1024);
	buf_str(&text, "must be one of");
	for (size_t i = 0; values[i]; i++)
		buf_printf(&text, "%s %s", i ? "," : "", values[i]);
	return arena_strdup(a, buf_text(&text));
}

static bool
bind_enum(struct binding *b, const struct field *f, const char *s,
	const char **dst)
{
	for (size_t i = 0; f->values[i]; i++) {
		if (str_eq(f->values[i], s)) {
			*dst = f->values[i];
			return true;
		}
	}
	field_bad(b, f->name, "INVALID", enum_rule(b->arena, f->values));
	return false;
}

static bool
bind_uuid(struct binding *b, const struct field *f, const char *s,
	const char **dst)
{
	if (!str_is_uuid(s)) {
		field_bad(b, f->name, "INVALID", "must be a UUID");
		return false;
	}
	*dst = str_lower(b->arena, s);
	return true;
}

static const char *
characters(struct arena *a, const char *bound, int64_t n)
{
	return arena_printf(a, "must have at %s %" PRId64 " character%s", bound,
		n, n == 1 ? "" : "s");
}

/* Lengths count characters; a character is at most 4 bytes, so the count
 * bounds the bytes as well. */
static bool
bind_str(struct binding *b, const struct field *f, const char *s,
	const char **dst)
{
	int64_t n = (int64_t)utf8_length(s);
	const char *wrong = NULL;

	if (n > f->max) {
		field_bad(b, f->name, "TOO_LONG",
			characters(b->arena, "most", f->max));
		return false;
	}
	if (n < f->min) {
		field_bad(b, f->name, "TOO_SHORT",
			characters(b->arena, "least", f->min));
		return false;
	}
	if (f->valid && n > 0)
		wrong = f->valid->check(b->arena, b->cfg, &s);
	if (wrong) {
		field_bad(b, f->name, "INVALID", wrong);
		return false;
	}
	*dst = s;
	return true;
}

static bool
bind_int(struct binding *b, const struct field *f, int64_t v, int64_t *dst)
{
	if (v < f->min || v > f->max) {
		field_bad(b, f->name, "RANGE",
			arena_printf(b->arena,
				"must be from %" PRId64 " to %" PRId64, f->min,
				f->max));
		return false;
	}
	*dst = v;
	return true;
}

static const char *
type_rule(enum field_type type)
{
	switch (type) {
	case FIELD_INT:
		return "must be a whole number";
	case FIELD_BOOL:
		return "must be true or false";
	case FIELD_UUIDS:
		return "must be an array of UUIDs";
	case FIELD_ENUMS:
		return "must be an array of strings";
	default:
		return "must be a string";
	}
}

static bool
wrong_type(struct binding *b, const struct field *f)
{
	field_bad(b, f->name, "TYPE", type_rule(f->type));
	return false;
}

static bool
bind_text(struct binding *b, const struct field *f, const char *s, void *dst)
{
	int64_t v;

	switch (f->type) {
	case FIELD_STR:
		return bind_str(b, f, s, dst);
	case FIELD_UUID:
		return bind_uuid(b, f, s, dst);
	case FIELD_ENUM:
		return bind_enum(b, f, s, dst);
	case FIELD_INT:
		if (!str_to_i64(s, INT64_MIN, INT64_MAX, &v))
			return wrong_type(b, f);
		return bind_int(b, f, v, dst);
	case FIELD_BOOL:
		if (!str_eq(s, "true") && !str_eq(s, "false"))
			return wrong_type(b, f);
		*(bool *)dst = str_eq(s, "true");
		return true;
	case FIELD_UUIDS:
	case FIELD_ENUMS:
		return wrong_type(b, f);
	default:
		ASSERT(!"a type for answers only");
	}
}

static bool
has_text(const char *const *ids, size_t n, const char *id)
{
	for (size_t i = 0; i < n; i++) {
		if (str_eq(ids[i], id))
			return true;
	}
	return false;
}

static bool
bind_item(struct binding *b, const struct field *f, const char *s,
	const char **dst)
{
	return f->type == FIELD_UUIDS ? bind_uuid(b, f, s, dst)
				      : bind_enum(b, f, s, dst);
}

static bool
bind_list(struct binding *b, const struct field *f, const struct jsn *v,
	struct text_list *dst)
{
	size_t n = jsn_len(v);
	const char **ids;

	if ((int64_t)n < f->min || (int64_t)n > f->max) {
		field_bad(b, f->name, "RANGE",
			arena_printf(b->arena,
				"must hold from %" PRId64 " to %" PRId64
				" items",
				f->min, f->max));
		return false;
	}
	ids = arena_array(b->arena, n + 1, sizeof(*ids));
	for (size_t i = 0; i < n; i++) {
		const char *s = jsn_str(jsn_at(v, i));

		if (!s)
			return wrong_type(b, f);
		if (!bind_item(b, f, s, &ids[i]))
			return false;
		if (has_text(ids, i, ids[i])) {
			field_bad(b, f->name, "DUPLICATE",
				"must hold each only once");
			return false;
		}
	}
	*dst = (struct text_list){ids, n};
	return true;
}

static bool
bind_json(struct binding *b, const struct field *f, const struct jsn *v,
	void *dst)
{
	enum jsn_type is = jsn_type(v);

	switch (f->type) {
	case FIELD_INT:
		return is == JSN_INT ? bind_int(b, f, jsn_int(v), dst)
				     : wrong_type(b, f);
	case FIELD_BOOL:
		if (is != JSN_BOOL)
			return wrong_type(b, f);
		*(bool *)dst = jsn_bool(v);
		return true;
	case FIELD_UUIDS:
	case FIELD_ENUMS:
		return is == JSN_ARRAY ? bind_list(b, f, v, dst)
				       : wrong_type(b, f);
	default:
		return is == JSN_STR ? bind_text(b, f, jsn_str(v), dst)
				     : wrong_type(b, f);
	}
}

/* ---- the whole table ---- */

static struct value
find_value(const struct binding *b, const struct field *f)
{
	struct value v = {NULL, NULL};

	for (size_t i = 0; i < b->ntexts; i++) {
		if (str_eq(b->texts[i].name, f->name) &&
			(b->texts[i].path || !b->body_fields)) {
			v.text = b->texts[i].value;
			return v;
		}
	}
	if (b->body_fields)
		v.json = jsn_get(b->body, f->name);
	return v;
}

static bool
bind_field(struct binding *b, const struct field *f, uint64_t bit, void *dst)
{
	struct value v = find_value(b, f);

	if (f->type == FIELD_INT)
		*(int64_t *)dst = f->absent;
	if (!v.text && !v.json) {
		if (f->presence == REQ)
			field_bad(b, f->name, "REQUIRED", "is required");
		return f->presence != REQ;
	}
	b->given |= bit;
	if (v.text)
		return bind_text(b, f, v.text, dst);
	if (jsn_type(v.json) == JSN_NULL) {
		if (f->presence != NUL)
			field_bad(b, f->name, "NULL", "must not be null");
		return f->presence == NUL;
	}
	return bind_json(b, f, v.json, dst);
}

static bool
refuse_unknown_texts(struct binding *b, const struct field *fields)
{
	bool ok = true;

	for (size_t i = 0; i < b->ntexts; i++) {
		const struct text_value *t = &b->texts[i];

		if (t->path)
			continue;
		if (b->body_fields || field_index(fields, t->name) < 0) {
			field_bad(b, echo(b, t->name), "UNKNOWN",
				"is not a parameter of this address");
			ok = false;
		}
		for (size_t j = 0; j < i; j++) {
			if (!str_eq(b->texts[j].name, t->name))
				continue;
			field_bad(b, echo(b, t->name), "DUPLICATE",
				"must come only once");
			ok = false;
			break;
		}
	}
	return ok;
}

/* A key that the table does not have, or that the path fills already. */
static bool
refuse_unknown_keys(struct binding *b, const struct field *fields)
{
	const void *it = NULL;
	const struct jsn *v;
	const char *key;
	bool ok = true;

	while (b->body && jsn_next(b->body, &it, &key, &v)) {
		bool known = field_index(fields, key) >= 0;

		for (size_t i = 0; known && i < b->ntexts; i++)
			known = !(b->texts[i].path &&
				  str_eq(b->texts[i].name, key));
		if (known)
			continue;
		field_bad(b, echo(b, key), "UNKNOWN",
			"is not a field of this request");
		ok = false;
	}
	return ok;
}

enum err
field_bind(struct binding *b, const struct input *in, void *dst)
{
	bool ok = true;

	for (size_t i = 0; in->fields && in->fields[i].type; i++) {
		const struct field *f = &in->fields[i];

		ASSERT(i < 64);
		ok = bind_field(
			     b, f, UINT64_C(1) << i, (char *)dst + f->offset) &&
		     ok;
	}
	ok = refuse_unknown_texts(b, in->fields) && ok;
	ok = refuse_unknown_keys(b, in->fields) && ok;
	return ok ? E_OK : E_VALIDATION_ERROR;
}

/* ---- selfcheck ---- */

static size_t
member_size(enum field_type type)
{
	switch (type) {
	case FIELD_INT:
		return sizeof(int64_t);
	case FIELD_BOOL:
		return sizeof(bool);
	case FIELD_UUIDS:
	case FIELD_ENUMS:
		return sizeof(struct text_list);
	default:
		return sizeof(const char *);
	}
}

static const char *
field_wrong(const struct field *f, size_t size)
{
	bool in = size > 0;

	if (!f->name || !f->doc)
		return "has no name or doc";
	if (in && f->type >= FIELD_TIME)
		return "has a type for answers";
	if (!in && f->type == FIELD_UUIDS)
		return "has a type for requests";
	if (in && f->offset + member_size(f->type) > size)
		return "lies outside of its struct";
	if ((f->type == FIELD_ENUM || f->type == FIELD_ENUMS) && !f->values)
		return "has no values";
	if (in && f->type == FIELD_STR && (f->max < 1 || f->min > f->max))
		return "has no maximum length";
	if (in && (f->type == FIELD_UUIDS || f->type == FIELD_ENUMS) &&
		(f->max < 1 || f->min > f->max))
		return "has no maximum length";
	if ((f->type == FIELD_OBJECT || f->type == FIELD_LIST) && !f->fields)
		return "has no fields";
	if (f->type == FIELD_OBJECT && f->presence == NUL &&
		(f->fields[0].presence != REQ ||
			f->fields[0].type >= FIELD_OBJECT))
		return "may be null, but its first column does not say when";
	return NULL;
}

const char *
field_table_wrong(struct arena *a, const struct field *fields, size_t size)
{
	for (size_t i = 0; fields && fields[i].type; i++) {
		const struct field *f = &fields[i];
		const char *wrong = field_wrong(f, size);

		if (!wrong && field_index(fields, f->name) != (int)i)
			wrong = "comes twice";
		if (!wrong && i >= 64)
			wrong = "is beyond the 64th";
		if (wrong)
			return arena_printf(a, "field %s %s",
				f->name ? f->name : "?", wrong);
		if (f->fields)
			wrong = field_table_wrong(a, f->fields, 0);
		if (wrong)
			return wrong;
	}
	return NULL;
}
