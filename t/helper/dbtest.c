/*
 * dbtest.c - the tests of src/ext/db.c against a real server, with the Check
 * library. Run by t/1010-db.t, which gives PGURL: a database in a cluster that
 * may be crashed. It has a table of statements of its own. Connects as the
 * superuser where nothing else is said, since some tests end backends.
 */
#include "../unit/unit.h"

#include "base/arena.h"
#include "base/clock.h"
#include "base/str.h"
#include "ext/db.h"

#include <poll.h>
#include <signal.h>
#include <unistd.h>

enum {
	T_SHOW,
	T_ECHO,
	T_INSERT,
	T_ADD,
	T_COUNT,
	T_BY_ID,
	T_MAYBE,
	T_ALL,
	T_BROKEN,
	T_DIVIDE,
	T_SLEEP,
	T_PID,
	T_END,
	T_NOTIFY,
	T_ARRAY,
	T_SHAPE,
	T_MOVE,
	T_DEFERRED,
	T_WHO,
	T_MAX
};

#define IN(...)                                                                \
	.in = (const char *const[])                                            \
	{                                                                      \
		__VA_ARGS__, NULL                                              \
	}
#define TYPES(...)                                                             \
	.types = (const unsigned[])                                            \
	{                                                                      \
		__VA_ARGS__, 0                                                 \
	}
#define OUT(...)                                                               \
	.out = (const char *const[])                                           \
	{                                                                      \
		__VA_ARGS__, NULL                                              \
	}
#define ON(...)                                                                \
	.on = (const struct stmt_on[])                                         \
	{                                                                      \
		__VA_ARGS__                                                    \
		{                                                              \
			NULL, E_OK                                             \
		}                                                              \
	}
#define NO_IN                                                                  \
	.in = (const char *const[]){NULL}, .types = (const unsigned[])         \
	{                                                                      \
		0                                                              \
	}
#define NO_OUT                                                                 \
	.out = (const char *const[])                                           \
	{                                                                      \
		NULL                                                           \
	}
#define INT4  23
#define INT8  20
#define TEXT  25
#define BOOL  16
#define TEXTS 1009

/* clang-format off */
static const struct stmt table[T_MAX] = {
	[T_SHOW] = {.name = "show", .text = "SELECT current_setting('timezone') AS tz, current_setting('datestyle') AS ds, current_setting('client_encoding') AS enc, current_setting('application_name') AS app, timestamptz '2026-01-02 03:04:05+02' AS at", NO_IN, OUT("tz", "ds", "enc", "app", "at"), ON(), .one = true, .none = E_NOT_FOUND},
	[T_ECHO] = {.name = "echo", .text = "SELECT $1 AS t, $2 AS n, $3 AS b", .nin = 3, IN("t", "n", "b"), TYPES(TEXT, INT8, BOOL), OUT("t", "n", "b"), ON(), .one = true, .none = E_NOT_FOUND},
	[T_INSERT] = {.name = "insert", .text = "INSERT INTO things (id, name) VALUES ($1, $2)", .nin = 2, IN("id", "name"), TYPES(INT4, TEXT), NO_OUT, ON({"things_name_key", E_PROJECT_NAME_TAKEN}, {"things_name_length", E_VALIDATION_ERROR}, )},
	[T_ADD] = {.name = "add", .text = "INSERT INTO things (id, name) VALUES ($1, $2) RETURNING id", .nin = 2, IN("id", "name"), TYPES(INT4, TEXT), OUT("id"), ON({"things_name_key", E_PROJECT_NAME_TAKEN}, ), .one = true, .none = E_NOT_FOUND},
	[T_COUNT] = {.name = "count", .text = "SELECT count(*) AS n FROM things", NO_IN, OUT("n"), ON(), .one = true, .none = E_NOT_FOUND},
	[T_BY_ID] = {.name = "by_id", .text = "SELECT id, name FROM things WHERE id = $1", .nin = 1, IN("id"), TYPES(INT4), OUT("id", "name"), ON(), .one = true, .none = E_PROJECT_NOT_FOUND},
	[T_MAYBE] = {.name = "maybe", .text = "SELECT id, name FROM things WHERE id = $1", .nin = 1, IN("id"), TYPES(INT4), OUT("id", "name"), ON(), .one = true, .none = E_OK},
	[T_ALL] = {.name = "all", .text = "SELECT id FROM things ORDER BY id", NO_IN, OUT("id"), ON(), .one = true, .none = E_NOT_FOUND},
	[T_BROKEN] = {.name = "broken", .text = "SELECT no_such_column FROM things", NO_IN, OUT("x"), ON()},
	[T_DIVIDE] = {.name = "divide", .text = "SELECT 1 / $1 AS x", .nin = 1, IN("x"), TYPES(INT4), OUT("x"), ON()},
	[T_SLEEP] = {.name = "sleep", .text = "SELECT pg_sleep($1)::text AS x", .nin = 1, IN("s"), TYPES(INT4), OUT("x"), ON()},
	[T_PID] = {.name = "pid", .text = "SELECT pg_backend_pid() AS pid", NO_IN, OUT("pid"), ON(), .one = true, .none = E_NOT_FOUND},
	[T_END] = {.name = "end", .text = "SELECT pg_terminate_backend($1, 5000) AS done", .nin = 1, IN("pid"), TYPES(INT4), OUT("done"), ON(), .one = true, .none = E_NOT_FOUND},
	[T_NOTIFY] = {.name = "notify", .text = "SELECT pg_notify('autostack', $1)::text AS x", .nin = 1, IN("p"), TYPES(TEXT), OUT("x"), ON()},
	[T_ARRAY] = {.name = "array", .text = "SELECT t.item, t.nr FROM unnest($1) WITH ORDINALITY AS t (item, nr) ORDER BY t.nr", .nin = 1, IN("a"), TYPES(TEXTS), OUT("item", "nr"), ON()},
	[T_SHAPE] = {.name = "shape", .text = "SELECT * FROM shapes", NO_IN, OUT("a"), ON()},
	[T_MOVE] = {.name = "move", .text = "UPDATE things SET name = 'forbidden' WHERE id = $1", .nin = 1, IN("id"), TYPES(INT4), NO_OUT, ON({"things_move", E_CONFLICT}, )},
	[T_DEFERRED] = {.name = "deferred", .text = "INSERT INTO parts (thing) VALUES ($1)", .nin = 1, IN("thing"), TYPES(INT4), NO_OUT, ON()},
	[T_WHO] = {.name = "who", .text = "SELECT current_user::text AS who", NO_IN, OUT("who"), ON(), .one = true, .none = E_NOT_FOUND},
};
/* clang-format on */

static const char schema[] =
	"CREATE TABLE things (id int CONSTRAINT things_pkey PRIMARY KEY,"
	" name text CONSTRAINT things_name_key UNIQUE"
	" CONSTRAINT things_name_length CHECK (length(name) < 20));"
	"CREATE TABLE parts (thing int CONSTRAINT parts_thing_fkey"
	" REFERENCES things DEFERRABLE INITIALLY DEFERRED);"
	"CREATE TABLE shapes (a int);"
	"CREATE FUNCTION move() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
	" RAISE EXCEPTION 'no' USING ERRCODE = 'check_violation',"
	" CONSTRAINT = 'things_move'; END $$;"
	"CREATE TRIGGER move BEFORE UPDATE ON things FOR EACH ROW"
	" EXECUTE FUNCTION move();";

static struct ctx ctx;
static struct db *db;    /* under test */
static struct db *other; /* somebody else's connection */

static struct db *
superuser(void)
{
	const char *url =
		arena_printf(ctx.arena, "%s user=postgres", getenv("PGURL"));

	return db_new(table, T_MAX, url, "api");
}

static void
must(enum err e)
{
	ck_assert_msg(e == E_OK, "%s: %s", err_info(e)->code,
		ctx.cause ? ctx.cause : "-");
}

/* A call that is to fail, and whose failure is recorded in the context. */
static void
fails(enum err e, enum err wanted, const char *cause)
{
	ck_assert_msg(e == wanted, "%s, not %s: %s", err_info(e)->code,
		err_info(wanted)->code, ctx.cause ? ctx.cause : "-");
	ck_assert_int_eq(ctx.err, wanted);
	ck_assert_ptr_nonnull(ctx.cause);
	unit_has(ctx.cause, cause);
	ctx_clear(&ctx);
}

static void
setup(void)
{
	ctx = (struct ctx){.arena = arena_new(1 << 20, 1 << 24)};
	db = superuser();
	other = superuser();
	must(db_script(&ctx, other,
		"DROP TABLE IF EXISTS parts, things, shapes CASCADE;"
		"DROP FUNCTION IF EXISTS move;"));
	must(db_script(&ctx, other, schema));
}

static void
teardown(void)
{
	db_free(db);
	db_free(other);
	arena_free(ctx.arena);
}

static int64_t
count(struct db *d)
{
	struct rows *r;

	must(db_query(&ctx, d, T_COUNT, DB_IN0, &r));
	return rows_int(r, 0, 0);
}

static const char *
pid_of(struct db *d)
{
	struct rows *r;

	must(db_query(&ctx, d, T_PID, DB_IN0, &r));
	return rows_str(r, "pid");
}

static void
end_backend(const char *pid)
{
	struct rows *r;

	must(db_query(&ctx, other, T_END, DB_IN(pid), &r));
	ck_assert(rows_bool(r, 0, 0));
}

START_TEST(test_values)
{
	struct rows *r;

	must(db_query(&ctx, db, T_ECHO, DB_IN("a\n\"'\\ ä", "-7", "t"), &r));
	ck_assert_uint_eq(rows_n(r), 1);
	ck_assert_str_eq(rows_str(r, "t"), "a\n\"'\\ ä");
	ck_assert_uint_eq(rows_len(r, 0, rows_col(r, "t")), 8);
	ck_assert_int_eq(rows_int(r, 0, rows_col(r, "n")), -7);
	ck_assert(rows_bool(r, 0, rows_col(r, "b")));
	must(db_query(
		&ctx, db, T_ECHO, DB_IN("", "9223372036854775807", "f"), &r));
	ck_assert_str_eq(rows_str(r, "t"), "");
	ck_assert_int_eq(rows_int(r, 0, 1), INT64_MAX);
	ck_assert(!rows_bool(r, 0, 2));
	must(db_query(&ctx, db, T_ECHO, DB_IN(NULL, NULL, NULL), &r));
	for (int i = 0; i < 3; i++)
		ck_assert_ptr_null(rows_text(r, 0, i));
	ck_assert_uint_eq(rows_len(r, 0, 0), 0);
	ck_assert_int_eq(rows_int(r, 0, 1), 0);
	ck_assert(!rows_bool(r, 0, 2));
}
END_TEST

START_TEST(test_session)
{
	struct db *api = db_new(table, T_MAX, getenv("PGURL"), "api");
	struct rows *r;

	ck_assert(!db_connected(api));
	ck_assert_int_eq(db_fd(api), -1);
	must(db_connect(&ctx, api));
	ck_assert(db_connected(api));
	ck_assert_int_ge(db_fd(api), 0);
	must(db_query(&ctx, api, T_WHO, DB_IN0, &r));
	ck_assert_str_eq(rows_str(r, "who"), "autostack_api");
	must(db_query(&ctx, api, T_SHOW, DB_IN0, &r));
	ck_assert_str_eq(rows_str(r, "tz"), "UTC");
	unit_has(rows_str(r, "ds"), "ISO");
	ck_assert_str_eq(rows_str(r, "enc"), "UTF8");
	ck_assert_str_eq(rows_str(r, "app"), "autostack-api");
	ck_assert_str_eq(rows_str(r, "at"), "2026-01-02 01:04:05+00");
	db_free(api);
	db_free(NULL);
}
END_TEST

START_TEST(test_rows)
{
	struct rows *r = NULL;

	must(db_query(&ctx, db, T_INSERT, DB_IN("1", "one"), &r));
	ck_assert_msg(rows_n(r) == 1, "a row was changed");
	must(db_query(&ctx, db, T_BY_ID, DB_IN("1"), &r));
	ck_assert_str_eq(rows_str(r, "name"), "one");
	r = NULL;
	fails(db_query(&ctx, db, T_BY_ID, DB_IN("2"), &r), E_PROJECT_NOT_FOUND,
		"by_id");
	ck_assert_msg(!r, "untouched on failure");
	must(db_query(&ctx, db, T_MAYBE, DB_IN("2"), &r));
	ck_assert_uint_eq(rows_n(r), 0);
	must(db_query(&ctx, db, T_INSERT, DB_IN("2", "two"), NULL));
	fails(db_query(&ctx, db, T_ALL, DB_IN0, &r), E_INTERNAL_SERVER_ERROR,
		"2 rows");
}
END_TEST

START_TEST(test_constraints)
{
	must(db_query(&ctx, db, T_INSERT, DB_IN("1", "secret name"), NULL));
	for (int i = 0; i < 2; i++) {
		enum err e = db_query(
			&ctx, db, T_INSERT, DB_IN("2", "secret name"), NULL);

		ck_assert_msg(!strstr(ctx.cause, "secret name"),
			"no value in the log");
		fails(e, E_PROJECT_NAME_TAKEN, "23505");
	}
	fails(db_query(&ctx, db, T_INSERT,
		      DB_IN("3", "longer than twenty characters"), NULL),
		E_VALIDATION_ERROR, "23514");
	fails(db_query(&ctx, db, T_INSERT, DB_IN("1", "x"), NULL),
		E_INTERNAL_SERVER_ERROR, "things_pkey");
	fails(db_query(&ctx, db, T_MOVE, DB_IN("1"), NULL), E_CONFLICT, "no");
	fails(db_query(&ctx, db, T_INSERT, DB_IN("x", "x"), NULL),
		E_INTERNAL_SERVER_ERROR, "22P02");
	fails(db_query(&ctx, db, T_BROKEN, DB_IN0, NULL),
		E_INTERNAL_SERVER_ERROR, "42703");
	fails(db_query(&ctx, db, T_BROKEN, DB_IN0, NULL),
		E_INTERNAL_SERVER_ERROR, "42703");
	ck_assert_int_eq(count(db), 1);
}
END_TEST

START_TEST(test_timeout)
{
	const char *pid = pid_of(db);

	must(db_script(&ctx, db, "SET statement_timeout = 50"));
	fails(db_query(&ctx, db, T_SLEEP, DB_IN("30"), NULL),
		E_SERVICE_UNAVAILABLE, "57014");
	ck_assert_str_eq(pid_of(db), pid);
}
END_TEST

/* The server need not even say that it is too late. */
START_TEST(test_limit)
{
	const char *pid = pid_of(db);
	int64_t began = clock_mono_ms();

	db_limit(db, 200);
	fails(db_query(&ctx, db, T_SLEEP, DB_IN("30"), NULL),
		E_SERVICE_UNAVAILABLE, "sleep");
	ck_assert_int_lt(clock_mono_ms() - began, 5000);
	ck_assert(!db_connected(db));
	ck_assert_str_ne(pid_of(db), pid); /* a new connection */
	ck_assert_int_eq(db_limit(db, 0), 200);
	must(db_query(&ctx, db, T_SLEEP, DB_IN("1"), NULL));
}
END_TEST

/* The same where results are waited for otherwise. */
START_TEST(test_limit_everywhere)
{
	int64_t began = clock_mono_ms();

	(void)db_limit(db, 200);
	must(db_begin(&ctx, db));
	fails(db_query(&ctx, db, T_SLEEP, DB_IN("30"), NULL),
		E_SERVICE_UNAVAILABLE, "sleep");
	fails(db_commit(&ctx, db), E_SERVICE_UNAVAILABLE, "commit");
	must(db_send(&ctx, db, T_SLEEP, DB_IN("30")));
	must(db_send(&ctx, db, T_PID, DB_IN0));
	fails(db_recv(&ctx, db, NULL), E_SERVICE_UNAVAILABLE, "sleep");
	fails(db_recv(&ctx, db, NULL), E_SERVICE_UNAVAILABLE, "pid");
	ck_assert_int_lt(clock_mono_ms() - began, 5000);
	ck_assert_int_eq(db_limit(db, 0), 200);
	must(db_query(&ctx, db, T_PID, DB_IN0, NULL));
}
END_TEST

START_TEST(test_deadlock)
{
	must(db_query(&ctx, db, T_INSERT, DB_IN("1", "one"), NULL));
	must(db_begin(&ctx, other));
	must(db_query(&ctx, other, T_INSERT, DB_IN("2", "two"), NULL));
	must(db_script(&ctx, db, "SET lock_timeout = 50"));
	fails(db_query(&ctx, db, T_INSERT, DB_IN("3", "two"), NULL),
		E_SERVICE_UNAVAILABLE, "55P03");
	db_rollback(other);
	must(db_query(&ctx, db, T_INSERT, DB_IN("3", "two"), NULL));
}
END_TEST

START_TEST(test_stale_plan)
{
	must(db_script(&ctx, other, "INSERT INTO shapes VALUES (1)"));
	must(db_query(&ctx, db, T_SHAPE, DB_IN0, NULL));
	must(db_script(&ctx, other, "ALTER TABLE shapes ADD b int"));
	fails(db_query(&ctx, db, T_SHAPE, DB_IN0, NULL), E_SERVICE_UNAVAILABLE,
		"0A000");
	must(db_query(&ctx, db, T_SHAPE, DB_IN0, NULL));
}
END_TEST

/* ---- pipelines ---- */

START_TEST(test_pipeline)
{
	struct rows *r;

	/* first with the prepares inside, then without, then all again after
	 * a plain query */
	for (int i = 0; i < 3; i++) {
		ck_assert_uint_eq(db_pending(db), 0);
		must(db_send(&ctx, db, T_ECHO, DB_IN("a", "1", NULL)));
		must(db_send(&ctx, db, T_PID, DB_IN0));
		must(db_send(&ctx, db, T_ECHO, DB_IN("b", NULL, "t")));
		ck_assert_uint_eq(db_pending(db), 3);
		must(db_recv(&ctx, db, &r));
		ck_assert_str_eq(rows_str(r, "t"), "a");
		must(db_recv(&ctx, db, NULL));
		ck_assert_uint_eq(db_pending(db), 1);
		must(db_recv(&ctx, db, &r));
		ck_assert_str_eq(rows_str(r, "t"), "b");
		ck_assert_uint_eq(db_pending(db), 0);
		if (i == 1)
			ck_assert_int_eq(count(db), 0);
	}
}
END_TEST

START_TEST(test_pipeline_commits)
{
	must(db_send(&ctx, db, T_INSERT, DB_IN("1", "one")));
	must(db_send(&ctx, db, T_INSERT, DB_IN("2", "two")));
	must(db_recv(&ctx, db, NULL));
	must(db_recv(&ctx, db, NULL));
	ck_assert_msg(count(other) == 2, "committed before the last result");
}
END_TEST

START_TEST(test_pipeline_failure)
{
	struct rows *r = NULL;

	for (int i = 0; i < 2; i++) {
		must(db_send(&ctx, db, T_ADD, DB_IN("1", "one")));
		must(db_send(&ctx, db, T_ADD, DB_IN("2", "one")));
		must(db_send(&ctx, db, T_COUNT, DB_IN0));
		must(db_send(&ctx, db, T_ECHO, DB_IN(NULL, NULL, NULL)));
		must(db_recv(&ctx, db, &r));
		ck_assert_int_eq(rows_int(r, 0, 0), 1);
		fails(db_recv(&ctx, db, NULL), E_PROJECT_NAME_TAKEN, "23505");
		fails(db_recv(&ctx, db, NULL), E_INTERNAL_SERVER_ERROR,
			"not run");
		fails(db_recv(&ctx, db, NULL), E_INTERNAL_SERVER_ERROR,
			"not run");
		ck_assert_msg(count(db) == 0, "all are undone");
		must(db_query(&ctx, db, T_ECHO, DB_IN("x", "1", "t"), NULL));
	}
	/* the statement itself is wrong: its Parse fails */
	must(db_send(&ctx, db, T_ADD, DB_IN("1", "one")));
	must(db_send(&ctx, db, T_BROKEN, DB_IN0));
	must(db_recv(&ctx, db, NULL));
	fails(db_recv(&ctx, db, &r), E_INTERNAL_SERVER_ERROR, "42703");
	ck_assert_int_eq(count(db), 0);
	/* a failure at the commit belongs to the last result */
	must(db_send(&ctx, db, T_ADD, DB_IN("1", "one")));
	must(db_send(&ctx, db, T_DEFERRED, DB_IN("7")));
	must(db_recv(&ctx, db, NULL));
	fails(db_recv(&ctx, db, NULL), E_INTERNAL_SERVER_ERROR, "23503");
	ck_assert_int_eq(count(db), 0);
	/* a row that is not there is an answer: the others stay */
	must(db_send(&ctx, db, T_BY_ID, DB_IN("7")));
	must(db_send(&ctx, db, T_ADD, DB_IN("1", "one")));
	fails(db_recv(&ctx, db, &r), E_PROJECT_NOT_FOUND, "by_id");
	must(db_recv(&ctx, db, NULL));
	ck_assert_int_eq(count(db), 1);
}
END_TEST

START_TEST(test_pipeline_left)
{
	db_drain(db);
	for (int i = 0; i < 2; i++) { /* left before and after a receive */
		must(db_send(&ctx, db, T_ECHO, DB_IN("a", NULL, NULL)));
		must(db_send(&ctx, db, T_DIVIDE, DB_IN("0")));
		must(db_send(&ctx, db, T_COUNT, DB_IN0));
		if (i)
			must(db_recv(&ctx, db, NULL));
		ck_assert_int_eq(count(db), 0);
		ck_assert_uint_eq(db_pending(db), 0);
		ck_assert_msg(!ctx.err, "nobody asked for these failures");
	}
	must(db_send(&ctx, db, T_INSERT, DB_IN("1", "one")));
	db_drain(db);
	ck_assert_msg(count(other) == 1, "what was sent has run");
	/* a send after the first receive begins a new pipeline */
	must(db_send(&ctx, db, T_ECHO, DB_IN("a", NULL, NULL)));
	must(db_send(&ctx, db, T_ECHO, DB_IN("b", NULL, NULL)));
	must(db_recv(&ctx, db, NULL));
	must(db_send(&ctx, db, T_COUNT, DB_IN0));
	ck_assert_uint_eq(db_pending(db), 1);
	must(db_recv(&ctx, db, NULL));
	db_free(db); /* with results pending */
	db = superuser();
	must(db_send(&ctx, db, T_SLEEP, DB_IN("0")));
}
END_TEST

START_TEST(test_pipeline_lost)
{
	const char *pid = pid_of(db);

	/* before anything is sent: opened again */
	end_backend(pid);
	must(db_send(&ctx, db, T_ECHO, DB_IN("a", NULL, NULL)));
	must(db_recv(&ctx, db, NULL));
	/* on the way: all fail, none runs twice */
	pid = pid_of(db);
	must(db_send(&ctx, db, T_INSERT, DB_IN("1", "one")));
	must(db_send(&ctx, db, T_COUNT, DB_IN0));
	end_backend(pid);
	fails(db_recv(&ctx, db, NULL), E_SERVICE_UNAVAILABLE, "insert");
	fails(db_recv(&ctx, db, NULL), E_SERVICE_UNAVAILABLE, "count");
	ck_assert_int_eq(count(db), 0);
	/* between two sends */
	pid = pid_of(db);
	must(db_send(&ctx, db, T_INSERT, DB_IN("1", "one")));
	end_backend(pid);
	must(db_send(&ctx, db, T_COUNT, DB_IN0));
	fails(db_recv(&ctx, db, NULL), E_SERVICE_UNAVAILABLE, "insert");
	must(db_query(&ctx, db, T_COUNT, DB_IN0, NULL));
	ck_assert_int_eq(count(db), 0);
}
END_TEST

/* ---- transactions ---- */

START_TEST(test_transaction)
{
	db_rollback(db);
	must(db_begin(&ctx, db));
	must(db_query(&ctx, db, T_INSERT, DB_IN("1", "one"), NULL));
	ck_assert_int_eq(count(other), 0);
	must(db_commit(&ctx, db));
	ck_assert_int_eq(count(other), 1);
	must(db_begin(&ctx, db));
	must(db_query(&ctx, db, T_INSERT, DB_IN("2", "two"), NULL));
	must(db_send(&ctx, db, T_INSERT, DB_IN("3", "three")));
	must(db_recv(&ctx, db, NULL));
	ck_assert_int_eq(count(other), 1);
	db_rollback(db);
	db_rollback(db);
	ck_assert_int_eq(count(db), 1);
	must(db_begin(&ctx, db));
	fails(db_query(&ctx, db, T_DIVIDE, DB_IN("0"), NULL),
		E_INTERNAL_SERVER_ERROR, "22012");
	fails(db_query(&ctx, db, T_COUNT, DB_IN0, NULL),
		E_INTERNAL_SERVER_ERROR, "25P02");
	fails(db_commit(&ctx, db), E_INTERNAL_SERVER_ERROR, "failed");
	must(db_begin(&ctx, db));
	must(db_query(&ctx, db, T_DEFERRED, DB_IN("7"), NULL));
	fails(db_commit(&ctx, db), E_INTERNAL_SERVER_ERROR, "23503");
	ck_assert_int_eq(count(db), 1);
}
END_TEST

START_TEST(test_transaction_lost)
{
	must(db_begin(&ctx, db));
	must(db_query(&ctx, db, T_INSERT, DB_IN("1", "one"), NULL));
	end_backend(pid_of(db));
	for (int i = 0; i < 2; i++)
		fails(db_query(&ctx, db, T_INSERT, DB_IN("2", "two"), NULL),
			E_SERVICE_UNAVAILABLE, "transaction");
	fails(db_commit(&ctx, db), E_SERVICE_UNAVAILABLE, "commit");
	ck_assert_int_eq(count(db), 0);
	must(db_begin(&ctx, db));
	end_backend(pid_of(db));
	db_rollback(db);
	must(db_query(&ctx, db, T_COUNT, DB_IN0, NULL));
}
END_TEST

START_TEST(test_script)
{
	must(db_script(&ctx, db,
		"CREATE TABLE IF NOT EXISTS scripted (a int);\n"
		"INSERT INTO things VALUES (1, 'one'); SELECT 1;\n-- end\n"));
	must(db_script(&ctx, db, ""));
	ck_assert_int_eq(count(db), 1);
	fails(db_script(&ctx, db,
		      "INSERT INTO things VALUES (2, 'two');\n\nSELECT nix;\n"),
		E_INTERNAL_SERVER_ERROR, "line 3");
	ck_assert_msg(count(db) == 1, "one transaction");
	fails(db_script(&ctx, db, "COPY things FROM STDIN"),
		E_SERVICE_UNAVAILABLE, "script");
	must(db_script(&ctx, db, "DROP TABLE scripted"));
}
END_TEST

/* ---- notifications ---- */

/* The next notification, within five seconds. */
static bool
notice(char payload[64], bool *lost)
{
	int64_t until = clock_mono_ms() + 5000;

	while (clock_mono_ms() < until) {
		struct pollfd p = {db_fd(db), POLLIN, 0};

		if (db_notice(db, payload, 64, lost))
			return true;
		if (*lost)
			return false;
		(void)poll(&p, 1, 100); /* or the deadline */
	}
	return false;
}

START_TEST(test_listen)
{
	char payload[64];
	bool lost = true;

	must(db_listen(&ctx, db));
	must(db_listen(&ctx, db));
	ck_assert(!db_notice(db, payload, sizeof(payload), &lost) && !lost);
	must(db_query(&ctx, other, T_NOTIFY, DB_IN("log:1"), NULL));
	must(db_query(&ctx, other, T_NOTIFY, DB_IN("log:2"), NULL));
	ck_assert(notice(payload, &lost) && !lost);
	ck_assert_str_eq(payload, "log:1");
	ck_assert(notice(payload, &lost) && !lost);
	ck_assert_str_eq(payload, "log:2");
	/* one that a statement's answer brought along */
	must(db_query(&ctx, db, T_NOTIFY, DB_IN("log:3"), NULL));
	ck_assert(db_notice(db, payload, sizeof(payload), &lost) && !lost);
	ck_assert_str_eq(payload, "log:3");
	/* longer than the caller's room */
	must(db_query(&ctx, db, T_NOTIFY, DB_IN("0123456789"), NULL));
	ck_assert(db_notice(db, payload, 5, &lost));
	ck_assert_str_eq(payload, "0123");
}
END_TEST

START_TEST(test_listen_lost)
{
	char payload[64];
	bool lost = false;

	must(db_listen(&ctx, db));
	end_backend(pid_of(db));
	ck_assert(!notice(payload, &lost) && lost);
	ck_assert_int_eq(db_fd(db), -1);
	ck_assert(!db_notice(db, payload, sizeof(payload), &lost) && lost);
	must(db_connect(&ctx, db));
	ck_assert_msg(!db_notice(db, payload, sizeof(payload), &lost) && lost,
		"something may be missing");
	ck_assert(!db_notice(db, payload, sizeof(payload), &lost) && !lost);
	must(db_query(&ctx, other, T_NOTIFY, DB_IN("log:1"), NULL));
	ck_assert_msg(notice(payload, &lost), "listens again by itself");
	ck_assert_str_eq(payload, "log:1");
	/* a reconnect inside of a query tells, too */
	end_backend(pid_of(db));
	must(db_query(&ctx, db, T_COUNT, DB_IN0, NULL));
	ck_assert(!db_notice(db, payload, sizeof(payload), &lost) && lost);
	ck_assert(!db_notice(db, payload, sizeof(payload), &lost) && !lost);
}
END_TEST

/* ---- lost connections ---- */

START_TEST(test_reconnect)
{
	const char *first = pid_of(db);

	end_backend(first);
	ck_assert_str_ne(pid_of(db), first);
	/* while it waits for the answer */
	pid_t child = fork();
	if (child == 0) {
		/* its own connection; the parent's are not touched */
		struct ctx c = {.arena = arena_new(1 << 16, 1 << 20)};
		struct db *d = superuser();
		enum err e;

		(void)poll(NULL, 0, 300); /* until the sleep has begun */
		e = db_script(&c, d,
			"SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
			" WHERE query LIKE '%pg_sleep($1)%'"
			" AND pid <> pg_backend_pid()");
		_exit(e ? 1 : 0);
	}
	fails(db_query(&ctx, db, T_SLEEP, DB_IN("20"), NULL),
		E_SERVICE_UNAVAILABLE, "sleep");
	must(db_query(&ctx, db, T_COUNT, DB_IN0, NULL));
}
END_TEST

START_TEST(test_crash)
{
	int64_t until = clock_mono_ms() + 30000;
	int64_t pid;
	enum err e;

	/* SIGKILL of a backend makes PostgreSQL end all and recover */
	ck_assert(str_to_i64(pid_of(db), 1, INT32_MAX, &pid));
	must(db_query(&ctx, db, T_INSERT, DB_IN("1", "one"), NULL));
	ck_assert_int_eq(kill((pid_t)pid, SIGKILL), 0);
	do {
		ctx_clear(&ctx);
		e = db_query(&ctx, db, T_COUNT, DB_IN0, NULL);
		ck_assert(e == E_OK || e == E_SERVICE_UNAVAILABLE);
		(void)poll(NULL, 0, e ? 20 : 0);
	} while (e && clock_mono_ms() < until);
	must(e);
	ctx_clear(&ctx);
	ck_assert_int_eq(count(db), 1);
	ck_assert_int_eq(count(other), 1);
}
END_TEST

START_TEST(test_unreachable)
{
	struct db *d =
		db_new(table, T_MAX, "host=/nonexistent dbname=x", "api");
	int64_t begin = clock_mono_ms();

	fails(db_connect(&ctx, d), E_SERVICE_UNAVAILABLE, "/nonexistent");
	fails(db_query(&ctx, d, T_COUNT, DB_IN0, NULL), E_SERVICE_UNAVAILABLE,
		"connecting");
	fails(db_send(&ctx, d, T_COUNT, DB_IN0), E_SERVICE_UNAVAILABLE,
		"connecting");
	ck_assert_uint_eq(db_pending(d), 0);
	fails(db_begin(&ctx, d), E_SERVICE_UNAVAILABLE, "connecting");
	db_rollback(d);
	fails(db_listen(&ctx, d), E_SERVICE_UNAVAILABLE, "connecting");
	fails(db_script(&ctx, d, "SELECT 1"), E_SERVICE_UNAVAILABLE,
		"connecting");
	ck_assert_int_lt(clock_mono_ms() - begin, 4000);
	db_free(d);
}
END_TEST

/* ---- arrays, volume ---- */

START_TEST(test_array)
{
	const char *const items[] = {"", "NULL", "a,b", "{}", "\"q\"", "back\\",
		" blank ", "line\nline", "ä🙂"};
	struct rows *r;

	must(db_query(&ctx, db, T_ARRAY,
		DB_IN(db_text_array(ctx.arena, items, NELEM(items))), &r));
	ck_assert_uint_eq(rows_n(r), NELEM(items));
	for (size_t i = 0; i < NELEM(items); i++)
		ck_assert_str_eq(rows_text(r, i, 0), items[i]);
	must(db_query(&ctx, db, T_ARRAY,
		DB_IN(db_text_array(ctx.arena, items, 0)), &r));
	ck_assert_uint_eq(rows_n(r), 0);
}
END_TEST

/* Under LeakSanitizer in developer builds: what is not released is an error
 * at the end of this test's process. */
START_TEST(test_many)
{
	struct rows *r;

	for (int i = 0; i < 10000; i++) {
		must(db_query(&ctx, db, T_ECHO, DB_IN("a", "1", "t"), &r));
		ck_assert_str_eq(rows_str(r, "t"), "a");
		if (i % 10 == 0) {
			must(db_send(&ctx, db, T_ECHO, DB_IN("b", "1", "t")));
			must(db_send(&ctx, db, T_DIVIDE, DB_IN("0")));
			must(db_recv(&ctx, db, &r));
			ck_assert_str_eq(rows_str(r, "t"), "b");
			fails(db_recv(&ctx, db, NULL), E_INTERNAL_SERVER_ERROR,
				"22012");
		}
		arena_reset(ctx.arena);
	}
}
END_TEST

START_TEST(test_large)
{
	size_t n = 4 << 20;
	char *big = arena_alloc(ctx.arena, n + 1);
	struct rows *r;

	memset(big, 'x', n);
	for (int i = 0; i < 2; i++)
		must(db_send(&ctx, db, T_ECHO, DB_IN(big, NULL, NULL)));
	for (int i = 0; i < 2; i++) {
		must(db_recv(&ctx, db, &r));
		ck_assert_uint_eq(rows_len(r, 0, 0), n);
	}
}
END_TEST

/* Nothing of the program's own memory or other rows comes of a wrong number
 * of a statement or column: the process ends. */
START_TEST(test_assert_stmt)
{
	enum err e = db_query(&ctx, db, T_MAX, DB_IN0, NULL);

	ck_abort_msg("went on with %d", (int)e);
}
END_TEST

START_TEST(test_assert_column)
{
	struct rows *r;

	must(db_query(&ctx, db, T_COUNT, DB_IN0, &r));
	ck_abort_msg("went on with %d", rows_col(r, "nix"));
}
END_TEST

START_TEST(test_assert_recv)
{
	enum err e = db_recv(&ctx, db, NULL);

	ck_abort_msg("went on with %d", (int)e);
}
END_TEST

static void
add_case(Suite *s, const char *name, const TTest *const tests[])
{
	tcase_add_checked_fixture(unit_case(s, name, tests), setup, teardown);
}

static Suite *
suite_db(void)
{
	Suite *s = suite_create("db");
	TCase *c = tcase_create("assert");

	add_case(s, "values",
		(const TTest *const[]){test_values, test_session, test_rows,
			test_array, NULL});
	add_case(s, "errors",
		(const TTest *const[]){test_constraints, test_timeout,
			test_limit, test_limit_everywhere, test_deadlock,
			test_stale_plan, NULL});
	add_case(s, "pipeline",
		(const TTest *const[]){test_pipeline, test_pipeline_commits,
			test_pipeline_failure, test_pipeline_left,
			test_pipeline_lost, NULL});
	add_case(s, "transaction",
		(const TTest *const[]){test_transaction, test_transaction_lost,
			test_script, NULL});
	add_case(s, "notify",
		(const TTest *const[]){test_listen, test_listen_lost, NULL});
	add_case(s, "volume",
		(const TTest *const[]){test_many, test_large, NULL});
	add_case(s, "lost",
		(const TTest *const[]){
			test_reconnect, test_crash, test_unreachable, NULL});
	tcase_add_checked_fixture(c, setup, teardown);
	tcase_add_test_raise_signal(c, test_assert_stmt, SIGABRT);
	tcase_add_test_raise_signal(c, test_assert_column, SIGABRT);
	tcase_add_test_raise_signal(c, test_assert_recv, SIGABRT);
	suite_add_tcase(s, c);
	return s;
}

int
main(void)
{
	static const suite_fn suites[] = {suite_db, NULL};

	if (!getenv("PGURL")) {
		puts("Bail out! PGURL is not set: run t/1010-db.t");
		return 1;
	}
	return unit_main("dbtest", UNIT_APART, suites);
}
