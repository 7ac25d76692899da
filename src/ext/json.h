/*
 * json.h - reading JSON that strangers sent (jansson behind it). Writing is
 * base/jw.h. Duplicate keys, NUL, invalid UTF-8, numbers that do not fit,
 * trailing bytes and more than 32 levels are refused. Values live as long as
 * the arena.
 */
#ifndef AS_EXT_JSON_H
#define AS_EXT_JSON_H

#include "base/base.h"
#include "base/err.h"

#define JSN_DEPTH_MAX  32
#define JSN_VALUES_MAX 20000 /* of which an empty object is 250 bytes */

struct jsn; /* any value; functions take NULL as "absent" */

enum jsn_type {
	JSN_ABSENT,
	JSN_NULL,
	JSN_BOOL,
	JSN_INT,
	JSN_REAL,
	JSN_STR,
	JSN_ARRAY,
	JSN_OBJECT
};

/* E_BAD_REQUEST with the position for the client when it is not JSON;
 * E_PAYLOAD_TOO_LARGE over JSN_VALUES_MAX. Any value may stand at the top. */
MUST enum err jsn_parse(
	struct ctx *ctx, const char *text, size_t n, const struct jsn **ret);
/* The same with another maximum. */
MUST enum err jsn_parse_max(struct ctx *ctx, const char *text, size_t n,
	size_t values_max, const struct jsn **ret);
enum jsn_type jsn_type(const struct jsn *v);
const struct jsn *jsn_get(const struct jsn *object, const char *key);
const char *jsn_str(const struct jsn *v); /* NULL when not a string */
size_t jsn_len(const struct jsn *v);      /* bytes, elements or members */
int64_t jsn_int(const struct jsn *v);     /* 0 when not a JSN_INT */
bool jsn_bool(const struct jsn *v);
const struct jsn *jsn_at(const struct jsn *array, size_t i);
/* Walk an object: *it starts NULL; false at the end. */
bool jsn_next(const struct jsn *object, const void **it, const char **key,
	const struct jsn **value);

#endif
