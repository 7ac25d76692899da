/*
 * xfer.h - what goes out to other servers, by libcurl. Each transfer has a
 * fresh handle and a fresh connection, takes nothing from the environment (no
 * proxy, no .netrc), and ends in time.
 */
#ifndef AS_EXT_XFER_H
#define AS_EXT_XFER_H

#include "base/base.h"

struct arena;

/* One message to one recipient. Texts that are not needed are "". */
struct xfer_mail {
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

enum xfer_end {
	XFER_DONE,
	XFER_LATER, /* it may work another time */
	XFER_NEVER, /* the server has refused this message for good */
	XFER_STOPPED,
};

/* Why it did not work. */
struct xfer_why {
	const char *cause; /* for the log: names no address, quotes nobody */
	const char *said;  /* the server's last line, cut and cleaned; or "" */
};

/* Speaks to the server until it has taken the message or refused it. *ret_why
 * is set unless it is XFER_DONE; its texts live on the arena. */
MUST enum xfer_end xfer_mail(
	struct arena *a, const struct xfer_mail *m, struct xfer_why *ret_why);

#endif
