/*
 * run.c - starting and awaiting children. Used for git, nginx and other tools;
 * nothing is ever handed to a shell.
 */
#include "base/run.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define FDS_MAX 64

struct start {
	const char *const *argv;
	const char *const *env;
	const int *fds;
	size_t nfds;
	pid_t parent;
	int report; /* write end of the pipe that tells a failure's errno */
};

/* Descriptors 0 .. n-1 in place, the report pipe at n, all above closed.
 * Sources are moved out of the way first, since they may overlap. */
static bool
child_fds(struct start *s)
{
	int moved[FDS_MAX];
	int n = (int)MAX(s->nfds, (size_t)3);

	s->report = fcntl(s->report, F_DUPFD_CLOEXEC, 2 * FDS_MAX);
	if (s->report < 0)
		return false;
	for (int i = 0; i < n; i++) {
		int from = (size_t)i < s->nfds ? s->fds[i] : -1;

		moved[i] = -1;
		if (from < 0 && i >= 3)
			continue;
		moved[i] = from < 0 ? open("/dev/null", O_RDWR | O_CLOEXEC)
				    : fcntl(from, F_DUPFD_CLOEXEC, FDS_MAX);
		if (moved[i] < 0)
			return false;
	}
	for (int i = 0; i < n; i++) {
		if (moved[i] < 0)
			(void)close(i);
		else if (moved[i] == i ? fcntl(i, F_SETFD, 0) < 0
				       : dup2(moved[i], i) < 0)
			return false;
	}
	if (s->report != n) {
		if (dup3(s->report, n, O_CLOEXEC) < 0)
			return false;
		s->report = n;
	}
	return close_range((unsigned)n + 1, ~0U, 0) == 0;
}

static void
child_signals(void)
{
	sigset_t none;

	for (int sig = 1; sig < NSIG; sig++)
		(void)signal(sig, SIG_DFL); /* KILL and STOP refuse: fine */
	(void)sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
}

NORETURN static void
child(struct start *s)
{
	static const char *const empty[] = {NULL};
	const char *const *env = s->env ? s->env : empty;
	int why;

	if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0)
		goto out;
	/* a parent that died before the call above sends no signal */
	if (getppid() != s->parent)
		_exit(127);
	if (!child_fds(s))
		goto out;
	child_signals();
	(void)execve(s->argv[0], (char *const *)s->argv, (char *const *)env);
out:
	why = errno;
	if (write(s->report, &why, sizeof(why)) < 0)
		_exit(126); /* the parent sees an early end then */
	_exit(127);
}

/* The errno of a child that did not reach its program, 0 when it did. */
static int
read_report(int fd)
{
	int why = 0;
	ssize_t n;

	do {
		n = read(fd, &why, sizeof(why));
	} while (n < 0 && errno == EINTR);
	if (n == 0)
		return 0;
	return n == (ssize_t)sizeof(why) ? why : EIO;
}

pid_t
run_start(const char *const argv[], const char *const env[], const int *fds,
	size_t nfds)
{
	int ends[2];
	int why;
	pid_t pid;
	sigset_t all;
	sigset_t old;
	struct start s = {argv, env, fds, nfds, getpid(), -1};

	if (!argv[0] || argv[0][0] != '/' || nfds > FDS_MAX) {
		errno = EINVAL;
		return -1;
	}
	if (pipe2(ends, O_CLOEXEC) < 0)
		return -1;
	s.report = ends[1];
	/* no handler of ours may run in the child */
	(void)sigfillset(&all);
	(void)sigprocmask(SIG_SETMASK, &all, &old);
	pid = fork();
	if (pid == 0)
		child(&s);
	why = errno;
	(void)sigprocmask(SIG_SETMASK, &old, NULL);
	(void)close(ends[1]);
	if (pid > 0)
		why = read_report(ends[0]);
	(void)close(ends[0]);
	if (pid > 0 && why) {
		(void)run_wait(pid); /* it has said what there is to say */
		pid = -1;
	}
	if (pid < 0)
		errno = why;
	return pid;
}

int
run_wait(pid_t pid)
{
	int status;
	pid_t r;

	do {
		r = waitpid(pid, &status, 0);
	} while (r < 0 && errno == EINTR);
	if (r < 0)
		return -1;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 256 + WTERMSIG(status);
}
