/*
 * meter.h - counters that all processes of a program share and that any other
 * of the host may read: 64-bit words in a file that they map. Counting takes no
 * lock and waits for nobody; what cannot be counted is not counted.
 */
#ifndef AS_METER_H
#define AS_METER_H

#include "base/base.h"

/* The words that every program has (meter_of). */
enum meter_word {
#define METER(name, kind, metric, labels, doc) METER_##name,
#include "base/meter.def"
#undef METER
	METER_MAX
};

struct arena;
struct meter;

/* `words` counters that mean what `layout` says (any text): the file is DIR/NAME
 * with a hash of both behind it, so who counts otherwise, as an older version
 * does, has another one. Made at the first use; where it cannot be, that is
 * tried again a second later. */
struct meter *meter_new(struct arena *a, const char *dir, const char *name,
	const char *layout, size_t words);
void meter_add(struct meter *m, size_t word, uint64_t n);
void meter_set(struct meter *m, size_t word, uint64_t value);

/* All words as they are now: 0 when nobody has counted yet. The file is only
 * read. */
void meter_read(const struct meter *m, uint64_t *ret);

/* A program's own words, METER_MAX of them. */
struct meter *meter_of(
	struct arena *a, const char *run_dir, const char *program);

#endif
