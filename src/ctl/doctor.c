/*
 * doctor.c - `autostack doctor`: runs the table of checks and prints what each
 * saw, with what to do about it on Debian. Needs no root; looks only at what
 * any user of the host may see.
 */
#include "ctl/doctor.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pwd.h>
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/jw.h"
#include "base/run.h"
#include "base/str.h"
#include "ext/db.h"

#define OUTPUT_MAX (64 << 10)
#define REPORT_MAX (1 << 20)

/* clang-format off */
static const struct {
	const char *name;
	doctor_fn *fn;
} checks[] = {
	{ "configuration", check_config },
	{ "programs",      check_programs },
	{ "database",      check_database },
	{ "roles",         check_roles },
	{ "clock",         check_clock },
	{ "api",           check_api },
	{ "websocket",     check_ws },
	{ "worker",        check_worker },
	{ "storage",       check_storage },
	{ "nginx",         check_nginx },
	{ "domains",       check_domains },
	{ "disk",          check_disk },
	{ "namespaces",    check_userns },
	{ "tun",           check_tun },
	{ "subuid",        check_subuid },
	{ "sandbox",       check_sandbox },
};
/* clang-format on */

static const char *const level_names[] = {
	[LEVEL_OK] = "ok",
	[LEVEL_SKIP] = "skipped",
	[LEVEL_WARN] = "warning",
	[LEVEL_BAD] = "bad",
};

void
doctor_say(struct doctor *d, enum level level, const char *fix, const char *fmt,
	...)
{
	struct finding *f = ARENA_NEW(d->c->arena, struct finding);
	va_list ap;

	f->check = d->check;
	f->level = level;
	f->fix = fix;
	va_start(ap, fmt);
	f->text = arena_vprintf(d->c->arena, fmt, ap);
	va_end(ap);
	*d->last = f;
	d->last = &f->next;
}

int
doctor_run(struct doctor *d, const char *const argv[], struct buf *out)
{
	static const char *const env[] = {
		"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:"
		"/bin",
		"LC_ALL=C.UTF-8", NULL};
	char part[4096];
	int p[2];
	ssize_t n;
	pid_t pid;

	(void)d;
	if (pipe2(p, O_CLOEXEC) != 0)
		return -1;
	pid = run_start(argv, env, (const int[]){-1, p[1], p[1]}, 3);
	(void)close(p[1]);
	while (pid >= 0 && (n = read(p[0], part, sizeof(part))) != 0)
		if (n > 0)
			buf_add(out, part, (size_t)n);
		else if (errno != EINTR)
			break;
	(void)close(p[0]);
	return pid < 0 ? -1 : run_wait(pid);
}

static const char *
absolute(struct ctl *c, const char *path)
{
	char full[PATH_MAX];

	return realpath(path, full) ? arena_strdup(c->arena, full) : path;
}

/* The command line names our configuration, or none while we use the default. */
static bool
same_conf(struct ctl *c, const char *line, size_t n)
{
	const char *end = line + n;
	const char *arg = line;

	for (arg += strlen(arg) + 1; arg < end; arg += strlen(arg) + 1) {
		if (!str_eq(arg, "-c"))
			continue;
		arg += strlen(arg) + 1;
		return arg < end &&
		       str_eq(absolute(c, arg),
			       absolute(
				       c, c->conf ? c->conf
						  : SYSCONFDIR
						  "/autostack/autostack.conf"));
	}
	return !c->conf;
}

int
doctor_processes(struct doctor *d, const char *program)
{
	struct arena *a = d->c->arena;
	DIR *proc = opendir("/proc");
	struct dirent *e;
	const char *base;
	const char *line;
	size_t n;
	int found = 0;

	while (proc && (e = readdir(proc))) {
		if (e->d_name[0] < '1' || e->d_name[0] > '9')
			continue;
		line = fd_read_file(a,
			arena_printf(a, "/proc/%s/cmdline", e->d_name),
			OUTPUT_MAX, &n);
		if (!line || n == 0)
			continue;
		base = strrchr(line, '/');
		if (str_eq(base ? base + 1 : line, program) &&
			same_conf(d->c, line, n))
			found++;
	}
	if (proc)
		(void)closedir(proc);
	return found;
}

const struct passwd *
doctor_worker(void)
{
	const struct passwd *pw;

	if (getuid() != 0)
		return getpwuid(getuid());
	pw = getpwnam("autostack-worker");
	return pw ? pw : getpwnam("autostack");
}

static void
print_text(struct buf *b, const struct doctor *d)
{
	const struct finding *f;

	for (f = d->first; f; f = f->next) {
		buf_printf(b, "%-8s%-14s %s\n", level_names[f->level], f->check,
			f->text);
		if (f->fix)
			buf_printf(b, "        -> %s\n", f->fix);
	}
}

static void
print_json(struct buf *b, const struct doctor *d, bool well)
{
	const struct finding *f;
	struct jw w;

	jw_init(&w, b);
	jw_object(&w);
	jw_kbool(&w, "ok", well);
	jw_key(&w, "checks");
	jw_array(&w);
	for (f = d->first; f; f = f->next) {
		jw_object(&w);
		jw_kstr(&w, "check", f->check);
		jw_kstr(&w, "level", level_names[f->level]);
		jw_kstr(&w, "text", f->text);
		jw_kstr(&w, "fix", f->fix);
		jw_object_end(&w);
	}
	jw_array_end(&w);
	jw_object_end(&w);
	buf_char(b, '\n');
}

int
ctl_doctor(struct ctl *c, int argc, char **argv)
{
	struct doctor d = {.c = c, .last = &d.first};
	bool json = argc == 2 && str_eq(argv[1], "--json");
	const struct finding *f;
	AUTO_BUF struct buf b = {0};
	bool well = true;
	size_t i;

	if (argc > 1 && !json)
		return ctl_usage("doctor", argv[1]);
	for (i = 0; i < NELEM(checks); i++) {
		d.check = checks[i].name;
		ctx_clear(&c->ctx);
		checks[i].fn(&d);
	}
	for (f = d.first; f; f = f->next)
		well = well && f->level != LEVEL_BAD;
	buf_init(&b, REPORT_MAX);
	if (json)
		print_json(&b, &d, well);
	else
		print_text(&b, &d);
	(void)fputs(buf_text(&b), stdout);
	return well ? CTL_OK : CTL_FAILED;
}
