/*
 * domains.h - private to the child that looks after custom domains: domains.c
 * proves them, order.c gets their certificates, served.c gives nginx what it
 * needs.
 *
 *	STATE/sites/HOST		-> SITE: the domain is served
 *	STATE/certs/HOST.pem		its certificate, chain and private key
 *	STATE/acme/.well-known/...	what authorities look at, by nginx
 *	STATE/acme-account/key		of our account at the authority
 *	STATE/acme-account/request	what is being asked for
 */
#ifndef AS_WORKER_DOMAINS_H
#define AS_WORKER_DOMAINS_H

#include "worker/worker.h"

struct domains {
	struct worker *w;
	struct ctx ctx; /* its arena is reset for every domain */
	struct db *db;
	int signals;
	bool stop;
};

/* Whether somebody said that the worker ends. */
bool domains_stopping(struct domains *d);

/* NULL, or what is wrong with the settings of domains. */
const char *domains_settings_wrong(struct arena *a, const struct cfg *cfg);

/* Order a certificate for a domain that is due; what fails is told in its row.
 * *ret_any: there was one. E_OK, or what the database says. */
MUST enum err order_one(struct domains *d, bool *ret_any);

/* Bring the disk in line with the database: links and certificates of domains
 * that are served, and nothing of others. Removes nothing unless the whole list
 * could be read. */
MUST enum err served_all(struct domains *d);

#endif
