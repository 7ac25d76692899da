/* dns.c - TXT, A and AAAA records by libresolv. */
#include "ext/dns.h"

#include "base/arena.h"
#include "base/str.h"

#include <arpa/inet.h>
#include <arpa/nameser.h>
#include <errno.h>
#include <netdb.h>
#include <resolv.h>

#define ANSWER_MAX 16384
#define TRY_S      3 /* for one server */
#define TRIES      2

static bool
server_parse(const char *s, struct sockaddr_in *ret)
{
	char host[INET_ADDRSTRLEN];
	const char *colon = strchr(s, ':');
	size_t n = colon ? (size_t)(colon - s) : strlen(s);
	int64_t port = NAMESERVER_PORT;

	if (n >= sizeof(host) ||
		(colon && !str_to_i64(colon + 1, 1, 65535, &port)))
		return false;
	memcpy(host, s, n);
	host[n] = '\0';
	*ret = (struct sockaddr_in){
		.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
	return inet_pton(AF_INET, host, &ret->sin_addr) == 1;
}

const char *
dns_server_wrong(const char *server)
{
	struct sockaddr_in sa;

	return !*server || server_parse(server, &sa)
		       ? NULL
		       : "must be an IPv4 address, or one with :PORT";
}

bool
dns_address(const char *text, char ret[INET6_ADDRSTRLEN])
{
	struct in6_addr a;
	int family = strchr(text, ':') ? AF_INET6 : AF_INET;

	return inet_pton(family, text, &a) == 1 &&
	       inet_ntop(family, &a, ret, INET6_ADDRSTRLEN) != NULL;
}

/* ---- reading ---- */

/* The strings of one TXT record are one text (RFC 7208 3.3 does likewise). */
static const char *
txt_text(struct arena *a, const uint8_t *p, size_t n)
{
	char *text = arena_alloc(a, n + 1);
	size_t len = 0;

	while (n > 0) {
		size_t part = MIN((size_t)*p, n - 1);

		for (size_t i = 1; i <= part; i++)
			text[len++] =
				p[i] < ' ' || p[i] > '~' ? '?' : (char)p[i];
		p += part + 1;
		n -= part + 1;
	}
	text[len] = '\0';
	return text;
}

bool
dns_read_texts(
	struct ctx *ctx, const uint8_t *p, size_t n, struct dns_texts *ret)
{
	ns_msg m;
	ns_rr rr;

	ret->n = 0;
	if (n > ANSWER_MAX || ns_initparse(p, (int)n, &m) < 0)
		return false;
	for (int i = 0; i < ns_msg_count(m, ns_s_an); i++) {
		if (ns_parserr(&m, ns_s_an, i, &rr) < 0)
			return false;
		if (ns_rr_type(rr) == ns_t_txt && ret->n < DNS_RECORDS_MAX)
			ret->text[ret->n++] = txt_text(
				ctx->arena, ns_rr_rdata(rr), ns_rr_rdlen(rr));
	}
	return true;
}

bool
dns_read_addresses(const uint8_t *p, size_t n, struct dns_addresses *ret)
{
	ns_msg m;
	ns_rr rr;

	if (n > ANSWER_MAX || ns_initparse(p, (int)n, &m) < 0)
		return false;
	for (int i = 0; i < ns_msg_count(m, ns_s_an); i++) {
		if (ns_parserr(&m, ns_s_an, i, &rr) < 0)
			return false;
		if (ret->n == DNS_RECORDS_MAX)
			return true;
		if (ns_rr_type(rr) == ns_t_a && ns_rr_rdlen(rr) == 4)
			(void)inet_ntop(AF_INET, ns_rr_rdata(rr),
				ret->text[ret->n++], INET6_ADDRSTRLEN);
		if (ns_rr_type(rr) == ns_t_aaaa && ns_rr_rdlen(rr) == 16)
			(void)inet_ntop(AF_INET6, ns_rr_rdata(rr),
				ret->text[ret->n++], INET6_ADDRSTRLEN);
	}
	return true;
}

/* ---- asking ---- */

/* *ret_n: bytes of the answer in buf, when it is DNS_FOUND. */
static enum dns_end
ask(const char *server, const char *name, ns_type type, uint8_t *buf,
	size_t *ret_n)
{
	struct __res_state rs = {0};
	enum dns_end end = DNS_NO_ANSWER;
	int n;

	if (res_ninit(&rs) != 0)
		return DNS_NO_ANSWER;
	rs.retrans = TRY_S;
	rs.retry = TRIES;
	/* the name is whole: nothing is appended to it */
	rs.options &= ~(unsigned long)(RES_DNSRCH | RES_DEFNAMES);
	if (*server) {
		rs.nscount = 1;
		if (!server_parse(server, &rs.nsaddr_list[0]))
			rs.nscount = 0;
	}
	n = rs.nscount > 0
		    ? res_nquery(&rs, name, ns_c_in, (int)type, buf, ANSWER_MAX)
		    : -1;
	if (n >= 0)
		end = DNS_FOUND;
	else if (rs.res_h_errno == HOST_NOT_FOUND || rs.res_h_errno == NO_DATA)
		end = DNS_NONE;
	res_nclose(&rs);
	*ret_n = (size_t)MIN(MAX(n, 0), ANSWER_MAX);
	return end;
}

enum dns_end
dns_texts(struct ctx *ctx, const char *server, const char *name,
	struct dns_texts *ret)
{
	uint8_t *buf = arena_alloc(ctx->arena, ANSWER_MAX);
	size_t n;
	enum dns_end end = ask(server, name, ns_t_txt, buf, &n);

	ret->n = 0;
	if (end != DNS_FOUND)
		return end;
	if (!dns_read_texts(ctx, buf, n, ret))
		return DNS_NO_ANSWER;
	return ret->n > 0 ? DNS_FOUND : DNS_NONE;
}

enum dns_end
dns_addresses(struct ctx *ctx, const char *server, const char *name,
	struct dns_addresses *ret)
{
	static const ns_type types[] = {ns_t_a, ns_t_aaaa};
	uint8_t *buf = arena_alloc(ctx->arena, ANSWER_MAX);
	size_t n;

	ret->n = 0;
	for (size_t i = 0; i < NELEM(types); i++) {
		enum dns_end end = ask(server, name, types[i], buf, &n);

		if (end == DNS_NO_ANSWER ||
			(end == DNS_FOUND && !dns_read_addresses(buf, n, ret)))
			return DNS_NO_ANSWER;
	}
	return ret->n > 0 ? DNS_FOUND : DNS_NONE;
}
