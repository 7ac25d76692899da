/*
 * fuzz_fields.c - any bytes as the JSON body, or as the query, of every route
 * of ours. What is bound obeys its table; what is refused says where.
 */
#include "fuzz.h"

#include "base/arena.h"
#include "base/cfg.h"
#include "base/str.h"
#include "ext/json.h"
#include "handlers/all.h"
#include "web/field.h"
#include "web/valid.h"

#define TEXTS_MAX 32

static const struct cfg cfg = {.password_min = 8};

static void
check_list(const struct field *f, const struct text_list *list)
{
	ASSERT(list->id || f->presence != REQ);
	ASSERT((int64_t)list->n <= f->max);
	for (size_t i = 0; i < list->n; i++)
		ASSERT(f->type == FIELD_ENUMS || str_is_uuid(list->id[i]));
}

static void
check_bound(const struct field *f, const void *member)
{
	const char *s;
	int64_t n;

	switch (f->type) {
	case FIELD_INT:
		n = *(const int64_t *)member;
		ASSERT(n == f->absent || (n >= f->min && n <= f->max));
		break;
	case FIELD_BOOL:
		break;
	case FIELD_UUIDS:
	case FIELD_ENUMS:
		check_list(f, member);
		break;
	default:
		s = *(const char *const *)member;
		ASSERT(s || f->presence != REQ);
		if (!s)
			break;
		ASSERT(str_is_utf8(s, strlen(s)));
		if (f->type == FIELD_STR)
			ASSERT((int64_t)utf8_length(s) <= f->max);
		if (f->type == FIELD_UUID)
			ASSERT(str_is_uuid(s));
	}
}

static void
bind_route(struct binding *b, const struct route *r)
{
	char *dst = arena_alloc(b->arena, r->in.size);
	enum err e;

	b->nbad = 0;
	b->given = 0;
	e = field_bind(b, &r->in, dst);
	ASSERT(e == E_OK || e == E_VALIDATION_ERROR);
	ASSERT((e == E_OK) == (b->nbad == 0));
	for (size_t i = 0; i < b->nbad; i++) {
		ASSERT(b->bad[i].name && b->bad[i].code && b->bad[i].message);
		ASSERT(str_is_utf8(b->bad[i].name, strlen(b->bad[i].name)));
	}
	for (const struct field *f = r->in.fields; !e && f && f->type; f++)
		check_bound(f, dst + f->offset);
}

static void
bind_all(struct binding *b)
{
	for (size_t t = 0; all_routes[t]; t++)
		for (const struct route *r = all_routes[t]; r->op; r++)
			bind_route(b, r);
}

/* name=value&..., decoded as request.c does */
static size_t
parse_texts(struct arena *a, const char *s, struct text_value texts[TEXTS_MAX])
{
	size_t n;
	size_t got = 0;
	char **part = str_split(a, s, '&', &n);

	for (size_t i = 0; i < n && got < TEXTS_MAX; i++) {
		char *value = strchr(part[i], '=');

		if (!value)
			continue;
		*value++ = '\0';
		if (!str_unescape(part[i], true) || !str_unescape(value, true))
			continue;
		texts[got++] = (struct text_value){part[i], value, false};
	}
	return got;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *a = arena_new(1 << 24, 1 << 28);
	struct ctx ctx = {.arena = a};
	struct binding b = {.arena = a, .cfg = &cfg, .body_fields = true};
	struct text_value texts[TEXTS_MAX];
	const char *text = arena_strndup(a, (const char *)data, size);

	if (jsn_parse(&ctx, (const char *)data, size, &b.body) == E_OK &&
		jsn_type(b.body) == JSN_OBJECT)
		bind_all(&b);
	b = (struct binding){.arena = a, .cfg = &cfg, .texts = texts};
	b.ntexts = parse_texts(a, text, texts);
	bind_all(&b);
	arena_free(a);
	return 0;
}
