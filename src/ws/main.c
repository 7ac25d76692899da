/*
 * main.c - autostack-ws: streams the logs of deployments and the status page
 * over WebSockets. It listens on RUN_DIR/ws.sock behind nginx; logs it reads
 * from PostgreSQL, where NOTIFY tells it to look, the status page from the file
 * that the worker's prober writes.
 */
#include "base/arena.h"
#include "base/base.h"
#include "base/buf.h"
#include "base/cfg.h"
#include "base/clock.h"
#include "base/fd.h"
#include "base/log.h"
#include "base/meter.h"
#include "base/options.h"
#include "base/str.h"
#include "svc/access.h"
#include "ws/board.h"
#include "ws/conn.h"
#include "ws/feed.h"
#include "ws/hub.h"
#include "ws/server.h"

#include <errno.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define PROGRAM        "autostack-ws"
#define BACKLOG        256
#define HANDSHAKES_MAX 64 /* sockets besides the streams */
#define END_MS         1500

/* What the process holds. */
static struct prog {
	struct server server;
	struct cfg cfg;
	struct watch signals, listener;
	int signal_fd, listen_fd;
} prog;

static int
usage(void)
{
	(void)fputs("usage: " PROGRAM " [-tV] [-c FILE] [--log-format "
		    "json|text] [-x config|errors|events]\n",
		stderr);
	return 2;
}

static int
complain(const char *what, const char *why)
{
	(void)fprintf(stderr, PROGRAM ": %s: %s\n", what, why);
	return 1;
}

/* ---- -x ---- */

static void
print_errors(struct buf *b)
{
	for (int e = E_OK + 1; e < E_MAX; e++)
		buf_printf(b, "%s\t%d\t%s\n", err_info(e)->code,
			err_info(e)->status, err_info(e)->doc);
}

static void
print_events(struct buf *b)
{
	for (int i = 0; i < EV_MAX; i++)
		buf_printf(b, "%s\t%d\t%s\t%s\n", event_info(i)->name,
			event_info(i)->priority,
			event_info(i)->did ? "audit" : "log",
			event_info(i)->doc);
}

static int
print_table(const char *name)
{
	AUTO_BUF struct buf b = {.max = 1024 * 1024};

	if (str_eq(name, "config"))
		cfg_print_values(&b, &prog.cfg);
	else if (str_eq(name, "errors"))
		print_errors(&b);
	else if (str_eq(name, "events"))
		print_events(&b);
	else
		return usage();
	return fd_write_all(STDOUT_FILENO, buf_text(&b), b.len) ? 0 : 1;
}

/* ---- the socket ---- */

/* Bind under a name of our own and rename: the old socket of a process that
 * died is replaced in one step, and its mode is right from the start. */
static int
listen_at(struct arena *a, const char *path)
{
	const char *own = arena_printf(a, "%s.%d", path, (int)getpid());
	struct sockaddr_un addr = {.sun_family = AF_UNIX};
	AUTO_FD int fd =
		socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0)
		return -1;
	if (!str_copy(addr.sun_path, sizeof(addr.sun_path), own)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	(void)unlink(own); /* of a dead process that had this pid */
	if (bind(fd, (struct sockaddr *)&addr, sizeof(addr)) != 0 ||
		chmod(own, 0660) != 0 || listen(fd, BACKLOG) != 0 ||
		rename(own, path) != 0)
		return -1;
	return TAKE_FD(fd);
}

/* How many sockets there may be. */
static size_t
sockets_max(const struct cfg *cfg)
{
	return (size_t)cfg->ws_connections_max + (size_t)cfg->ws_status_max +
	       HANDSHAKES_MAX;
}

static void
on_accept(void *self)
{
	struct server *srv = self;
	size_t max = sockets_max(srv->cfg);
	int fd;

	while ((fd = accept4(prog.listen_fd, NULL, NULL,
			SOCK_CLOEXEC | SOCK_NONBLOCK)) >= 0) {
		if (srv->n_conns >= max)
			(void)close(fd); /* nginx answers 502 */
		else
			loop_adopt(srv->loop, fd);
	}
}

/* ---- signals ---- */

/* TERM, INT and USR1 (multiwatch's) mean the same: streams can go on
 * elsewhere, so there is no work to finish. */
static void
on_signal(void *self)
{
	struct server *srv = self;
	struct signalfd_siginfo si;

	if (read(prog.signal_fd, &si, sizeof(si)) != (ssize_t)sizeof(si) ||
		srv->ending)
		return;
	srv->ending = true;
	srv->end_ms = clock_mono_ms() + END_MS;
	loop_unwatch(&prog.listener);
	(void)close(prog.listen_fd);
	if (srv->conns)
		conns_end(srv);
	else
		loop_stop(srv->loop);
	loop_timer(srv->loop, TIMER_TICK, 0);
}

static int
signals_open(void)
{
	sigset_t set;

	(void)signal(SIGPIPE, SIG_IGN);
	(void)sigemptyset(&set);
	(void)sigaddset(&set, SIGTERM);
	(void)sigaddset(&set, SIGINT);
	(void)sigaddset(&set, SIGUSR1);
	if (sigprocmask(SIG_BLOCK, &set, NULL) != 0)
		return -1;
	return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

/* ---- the database ---- */

static void
on_notice(void *self, const char *payload)
{
	struct server *srv = self;

	if (str_starts(payload, "session:"))
		conns_session_notice(srv, payload + strlen("session:"));
	else
		hubs_notice(srv->hubs, payload);
}

static void
on_up(void *self)
{
	struct server *srv = self;

	srv->ask_sessions = true;
	hubs_refresh(srv->hubs);
}

static const struct feed_ops feed_ops = {on_notice, on_up};

/* ---- start ---- */

static int
serve(struct server *srv)
{
	const char *path =
		arena_printf(srv->arena, "%s/ws.sock", srv->cfg->run_dir);
	const char *why = "";

	prog.signal_fd = signals_open();
	if (prog.signal_fd < 0)
		return complain("signalfd", strerror(errno));
	srv->loop = loop_new(
		srv->arena, &conn_ops, srv, sockets_max(srv->cfg), &why);
	if (!srv->loop)
		return complain("event loop", why);
	srv->feed = feed_new(
		srv->arena, srv->loop, srv->cfg->database_url, &feed_ops, srv);
	srv->hubs = hubs_new(srv->arena, srv->loop, srv->feed,
		(size_t)srv->cfg->ws_queue_max, conn_wake);
	srv->board =
		board_new(srv->arena, srv->loop, srv->cfg, conn_wake_onlooker);
	loop_on_timer(srv->loop, TIMER_TICK, conns_tick, srv);
	prog.listen_fd = listen_at(srv->arena, path);
	if (prog.listen_fd < 0)
		return complain(path, strerror(errno));
	if (!loop_watch(srv->loop, &prog.listener, prog.listen_fd, on_accept,
		    srv) ||
		!loop_watch(srv->loop, &prog.signals, prog.signal_fd, on_signal,
			srv))
		return complain("event loop", "no descriptor");
	feed_start(srv->feed);
	log_event(EV_START, NULL, "socket", path, NULL);
	loop_run(srv->loop);
	log_event(EV_STOP, NULL, NULL);
	return 0;
}

static int
run(struct server *srv)
{
	const char *why = "";
	int status;

	log_open(PROGRAM, str_eq(srv->cfg->log_format, "json"),
		srv->cfg->log_debug ? LOGP_DEBUG : LOGP_INFO);
	srv->keys = access_keys_new(srv->arena, srv->cfg, &why);
	if (!srv->keys) {
		log_event(EV_CONFIG_BAD, NULL, "cause", why, NULL);
		return complain("configuration", why);
	}
	srv->meter = meter_of(srv->arena, srv->cfg->run_dir, "ws");
	meter_set(srv->meter, METER_WEBSOCKETS, 0); /* of one that was killed */
	srv->scratch = arena_new(1024 * 1024, 16 * 1024 * 1024);
	status = serve(srv);
	loop_free(srv->loop); /* closes every connection, which leaves hubs */
	hubs_free(srv->hubs);
	board_free(srv->board);
	feed_free(srv->feed);
	arena_free(srv->scratch);
	return status;
}

static int
start(struct server *srv, const struct options *o)
{
	const char *why = "";

	if (!cfg_load(srv->arena, o->conf, &prog.cfg, &why))
		return complain("configuration", why);
	if (o->log_format)
		prog.cfg.log_format = o->log_format;
	if (o->table)
		return print_table(o->table);
	if (!o->test)
		return run(srv);
	return access_keys_new(srv->arena, srv->cfg, &why)
		       ? 0
		       : complain("configuration", why);
}

int
main(int argc, char **argv)
{
	struct server *srv = &prog.server;
	struct options o;
	int status;

	if (!options_read(argc, argv, &o))
		return usage();
	if (o.version) {
		(void)puts(PROGRAM " " PACKAGE_VERSION);
		return 0;
	}
	srv->arena = arena_new(4 * 1024 * 1024, 64 * 1024 * 1024);
	srv->cfg = &prog.cfg;
	status = start(srv, &o);
	arena_free(srv->arena);
	return status;
}
