/*
 * output.c - a job's last part: from the tree that a build has left to the
 * release that is live. All of the build is dead by then.
 */
#include "base/arena.h"
#include "base/fd.h"
#include "base/str.h"
#include "stmt.h"
#include "worker/worker.h"

#include <fcntl.h>
#include <unistd.h>

static enum err
publish_tick(void *arg)
{
	struct job *j = arg;
	enum err e = lease_tick(j);

	return e ? e : logsink_flush(j, false);
}

static void
publish_warn(void *arg, const char *text)
{
	job_say(arg, SAY_WARNING, "%s", text);
}

/* All of the build's tree becomes the worker's, whatever modes the build gave
 * it. Slow for a tree with many packages, so only when it is needed. */
static enum err
take_tree(struct job *j)
{
	if (!slot_own(j->w, j->slot, false,
		    DIRS(arena_printf(j->ctx.arena, "%s/job", j->dir)), 1))
		return ctx_cause(&j->ctx, E_INTERNAL_SERVER_ERROR,
			"the build's tree cannot be handed over");
	j->ran_foreign = false;
	return E_OK;
}

enum err
output_find(struct job *j, const struct detect_plan *plan, const char **ret)
{
	struct ctx first = {.arena = j->ctx.arena};
	enum err e;

	if (!j->ran_foreign)
		return detect_output(&j->ctx, j->src, plan, ret);
	if (!detect_output(&first, j->src, plan, ret))
		return E_OK;
	e = take_tree(j);
	return e ? e : detect_output(&j->ctx, j->src, plan, ret);
}

/* Only the output is handed over, by descriptor, since a path could lead
 * through a symlink. False: it is closed to us. */
static bool
take_output(struct job *j, const char *output)
{
	AUTO_FD int fd =
		fd_open_beneath(j->src, output, O_PATH | O_DIRECTORY, 0);

	return fd >= 0 && faccessat(fd, ".", X_OK, 0) == 0 &&
	       slot_own(j->w, j->slot, false,
		       DIRS(arena_printf(j->ctx.arena, "/proc/%d/fd/%d/.",
			       (int)getpid(), fd)),
		       1);
}

/* The output as a directory that this process may read. What a build made
 * belongs to the slot's uid, with any mode; all of the build is dead. */
static enum err
open_output(struct job *j, const char *output, int *ret_fd)
{
	enum err e;
	int fd;

	if (j->ran_foreign && !take_output(j, output)) {
		e = take_tree(j);
		if (e)
			return e;
	}
	fd = fd_open_beneath(j->src, output, O_RDONLY | O_DIRECTORY, 0);
	if (fd < 0)
		return ctx_fail(&j->ctx, E_BUILD_FAILED,
			"the output directory '%s' cannot be read", output);
	*ret_fd = fd;
	return E_OK;
}

static enum err
go_deploying(struct job *j)
{
	struct rows *r;
	enum err e = logsink_flush(j, true);

	if (!e)
		e = lease_write(j, STMT_JOB_DEPLOYING,
			DB_IN(j->id, j->owner, j->attempt,
				str_from_i64(j->ctx.arena,
					j->w->cfg.lease_seconds * 1000)),
			&r);
	if (!e && rows_bool(r, 0, rows_col(r, "cancel"))) {
		j->cancel = true;
		e = ctx_fail(&j->ctx, E_BUILD_CANCELLED, "cancelled");
	}
	return e;
}

/* The lease is kept once more right before the switch: from here to there is
 * far less time than a lease lasts. */
static enum err
last_look(struct job *j)
{
	j->lease_at = 0;
	j->check_now = true;
	return lease_tick(j);
}

/* The row first, so that nothing is on disk that nobody knows of. */
static enum err
record_release(struct job *j)
{
	const char *url = job_site_url(j->ctx.arena, &j->w->cfg,
		publish_own_name(j->ctx.arena, &j->pub));

	return lease_write(j, STMT_JOB_RELEASE,
		DB_IN(j->id, j->owner, j->attempt, url), NULL);
}

/* What nginx will do besides serving files. */
static void
say_rules(struct job *j, const struct publish_stats *st)
{
	if (st->redirects)
		job_say(j, SAY_INFO, "_redirects: %lld rules",
			(long long)st->redirects);
	if (st->headers)
		job_say(j, SAY_INFO, "_headers: headers for %lld paths",
			(long long)st->headers);
	if (st->spa)
		job_say(j, SAY_INFO,
			"Single-page application (spa is %s): paths without a "
			"file answer with /index.html",
			j->pub.spa == SPA_ON ? "on" : "auto");
	else if (st->has_404)
		job_say(j, SAY_INFO, "Missing pages answer with /404.html");
}

enum err
output_publish(struct job *j, const char *output)
{
	struct publish_stats st;
	AUTO_FD int fd = -1;
	enum err e = open_output(j, output, &fd);

	j->pub.skip_node_modules = str_eq(output, ".") && !j->upload_bytes;
	if (!e)
		e = go_deploying(j);
	if (!e)
		e = record_release(j);
	crash_point("deploying");
	if (!e) {
		job_say(j, SAY_INFO, "Publishing '%s'...", output);
		e = publish_copy(&j->ctx, &j->pub, fd, &st);
	}
	crash_point("copied");
	if (!e)
		e = publish_name(&j->ctx, &j->pub);
	if (!e)
		e = last_look(j);
	if (!e)
		e = publish_switch(&j->ctx, &j->pub);
	crash_point("switched");
	if (!e)
		job_say(j, SAY_INFO, "Published %lld file%s, %lld KB",
			(long long)st.files, st.files == 1 ? "" : "s",
			(long long)(st.bytes + 1023) / 1024);
	if (!e)
		say_rules(j, &st);
	return e;
}

enum err
output_switch_back(struct job *j)
{
	enum err e;

	job_say(j, SAY_INFO, "Switching to the release of deployment %s",
		j->release);
	e = go_deploying(j);
	crash_point("deploying");
	if (!e)
		e = last_look(j);
	if (!e)
		e = publish_switch(&j->ctx, &j->pub);
	crash_point("switched");
	return e;
}

static enum spa
read_spa(const struct rows *row)
{
	const char *spa = rows_str(row, "spa");

	return str_eq(spa, "on")    ? SPA_ON
	       : str_eq(spa, "off") ? SPA_OFF
				    : SPA_AUTO;
}

void
output_init(struct job *j, const struct rows *row)
{
	const struct worker *w = j->w;

	j->pub = (struct publish){.sites = w->sites,
		.site = j->site,
		.target = j->target,
		.id = j->release ? j->release : j->id,
		.max_bytes = w->cfg.max_build_size * 1024 * 1024,
		.max_files = w->cfg.max_output_files,
		.spa = read_spa(row),
		.tick = publish_tick,
		.warn = publish_warn,
		.arg = j};
}
