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
	const char *text;
	unsigned nin;             /* number of parameters */
	const char *const *out;   /* column names, ended by NULL */
	bool one;                 /* exactly one row, else `none` */
	enum err none;            /* what no row means (E_OK: an empty list) */
	const struct stmt_on *on; /* ended by a NULL name */
	const char *by;           /* programs that may run it: "api worker" */
};

struct db;   /* one connection; prepares lazily, forgets all on reconnect */
struct rows; /* a result, released with the arena that it came with */

/* table: the generated statements, indexed by enum stmt. program decides the
 * database role: where url names no user, the user is "autostack_PROGRAM".
 * Does not connect yet. Never NULL. */
struct db *db_new(const struct stmt *table, size_t n, const char *url,
	const char *program);
void db_free(struct db *db);
/* Connect now if not connected. E_SERVICE_UNAVAILABLE when it cannot. */
MUST enum err db_connect(struct ctx *ctx, struct db *db);
bool db_connected(const struct db *db);

/* Run one statement and wait. in has stmt.nin values. A lost connection is
 * opened again before sending (never after: nothing runs twice) and is
 * E_SERVICE_UNAVAILABLE when that fails or when it breaks on the way. A
 * constraint named in the block gives its error; any other failure is
 * E_INTERNAL_SERVER_ERROR with the cause for the log. ret may be NULL. */
MUST enum err db_query(struct ctx *ctx, struct db *db, unsigned stmt,
	const char *const in[], struct rows **ret);
#define DB_IN(...) ((const char *const[]){__VA_ARGS__})
#define DB_IN0 ((const char *const[]){NULL})

/* The same in two halves, so that several statements share one round trip:
 * db_send each, then db_recv each in the same order (libpq pipeline mode; a
 * failure of one fails those after it). db_drain drops what was sent and not
 * received. A transaction surrounds each pipeline up to its sync: they commit
 * together. */
MUST enum err db_send(struct ctx *ctx, struct db *db, unsigned stmt,
	const char *const in[]);
MUST enum err db_recv(struct ctx *ctx, struct db *db, struct rows **ret);
void db_drain(struct db *db);
size_t db_pending(const struct db *db); /* sent, not yet received */

/* Several statements in one transaction. db_rollback is safe to call when
 * nothing is open. */
MUST enum err db_begin(struct ctx *ctx, struct db *db);
MUST enum err db_commit(struct ctx *ctx, struct db *db);
void db_rollback(struct db *db);

/* LISTEN on the one channel "autostack". After a reconnect the caller must
 * re-read its tables: *ret_again of db_notice tells. */
MUST enum err db_listen(struct ctx *ctx, struct db *db);
/* Descriptor to poll for reading, -1 when not connected. */
int db_fd(const struct db *db);
/* Take one notification that has arrived ("log:<uuid>"); false when there is
 * none (*ret_lost tells that the connection is gone). Does not wait. */
bool db_notice(struct db *db, char *payload, size_t size, bool *ret_lost);

size_t rows_n(const struct rows *r);
/* Column number by name; ASSERTs that it exists. */
int rows_col(const struct rows *r, const char *name);
const char *rows_text(const struct rows *r, size_t row, int col); /* NULL = SQL NULL */
size_t rows_len(const struct rows *r, size_t row, int col);
int64_t rows_int(const struct rows *r, size_t row, int col); /* 0 for NULL */
bool rows_bool(const struct rows *r, size_t row, int col);
/* By name, of the first row. */
const char *rows_str(const struct rows *r, const char *name);

/* Plain SQL files for `autostack migrate` alone: run text as a script. */
MUST enum err db_script(struct ctx *ctx, struct db *db, const char *text);

/* An arena text "{...}" that PostgreSQL reads as text[]; items may hold any
 * UTF-8. */
struct arena;
const char *db_text_array(struct arena *a, const char *const *items, size_t n);

#endif
