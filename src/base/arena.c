/*
 * arena.c - a list of blocks that grows at its front and is released as one.
 * Every program has one a request, job or message. Knows nothing of what lives
 * in it but the hooks.
 */
#include "base/arena.h"

#include "base/str.h"

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define ARENA_ASAN 1
#endif
#endif
#if defined(__SANITIZE_ADDRESS__)
#define ARENA_ASAN 1
#endif

#ifdef ARENA_ASAN
#include <sanitizer/asan_interface.h>
#define GAP        ((size_t)16) /* between allocations, never addressable */
#define HIDE(p, n) ASAN_POISON_MEMORY_REGION((p), (n))
#define SHOW(p, n) ASAN_UNPOISON_MEMORY_REGION((p), (n))
#else
#define GAP        ((size_t)0)
#define HIDE(p, n) ((void)0)
#define SHOW(p, n) ((void)0)
#endif

#define ALIGN     (_Alignof(max_align_t))
#define BLOCK_MIN ((size_t)4 * 1024)
#define BLOCK_MAX ((size_t)1024 * 1024)
#define FIRST_MAX ((size_t)64 * 1024)

struct block {
	struct block *next;
	size_t size;
	size_t used;
	_Alignas(max_align_t) unsigned char data[];
};

struct hook {
	struct hook *next;
	void (*fn)(void *);
	void *p;
};

struct arena {
	struct block *cur; /* newest; the first block is the last of the list */
	struct hook *hooks;
	size_t soft;
	size_t hard;
	size_t used;
	bool full;
	int64_t count;   /* allocations since arena_new */
	int64_t fail_at; /* developer builds: the one that trips the ceiling */
};

static struct block *
block_new(size_t size)
{
	struct block *b = malloc(sizeof(*b) + size);

	if (!b)
		out_of_memory();
	b->next = NULL;
	b->size = size;
	b->used = 0;
	HIDE(b->data, size);
	return b;
}

static void
block_free(struct block *b)
{
	SHOW(b->data, b->size); /* malloc may hand it to somebody else */
	free(b);
}

struct arena *
arena_new(size_t soft, size_t hard)
{
	struct arena *a = calloc(1, sizeof(*a));

	if (!a)
		out_of_memory();
	ASSERT(soft <= hard);
	a->soft = soft;
	a->hard = hard;
	/* What is kept between requests should hold most of them. Pages of it
	 * that nobody touched cost nothing. */
	a->cur = block_new(MAX(BLOCK_MIN, MIN(FIRST_MAX, soft / 4)));
#ifdef AS_DEVELOPER
	const char *fail_at = getenv("AS_FAIL_AT");

	if (fail_at && !str_to_i64(fail_at, 1, INT64_MAX, &a->fail_at))
		a->fail_at = 0;
#endif
	return a;
}

static void
run_hooks(struct arena *a)
{
	while (a->hooks) {
		struct hook *h = a->hooks;

		a->hooks = h->next; /* first, should the hook add one */
		h->fn(h->p);
	}
}

void
arena_reset(struct arena *a)
{
	run_hooks(a);
	while (a->cur->next) {
		struct block *next = a->cur->next;

		block_free(a->cur);
		a->cur = next;
	}
#ifdef AS_DEVELOPER
	SHOW(a->cur->data, a->cur->used);
	memset(a->cur->data, 0xdb, a->cur->used);
#endif
	HIDE(a->cur->data, a->cur->size);
	a->cur->used = 0;
	a->used = 0;
	a->full = false;
}

void
arena_free(struct arena *a)
{
	if (!a)
		return;
	arena_reset(a);
	block_free(a->cur);
	free(a);
}

bool
arena_full(const struct arena *a)
{
	return a->full;
}

size_t
arena_used(const struct arena *a)
{
	return a->used;
}

static void
account(struct arena *a, size_t size)
{
	/* the hard ceiling first: a sum that wraps must not get past it */
	ASSERT(size <= a->hard && a->used <= a->hard - size);
	a->used += size;
	a->count++;
	if (a->used > a->soft || a->count == a->fail_at)
		a->full = true;
}

void *
arena_alloc(struct arena *a, size_t size)
{
	size_t need;
	struct block *b = a->cur;
	void *p;

	account(a, size);
	ASSERT(size < SIZE_MAX / 2);
	need = ((size ? size : 1) + ALIGN - 1) / ALIGN * ALIGN + GAP;
	if (b->size - b->used < need) {
		/* doubling keeps the number of blocks of a big arena small */
		size_t want = MIN(b->size * 2, BLOCK_MAX);

		b = block_new(MAX(want, need));
		b->next = a->cur;
		a->cur = b;
	}
	p = b->data + b->used;
	b->used += need;
	SHOW(p, size ? size : 1);
	memset(p, 0, size ? size : 1);
	return p;
}

void *
arena_array(struct arena *a, size_t n, size_t size)
{
	size_t bytes;

	ASSERT(!__builtin_mul_overflow(n, size, &bytes));
	return arena_alloc(a, bytes);
}

void *
arena_grow(struct arena *a, const void *p, size_t old, size_t size)
{
	void *q = arena_alloc(a, size);

	if (p && old)
		memcpy(q, p, MIN(old, size));
	return q;
}

char *
arena_strdup(struct arena *a, const char *s)
{
	return s ? arena_strndup(a, s, strlen(s)) : NULL;
}

char *
arena_strndup(struct arena *a, const char *s, size_t n)
{
	size_t len = strnlen(s, n);
	char *d = arena_alloc(a, len + 1);

	memcpy(d, s, len);
	return d;
}

char *
arena_printf(struct arena *a, const char *fmt, ...)
{
	va_list ap;
	char *s;

	va_start(ap, fmt);
	s = arena_vprintf(a, fmt, ap);
	va_end(ap);
	return s;
}

char *
arena_vprintf(struct arena *a, const char *fmt, va_list ap)
{
	va_list again;
	int n;
	char *s;

	va_copy(again, ap);
	n = vsnprintf(NULL, 0, fmt, again);
	va_end(again);
	ASSERT(n >= 0);
	s = arena_alloc(a, (size_t)n + 1);
	(void)vsnprintf(s, (size_t)n + 1, fmt, ap); /* n is exact */
	return s;
}

void
arena_hook(struct arena *a, void (*fn)(void *), void *p)
{
	struct hook *h = ARENA_NEW(a, struct hook);

	h->fn = fn;
	h->p = p;
	h->next = a->hooks;
	a->hooks = h;
}
