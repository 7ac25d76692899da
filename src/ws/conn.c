/*
 * conn.c - from accept to close. The order of a life: the head of the request
 * is read, judged (gate.c) and answered; frames are read and lines are written
 * until one side closes; a close frame of ours waits for the peer's, but not
 * long. What a peer sends is never logged (WS-3).
 */
#include "ws/conn.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/cfg.h"
#include "base/clock.h"
#include "base/jw.h"
#include "base/log.h"
#include "base/meter.h"
#include "base/rand.h"
#include "base/str.h"
#include "ext/db.h"
#include "stmt.h"
#include "ws/board.h"
#include "ws/command.h"
#include "ws/feed.h"
#include "ws/frame.h"
#include "ws/gate.h"
#include "ws/hub.h"
#include "ws/server.h"
#include "ws/shake.h"

#include <errno.h>
#include <sys/socket.h>

#define MAGIC 0x57534331U

#define TICK_MS        1000
#define POLL_MS        2000  /* the safety net behind NOTIFY */
#define HANDSHAKE_MS   10000 /* for the whole head */
#define REFUSED_MS     2000  /* until the peer closes after a refusal */
#define AUTO_START_MS  1000  /* a client that does not subscribe is served */
#define PING_MS        30000 /* of silence */
#define SILENCE_MS     60000 /* no sign of life, pongs included */
#define STALLED_MS     15000 /* takes nothing of what waits for it */
#define CLOSE_MS       2000  /* for the peer's close frame */
#define LAGGED_MS      10000 /* for a slow peer to read why */
#define COMPLETE_MS    250   /* between deployment_complete and close */
#define ENDING_TICK_MS 100

#define OUT_MAX            ((size_t)2 * 1024 * 1024)
#define PONG_MAX           4096 /* no pong when more than this waits already */
#define FILLS              4    /* at most, before the others get their turn */
#define BAD_MAX            8    /* messages that we do not understand */
#define COMMAND_MAX        64   /* subscribes */
#define SEND_BUFFER        (64 * 1024)
#define STATUS_SEND_BUFFER 2048 /* a few snapshots: old ones help nobody */

enum phase { HEAD, OPEN, CLOSING, REFUSED };

struct conn {
	uint32_t magic;
	enum phase phase;
	struct server *srv;
	struct conn *next, *prev;
	struct sock *sock;
	char id[37];         /* request id, for logs */
	bool status;         /* looks at the status page */
	char deployment[37]; /* "" then */
	struct grant grant;
	struct buf in;
	struct message message;
	struct buf out;
	size_t sent; /* of out */
	struct viewer view;
	struct onlooker look;
	bool peer_closed; /* its close frame came */
	bool complete;    /* deployment_complete is in out or sent */
	bool pinged;
	unsigned bad, commands;
	unsigned code;       /* that we close with */
	int64_t since_ms;    /* accepted, or open */
	int64_t heard_ms;    /* last bytes of the peer */
	int64_t want_ms;     /* waits since then to be writable; 0: does not */
	int64_t deadline_ms; /* CLOSING, REFUSED, complete */
};

static struct conn *
conn_of(void *p)
{
	struct conn *c = p;

	ASSERT(c->magic == MAGIC);
	return c;
}

static void
want_write(struct conn *c)
{
	if (!c->want_ms)
		c->want_ms = clock_mono_ms();
	sock_want_write(c->sock);
}

void
conn_wake(struct viewer *v)
{
	want_write(conn_of((char *)v - offsetof(struct conn, view)));
}

void
conn_wake_onlooker(struct onlooker *v)
{
	want_write(conn_of((char *)v - offsetof(struct conn, look)));
}

/* For logs; NULL is left out. */
static const char *
text_or_null(const char *s)
{
	return *s ? s : NULL;
}

static const char *
stream_of(const struct conn *c)
{
	return c->status ? "status" : "log";
}

/* ---- the end ---- */

static void
stop_watching(struct conn *c)
{
	hub_leave(c->srv->hubs, &c->view);
	board_leave(&c->look);
}

/* Send a close frame after what waits already, then wait `wait` for the
 * peer's. */
static void
conn_close(struct conn *c, unsigned code, const char *reason, int64_t wait)
{
	if (c->phase != OPEN)
		return;
	stop_watching(c);
	c->phase = CLOSING;
	c->code = code;
	c->deadline_ms = clock_mono_ms() + wait;
	frame_put_close(&c->out, code, reason);
	message_reset(&c->message);
	want_write(c);
}

/* Too slow: say where to go on, which the status page needs nobody to know. What
 * is in out already is sent before. */
static void
conn_lagged(struct conn *c)
{
	AUTO_BUF struct buf json = {.max = 256};
	struct jw w;

	jw_init(&w, &json);
	jw_object(&w);
	jw_kstr(&w, "type", "lagged");
	if (!c->status)
		jw_kint(&w, "after", c->view.seq);
	jw_object_end(&w);
	frame_put(&c->out, FRAME_TEXT, buf_text(&json), json.len);
	log_event(EV_WS_LAGGED, c->id, "stream", stream_of(c), "user",
		text_or_null(c->grant.user), "deployment",
		text_or_null(c->deployment), NULL);
	conn_close(c, CLOSE_TRY_LATER, "lagged", LAGGED_MS);
}

/* ---- the handshake ---- */

static void
refuse(struct ctx *ctx, struct conn *c, enum err e)
{
	struct server *srv = c->srv;

	log_event(EV_WS_REFUSED, c->id, "status",
		str_from_i64(srv->scratch, err_info(e)->status), "code",
		err_info(e)->code, "deployment", text_or_null(c->deployment),
		"cause", ctx->cause, NULL);
	buf_done(&c->in);
	c->phase = REFUSED;
	c->deadline_ms = clock_mono_ms() + REFUSED_MS;
	shake_put_refusal(
		&c->out, e, ctx->err == e ? ctx->message : NULL, c->id);
	want_write(c);
}

static void
count_open(const struct conn *c, int by)
{
	struct server *srv = c->srv;

	*(c->status ? &srv->n_status : &srv->n_open) += (size_t)by;
	meter_set(srv->meter, METER_WEBSOCKETS, srv->n_open + srv->n_status);
}

/* What the kernel may keep of what we have sent and the peer has not read. */
static void
set_send_buffer(const struct conn *c, int size)
{
	/* a smaller one only costs memory less; failing is fine */
	(void)setsockopt(
		sock_fd(c->sock), SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
}

static void
accept_stream(struct conn *c, const struct shake *s)
{
	char accept[SHAKE_ACCEPT_SIZE];

	loop_accept_key(s->key, accept);
	shake_put_accept(&c->out, accept, c->id);
	c->phase = OPEN;
	c->since_ms = c->heard_ms = clock_mono_ms();
	count_open(c, 1);
	log_event(EV_WS_OPEN, c->id, "stream", stream_of(c), "user",
		text_or_null(c->grant.user), "deployment",
		text_or_null(c->deployment), NULL);
	if (c->status) {
		set_send_buffer(c, STATUS_SEND_BUFFER);
		board_join(c->srv->board, &c->look);
	}
	want_write(c);
}

/* The head is complete when n > 0. */
static void
read_head(struct conn *c, size_t n)
{
	struct ctx ctx = {.arena = c->srv->scratch};
	struct shake s;
	enum err e = E_PAYLOAD_TOO_LARGE;

	if (n) {
		e = shake_read(&ctx, c->in.data, n, &s);
		if (!e) {
			c->status = s.status;
			memcpy(c->deployment, s.deployment,
				sizeof(c->deployment));
			if (s.id) /* the one in nginx's log */
				(void)str_copy(c->id, sizeof(c->id), s.id);
			e = gate_open(&ctx, c->srv, &s, &c->grant);
		}
	}
	if (e) {
		refuse(&ctx, c, e);
	} else {
		accept_stream(c, &s);
		buf_consume(&c->in, n);
	}
	arena_reset(c->srv->scratch);
}

/* ---- messages and frames ---- */

static void
start_stream(struct conn *c, int32_t after)
{
	stop_watching(c);
	hub_join(c->srv->hubs, &c->view, c->deployment, after);
	want_write(c);
}

static void
say_error(struct ctx *ctx, struct conn *c, enum err e)
{
	AUTO_BUF struct buf json = {.max = 2048};
	struct jw w;

	jw_init(&w, &json);
	jw_object(&w);
	jw_kstr(&w, "type", "error");
	jw_kstr(&w, "code", err_info(e)->code);
	jw_kstr(&w, "message",
		ctx->message ? ctx->message : err_info(e)->message);
	jw_object_end(&w);
	frame_put(&c->out, FRAME_TEXT, buf_text(&json), json.len);
	want_write(c);
	if (e != E_VALIDATION_ERROR || ++c->bad >= BAD_MAX)
		conn_close(c, CLOSE_POLICY, err_info(e)->code, CLOSE_MS);
}

/* The status page's stream has nothing to be asked for: what comes from the
 * public is not even parsed. */
static enum err
read_command(struct ctx *ctx, const struct conn *c, struct command *ret)
{
	const struct buf *text = &c->message.text;

	if (c->status)
		return ctx_fail(ctx, E_VALIDATION_ERROR,
			"This stream takes no messages");
	return command_read(ctx, buf_text(text), text->len, c->deployment, ret);
}

static void
on_message(struct conn *c)
{
	struct ctx ctx = {.arena = c->srv->scratch};
	struct command cmd;
	enum err e;

	if (c->message.binary) {
		conn_close(c, CLOSE_TYPE, "text only", CLOSE_MS);
		return;
	}
	e = read_command(&ctx, c, &cmd);
	if (e)
		say_error(&ctx, c, e);
	else if (++c->commands > COMMAND_MAX)
		conn_close(c, CLOSE_POLICY, "too many messages", CLOSE_MS);
	else if (!c->complete)
		start_stream(c, cmd.after);
	arena_reset(c->srv->scratch);
}

static void
on_close_frame(struct conn *c, const struct frame *f)
{
	enum frame_code bad;
	unsigned code = frame_close_code(f, &bad);

	c->peer_closed = true;
	if (c->phase == OPEN)
		conn_close(c,
			bad                       ? bad
			: code == CLOSE_NO_STATUS ? CLOSE_NORMAL
						  : code,
			"", CLOSE_MS);
	want_write(c);
}

static void
on_frame(struct conn *c, const struct frame *f)
{
	enum frame_code code = CLOSE_NONE;

	switch (f->op) {
	case FRAME_CLOSE:
		on_close_frame(c, f);
		return;
	case FRAME_PING:
		if (c->phase != OPEN || c->out.len - c->sent > PONG_MAX)
			return;
		frame_put(&c->out, FRAME_PONG, f->payload, f->len);
		want_write(c);
		return;
	case FRAME_PONG:
		return;
	default:
		if (c->phase != OPEN)
			return;
		if (message_add(&c->message, f, &code))
			on_message(c);
		if (code)
			conn_close(c, code, "", CLOSE_MS);
		/* complete or not wanted: an idle connection keeps nothing */
		if (!c->message.open)
			message_reset(&c->message);
	}
}

/* Every whole frame in c->in. False: close at once. */
static bool
read_frames(struct conn *c)
{
	size_t at = 0;

	while (at < c->in.len && !c->peer_closed) {
		struct frame f;
		enum frame_code code;
		ptrdiff_t n =
			frame_parse(c->in.data + at, c->in.len - at, &f, &code);

		if (!n)
			break;
		if (n < 0) {
			/* framing is lost: nothing more can be read */
			if (c->phase == CLOSING)
				return false;
			conn_close(c, code, "", CLOSE_MS);
			c->peer_closed = true;
			break;
		}
		at += (size_t)n;
		on_frame(c, &f);
	}
	if (at == c->in.len || c->peer_closed)
		buf_done(&c->in);
	else
		buf_consume(&c->in, at);
	return true;
}

static bool
conn_received(void *conn, const char *p, size_t n)
{
	struct conn *c = conn_of(conn);

	c->heard_ms = clock_mono_ms();
	c->pinged = false;
	if (c->phase == REFUSED || c->peer_closed)
		return true; /* read away, so that our answer arrives */
	buf_add(&c->in, p, n);
	if (c->phase == HEAD) {
		size_t head = shake_length(c->in.data, c->in.len);

		if (head || c->in.full || c->in.len > SHAKE_HEAD_MAX)
			read_head(c, head <= SHAKE_HEAD_MAX ? head : 0);
	}
	if (c->phase == OPEN || c->phase == CLOSING)
		return read_frames(c);
	return true;
}

/* ---- writing ---- */

enum sent { SENT_ALL, SENT_SOME, SENT_FAILED };

static enum sent
flush(struct conn *c)
{
	while (c->sent < c->out.len) {
		ssize_t n = send(sock_fd(c->sock), c->out.data + c->sent,
			c->out.len - c->sent, MSG_NOSIGNAL | MSG_DONTWAIT);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN) {
			want_write(c);
			return SENT_SOME;
		}
		if (n < 0)
			return SENT_FAILED;
		c->sent += (size_t)n;
	}
	buf_done(&c->out);
	c->sent = 0;
	return SENT_ALL;
}

/* More of the stream. True: it gave something to send. */
static bool
fill(struct conn *c)
{
	struct ctx ctx = {.arena = c->srv->scratch};
	bool more = true;

	if (c->status)
		return board_fill(&c->look, &c->out);
	switch (hub_fill(&ctx, c->srv->hubs, &c->view, &c->out)) {
	case FILL_NOTHING:
		more = false;
		break;
	case FILL_SOME:
		break;
	case FILL_COMPLETE:
		c->complete = true;
		c->deadline_ms = clock_mono_ms() + COMPLETE_MS;
		stop_watching(c);
		loop_timer(c->srv->loop, TIMER_TICK, COMPLETE_MS);
		break;
	case FILL_LAGGED:
		conn_lagged(c);
		break;
	case FILL_GONE:
		conn_close(c, CLOSE_POLICY, "deployment deleted", CLOSE_MS);
		break;
	}
	arena_reset(c->srv->scratch);
	return more;
}

static bool
is_watching(const struct conn *c)
{
	return c->view.hub || c->look.board;
}

static bool
conn_writable(void *conn)
{
	struct conn *c = conn_of(conn);
	enum sent sent;

	c->want_ms = 0;
	sent = flush(c);
	for (int i = 0; sent == SENT_ALL && is_watching(c); i++) {
		if (c->view.lagged) {
			conn_lagged(c);
		} else if (i == FILLS) {
			want_write(c);
			return true;
		} else if (!fill(c)) {
			return true;
		}
		ASSERT(!c->out.full);
		sent = flush(c);
	}
	/* it is dropped even though its socket takes nothing now */
	if (sent == SENT_SOME && c->view.hub && c->view.lagged)
		conn_lagged(c);
	if (sent == SENT_FAILED)
		return false;
	if (sent == SENT_ALL && c->phase == REFUSED)
		(void)shutdown(sock_fd(c->sock), SHUT_WR); /* peer closes */
	return !(sent == SENT_ALL && c->phase == CLOSING && c->peer_closed);
}

/* ---- accept and closed ---- */

static bool
conn_opened(void *self, void *conn, struct sock *s)
{
	struct server *srv = self;
	struct conn *c = conn;

	c->magic = MAGIC;
	c->srv = srv;
	c->sock = s;
	c->since_ms = c->heard_ms = clock_mono_ms();
	rand_uuid(c->id);
	buf_init(&c->in, SHAKE_HEAD_MAX + 8192);
	buf_init(&c->out, OUT_MAX);
	message_init(&c->message);
	c->next = srv->conns;
	if (c->next)
		c->next->prev = c;
	else
		loop_timer(srv->loop, TIMER_TICK, TICK_MS);
	srv->conns = c;
	srv->n_conns++;
	set_send_buffer(c, SEND_BUFFER);
	return true;
}

static void
log_close(const struct conn *c)
{
	char code[12], seconds[24];

	(void)snprintf(code, sizeof(code), "%u", c->code);
	(void)snprintf(seconds, sizeof(seconds), "%lld",
		(long long)(clock_mono_ms() - c->since_ms) / 1000);
	log_event(EV_WS_CLOSE, c->id, "code", c->code ? code : NULL, "reason",
		c->peer_closed        ? "closed"
		: c->phase == CLOSING ? "closed, no answer"
				      : "connection lost",
		"seconds", seconds, NULL);
}

static void
conn_closed(void *conn)
{
	struct conn *c = conn;
	struct server *srv;

	if (c->magic != MAGIC) /* was never opened */
		return;
	srv = c->srv;
	stop_watching(c);
	if (c->phase == OPEN || c->phase == CLOSING) {
		count_open(c, -1);
		log_close(c);
	}
	if (c->next)
		c->next->prev = c->prev;
	if (c->prev)
		c->prev->next = c->next;
	else
		srv->conns = c->next;
	srv->n_conns--;
	buf_done(&c->in);
	buf_done(&c->out);
	message_done(&c->message);
	c->magic = 0;
	if (srv->ending && !srv->conns)
		loop_stop(srv->loop);
}

const struct loop_ops conn_ops = {
	.conn_size = sizeof(struct conn),
	.opened = conn_opened,
	.received = conn_received,
	.writable = conn_writable,
	.closed = conn_closed,
};

/* ---- the tick ---- */

static void
tick_open(struct conn *c, int64_t now)
{
	if (c->grant.expires && clock_now_s() >= c->grant.expires) {
		conn_close(c, CLOSE_POLICY, "token expired", CLOSE_MS);
	} else if (c->complete) {
		if (now >= c->deadline_ms)
			conn_close(c, CLOSE_NORMAL, "", CLOSE_MS);
	} else if (c->want_ms && now - c->want_ms >= STALLED_MS) {
		conn_lagged(c);
	} else if (now - c->heard_ms >= SILENCE_MS) {
		sock_close(c->sock);
	} else if (now - c->heard_ms >= PING_MS && !c->pinged) {
		c->pinged = true;
		frame_put(&c->out, FRAME_PING, "", 0);
		want_write(c);
	} else if (!is_watching(c) && now - c->since_ms >= AUTO_START_MS) {
		start_stream(c, 0);
	}
}

static void
tick_conn(struct conn *c, int64_t now)
{
	switch (c->phase) {
	case HEAD:
		if (now - c->since_ms >= HANDSHAKE_MS)
			sock_close(c->sock);
		break;
	case OPEN:
		tick_open(c, now);
		break;
	case CLOSING:
	case REFUSED:
		if (now >= c->deadline_ms)
			sock_close(c->sock);
		break;
	}
}

/* Close those whose session ended or whose role is another now (WS-4). */
static void
check_sessions(struct server *srv)
{
	struct ctx ctx = {.arena = srv->scratch};
	const char **ids =
		arena_array(ctx.arena, srv->n_conns + 1, sizeof(*ids));
	size_t n = 0;
	struct rows *r;
	int id, role;

	for (struct conn *c = srv->conns; c; c = c->next)
		if (c->phase == OPEN && !c->status)
			ids[n++] = c->grant.session;
	if (!n || feed_query(&ctx, srv->feed, STMT_STREAM_SESSIONS,
			  DB_IN(db_text_array(ctx.arena, ids, n),
				  str_from_i64(ctx.arena,
					  srv->cfg->session_idle_seconds)),
			  &r))
		return; /* nobody is open, or asked again at the next poll */
	srv->ask_sessions = false;
	id = rows_col(r, "id");
	role = rows_col(r, "role");
	for (struct conn *c = srv->conns; c; c = c->next) {
		bool good = false;

		if (c->phase != OPEN || c->status)
			continue;
		for (size_t i = 0; i < rows_n(r) && !good; i++)
			good = str_eq(rows_text(r, i, id), c->grant.session) &&
			       str_eq(rows_text(r, i, role), c->grant.role);
		if (!good)
			conn_close(c, CLOSE_POLICY, "session ended", CLOSE_MS);
	}
}

void
conns_tick(void *self)
{
	struct server *srv = self;
	int64_t now = clock_mono_ms();

	for (struct conn *c = srv->conns; c; c = c->next)
		tick_conn(c, now);
	if (srv->ending && now >= srv->end_ms)
		loop_stop(srv->loop);
	if (now - srv->polled_ms >= POLL_MS) {
		srv->polled_ms = now;
		srv->ask_sessions = true;
		hubs_refresh(srv->hubs);
	}
	if (srv->ask_sessions && srv->n_open)
		check_sessions(srv);
	arena_reset(srv->scratch);
	if (srv->conns || srv->ending)
		loop_timer(srv->loop, TIMER_TICK,
			srv->ending ? ENDING_TICK_MS : TICK_MS);
}

void
conns_session_notice(struct server *srv, const char *session)
{
	for (struct conn *c = srv->conns; c; c = c->next) {
		if (c->phase != OPEN || !str_eq(c->grant.session, session))
			continue;
		srv->ask_sessions = true;
		loop_timer(srv->loop, TIMER_TICK, 0);
		return;
	}
}

int64_t
conns_of_user(const struct server *srv, const char *user)
{
	int64_t n = 0;

	for (const struct conn *c = srv->conns; c; c = c->next)
		n += c->phase == OPEN && str_eq(c->grant.user, user);
	return n;
}

void
conns_end(struct server *srv)
{
	for (struct conn *c = srv->conns; c; c = c->next) {
		if (c->phase == HEAD)
			sock_close(c->sock);
		else
			conn_close(
				c, CLOSE_GOING_AWAY, "server stops", CLOSE_MS);
	}
}
