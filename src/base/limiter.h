/*
 * limiter.h - counts requests in windows of time, exactly, over all processes
 * of a host. A window begins with the first request of a key and ends a fixed
 * time later; it takes a quota of requests. The counters are a file of bounded
 * size: when it is full, the oldest windows are forgotten.
 */
#ifndef AS_LIMITER_H
#define AS_LIMITER_H

#include "base/base.h"

struct arena;
struct limiter;

/* A key is what is counted: a letter for the kind of window, then a user's id
 * or an address. */
#define LIMITER_KEY 40

struct limit {
	bool over;       /* the quota was used up: this one is refused */
	int64_t left;    /* what the window still takes after this one */
	int64_t seconds; /* until the window ends; at least 1 */
};

/* The counters in the file at path, which is made at its first use. path has to
 * outlive it. */
struct limiter *limiter_new(struct arena *a, const char *path);
/* Count one request of key in its window. A refused one is not counted. False
 * with errno when the counters cannot be used; the next call tries again. A
 * file that was removed is left by all processes within a second. quota is at
 * most 2^24 - 2; a key's window_ms is always the same. */
MUST bool limiter_hit(struct limiter *l, const char *key, int64_t quota,
	int64_t window_ms, struct limit *ret);

/* The key of an address, behind kind: an IPv4 address by itself, whether it
 * comes mapped into IPv6 or not; an IPv6 address by its /64, since one customer
 * commonly owns that many. ip may be NULL (a socket's peer). */
void limiter_address(char dst[LIMITER_KEY], char kind, const char *ip);
void limiter_user(char dst[LIMITER_KEY], char kind, const char *user_id);

#endif
