/*
 * db.c - PostgreSQL through libpq: the only file that includes libpq-fe.h.
 * Every program has one connection and runs the statements of a generated
 * table. Knows nothing of what they mean, of HTTP or of jobs.
 */
#include "ext/db.h"

#include "base/arena.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/str.h"

#include <errno.h>
#include <libpq-fe.h>
#include <poll.h>

/* The SQL that is protocol rather than query. */
#define SQL_BEGIN    "BEGIN"
#define SQL_COMMIT   "COMMIT"
#define SQL_ROLLBACK "ROLLBACK"
#define SQL_LISTEN   "LISTEN autostack"

/* Whatever the server's defaults: times are UTC and ISO, a LIMIT parameter does
 * not replan a statement each time. Time limits are the roles' (grants.sql). */
#define SESSION_OPTIONS                                                        \
	"-c timezone=UTC -c datestyle=ISO -c intervalstyle=postgres "          \
	"-c plan_cache_mode=force_generic_plan -c "                            \
	"client_min_messages=warning"

enum prepared { PREP_NO, PREP_SENT, PREP_YES };

struct sent {
	unsigned stmt;
	bool prepare; /* a Parse went before it: one result more */
};

struct db {
	const struct stmt *table;
	size_t n;
	char *url;
	char *user;
	char *name;
	PGconn *conn;   /* NULL: not connected */
	uint8_t *state; /* enum prepared of each statement */
	bool in_tx;     /* between db_begin and its end, connected or not */
	bool listening;
	int64_t limit_ms; /* of one wait; 0: none */
	bool gap; /* a listening connection was lost: notices may be missing */
	struct sent sent[DB_PIPELINE]; /* sent[head..tail) await db_recv */
	size_t head, tail;
	bool synced; /* the pipeline's end was sent */
	uint64_t failures;
};

struct rows {
	PGresult *res;
};

/* ---- the connection ---- */

static char *
text_join(const char *a, const char *b)
{
	size_t size = strlen(a) + strlen(b) + 1;
	char *s = malloc(size);

	if (!s)
		out_of_memory();
	(void)snprintf(s, size, "%s%s", a, b); /* size is exact */
	return s;
}

struct db *
db_new(const struct stmt *table, size_t n, const char *url, const char *program)
{
	struct db *db = calloc(1, sizeof(*db));

	if (!db)
		out_of_memory();
	db->table = table;
	db->n = n;
	db->url = text_join(url, "");
	db->user = text_join("autostack_", program);
	db->name = text_join("autostack-", program);
	db->state = calloc(n + 1, sizeof(*db->state));
	if (!db->state)
		out_of_memory();
	return db;
}

static void
disconnect(struct db *db)
{
	if (!db->conn)
		return;
	PQfinish(db->conn);
	db->conn = NULL;
	memset(db->state, PREP_NO, db->n);
	if (db->listening)
		db->gap = true;
}

void
db_free(struct db *db)
{
	if (!db)
		return;
	disconnect(db);
	free(db->url);
	free(db->user);
	free(db->name);
	free(db->state);
	free(db);
}

/* Notices of the server are for people who debug. */
static void
on_notice(void *arg, const char *message)
{
	(void)arg; /* one connection a process: nothing to tell apart */
	log_debug(NULL, "postgres: %s", message);
}

/* PQerrorMessage without its newlines, for a log line. */
static const char *
conn_cause(struct ctx *ctx, const PGconn *conn)
{
	char *s = arena_strdup(ctx->arena, PQerrorMessage(conn));

	for (char *p = s; *p; p++)
		if (*p == '\n')
			*p = ' ';
	return str_trim(ctx->arena, s);
}

/* The connection is of no more use. */
static enum err
lost(struct ctx *ctx, struct db *db, const char *doing)
{
	const char *why =
		db->conn ? conn_cause(ctx, db->conn) : "the connection is gone";

	db->failures++;
	disconnect(db);
	return ctx_cause(ctx, E_SERVICE_UNAVAILABLE, "%s: %s", doing, why);
}

int64_t
db_limit(struct db *db, int64_t ms)
{
	int64_t before = db->limit_ms;

	db->limit_ms = ms;
	return before;
}

/* Whether PQgetResult() has something to give at once; false: nothing came in
 * time, or the connection broke. */
static bool
ready(struct db *db)
{
	const int64_t until = clock_mono_ms() + db->limit_ms;

	while (db->limit_ms > 0 && PQisBusy(db->conn)) {
		struct pollfd p = {PQsocket(db->conn), POLLIN, 0};
		int64_t left = until - clock_mono_ms();

		if (left <= 0 ||
			(poll(&p, 1, (int)left) < 0 && errno != EINTR) ||
			(p.revents && !PQconsumeInput(db->conn)))
			return false;
	}
	return true;
}

static PGresult *
get_result(struct db *db)
{
	return ready(db) ? PQgetResult(db->conn) : NULL;
}

/* One command's result, with the NULL that ends it. NULL: nothing came, or not
 * in time. */
static PGresult *
next_result(struct db *db)
{
	PGresult *res = get_result(db);
	PGresult *more;

	while (res && (more = get_result(db)))
		PQclear(more); /* a statement gives one result */
	return res;
}

/* The result of what was sent, or NULL: it could not be, or nothing came. */
static PGresult *
await(struct db *db, int sent)
{
	return sent ? next_result(db) : NULL;
}

/* Run one of the SQL_ texts; true when the server did it. */
static bool
control(struct db *db, const char *sql)
{
	PGresult *res = await(db, PQsendQuery(db->conn, sql));
	bool ok = PQresultStatus(res) == PGRES_COMMAND_OK;

	PQclear(res);
	return ok;
}

static enum err
open_connection(struct ctx *ctx, struct db *db)
{
	/* what stands before dbname gives way to the url, what stands after
	 * it does not */
	const char *const keys[] = {"user", "application_name",
		"connect_timeout", "keepalives", "keepalives_idle",
		"keepalives_interval", "keepalives_count", "tcp_user_timeout",
		"options", "dbname", "client_encoding", NULL};
	/* libpq waits two seconds at least */
	const char *patience =
		db->limit_ms > 0 && db->limit_ms < 3000 ? "2" : "3";
	const char *const values[] = {db->user, db->name, patience, "1", "30",
		"5", "3", "15000", SESSION_OPTIONS, db->url, "UTF8", NULL};

	db->conn = PQconnectdbParams(keys, values, 1);
	if (PQstatus(db->conn) != CONNECTION_OK)
		return lost(ctx, db, "connecting to the database");
	(void)PQsetNoticeProcessor(db->conn, on_notice, NULL);
	if (db->listening && !control(db, SQL_LISTEN))
		return lost(ctx, db, "listening to the database");
	return E_OK;
}

/* Whether an idle connection still has its server: what a dead one left
 * behind is read here, before anything is sent that could get lost. */
static bool
alive(const struct db *db)
{
	for (int i = 0; i < 8; i++) {
		struct pollfd p = {PQsocket(db->conn), POLLIN | POLLRDHUP, 0};

		if (PQstatus(db->conn) != CONNECTION_OK)
			return false;
		if (poll(&p, 1, 0) <= 0)
			return true;
		if (p.revents & ~POLLIN)
			return false;
		if (!PQconsumeInput(db->conn))
			return false;
	}
	return true; /* many notifications, read later */
}

/* A connection that is open and, unless the pipeline is being filled, idle. */
static enum err
ensure(struct ctx *ctx, struct db *db)
{
	if (db->conn && alive(db))
		return E_OK;
	disconnect(db);
	if (db->in_tx)
		return lost(ctx, db, "in a transaction");
	return open_connection(ctx, db);
}

enum err
db_connect(struct ctx *ctx, struct db *db)
{
	db_drain(db);
	return ensure(ctx, db);
}

bool
db_connected(const struct db *db)
{
	return db->conn && PQstatus(db->conn) == CONNECTION_OK;
}

uint64_t
db_failures(const struct db *db)
{
	return db->failures;
}

/* ---- errors ---- */

/* What a SQLSTATE means when no constraint explains it; the first prefix that
 * fits. */
static const struct {
	const char *prefix;
	enum err err;
	bool reconnect; /* the session is over, or its plans are stale */
} states[] = {
	{"08", E_SERVICE_UNAVAILABLE, true},     /* connection */
	{"57P", E_SERVICE_UNAVAILABLE, true},    /* shut down, crashed */
	{"57014", E_SERVICE_UNAVAILABLE, false}, /* statement timeout */
	{"55P03", E_SERVICE_UNAVAILABLE, false}, /* lock timeout */
	{"40001", E_SERVICE_UNAVAILABLE, false}, /* serialization */
	{"40P01", E_SERVICE_UNAVAILABLE, false}, /* deadlock */
	{"25P03", E_SERVICE_UNAVAILABLE, true},  /* idle in transaction */
	{"53", E_SERVICE_UNAVAILABLE, false},    /* disk, memory, slots */
	{"0A000", E_SERVICE_UNAVAILABLE, true},  /* the table changed shape */
	{"26000", E_SERVICE_UNAVAILABLE, true},  /* prepared name unknown */
	{"", E_INTERNAL_SERVER_ERROR, false},
};

static enum err
constraint_err(const struct stmt *s, const char *constraint)
{
	if (s && constraint)
		for (const struct stmt_on *on = s->on; on->constraint; on++)
			if (str_eq(on->constraint, constraint))
				return on->err;
	return E_OK;
}

/* res is a failure: record what it means. The server's detail and hint stay
 * out of the log, since they quote values. */
static enum err
failed(struct ctx *ctx, struct db *db, const struct stmt *s,
	const PGresult *res)
{
	const char *name = s ? s->name : "script";
	const char *state = PQresultErrorField(res, PG_DIAG_SQLSTATE);
	const char *text = PQresultErrorField(res, PG_DIAG_MESSAGE_PRIMARY);
	const char *constraint =
		PQresultErrorField(res, PG_DIAG_CONSTRAINT_NAME);
	enum err e = constraint_err(s, constraint);
	size_t i = 0;

	if (PQresultStatus(res) == PGRES_PIPELINE_ABORTED)
		return ctx_cause(ctx, E_INTERNAL_SERVER_ERROR,
			"%s: not run, one before it failed", name);
	if (PQstatus(db->conn) != CONNECTION_OK || !state)
		return lost(ctx, db, name);
	while (!str_starts(state, states[i].prefix))
		i++;
	if (!e) {
		db->failures++;
		e = states[i].err;
	}
	e = ctx_cause(ctx, e, "%s: %s (%s%s%s)", name, text ? text : "?", state,
		constraint ? " " : "", constraint ? constraint : "");
	if (states[i].reconnect)
		disconnect(db);
	return e;
}

/* ---- results ---- */

static void
rows_clear(void *p)
{
	PQclear(p);
}

/* Take over res, the outcome of s. */
static enum err
finish(struct ctx *ctx, struct db *db, const struct stmt *s, PGresult *res,
	struct rows **ret)
{
	ExecStatusType status = PQresultStatus(res);
	enum err e = E_OK;
	struct rows *r;

	if (status != PGRES_TUPLES_OK && status != PGRES_COMMAND_OK)
		e = failed(ctx, db, s, res);
	else if (s->one && PQntuples(res) == 0 && s->none)
		e = ctx_cause(ctx, s->none, "%s: no row", s->name);
	else if (s->one && PQntuples(res) > 1)
		e = ctx_cause(ctx, E_INTERNAL_SERVER_ERROR,
			"%s: %d rows where one was promised", s->name,
			PQntuples(res));
	if (e || !ret) {
		PQclear(res);
		return e;
	}
	r = ARENA_NEW(ctx->arena, struct rows);
	r->res = res;
	arena_hook(ctx->arena, rows_clear, res);
	*ret = r;
	return E_OK;
}

size_t
rows_n(const struct rows *r)
{
	int64_t n;

	if (PQresultStatus(r->res) == PGRES_TUPLES_OK)
		return (size_t)PQntuples(r->res);
	return str_to_i64(PQcmdTuples(r->res), 0, INT32_MAX, &n) ? (size_t)n
								 : 0;
}

int
rows_col(const struct rows *r, const char *name)
{
	int col = PQfnumber(r->res, name);

	ASSERT(col >= 0);
	return col;
}

const char *
rows_text(const struct rows *r, size_t row, int col)
{
	ASSERT(row < (size_t)PQntuples(r->res) && col < PQnfields(r->res));
	if (PQgetisnull(r->res, (int)row, col))
		return NULL;
	return PQgetvalue(r->res, (int)row, col);
}

size_t
rows_len(const struct rows *r, size_t row, int col)
{
	ASSERT(row < (size_t)PQntuples(r->res) && col < PQnfields(r->res));
	return (size_t)PQgetlength(r->res, (int)row, col);
}

int64_t
rows_int(const struct rows *r, size_t row, int col)
{
	const char *s = rows_text(r, row, col);
	int64_t v = 0;

	if (s)
		ASSERT(str_to_i64(s, INT64_MIN, INT64_MAX, &v));
	return v;
}

bool
rows_bool(const struct rows *r, size_t row, int col)
{
	const char *s = rows_text(r, row, col);

	return s && s[0] == 't';
}

const char *
rows_str(const struct rows *r, const char *name)
{
	return rows_text(r, 0, rows_col(r, name));
}

/* ---- one statement ---- */

static const struct stmt *
stmt_of(const struct db *db, unsigned stmt)
{
	ASSERT(stmt < db->n);
	return &db->table[stmt];
}

unsigned
db_nin(const struct db *db, unsigned stmt)
{
	return stmt_of(db, stmt)->nin;
}

static enum err
prepare(struct ctx *ctx, struct db *db, unsigned stmt)
{
	const struct stmt *s = stmt_of(db, stmt);
	PGresult *res;
	enum err e = E_OK;

	if (db->state[stmt] == PREP_YES)
		return E_OK;
	res = await(db, PQsendPrepare(db->conn, s->name, s->text, (int)s->nin,
				s->types));
	if (!res)
		return lost(ctx, db, s->name);
	if (PQresultStatus(res) == PGRES_COMMAND_OK)
		db->state[stmt] = PREP_YES;
	else
		e = failed(ctx, db, s, res);
	PQclear(res);
	return e;
}

enum err
db_query(struct ctx *ctx, struct db *db, unsigned stmt, const char *const in[],
	struct rows **ret)
{
	const struct stmt *s = stmt_of(db, stmt);
	PGresult *res;
	enum err e;

	db_drain(db);
	e = ensure(ctx, db);
	if (!e)
		e = prepare(ctx, db, stmt);
	if (e)
		return e;
	res = await(db, PQsendQueryPrepared(db->conn, s->name, (int)s->nin, in,
				NULL, NULL, 0));
	if (!res)
		return lost(ctx, db, s->name);
	return finish(ctx, db, s, res, ret);
}

/* ---- pipelines ---- */

size_t
db_pending(const struct db *db)
{
	return db->tail - db->head;
}

/* The pipeline is empty or its connection is gone: back to plain mode. */
static void
leave_pipeline(struct db *db)
{
	db->head = db->tail = 0;
	db->synced = false;
	if (db->conn && PQpipelineStatus(db->conn) != PQ_PIPELINE_OFF &&
		!PQexitPipelineMode(db->conn))
		disconnect(db);
}

static enum err
enter_pipeline(struct ctx *ctx, struct db *db)
{
	enum err e;

	if (db->synced)
		db_drain(db);
	if (db->tail > 0)
		return E_OK;
	e = ensure(ctx, db);
	if (e)
		return e;
	if (!PQenterPipelineMode(db->conn))
		return lost(ctx, db, "pipeline");
	return E_OK;
}

enum err
db_send(struct ctx *ctx, struct db *db, unsigned stmt, const char *const in[])
{
	const struct stmt *s = stmt_of(db, stmt);
	enum err e = enter_pipeline(ctx, db);
	bool first;

	if (e)
		return e;
	first = db->state[stmt] == PREP_NO; /* a reconnect forgot all */
	ASSERT(db->tail < DB_PIPELINE);
	if (!db->conn ||
		(first && !PQsendPrepare(db->conn, s->name, s->text,
				  (int)s->nin, s->types)) ||
		!PQsendQueryPrepared(
			db->conn, s->name, (int)s->nin, in, NULL, NULL, 0))
		return lost(ctx, db, s->name);
	if (first)
		db->state[stmt] = PREP_SENT;
	db->sent[db->tail++] = (struct sent){stmt, first};
	return E_OK;
}

/* The outcome of a Parse that went before a statement. A failure is told by
 * the statement's own result as well (aborted), but less well. */
static enum err
recv_prepare(struct ctx *ctx, struct db *db, unsigned stmt)
{
	PGresult *res = next_result(db);
	enum err e = E_OK;

	if (PQresultStatus(res) == PGRES_COMMAND_OK) {
		db->state[stmt] = PREP_YES;
	} else {
		db->state[stmt] = PREP_NO;
		e = failed(ctx, db, stmt_of(db, stmt), res);
	}
	PQclear(res);
	return e;
}

/* The end of the pipeline, where its transaction commits. */
static enum err
recv_sync(struct ctx *ctx, struct db *db)
{
	enum err e = E_OK;
	PGresult *res;

	while ((res = get_result(db)) &&
		PQresultStatus(res) != PGRES_PIPELINE_SYNC) {
		e = failed(ctx, db, NULL, res); /* a deferred constraint */
		PQclear(res);
		if (!db->conn)
			return e;
	}
	if (!res)
		return lost(ctx, db, "pipeline");
	PQclear(res);
	return e;
}

/* The result of the oldest statement sent; db->conn is open. */
static enum err
recv_one(struct ctx *ctx, struct db *db, struct sent sent, struct rows **ret)
{
	enum err e = E_OK;
	enum err e2;
	PGresult *res;

	if (!db->synced && !PQpipelineSync(db->conn))
		return lost(ctx, db, "pipeline");
	db->synced = true;
	if (sent.prepare)
		e = recv_prepare(ctx, db, sent.stmt);
	if (!db->conn)
		return e;
	res = next_result(db);
	if (e)
		PQclear(res); /* aborted, and the reason is known */
	else
		e = finish(ctx, db, stmt_of(db, sent.stmt), res, ret);
	if (db->head < db->tail || !db->conn)
		return e;
	e2 = recv_sync(ctx, db);
	return e ? e : e2;
}

enum err
db_recv(struct ctx *ctx, struct db *db, struct rows **ret)
{
	struct rows *rows = NULL;
	enum err e;

	ASSERT(db->head < db->tail);
	struct sent sent = db->sent[db->head++];
	if (db->conn)
		e = recv_one(ctx, db, sent, ret ? &rows : NULL);
	else
		e = lost(ctx, db, stmt_of(db, sent.stmt)->name);
	if (db->head == db->tail)
		leave_pipeline(db);
	if (!e && ret)
		*ret = rows;
	return e;
}

void
db_drain(struct db *db)
{
	if (db->tail == 0)
		return;
	/* nobody asks for these outcomes, so they go to a context of their own */
	struct ctx ctx = {.arena = arena_new(1 << 16, 1 << 24)};

	while (db->tail > 0)
		if (db_recv(&ctx, db, NULL))
			continue;
	arena_free(ctx.arena);
}

/* ---- transactions and scripts ---- */

enum err
db_begin(struct ctx *ctx, struct db *db)
{
	enum err e;

	db_drain(db);
	ASSERT(!db->in_tx);
	e = ensure(ctx, db);
	if (e)
		return e;
	if (!control(db, SQL_BEGIN))
		return lost(ctx, db, "begin");
	db->in_tx = true;
	return E_OK;
}

enum err
db_commit(struct ctx *ctx, struct db *db)
{
	PGresult *res;
	enum err e = E_OK;

	db_drain(db);
	ASSERT(db->in_tx);
	db->in_tx = false;
	if (!db->conn)
		return lost(ctx, db, "commit");
	res = await(db, PQsendQuery(db->conn, SQL_COMMIT));
	if (!res)
		return lost(ctx, db, "commit");
	if (PQresultStatus(res) != PGRES_COMMAND_OK)
		e = failed(ctx, db, NULL, res);
	else if (!str_eq(PQcmdStatus(res), SQL_COMMIT))
		/* a statement of it had failed: the server rolled back */
		e = ctx_cause(ctx, E_INTERNAL_SERVER_ERROR,
			"commit of a failed transaction");
	PQclear(res);
	return e;
}

void
db_rollback(struct db *db)
{
	db_drain(db);
	if (!db->in_tx)
		return;
	db->in_tx = false;
	if (db->conn && !control(db, SQL_ROLLBACK))
		disconnect(db);
}

enum err
db_end(struct ctx *ctx, struct db *db, enum err e)
{
	if (!e)
		e = db_commit(ctx, db);
	if (e)
		db_rollback(db);
	return e;
}

enum err
db_script(struct ctx *ctx, struct db *db, const char *text)
{
	PGresult *res;
	const char *at;
	int64_t pos;
	int line = 1;
	enum err e;

	db_drain(db);
	e = ensure(ctx, db);
	if (e)
		return e;
	res = PQexec(db->conn, text);
	switch (PQresultStatus(res)) {
	case PGRES_COMMAND_OK:
	case PGRES_TUPLES_OK:
	case PGRES_EMPTY_QUERY:
		PQclear(res);
		return E_OK;
	default:
		break;
	}
	at = PQresultErrorField(res, PG_DIAG_STATEMENT_POSITION);
	if (at && str_to_i64(at, 1, INT32_MAX, &pos)) {
		/* characters, but a line is near enough in plain SQL */
		for (const char *p = text; *p && --pos > 0; p++)
			line += *p == '\n';
		e = ctx_cause(ctx, E_INTERNAL_SERVER_ERROR, "line %d: %s", line,
			PQresultErrorField(res, PG_DIAG_MESSAGE_PRIMARY));
	} else {
		e = failed(ctx, db, NULL, res);
	}
	PQclear(res);
	return e;
}

/* ---- notifications ---- */

enum err
db_listen(struct ctx *ctx, struct db *db)
{
	enum err e;

	db_drain(db);
	if (db->listening)
		return ensure(ctx, db);
	e = ensure(ctx, db);
	if (e)
		return e;
	if (!control(db, SQL_LISTEN))
		return lost(ctx, db, "listen");
	db->listening = true;
	return E_OK;
}

int
db_fd(const struct db *db)
{
	return db->conn ? PQsocket(db->conn) : -1;
}

bool
db_notice(struct db *db, char *payload, size_t size, bool *ret_lost)
{
	PGnotify *n = NULL;

	if (db->conn && (!PQconsumeInput(db->conn) ||
				PQstatus(db->conn) != CONNECTION_OK))
		disconnect(db);
	if (db->conn)
		n = PQnotifies(db->conn);
	*ret_lost = db->gap || !db->conn;
	if (db->conn)
		db->gap = false;
	if (!n)
		return false;
	(void)str_copy(payload, size, n->extra); /* the caller sized it */
	PQfreemem(n);
	return true;
}

/* ---- arrays ---- */

const char *
db_text_array(struct arena *a, const char *const *items, size_t n)
{
	size_t size = 3;
	char *s, *p;

	for (size_t i = 0; i < n; i++)
		size += 2 * strlen(items[i]) + 3;
	p = s = arena_alloc(a, size);
	*p++ = '{';
	for (size_t i = 0; i < n; i++) {
		if (i > 0)
			*p++ = ',';
		*p++ = '"';
		for (const char *c = items[i]; *c; c++) {
			if (*c == '"' || *c == '\\')
				*p++ = '\\';
			*p++ = *c;
		}
		*p++ = '"';
	}
	*p = '}';
	return s;
}
