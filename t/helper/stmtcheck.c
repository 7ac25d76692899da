/*
 * stmtcheck.c - compares the generated statements with a real server. Run by
 * t/1000-statements.t with PGURL (a database with the schema and grants), which
 * names no user. Prints TAP:
 *   each statement is prepared with its declared parameter types, and what
 *   PostgreSQL says of its columns is compared with `cols`;
 *   each program of `by` may run it (EXPLAIN checks privileges, runs nothing).
 * Uses libpq itself, since db.c shows no types.
 */
#include "base/base.h"
#include "base/str.h"
#include "ext/db.h"

#include "stmt.h"

#include <libpq-fe.h>

static int count;
static int bad;

static void
result(bool ok, const char *what, const char *name, const char *why)
{
	count++;
	bad += !ok;
	printf("%sok %d - %s%s%s\n", ok ? "" : "not ", count, name,
		what[0] ? ": " : "", what);
	if (!ok)
		fprintf(stderr, "# %s: %s\n", name, why);
}

static PGconn *
connect_as(const char *user)
{
	const char *const keys[] = {"user", "dbname", NULL};
	const char *const values[] = {user, getenv("PGURL"), NULL};
	PGconn *conn = PQconnectdbParams(keys, values, 1);

	if (PQstatus(conn) != CONNECTION_OK) {
		printf("Bail out! %s: %s\n", user, PQerrorMessage(conn));
		exit(1);
	}
	return conn;
}

/* Whether the columns that the server describes are those declared. */
static bool
columns_fit(const struct stmt *s, const PGresult *res, char *why, size_t size)
{
	int n = 0;

	while (s->out[n])
		n++;
	if (PQnfields(res) != n) {
		(void)snprintf(why, size, "it gives %d columns, not %d",
			PQnfields(res), n);
		return false;
	}
	for (int i = 0; i < n; i++) {
		if (str_eq(PQfname(res, i), s->out[i]) &&
			PQftype(res, i) == s->out_types[i])
			continue;
		(void)snprintf(why, size,
			"column %d is %s of type %u, not %s of type %u", i + 1,
			PQfname(res, i), PQftype(res, i), s->out[i],
			s->out_types[i]);
		return false;
	}
	return true;
}

static bool
prepare(PGconn *conn, const struct stmt *s, char *why, size_t size)
{
	PGresult *res =
		PQprepare(conn, s->name, s->text, (int)s->nin, s->types);
	bool ok = PQresultStatus(res) == PGRES_COMMAND_OK;

	if (!ok)
		(void)snprintf(why, size, "%s", PQresultErrorMessage(res));
	PQclear(res);
	return ok;
}

static void
check_types(PGconn *conn, const struct stmt *s)
{
	char why[1024] = "";
	PGresult *res;
	bool ok = prepare(conn, s, why, sizeof(why));

	if (ok) {
		res = PQdescribePrepared(conn, s->name);
		ok = PQresultStatus(res) == PGRES_COMMAND_OK;
		if (!ok)
			(void)snprintf(
				why, sizeof(why), "%s", PQerrorMessage(conn));
		else if (PQnparams(res) != (int)s->nin) {
			ok = false;
			(void)snprintf(why, sizeof(why),
				"it takes %d parameters, not %u",
				PQnparams(res), s->nin);
		} else {
			ok = columns_fit(s, res, why, sizeof(why));
		}
		PQclear(res);
	}
	result(ok, "", s->name, why);
}

/* EXPLAIN EXECUTE: the executor checks every table's and column's privileges
 * at its start. */
static void
check_role(PGconn *conn, const struct stmt *s, const char *role)
{
	char why[1024] = "";
	char text[256];
	size_t n;
	bool ok = prepare(conn, s, why, sizeof(why));
	PGresult *res;

	if (ok) {
		n = (size_t)snprintf(
			text, sizeof(text), "EXPLAIN EXECUTE %s", s->name);
		for (unsigned i = 0; i < s->nin; i++)
			n += (size_t)snprintf(text + n, sizeof(text) - n,
				"%sNULL", i ? ", " : "(");
		if (s->nin)
			(void)snprintf(text + n, sizeof(text) - n, ")");
		res = PQexec(conn, text);
		ok = PQresultStatus(res) == PGRES_TUPLES_OK;
		if (!ok)
			(void)snprintf(why, sizeof(why), "%s",
				PQresultErrorMessage(res));
		PQclear(res);
	}
	result(ok, role, s->name, why);
}

static bool
runs_it(const struct stmt *s, const char *program)
{
	size_t n = strlen(program);

	for (const char *p = s->by; (p = strstr(p, program)); p += n)
		if ((p == s->by || p[-1] == ' ') && (!p[n] || p[n] == ' '))
			return true;
	return false;
}

int
main(void)
{
	static const char *const programs[] = {"api", "ws", "worker", "owner"};
	PGconn *conn = connect_as("autostack_owner");

	for (int i = 0; i < STMT_MAX; i++)
		check_types(conn, &stmt_table[i]);
	PQfinish(conn);
	for (size_t p = 0; p < NELEM(programs); p++) {
		char role[64];

		(void)snprintf(role, sizeof(role), "autostack_%s", programs[p]);
		conn = connect_as(role);
		for (int i = 0; i < STMT_MAX; i++)
			if (runs_it(&stmt_table[i], programs[p]))
				check_role(conn, &stmt_table[i], role);
		PQfinish(conn);
	}
	result(!stmt_table[STMT_MAX].name, "", "the table ends", "it does not");
	printf("1..%d\n", count);
	return bad > 0;
}
