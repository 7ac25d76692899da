/*
 * smtpc.h - one message to a mail server, by libcurl. Each transfer has a
 * fresh handle and a fresh connection, takes nothing from the environment (no
 * proxy, no .netrc), and ends in time.
 */
#ifndef AS_EXT_SMTPC_H
#define AS_EXT_SMTPC_H

#include "base/base.h"

struct arena;

/* One message to one recipient. Texts that are not needed are "". */
struct smtpc_mail {
	const char *host;
	int64_t port;
	bool tls; /* false: in clear text, and to a loopback address only.
		   * Port 465 is TLS from the start whatever this says, any
		   * other has to offer STARTTLS. */
	const char *ca_file; /* "": the system's authorities */
	const char *user, *pass;
	const char *hello; /* this host's name, for EHLO */
	const char *from, *to;
	const char *text; /* lines end with CRLF; dots are taken care of */
	/* asked about once a second: true ends the transfer. May be NULL. */
	bool (*stop)(void *arg);
	void *arg;
};

enum smtpc_end {
	SMTPC_DONE,
	SMTPC_LATER, /* it may work another time */
	SMTPC_NEVER, /* the server has refused this message for good */
	SMTPC_STOPPED,
};

/* Why it did not work. */
struct smtpc_why {
	const char *cause; /* for the log: names no address, quotes nobody */
	const char *said;  /* the server's last line, cut and cleaned; or "" */
};

/* Speaks to the server until it has taken the message or refused it. *ret_why
 * is set unless it is SMTPC_DONE; its texts live on the arena. */
MUST enum smtpc_end smtpc_mail(
	struct arena *a, const struct smtpc_mail *m, struct smtpc_why *ret_why);

#endif
