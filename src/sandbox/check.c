/*
 * check.c - the verb "check" for `autostack doctor`: builds each kind of sandbox
 * once around /bin/true, in lines for people. What it prints about a failure is
 * what a build would be refused with.
 */
#include "base/base.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sandbox/box.h"
#include "sandbox/sandbox.h"

/* Runs a copy of B and returns its result line without the newline. */
static bool
try(const struct box *b, enum net_mode net, char *line, size_t size)
{
	static char *argv[] = {(char *)"/bin/true", NULL};
	struct box copy = *b;
	ssize_t n;
	int p[2];
	pid_t pid;

	if (pipe2(p, O_CLOEXEC) != 0)
		box_fail(&copy, "pipe: %s", strerror(errno));
	pid = fork();
	if (pid == 0) {
		int null = open("/dev/null", O_WRONLY | O_CLOEXEC);

		(void)dup2(null, STDOUT_FILENO);
		copy.status_fd = p[1];
		copy.net = net;
		copy.argv = argv;
		_exit(box_run(&copy));
	}
	close(p[1]);
	n = pid < 0 ? -1 : read(p[0], line, size - 1);
	close(p[0]);
	line[n > 0 ? n : 0] = '\0';
	line[strcspn(line, "\n")] = '\0';
	while (pid > 0 && waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
	return strncmp(line, "exit 0 ", 7) == 0;
}

int
box_check(struct box *b)
{
	static const struct {
		enum net_mode net;
		const char *what;
	} row[] = {
		{NET_HOST, "clone step (host's network)"},
		{NET_ISOLATED, "build step (isolated network)"},
		{NET_NONE, "build step (no network)"},
	};
	int code = SANDBOX_EXIT_OK;
	char line[SANDBOX_LINE_MAX];

	for (size_t i = 0; i < NELEM(row); i++) {
		if (try(b, row[i].net, line, sizeof(line))) {
			printf("ok      %s: %s\n", row[i].what,
				strstr(line, "limits="));
			continue;
		}
		printf("FAILED  %s: %s\n", row[i].what,
			line[0] ? line : "the sandbox died");
		code = SANDBOX_EXIT_SETUP;
	}
	return code;
}
