/*
 * certificates.c - `autostack certificates`: what there is, what failed and
 * why, and a way to have one ordered at once. The worker orders.
 */
#include "base/base.h"

#include <stdio.h>

#include "base/str.h"
#include "ctl/ctl.h"
#include "ext/db.h"
#include "stmt.h"

static const char *
or_dash(const char *s)
{
	return s ? s : "-";
}

static int
list(struct ctl *c)
{
	struct rows *r;

	if (db_query(&c->ctx, c->db, STMT_ADMIN_CERTIFICATE_LIST, DB_IN0, &r))
		return ctl_failure(c, "certificates");
	for (size_t i = 0; i < rows_n(r); i++) {
		const char *reason = rows_text(r, i, rows_col(r, "reason"));
		const char *error = rows_text(r, i, rows_col(r, "error"));

		(void)printf("%s\t%s\t%s\t%s\texpires %s\tnext order %s\n",
			rows_text(r, i, rows_col(r, "host")),
			rows_text(r, i, rows_col(r, "site")),
			rows_text(r, i, rows_col(r, "state")),
			or_dash(rows_text(r, i, rows_col(r, "source"))),
			or_dash(rows_text(r, i, rows_col(r, "expires"))),
			or_dash(rows_text(r, i, rows_col(r, "next_try"))));
		if (reason)
			(void)printf("\tproof: %s\n", reason);
		if (error)
			(void)printf("\tcertificate: %s\n", error);
	}
	return CTL_OK;
}

int
ctl_certificates(struct ctl *c, int argc, char **argv)
{
	if (argc == 1)
		return list(c);
	if (argc != 3 || !str_eq(argv[1], "--now"))
		return ctl_usage("certificates", argv[argc - 1]);
	switch (db_query(&c->ctx, c->db, STMT_ADMIN_CERTIFICATE_NOW,
		DB_IN(argv[2]), NULL)) {
	case E_OK:
		(void)printf(
			"%s: ordered as soon as the worker looks\n", argv[2]);
		return CTL_OK;
	case E_DOMAIN_NOT_FOUND:
		return ctl_error("%s is not a proved domain whose certificates "
				 "are ordered here",
			argv[2]);
	default:
		return ctl_failure(c, "certificates");
	}
}
