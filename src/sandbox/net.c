/*
 * net.c - what the build's own network may reach, set by rtnetlink before
 * anything hostile starts (SB-3). C calls it with CAP_NET_ADMIN over the
 * namespace and drops that right for ever afterwards.
 *
 * Three walls stand behind each other:
 *  1. policy rules: of slirp's 10.0.2.0/24 only the resolver's port 53;
 *     unreachable routes for every refused range;
 *  2. no ARP: a socket that names its interface (SO_BINDTODEVICE, IP_PKTINFO)
 *     makes the kernel ignore "unreachable" and take the address for a
 *     neighbour on the link. So the kernel is told to ask for no neighbour at
 *     all, and only the gateway has a permanent entry. (libslirp 4.7 drops such
 *     packets as well; an older one forwards every port of the resolver.)
 *  3. slirp4netns --disable-host-loopback.
 * Every request is acknowledged by the kernel, and the outcome is looked up
 * again in the finished tables.
 */
#include "base/base.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <ifaddrs.h>
#include <net/if.h> /* before linux/, which then leaves its names alone */
#include <linux/fib_rules.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>
#include <unistd.h>

#include "sandbox/box.h"

#define DNS_TABLE 53
#define GATEWAY   "10.0.2.2"
#define RESOLVER  "10.0.2.3"

/* WH-2 without RFC 5737's documentation ranges, where some networks map their
 * package mirrors. */
static const char *const default_refused[] = {"0.0.0.0/8", "10.0.0.0/8",
	"100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12",
	"192.0.0.0/24", "192.168.0.0/16", "198.18.0.0/15", "224.0.0.0/4",
	"240.0.0.0/4", "168.63.129.16/32"};

struct msg {
	struct nlmsghdr h;
	char data[512];
};

static void
msg_init(struct msg *m, uint16_t type, uint16_t flags, const void *body,
	size_t size)
{
	memset(m, 0, sizeof(*m));
	m->h.nlmsg_type = type;
	m->h.nlmsg_flags = (uint16_t)(NLM_F_REQUEST | NLM_F_ACK | flags);
	m->h.nlmsg_len = (uint32_t)NLMSG_LENGTH(size);
	memcpy(NLMSG_DATA(&m->h), body, size);
}

static struct rtattr *
msg_attr(struct msg *m, uint16_t type, const void *data, size_t size)
{
	size_t at = NLMSG_ALIGN(m->h.nlmsg_len);
	struct rtattr *a = (struct rtattr *)(void *)((char *)m + at);

	ASSERT(at + RTA_SPACE(size) <= sizeof(*m));
	a->rta_type = type;
	a->rta_len = (uint16_t)RTA_LENGTH(size);
	if (size)
		memcpy(RTA_DATA(a), data, size);
	m->h.nlmsg_len = (uint32_t)(at + RTA_SPACE(size));
	return a;
}

static void
msg_u32(struct msg *m, uint16_t type, uint32_t v)
{
	msg_attr(m, type, &v, sizeof(v));
}

/* Sends, waits for the answer; 0 or a positive errno. */
static int
msg_talk(int fd, struct msg *m)
{
	char buf[4096];
	struct nlmsghdr *h = (struct nlmsghdr *)(void *)buf;
	const struct nlmsgerr *e = NLMSG_DATA(h);
	ssize_t n;

	if (send(fd, m, m->h.nlmsg_len, 0) < 0)
		return errno;
	do
		n = recv(fd, buf, sizeof(buf), 0);
	while (n < 0 && errno == EINTR);
	if (n < (ssize_t)NLMSG_LENGTH(sizeof(*e)))
		return n < 0 ? errno : EPROTO;
	if (h->nlmsg_type != NLMSG_ERROR)
		return 0;
	return -e->error;
}

static int
net_open(struct box *b)
{
	struct timeval tv = {.tv_sec = 5};
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);

	if (fd < 0 ||
		setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv)) != 0)
		box_fail(b, "rtnetlink: %s", strerror(errno));
	return fd;
}

static void
must(struct box *b, int err, const char *what)
{
	if (err)
		box_fail(b, "network rules: %s: %s", what, strerror(err));
}

void
net_ipv6_off(struct box *b)
{
	static const char *const files[] = {
		"/proc/sys/net/ipv6/conf/all/disable_ipv6",
		"/proc/sys/net/ipv6/conf/default/disable_ipv6"};

	for (size_t i = 0; i < NELEM(files); i++) {
		int fd = open(files[i], O_WRONLY | O_CLOEXEC);

		if (fd < 0 && errno == ENOENT)
			continue; /* a kernel without IPv6 */
		if (fd < 0 || write(fd, "1", 1) != 1)
			box_fail(b, "switching IPv6 off: %s", strerror(errno));
		close(fd);
	}
}

void
net_up_loopback(struct box *b)
{
	struct ifinfomsg i = {
		.ifi_index = 1, .ifi_flags = IFF_UP, .ifi_change = IFF_UP};
	AUTO_FD int fd = net_open(b);
	struct msg m;

	msg_init(&m, RTM_NEWLINK, 0, &i, sizeof(i));
	must(b, msg_talk(fd, &m), "loopback");
}

/* The last ARP request of this namespace, for the gateway: slirp4netns learns
 * our hardware address from it. Otherwise it would have to ask in its turn, and
 * the answer to the build's first packet gets lost over that. */
static void
introduce(struct box *b)
{
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(9)};
	AUTO_FD int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	inet_pton(AF_INET, GATEWAY, &to.sin_addr);
	if (fd < 0 || sendto(fd, "", 1, MSG_DONTWAIT, (struct sockaddr *)&to,
			      sizeof(to)) != 1)
		box_fail(b, "first packet to slirp4netns: %s", strerror(errno));
}

/* No neighbour is ever asked for on TAP, but the gateway is known. slirp4netns
 * does not look at the hardware address. */
static void
no_arp(struct box *b, int fd, uint32_t tap)
{
	static const uint16_t off[] = {NDTPA_MCAST_PROBES, NDTPA_UCAST_PROBES,
		NDTPA_APP_PROBES, NDTPA_MCAST_REPROBES};
	static const uint8_t mac[6] = {0x52, 0x55, 10, 0, 2, 2};
	struct ndtmsg t = {.ndtm_family = AF_INET};
	struct ndmsg n = {.ndm_family = AF_INET,
		.ndm_ifindex = (int)tap,
		.ndm_state = NUD_PERMANENT};
	struct in_addr gw;
	struct rtattr *nest;
	struct msg m;

	msg_init(&m, RTM_SETNEIGHTBL, 0, &t, sizeof(t));
	msg_attr(&m, NDTA_NAME, "arp_cache", sizeof("arp_cache"));
	nest = msg_attr(&m, NDTA_PARMS, NULL, 0);
	msg_u32(&m, NDTPA_IFINDEX, tap);
	for (size_t i = 0; i < NELEM(off); i++)
		msg_u32(&m, off[i], 0);
	nest->rta_len = (uint16_t)((char *)&m + m.h.nlmsg_len - (char *)nest);
	must(b, msg_talk(fd, &m), "no ARP");

	inet_pton(AF_INET, GATEWAY, &gw);
	msg_init(&m, RTM_NEWNEIGH, NLM_F_CREATE | NLM_F_REPLACE, &n, sizeof(n));
	msg_attr(&m, NDA_DST, &gw, sizeof(gw));
	msg_attr(&m, NDA_LLADDR, mac, sizeof(mac));
	must(b, msg_talk(fd, &m), "gateway");
}

static void
rule(struct box *b, int fd, uint32_t prio, const char *to, uint8_t bits,
	uint8_t proto)
{
	struct fib_rule_hdr r = {.family = AF_INET, .dst_len = bits};
	struct fib_rule_port_range port = {53, 53};
	struct in_addr a;
	struct msg m;

	inet_pton(AF_INET, to, &a);
	r.action = proto ? FR_ACT_TO_TBL : FR_ACT_UNREACHABLE;
	r.table = proto ? DNS_TABLE : RT_TABLE_UNSPEC;
	msg_init(&m, RTM_NEWRULE, NLM_F_CREATE | NLM_F_EXCL, &r, sizeof(r));
	msg_attr(&m, FRA_DST, &a, sizeof(a));
	msg_u32(&m, FRA_PRIORITY, prio);
	if (proto) {
		msg_attr(&m, FRA_IP_PROTO, &proto, 1);
		msg_attr(&m, FRA_DPORT_RANGE, &port, sizeof(port));
	}
	must(b, msg_talk(fd, &m), "policy rule");
}

static void
resolver_route(struct box *b, int fd, uint32_t tap)
{
	struct rtmsg r = {.rtm_family = AF_INET,
		.rtm_dst_len = 32,
		.rtm_table = DNS_TABLE,
		.rtm_protocol = RTPROT_STATIC,
		.rtm_scope = RT_SCOPE_UNIVERSE,
		.rtm_type = RTN_UNICAST,
		.rtm_flags = RTNH_F_ONLINK};
	struct in_addr dst, gw;
	struct msg m;

	inet_pton(AF_INET, RESOLVER, &dst);
	inet_pton(AF_INET, GATEWAY, &gw);
	msg_init(&m, RTM_NEWROUTE, NLM_F_CREATE | NLM_F_REPLACE, &r, sizeof(r));
	msg_attr(&m, RTA_DST, &dst, sizeof(dst));
	msg_attr(&m, RTA_GATEWAY, &gw, sizeof(gw));
	msg_u32(&m, RTA_OIF, tap);
	must(b, msg_talk(fd, &m), "resolver's route");
}

/* "a.b.c.d/n" */
static bool
parse_cidr(const char *s, struct in_addr *ret_a, uint8_t *ret_bits)
{
	char host[INET_ADDRSTRLEN];
	const char *slash = strchr(s, '/');
	size_t n = slash ? (size_t)(slash - s) : strlen(s);
	int64_t bits = 32;

	if (n >= sizeof(host))
		return false;
	memcpy(host, s, n);
	host[n] = '\0';
	if (inet_pton(AF_INET, host, ret_a) != 1 ||
		(slash && !parse_number(slash + 1, 0, 32, &bits)))
		return false;
	*ret_bits = (uint8_t)bits;
	ret_a->s_addr &= htonl(bits ? ~0U << (32 - bits) : 0);
	return true;
}

static void
unreachable(struct box *b, int fd, struct in_addr a, uint8_t bits)
{
	struct rtmsg r = {.rtm_family = AF_INET,
		.rtm_dst_len = bits,
		.rtm_table = RT_TABLE_MAIN,
		.rtm_protocol = RTPROT_STATIC,
		.rtm_scope = RT_SCOPE_UNIVERSE,
		.rtm_type = RTN_UNREACHABLE};
	struct msg m;

	msg_init(&m, RTM_NEWROUTE, NLM_F_CREATE | NLM_F_REPLACE, &r, sizeof(r));
	msg_attr(&m, RTA_DST, &a, sizeof(a));
	must(b, msg_talk(fd, &m), "unreachable route");
}

/* What the kernel answers for a packet to A: 0 = it would be sent. */
static int
route_get(int fd, struct in_addr a, uint8_t proto, uint16_t port)
{
	struct rtmsg r = {.rtm_family = AF_INET, .rtm_dst_len = 32};
	struct msg m;

	port = htons(port);
	msg_init(&m, RTM_GETROUTE, 0, &r, sizeof(r));
	m.h.nlmsg_flags &= (uint16_t)~NLM_F_ACK;
	msg_attr(&m, RTA_DST, &a, sizeof(a));
	if (proto) {
		msg_attr(&m, RTA_IP_PROTO, &proto, 1);
		msg_attr(&m, RTA_DPORT, &port, sizeof(port));
	}
	return msg_talk(fd, &m);
}

static void
refuse_one(struct box *b, int fd, const char *cidr)
{
	struct in_addr a, first;
	uint8_t bits;
	int err;

	if (!parse_cidr(cidr, &a, &bits))
		box_fail(b, "--refuse %s is not an IPv4 range", cidr);
	unreachable(b, fd, a, bits);
	first.s_addr = htonl(ntohl(a.s_addr) | (bits < 31 ? 1 : 0));
	if (ntohl(a.s_addr) >> 24 == 127)
		return; /* the build's own loopback, which is its own affair */
	err = route_get(fd, first, IPPROTO_TCP, 443);
	if (err == 0)
		box_fail(b, "network rules: %s is still reachable", cidr);
}

static void
check_resolver(struct box *b, int fd)
{
	struct in_addr dns, gw;

	inet_pton(AF_INET, RESOLVER, &dns);
	inet_pton(AF_INET, GATEWAY, &gw);
	if (route_get(fd, dns, IPPROTO_UDP, 53) != 0 ||
		route_get(fd, dns, IPPROTO_TCP, 53) != 0)
		box_fail(b, "network rules: the resolver is not reachable");
	if (route_get(fd, dns, IPPROTO_TCP, 80) == 0 ||
		route_get(fd, dns, IPPROTO_UDP, 54) == 0 ||
		route_get(fd, gw, IPPROTO_TCP, 53) == 0)
		box_fail(b, "network rules: the gateway is reachable");
}

void
net_refuse(struct box *b)
{
	AUTO_FD int fd = net_open(b);
	uint32_t tap = if_nametoindex("tap0");

	if (!tap)
		box_fail(b, "slirp4netns made no tap0");
	introduce(b);
	no_arp(b, fd, tap);
	resolver_route(b, fd, tap);
	rule(b, fd, 100, RESOLVER, 32, IPPROTO_UDP);
	rule(b, fd, 101, RESOLVER, 32, IPPROTO_TCP);
	rule(b, fd, 200, "10.0.2.0", 24, 0);
	for (int i = 0; i < b->refuses; i++)
		refuse_one(b, fd, b->refuse[i]);
	for (size_t i = 0; !b->refuses && i < NELEM(default_refused); i++)
		refuse_one(b, fd, default_refused[i]);
	for (int i = 0; i < b->own_addresses; i++)
		unreachable(b, fd, b->own_address[i], 32);
	check_resolver(b, fd);
}

void
net_own_addresses(struct box *b)
{
	struct ifaddrs *list, *i;

	if (getifaddrs(&list) != 0)
		box_fail(b, "getifaddrs: %s", strerror(errno));
	for (i = list; i; i = i->ifa_next) {
		struct sockaddr_in sin;

		if (!i->ifa_addr || i->ifa_addr->sa_family != AF_INET ||
			(i->ifa_flags & IFF_LOOPBACK))
			continue;
		if (b->own_addresses == OWN_MAX)
			box_fail(b, "more than %d addresses on this host",
				OWN_MAX);
		memcpy(&sin, i->ifa_addr, sizeof(sin));
		b->own_address[b->own_addresses++] = sin.sin_addr;
	}
	freeifaddrs(list);
}
