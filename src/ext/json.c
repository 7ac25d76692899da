/*
 * json.c - reading JSON by jansson. Handlers never see it: src/web fills their
 * structs from it. struct jsn is jansson's json_t under our name.
 */
#include "ext/json.h"

#include "base/arena.h"

#include <jansson.h>

static const json_t *
jt(const struct jsn *v)
{
	return (const json_t *)v;
}

static const struct jsn *
js(const json_t *v)
{
	return (const struct jsn *)v;
}

/* Bounds that jansson does not have (it stops at 2048 levels, and a megabyte
 * of "[],[],..." becomes 50 of memory): nesting, and values as counted by what
 * begins or separates them. Text that is no JSON is left to jansson. */
static enum err
check_shape(struct ctx *ctx, const char *text, size_t n, size_t values_max)
{
	size_t depth = 0;
	size_t values = 1;
	bool in_string = false;

	for (size_t i = 0; i < n; i++) {
		char c = text[i];

		if (in_string) {
			if (c == '\\')
				i++;
			in_string = c != '"';
			continue;
		}
		if (c == '"')
			in_string = true;
		else if (c == '[' || c == '{')
			depth++, values++;
		else if (c == ']' || c == '}')
			depth -= depth > 0;
		else if (c == ',')
			values++;
		if (depth > JSN_DEPTH_MAX)
			return ctx_fail(ctx, E_BAD_REQUEST,
				"The body nests deeper than %d levels",
				JSN_DEPTH_MAX);
		if (values > values_max)
			return ctx_fail(ctx, E_PAYLOAD_TOO_LARGE,
				"The body holds more than %zu values",
				values_max);
	}
	return E_OK;
}

static void
release(void *p)
{
	json_decref(p);
}

enum err
jsn_parse(struct ctx *ctx, const char *text, size_t n, const struct jsn **ret)
{
	return jsn_parse_max(ctx, text, n, JSN_VALUES_MAX, ret);
}

enum err
jsn_parse_max(struct ctx *ctx, const char *text, size_t n, size_t values_max,
	const struct jsn **ret)
{
	enum err e = check_shape(ctx, text, n, values_max);
	json_error_t je;
	json_t *v;

	if (e)
		return e;
	v = json_loadb(text, n, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &je);
	if (!v && json_error_code(&je) == json_error_duplicate_key)
		return ctx_fail(ctx, E_BAD_REQUEST,
			"The body names a key twice (line %d, column %d)",
			je.line, je.column);
	if (!v) /* jansson's own text quotes the body: not for the log */
		return ctx_fail(ctx, E_BAD_REQUEST,
			"The body is not JSON (line %d, column %d)", je.line,
			je.column);
	arena_hook(ctx->arena, release, v);
	*ret = js(v);
	return E_OK;
}

enum jsn_type
jsn_type(const struct jsn *v)
{
	if (!v)
		return JSN_ABSENT;
	switch (json_typeof(jt(v))) {
	case JSON_NULL:
		return JSN_NULL;
	case JSON_TRUE:
	case JSON_FALSE:
		return JSN_BOOL;
	case JSON_INTEGER:
		return JSN_INT;
	case JSON_REAL:
		return JSN_REAL;
	case JSON_STRING:
		return JSN_STR;
	case JSON_ARRAY:
		return JSN_ARRAY;
	case JSON_OBJECT:
		return JSN_OBJECT;
	}
	return JSN_ABSENT; /* jansson has no other types */
}

const struct jsn *
jsn_get(const struct jsn *object, const char *key)
{
	return js(json_object_get(jt(object), key));
}

const char *
jsn_str(const struct jsn *v)
{
	return json_string_value(jt(v));
}

size_t
jsn_len(const struct jsn *v)
{
	switch (jsn_type(v)) {
	case JSN_STR:
		return json_string_length(jt(v));
	case JSN_ARRAY:
		return json_array_size(jt(v));
	case JSN_OBJECT:
		return json_object_size(jt(v));
	default:
		return 0;
	}
}

int64_t
jsn_int(const struct jsn *v)
{
	return json_integer_value(jt(v));
}

bool
jsn_bool(const struct jsn *v)
{
	return v && json_is_true(jt(v));
}

const struct jsn *
jsn_at(const struct jsn *array, size_t i)
{
	return js(json_array_get(jt(array), i));
}

bool
jsn_next(const struct jsn *object, const void **it, const char **key,
	const struct jsn **value)
{
	/* jansson's iterators want a json_t that they do not change */
	json_t *o = (json_t *)(uintptr_t)object;
	void *at = *it ? json_object_iter_next(o, (void *)(uintptr_t)*it)
		       : json_object_iter(o);

	if (!at)
		return false;
	*it = at;
	*key = json_object_iter_key(at);
	*value = js(json_object_iter_value(at));
	return true;
}
