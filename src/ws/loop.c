/*
 * loop.c - libwebsockets 4.1 as event loop: poll, timers, accepted sockets.
 * No listener, HTTP parser, TLS or extension of the library is in use: its
 * 4.1.6 reads freed memory on a wrong `Upgrade`, speaks cleartext h2c and has
 * no fix in Debian 12 (SECURITY.md 3.3).
 */
#include "ws/loop.h"

#include "base/arena.h"
#include "base/str.h"

#include <fcntl.h>
#include <libwebsockets.h>
#include <sys/resource.h>
#include <unistd.h>

#define READ_BYTES 4096
#define OTHER_FDS  64 /* listener, database, stderr, what libraries open */

struct timer {
	lws_sorted_usec_list_t sul; /* first: the callback gets its address */
	void (*fn)(void *self);
	void *self;
};

struct loop {
	struct lws_context *context;
	struct lws_vhost *vhost;
	struct lws_protocols protocols[3];
	const struct loop_ops *ops;
	void *self;
	bool stopped;
	struct timer timers[TIMER_MAX];
};

static struct loop *
loop_of(struct lws *wsi)
{
	return lws_context_user(lws_get_context(wsi));
}

static int
on_watch(struct lws *wsi, enum lws_callback_reasons reason, void *user,
	void *in, size_t len)
{
	struct watch *w;

	(void)user;
	(void)in;
	(void)len;
	switch (reason) {
	case LWS_CALLBACK_RAW_RX_FILE:
		w = lws_get_opaque_user_data(wsi);
		if (!w)
			return -1;
		w->fn(w->self);
		return 0;
	case LWS_CALLBACK_RAW_CLOSE_FILE:
		w = lws_get_opaque_user_data(wsi);
		if (w)
			w->handle = NULL;
		return 0;
	default:
		return 0;
	}
}

static int
on_stream(struct lws *wsi, enum lws_callback_reasons reason, void *user,
	void *in, size_t len)
{
	struct loop *l;

	switch (reason) {
	case LWS_CALLBACK_RAW_ADOPT:
		l = loop_of(wsi);
		return l->ops->opened(l->self, user, (struct sock *)wsi) ? 0
									 : -1;
	case LWS_CALLBACK_RAW_RX:
		return loop_of(wsi)->ops->received(user, in, len) ? 0 : -1;
	case LWS_CALLBACK_RAW_WRITEABLE:
		return loop_of(wsi)->ops->writable(user) ? 0 : -1;
	case LWS_CALLBACK_RAW_CLOSE:
		if (user)
			loop_of(wsi)->ops->closed(user);
		return 0;
	default:
		return 0;
	}
}

/* Enough descriptors for max sockets, and no more: the library's tables have
 * that size. */
static bool
limit_fds(size_t max)
{
	struct rlimit r;

	if (getrlimit(RLIMIT_NOFILE, &r) != 0)
		return false;
	if (r.rlim_max < max + OTHER_FDS)
		return false;
	r.rlim_cur = max + OTHER_FDS;
	return setrlimit(RLIMIT_NOFILE, &r) == 0;
}

struct loop *
loop_new(struct arena *a, const struct loop_ops *ops, void *self, size_t max,
	const char **ret_error)
{
	struct loop *l = ARENA_NEW(a, struct loop);
	struct lws_context_creation_info info = {
		.port = CONTEXT_PORT_NO_LISTEN,
		.protocols = l->protocols,
		.pt_serv_buf_size = READ_BYTES,
		.max_http_header_pool = 1,
		.max_http_header_data = 256,
		.gid = (gid_t)-1,
		.uid = (uid_t)-1,
		.user = l,
		.vhost_name = "autostack",
		.options = LWS_SERVER_OPTION_DISABLE_IPV6,
	};

	l->ops = ops;
	l->self = self;
	l->protocols[0] = (struct lws_protocols){
		.name = "watch",
		.callback = on_watch,
	};
	l->protocols[1] = (struct lws_protocols){
		.name = "stream",
		.callback = on_stream,
		.per_session_data_size = ops->conn_size,
	};
	/* its log would quote what strangers send, tokens included (WS-3) */
	lws_set_log_level(0, NULL);
	if (!limit_fds(max)) {
		*ret_error = "RLIMIT_NOFILE is too low for ws_connections_max "
			     "and ws_status_max";
		return NULL;
	}
	l->context = lws_create_context(&info);
	if (!l->context) {
		*ret_error = "libwebsockets does not start";
		return NULL;
	}
	l->vhost = lws_get_vhost_by_name(l->context, "autostack");
	ASSERT(l->vhost);
	return l;
}

void
loop_free(struct loop *l)
{
	if (l)
		lws_context_destroy(l->context);
}

void
loop_run(struct loop *l)
{
	while (!l->stopped && lws_service(l->context, 0) >= 0)
		;
}

void
loop_stop(struct loop *l)
{
	l->stopped = true;
	lws_cancel_service(l->context);
}

void
loop_adopt(struct loop *l, int fd)
{
	/* closes fd itself when it fails */
	(void)lws_adopt_descriptor_vhost(l->vhost, LWS_ADOPT_SOCKET,
		(lws_sock_file_fd_type){.sockfd = fd}, "stream", NULL);
}

int
sock_fd(struct sock *s)
{
	return lws_get_socket_fd((struct lws *)s);
}

void
sock_want_write(struct sock *s)
{
	lws_callback_on_writable((struct lws *)s);
}

void
sock_close(struct sock *s)
{
	lws_set_timeout(
		(struct lws *)s, PENDING_TIMEOUT_USER_OK, LWS_TO_KILL_ASYNC);
}

bool
loop_watch(struct loop *l, struct watch *w, int fd, void (*fn)(void *self),
	void *self)
{
	struct lws *wsi;
	int copy = fcntl(fd, F_DUPFD_CLOEXEC, 3);

	if (copy < 0)
		return false;
	wsi = lws_adopt_descriptor_vhost(l->vhost, LWS_ADOPT_RAW_FILE_DESC,
		(lws_sock_file_fd_type){.filefd = copy}, "watch", NULL);
	if (!wsi)
		return false;
	w->handle = wsi;
	w->fn = fn;
	w->self = self;
	lws_set_opaque_user_data(wsi, w);
	return true;
}

void
loop_unwatch(struct watch *w)
{
	struct lws *wsi = w->handle;

	if (!wsi)
		return;
	w->handle = NULL;
	lws_set_opaque_user_data(wsi, NULL);
	lws_set_timeout(wsi, PENDING_TIMEOUT_USER_OK, LWS_TO_KILL_ASYNC);
}

static void
on_timer(lws_sorted_usec_list_t *sul)
{
	struct timer *t = lws_container_of(sul, struct timer, sul);

	t->fn(t->self);
}

void
loop_on_timer(
	struct loop *l, enum loop_timer t, void (*fn)(void *self), void *self)
{
	l->timers[t].fn = fn;
	l->timers[t].self = self;
}

void
loop_timer(struct loop *l, enum loop_timer t, int64_t ms)
{
	lws_sorted_usec_list_t *sul = &l->timers[t].sul;
	lws_usec_t us = (lws_usec_t)ms * LWS_US_PER_MS;

	ASSERT(l->timers[t].fn);
	if (lws_dll2_is_detached(&sul->list) || sul->us > lws_now_usecs() + us)
		lws_sul_schedule(l->context, 0, sul, on_timer, us);
}

void
loop_accept_key(const char *key, char dst[29])
{
	static const char guid[] = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
	char text[24 + sizeof(guid)];
	unsigned char hash[20];
	char base64[40]; /* it asks for a little more than it writes */

	ASSERT(strlen(key) == 24);
	(void)snprintf(text, sizeof(text), "%s%s", key, guid);
	lws_SHA1((const unsigned char *)text, sizeof(text) - 1, hash);
	ASSERT(lws_b64_encode_string((const char *)hash, sizeof(hash), base64,
		       sizeof(base64)) == 28);
	memcpy(dst, base64, 29);
}
