/*
 * loop.h - the event loop: sockets, descriptors and timers. loop.c is the only
 * file that knows libwebsockets; it uses its raw sockets, so what a stranger
 * sends is read by our code alone. Everything happens on one thread, in
 * callbacks; a socket is written to from the writable callback only.
 */
#ifndef AS_WS_LOOP_H
#define AS_WS_LOOP_H

#include "base/base.h"
#include "base/err.h"

struct arena;
struct loop;
struct sock; /* an accepted socket */

/* What the loop calls. conn is conn_size zeroed bytes that belong to the
 * socket and live from opened to closed. A false result closes the socket;
 * closed is called for every one that was opened. */
struct loop_ops {
	size_t conn_size;
	bool (*opened)(void *self, void *conn, struct sock *s);
	bool (*received)(void *conn, const char *p, size_t n);
	bool (*writable)(void *conn);
	void (*closed)(void *conn);
};

/* max: how many sockets there may be. Never NULL: what fails says so in *ret_
 * error and the loop is NULL. */
struct loop *loop_new(struct arena *a, const struct loop_ops *ops, void *self,
	size_t max, const char **ret_error);
void loop_free(struct loop *l);
/* Until loop_stop(). */
void loop_run(struct loop *l);
void loop_stop(struct loop *l);

/* Take over a connected socket; it is closed when that fails. */
void loop_adopt(struct loop *l, int fd);
int sock_fd(struct sock *s);
void sock_want_write(struct sock *s);
void sock_close(struct sock *s); /* soon, not from within this call */

/* Call fn(self) whenever fd can be read. The loop polls a duplicate, so fd
 * stays the caller's; w is his too and must be zeroed or unwatched before. */
struct watch {
	void *handle; /* NULL: not watched */
	void (*fn)(void *self);
	void *self;
};
MUST bool loop_watch(struct loop *l, struct watch *w, int fd,
	void (*fn)(void *self), void *self);
void loop_unwatch(struct watch *w);

/* One-shot timers: setting one again makes it come earlier, never later. fn
 * must be set once before. */
enum loop_timer { TIMER_TICK, TIMER_PUMP, TIMER_FEED, TIMER_BOARD, TIMER_MAX };
void loop_on_timer(
	struct loop *l, enum loop_timer t, void (*fn)(void *self), void *self);
void loop_timer(struct loop *l, enum loop_timer t, int64_t ms);

/* Sec-WebSocket-Accept for a Sec-WebSocket-Key (RFC 6455 4.2.2); dst of 29
 * bytes. */
void loop_accept_key(const char *key, char dst[29]);

#endif
