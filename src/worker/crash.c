/*
 * crash.c - places where the tests of SB-13 kill or hold a job. Developer
 * builds only; the others have an empty function in worker.h.
 */
#include "worker/worker.h"

#ifdef AS_DEVELOPER

#include <poll.h>
#include <signal.h>
#include <unistd.h>

#define HOLD_MS 60000

/* "DIR/step.what" */
static const char *
file(char *path, size_t size, const char *step, const char *what)
{
	(void)snprintf(path, size, "%s/%s.%s", getenv("AS_CRASH"), step, what);
	return path;
}

void
crash_point(const char *step)
{
	char from[512];
	char to[512];

	if (!getenv("AS_CRASH"))
		return;
	if (unlink(file(from, sizeof(from), step, "job")) == 0)
		(void)kill(getpid(), SIGKILL);
	if (unlink(file(from, sizeof(from), step, "worker")) == 0) {
		(void)kill(getppid(), SIGKILL);
		(void)pause(); /* until PR_SET_PDEATHSIG takes this one */
	}
	if (rename(file(from, sizeof(from), step, "pause"),
		    file(to, sizeof(to), step, "paused")) != 0)
		return;
	for (int ms = 0; ms < HOLD_MS && access(to, F_OK) == 0; ms += 20)
		(void)poll(NULL, 0, 20);
}

#endif
