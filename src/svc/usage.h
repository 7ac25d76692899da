/*
 * usage.h - how busy this host is, from /proc, /sys and a file system. A rate is
 * what happened between two samples, which the caller keeps. For the worker;
 * knows no database.
 */
#ifndef AS_SVC_USAGE_H
#define AS_SVC_USAGE_H

#include "base/base.h"

struct arena;

#define USAGE_LINKS_MAX 16
#define USAGE_UNKNOWN   (-1)

/* A network link; its counters only grow, until it is made anew. */
struct usage_link {
	char name[16];
	int64_t received, sent; /* bytes */
	int64_t mbit;           /* its speed; 0: the kernel does not know */
};

struct usage_sample {
	int64_t at_ms;       /* monotonic; 0: no sample */
	int64_t ticks, busy; /* of all processors; 0: unknown */
	int64_t memory, memory_free;
	int64_t storage, storage_free; /* what users may have of it */
	struct usage_link link[USAGE_LINKS_MAX];
	size_t nlinks;
};

/* Percentages from 0 to 100, or USAGE_UNKNOWN. */
struct usage {
	int cpu, memory, storage, network;
};

/* Look at everything now; dir is on the file system that counts. What cannot be
 * read is unknown. */
void usage_take(struct arena *a, const char *dir, struct usage_sample *ret);
/* Only the storage. */
void usage_take_storage(const char *dir, struct usage_sample *ret);
/* What the second sample shows, and what went on since the first one (may have
 * no time: cpu and network are unknown then). network is the busier direction
 * of the busiest link; mbit is the speed of links that do not know their own, 0:
 * they do not count. */
void usage_between(const struct usage_sample *first,
	const struct usage_sample *second, int64_t mbit, struct usage *ret);

/* ---- of usage_take, for tests: texts of /proc ---- */

void usage_read_stat(struct usage_sample *s, struct arena *a, const char *text);
void usage_read_meminfo(
	struct usage_sample *s, struct arena *a, const char *text);
/* All links but lo, with no speed. */
void usage_read_dev(struct usage_sample *s, struct arena *a, const char *text);

#endif
