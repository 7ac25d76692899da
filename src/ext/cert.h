/*
 * cert.h - certificates and their keys by OpenSSL. A pair that came from
 * somebody else is judged here before it is stored, and loaded the way nginx
 * loads it before it replaces another one.
 */
#ifndef AS_EXT_CERT_H
#define AS_EXT_CERT_H

#include "base/base.h"
#include "base/err.h"

#define CERT_PEM_MAX   ((size_t)64 << 10)
#define CERT_CHAIN_MAX 8

/* A certificate with its chain, and the private key, as PEM. */
struct cert_pair {
	const char *chain;
	const char *key;
	int64_t not_before, not_after; /* seconds since 1970 */
};

/* Judge a pair for a host name at a time. E_VALIDATION_ERROR with a sentence,
 * *ret_part "certificate" or "privateKey": no PEM, no key of RSA (2048 bits and
 * more) or of an elliptic curve, a key with a password, one that belongs to
 * another certificate, a certificate for other names, one that is not valid
 * now, more than CERT_CHAIN_MAX of them, one that did not sign the one before
 * it, or whatever else OpenSSL refuses to serve. *ret holds all of it written
 * anew: nothing of the text that came but what was understood. The key is
 * wiped when the arena goes. */
MUST enum err cert_judge(struct ctx *ctx, const char *chain, const char *key,
	const char *host, int64_t now, struct cert_pair *ret,
	const char **ret_part);

/* A new key of P-256 and a request for a certificate of host, both as PEM. */
MUST enum err cert_request(struct ctx *ctx, const char *host,
	const char **ret_key, const char **ret_request);

/* A new RSA key of 3072 bits as PEM, for an account at an authority. */
MUST enum err cert_account_key(struct ctx *ctx, const char **ret);

#endif
