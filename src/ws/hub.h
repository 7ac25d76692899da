/*
 * hub.h - one hub for each deployment that somebody watches. It reads new lines
 * from the table once for all its live viewers; who comes late reads the table
 * alone, in pages, until it has caught up. Knows nothing of sockets.
 */
#ifndef AS_WS_HUB_H
#define AS_WS_HUB_H

#include "base/base.h"
#include "base/err.h"

struct arena;
struct buf;
struct feed;
struct hub;
struct hubs;
struct loop;

/* Where one viewer stands; part of its connection. */
struct viewer {
	struct viewer *next, *prev; /* of the same hub */
	struct hub *hub;            /* NULL: does not watch */
	int32_t seq;                /* last line that it was given */
	unsigned told;              /* version of the status that it knows */
	bool live;                  /* follows the hub, does not read alone */
	bool lagged;
	uint64_t pos; /* in the hub's ring, when live */
};

enum fill {
	FILL_NOTHING,  /* up to date (or the database is away) */
	FILL_SOME,     /* frames were added; ask again when they are sent */
	FILL_COMPLETE, /* deployment_complete was added: the end */
	FILL_LAGGED,   /* too far behind: drop it */
	FILL_GONE,     /* the deployment was deleted */
};

/* queue_max: bytes that a live viewer may be behind. wake is called when a
 * viewer has something to fetch. Uses TIMER_PUMP. Never NULL. */
struct hubs *hubs_new(struct arena *a, struct loop *l, struct feed *f,
	size_t queue_max, void (*wake)(struct viewer *v));
void hubs_free(struct hubs *h);

/* Watch a deployment from the line after `after` on. */
void hub_join(struct hubs *h, struct viewer *v, const char *deployment,
	int32_t after);
void hub_leave(struct hubs *h, struct viewer *v);
/* Append the next frames for v to out, about 32 KiB at most. ctx's arena is
 * the caller's scratch. */
enum fill hub_fill(
	struct ctx *ctx, struct hubs *h, struct viewer *v, struct buf *out);

/* log:ID and deploy:ID. */
void hubs_notice(struct hubs *h, const char *payload);
/* Look at every watched deployment soon: the slow poll, and after a reconnect. */
void hubs_refresh(struct hubs *h);

#endif
