/*
 * board.h - what every viewer of the status page's stream gets: the updates of
 * the snapshot (svc/snapshot.h), made into frames once for all of them. They go
 * out when the prober has written a new one, every three seconds, and to who
 * comes at once. When no new one comes, they go out all the same, so that
 * viewers are told that nobody knows any more. Knows nothing of sockets, and
 * needs no database.
 */
#ifndef AS_WS_BOARD_H
#define AS_WS_BOARD_H

#include "base/base.h"

struct arena;
struct board;
struct buf;
struct cfg;
struct loop;

/* Where one viewer stands; part of its connection. */
struct onlooker {
	struct onlooker *next, *prev;
	struct board *board; /* NULL: does not look */
	uint64_t told;       /* version that it was given last */
};

/* wake is called when a viewer has something to fetch. Uses TIMER_BOARD. Never
 * NULL. */
struct board *board_new(struct arena *a, struct loop *l, const struct cfg *cfg,
	void (*wake)(struct onlooker *v));
void board_free(struct board *b);

void board_join(struct board *b, struct onlooker *v);
void board_leave(struct onlooker *v);
/* Append the newest updates to out unless v was given them. So whoever is late
 * gets the newest alone, and never has to catch up. False: there was nothing. */
bool board_fill(struct onlooker *v, struct buf *out);

#endif
