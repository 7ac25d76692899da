/*
 * db.h - PostgreSQL through libpq (the only file that includes libpq-fe.h is
 * db.c). Statements are a closed, generated list (gen/stmt.h from sql/stmt):
 * no SQL text at run time. Values travel as text; NULL is SQL NULL.
 */
#ifndef AS_EXT_DB_H
#define AS_EXT_DB_H

#include "base/base.h"
#include "base/err.h"

/* A named statement, generated from its block in sql/stmt/RESOURCE.sql. */
struct stmt_on { /* a constraint's name and the error that it means */
	const char *constraint;
	enum err err;
};
struct stmt {
	const char *name;
	const char *doc;
	const char *text;
	unsigned nin;              /* number of parameters */
	const char *const *in;     /* their names, ended by NULL */
	const unsigned *types;     /* their type OIDs, ended by 0 */
	const char *const *out;    /* column names, ended by NULL */
	const unsigned *out_types; /* the columns' type OIDs, ended by 0 */
	bool one;                  /* at most one row; no row means `none` */
	enum err none;             /* E_OK: no row is no error */
	const struct stmt_on *on;  /* ended by a NULL name */
	const char *by;            /* programs that may run it: "api worker" */
};

struct db;   /* one connection; prepares lazily, forgets all on reconnect */
struct rows; /* a result, released with the arena that it came with */

/* table: the generated statements, indexed by enum stmt_id. program (api, ws,
 * worker, owner) decides the database role: where url names no user, the user
 * is "autostack_PROGRAM". Sessions are in UTC with ISO dates. Does not connect
 * yet. Never NULL. */
struct db *db_new(const struct stmt *table, size_t n, const char *url,
	const char *program);
void db_free(struct db *db);
/* Connect now if not connected. E_SERVICE_UNAVAILABLE when it cannot. */
MUST enum err db_connect(struct ctx *ctx, struct db *db);
bool db_connected(const struct db *db);
/* How many connections and statements have failed so far; a constraint that a
 * statement expects is no failure. */
uint64_t db_failures(const struct db *db);
/* From now on connecting and each result of the server are waited for so long
 * at most, however dead it is; then the connection is given up:
 * E_SERVICE_UNAVAILABLE. It does not hold for db_script. 0: no such limit, as
 * at first. Gives the limit before. */
int64_t db_limit(struct db *db, int64_t ms);
/* Enough for a server that is alive: it ends a statement of our programs
 * itself after ten seconds (sql/grants.sql). */
#define DB_LIMIT_MS 12000

/* Run one statement and wait. in has stmt.nin values. A lost connection is
 * opened again before sending (never after: nothing runs twice; never inside a
 * transaction) and is E_SERVICE_UNAVAILABLE when that fails or when it breaks
 * on the way, as are timeouts, deadlocks and a server that goes down. A
 * constraint named in the block gives its error, a missing row the block's
 * `none`; any other failure is E_INTERNAL_SERVER_ERROR. All are recorded in
 * ctx with the cause for the log (ctx_clear() where one is expected). ret may
 * be NULL. */
MUST enum err db_query(struct ctx *ctx, struct db *db, unsigned stmt,
	const char *const in[], struct rows **ret);
#define DB_IN(...) ((const char *const[]){__VA_ARGS__})
#define DB_IN0     ((const char *const[]){NULL})

/* The same in two halves, so that several statements share one round trip:
 * db_send each (at most DB_PIPELINE), then db_recv each in the same order
 * (libpq pipeline mode). A transaction surrounds them: they commit together
 * before the last db_recv returns. A failure of the server undoes them all and
 * fails those after it; `none` is no such failure. db_drain drops the results
 * not yet received (the statements still run), and so does whatever is sent
 * after the first db_recv. A failed db_send leaves no result to receive. */
#define DB_PIPELINE 16
MUST enum err db_send(
	struct ctx *ctx, struct db *db, unsigned stmt, const char *const in[]);
MUST enum err db_recv(struct ctx *ctx, struct db *db, struct rows **ret);
void db_drain(struct db *db);
size_t db_pending(const struct db *db); /* sent, not yet received */
/* How many parameters a statement takes, for callers that can count theirs. */
unsigned db_nin(const struct db *db, unsigned stmt);

/* Several statements in one transaction; after a failure only db_rollback
 * goes on. db_rollback is safe to call when nothing is open. */
MUST enum err db_begin(struct ctx *ctx, struct db *db);
MUST enum err db_commit(struct ctx *ctx, struct db *db);
void db_rollback(struct db *db);
/* The end of a transaction whose steps went as e says: it has happened
 * (E_OK), or nothing of it has. Returns e, or why it could not be committed. */
MUST enum err db_end(struct ctx *ctx, struct db *db, enum err e);

/* LISTEN on the one channel "autostack", again after each reconnect. */
MUST enum err db_listen(struct ctx *ctx, struct db *db);
/* Descriptor to poll for reading, -1 when not connected. Statements may take
 * notifications off it: call db_notice until false after them, too. */
int db_fd(const struct db *db);
/* Take one notification that has arrived ("log:<uuid>"); false when there is
 * none. Does not wait. *ret_lost tells that notifications may be missing
 * because the connection is gone, or was and is open again since the last
 * call: db_connect, then re-read the tables. */
bool db_notice(struct db *db, char *payload, size_t size, bool *ret_lost);

/* Rows returned; of a statement that returns none: rows changed. */
size_t rows_n(const struct rows *r);
/* Column number by name; ASSERTs that it exists. */
int rows_col(const struct rows *r, const char *name);
/* NULL = SQL NULL. */
const char *rows_text(const struct rows *r, size_t row, int col);
size_t rows_len(const struct rows *r, size_t row, int col);
/* 0 for NULL; ASSERTs an integer. */
int64_t rows_int(const struct rows *r, size_t row, int col);
bool rows_bool(const struct rows *r, size_t row, int col);
/* By name, of the first row. */
const char *rows_str(const struct rows *r, const char *name);

/* Plain SQL files for `autostack migrate` alone: run text as a script, in one
 * transaction unless it opens its own or one is open. The cause names the
 * line. */
MUST enum err db_script(struct ctx *ctx, struct db *db, const char *text);

/* An arena text "{...}" that PostgreSQL reads as text[]; items may hold any
 * UTF-8. */
struct arena;
const char *db_text_array(struct arena *a, const char *const *items, size_t n);

#endif
