/*
 * order.c - certificates from an authority, by an ACME client of the
 * distribution (acme-tiny). The client gets a request and a folder and prints a
 * chain; the domain's key never leaves us. Before anybody is asked, what the
 * authority is going to look at is looked at here, since it counts failures.
 */
#include "worker/domains.h"

#include "base/arena.h"
#include "base/clock.h"
#include "base/fd.h"
#include "base/log.h"
#include "base/rand.h"
#include "base/run.h"
#include "base/str.h"
#include "ext/cert.h"
#include "ext/dns.h"
#include "ext/httpc.h"
#include "stmt.h"
#include "svc/domain.h"
#include "svc/seal.h"
#include "svc/secret.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#define CHALLENGES  "acme/.well-known/acme-challenge"
#define ACCOUNT     "acme-account"
#define CLIENT_MS   180000
#define CHECK_MS    5000
#define OUTPUT_MAX  ((size_t)256 << 10)
#define ERROR_CHARS 300
#define PAUSE_S     600
#define PAUSE_MAX   86400
#define LEFTOVER_S  86400 /* no order takes as long */

/* One order; why is told to the domain's owner. */
struct order {
	struct domains *d;
	const char *id, *host;
	int64_t failures; /* before this one, in a row */
	const char *key, *request;
	struct cert_pair pair;
	bool asked; /* the authority was, so a failure counts there */
	const char *why;
};

static bool
fails(struct order *o, const char *why)
{
	o->why = why;
	return false;
}

static const char *
state_path(const struct order *o, const char *rest)
{
	return arena_printf(
		o->d->ctx.arena, "%s/%s", o->d->w->cfg.state_dir, rest);
}

/* ---- what an authority would find ---- */

static bool
is_public_address(const struct order *o, const char *address)
{
	struct arena *a = o->d->ctx.arena;
	char **part = str_split(a, o->d->w->cfg.public_addresses, ',', NULL);
	char text[INET6_ADDRSTRLEN];

	for (size_t i = 0; part[i]; i++) {
		if (dns_address(str_trim(a, part[i]), text) &&
			str_eq(text, address))
			return true;
	}
	return false;
}

/* All of its addresses: an authority takes any of them, IPv6 first. */
static bool
leads_here(struct order *o)
{
	struct arena *a = o->d->ctx.arena;
	const struct cfg *cfg = &o->d->w->cfg;
	struct dns_addresses found;

	if (!*cfg->public_addresses)
		return true;
	switch (dns_addresses(&o->d->ctx, cfg->dns_server, o->host, &found)) {
	case DNS_NO_ANSWER:
		return fails(o, arena_printf(a,
					"The name servers of %s gave no "
					"answer.",
					o->host));
	case DNS_NONE:
		return fails(o,
			arena_printf(a, "%s has no address in DNS.", o->host));
	case DNS_FOUND:
		break;
	}
	for (size_t i = 0; i < found.n; i++) {
		if (!is_public_address(o, found.text[i]))
			return fails(o, arena_printf(a,
						"%s leads to %s, which is not "
						"this host.",
						o->host, found.text[i]));
	}
	return true;
}

/* A file as the client will write it, asked for as the authority will. */
static bool
nginx_answers(struct order *o)
{
	struct arena *a = o->d->ctx.arena;
	struct ctx probe = {.arena = a};
	struct httpc_answer answer;
	struct secret s;
	const char *path;
	enum err e;

	secret_make(&s);
	path = state_path(
		o, arena_printf(a, CHALLENGES "/check-%.16s", s.hash));
	if (!fd_replace_file(path, s.text, strlen(s.text), 0644))
		return fails(o, "The challenge's file cannot be written.");
	e = httpc_ask(&probe,
		&(struct httpc_request){
			.url = arena_printf(a,
				"%s/.well-known/acme-challenge/check-%.16s",
				o->d->w->cfg.acme_check_url, s.hash),
			.headers =
				(const char *const[]){
					arena_printf(a, "Host: %s", o->host),
					NULL},
			.timeout_ms = CHECK_MS,
		},
		&answer);
	(void)unlink(path); /* tidy() meets what stays */
	if (e || answer.status != 200 || answer.len != strlen(s.text) ||
		memcmp(answer.body, s.text, answer.len) != 0)
		return fails(o, "This host's nginx does not hand out the "
				"challenge's file; its administrator has to "
				"look.");
	return true;
}

/* ---- folders ---- */

/* A failed order leaves its challenge behind. */
static void
tidy(struct order *o)
{
	DIR *dir = opendir(state_path(o, CHALLENGES));
	const struct dirent *e;
	struct stat st;

	while (dir && (e = readdir(dir)) != NULL) {
		if (fstatat(dirfd(dir), e->d_name, &st, AT_SYMLINK_NOFOLLOW) ==
				0 &&
			S_ISREG(st.st_mode) &&
			st.st_mtim.tv_sec < clock_now_s() - LEFTOVER_S)
			(void)unlinkat(dirfd(dir), e->d_name, 0); /* or later */
	}
	if (dir)
		(void)closedir(dir);
}

/* Whether the account's key is there; one is made when it is not. */
static bool
have_account(struct order *o)
{
	const char *path = state_path(o, ACCOUNT "/key");
	const char *key;

	if (access(path, R_OK) == 0)
		return true;
	return errno == ENOENT && cert_account_key(&o->d->ctx, &key) == E_OK &&
	       fd_replace_file(path, key, strlen(key), 0600);
}

static bool
prepare(struct order *o)
{
	const char *request = state_path(o, ACCOUNT "/request");

	if (!fd_mkdirs(state_path(o, CHALLENGES), 0755) ||
		!fd_mkdirs(state_path(o, ACCOUNT), 0700))
		return fails(o, "The state directory cannot be written.");
	tidy(o);
	if (!leads_here(o) || !nginx_answers(o))
		return false;
	if (!have_account(o) ||
		cert_request(&o->d->ctx, o->host, &o->key, &o->request) ||
		!fd_replace_file(request, o->request, strlen(o->request), 0600))
		return fails(o, "The request cannot be written.");
	return true;
}

/* ---- the client ---- */

struct output {
	int fd; /* -1: closed */
	struct buf text;
};

static void
drain(struct output *out)
{
	char part[4096];
	ssize_t n = read(out->fd, part, sizeof(part));

	if (n > 0)
		buf_add(&out->text, part, (size_t)n);
	else if (n == 0 || (errno != EINTR && errno != EAGAIN)) {
		(void)close(out->fd);
		out->fd = -1;
	}
}

/* Read both until the client has closed them. False: it took too long, wrote
 * too much, or the worker ends. */
static bool
listen_to(struct order *o, struct output out[2])
{
	int64_t until = clock_mono_ms() + CLIENT_MS;

	while (out[0].fd >= 0 || out[1].fd >= 0) {
		int64_t left = until - clock_mono_ms();
		struct pollfd p[] = {{out[0].fd, POLLIN, 0},
			{out[1].fd, POLLIN, 0}, {o->d->signals, POLLIN, 0}};

		if (left <= 0 || domains_stopping(o->d) || out[0].text.full ||
			out[1].text.full)
			return false;
		(void)poll(p, NELEM(p), (int)left); /* revents are looked at */
		for (int i = 0; i < 2; i++) {
			if (out[i].fd >= 0 && p[i].revents)
				drain(&out[i]);
		}
	}
	return true;
}

/* 0-255, 256 + signal, or -1: it did not start. */
static int
run_client(struct order *o, struct output out[2])
{
	struct arena *a = o->d->ctx.arena;
	const struct cfg *cfg = &o->d->w->cfg;
	const char *contact = arena_printf(a, "mailto:%s", cfg->acme_contact);
	const char *const argv[] = {cfg->acme_client, "--quiet",
		"--disable-check", "--account-key",
		state_path(o, ACCOUNT "/key"), "--csr",
		state_path(o, ACCOUNT "/request"), "--acme-dir",
		state_path(o, CHALLENGES), "--directory-url",
		cfg->acme_directory, *cfg->acme_contact ? "--contact" : NULL,
		contact, NULL};
	const char *const env[] = {"PATH=/usr/bin:/bin", "LC_ALL=C.UTF-8",
		*cfg->acme_ca_file
			? arena_printf(a, "SSL_CERT_FILE=%s", cfg->acme_ca_file)
			: NULL,
		NULL};
	int p[2][2] = {{-1, -1}, {-1, -1}};
	pid_t pid = -1;

	if (pipe2(p[0], O_CLOEXEC) == 0 && pipe2(p[1], O_CLOEXEC) == 0)
		pid = run_start(
			argv, env, (const int[]){-1, p[0][1], p[1][1]}, 3);
	for (int i = 0; i < 2; i++) {
		if (p[i][1] >= 0)
			(void)close(p[i][1]);
		out[i].fd = p[i][0];
	}
	if (pid < 0)
		return -1;
	if (!listen_to(o, out))
		(void)kill(pid, SIGKILL);
	return run_wait(pid);
}

/* What the client says of a failure, in few words: the authority's `detail`,
 * which acme-tiny prints as Python does, else the last line. */
static const char *
client_words(struct arena *a, const char *text)
{
	const char *detail = strstr(text, "'detail': ");
	const char *last = "";
	char **line;

	if (detail) {
		const char *from = detail + strlen("'detail': ");
		const char *to = *from ? strchr(from + 1, *from) : NULL;

		if (to)
			return str_plain(a,
				arena_strndup(
					a, from + 1, (size_t)(to - from - 1)),
				ERROR_CHARS);
	}
	line = str_split(a, text, '\n', NULL);
	for (size_t i = 0; line[i]; i++) {
		if (*line[i])
			last = line[i];
	}
	return str_plain(a, last, ERROR_CHARS);
}

static bool
ask(struct order *o)
{
	struct arena *a = o->d->ctx.arena;
	struct output out[2] = {{.fd = -1}, {.fd = -1}};
	struct ctx probe = {.arena = a};
	const char *part;
	bool good = false;
	int code;

	buf_init(&out[0].text, OUTPUT_MAX);
	buf_init(&out[1].text, OUTPUT_MAX);
	o->asked = true;
	code = run_client(o, out);
	if (code < 0)
		o->why = arena_printf(a, "%s does not start: %s",
			o->d->w->cfg.acme_client, strerror(errno));
	else if (code >= 256)
		o->why = "The order took too long or was interrupted.";
	else if (code != 0)
		o->why = arena_printf(a, "The authority refused: %s",
			client_words(a, buf_text(&out[1].text)));
	else if (cert_judge(&probe, buf_text(&out[0].text), o->key, o->host,
			 clock_now_s(), &o->pair, &part))
		o->why = arena_printf(a,
			"The authority's certificate cannot be used: it %s.",
			probe.message);
	else
		good = true;
	for (int i = 0; i < 2; i++) {
		if (out[i].fd >= 0)
			(void)close(out[i].fd);
		buf_done(&out[i].text);
	}
	return good;
}

/* ---- what came of it ---- */

/* After two thirds of its life, as authorities advise. */
static enum err
issued(struct order *o)
{
	struct domains *d = o->d;
	struct arena *a = d->ctx.arena;
	const struct cert_pair *p = &o->pair;
	int64_t renew = p->not_before + (p->not_after - p->not_before) / 3 * 2;
	const char *sealed;
	enum err e = seal_close(&d->ctx, &d->w->cfg, domain_seal_row(a, o->id),
		p->key, &sealed);

	if (!e)
		e = db_query(&d->ctx, d->db, STMT_DOMAIN_ISSUED,
			DB_IN(o->id, o->host, p->chain, sealed,
				str_from_i64(a, p->not_after),
				str_from_i64(a, renew)),
			NULL);
	if (!e)
		log_event(EV_CERTIFICATE_ISSUED, o->id, "host", o->host, NULL);
	return e;
}

/* Three times as long each time, and never in step with others. */
static int64_t
pause_s(int64_t failures)
{
	int64_t s = PAUSE_S;

	while (failures-- > 0 && s < PAUSE_MAX)
		s *= 3;
	s = MIN(s, (int64_t)PAUSE_MAX);
	return s * 3 / 4 + (int64_t)rand_below((uint32_t)(s / 2));
}

static enum err
not_issued(struct order *o)
{
	struct domains *d = o->d;

	log_event(EV_CERTIFICATE_FAILED, o->id, "host", o->host, "cause",
		o->why, NULL);
	return db_query(&d->ctx, d->db, STMT_DOMAIN_NOT_ISSUED,
		DB_IN(o->id, o->host, o->why, o->asked ? "t" : "f",
			str_from_i64(d->ctx.arena, pause_s(o->failures))),
		NULL);
}

enum err
order_one(struct domains *d, bool *ret_any)
{
	const struct cfg *cfg = &d->w->cfg;
	struct order o = {.d = d};
	struct rows *r;
	enum err e;

	arena_reset(d->ctx.arena);
	ctx_clear(&d->ctx);
	e = db_query(&d->ctx, d->db, STMT_DOMAIN_CLAIM_ORDER,
		DB_IN(str_from_i64(d->ctx.arena, cfg->acme_failures_per_hour),
			str_from_i64(d->ctx.arena, cfg->acme_issued_per_week)),
		&r);
	if (e || rows_n(r) == 0)
		return e;
	*ret_any = true;
	o.id = rows_str(r, "id");
	o.host = rows_str(r, "host");
	o.failures = rows_int(r, 0, rows_col(r, "failures"));
	return prepare(&o) && ask(&o) ? issued(&o) : not_issued(&o);
}
