/*
 * server.h - what one autostack-ws process holds. Made by main.c; conn.c and
 * gate.c get it with every call.
 */
#ifndef AS_WS_SERVER_H
#define AS_WS_SERVER_H

#include "base/base.h"
#include "ws/loop.h"

struct access_keys;
struct arena;
struct board;
struct cfg;
struct conn;
struct feed;
struct hubs;
struct meter;

struct server {
	struct arena *arena;   /* for the life of the process */
	struct arena *scratch; /* for one callback */
	const struct cfg *cfg;
	const struct access_keys *keys;
	struct loop *loop;
	struct feed *feed;
	struct hubs *hubs;
	struct board *board;
	struct meter *meter;
	struct conn *conns; /* every socket, streams and handshakes */
	size_t n_conns;
	size_t n_open;   /* those that are streams of users */
	size_t n_status; /* those that look at the status page */
	bool ask_sessions;
	bool ending;
	int64_t polled_ms; /* the last slow poll */
	int64_t end_ms;    /* when ending: leave then in any case */
};

#endif
