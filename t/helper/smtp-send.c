/*
 * smtp-send.c - smtp-send HOST PORT yes|no CA-FILE USER PASS < message: one
 * message by smtpc_mail(), from a@example.com to b@example.com. Prints how it
 * ended and why.
 */
#include "base/base.h"

#include "base/arena.h"
#include "base/fd.h"
#include "base/str.h"
#include "ext/smtpc.h"

int
main(int argc, char **argv)
{
	static const char *const ends[] = {"done", "later", "never", "stopped"};
	struct arena *a = arena_new(1 << 24, 1 << 26);
	struct smtpc_why why = {"", ""};
	struct smtpc_mail m = {.hello = "[127.0.0.1]",
		.from = "a@example.com",
		.to = "b@example.com"};
	enum smtpc_end end;

	if (argc != 7 || !str_to_i64(argv[2], 1, 65535, &m.port))
		return 2;
	m.host = argv[1];
	m.tls = str_eq(argv[3], "yes");
	m.ca_file = argv[4];
	m.user = argv[5];
	m.pass = argv[6];
	m.text = fd_read_file(a, "/dev/stdin", 1 << 20, NULL);
	if (!m.text)
		return 2;
	end = smtpc_mail(a, &m, &why);
	(void)printf("%s: %s: %s\n", ends[end], why.cause, why.said);
	arena_free(a);
	return 0;
}
