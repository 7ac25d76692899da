/*
 * conn.h - one client: its handshake, its frames, its place in a stream, its
 * end. All of its state is in struct conn, which the loop allocates; buffers
 * are given back whenever they are empty, so an idle viewer costs little.
 */
#ifndef AS_WS_CONN_H
#define AS_WS_CONN_H

#include "base/base.h"
#include "ws/loop.h"

struct onlooker;
struct server;
struct viewer;

extern const struct loop_ops conn_ops;

/* hubs_new's wake. */
void conn_wake(struct viewer *v);
/* board_new's. */
void conn_wake_onlooker(struct onlooker *v);
/* Deadlines, pings, expiry, the slow poll. Sets itself again while there are
 * connections. For TIMER_TICK; self is the server. */
void conns_tick(void *self);
/* A session may have ended. */
void conns_session_notice(struct server *srv, const char *session);
/* Streams that this user has open. */
int64_t conns_of_user(const struct server *srv, const char *user);
/* Close all with 1001. */
void conns_end(struct server *srv);

#endif
