/*
 * dns.h - looks names up by libresolv. It waits (seconds, at worst), so no
 * request does it. Answers come from strangers: they are read by bounds and
 * mean nothing beyond what their texts say.
 */
#ifndef AS_EXT_DNS_H
#define AS_EXT_DNS_H

#include "base/base.h"
#include "base/err.h"

#include <netinet/in.h>

#define DNS_RECORDS_MAX 64

enum dns_end {
	DNS_FOUND,
	DNS_NONE,     /* the name or such records of it do not exist */
	DNS_NO_ANSWER /* nobody says whether they do */
};

struct dns_texts {
	const char
		*text[DNS_RECORDS_MAX]; /* without their control characters */
	size_t n;
};
struct dns_addresses {
	char text[DNS_RECORDS_MAX][INET6_ADDRSTRLEN]; /* as inet_ntop writes */
	size_t n;
};

/* server: "ADDRESS" or "ADDRESS:PORT" (IPv4), or "": the system's. */
MUST enum dns_end dns_texts(struct ctx *ctx, const char *server,
	const char *name, struct dns_texts *ret);
/* Of both kinds, A and AAAA. */
MUST enum dns_end dns_addresses(struct ctx *ctx, const char *server,
	const char *name, struct dns_addresses *ret);

/* An address of either kind in the form of struct dns_addresses. False: it is
 * none. */
MUST bool dns_address(const char *text, char ret[INET6_ADDRSTRLEN]);

/* NULL, or what is wrong with a setting of a server. */
const char *dns_server_wrong(const char *server);

/* The records of one answer as it came. False: it is malformed. For the two
 * above and for tests. */
MUST bool dns_read_texts(
	struct ctx *ctx, const uint8_t *p, size_t n, struct dns_texts *ret);
MUST bool dns_read_addresses(
	const uint8_t *p, size_t n, struct dns_addresses *ret);

#endif
