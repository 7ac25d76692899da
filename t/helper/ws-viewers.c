/*
 * ws-viewers.c - many viewers of one deployment's log, or of the status page, at
 * once, over the socket of autostack-ws itself, or over TLS through nginx. Used
 * by bench/logs, bench/status and t/9052. One that is told that it lags comes
 * back where it was, as a browser does.
 *
 *   ws-viewers SOCKET DEPLOYMENT TOKEN VIEWERS SECONDS
 *   ws-viewers SOCKET status FILE VIEWERS SECONDS
 *
 * SOCKET may be https:PORT, of nginx on this machine (whose certificate is not
 * looked at). There, forty viewers share an address of 127.0.0.0/8, since nginx
 * counts the connections of each.
 *
 * Prints "ready" when all of them follow, then, when all were told of the
 * deployment's end or after so many seconds, one line:
 *
 *   viewers=N complete=N lines=N lost=N doubled=N wrong=N resumed=N
 *   messages=N p50=MS p99=MS max=MS seconds=S
 *
 * lines: the fewest that one of those who are complete has; lost, doubled: by
 * seq; wrong: messages that hold another line number than the one before it
 * promised. A line that a build printed as "line NUMBER @MICROSECONDS" says
 * when that was: the times are from there to the arrival of its message. Exit
 * 1 when not all are complete, or when anything is lost, doubled or wrong.
 *
 * Of the status page, FILE being the prober's, it prints "ready" when all were
 * told of a snapshot, then, after so many seconds, one line:
 *
 *   viewers=N rounds=N snapshots=N missed=N again=N resumed=N
 *   p50=MS p99=MS max=MS seconds=S
 *
 * rounds: new files after "ready"; snapshots: how many of them arrived in all,
 * missed: did not; again: snapshots that came without a new file. The times are
 * from the file's last change to the arrival of the last message of its
 * snapshot. Exit 1 when any is missed.
 */
#include "base/base.h"

#include "base/buf.h"
#include "base/clock.h"
#include "base/str.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <netinet/in.h>
#include <openssl/ssl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/inotify.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define VIEWERS_MAX 4000
#define READ_BYTES  (64 * 1024)
#define FRAME_MAX   (256 * 1024)
#define LATE_MS     600000 /* the last bucket of the times */
#define NEIGHBOURS  40     /* viewers of one address */
#define OP_TEXT     1
#define OP_CLOSE    8
#define OP_PING     9
#define OP_PONG     10

enum state { HEAD, FOLLOWS, COMPLETE, GONE };

struct viewer {
	enum state state;
	int fd;
	SSL *tls;      /* NULL: a plain socket */
	bool told;     /* something of the stream has come */
	struct buf in; /* what is not a whole frame yet */
	int64_t seq;   /* of the last line */
	int64_t line;  /* the number that the build gave it; 0: none yet */
	int64_t round; /* of the last snapshot */
};

struct crowd {
	const char *socket, *deployment, *token;
	int64_t port; /* of nginx; 0: socket is a path */
	SSL_CTX *tls;
	const char *file; /* of the status page; NULL: they watch a log */
	int inotify;
	int64_t round, changed_us; /* of the file */
	int64_t first;             /* round that was counted first */
	int64_t missed, again;
	int epoll;
	size_t n, ready, complete;
	int64_t lost, doubled, wrong, resumed, messages;
	int64_t now_us; /* when the bytes that are being read had come */
	uint32_t *late; /* how many lines took so many milliseconds */
	int64_t timed;
	struct viewer v[VIEWERS_MAX];
};

static void
die(const char *what)
{
	(void)fprintf(stderr, "ws-viewers: %s: %s\n", what, strerror(errno));
	exit(2);
}

static void
put(struct viewer *v, const char *p, size_t n)
{
	/* a few hundred bytes: they fit the socket's buffer, or it is dead,
	 * which the next read tells */
	if (v->tls)
		(void)SSL_write(v->tls, p, (int)n);
	else
		(void)!send(v->fd, p, n, MSG_NOSIGNAL);
}

/* As recv(): 0 at the end, -1 with EAGAIN when there is nothing now. */
static ssize_t
get(struct viewer *v, char *p, size_t size)
{
	int n, error;

	if (!v->tls)
		return recv(v->fd, p, size, 0);
	n = SSL_read(v->tls, p, (int)size);
	if (n > 0)
		return n;
	error = SSL_get_error(v->tls, n);
	if (error != SSL_ERROR_WANT_READ && error != SSL_ERROR_WANT_WRITE)
		return 0;
	errno = EAGAIN;
	return -1;
}

/* A frame as clients send them, with a mask of zeros. */
static void
put_frame(struct viewer *v, unsigned op, const char *p, size_t n)
{
	char frame[6 + 125] = {(char)(0x80 | op), (char)(0x80 | n)};

	ASSERT(n <= 125);
	memcpy(frame + 6, p, n);
	put(v, frame, 6 + n);
}

static void
connect_unix(const struct crowd *c, struct viewer *v)
{
	struct sockaddr_un a = {.sun_family = AF_UNIX};

	if (!str_copy(a.sun_path, sizeof(a.sun_path), c->socket))
		die("too long");
	v->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (v->fd < 0 || connect(v->fd, (struct sockaddr *)&a, sizeof(a)) < 0)
		die(c->socket);
}

static void
connect_tls(const struct crowd *c, struct viewer *v)
{
	uint32_t neighbours = (uint32_t)(v - c->v) / NEIGHBOURS;
	struct sockaddr_in from = {.sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK + 256 + neighbours)};
	struct sockaddr_in to = {.sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
		.sin_port = htons((uint16_t)c->port)};

	v->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (v->fd < 0 ||
		bind(v->fd, (struct sockaddr *)&from, sizeof(from)) < 0 ||
		connect(v->fd, (struct sockaddr *)&to, sizeof(to)) < 0)
		die(c->socket);
	v->tls = SSL_new(c->tls);
	if (!v->tls || SSL_set_fd(v->tls, v->fd) != 1 ||
		SSL_set_tlsext_host_name(v->tls, "localhost") != 1 ||
		SSL_connect(v->tls) != 1)
		die("TLS");
}

static void
open_stream(struct crowd *c, struct viewer *v)
{
	struct epoll_event e = {.events = EPOLLIN, .data.ptr = v};
	char path[3072], head[4096];
	int n = c->file ? snprintf(path, sizeof(path), "/api/status/stream")
			: snprintf(path, sizeof(path),
				  "/api/deployments/%s/logs/stream?token=%s",
				  c->deployment, c->token);

	if (n >= (int)sizeof(path))
		die("too long");
	n = snprintf(head, sizeof(head),
		"GET %s HTTP/1.1\r\n"
		"Host: localhost\r\nUpgrade: websocket\r\n"
		"Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
		"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
		path);
	if (n >= (int)sizeof(head))
		die("too long");
	v->state = HEAD;
	buf_reset(&v->in);
	if (c->port)
		connect_tls(c, v);
	else
		connect_unix(c, v);
	put(v, head, (size_t)n);
	if (fcntl(v->fd, F_SETFL, O_NONBLOCK) < 0 ||
		epoll_ctl(c->epoll, EPOLL_CTL_ADD, v->fd, &e) < 0)
		die("epoll");
}

static void
subscribe(struct crowd *c, struct viewer *v)
{
	char text[126];
	int n = snprintf(text, sizeof(text),
		"{\"type\":\"subscribe\",\"deploymentId\":\"%s\","
		"\"after\":%lld}",
		c->deployment, (long long)v->seq);

	ASSERT(n <= 125);
	put_frame(v, OP_TEXT, text, (size_t)n);
	v->state = FOLLOWS;
}

/* The digits at p; -1: there are none. Ends at another byte. */
static int64_t
digits(const char **p, const char *end)
{
	const char *from = *p;
	int64_t n = 0;

	while (*p < end && **p >= '0' && **p <= '9' && *p - from < 18)
		n = n * 10 + *(*p)++ - '0';
	return *p == from ? -1 : n;
}

static void
note_late(struct crowd *c, int64_t us)
{
	int64_t ms = (c->now_us - us) / 1000;

	c->late[MIN(MAX(ms, (int64_t)0), (int64_t)LATE_MS)]++;
	c->timed++;
}

/* "line NUMBER @MICROSECONDS" within a message. */
static void
take_line(struct crowd *c, struct viewer *v, const char *p, const char *end)
{
	const char *at = memmem(p, (size_t)(end - p), "] line ", 7);
	int64_t number, us;

	if (!at)
		return;
	at += 7;
	number = digits(&at, end);
	if (v->line && number != v->line + 1)
		c->wrong++;
	v->line = number;
	if (end - at < 2 || at[1] != '@')
		return;
	at += 2;
	us = digits(&at, end);
	note_late(c, us);
}

static bool
is_type(const char *p, size_t n, const char *type)
{
	char begin[64];
	int k = snprintf(begin, sizeof(begin), "{\"type\":\"%s\"", type);

	return n >= (size_t)k && memcmp(p, begin, (size_t)k) == 0;
}

/* ---- the status page ---- */

static void
watch_file(struct crowd *c)
{
	char dir[4096];

	c->inotify = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	if (!str_copy(dir, sizeof(dir), c->file) || c->inotify < 0 ||
		inotify_add_watch(c->inotify, dirname(dir), IN_MOVED_TO) < 0)
		die(c->file);
}

/* From the first file on that came when all were there. */
static bool
counts(const struct crowd *c)
{
	return c->first && c->round >= c->first;
}

/* Has the prober written? Asked before each read of a viewer, so that a file is
 * known here before its first message is. */
static void
look_at_file(struct crowd *c)
{
	_Alignas(struct inotify_event) char events[4096];
	struct stat st;
	int64_t us;

	if (read(c->inotify, events, sizeof(events)) <= 0 ||
		stat(c->file, &st) < 0)
		return;
	us = (int64_t)st.st_mtim.tv_sec * 1000000 + st.st_mtim.tv_nsec / 1000;
	if (us == c->changed_us) /* it was another file */
		return;
	c->changed_us = us;
	for (size_t i = 0; counts(c) && i < c->n; i++)
		c->missed += c->v[i].round != c->round;
	c->round++;
}

static void
take_update(struct crowd *c, struct viewer *v, const char *p, size_t n)
{
	if (!is_type(p, n, "metrics_update")) /* the last of a snapshot */
		return;
	if (!v->told) {
		v->told = true;
		c->ready++;
	}
	if (!counts(c))
		return;
	if (v->round == c->round) {
		c->again++;
		return;
	}
	v->round = c->round;
	c->messages++;
	note_late(c, c->changed_us);
}

static void
take_message(struct crowd *c, struct viewer *v, const char *p, size_t n)
{
	static const char log[] = "{\"type\":\"log\",\"seq\":";
	const char *end = p + n;

	if (c->file) {
		take_update(c, v, p, n);
		return;
	}
	if (!v->told) {
		v->told = true;
		c->ready++;
	}
	if (n > sizeof(log) && memcmp(p, log, sizeof(log) - 1) == 0) {
		int64_t seq;

		p += sizeof(log) - 1;
		seq = digits(&p, end);
		c->messages++;
		if (seq <= v->seq) {
			c->doubled++;
			return;
		}
		c->lost += seq - v->seq - 1;
		v->seq = seq;
		take_line(c, v, p, end);
	} else if (is_type(p, n, "deployment_complete")) {
		v->state = COMPLETE;
		c->complete++;
	}
}

/* Bytes of the frame at p, of n; 0: not whole. */
static size_t
frame_at(const char *p, size_t n, unsigned *ret_op, const char **ret_text,
	size_t *ret_len)
{
	const unsigned char *b = (const unsigned char *)p;
	size_t head = 2;
	size_t len;

	if (n < 2)
		return 0;
	len = b[1];
	if (len >= 126) {
		size_t more = len == 126 ? 2 : 8;

		if (n < 2 + more)
			return 0;
		len = 0;
		for (size_t i = 0; i < more; i++)
			len = len << 8 | b[2 + i];
		head += more;
	}
	if (n - head < len)
		return 0;
	*ret_op = b[0] & 15;
	*ret_text = p + head;
	*ret_len = len;
	return head + len;
}

static void
leave(struct crowd *c, struct viewer *v)
{
	SSL_free(v->tls);
	v->tls = NULL;
	(void)close(v->fd); /* leaves epoll with it */
	if (v->state == COMPLETE)
		return;
	c->resumed++;
	open_stream(c, v);
}

/* False: the stream is over. */
static bool
take_frames(struct crowd *c, struct viewer *v)
{
	size_t at = 0;
	size_t n;
	unsigned op;
	const char *p;
	size_t len;

	while ((n = frame_at(v->in.data + at, v->in.len - at, &op, &p, &len)) >
		0) {
		if (op == OP_CLOSE)
			return false;
		if (op == OP_PING)
			put_frame(v, OP_PONG, p, len);
		if (op == OP_TEXT)
			take_message(c, v, p, len);
		at += n;
	}
	buf_consume(&v->in, at);
	return true;
}

static bool
take_head(struct crowd *c, struct viewer *v)
{
	const char *end = memmem(v->in.data, v->in.len, "\r\n\r\n", 4);

	if (!end)
		return true;
	if (!str_starts(buf_text(&v->in), "HTTP/1.1 101 ")) {
		(void)fprintf(stderr, "ws-viewers: %.200s\n", buf_text(&v->in));
		exit(2);
	}
	buf_consume(&v->in, (size_t)(end + 4 - v->in.data));
	if (c->file)
		v->state = FOLLOWS;
	else
		subscribe(c, v);
	return true;
}

static void
readable(struct crowd *c, struct viewer *v)
{
	static char chunk[READ_BYTES];
	ssize_t n;

	if (c->file)
		look_at_file(c);
	do {
		n = get(v, chunk, sizeof(chunk));
		if (n < 0 && (errno == EAGAIN || errno == EINTR))
			return;
		c->now_us = clock_now_us();
		if (n > 0)
			buf_add(&v->in, chunk, (size_t)n);
		if (n <= 0 || (v->state == HEAD && !take_head(c, v)) ||
			(v->state != HEAD && !take_frames(c, v))) {
			leave(c, v);
			return;
		}
		/* what OpenSSL has read already does not wake epoll */
	} while (v->tls && SSL_has_pending(v->tls));
}

static int64_t
percentile(const struct crowd *c, int percent)
{
	int64_t left = (c->timed * percent + 99) / 100;
	int64_t ms = 0;

	while (ms < LATE_MS && (left -= c->late[ms]) > 0)
		ms++;
	return ms;
}

static int
report(const struct crowd *c, int64_t ms)
{
	int64_t lines = INT64_MAX;

	for (size_t i = 0; i < c->n; i++)
		if (c->v[i].state == COMPLETE)
			lines = MIN(lines, c->v[i].seq);
	(void)printf("viewers=%zu complete=%zu lines=%lld lost=%lld "
		     "doubled=%lld wrong=%lld resumed=%lld messages=%lld "
		     "p50=%lld p99=%lld max=%lld seconds=%.1f\n",
		c->n, c->complete, (long long)(c->complete ? lines : 0),
		(long long)c->lost, (long long)c->doubled, (long long)c->wrong,
		(long long)c->resumed, (long long)c->messages,
		(long long)percentile(c, 50), (long long)percentile(c, 99),
		(long long)percentile(c, 100), (double)ms / 1000);
	return c->complete < c->n || c->lost || c->doubled || c->wrong;
}

static int
report_status(const struct crowd *c, int64_t ms)
{
	(void)printf("viewers=%zu rounds=%lld snapshots=%lld missed=%lld "
		     "again=%lld resumed=%lld p50=%lld p99=%lld max=%lld "
		     "seconds=%.1f\n",
		c->n, (long long)(c->round - c->first + 1),
		(long long)c->messages, (long long)c->missed,
		(long long)c->again, (long long)c->resumed,
		(long long)percentile(c, 50), (long long)percentile(c, 99),
		(long long)percentile(c, 100), (double)ms / 1000);
	return c->missed != 0;
}

int
main(int argc, char **argv)
{
	static struct crowd c;
	struct rlimit files;
	int64_t n, seconds, began, until;
	bool said = false;

	if (argc != 6 || !str_to_i64(argv[4], 1, VIEWERS_MAX, &n) ||
		!str_to_i64(argv[5], 1, 86400, &seconds)) {
		(void)fputs("usage: ws-viewers SOCKET DEPLOYMENT TOKEN VIEWERS "
			    "SECONDS\n"
			    "       ws-viewers SOCKET status FILE VIEWERS "
			    "SECONDS\n",
			stderr);
		return 2;
	}
	if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
		files.rlim_cur = files.rlim_max;
		(void)setrlimit(RLIMIT_NOFILE, &files); /* or fails below */
	}
	c = (struct crowd){.socket = argv[1],
		.deployment = argv[2],
		.token = argv[3],
		.file = str_eq(argv[2], "status") ? argv[3] : NULL,
		.n = (size_t)n,
		.epoll = epoll_create1(EPOLL_CLOEXEC),
		.late = calloc(LATE_MS + 1, sizeof(*c.late))};
	if (str_starts(c.socket, "https:") &&
		str_to_i64(c.socket + strlen("https:"), 1, 65535, &c.port))
		c.tls = SSL_CTX_new(TLS_client_method());
	if (c.epoll < 0 || !c.late || (c.port && !c.tls))
		die("start");
	(void)signal(SIGPIPE, SIG_IGN); /* SSL_write() to who has gone */
	if (c.file)
		watch_file(&c);
	began = clock_mono_ms();
	until = began + seconds * 1000;
	for (size_t i = 0; i < c.n; i++) {
		buf_init(&c.v[i].in, FRAME_MAX + READ_BYTES);
		open_stream(&c, &c.v[i]);
	}
	while (c.complete < c.n && clock_mono_ms() < until) {
		struct epoll_event e[64];
		int k = epoll_wait(c.epoll, e, NELEM(e), 200);

		for (int i = 0; i < k; i++)
			readable(&c, e[i].data.ptr);
		if (!said && c.ready == c.n) {
			(void)puts("ready");
			(void)fflush(stdout);
			said = true;
			c.first = c.round + 1;
		}
	}
	return (c.file ? report_status : report)(&c, clock_mono_ms() - began);
}
