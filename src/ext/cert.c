/*
 * cert.c - PEM in, PEM out. Whoever sends it is not trusted: sizes are limited
 * before OpenSSL sees anything, no key asks for a password, and what is kept
 * was written by us. Knows no rows and no files.
 */
#include "ext/cert.h"

#include "base/arena.h"
#include "base/str.h"

#include <openssl/bio.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <time.h>

/* What one call has open; zero is nothing. */
struct work {
	struct ctx *ctx;
	X509 *chain[CERT_CHAIN_MAX];
	int n;
	EVP_PKEY *key;
	SSL_CTX *tls;
	const char *part; /* which of the two is wrong */
};

static void
work_done(struct work *w)
{
	for (int i = 0; i < w->n; i++)
		X509_free(w->chain[i]);
	EVP_PKEY_free(w->key);
	SSL_CTX_free(w->tls);
	ERR_clear_error();
}

static enum err
refuse(struct work *w, const char *part, const char *why)
{
	w->part = part;
	return ctx_fail(w->ctx, E_VALIDATION_ERROR, "%s", why);
}

static BIO *
bio_of(const char *text)
{
	BIO *b = BIO_new_mem_buf(text, (int)strlen(text));

	if (!b)
		out_of_memory();
	return b;
}

/* A key with a password has none that we could ask for. */
static int
no_password(
	char *buf UNUSED, int size UNUSED, int writing UNUSED, void *arg UNUSED)
{
	return -1;
}

static void
wipe_text(void *p)
{
	OPENSSL_cleanse(p, strlen(p));
}

/* What a memory BIO holds, on the arena; wiped there at its end. */
static const char *
text_of(struct arena *a, BIO *b)
{
	char *p;
	long n = BIO_get_mem_data(b, &p);
	char *text = arena_strndup(a, p, (size_t)MAX(n, 0L));

	arena_hook(a, wipe_text, text);
	return text;
}

/* ---- reading ---- */

static enum err
read_chain(struct work *w, const char *text)
{
	BIO *b = bio_of(text);
	X509 *x;

	while (w->n < CERT_CHAIN_MAX &&
		(x = PEM_read_bio_X509(b, NULL, no_password, NULL)))
		w->chain[w->n++] = x;
	/* the end of the text and nothing else has to be why it stopped */
	x = w->n == CERT_CHAIN_MAX
		    ? PEM_read_bio_X509(b, NULL, no_password, NULL)
		    : NULL;
	BIO_free(b);
	if (x) {
		X509_free(x);
		return refuse(w, "certificate", "holds too many certificates");
	}
	if (w->n == 0 ||
		ERR_GET_REASON(ERR_peek_last_error()) != PEM_R_NO_START_LINE)
		return refuse(w, "certificate",
			"must be certificates in PEM, the host's own first");
	ERR_clear_error();
	return E_OK;
}

static enum err
read_key(struct work *w, const char *text)
{
	BIO *b = bio_of(text);
	int type;

	w->key = PEM_read_bio_PrivateKey(b, NULL, no_password, NULL);
	BIO_free(b);
	if (!w->key)
		return refuse(w, "privateKey",
			"must be a private key in PEM, without a password");
	type = EVP_PKEY_get_base_id(w->key);
	if (type != EVP_PKEY_RSA && type != EVP_PKEY_EC)
		return refuse(w, "privateKey",
			"must be a key of RSA or of an elliptic curve");
	if (type == EVP_PKEY_RSA && (EVP_PKEY_get_bits(w->key) < 2048 ||
					    EVP_PKEY_get_bits(w->key) > 8192))
		return refuse(w, "privateKey", "must have 2048 to 8192 bits");
	return E_OK;
}

/* ---- judging ---- */

static bool
seconds_of(const ASN1_TIME *t, int64_t *ret)
{
	struct tm tm;

	if (!t || ASN1_TIME_to_tm(t, &tm) != 1)
		return false;
	*ret = (int64_t)timegm(&tm);
	return true;
}

static enum err
judge_dates(struct work *w, int64_t now, struct cert_pair *ret)
{
	const X509 *x = w->chain[0];

	if (!seconds_of(X509_get0_notBefore(x), &ret->not_before) ||
		!seconds_of(X509_get0_notAfter(x), &ret->not_after))
		return refuse(w, "certificate", "has no valid dates");
	if (ret->not_after <= now)
		return refuse(w, "certificate", "has expired");
	if (ret->not_before > now)
		return refuse(w, "certificate", "is not valid yet");
	return E_OK;
}

/* Browsers read alternative names only, so a common name does not count. */
static enum err
judge_names(struct work *w, const char *host)
{
	const unsigned flags = X509_CHECK_FLAG_NEVER_CHECK_SUBJECT |
			       X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS;

	if (X509_check_host(w->chain[0], host, strlen(host), flags, NULL) != 1)
		return refuse(w, "certificate", "is not for this domain");
	if (X509_check_purpose(w->chain[0], X509_PURPOSE_SSL_SERVER, 0) != 1)
		return refuse(w, "certificate", "is not one for a server");
	return E_OK;
}

static enum err
judge_chain(struct work *w)
{
	for (int i = 1; i < w->n; i++) {
		EVP_PKEY *key = X509_get0_pubkey(w->chain[i]);

		if (X509_check_issued(w->chain[i], w->chain[i - 1]) !=
				X509_V_OK ||
			!key || X509_verify(w->chain[i - 1], key) != 1)
			return refuse(w, "certificate",
				"is not in order: each certificate has to be "
				"signed by the one after it");
	}
	return E_OK;
}

/* What nginx does with it: a weak signature, for one, is refused here. */
static enum err
judge_by_loading(struct work *w)
{
	w->tls = SSL_CTX_new(TLS_server_method());
	if (!w->tls)
		out_of_memory();
	if (SSL_CTX_use_certificate(w->tls, w->chain[0]) != 1)
		return refuse(w, "certificate", "is too weak to be served");
	if (X509_check_private_key(w->chain[0], w->key) != 1 ||
		SSL_CTX_use_PrivateKey(w->tls, w->key) != 1 ||
		SSL_CTX_check_private_key(w->tls) != 1)
		return refuse(
			w, "privateKey", "does not belong to the certificate");
	for (int i = 1; i < w->n; i++) {
		if (SSL_CTX_add1_chain_cert(w->tls, w->chain[i]) != 1)
			return refuse(w, "certificate",
				"has a chain that is too weak to be served");
	}
	return E_OK;
}

/* ---- writing ---- */

static const char *
key_text(struct arena *a, EVP_PKEY *key)
{
	BIO *b = BIO_new(BIO_s_secmem());
	const char *text;

	if (!b || PEM_write_bio_PrivateKey(b, key, NULL, NULL, 0, NULL, NULL) !=
			  1)
		out_of_memory();
	text = text_of(a, b);
	BIO_free(b);
	return text;
}

static const char *
chain_text(struct work *w)
{
	BIO *b = BIO_new(BIO_s_mem());
	const char *text;

	if (!b)
		out_of_memory();
	for (int i = 0; i < w->n; i++) {
		if (PEM_write_bio_X509(b, w->chain[i]) != 1)
			out_of_memory();
	}
	text = text_of(w->ctx->arena, b);
	BIO_free(b);
	return text;
}

enum err
cert_judge(struct ctx *ctx, const char *chain, const char *key,
	const char *host, int64_t now, struct cert_pair *ret,
	const char **ret_part)
{
	struct work w = {.ctx = ctx};
	struct cert_pair pair = {0};
	enum err e = E_OK;

	if (strlen(chain) > CERT_PEM_MAX)
		e = refuse(&w, "certificate", "is too long");
	if (!e && strlen(key) > CERT_PEM_MAX)
		e = refuse(&w, "privateKey", "is too long");
	if (!e)
		e = read_chain(&w, chain);
	if (!e)
		e = read_key(&w, key);
	if (!e)
		e = judge_dates(&w, now, &pair);
	if (!e)
		e = judge_names(&w, host);
	if (!e)
		e = judge_chain(&w);
	if (!e)
		e = judge_by_loading(&w);
	if (e) {
		*ret_part = w.part;
	} else {
		pair.chain = chain_text(&w);
		pair.key = key_text(ctx->arena, w.key);
		*ret = pair;
	}
	work_done(&w);
	return e;
}

/* ---- making ---- */

static bool
add_name(X509_REQ *rq, const char *host, struct arena *a)
{
	STACK_OF(X509_EXTENSION) *list = sk_X509_EXTENSION_new_null();
	X509_EXTENSION *x = X509V3_EXT_conf_nid(NULL, NULL,
		NID_subject_alt_name, arena_printf(a, "DNS:%s", host));
	bool ok = list && x && sk_X509_EXTENSION_push(list, x) > 0 &&
		  X509_REQ_add_extensions(rq, list) == 1;

	X509_EXTENSION_free(x);
	sk_X509_EXTENSION_free(list);
	return ok;
}

enum err
cert_request(struct ctx *ctx, const char *host, const char **ret_key,
	const char **ret_request)
{
	struct arena *a = ctx->arena;
	EVP_PKEY *key = EVP_EC_gen("P-256");
	X509_REQ *rq = X509_REQ_new();
	BIO *b = BIO_new(BIO_s_mem());
	bool ok = key && rq && b && add_name(rq, host, a) &&
		  X509_REQ_set_pubkey(rq, key) == 1 &&
		  X509_REQ_sign(rq, key, EVP_sha256()) > 0 &&
		  PEM_write_bio_X509_REQ(b, rq) == 1;

	if (ok) {
		*ret_key = key_text(a, key);
		*ret_request = text_of(a, b);
	}
	BIO_free(b);
	X509_REQ_free(rq);
	EVP_PKEY_free(key);
	ERR_clear_error();
	return ok ? E_OK
		  : ctx_cause(ctx, E_INTERNAL_SERVER_ERROR,
			    "no request for %s can be made", host);
}

enum err
cert_account_key(struct ctx *ctx, const char **ret)
{
	EVP_PKEY *key = EVP_RSA_gen(3072);

	if (!key)
		return ctx_cause(
			ctx, E_INTERNAL_SERVER_ERROR, "no RSA key can be made");
	*ret = key_text(ctx->arena, key);
	EVP_PKEY_free(key);
	return E_OK;
}
