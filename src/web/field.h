/*
 * field.h - tables of fields: what a route takes (each row fills a member of
 * a struct) and what it answers (each row names a column or a computed value).
 * The same rows validate requests, write and check replies, and become
 * OpenAPI. Tables live in handlers/; nothing here knows a resource.
 *
 * Where an input field's value comes from: its name is a {param} of the path:
 * the path; else for GET and DELETE the query; else the JSON body. A DELETE
 * whose route says .body takes the JSON body, a POST that says .query the
 * query.
 */
#ifndef AS_WEB_FIELD_H
#define AS_WEB_FIELD_H

#include "base/base.h"
#include "base/err.h"

struct arena;
struct cfg;
struct jsn;
struct validator;

enum field_type {
	FIELD_END,
	FIELD_STR,
	FIELD_INT,
	FIELD_BOOL,
	FIELD_UUID,
	FIELD_ENUM,
	FIELD_UUIDS, /* only in requests: an array of different UUIDs */
	FIELD_ENUMS, /* an array of different values; in answers a column of
		      * JSON text has it */
	/* only in answers */
	FIELD_TIME,     /* a timestamptz column; RFC 3339 on the wire */
	FIELD_NUMBER,   /* with a fraction; a numeric column, or its text */
	FIELD_DURATION, /* "2m 15s" on the wire, from column NAME_seconds */
	FIELD_JSON,     /* any object; a jsonb column */
	FIELD_OBJECT,   /* its fields come from the same row. Of one that may be
			 * null, their columns have its name before theirs, and
			 * the first is null when it is */
	FIELD_LIST,     /* objects; written by reply_list or the handler */
	FIELD_STRS,     /* strings; written by the handler */
};

/* REQ: has to come. OPT: may be left out. NUL: may be left out or null.
 * In answers: REQ is never null, NUL may be. */
enum presence { REQ, OPT, NUL };

struct field {
	enum field_type type;
	enum presence presence;
	const char *name; /* on the wire, camelCase; a column has the same name
			   * in snake_case */
	size_t offset;
	int64_t min, max; /* characters of a string, value of an integer,
			   * length of an array */
	int64_t absent;   /* an integer that was left out */
	const struct validator *valid; /* beyond length; may be NULL */
	const char *const *values;     /* of an enum or enums, ended by NULL */
	const struct field *fields;    /* of an object or a list's items */
	const char *doc;
};

/* What a field of FIELD_UUIDS or FIELD_ENUMS fills; id is NULL when it was left
 * out. */
struct text_list {
	const char *const *id;
	size_t n;
};

/* A member's offset, if the member has the type that the macro is for:
 * a wrong macro does not compile. */
#define FIELD_AT(s, m, t)                                                      \
	(offsetof(s, m) + 0 * sizeof(struct {                                  \
		_Static_assert(_Generic(((s *)0)->m, t : 1, default : 0),      \
			#m " has another type");                               \
		char dummy;                                                    \
	}))

/* clang-format off */
#define F_STR(s, m, n, p, lo, hi, v, d) \
	{ .type = FIELD_STR, .presence = p, .name = n, .offset = FIELD_AT(s, m, const char *), \
	  .min = lo, .max = hi, .valid = v, .doc = d }
#define F_INT(s, m, n, p, lo, hi, def, d) \
	{ .type = FIELD_INT, .presence = p, .name = n, .offset = FIELD_AT(s, m, int64_t), \
	  .min = lo, .max = hi, .absent = def, .doc = d }
#define F_BOOL(s, m, n, p, d) \
	{ .type = FIELD_BOOL, .presence = p, .name = n, .offset = FIELD_AT(s, m, bool), .doc = d }
#define F_UUID(s, m, n, p, d) \
	{ .type = FIELD_UUID, .presence = p, .name = n, .offset = FIELD_AT(s, m, const char *), .doc = d }
#define F_ENUM(s, m, n, p, vals, d) \
	{ .type = FIELD_ENUM, .presence = p, .name = n, .offset = FIELD_AT(s, m, const char *), \
	  .values = vals, .doc = d }
#define F_UUIDS(s, m, n, p, lo, hi, d) \
	{ .type = FIELD_UUIDS, .presence = p, .name = n, .offset = FIELD_AT(s, m, struct text_list), \
	  .min = lo, .max = hi, .doc = d }
#define F_ENUMS(s, m, n, p, lo, hi, vals, d) \
	{ .type = FIELD_ENUMS, .presence = p, .name = n, .offset = FIELD_AT(s, m, struct text_list), \
	  .min = lo, .max = hi, .values = vals, .doc = d }
/* page and limit, alike in all lists; member m is a struct page */
#define F_PAGE(s, m) \
	F_INT(s, m.page, "page", OPT, 1, 1000000, 1, "Page, from 1."), \
	F_INT(s, m.limit, "limit", OPT, 1, 100, 10, "Items per page.")
#define F_END { .type = FIELD_END }

#define O_STR(n, p, d)          { .type = FIELD_STR, .presence = p, .name = n, .doc = d }
#define O_INT(n, p, d)          { .type = FIELD_INT, .presence = p, .name = n, .doc = d }
#define O_BOOL(n, p, d)         { .type = FIELD_BOOL, .presence = p, .name = n, .doc = d }
#define O_UUID(n, p, d)         { .type = FIELD_UUID, .presence = p, .name = n, .doc = d }
#define O_ENUM(n, p, vals, d)   { .type = FIELD_ENUM, .presence = p, .name = n, .values = vals, .doc = d }
#define O_ENUMS(n, vals, d)     { .type = FIELD_ENUMS, .name = n, .values = vals, .doc = d }
#define O_NUM(n, p, d)          { .type = FIELD_NUMBER, .presence = p, .name = n, .doc = d }
#define O_TIME(n, p, d)         { .type = FIELD_TIME, .presence = p, .name = n, .doc = d }
#define O_DURATION(n, p, d)     { .type = FIELD_DURATION, .presence = p, .name = n, .doc = d }
#define O_JSON(n, p, d)         { .type = FIELD_JSON, .presence = p, .name = n, .doc = d }
#define O_OBJECT(n, f, d)       { .type = FIELD_OBJECT, .name = n, .fields = f, .doc = d }
#define O_OBJECT_NUL(n, f, d)   { .type = FIELD_OBJECT, .presence = NUL, .name = n, .fields = f, .doc = d }
#define O_LIST(n, f, d)         { .type = FIELD_LIST, .name = n, .fields = f, .doc = d }
#define O_STRS(n, d)            { .type = FIELD_STRS, .name = n, .doc = d }
#define O_END F_END
/* clang-format on */

struct page {
	int64_t page;  /* from 1 */
	int64_t limit; /* 1 to 100 */
};
/* "pagination" of every list */
extern const struct field pagination_out[];

/* What a route takes: its table and the size of the struct that it fills. */
struct input {
	const struct field *fields;
	size_t size;
};
#define IN(table, type)                                                        \
	{                                                                      \
		.fields = (table), .size = sizeof(type)                        \
	}

/* One bad field, for details.fields. */
struct bad_field {
	const char *name;
	const char *code; /* REQUIRED, NULL, TYPE, TOO_SHORT, TOO_LONG, RANGE,
			   * INVALID, UNKNOWN, DUPLICATE */
	const char *message;
};
#define BAD_FIELDS_MAX 32

/* One text value that came with the request (path or query), decoded. */
struct text_value {
	const char *name;
	const char *value;
	bool path;
};

/* Everything that binding a request to a table needs and yields. */
struct binding {
	struct arena *arena;
	const struct cfg *cfg;
	const struct text_value *texts; /* of path and query */
	size_t ntexts;
	const struct jsn *body; /* an object, or NULL when none came */
	bool body_fields;       /* fields that the path does not name are
				 * taken from the body */
	/* results */
	uint64_t given; /* a bit per row of the table: a value or null came */
	struct bad_field bad[BAD_FIELDS_MAX];
	size_t nbad;
};

/* Fill dst (in->size bytes, zeroed) from b. All bad fields are collected;
 * E_VALIDATION_ERROR when there is one. Members of fields that were left out
 * or null are NULL, false or .absent. */
MUST enum err field_bind(struct binding *b, const struct input *in, void *dst);
/* Add a bad field; beyond BAD_FIELDS_MAX they are dropped. */
void field_bad(struct binding *b, const char *name, const char *code,
	const char *message);
/* Row number of a name, or -1. */
int field_index(const struct field *fields, const char *name);
/* NULL, or what is wrong with a table (programmer's errors): for the
 * selfcheck. size 0: a table of an answer. */
const char *field_table_wrong(
	struct arena *a, const struct field *fields, size_t size);

#endif
