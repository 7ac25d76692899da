/*
 * check.c - reads an answer back and compares it with its table: members in
 * the table's order, none missing, none more, right types. Called by reply.c
 * in developer builds, so that every API test checks every answer.
 */
#include "web/check.h"

#include "base/arena.h"
#include "base/str.h"
#include "ext/json.h"

static enum err check_object(
	struct ctx *ctx, const struct field *out, const struct jsn *v);

static enum err
differs(struct ctx *ctx, const struct field *f, const char *how)
{
	return ctx_cause(ctx, E_INTERNAL_SERVER_ERROR,
		"the answer breaks its table: %s %s", f->name, how);
}

static bool
enum_has(const struct field *f, const char *s)
{
	for (size_t i = 0; f->values[i]; i++) {
		if (str_eq(f->values[i], s))
			return true;
	}
	return false;
}

static bool
string_fits(const struct field *f, const struct jsn *v)
{
	const char *s = jsn_str(v);

	if (!s)
		return false;
	switch (f->type) {
	case FIELD_UUID:
		return str_is_uuid(s);
	case FIELD_ENUM:
		return enum_has(f, s);
	case FIELD_TIME:
		return strlen(s) == 20 && s[10] == 'T' && s[19] == 'Z';
	default:
		return true;
	}
}

static enum err
check_items(struct ctx *ctx, const struct field *f, const struct jsn *v)
{
	if (jsn_type(v) != JSN_ARRAY)
		return differs(ctx, f, "is not an array");
	for (size_t i = 0; i < jsn_len(v); i++) {
		const struct jsn *item = jsn_at(v, i);
		enum err e = E_OK;

		if (f->type == FIELD_LIST)
			e = check_object(ctx, f->fields, item);
		else if (jsn_type(item) != JSN_STR)
			e = differs(ctx, f, "holds something but strings");
		else if (f->type == FIELD_ENUMS && !enum_has(f, jsn_str(item)))
			e = differs(ctx, f, "holds another value");
		if (e)
			return e;
	}
	return E_OK;
}

static enum err
check_value(struct ctx *ctx, const struct field *f, const struct jsn *v)
{
	bool ok;

	if (jsn_type(v) == JSN_ABSENT)
		return differs(ctx, f, "is missing");
	if (jsn_type(v) == JSN_NULL)
		return f->presence == NUL ? E_OK : differs(ctx, f, "is null");
	switch (f->type) {
	case FIELD_OBJECT:
		return check_object(ctx, f->fields, v);
	case FIELD_LIST:
	case FIELD_STRS:
	case FIELD_ENUMS:
		return check_items(ctx, f, v);
	case FIELD_NUMBER:
		ok = jsn_type(v) == JSN_INT || jsn_type(v) == JSN_REAL;
		break;
	case FIELD_INT:
		ok = jsn_type(v) == JSN_INT;
		break;
	case FIELD_JSON:
		ok = jsn_type(v) == JSN_OBJECT;
		break;
	case FIELD_BOOL:
		ok = jsn_type(v) == JSN_BOOL;
		break;
	default:
		ok = string_fits(f, v);
	}
	return ok ? E_OK : differs(ctx, f, "has another type or form");
}

static enum err
check_object(struct ctx *ctx, const struct field *out, const struct jsn *v)
{
	size_t n = 0;

	if (jsn_type(v) != JSN_OBJECT)
		return ctx_cause(ctx, E_INTERNAL_SERVER_ERROR,
			"the answer breaks its table: not an object");
	for (; out[n].type; n++) {
		const struct jsn *member = jsn_get(v, out[n].name);
		bool left_out = out[n].presence == OPT && !member;
		enum err e =
			left_out ? E_OK : check_value(ctx, &out[n], member);

		if (e)
			return e;
	}
	for (const void *it = NULL;;) {
		const struct jsn *member;
		const char *key;

		if (!jsn_next(v, &it, &key, &member))
			return E_OK;
		if (field_index(out, key) < 0)
			return ctx_cause(ctx, E_INTERNAL_SERVER_ERROR,
				"the answer breaks its table: %s is not in it",
				key);
	}
}

enum err
reply_check(struct ctx *ctx, const struct field *out, const struct buf *body)
{
	const struct jsn *v;
	enum err e = jsn_parse(ctx, buf_text(body), body->len, &v);

	if (e)
		return e;
	return check_object(ctx, out, v);
}
