/*
 * migrate.c - applies sql/schema/NNNN-name.sql in order, each in a transaction
 * of its own together with its row in schema_version; then sql/grants.sql.
 * Forward only. One migration at a time: sql/version.sql takes a lock.
 */
#include "base/base.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>

#include "base/str.h"
#include "ctl/ctl.h"
#include "ext/crypt.h"
#include "ext/db.h"
#include "stmt.h"

#define STEPS_MAX 9999

struct step {
	int64_t version;
	const char *name;
	const char *text;
	char checksum[65];
};

/* "0001-accounts.sql" -> 1, "accounts"; false: not a file of the schema. */
static bool
step_parse(struct ctl *c, const char *file, struct step *ret)
{
	size_t n = strlen(file);
	const char *digits = file;

	if (n < sizeof("0001-x.sql") - 1 || file[4] != '-' ||
		!str_ends(file, ".sql"))
		return false;
	while (*digits == '0')
		digits++;
	if (!str_to_i64(arena_strndup(
				c->arena, digits, (size_t)(file + 4 - digits)),
		    1, STEPS_MAX, &ret->version))
		return false;
	ret->name = arena_strndup(c->arena, file + 5, n - 9);
	return true;
}

static int
step_order(const void *a, const void *b)
{
	const struct step *x = a;
	const struct step *y = b;

	return (x->version > y->version) - (x->version < y->version);
}

/* The files of the folder as steps without their text, in readdir's order. */
static struct step *
steps_list(struct ctl *c, const char *path, size_t *ret_n)
{
	DIR *dir = opendir(path);
	struct step *steps = NULL;
	struct dirent *entry;
	struct step s = {0};
	size_t n = 0;

	if (!dir) {
		(void)ctl_error("%s: %s (--data names the folder with sql/)",
			path, strerror(errno));
		return NULL;
	}
	while ((entry = readdir(dir))) {
		if (!step_parse(c, entry->d_name, &s))
			continue;
		steps = arena_grow(c->arena, steps, n * sizeof(*steps),
			(n + 1) * sizeof(*steps));
		steps[n++] = s;
	}
	(void)closedir(dir);
	if (n == 0)
		(void)ctl_error("%s holds no NNNN-name.sql", path);
	*ret_n = n;
	return steps;
}

/* All of them with their text; their numbers run from 1 without a gap. NULL
 * after saying what is wrong. */
static struct step *
steps_read(struct ctl *c, size_t *ret_n)
{
	const char *path = ctl_data_path(c, "sql/schema");
	struct step *steps = steps_list(c, path, ret_n);
	struct step *s;
	size_t i;

	if (!steps)
		return NULL;
	qsort(steps, *ret_n, sizeof(*steps), step_order);
	for (i = 0; i < *ret_n; i++) {
		s = &steps[i];
		if (s->version != (int64_t)i + 1) {
			(void)ctl_error("%s: number %04zu is missing or there "
					"twice",
				path, i + 1);
			return NULL;
		}
		s->text = ctl_data_file(
			c, arena_printf(c->arena, "sql/schema/%04zu-%s.sql",
				   i + 1, s->name));
		if (!s->text)
			return NULL;
		crypt_sha256_hex(s->text, s->checksum);
	}
	return steps;
}

/* What the database says was applied, compared with the files. E_OK and the
 * number of files that are applied. */
static enum err
steps_applied(struct ctl *c, const struct step *steps, size_t n, size_t *ret)
{
	struct rows *r;
	const char *sum;
	size_t i;
	enum err e;

	e = db_query(&c->ctx, c->db, STMT_SCHEMA_VERSIONS, DB_IN0, &r);
	if (e)
		return e;
	if (rows_n(r) > n)
		return ctx_cause(&c->ctx, E_CONFLICT,
			"the database is at version %zu, this program at %zu: "
			"install the newer program",
			rows_n(r), n);
	for (i = 0; i < rows_n(r); i++) {
		sum = rows_text(r, i, rows_col(r, "checksum"));
		if (rows_int(r, i, rows_col(r, "version")) !=
				steps[i].version ||
			!str_eq(sum, steps[i].checksum))
			return ctx_cause(&c->ctx, E_CONFLICT,
				"sql/schema/%04d-%s.sql has changed since it "
				"was applied; put the old one back and write "
				"the change as a new file",
				(int)steps[i].version, steps[i].name);
	}
	*ret = i;
	return E_OK;
}

static enum err
step_apply(struct ctl *c, const struct step *s)
{
	const char *version = str_from_i64(c->arena, s->version);
	enum err e;

	e = db_begin(&c->ctx, c->db);
	if (!e)
		e = db_script(&c->ctx, c->db, s->text);
	if (!e)
		e = db_query(&c->ctx, c->db, STMT_SCHEMA_VERSION_ADD,
			DB_IN(version, s->name, s->checksum), NULL);
	return db_end(&c->ctx, c->db, e);
}

int
ctl_pending(struct ctl *c)
{
	struct step *steps;
	size_t done;
	size_t n;

	steps = steps_read(c, &n);
	if (!steps) {
		(void)ctx_cause(&c->ctx, E_INTERNAL_SERVER_ERROR,
			"the files of the schema cannot be read");
		return -1;
	}
	if (steps_applied(c, steps, n, &done))
		return -1;
	return (int)(n - done);
}

static int
status(struct ctl *c)
{
	int pending = ctl_pending(c);

	if (pending < 0)
		return ctl_failure(c, "migrate");
	if (pending == 0)
		(void)puts("The database is up to date.");
	else
		(void)printf(
			"%d to apply: run 'autostack migrate'.\n", pending);
	return pending == 0 ? CTL_OK : CTL_FAILED;
}

int
ctl_migrate(struct ctl *c, int argc, char **argv)
{
	const char *version;
	const char *grants;
	struct step *steps;
	size_t i;
	size_t n;

	if (argc == 2 && str_eq(argv[1], "--status"))
		return status(c);
	if (argc > 1)
		return ctl_usage("migrate", argv[1]);
	steps = steps_read(c, &n);
	version = ctl_data_file(c, "sql/version.sql");
	grants = ctl_data_file(c, "sql/grants.sql");
	if (!steps || !version || !grants)
		return CTL_FAILED;
	if (db_script(&c->ctx, c->db, version) ||
		steps_applied(c, steps, n, &i))
		return ctl_failure(c, "migrate");
	for (; i < n; i++) {
		if (step_apply(c, &steps[i]))
			return ctl_failure(c,
				arena_printf(c->arena, "%04d-%s",
					(int)steps[i].version, steps[i].name));
		(void)printf("applied %04d-%s\n", (int)steps[i].version,
			steps[i].name);
	}
	if (db_script(&c->ctx, c->db, grants))
		return ctl_failure(c, "grants.sql");
	(void)printf("The database is at version %zu.\n", n);
	return CTL_OK;
}
