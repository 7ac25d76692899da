/*
 * arena.h - memory by lifetime: a request, job or message owns one arena and
 * everything in it is released at once by arena_reset().
 */
#ifndef AS_ARENA_H
#define AS_ARENA_H

#include "base/base.h"

#include <stdarg.h>

struct arena;

/* An arena with a soft and a hard ceiling in bytes. Past the soft one
 * arena_full() turns true (growers return E_PAYLOAD_TOO_LARGE); past the hard
 * one the process aborts and is replaced. Never NULL. */
struct arena *arena_new(size_t soft, size_t hard);
/* Run the hooks in reverse order, release everything. NULL is fine. */
void arena_free(struct arena *a);
/* The same, but keep the first block for the next use. Poisons in developer
 * builds. */
void arena_reset(struct arena *a);
bool arena_full(const struct arena *a);
/* Bytes handed out since the last reset. */
size_t arena_used(const struct arena *a);

/* Zeroed memory, aligned for any type. Never NULL; size 0 gives a valid
 * pointer. arena_array checks the product for overflow. */
void *arena_alloc(struct arena *a, size_t size);
void *arena_array(struct arena *a, size_t n, size_t size);
/* Grow an array: copies old bytes into a new, zeroed allocation. */
void *arena_grow(struct arena *a, const void *p, size_t old, size_t size);
char *arena_strdup(struct arena *a, const char *s); /* NULL stays NULL */
char *arena_strndup(struct arena *a, const char *s, size_t n);
char *arena_printf(struct arena *a, const char *fmt, ...) PRINTF(2, 3);
char *arena_vprintf(struct arena *a, const char *fmt, va_list ap) PRINTF(2, 0);

/* Call fn(p) at reset or free, in reverse order of registration. For foreign
 * objects (PGresult, json_t, fd). */
void arena_hook(struct arena *a, void (*fn)(void *), void *p);

#define ARENA_NEW(a, type) ((type *)arena_alloc((a), sizeof(type)))

#endif
