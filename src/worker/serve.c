/*
 * serve.c - the parent: claims deployments for free slots, starts a child for
 * each, and looks after jobs whose worker is dead. It never waits for a build
 * and runs nothing of one.
 */
#include "worker/worker.h"

#include "base/arena.h"
#include "base/clock.h"
#include "base/fd.h"
#include "base/log.h"
#include "base/meter.h"
#include "base/str.h"
#include "stmt.h"
#include "svc/store.h"
#include "worker/outbox.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#define ROUND_MS  1000
#define HELPER_MS 1000  /* between two starts of one */
#define STOP_MS   20000 /* for children to hand back what they do */
#define LOCK_MS   50
#define LOCK_LOG  100 /* rounds of it */

/* ---- the database ---- */

/* A failed statement: said once per outage, then only in debug. */
static void
note_db(struct worker *w, enum err e, bool *down)
{
	if (e && !*down)
		log_event(EV_DB_DOWN, NULL, "cause",
			w->ctx.cause ? w->ctx.cause : err_info(e)->message,
			NULL);
	if (!e && *down)
		log_event(EV_DB_UP, NULL, NULL);
	*down = e != E_OK;
	ctx_clear(&w->ctx);
}

void
worker_count(struct worker *w, const char *status)
{
	static const struct {
		const char *status;
		enum meter_word word;
	} outcomes[] = {
		{"success", METER_BUILDS_SUCCESS},
		{"failed", METER_BUILDS_FAILED},
		{"cancelled", METER_BUILDS_CANCELLED},
	};

	for (size_t i = 0; i < NELEM(outcomes); i++) {
		if (str_eq(status, outcomes[i].status))
			meter_add(w->meter, outcomes[i].word, 1);
	}
}

static struct publish
site_of(const struct worker *w, const struct rows *r, size_t row)
{
	return (struct publish){.sites = w->sites,
		.site = rows_text(r, row, rows_col(r, "site")),
		.target = rows_text(r, row, rows_col(r, "target")),
		.id = rows_text(r, row, rows_col(r, "release"))};
}

/* One job whose worker is dead. When its release is live it has succeeded:
 * what was lost is only the last write. */
static enum err
take_back(struct worker *w, const struct rows *r, size_t row)
{
	struct publish pub = site_of(w, r, row);
	const char *id = rows_text(r, row, rows_col(r, "id"));
	const char *owner = rows_text(r, row, rows_col(r, "lease_owner"));
	const char *attempt = rows_text(r, row, rows_col(r, "attempt"));
	const char *max = str_from_i64(w->ctx.arena, w->cfg.build_attempts);
	struct rows *out;
	enum err e;

	if (str_eq(rows_text(r, row, rows_col(r, "status")), "deploying") &&
		publish_is_live(&w->ctx, &pub)) {
		e = db_query(&w->ctx, w->db, STMT_JOB_SUCCESS,
			DB_IN(id, owner, attempt,
				job_site_url(w->ctx.arena, &w->cfg,
					publish_target_name(
						w->ctx.arena, &pub))),
			NULL);
		if (!e) {
			worker_count(w, "success");
			log_event(EV_JOB_ENDED, id, "status", "success",
				"reason", "it was live already", NULL);
		}
		return e == E_LEASE_LOST ? E_OK : e;
	}
	publish_discard(&w->ctx, &pub);
	e = db_query(&w->ctx, w->db, STMT_JOB_REQUEUE,
		DB_IN(id, owner, attempt, max,
			"the build's worker was lost too often"),
		&out);
	if (!e) {
		worker_count(w, rows_str(out, "status"));
		log_event(EV_JOB_REQUEUED, id, "status",
			rows_str(out, "status"), "worker", owner, "attempt",
			attempt, NULL);
	}
	if (e == E_LEASE_LOST)
		ctx_clear(&w->ctx); /* another worker was faster */
	return e == E_LEASE_LOST ? E_OK : e;
}

/* Jobs with expired leases, and those of a prefix or an owner that is known to
 * be gone (NULL: none). */
static enum err
take_back_all(struct worker *w, const char *prefix, const char *owner)
{
	struct rows *r;
	enum err e = db_query(
		&w->ctx, w->db, STMT_JOB_LOST, DB_IN(prefix, owner), &r);

	for (size_t i = 0; !e && i < rows_n(r); i++)
		e = take_back(w, r, i);
	return e;
}

/* ---- slots ---- */

bool
worker_is_busy(const struct worker *w, const char *project)
{
	for (int i = 0; i <= switch_slot(w); i++) {
		const struct slot *s = &w->slot[i];

		if ((s->pid || s->dirty) && s->job[0] &&
			str_eq(s->project, project))
			return true;
	}
	return false;
}

static const char *
owner_of(struct worker *w, int slot)
{
	return arena_printf(w->ctx.arena, "%s:%d", w->name, slot);
}

/* Start a child that runs fn; both sides agree on the parent's pid. */
static pid_t
start_child(struct worker *w, int slot)
{
	pid_t pid;

	(void)fflush(stderr);
	pid = fork();
	if (pid < 0)
		log_event(EV_JOB_LOST, NULL, "reason", "fork", "cause",
			strerror(errno), NULL);
	else if (pid > 0)
		w->slot[slot].pid = pid;
	return pid;
}

static void
start_wipe(struct worker *w, int slot)
{
	w->slot[slot].job[0] = '\0';
	if (start_child(w, slot) != 0)
		return;
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0 || getppid() != w->pid)
		_exit(1);
	_exit(slot_wipe(w, slot) ? 0 : 1);
}

/* A slot's child has ended. Anything but 0 of a job means that nobody has
 * finished its row. */
static void
slot_ended(struct worker *w, int slot, int status)
{
	struct slot *s = &w->slot[slot];
	bool good = WIFEXITED(status) && WEXITSTATUS(status) == 0;
	const char *n = str_from_i64(w->ctx.arena, slot);

	s->pid = 0;
	w->look = true; /* a free slot is worth a claim */
	w->cache_look = true;
	if (good)
		return;
	if (!s->job[0]) {
		log_event(EV_SLOT_DIRTY, NULL, "slot", n, NULL);
		return;
	}
	log_event(EV_JOB_LOST, s->job, "slot", n, "signal",
		WIFSIGNALED(status)
			? str_from_i64(w->ctx.arena, WTERMSIG(status))
			: NULL,
		NULL);
	s->dirty = true;
}

/* What may run beside the jobs, by its place in w->helper; the last kind comes
 * as often as hook_senders says. */
static enum event
helper_lost(int i)
{
	static const enum event lost[] = {
		[HELPER_MAIL] = EV_OUTBOX_LOST,
		[HELPER_DOMAINS] = EV_DOMAINS_LOST,
		[HELPER_ARCHIVER] = EV_ARCHIVE_LOST,
		[HELPER_PROBER] = EV_PROBER_LOST,
		[HELPER_HOOK] = EV_OUTBOX_LOST,
	};

	return lost[MIN(i, (int)HELPER_HOOK)];
}

NORETURN static void
helper_main(struct worker *w, int i)
{
	if (i == HELPER_MAIL)
		outbox_main(w, &drain_mail);
	if (i == HELPER_DOMAINS)
		domains_main(w);
	if (i == HELPER_ARCHIVER)
		archiver_main(w);
	if (i == HELPER_PROBER)
		prober_main(w);
	outbox_main(w, &drain_hook);
}

static void
start_helper(struct worker *w, int i)
{
	struct helper *h = &w->helper[i];
	pid_t pid;

	(void)fflush(stderr);
	pid = fork();
	if (pid == 0)
		helper_main(w, i);
	h->pid = MAX(pid, 0);
	h->at = clock_mono_ms() + HELPER_MS;
	if (pid < 0)
		log_event(helper_lost(i), NULL, "cause", strerror(errno), NULL);
}

static bool
is_wanted(const struct worker *w, int i)
{
	if (i == HELPER_ARCHIVER)
		return store_is_on(&w->cfg);
	return i != HELPER_PROBER || w->cfg.status_probes;
}

static void
start_helpers(struct worker *w)
{
	w->archiver_first = w->helper[HELPER_ARCHIVER].at == 0;
	for (int i = 0; i < w->helpers; i++) {
		if (w->helper[i].pid || clock_mono_ms() < w->helper[i].at ||
			!is_wanted(w, i))
			continue;
		start_helper(w, i);
	}
}

static void
helper_ended(struct worker *w, int i, int status)
{
	w->helper[i].pid = 0;
	if (w->stopping)
		return;
	log_event(helper_lost(i), NULL, "signal",
		WIFSIGNALED(status)
			? str_from_i64(w->ctx.arena, WTERMSIG(status))
			: NULL,
		NULL);
}

static void
reap_children(struct worker *w)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		for (int i = 0; i < w->helpers; i++) {
			if (w->helper[i].pid == pid)
				helper_ended(w, i, status);
		}
		for (int i = 0; i <= switch_slot(w); i++) {
			if (w->slot[i].pid == pid)
				slot_ended(w, i, status);
		}
	}
}

/* Give back the leases of children that died, then empty their slots. */
static enum err
mend_slots(struct worker *w)
{
	enum err e = E_OK;

	for (int i = 0; !e && i <= switch_slot(w); i++) {
		if (!w->slot[i].dirty || w->slot[i].pid)
			continue;
		e = take_back_all(w, NULL, owner_of(w, i));
		if (e)
			break;
		w->slot[i].dirty = false;
		if (!w->stopping)
			start_wipe(w, i);
	}
	return e;
}

static int
free_slot(const struct worker *w)
{
	for (int i = 0; i < w->cfg.build_slots; i++) {
		if (!w->slot[i].pid && !w->slot[i].dirty)
			return i;
	}
	return -1;
}

/* Start the job that was claimed for a slot. */
static void
start_job(struct worker *w, int slot, const struct rows *r)
{
	struct slot *s = &w->slot[slot];

	(void)str_copy(s->job, sizeof(s->job), rows_str(r, "id"));
	(void)str_copy(
		s->project, sizeof(s->project), rows_str(r, "project_id"));
	log_event(EV_JOB_CLAIMED, s->job, "slot",
		str_from_i64(w->ctx.arena, slot), "attempt",
		rows_str(r, "attempt"), NULL);
	switch (start_child(w, slot)) {
	case 0:
		job_main(w, slot, r);
	case -1:
		s->dirty = true;
		break;
	default:
		break;
	}
}

/* A switch takes milliseconds, so one at a time is enough. */
static enum err
claim_switch(struct worker *w)
{
	const int slot = switch_slot(w);
	struct rows *r;
	enum err e;

	if (w->slot[slot].pid || w->slot[slot].dirty)
		return E_OK;
	e = db_query(&w->ctx, w->db, STMT_JOB_CLAIM_SWITCH,
		DB_IN(owner_of(w, slot), str_from_i64(w->ctx.arena,
						 w->cfg.lease_seconds * 1000)),
		&r);
	if (!e && rows_n(r) > 0)
		start_job(w, slot, r);
	return e;
}

/* Claim and start until there is no slot or no job left. */
static enum err
claim(struct worker *w)
{
	struct arena *a = w->ctx.arena;
	int slot;

	while ((slot = free_slot(w)) >= 0) {
		struct rows *r;
		enum err e = db_query(&w->ctx, w->db, STMT_JOB_CLAIM,
			DB_IN(owner_of(w, slot),
				str_from_i64(a, w->cfg.lease_seconds * 1000),
				str_from_i64(a, w->cfg.builds_global)),
			&r);

		if (e || rows_n(r) == 0)
			return e;
		start_job(w, slot, r);
		if (w->slot[slot].dirty)
			return E_OK; /* no fork: no other would do better */
	}
	return E_OK;
}

/* ---- the loop ---- */

static void
take_signals(struct worker *w)
{
	struct signalfd_siginfo s;

	while (read(w->signals, &s, sizeof(s)) == (ssize_t)sizeof(s)) {
		if (s.ssi_signo != SIGCHLD)
			w->stopping = true;
	}
	reap_children(w);
}

/* Whether a notification came that may mean work. */
static bool
take_notices(struct worker *w)
{
	char payload[64];
	bool lost = false;
	bool work = false;

	while (db_notice(w->db, payload, sizeof(payload), &lost))
		work |= str_starts(payload, "deploy:") ||
			str_starts(payload, "project:");
	return work || lost;
}

static bool
any_child(const struct worker *w)
{
	for (int i = 0; i <= switch_slot(w); i++) {
		if (w->slot[i].pid)
			return true;
	}
	for (int i = 0; i < w->helpers; i++) {
		if (w->helper[i].pid)
			return true;
	}
	return false;
}

static void
signal_children(const struct worker *w, int signal)
{
	for (int i = 0; i <= switch_slot(w); i++) {
		if (w->slot[i].pid)
			(void)kill(w->slot[i].pid, signal);
	}
	for (int i = 0; i < w->helpers; i++) {
		if (w->helper[i].pid)
			(void)kill(w->helper[i].pid, signal);
	}
}

static void
wait_event(struct worker *w, int ms)
{
	struct pollfd p[] = {
		{w->signals, POLLIN, 0}, {db_fd(w->db), POLLIN, 0}};

	(void)poll(p, NELEM(p), ms); /* what woke us is looked for anyway */
	take_signals(w);
}

static enum err
round_of_work(struct worker *w)
{
	enum err e = db_listen(&w->ctx, w->db);

	if (!e)
		e = take_back_all(w, NULL, NULL);
	if (!e)
		e = mend_slots(w);
	if (!e)
		e = claim_switch(w);
	if (!e)
		e = claim(w);
	if (!e)
		e = retire_projects(w);
	if (!e)
		e = retire_previews(w);
	if (!e)
		e = retire_releases(w);
	if (!e)
		e = usage_tell(w);
	cache_trim(w);
	return e;
}

static void
serve(struct worker *w)
{
	bool down = false;
	int64_t next = 0;

	while (!w->stopping) {
		int64_t now = clock_mono_ms();

		w->look |= take_notices(w);
		if ((w->look && !down) || now >= next) {
			w->look = false;
			worker_pulse(w);
			arena_reset(w->ctx.arena);
			start_helpers(w);
			note_db(w, round_of_work(w), &down);
			next = clock_mono_ms() + ROUND_MS;
			continue;
		}
		wait_event(w, (int)(next - now));
	}
}

/* Tell the children, wait for them, give back what is left. */
static void
stop(struct worker *w)
{
	int64_t until = clock_mono_ms() + STOP_MS;
	bool killed = false;

	signal_children(w, SIGTERM);
	while (any_child(w)) {
		int64_t left = until - clock_mono_ms();

		if (left <= 0 && !killed) {
			signal_children(w, SIGKILL);
			killed = true;
		}
		(void)take_notices(w); /* read, so that poll can wait */
		wait_event(w, (int)MAX(left, (int64_t)100));
	}
	if (mend_slots(w))
		log_debug(NULL, "leases stay until the next start");
}

/* ---- start ---- */

static void
block_signals(struct worker *w)
{
	sigset_t set;

	(void)sigemptyset(&set);
	(void)sigaddset(&set, SIGTERM);
	(void)sigaddset(&set, SIGINT);
	(void)sigaddset(&set, SIGUSR1);
	(void)sigaddset(&set, SIGCHLD);
	(void)sigprocmask(SIG_BLOCK, &set, NULL);
	w->signals = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
	ASSERT(w->signals >= 0);
}

void
worker_pulse(struct worker *w)
{
	__atomic_store_n(w->pulse, clock_mono_ms(), __ATOMIC_RELAXED);
}

/* A word that children see, too. */
static void
share_pulse(struct worker *w)
{
	void *p = mmap(NULL, sizeof(*w->pulse), PROT_READ | PROT_WRITE,
		MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED)
		out_of_memory();
	w->pulse = p;
	worker_pulse(w);
}

/* Job children keep the lock's descriptor: who gets it knows that all of a
 * predecessor's are dead. */
static bool
take_lock(struct worker *w)
{
	const char *path = arena_printf(w->ctx.arena, "%s/lock", w->builds);

	w->lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	for (int i = 0; w->lock >= 0 && flock(w->lock, LOCK_EX | LOCK_NB);
		i++) {
		if (errno != EWOULDBLOCK && errno != EINTR)
			return false;
		if (i == LOCK_LOG)
			log_event(EV_WORKER_WAITS, NULL, "lock", path, NULL);
		wait_event(w, LOCK_MS);
		if (w->stopping)
			return false;
	}
	return w->lock >= 0;
}

int
worker_serve(struct worker *w)
{
	bool down = false;
	enum err e;

	w->pid = getpid();
	w->helpers = HELPER_HOOK + (int)w->cfg.hook_senders;
	ASSERT(w->helpers <= HELPERS_MAX);
	block_signals(w);
	share_pulse(w);
	if (!fd_mkdirs(w->sites, 0755) || !fd_mkdirs(w->builds, 0700)) {
		log_event(EV_CONFIG_BAD, NULL, "setting", "state_dir", "cause",
			strerror(errno), NULL);
		return 1;
	}
	if (!take_lock(w)) {
		if (!w->stopping)
			log_event(EV_CONFIG_BAD, NULL, "setting", "state_dir",
				"cause", "the lock cannot be taken", NULL);
		return !w->stopping;
	}
	slot_wipe_all(w);
	w->cache_look = true;
	log_event(EV_START, NULL, "name", w->name, NULL);
	/* until this is done, no job of ours is told from a lost one */
	while (!w->stopping) {
		e = take_back_all(
			w, arena_printf(w->ctx.arena, "%s:", w->name), NULL);
		note_db(w, e, &down);
		if (!e)
			break;
		wait_event(w, ROUND_MS);
		arena_reset(w->ctx.arena);
	}
	serve(w);
	stop(w);
	log_event(EV_STOP, NULL, NULL);
	return 0;
}
