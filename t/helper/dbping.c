/*
 * dbping.c - a connection of src/ext/db.c that a script uses step by step:
 * reads a word a line, does it, and prints "ok", the error's code, or what was
 * asked for. PGURL names the database. For t/1011-db-restart.t.
 */
#include "base/arena.h"
#include "base/clock.h"
#include "base/str.h"
#include "ext/db.h"

#include <poll.h>

enum { T_ONE, T_NOTIFY };
static const struct stmt table[] = {
	[T_ONE] = {.name = "one",
		.text = "SELECT 1 AS x",
		.in = (const char *const[]){NULL},
		.types = (const unsigned[]){0},
		.out = (const char *const[]){"x", NULL},
		.on = (const struct stmt_on[]){{NULL, E_OK}}},
	[T_NOTIFY] = {.name = "notify",
		.text = "SELECT pg_notify('autostack', 'log:1')::text AS x",
		.in = (const char *const[]){NULL},
		.types = (const unsigned[]){0},
		.out = (const char *const[]){"x", NULL},
		.on = (const struct stmt_on[]){{NULL, E_OK}}},
};

/* What db_notice has, within five seconds. */
static const char *
notice(struct db *db, char *payload, size_t size)
{
	int64_t until = clock_mono_ms() + 5000;
	bool lost = false;

	while (clock_mono_ms() < until) {
		struct pollfd p = {db_fd(db), POLLIN, 0};

		if (db_notice(db, payload, size, &lost))
			return payload;
		if (lost)
			return "lost";
		(void)poll(&p, 1, 100); /* or the deadline */
	}
	return "nothing";
}

int
main(void)
{
	struct ctx ctx = {.arena = arena_new(1 << 20, 1 << 22)};
	struct db *db = db_new(table, NELEM(table), getenv("PGURL"), "api");
	char line[64], payload[64];

	while (fgets(line, sizeof(line), stdin)) {
		enum err e = E_OK;
		const char *say = "ok";

		line[strcspn(line, "\n")] = '\0';
		if (str_eq(line, "quit"))
			break;
		if (str_eq(line, "query"))
			e = db_query(&ctx, db, T_ONE, DB_IN0, NULL);
		else if (str_eq(line, "begin"))
			e = db_begin(&ctx, db);
		else if (str_eq(line, "rollback"))
			db_rollback(db);
		else if (str_eq(line, "send"))
			e = db_send(&ctx, db, T_ONE, DB_IN0);
		else if (str_eq(line, "recv"))
			e = db_recv(&ctx, db, NULL);
		else if (str_eq(line, "listen"))
			e = db_listen(&ctx, db);
		else if (str_eq(line, "notify"))
			e = db_query(&ctx, db, T_NOTIFY, DB_IN0, NULL);
		else if (str_eq(line, "notice"))
			say = notice(db, payload, sizeof(payload));
		else
			say = "what?";
		puts(e ? err_info(e)->code : say);
		(void)fflush(stdout); /* a failure shows as no answer */
		ctx_clear(&ctx);
		arena_reset(ctx.arena);
	}
	db_free(db);
	arena_free(ctx.arena);
	return 0;
}
