/*
 * job.c - one deployment from claim to end, read from the bottom up: claim,
 * clone, install, build (or unpack an upload), find the output and publish it
 * (output.c), finish. Runs in a process of its own; how it ends is in the row,
 * never in the exit code. Knows nothing of other jobs.
 */
#include "worker/worker.h"

#include "base/arena.h"
#include "base/clock.h"
#include "base/fd.h"
#include "base/log.h"
#include "base/str.h"
#include "stmt.h"
#include "svc/envlines.h"
#include "svc/seal.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <unistd.h>

#define INSIDE "/build/src"

/* ---- install and build ---- */

static enum err
run_command(struct job *j, const char *command, const char *what)
{
	static const char *const none[] = {NULL};
	static const char *const env[] = {"HOME=/build/home", "CI=true",
		"npm_config_cache=/cache/npm",
		"npm_config_update_notifier="
		"false",
		"YARN_CACHE_FOLDER=/cache/yarn",
		"COREPACK_ENABLE_DOWNLOAD_PROMPT=0", NULL};
	struct step s = {.shell = command,
		.args = none,
		.chdir = j->src_inside,
		.setenv = env,
		.secrets = true,
		.time_ms = j->build_ms};
	int64_t began = clock_mono_ms();
	enum err e;

	j->ran_foreign = true;
	e = step_must(j, &s, what);
	j->build_ms -= clock_mono_ms() - began;
	return e;
}

static enum err
record_limits(struct job *j)
{
	if (!j->limits || j->limits_said)
		return E_OK;
	j->limits_said = true;
	job_say(j, SAY_INFO, "limits: %s", j->limits);
	return lease_write(j, STMT_JOB_LIMITS,
		DB_IN(j->id, j->owner, j->attempt, j->limits), NULL);
}

static enum err
build(struct job *j, const struct detect_plan *plan)
{
	enum err e = E_OK;

	if (!plan->install && !plan->build)
		return E_OK;
	e = slot_lend_cache(j);
	crash_point("install");
	if (!e && plan->install) {
		job_say(j, SAY_INFO, "Installing dependencies: %s",
			plan->install);
		e = run_command(j, plan->install, "the install command");
	}
	crash_point("build");
	if (!e && plan->build) {
		job_say(j, SAY_INFO, "Building: %s", plan->build);
		e = run_command(j, plan->build, "the build command");
	}
	crash_point("built");
	return e;
}

/* ---- the flow ---- */

static enum err
open_env(struct job *j)
{
	const char *text = "";
	const char **values;
	size_t n = 0;
	enum err e = E_OK;

	if (j->env_sealed)
		e = seal_open(&j->ctx, &j->w->cfg,
			arena_printf(j->ctx.arena, "deployment:%s:env", j->id),
			j->env_sealed, &text);
	if (!e)
		e = envlines_parse(&j->ctx, text, &j->env, &j->env_n);
	if (!e)
		e = clone_credential(j);
	if (e)
		return e;
	values = arena_array(j->ctx.arena, j->env_n + 1, sizeof(*values));
	for (size_t i = 0; i < j->env_n; i++)
		values[n++] = strchr(j->env[i], '=') + 1;
	if (j->cred.token)
		values[n++] = j->cred.token;
	j->mask = mask_new(j->ctx.arena, values, n);
	return E_OK;
}

static enum err
open_src(struct job *j)
{
	struct arena *a = j->ctx.arena;
	const char *root = j->root_dir && *j->root_dir ? j->root_dir : ".";
	AUTO_FD int src = open(arena_printf(a, "%s/job/src", j->dir),
		O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	j->src =
		src < 0 ? -1
			: fd_open_beneath(src, root, O_RDONLY | O_DIRECTORY, 0);
	if (j->src < 0)
		return ctx_fail(&j->ctx, E_BUILD_FAILED,
			"the root directory '%s' does not exist in the "
			"repository",
			root);
	j->src_inside = arena_printf(a, "%s/%s", INSIDE, root);
	return E_OK;
}

static enum err
deploy(struct job *j)
{
	struct detect_plan plan;
	const char *output;
	enum err e = open_env(j);

	if (!e)
		e = room_wait(j);
	if (!e)
		e = slot_prepare(j);
	crash_point("clone");
	if (!e)
		e = clone_run(j);
	crash_point("cloned");
	if (!e)
		e = open_src(j);
	if (!e)
		e = detect_plan(&j->ctx, j->src, &j->wish, &plan);
	if (!e && plan.generator)
		job_say(j, SAY_INFO, "Found %s", plan.generator);
	if (!e)
		e = build(j, &plan);
	if (!e)
		e = record_limits(j);
	if (!e)
		e = output_find(j, &plan, &output);
	if (!e)
		e = output_publish(j, output);
	return e;
}

/* Somebody else has built it: all of it is the output. */
static enum err
deploy_upload(struct job *j)
{
	enum err e = room_wait(j);

	if (!e)
		e = slot_prepare(j);
	crash_point("unpack");
	if (!e)
		e = open_src(j);
	if (!e)
		e = unpack_run(j);
	crash_point("unpacked");
	if (!e)
		e = record_limits(j);
	return e ? e : output_publish(j, ".");
}

/* ---- the end ---- */

const char *
job_site_url(struct arena *a, const struct cfg *cfg, const char *site)
{
	const char *url = cfg->site_url;
	const char *at = strstr(url, "%s");

	if (!site)
		return NULL;
	return at ? arena_printf(
			    a, "%.*s%s%s", (int)(at - url), url, site, at + 2)
		  : url;
}

/* Everything logged so far is stored, however long the database is away: the
 * log ends with the job. */
static enum err
flush_all(struct job *j)
{
	enum err e;

	do {
		e = logsink_flush(j, true);
		if (!e && logsink_wait_ms(j) >= 0)
			(void)poll(NULL, 0, 100);
	} while (!e && logsink_wait_ms(j) >= 0);
	return e;
}

static enum err
end_as(struct job *j, const char *status, const char *error)
{
	enum err e = flush_all(j);

	if (!e)
		e = lease_write(j, STMT_JOB_END,
			DB_IN(j->id, j->owner, j->attempt, status, error),
			NULL);
	if (!e)
		worker_count(j->w, status);
	log_event(EV_JOB_ENDED, j->id, "status", e ? "lost" : status, "cause",
		e ? j->ctx.cause : NULL, NULL);
	return e;
}

/* The project has one good release more: the oldest may go. The parent removes
 * what this names; when it fails, the next success does it. */
static void
retire_oldest(struct job *j)
{
	const char *keep = str_from_i64(j->ctx.arena, j->w->cfg.keep_releases);
	enum err e = db_begin(&j->ctx, j->db);

	if (!e)
		e = db_query(
			&j->ctx, j->db, STMT_RELEASE_LOCK, DB_IN(j->id), NULL);
	if (!e)
		e = db_query(&j->ctx, j->db, STMT_RELEASE_RETIRE,
			DB_IN(j->id, keep), NULL);
	e = db_end(&j->ctx, j->db, e);
	if (e)
		log_debug(j->id, "releases: %s",
			j->ctx.cause ? j->ctx.cause : err_info(e)->message);
}

static enum err
end_success(struct job *j)
{
	const char *url = job_site_url(j->ctx.arena, &j->w->cfg,
		publish_target_name(j->ctx.arena, &j->pub));
	enum err e;

	job_say(j, SAY_INFO, "Deployment successful! %s", url);
	e = flush_all(j);
	if (!e)
		e = lease_write(j, STMT_JOB_SUCCESS,
			DB_IN(j->id, j->owner, j->attempt, url), NULL);
	if (!e) {
		worker_count(j->w, "success");
		crash_point("succeeded");
		retire_oldest(j);
	}
	log_event(EV_JOB_ENDED, j->id, "status", e ? "lost" : "success", NULL);
	return e;
}

static enum err
end_failed(struct job *j, enum err why)
{
	const char *error = j->ctx.message;
	const char *cause = j->ctx.cause;

	if (why == E_INTERNAL_SERVER_ERROR || why == E_SERVICE_UNAVAILABLE) {
		log_event(EV_JOB_FAILED, j->id, "cause", cause ? cause : error,
			NULL);
		error = "something went wrong inside the platform; its log has "
			"the cause under this deployment's id";
	}
	if (!error)
		error = err_info(why)->message;
	error = mask_text(j->ctx.arena, j->mask, error);
	ctx_clear(&j->ctx);
	why = record_limits(j);
	if (why)
		return why;
	job_say(j, SAY_ERROR, "Deployment failed: %s", error);
	return end_as(j, "failed", error);
}

static enum err
end_stopped(struct job *j)
{
	const char *status = NULL;
	struct rows *r;
	enum err e;

	ctx_clear(&j->ctx);
	job_say(j, SAY_WARNING,
		"The worker is stopping; the deployment "
		"will be started again.");
	e = logsink_flush(j, true);
	if (!e)
		e = lease_write(j, STMT_JOB_HAND_BACK,
			DB_IN(j->id, j->owner, j->attempt), &r);
	if (!e)
		status = rows_str(r, "status");
	if (str_eq(status, "cancelled")) {
		worker_count(j->w, status);
		log_event(EV_JOB_ENDED, j->id, "status", status, NULL);
	} else {
		log_event(EV_JOB_REQUEUED, j->id, "reason", "stopping", NULL);
	}
	return e;
}

/* How the deployment ends, by what became of it. */
static enum err
end(struct job *j, enum err why)
{
	switch (why) {
	case E_OK:
		return end_success(j);
	case E_LEASE_LOST:
		log_event(EV_JOB_LOST, j->id, "reason", "lease", NULL);
		return why;
	case E_BUILD_CANCELLED:
		if (j->stop && !j->cancel)
			return end_stopped(j);
		ctx_clear(&j->ctx);
		job_say(j, SAY_WARNING, "Deployment cancelled.");
		return end_as(j, "cancelled", NULL);
	default:
		return end_failed(j, why);
	}
}

/* ---- the process ---- */

int
worker_be_child(struct worker *w)
{
	sigset_t set;
	int fd;

	if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0 || getppid() != w->pid)
		_exit(1);
	/* the parent's connection is not ours to end */
	if (db_fd(w->db) >= 0)
		(void)close(db_fd(w->db));
	(void)close(w->signals);
	(void)sigfillset(&set);
	(void)sigprocmask(SIG_UNBLOCK, &set, NULL);
	(void)sigemptyset(&set);
	(void)sigaddset(&set, SIGTERM);
	(void)sigaddset(&set, SIGINT);
	(void)sigaddset(&set, SIGUSR1);
	(void)sigprocmask(SIG_BLOCK, &set, NULL);
	/* a cancel must not wait long for a name server that says nothing */
	(void)setenv("RES_OPTIONS", "timeout:2 attempts:2", 0);
	fd = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
	ASSERT(fd >= 0);
	return fd;
}

static const char *
copy(struct job *j, const struct rows *row, const char *col)
{
	return arena_strdup(j->ctx.arena, rows_str(row, col));
}

static void
read_row(struct job *j, const struct rows *row)
{
	struct worker *w = j->w;

	j->id = copy(j, row, "id");
	(void)str_copy(j->ctx.id, sizeof(j->ctx.id), j->id);
	j->project = copy(j, row, "project_id");
	j->site = copy(j, row, "site");
	j->repository = copy(j, row, "repository");
	j->branch = copy(j, row, "branch");
	j->commit_wanted = copy(j, row, "commit_wanted");
	j->root_dir = copy(j, row, "root_dir");
	j->env_sealed = copy(j, row, "env_sealed");
	j->release = copy(j, row, "release_id");
	j->target = copy(j, row, "target");
	j->trusted = rows_bool(row, 0, rows_col(row, "trusted"));
	j->upload_bytes = rows_int(row, 0, rows_col(row, "upload_bytes"));
	j->use_cache = rows_bool(row, 0, rows_col(row, "use_cache"));
	j->wish = (struct detect_wish){copy(j, row, "install_command"),
		copy(j, row, "build_command"), copy(j, row, "output_dir")};
	j->attempt = copy(j, row, "attempt");
	j->attempt_n = (int)rows_int(row, 0, rows_col(row, "attempt"));
	j->owner = arena_printf(j->ctx.arena, "%s:%d", w->name, j->slot);
	j->started_ms =
		clock_mono_ms() - rows_int(row, 0, rows_col(row, "age_ms"));
	j->build_ms = w->cfg.build_timeout;
	output_init(j, row);
	j->log = logsink_new(j, rows_int(row, 0, rows_col(row, "log_seq")),
		rows_int(row, 0, rows_col(row, "log_bytes")));
	j->mask = mask_new(j->ctx.arena, NULL, 0);
}

void
job_main(struct worker *w, int slot, const struct rows *row)
{
	struct arena *a = arena_new(256 << 20, 1 << 30);
	struct job *j = ARENA_NEW(a, struct job);
	enum err e;

	j->w = w;
	j->slot = slot;
	j->src = -1;
	j->ctx.arena = a;
	j->signals = worker_be_child(w);
	read_row(j, row);
	lease_start(j);
	j->db = db_new(stmt_table, STMT_MAX, w->cfg.database_url, "worker");
	if (db_listen(&(struct ctx){.arena = j->ctx.arena}, j->db))
		log_debug(j->id, "not listening: cancels are polled for");
	crash_point("claimed");
	job_say(j, SAY_INFO, "Starting deployment...");
	if (j->attempt_n > 1)
		job_say(j, SAY_WARNING,
			"This is attempt %d: the worker of the one before was "
			"lost.",
			j->attempt_n);
	publish_announce(&j->ctx, &j->pub);
	if (j->release)
		e = output_switch_back(j);
	else if (j->upload_bytes)
		e = deploy_upload(j);
	else
		e = deploy(j);
	crash_point("ending");
	e = end(j, e);
	crash_point("ended");
	if (!e) {
		alarm(0); /* the row is done with */
		slot_finish(j);
		publish_tidy(&j->ctx, &j->pub);
	}
	_exit(e ? 1 : 0);
}
