/*
 * base.c - the ends of the road: a failed assertion, no memory left. Reached
 * from everywhere; must not allocate more than a log line does.
 */
#include "base/base.h"

#include "base/log.h"

#include <unistd.h>

void
assert_failed(const char *expr, const char *file, int line)
{
	char where[256];

	(void)snprintf(where, sizeof(where), "%s:%d", file, line);
	log_event(EV_ASSERT, NULL, "expr", expr, "where", where, NULL);
	abort();
}

void
out_of_memory(void)
{
	static const char text[] = "out of memory\n";

	/* the log needs memory itself, so this bypasses it */
	if (write(2, text, sizeof(text) - 1) < 0)
		_exit(70);
	abort();
}

void
auto_close(int *fd)
{
	if (*fd >= 0)
		(void)close(*fd); /* nobody could act on it here */
}
