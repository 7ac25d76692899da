/*
 * archive_job.c - a release on its way to the storage or back. The way back
 * trusts nothing that came: the hash is compared before anything is unpacked,
 * the reader takes only what we write (svc/archive.h), and the tree goes through
 * the same copier as a build's output, but brings its rules for nginx along:
 * what they were made of is not in a release.
 */
#include "worker/archiver.h"

#include "base/arena.h"
#include "base/fd.h"
#include "base/log.h"
#include "base/str.h"
#include "ext/crypt.h"
#include "stmt.h"
#include "svc/archive.h"
#include "svc/store.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

static enum err
os_failed(struct archive_task *t, const char *what)
{
	return ctx_cause(&t->x->ctx, E_INTERNAL_SERVER_ERROR, "%s: %s", what,
		strerror(errno));
}

/* A file without a name: nothing of it stays, however this process ends. */
static int
temporary(struct archive_task *t)
{
	const char *path =
		arena_printf(t->x->ctx.arena, "%s/packed", t->x->dir);
	int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

	if (fd >= 0 && unlink(path) < 0)
		auto_close(&fd);
	return fd;
}

/* What a release may hold: the output of a build, a .gz beside each, and two
 * files of rules. */
static struct archive_rules
rules_of(struct archive_task *t)
{
	const struct cfg *cfg = &t->x->w->cfg;

	return (struct archive_rules){
		.max_packed = cfg->s3_archive_max,
		.max_bytes = 2 * cfg->max_build_size * 1024 * 1024,
		.max_files = 2 * cfg->max_output_files + 2,
		.tick = archiver_tick,
		.arg = t,
	};
}

static struct store_job
job_of(struct archive_task *t, int fd)
{
	return (struct store_job){
		.cfg = &t->x->w->cfg,
		.key = store_release_key(t->x->ctx.arena, t->id),
		.fd = fd,
		.size = t->bytes,
		.go_on = archiver_go_on,
		.arg = t,
	};
}

/* A transfer that was ended by the lease or by the worker's end says so. */
static enum err
ended(struct archive_task *t, enum err e)
{
	if (t->lost)
		return E_LEASE_LOST;
	return e && t->x->stop ? E_BUILD_CANCELLED : e;
}

/* ---- there ---- */

static enum err
pack(struct archive_task *t, int out)
{
	struct arena *a = t->x->ctx.arena;
	const struct archive_rules rules = rules_of(t);
	char *hex = arena_alloc(a, 65);
	AUTO_FD int dir = open(arena_printf(a, "%s/%s/releases/%s",
				       t->x->w->sites, t->site, t->id),
		O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	enum err e;

	if (dir < 0)
		return os_failed(t, "the release");
	e = archive_pack(&t->x->ctx, dir, out, &rules);
	if (e)
		return e;
	t->bytes = lseek(out, 0, SEEK_CUR);
	t->sha256 = hex;
	if (t->bytes < 0 || !crypt_sha256_fd(out, hex) ||
		lseek(out, 0, SEEK_SET) != 0)
		return os_failed(t, "the archive");
	return E_OK;
}

enum err
archive_store(struct archive_task *t)
{
	AUTO_FD int fd = temporary(t);
	struct store_job job;
	enum err e;

	if (fd < 0)
		return os_failed(t, "state_dir");
	e = pack(t, fd);
	crash_point("archive-packed");
	if (e)
		return ended(t, e);
	job = job_of(t, fd);
	e = store_put(&t->x->ctx, &job, t->sha256);
	return ended(t, e);
}

/* ---- back ---- */

static struct publish
site_of(struct archive_task *t)
{
	const struct archive_rules rules = rules_of(t);

	return (struct publish){.sites = t->x->w->sites,
		.site = t->site,
		.target = "production", /* nothing else is archived */
		.id = t->id,
		.max_bytes = rules.max_bytes,
		.max_files = rules.max_files,
		.is_release = true,
		.tick = archiver_tick,
		.arg = t};
}

/* The archive as it was sent, or an error. */
static enum err
fetch(struct archive_task *t, int fd)
{
	struct store_job job = job_of(t, fd);
	int64_t size;
	char hex[65];
	enum err e = store_get(&t->x->ctx, &job, &size);

	if (e)
		return e;
	if (!crypt_sha256_fd(fd, hex) || lseek(fd, 0, SEEK_SET) != 0)
		return os_failed(t, "the archive");
	if (size != t->bytes || !str_eq(hex, t->sha256))
		return ctx_cause(&t->x->ctx, E_INTERNAL_SERVER_ERROR,
			"the storage gives back another file than it was "
			"given");
	return E_OK;
}

static enum err
unpack(struct archive_task *t, int packed, int dir)
{
	const struct archive_rules rules = rules_of(t);
	const struct publish pub = site_of(t);
	struct publish_stats st;
	enum err e = archive_unpack(&t->x->ctx, packed, dir, &rules);

	if (!e)
		e = publish_copy(&t->x->ctx, &pub, dir, &st);
	crash_point("restore-copied");
	return e ? e : publish_name(&t->x->ctx, &pub);
}

static enum err
unpack_in_work(struct archive_task *t, int packed)
{
	AUTO_FD int work = open(t->x->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	AUTO_FD int dir = -1;
	enum err e;

	if (work < 0 || !fd_remove_tree(work, t->id) ||
		mkdirat(work, t->id, 0700) < 0)
		return os_failed(t, "state_dir");
	dir = openat(work, t->id, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	e = dir < 0 ? os_failed(t, "state_dir") : unpack(t, packed, dir);
	if (!fd_remove_tree(work, t->id))
		log_debug(t->id, "archive: %s", strerror(errno));
	return e;
}

/* The row of the release first, as with a build: nothing is on disk that
 * nobody knows of. */
static enum err
announce(struct archive_task *t)
{
	struct archiver *x = t->x;
	const struct publish pub = site_of(t);
	struct rows *r;
	enum err e = db_query(&x->ctx, x->db, STMT_RELEASE_RESTORE,
		DB_IN(t->id, t->number,
			job_site_url(x->ctx.arena, &x->w->cfg,
				publish_own_name(x->ctx.arena, &pub))),
		&r);

	return e || rows_n(r) ? e : E_CONFLICT;
}

static enum err
bring_back(struct archive_task *t)
{
	AUTO_FD int fd = temporary(t);
	enum err e;

	if (fd < 0)
		return os_failed(t, "state_dir");
	e = announce(t);
	if (!e)
		e = fetch(t, fd);
	crash_point("restore-fetched");
	return e ? e : unpack_in_work(t, fd);
}

/* Files that were to be removed and are still there need no fetching. */
static enum err
keep(struct archive_task *t, bool *ret_kept)
{
	struct archiver *x = t->x;
	const char *path = arena_printf(
		x->ctx.arena, "%s/%s/releases/%s", x->w->sites, t->site, t->id);
	struct rows *r;
	enum err e =
		db_query(&x->ctx, x->db, STMT_RELEASE_KEEP, DB_IN(t->id), &r);

	*ret_kept = !e && rows_n(r) > 0 && access(path, F_OK) == 0;
	return e;
}

/* The deployment or all of its project was deleted meanwhile: what nobody knows
 * of would stay. What has a row is the parent's to remove, or somebody else is
 * restoring it by now. */
static void
forget(struct archive_task *t)
{
	struct archiver *x = t->x;
	const struct publish pub = site_of(t);
	struct rows *r;

	ctx_clear(&x->ctx);
	if (!db_query(
		    &x->ctx, x->db, STMT_RELEASE_IS_KNOWN, DB_IN(t->id), &r) &&
		!rows_bool(r, 0, 0) && !publish_remove(&x->ctx, &pub))
		log_debug(t->id, "release: %s", strerror(errno));
}

enum err
archive_restore(struct archive_task *t)
{
	struct archiver *x = t->x;
	bool kept;
	enum err e = keep(t, &kept);

	if (!e && !kept)
		e = bring_back(t);
	if (!e)
		e = db_query(&x->ctx, x->db, STMT_ARCHIVE_RESTORED,
			DB_IN(t->id, t->number), NULL);
	e = ended(t, e);
	if (e == E_LEASE_LOST && !kept)
		forget(t);
	return e;
}
