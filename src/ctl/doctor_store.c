/*
 * doctor_store.c - the check of the storage for archives: an object goes there,
 * comes back and goes away, and the tables tell of what did not.
 */
#include "base/base.h"

#include <sys/mman.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/rand.h"
#include "base/str.h"
#include "ctl/doctor.h"
#include "ext/crypt.h"
#include "ext/db.h"
#include "stmt.h"
#include "svc/store.h"

#define TIMEOUT_MS 15000 /* a doctor is waited for */

static const char settings_fix[] =
	"correct s3_endpoint, s3_region, s3_bucket, s3_access_key_id or "
	"s3_secret_access_key; see autostack.conf(5)";

/* A file in memory that holds a text. */
static int
file_of(const char *text)
{
	int fd = memfd_create("probe", MFD_CLOEXEC);

	if (fd >= 0 && (!fd_write_all(fd, text, strlen(text)) ||
			       lseek(fd, 0, SEEK_SET) != 0))
		auto_close(&fd);
	return fd;
}

static void
say_failed(struct doctor *d, const char *what)
{
	doctor_say(d, LEVEL_BAD, settings_fix, "%s: %s", what,
		d->c->ctx.cause ? d->c->ctx.cause : "");
}

/* Another object each time, so that an old one cannot pass for it. */
static bool
there_and_back(struct doctor *d, struct store_job *job, const char *text)
{
	struct ctx *ctx = &d->c->ctx;
	AUTO_FD int out = file_of(text);
	AUTO_FD int back = file_of("");
	char want[65];
	char got[65];
	int64_t size;

	if (out < 0 || back < 0) {
		doctor_say(d, LEVEL_BAD, "run the doctor again",
			"no file can be made in memory");
		return false;
	}
	crypt_sha256_hex(text, want);
	job->fd = out;
	job->size = (int64_t)strlen(text);
	if (store_put(ctx, job, want)) {
		say_failed(d, "an object cannot be put");
		return false;
	}
	job->fd = back;
	if (store_get(ctx, job, &size)) {
		say_failed(d, "an object cannot be got");
		return false;
	}
	if (crypt_sha256_fd(back, got) && str_eq(got, want))
		return true;
	doctor_say(d, LEVEL_BAD, settings_fix,
		"it gives back another object than it was given");
	return false;
}

static bool
probe(struct doctor *d)
{
	struct ctl *c = d->c;
	struct cfg cfg = c->cfg;
	struct store_job job = {.cfg = &cfg};
	char id[37];
	bool well;

	cfg.s3_timeout = MIN(cfg.s3_timeout, (int64_t)TIMEOUT_MS);
	rand_uuid(id);
	job.key = arena_printf(c->arena, "doctor/%s", id);
	well = there_and_back(
		d, &job, arena_printf(c->arena, "autostack doctor %s\n", id));
	/* also after a failure: the object may be there */
	ctx_clear(&c->ctx);
	if (store_remove(&c->ctx, &job) && well) {
		say_failed(d, "an object cannot be deleted");
		well = false;
	}
	return well;
}

static bool
tables(struct doctor *d)
{
	struct ctl *c = d->c;
	struct rows *r;
	const char *error;

	ctx_clear(&c->ctx);
	if (!d->db ||
		db_query(&c->ctx, c->db, STMT_DOCTOR_ARCHIVES, DB_IN0, &r))
		return true; /* the check of the database says so */
	error = rows_str(r, "error");
	if (str_eq(rows_str(r, "given_up"), "0") &&
		str_eq(rows_str(r, "waiting"), "0") &&
		str_eq(rows_str(r, "removals"), "0"))
		return true;
	doctor_say(d, LEVEL_WARN,
		"mend what the last error tells; systemctl restart "
		"autostack-worker tries again what was given up",
		"of archives %s were given up, %s have waited for an hour, and "
		"%s to be deleted stay; the last error: %s",
		rows_str(r, "given_up"), rows_str(r, "waiting"),
		rows_str(r, "removals"), error ? error : "none");
	return false;
}

void
check_storage(struct doctor *d)
{
	struct ctl *c = d->c;
	const char *wrong;

	if (!d->cfg || !store_is_on(&c->cfg)) {
		doctor_say(d, LEVEL_SKIP, NULL,
			d->cfg ? "no s3_bucket: releases are not archived"
			       : "no configuration");
		return;
	}
	wrong = store_settings_wrong(c->arena, &c->cfg);
	if (wrong) {
		doctor_say(d, LEVEL_BAD, settings_fix, "%s", wrong);
		return;
	}
	if (probe(d) && tables(d))
		doctor_say(d, LEVEL_OK, NULL,
			"an object was put, got and deleted");
}
