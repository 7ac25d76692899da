/*
 * seed.c - `autostack seed`: two demo logins and the demo data of sql/seed.sql.
 * The passwords are public, so a database that anybody uses is refused.
 */
#include "base/base.h"

#include <stdio.h>

#include "base/str.h"
#include "ctl/ctl.h"
#include "ext/db.h"
#include "ext/pass.h"
#include "stmt.h"

struct login {
	const char *email;
	const char *password;
	const char *name;
	const char *role;
};

static const struct login logins[] = {
	{"test@example.com", "testpass123", "Test User", "user"},
	{"admin@example.com", "adminpass123", "Admin User", "admin"},
};

static enum err
seed_logins(struct ctl *c)
{
	char hash[PASS_HASH_SIZE];
	const struct login *l;
	enum err e = E_OK;

	for (l = logins; l < logins + NELEM(logins) && !e; l++) {
		e = pass_hash(
			&c->ctx, l->password, (int)c->cfg.bcrypt_cost, hash);
		if (!e)
			e = db_query(&c->ctx, c->db, STMT_SEED_USER,
				DB_IN(l->email, l->name, l->role, hash), NULL);
	}
	return e;
}

int
ctl_seed(struct ctl *c, int argc, char **argv)
{
	bool force = argc == 2 && str_eq(argv[1], "--force");
	const struct login *l;
	const char *script;
	struct rows *r;

	if (argc > 1 && !force)
		return ctl_usage("seed", argv[1]);
	script = ctl_data_file(c, "sql/seed.sql");
	if (!script)
		return CTL_FAILED;
	if (db_query(&c->ctx, c->db, STMT_SEED_OTHERS, DB_IN0, &r))
		return ctl_failure(c, "seed");
	if (!str_eq(rows_str(r, "others"), "0") && !force)
		return ctl_error("seed: %s other accounts are here, and the "
				 "demo passwords are public; --force if you "
				 "mean it",
			rows_str(r, "others"));
	if (db_begin(&c->ctx, c->db) || seed_logins(c) ||
		db_script(&c->ctx, c->db, script) ||
		db_commit(&c->ctx, c->db)) {
		db_rollback(c->db);
		return ctl_failure(c, "seed");
	}
	for (l = logins; l < logins + NELEM(logins); l++)
		(void)printf("%-5s %s / %s\n", l->role, l->email, l->password);
	return CTL_OK;
}
