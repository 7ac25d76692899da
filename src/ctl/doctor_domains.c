/*
 * doctor_domains.c - the check of what custom domains need: a client that
 * orders, a folder that nginx and nobody else can read, certificates that are
 * renewed in time.
 */
#include "base/base.h"

#include <errno.h>
#include <inttypes.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ctl/doctor.h"
#include "ext/db.h"
#include "stmt.h"

static bool
check_client(struct doctor *d)
{
	const struct cfg *cfg = &d->c->cfg;

	if (!*cfg->acme_directory)
		return true;
	if (access(cfg->acme_client, X_OK) != 0) {
		doctor_say(d, LEVEL_BAD, "apt-get install acme-tiny",
			"acme_client %s: %s", cfg->acme_client,
			strerror(errno));
		return false;
	}
	if (!*cfg->public_addresses) {
		doctor_say(d, LEVEL_WARN,
			"set public_addresses to the addresses that the world "
			"reaches this host by",
			"orders are tried for domains that lead elsewhere, and "
			"authorities count the failures");
		return false;
	}
	return true;
}

static bool
check_folder(struct doctor *d)
{
	const char *path =
		arena_printf(d->c->arena, "%s/certs", d->c->cfg.state_dir);
	struct stat st;

	if (stat(path, &st) != 0 || (st.st_mode & S_ISGID) == 0) {
		doctor_say(d, LEVEL_WARN,
			"systemd-tmpfiles --create autostack.conf; or make it "
			"with mode 2750, the worker's user and nginx's group",
			"%s is not there as a folder for nginx's group: no "
			"custom domain would have a certificate",
			path);
		return false;
	}
	if ((st.st_mode & 0007) != 0) {
		doctor_say(d, LEVEL_BAD,
			arena_printf(d->c->arena, "chmod 2750 %s", path),
			"%s holds private keys and is open to all", path);
		return false;
	}
	return true;
}

void
check_domains(struct doctor *d)
{
	struct rows *r;
	int64_t ending;
	int64_t failing;

	if (!d->cfg) {
		doctor_say(d, LEVEL_SKIP, NULL, "no configuration");
		return;
	}
	if (!check_client(d) || !check_folder(d))
		return;
	if (!d->db || db_query(&d->c->ctx, d->c->db,
			      STMT_ADMIN_CERTIFICATE_HEALTH, DB_IN0, &r)) {
		doctor_say(d, LEVEL_SKIP, NULL, "no database");
		return;
	}
	ending = rows_int(r, 0, rows_col(r, "ending"));
	failing = rows_int(r, 0, rows_col(r, "failing"));
	if (ending > 0 || failing > 0)
		doctor_say(d, LEVEL_WARN,
			"autostack certificates says why; the domain's owner "
			"renews one's own",
			"%" PRId64 " certificates end within ten days, %" PRId64
			" orders fail",
			ending, failing);
	else
		doctor_say(d, LEVEL_OK, NULL, "%s custom domains are served",
			rows_str(r, "active"));
}
