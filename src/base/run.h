/* run.h - children by argv, never through a shell. */
#ifndef AS_RUN_H
#define AS_RUN_H

#include "base/base.h"

#include <sys/types.h>

/* Start argv[0], an absolute path (else EINVAL). fds[i] becomes descriptor i
 * of the child (-1: /dev/null for 0-2, closed above; at most 64); all others
 * are closed. env NULL means an empty environment. Signals have their default
 * actions and none is blocked. The child dies with its parent
 * (PR_SET_PDEATHSIG). Returns the pid once the program runs, or -1 with errno,
 * that of a failed execve included. */
pid_t run_start(const char *const argv[], const char *const env[],
	const int *fds, size_t nfds);
/* Wait for the end: 0-255 exit code, or 256 + signal number. -1 with errno. */
int run_wait(pid_t pid);

#endif
