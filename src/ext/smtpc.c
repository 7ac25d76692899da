/* smtpc.c - mail by libcurl; HTTP by it is httpc.c's. */
#include "ext/smtpc.h"

#include "base/arena.h"
#include "base/clock.h"
#include "base/str.h"

#include <curl/curl.h>
#include <errno.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#define CONNECT_MS   15000
#define ANSWER_S     30 /* between a command and its answer */
#define MAIL_MS      90000
#define SAID_MAX     200
#define IMPLICIT_TLS 465

struct transfer {
	const struct smtpc_mail *mail;
	size_t sent;  /* bytes of the text */
	bool refused; /* an address that clear text must not go to */
	bool stopped;
	char said[SAID_MAX + 1];
};

/* ---- callbacks ---- */

static bool
is_loopback(const struct sockaddr *sa)
{
	struct sockaddr_in6 v6;
	struct sockaddr_in v4;

	if (sa->sa_family == AF_INET) {
		memcpy(&v4, sa, sizeof(v4));
		return ntohl(v4.sin_addr.s_addr) >> 24 == 127;
	}
	if (sa->sa_family != AF_INET6)
		return false;
	memcpy(&v6, sa, sizeof(v6));
	return IN6_IS_ADDR_LOOPBACK(&v6.sin6_addr) ||
	       (IN6_IS_ADDR_V4MAPPED(&v6.sin6_addr) &&
		       v6.sin6_addr.s6_addr[12] == 127);
}

/* Only here the address is known that is really connected to: what a name
 * resolved to a moment ago says nothing. */
static curl_socket_t
open_socket(void *arg, curlsocktype purpose UNUSED, struct curl_sockaddr *to)
{
	struct transfer *t = arg;
	bool tls = t->mail->tls || t->mail->port == IMPLICIT_TLS;

	if (!tls && !is_loopback(&to->addr)) {
		t->refused = true;
		errno = EACCES;
		return CURL_SOCKET_BAD;
	}
	return socket(to->family, to->socktype | SOCK_CLOEXEC, to->protocol);
}

static size_t
give_text(char *p, size_t size, size_t n, void *arg)
{
	struct transfer *t = arg;
	const char *from = t->mail->text + t->sent;
	size_t len = MIN(strlen(from), size * n);

	memcpy(p, from, len);
	t->sent += len;
	return len;
}

/* Lines of the server; the last refusal stays. */
static size_t
take_line(char *p, size_t size, size_t n, void *arg)
{
	struct transfer *t = arg;
	size_t len = size * n;
	size_t used = 0;

	if (len == 0 || (p[0] != '4' && p[0] != '5'))
		return len;
	for (size_t i = 0; i < len && used < SAID_MAX; i++) {
		bool plain = p[i] >= 0x20 && p[i] <= 0x7e;

		if (p[i] != '\r' && p[i] != '\n')
			t->said[used++] = plain ? p[i] : '?';
	}
	t->said[used] = '\0';
	return len;
}

static size_t
drop(char *p UNUSED, size_t size, size_t n, void *arg UNUSED)
{
	return size * n;
}

static int
progress(void *arg, curl_off_t a UNUSED, curl_off_t b UNUSED,
	curl_off_t c UNUSED, curl_off_t d UNUSED)
{
	struct transfer *t = arg;

	if (t->mail->stop && t->mail->stop(t->mail->arg))
		t->stopped = true;
	return t->stopped;
}

/* ---- one message ---- */

/* Every option has to be taken: an old libcurl that does not know one must
 * not send without it. */
#define SET(option, value)                                                     \
	do {                                                                   \
		CURLcode set_ = curl_easy_setopt(c, option, value);            \
		if (set_)                                                      \
			return set_;                                           \
	} while (0)

static CURLcode
set_server(CURL *c, struct arena *a, const struct smtpc_mail *m)
{
	bool whole = m->port == IMPLICIT_TLS;
	CURLU *u = curl_url();
	CURLcode r = CURLE_URL_MALFORMAT;
	const char *host = strchr(m->host, ':') && m->host[0] != '['
				   ? arena_printf(a, "[%s]", m->host)
				   : m->host;

	if (u &&
		!curl_url_set(
			u, CURLUPART_SCHEME, whole ? "smtps" : "smtp", 0) &&
		!curl_url_set(u, CURLUPART_HOST, host, 0) &&
		!curl_url_set(u, CURLUPART_PORT, str_from_i64(a, m->port), 0) &&
		!curl_url_set(u, CURLUPART_PATH,
			arena_printf(a, "/%s", m->hello), CURLU_URLENCODE)) {
		r = curl_easy_setopt(c, CURLOPT_CURLU, u);
		arena_hook(a, (void (*)(void *))curl_url_cleanup, u);
	} else {
		curl_url_cleanup(u);
	}
	if (r)
		return r;
	SET(CURLOPT_PROTOCOLS_STR, "smtp,smtps");
	SET(CURLOPT_USE_SSL,
		(long)(m->tls || whole ? CURLUSESSL_ALL : CURLUSESSL_NONE));
	SET(CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	SET(CURLOPT_SSL_VERIFYPEER, 1L);
	SET(CURLOPT_SSL_VERIFYHOST, 2L);
	if (*m->ca_file) {
		SET(CURLOPT_CAINFO, m->ca_file);
		SET(CURLOPT_CAPATH, NULL);
	}
	if (*m->user) {
		SET(CURLOPT_USERNAME, m->user);
		SET(CURLOPT_PASSWORD, m->pass);
	}
	return CURLE_OK;
}

static CURLcode
set_manners(CURL *c, struct transfer *t)
{
	SET(CURLOPT_PROXY, "");
	SET(CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
	SET(CURLOPT_FRESH_CONNECT, 1L);
	SET(CURLOPT_FORBID_REUSE, 1L);
	SET(CURLOPT_NOSIGNAL, 1L);
	SET(CURLOPT_CONNECTTIMEOUT_MS, (long)CONNECT_MS);
	SET(CURLOPT_SERVER_RESPONSE_TIMEOUT, (long)ANSWER_S);
	SET(CURLOPT_TIMEOUT_MS, (long)MAIL_MS);
	SET(CURLOPT_OPENSOCKETFUNCTION, open_socket);
	SET(CURLOPT_OPENSOCKETDATA, t);
	SET(CURLOPT_HEADERFUNCTION, take_line);
	SET(CURLOPT_HEADERDATA, t);
	SET(CURLOPT_WRITEFUNCTION, drop);
	SET(CURLOPT_XFERINFOFUNCTION, progress);
	SET(CURLOPT_XFERINFODATA, t);
	SET(CURLOPT_NOPROGRESS, 0L);
	return CURLE_OK;
}

static CURLcode
set_message(CURL *c, struct arena *a, struct transfer *t)
{
	const struct smtpc_mail *m = t->mail;
	struct curl_slist *to =
		curl_slist_append(NULL, arena_printf(a, "<%s>", m->to));

	if (!to)
		return CURLE_OUT_OF_MEMORY;
	arena_hook(a, (void (*)(void *))curl_slist_free_all, to);
	SET(CURLOPT_MAIL_FROM, arena_printf(a, "<%s>", m->from));
	SET(CURLOPT_MAIL_RCPT, to);
	SET(CURLOPT_UPLOAD, 1L);
	SET(CURLOPT_READFUNCTION, give_text);
	SET(CURLOPT_READDATA, t);
	SET(CURLOPT_INFILESIZE_LARGE, (curl_off_t)strlen(m->text));
	return CURLE_OK;
}

/* Whether a 5xx is about this message. What is about how we came (a service
 * that is closed, TLS or a login that is wanted) is for the administrator to
 * mend, and the mail waits for that. */
static bool
is_final(CURLcode r, long code, const struct transfer *t)
{
	bool ours = r == CURLE_SEND_ERROR ||
		    ((r == CURLE_WEIRD_SERVER_REPLY || r == CURLE_RECV_ERROR) &&
			    t->sent > 0);

	return ours && code >= 500 && code <= 599 && code != 530 &&
	       code != 534 && code != 535 && code != 538;
}

static enum smtpc_end
judge(struct arena *a, CURLcode r, long code, const struct transfer *t,
	struct smtpc_why *ret)
{
	ret->said = arena_strdup(a, t->said);
	ret->cause = curl_easy_strerror(r);
	if (r == CURLE_OK)
		return SMTPC_DONE;
	if (t->stopped)
		return SMTPC_STOPPED;
	if (t->refused)
		ret->cause = "smtp_tls is no, but smtp_host is no loopback "
			     "address: nothing was sent";
	else if (r == CURLE_USE_SSL_FAILED)
		ret->cause = "the server offers no TLS, and smtp_tls wants it";
	else if (r == CURLE_LOGIN_DENIED)
		ret->cause = "the server refuses smtp_user and smtp_pass";
	else if (code >= 400)
		ret->cause = arena_printf(a, "the server answers %ld", code);
	return is_final(r, code, t) ? SMTPC_NEVER : SMTPC_LATER;
}

enum smtpc_end
smtpc_mail(
	struct arena *a, const struct smtpc_mail *m, struct smtpc_why *ret_why)
{
	struct transfer t = {.mail = m};
	CURL *c = curl_easy_init();
	long code = 0;
	CURLcode r;
	enum smtpc_end end;

	if (!c)
		out_of_memory();
	r = set_server(c, a, m);
	if (!r)
		r = set_manners(c, &t);
	if (!r)
		r = set_message(c, a, &t);
	if (!r)
		r = curl_easy_perform(c);
	(void)curl_easy_getinfo(c, CURLINFO_RESPONSE_CODE, &code);
	end = judge(a, r, code, &t, ret_why);
	curl_easy_cleanup(c);
	return end;
}
