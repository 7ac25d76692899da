/*
 * openapi.c - `autostack openapi`: the document comes from the program that
 * serves it, so both cannot differ.
 */
#include "base/base.h"

#include <errno.h>
#include <unistd.h>

#include "base/place.h"
#include "base/run.h"
#include "ctl/ctl.h"

int
ctl_openapi(struct ctl *c, int argc, char **argv)
{
	const char *api = place_program(c->arena, "autostack-api");
	const char *const args[] = {api, "-x", "openapi", NULL};
	const int fds[] = {-1, STDOUT_FILENO, STDERR_FILENO};
	pid_t pid;

	if (argc > 1)
		return ctl_usage("openapi", argv[1]);
	pid = run_start(args, NULL, fds, NELEM(fds));
	if (pid < 0)
		return ctl_error("%s: %s", api, strerror(errno));
	return run_wait(pid) == 0 ? CTL_OK : CTL_FAILED;
}
