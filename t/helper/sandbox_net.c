/*
 * sandbox_net.c - tries to reach addresses, for t/3102-sandbox-net.t. Each
 * argument is one attempt, each line of output its outcome:
 *
 *	tcp:ADDRESS:PORT       OPEN, or why not
 *	udp:ADDRESS:PORT       ANSWERED, or why not (a trap answers everything)
 *	link:ADDRESS:PORT      udp, naming the interface tap0 (IP_PKTINFO), which
 *	                       makes the kernel ignore unreachable routes
 *	route:ADDRESS:PORT     tcp with a loose source route by way of a public
 *	                       address
 *	unix:NAME              an abstract socket
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/ip.h>
#include <poll.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define PATIENCE_MS 700

static const char *
wait_connect(int fd, const struct sockaddr *sa, socklen_t len)
{
	struct pollfd p = {.fd = fd, .events = POLLOUT};
	int err = 0;
	socklen_t n = sizeof(err);

	if (connect(fd, sa, len) == 0)
		return "OPEN";
	if (errno != EINPROGRESS)
		return strerror(errno);
	if (poll(&p, 1, PATIENCE_MS) <= 0)
		return "no answer";
	getsockopt(fd, SOL_SOCKET, SO_ERROR, &err, &n);
	return err ? strerror(err) : "OPEN";
}

static const char *
send_and_wait(int fd, const struct sockaddr *sa, socklen_t len, int by_link)
{
	union {
		struct cmsghdr h;
		char space[CMSG_SPACE(sizeof(struct in_pktinfo))];
	} u = {0};
	struct in_pktinfo info = {.ipi_ifindex = (int)if_nametoindex("tap0")};
	struct iovec iov = {(char *)"probe", 5};
	struct msghdr m = {.msg_name = (void *)(uintptr_t)sa,
		.msg_namelen = len,
		.msg_iov = &iov,
		.msg_iovlen = 1};
	struct pollfd p = {.fd = fd, .events = POLLIN};
	char buf[64];

	if (by_link) {
		m.msg_control = &u;
		m.msg_controllen = sizeof(u);
		u.h.cmsg_level = IPPROTO_IP;
		u.h.cmsg_type = IP_PKTINFO;
		u.h.cmsg_len = CMSG_LEN(sizeof(info));
		memcpy(CMSG_DATA(&u.h), &info, sizeof(info));
	}
	if (sendmsg(fd, &m, 0) < 0)
		return strerror(errno);
	if (poll(&p, 1, PATIENCE_MS) <= 0)
		return "no answer";
	return recv(fd, buf, sizeof(buf), 0) < 0 ? strerror(errno) : "ANSWERED";
}

static const char *
try_ip(const char *kind, const char *host, int port)
{
	struct sockaddr_in in = {
		.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
	struct sockaddr_in6 in6 = {
		.sin6_family = AF_INET6, .sin6_port = htons((uint16_t)port)};
	int six = inet_pton(AF_INET6, host, &in6.sin6_addr) == 1;
	int tcp = !strcmp(kind, "tcp") || !strcmp(kind, "route");
	const struct sockaddr *sa = six ? (void *)&in6 : (void *)&in;
	socklen_t len = six ? sizeof(in6) : sizeof(in);
	const char *said;
	int fd;

	if (!six && inet_pton(AF_INET, host, &in.sin_addr) != 1)
		return "bad address";
	fd = socket(sa->sa_family,
		(tcp ? SOCK_STREAM : SOCK_DGRAM) | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return strerror(errno);
	if (!strcmp(kind, "route")) {
		/* loose source route: NOP, LSRR, length, pointer, final hop */
		unsigned char opt[8] = {1, IPOPT_LSRR, 7, 4};

		memcpy(opt + 4, &in.sin_addr, 4);
		inet_pton(AF_INET, "1.1.1.1", &in.sin_addr);
		if (setsockopt(fd, IPPROTO_IP, IP_OPTIONS, opt, sizeof(opt)))
			return strerror(errno);
	}
	said = tcp ? wait_connect(fd, sa, len)
		   : send_and_wait(fd, sa, len, !strcmp(kind, "link"));
	close(fd);
	return said;
}

static const char *
try_unix(const char *name)
{
	struct sockaddr_un un = {.sun_family = AF_UNIX};
	size_t n = strlen(name);
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	if (fd < 0)
		return strerror(errno);
	if (n > sizeof(un.sun_path) - 1)
		return "long name";
	memcpy(un.sun_path + 1, name, n);
	return wait_connect(fd, (void *)&un,
		(socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + n));
}

int
main(int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		char kind[16] = "", *arg = argv[i];
		char *host = strchr(arg, ':'), *port = strrchr(arg, ':');

		printf("%s ", arg);
		if (!host || host - arg >= (int)sizeof(kind))
			return 64;
		memcpy(kind, arg, (size_t)(host++ - arg));
		if (!strcmp(kind, "unix")) {
			puts(try_unix(host));
			continue;
		}
		*port++ = '\0';
		puts(try_ip(kind, host, (int)strtoul(port, NULL, 10)));
	}
	return 0;
}
