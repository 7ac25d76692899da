/*
 * step.c - one command in the sandbox: its output goes to the log, the lease
 * is kept meanwhile, a cancel ends it. Used by clone.c and job.c. Knows the
 * promises of sandbox/sandbox.h and nothing of how they are kept.
 */
#include "worker/worker.h"

#include "base/arena.h"
#include "base/clock.h"
#include "base/fd.h"
#include "base/run.h"
#include "base/str.h"
#include "sandbox/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <unistd.h>

#define ARGS_MAX   512
#define CHUNK      (64 * 1024)
#define LATE_TRIES 3
#define KILL_MS    15000 /* SIGTERM did not end the sandbox: SIGKILL */
#define MIB(bytes) ((long long)((bytes) >> 20))

enum { FD_ENV = 3, FD_STATUS = 4 };

struct running {
	pid_t pid;
	int out, status;
	struct buf line; /* the result line */
	enum err why;    /* it was told to end */
	int64_t told_at;
};

struct args {
	struct arena *a;
	const char *v[ARGS_MAX];
	size_t n;
};

static void
add(struct args *x, const char *s)
{
	ASSERT(x->n < ARGS_MAX - 1);
	x->v[x->n++] = s;
}

static void
add_number(struct args *x, const char *option, int64_t n)
{
	add(x, option);
	add(x, str_from_i64(x->a, n));
}

static void
add_refused(struct args *x, const char *list)
{
	size_t n;
	char **cidr = str_split(x->a, list, ',', &n);

	for (size_t i = 0; i < n; i++) {
		const char *s = str_trim(x->a, cidr[i]);

		if (!*s)
			continue;
		add(x, "--refuse");
		add(x, s);
	}
}

static void
add_limits(struct args *x, const struct job *j, const struct step *s)
{
	const struct cfg *cfg = &j->w->cfg;

	add_number(x, "--time", MAX(s->time_ms, (int64_t)1));
	add_number(x, "--memory", cfg->build_memory_max);
	add_number(x, "--pids", cfg->build_pids_max);
	add_number(x, "--disk", cfg->build_disk_max);
	add_number(x, "--inodes", cfg->build_inodes_max);
	add(x, "--watch");
	add(x, j->dir);
}

static void
make_args(struct args *x, const struct job *j, const struct step *s)
{
	add(x, j->w->sandbox);
	add(x, "run");
	add_number(x, "--slot", j->w->cfg.slot_base + j->slot);
	add(x, "--net");
	add(x, s->host_net ? "host" : s->no_net ? "none" : "isolated");
	if (!s->host_net && !s->no_net)
		add_refused(x, j->w->cfg.build_refuse);
	add(x, "--bind");
	add(x, arena_printf(x->a, "%s/job:/build", j->dir));
	if (j->cache) {
		add(x, "--bind");
		add(x, arena_printf(x->a, "%s:/cache", j->cache));
	}
	if (s->host_net && *j->w->cfg.git_ca_file) {
		add(x, "--ro-bind");
		add(x, arena_printf(
			       x->a, "%s:/git-ca.pem", j->w->cfg.git_ca_file));
	}
	if (s->file) {
		add(x, "--ro-bind");
		add(x, arena_printf(x->a, "%s:" STEP_INPUT, s->file));
	}
	add(x, "--chdir");
	add(x, s->chdir);
	for (const char *const *e = s->setenv; *e; e++) {
		add(x, "--setenv");
		add(x, *e);
	}
	add_limits(x, j, s);
	add_number(x, "--env-fd", FD_ENV);
	if (s->input)
		add(x, "--stdin");
	add_number(x, "--status-fd", FD_STATUS);
	add(x, "--");
	/* the only shell there is: what users write is shell text, and it is
	 * run where it can do no harm */
	add(x, "/bin/sh");
	add(x, "-c");
	add(x, s->shell);
	add(x, "autostack");
	for (const char *const *v = s->args; *v; v++)
		add(x, *v);
}

/* A text where no process list, environment or disk shows it. */
static int
text_memfd(const char *text, size_t n)
{
	AUTO_FD int fd = memfd_create("text", MFD_CLOEXEC);

	if (fd < 0 || !fd_write_all(fd, text, n) || lseek(fd, 0, SEEK_SET) != 0)
		return -1;
	return TAKE_FD(fd);
}

/* The user's variables, NUL-separated. */
static int
env_memfd(const struct job *j, const struct step *s)
{
	AUTO_BUF struct buf b = {0};

	buf_init(&b, (size_t)1 << 20);
	for (size_t i = 0; s->secrets && i < j->env_n; i++)
		buf_add(&b, j->env[i], strlen(j->env[i]) + 1);
	return b.full ? -1 : text_memfd(buf_text(&b), b.len);
}

static enum err
start(struct job *j, const struct step *s, struct running *r)
{
#ifdef AS_DEVELOPER
	/* the sanitizer's leak check cannot run in there */
	static const char *const env[] = {"ASAN_OPTIONS=detect_leaks=0", NULL};
#else
	static const char *const env[] = {NULL};
#endif
	struct args x = {.a = j->ctx.arena};
	AUTO_FD int env_fd = env_memfd(j, s);
	AUTO_FD int in_fd =
		s->input ? text_memfd(s->input, strlen(s->input)) : -1;
	int out[2];
	int status[2];

	if (env_fd < 0 || (s->input && in_fd < 0) || pipe2(out, O_CLOEXEC) < 0)
		return ctx_cause(&j->ctx, E_INTERNAL_SERVER_ERROR,
			"sandbox: %s", strerror(errno));
	if (pipe2(status, O_CLOEXEC) < 0) {
		(void)close(out[0]);
		(void)close(out[1]);
		return ctx_cause(&j->ctx, E_INTERNAL_SERVER_ERROR,
			"sandbox: %s", strerror(errno));
	}
	make_args(&x, j, s);
	r->pid = run_start(x.v, env,
		(const int[]){in_fd, out[1], out[1], env_fd, status[1]}, 5);
	r->out = out[0];
	r->status = status[0];
	(void)close(out[1]);
	(void)close(status[1]);
	if (r->pid >= 0)
		return E_OK;
	(void)close(out[0]);
	(void)close(status[0]);
	return ctx_cause(&j->ctx, E_INTERNAL_SERVER_ERROR, "%s: %s",
		j->w->sandbox, strerror(errno));
}

/* Tell the sandbox to end, once; it reports when all is gone. */
static void
tell(struct running *r, enum err why)
{
	if (!r->why) {
		r->why = why;
		r->told_at = clock_mono_ms();
		(void)kill(r->pid, SIGTERM);
	} else if (clock_mono_ms() - r->told_at > KILL_MS) {
		/* its own death kills the rest: PR_SET_PDEATHSIG */
		(void)kill(r->pid, SIGKILL);
	}
}

static void
read_out(struct job *j, struct running *r)
{
	char chunk[CHUNK];
	ssize_t n = read(r->out, chunk, sizeof(chunk));

	if (n > 0) {
		logsink_feed(j, chunk, (size_t)n);
	} else if (n == 0 || errno != EINTR) {
		(void)close(r->out);
		r->out = -1;
	}
}

static void
read_status(struct running *r)
{
	char text[SANDBOX_LINE_MAX];
	ssize_t n = read(r->status, text, sizeof(text));

	if (n > 0) {
		buf_add(&r->line, text, (size_t)n);
	} else if (n == 0 || errno != EINTR) {
		(void)close(r->status);
		r->status = -1;
	}
}

static enum err
check_log(struct job *j)
{
	if (!logsink_is_over(j))
		return E_OK;
	return ctx_fail(&j->ctx, E_BUILD_FAILED,
		"the build printed more than %lld KB of log (build_log_max)",
		(long long)(j->w->cfg.build_log_max / 1024));
}

/* What has to happen besides reading. */
static void
housekeeping(struct job *j, struct running *r)
{
	enum err e = lease_tick(j);

	if (!e)
		e = logsink_flush(j, false);
	if (!e)
		e = check_log(j);
	if (e || r->why)
		tell(r, e);
}

static void
wait_event(struct job *j, struct running *r)
{
	int log_ms = logsink_wait_ms(j);
	int ms = lease_wait_ms(j);
	/* a full log means that the database is away: the build waits */
	bool full = logsink_is_full(j) && !r->why;
	struct pollfd p[] = {{full ? -1 : r->out, POLLIN, 0},
		{r->status, POLLIN, 0}, {j->signals, POLLIN, 0},
		{db_fd(j->db), POLLIN, 0}};

	if (log_ms >= 0)
		ms = MIN(ms, log_ms);
	/* never spins: what is due and cannot be done has a time of its own */
	if (poll(p, NELEM(p), MAX(ms, 1)) <= 0)
		return;
	if (p[0].revents)
		read_out(j, r);
	if (p[1].revents)
		read_status(r);
}

static int64_t
number_of(struct arena *a, const char *line, const char *key)
{
	const char *p = strstr(line, key);
	int64_t n = 0;

	if (!p)
		return 0;
	p += strlen(key);
	p = arena_strndup(a, p, strspn(p, "0123456789"));
	return str_to_i64(p, 0, INT64_MAX, &n) ? n : 0;
}

/* The result line, see sandbox.h. */
static void
parse(struct job *j, const char *line, struct step_result *ret)
{
	static const struct {
		const char *word;
		enum step_end end;
	} words[] = {{SANDBOX_RESULT_EXIT " ", STEP_EXIT},
		{SANDBOX_RESULT_SIGNAL " ", STEP_SIGNAL},
		{SANDBOX_RESULT_LIMIT " ", STEP_LIMIT},
		{SANDBOX_RESULT_CANCELLED, STEP_CANCELLED},
		{SANDBOX_RESULT_SETUP " ", STEP_SETUP},
		{SANDBOX_RESULT_LATE " ", STEP_LATE},
		{SANDBOX_RESULT_ERROR " ", STEP_ERROR}};
	struct arena *a = j->ctx.arena;
	const char *limits = strstr(line, " limits=");

	line = arena_strndup(a, line, strcspn(line, "\n"));
	*ret = (struct step_result){
		.end = STEP_ERROR, .text = "it was killed without a word"};
	for (size_t i = 0; i < NELEM(words); i++) {
		const char *rest = line + strlen(words[i].word);
		bool whole = words[i].end == STEP_SETUP ||
			     words[i].end == STEP_LATE ||
			     words[i].end == STEP_ERROR;

		if (!str_starts(line, words[i].word))
			continue;
		ret->end = words[i].end;
		ret->text = whole ? rest
				  : arena_strndup(a, rest, strcspn(rest, " "));
		ret->code = (int)number_of(a, line, words[i].word);
	}
	ret->peak_memory = number_of(a, line, "peak_memory=");
	j->peak_disk = MAX(j->peak_disk, number_of(a, line, "peak_disk="));
	if (limits) {
		limits += strlen(" limits=");
		j->limits = arena_strndup(a, limits, strcspn(limits, " \n"));
	}
}

static enum err
run_once(struct job *j, const struct step *s, struct step_result *ret)
{
	struct running r = {.pid = -1, .out = -1, .status = -1};
	enum err e = start(j, s, &r);

	if (e)
		return e;
	buf_init(&r.line, 4 * SANDBOX_LINE_MAX);
	/* the status line comes when all is dead, and so does the output's
	 * end: both are waited for */
	while (r.out >= 0 || r.status >= 0) {
		housekeeping(j, &r);
		wait_event(j, &r);
	}
	(void)run_wait(r.pid); /* what it has to say is in the line */
	logsink_end_output(j);
	parse(j, buf_text(&r.line), ret);
	buf_done(&r.line);
	/* too much log may show only now */
	return r.why ? r.why : check_log(j);
}

/* Once more, when nothing was run for want of time. */
enum err
step_run(struct job *j, const struct step *s, struct step_result *ret)
{
	enum err e;

	for (int i = 1;; i++) {
		e = run_once(j, s, ret);
		if (e || ret->end != STEP_LATE || i == LATE_TRIES)
			return e;
		job_say(j, SAY_WARNING, "Trying again: %s", ret->text);
	}
}

static enum err
limit_failed(struct job *j, const struct step *s, const char *limit,
	const char *what)
{
	const struct cfg *cfg = &j->w->cfg;
	int64_t ms = s->host_net ? cfg->clone_timeout : cfg->build_timeout;

	if (str_eq(limit, SANDBOX_LIMIT_TIME))
		return ctx_fail(&j->ctx, E_BUILD_FAILED,
			"%s took longer than %lld s%s", what,
			(long long)((ms + 999) / 1000),
			s->host_net ? " (clone_timeout)"
				    : ", install and build together "
				      "(build_timeout)");
	if (str_eq(limit, SANDBOX_LIMIT_MEMORY))
		return ctx_fail(&j->ctx, E_BUILD_FAILED,
			"%s needed more memory than %lld MB "
			"(build_memory_max) or than the host has left",
			what, MIB(cfg->build_memory_max));
	if (str_eq(limit, SANDBOX_LIMIT_PIDS))
		return ctx_fail(&j->ctx, E_BUILD_FAILED,
			"%s started more than %lld processes "
			"(build_pids_max)",
			what, (long long)cfg->build_pids_max);
	if (str_eq(limit, SANDBOX_LIMIT_DISK))
		return ctx_fail(&j->ctx, E_BUILD_FAILED,
			"%s filled more than %lld MB of disk "
			"(build_disk_max) or than the host has left",
			what, MIB(cfg->build_disk_max));
	return ctx_fail(&j->ctx, E_BUILD_FAILED,
		"%s made more than %lld files (build_inodes_max)", what,
		(long long)cfg->build_inodes_max);
}

enum err
step_failed(struct job *j, const struct step *s, const struct step_result *r,
	const char *what)
{
	switch (r->end) {
	case STEP_EXIT:
		if (r->code == STEP_CODE_XFSZ)
			return ctx_fail(&j->ctx, E_BUILD_FAILED,
				"%s wrote a file larger than %lld MB "
				"(build_disk_max)",
				what, MIB(j->w->cfg.build_disk_max));
		/* one process alone may be refused memory before the sum of
		 * all is over the limit: the code says nothing of that */
		if (r->peak_memory > j->w->cfg.build_memory_max / 4 * 3)
			return ctx_fail(&j->ctx, E_BUILD_FAILED,
				"%s failed with exit code %d, having used %lld "
				"of %lld MB of memory (build_memory_max)",
				what, r->code, MIB(r->peak_memory),
				MIB(j->w->cfg.build_memory_max));
		return ctx_fail(&j->ctx, E_BUILD_FAILED,
			"%s failed with exit code %d", what, r->code);
	case STEP_SIGNAL:
		return ctx_fail(&j->ctx, E_BUILD_FAILED,
			"%s was killed by signal %d from outside", what,
			r->code);
	case STEP_LIMIT:
		return limit_failed(j, s, r->text, what);
	case STEP_SETUP:
	case STEP_LATE:
		return ctx_fail(&j->ctx, E_BUILD_FAILED,
			"the build sandbox cannot be set up, so nothing was "
			"run: %s",
			r->text);
	case STEP_CANCELLED:
	case STEP_ERROR:
		break;
	}
	return ctx_fail(&j->ctx, E_BUILD_FAILED,
		"the sandbox failed while %s ran: %s", what,
		r->end == STEP_ERROR ? r->text : "it was ended from outside");
}

enum err
step_must(struct job *j, const struct step *s, const char *what)
{
	struct step_result r;
	enum err e = step_run(j, s, &r);

	if (e)
		return e;
	if (r.end == STEP_EXIT && r.code == 0)
		return E_OK;
	return step_failed(j, s, &r, what);
}
