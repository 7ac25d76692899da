/*
 * domains.c - the child that looks after custom domains: it looks for the
 * proofs that are due and calls order.c and served.c. Name servers, authorities
 * and their answers are strangers'; none of them is waited for by anything
 * else.
 */
#include "worker/domains.h"

#include "base/arena.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/str.h"
#include "ext/dns.h"
#include "ext/httpc.h"
#include "stmt.h"

#include <errno.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <unistd.h>

#define LOOKS_MAX 20
#define POLL_MS   30000
#define RETRY_MS  500 /* while the database is away */

const char *
domains_settings_wrong(struct arena *a, const struct cfg *cfg)
{
	const char *why = dns_server_wrong(cfg->dns_server);
	char **part = str_split(a, cfg->public_addresses, ',', NULL);
	char text[INET6_ADDRSTRLEN];

	if (why)
		return arena_printf(a, "dns_server %s", why);
	for (size_t i = 0; *cfg->public_addresses && part[i]; i++) {
		if (!dns_address(str_trim(a, part[i]), text))
			return arena_printf(a,
				"public_addresses: '%s' is no address",
				part[i]);
	}
	if (*cfg->acme_directory && !httpc_url_ok(cfg->acme_directory))
		return "acme_directory must be an https address";
	if (!httpc_url_ok(cfg->acme_check_url))
		return "acme_check_url must be a loopback address";
	if (cfg->acme_client[0] != '/')
		return "acme_client must be an absolute path";
	return strpbrk(cfg->acme_contact, " \t,:")
		       ? "acme_contact must be one mail address"
		       : NULL;
}

bool
domains_stopping(struct domains *d)
{
	struct signalfd_siginfo s;

	while (read(d->signals, &s, sizeof(s)) == (ssize_t)sizeof(s))
		d->stop = true;
	return d->stop;
}

/* ---- proofs ---- */

struct proof {
	const char *id, *host, *state, *name, *value;
};

static enum err
unproved(struct domains *d, const struct proof *p, bool known,
	const char *reason)
{
	struct rows *r;
	enum err e = db_query(&d->ctx, d->db, STMT_DOMAIN_UNPROVED,
		DB_IN(p->id, reason, known ? "t" : "f",
			str_from_i64(
				d->ctx.arena, d->w->cfg.domain_grace_days)),
		&r);

	if (!e && rows_n(r) > 0 && !str_eq(rows_str(r, "state"), p->state))
		log_event(EV_DOMAIN_STATE, p->id, "host", p->host, "state",
			rows_str(r, "state"), "reason", reason, NULL);
	return e;
}

static enum err
proved(struct domains *d, const struct proof *p)
{
	struct rows *r;
	enum err e =
		db_query(&d->ctx, d->db, STMT_DOMAIN_PROVED, DB_IN(p->id), &r);

	if (e == E_DOMAIN_TAKEN) {
		ctx_clear(&d->ctx);
		return unproved(d, p, true,
			"The record is right, but another project has this "
			"name, and its record is there as well.");
	}
	if (!e && rows_n(r) > 0 && !str_eq(rows_str(r, "state"), p->state))
		log_event(EV_DOMAIN_STATE, p->id, "host", p->host, "state",
			rows_str(r, "state"), NULL);
	return e;
}

/* A name that leads here proves nothing: it may have been left behind by
 * whoever had a site here before. So its owner shows a text that was made for
 * this project. A name server that is silent proves nothing either way. */
static enum err
look(struct domains *d, const struct proof *p)
{
	struct arena *a = d->ctx.arena;
	struct dns_texts t;

	switch (dns_texts(&d->ctx, d->w->cfg.dns_server, p->name, &t)) {
	case DNS_NO_ANSWER:
		return unproved(d, p, false,
			arena_printf(a,
				"The name servers of %s gave no answer.",
				p->host));
	case DNS_NONE:
		return unproved(d, p, true,
			arena_printf(a, "There is no TXT record %s.", p->name));
	case DNS_FOUND:
		break;
	}
	for (size_t i = 0; i < t.n; i++) {
		if (str_eq(t.text[i], p->value))
			return proved(d, p);
	}
	return unproved(d, p, true,
		arena_printf(
			a, "The TXT record %s says something else.", p->name));
}

/* So many at a time: each may wait for a name server that says nothing, and
 * what is to be served must not wait for all of them. *ret_more: there may be
 * others. */
static enum err
look_at_some(struct domains *d, bool *ret_more)
{
	for (int i = 0; i < LOOKS_MAX && !domains_stopping(d); i++) {
		struct rows *r;
		struct proof p;
		enum err e;

		arena_reset(d->ctx.arena);
		ctx_clear(&d->ctx);
		e = db_query(
			&d->ctx, d->db, STMT_DOMAIN_CLAIM_CHECK, DB_IN0, &r);
		if (e || rows_n(r) == 0)
			return e;
		p = (struct proof){
			.id = rows_str(r, "id"),
			.host = rows_str(r, "host"),
			.state = rows_str(r, "state"),
			.name = rows_str(r, "proof_name"),
			.value = rows_str(r, "proof_value"),
		};
		e = look(d, &p);
		if (e)
			return e;
	}
	*ret_more = true;
	return E_OK;
}

/* ---- the loop ---- */

/* A part of what is due; *ret_ms: how long to wait then. What is due and was
 * left alone for a limit's sake is for a later round. */
static enum err
work(struct domains *d, int *ret_ms)
{
	bool orders = *d->w->cfg.acme_directory != '\0';
	bool ordered = false;
	bool more = false;
	struct rows *r;
	int64_t ms;
	enum err e = db_listen(&d->ctx, d->db);

	if (!e)
		e = look_at_some(d, &more);
	if (!e)
		e = served_all(d);
	if (!e && orders)
		e = order_one(d, &ordered);
	if (!e && ordered)
		e = served_all(d);
	if (!e)
		e = db_query(&d->ctx, d->db, STMT_DOMAIN_WAIT,
			DB_IN(orders ? "t" : "f"), &r);
	if (e)
		return e;
	ms = rows_str(r, "ms") ? rows_int(r, 0, rows_col(r, "ms")) : POLL_MS;
	*ret_ms = ms > 0 ? (int)MIN(ms, (int64_t)POLL_MS) : POLL_MS;
	if (more || ordered)
		*ret_ms = 0;
	return E_OK;
}

static bool
domain_came(struct domains *d)
{
	char payload[64];
	bool lost = false;
	bool came = false;

	while (db_notice(d->db, payload, sizeof(payload), &lost))
		came |= str_starts(payload, "domain:");
	return came || lost;
}

static void
wait_for_domain(struct domains *d, int ms)
{
	int64_t until = clock_mono_ms() + ms;

	while (!domain_came(d) && !domains_stopping(d)) {
		int64_t left = until - clock_mono_ms();
		struct pollfd p[] = {
			{d->signals, POLLIN, 0}, {db_fd(d->db), POLLIN, 0}};

		if (left <= 0)
			return;
		(void)poll(p, NELEM(p), (int)left); /* looked at above */
	}
}

void
domains_main(struct worker *w)
{
	struct domains d = {.w = w};

	d.signals = worker_be_child(w);
	(void)prctl(PR_SET_NAME, "domains"); /* for ps(1) */
	(void)close(w->lock);
	d.ctx.arena = arena_new(16 << 20, 64 << 20);
	d.db = db_new(stmt_table, STMT_MAX, w->cfg.database_url, "worker");
	while (!domains_stopping(&d)) {
		int ms = POLL_MS;
		enum err e;

		arena_reset(d.ctx.arena);
		ctx_clear(&d.ctx);
		e = work(&d, &ms);
		if (e) {
			/* the parent says that the database is away */
			log_debug(NULL, "domains: %s",
				d.ctx.cause ? d.ctx.cause
					    : err_info(e)->message);
			(void)poll(&(struct pollfd){d.signals, POLLIN, 0}, 1,
				RETRY_MS);
			continue;
		}
		wait_for_domain(&d, ms);
	}
	db_free(d.db);
	_exit(0);
}
