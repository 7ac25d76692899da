/*
 * unpack.c - an upload into job/src (SECURITY.md PUB-5). Used by job.c. A
 * stranger's archive is only ever opened in the sandbox, without a network, by
 * GNU tar; what it makes there is judged by the copier like any build's output.
 */
#include "worker/worker.h"

#include "base/arena.h"
#include "base/fd.h"
#include "base/str.h"
#include "stmt.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#define CHUNK_MAX (1 << 20)
#define RETRY_MS  200
/* a member of a tar file besides its contents: its header, the padding, and a
 * long name */
#define MEMBER_BYTES 2048

enum { TOO_LARGE = 91, TOO_MANY = 92 };

/* $1 and $2: bytes and members that are too many. Both are counted before
 * anything is written, since a few kilobytes may be a disk full; what is not a
 * whole gzip and tar file is found out by the last command. A link is never
 * followed: tar makes those that lead out, or up, when all else is done. */
static const char script[] =
	"n=$(gzip -cd <" STEP_INPUT " 2>/dev/null | head -c \"$1\" | wc -c)\n"
	"[ \"$n\" -lt \"$1\" ] || exit 91\n"
	"n=$(tar -tzf " STEP_INPUT " 2>/dev/null | head -n \"$2\" | wc -l)\n"
	"[ \"$n\" -lt \"$2\" ] || exit 92\n"
	"exec tar -xzf " STEP_INPUT " --no-same-owner --no-same-permissions "
	"--delay-directory-restore --no-overwrite-dir --touch "
	"--no-acls --no-selinux --no-xattrs\n";

/* ---- from the database ---- */

static bool
unhex(char *dst, const char *hex, size_t n)
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < n; i++) {
		const char *high = strchr(digits, hex[2 * i]);
		const char *low = strchr(digits, hex[2 * i + 1]);

		if (!high || !low)
			return false;
		dst[i] = (char)((high - digits) << 4 | (low - digits));
	}
	return true;
}

/* One piece to the file; *ret_n is 0 behind the last. */
static enum err
bring_piece(struct job *j, struct ctx *own, int out, int i, size_t *ret_n)
{
	struct rows *r;
	const char *hex;
	char *data;
	enum err e = db_query(own, j->db, STMT_UPLOAD_CHUNK,
		DB_IN(j->id, str_from_i64(own->arena, i)), &r);

	if (e)
		return e;
	*ret_n = 0;
	if (rows_n(r) == 0)
		return E_OK;
	hex = rows_text(r, 0, 0);
	*ret_n = rows_len(r, 0, 0) / 2 - 1;
	data = arena_alloc(own->arena, *ret_n);
	if (!str_starts(hex, "\\x") || !unhex(data, hex + 2, *ret_n))
		return ctx_cause(own, E_INTERNAL_SERVER_ERROR,
			"upload: a piece is no bytea");
	if (!fd_write_all(out, data, *ret_n))
		return ctx_cause(own, E_INTERNAL_SERVER_ERROR, "upload: %s",
			strerror(errno));
	return E_OK;
}

/* The same with the lease kept; a database that is away is waited for. */
static enum err
bring_next(struct job *j, int out, int i, size_t *ret_n)
{
	for (;;) {
		struct ctx own = {.arena = arena_new(CHUNK_MAX, CHUNK_MAX * 8)};
		enum err e = bring_piece(j, &own, out, i, ret_n);
		enum err kept = lease_tick(j);

		if (e && e != E_SERVICE_UNAVAILABLE && !kept)
			e = ctx_cause(&j->ctx, e, "%s",
				own.cause ? own.cause : err_info(e)->message);
		arena_free(own.arena);
		if (kept)
			return kept;
		if (e != E_SERVICE_UNAVAILABLE)
			return e;
		(void)poll(NULL, 0, RETRY_MS);
	}
}

static enum err
bring(struct job *j, const char *path)
{
	/* the slot's uid has to read it */
	AUTO_FD int out =
		open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	int64_t bytes = 0;
	size_t n = 1;
	enum err e = E_OK;

	if (out < 0 || fchmod(out, 0644) < 0)
		return ctx_cause(&j->ctx, E_INTERNAL_SERVER_ERROR, "%s: %s",
			path, strerror(errno));
	for (int i = 0; !e && n > 0; i++) {
		e = bring_next(j, out, i, &n);
		bytes += e ? 0 : (int64_t)n;
	}
	if (!e && bytes != j->upload_bytes)
		e = ctx_cause(&j->ctx, E_INTERNAL_SERVER_ERROR,
			"upload: %lld of %lld bytes are there",
			(long long)bytes, (long long)j->upload_bytes);
	return e;
}

/* ---- into the tree ---- */

static enum err
judge(struct job *j, const struct step *s, const struct step_result *r)
{
	if (r->end == STEP_EXIT && r->code == 0)
		return E_OK;
	if (r->end == STEP_EXIT && r->code == TOO_LARGE)
		return ctx_fail(&j->ctx, E_BUILD_FAILED,
			"the upload unpacks to more than %lld MB "
			"(max_build_size)",
			(long long)j->w->cfg.max_build_size);
	if (r->end == STEP_EXIT && r->code == TOO_MANY)
		return ctx_fail(&j->ctx, E_BUILD_FAILED,
			"the upload holds more than %lld files and directories "
			"(max_output_files)",
			(long long)j->w->cfg.max_output_files);
	if (r->end == STEP_EXIT && r->code != STEP_CODE_XFSZ)
		return ctx_fail(&j->ctx, E_BUILD_FAILED,
			"the upload is not a whole tar.gz file, or holds what "
			"is not allowed in it; the log has tar's words");
	return step_failed(j, s, r, "unpacking the upload");
}

enum err
unpack_run(struct job *j)
{
	struct arena *a = j->ctx.arena;
	const int64_t files = j->w->cfg.max_output_files + 1;
	const char *path = arena_printf(a, "%s/upload", j->dir);
	static const char *const env[] = {"LC_ALL=C", NULL};
	const char *const args[] = {
		str_from_i64(a, (j->w->cfg.max_build_size << 20) +
					files * MEMBER_BYTES),
		str_from_i64(a, 2 * files), NULL};
	const struct step s = {.shell = script,
		.args = args,
		.no_net = true,
		.file = path,
		.chdir = "/build/src",
		.setenv = env,
		.time_ms = j->build_ms};
	struct step_result r;
	enum err e;

	job_say(j, SAY_INFO, "Unpacking the upload (%lld KB)...",
		(long long)(j->upload_bytes + 1023) / 1024);
	e = bring(j, path);
	j->ran_foreign = true;
	if (!e)
		e = step_run(j, &s, &r);
	return e ? e : judge(j, &s, &r);
}
