/*
 * egress.c - the address ranges of SECURITY.md WH-2. Knows nothing of names,
 * URLs or settings.
 */
#include "svc/egress.h"

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <netinet/in.h>
#include <sys/socket.h>

/* Both families as 16 bytes: IPv4 stands at ::ffff:0:0/96. */
struct range {
	const char *net;
	unsigned bits;
	const char *why;
};

/* clang-format off */
static const struct range ranges4[] = {
	{ "0.0.0.0",         8, "this host" },
	{ "10.0.0.0",        8, "a private network" },
	{ "100.64.0.0",     10, "a carrier's private network" },
	{ "127.0.0.0",       8, "loopback" },
	{ "169.254.0.0",    16, "link-local" },
	{ "172.16.0.0",     12, "a private network" },
	{ "192.0.0.0",      24, "reserved" },
	{ "192.0.2.0",      24, "reserved for documentation" },
	{ "192.168.0.0",    16, "a private network" },
	{ "198.18.0.0",     15, "reserved for benchmarks" },
	{ "198.51.100.0",   24, "reserved for documentation" },
	{ "203.0.113.0",    24, "reserved for documentation" },
	{ "224.0.0.0",       4, "multicast" },
	{ "240.0.0.0",       4, "reserved" },
	{ "168.63.129.16",  32, "a cloud's metadata service" },
	{ NULL, 0, NULL },
};
static const struct range ranges6[] = {
	{ "64:ff9b:1::",    48, "a local translation prefix" },
	{ "2001::",         32, "a tunnel" },
	{ "2002::",         16, "a tunnel" },
	{ "2001:db8::",     32, "reserved for documentation" },
	{ "100::",          64, "a discard prefix" },
	{ "fc00::",          7, "a private network" },
	{ "fe80::",         10, "link-local" },
	{ "fec0::",         10, "site-local" },
	{ "ff00::",          8, "multicast" },
	{ NULL, 0, NULL },
};
/* clang-format on */

/* The first `bits` bits are the same. */
static bool
same_net(const uint8_t *a, const uint8_t *b, unsigned bits)
{
	unsigned whole = bits / 8;
	unsigned rest = bits % 8;
	uint8_t mask = (uint8_t)(0xff00 >> rest);

	return memcmp(a, b, whole) == 0 &&
	       (rest == 0 || (a[whole] & mask) == (b[whole] & mask));
}

static const char *
find(const struct range *r, int family, const uint8_t *addr)
{
	uint8_t net[16];

	for (; r->net; r++) {
		int ok = inet_pton(family, r->net, net);

		ASSERT(ok == 1);
		if (same_net(addr, net, r->bits))
			return r->why;
	}
	return NULL;
}

static const char *
refused6(const uint8_t *a)
{
	static const uint8_t zero[16];
	static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};
	static const uint8_t nat64[12] = {0x00, 0x64, 0xff, 0x9b};
	static const uint8_t loopback[16] = {[15] = 1};

	if (memcmp(a, zero, 16) == 0)
		return "this host";
	if (memcmp(a, loopback, 16) == 0)
		return "loopback";
	if (memcmp(a, mapped, 12) == 0 || memcmp(a, zero, 12) == 0 ||
		memcmp(a, nat64, 12) == 0)
		return find(ranges4, AF_INET, a + 12);
	return find(ranges6, AF_INET6, a);
}

const char *
egress_refused(const struct sockaddr *sa)
{
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;

	if (sa->sa_family == AF_INET) {
		memcpy(&v4, sa, sizeof(v4));
		return find(ranges4, AF_INET, (const uint8_t *)&v4.sin_addr);
	}
	if (sa->sa_family == AF_INET6) {
		memcpy(&v6, sa, sizeof(v6));
		return refused6((const uint8_t *)&v6.sin6_addr);
	}
	return "of an unknown kind";
}

/* The address as 16 bytes, IPv4 at ::ffff:0:0/96; false: neither family. */
static bool
bytes_of(const struct sockaddr *sa, uint8_t dst[16])
{
	static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;

	if (sa && sa->sa_family == AF_INET) {
		memcpy(&v4, sa, sizeof(v4));
		memcpy(dst, mapped, sizeof(mapped));
		memcpy(dst + 12, &v4.sin_addr, 4);
		return true;
	}
	if (!sa || sa->sa_family != AF_INET6)
		return false;
	memcpy(&v6, sa, sizeof(v6));
	memcpy(dst, &v6.sin6_addr, 16);
	return true;
}

const char *
egress_refused_strictly(const struct sockaddr *sa)
{
	const char *why = egress_refused(sa);
	struct ifaddrs *list = NULL;
	uint8_t to[16], own[16];

	if (why)
		return why;
	if (!bytes_of(sa, to) || getifaddrs(&list) < 0)
		return "of an unknown kind";
	for (const struct ifaddrs *i = list; i && !why; i = i->ifa_next) {
		if (bytes_of(i->ifa_addr, own) && memcmp(own, to, 16) == 0)
			why = "this host";
	}
	freeifaddrs(list);
	return why;
}
