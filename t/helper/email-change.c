/*
 * email-change.c - email-change CONF USER-ID ADDRESS PASSWORD: what the API does
 * when somebody wants another address, without the route. Prints the error's
 * code, or OK.
 */
#include "base/base.h"

#include "base/arena.h"
#include "base/cfg.h"
#include "gen/stmt.h"
#include "svc/recovery.h"

int
main(int argc, char **argv)
{
	struct ctx ctx = {.arena = arena_new(1 << 24, 1 << 26)};
	struct svc svc = {0};
	const char *why;
	struct cfg cfg;
	enum err e;

	if (argc != 5 || !cfg_load(ctx.arena, argv[1], &cfg, &why))
		return 2;
	svc.cfg = &cfg;
	svc.db = db_new(stmt_table, STMT_MAX, cfg.database_url, "api");
	e = email_change_request(
		&ctx, &svc, argv[2], argv[3], argv[4], "192.0.2.9");
	(void)puts(err_info(e)->code);
	db_free(svc.db);
	arena_free(ctx.arena);
	return 0;
}
