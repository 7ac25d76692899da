/* crypt.h - digests, MACs and sealing by OpenSSL's libcrypto. */
#ifndef AS_EXT_CRYPT_H
#define AS_EXT_CRYPT_H

#include "base/base.h"
#include "base/err.h"

#define CRYPT_SHA256 32

void crypt_sha256(const void *p, size_t n, uint8_t out[CRYPT_SHA256]);
/* SHA-256 of a text as 64 hex digits: how tokens are stored. */
void crypt_sha256_hex(const char *s, char out[65]);
/* The same of the file behind fd, from its beginning on. False, with errno: it
 * cannot be read. */
MUST bool crypt_sha256_fd(int fd, char out[65]);
bool crypt_eq(const void *a, const void *b, size_t n); /* constant time */
void crypt_wipe(void *p, size_t n);

/* An HMAC-SHA256 key made ready once (an EVP_MAC context that is duplicated
 * per use: measured faster than a fresh one). */
struct hmac_key;
struct hmac_key *hmac_new(const char *key, size_t n);
void hmac_free(struct hmac_key *k);
void hmac_sign(const struct hmac_key *k, const void *p, size_t n,
	uint8_t out[CRYPT_SHA256]);

/* Whether sig signs p under an RSA key (RS256: PKCS #1 v1.5 with SHA-256), given
 * as a JWK gives it: modulus and exponent, big-endian. Keys under 2048 or over
 * 8192 bits sign nothing. */
struct rsa_key {
	const uint8_t *n, *e;
	size_t n_len, e_len;
};
bool crypt_rs256_ok(const struct rsa_key *k, const void *p, size_t n,
	const uint8_t *sig, size_t nsig);

/* AES-256-GCM with a random 96-bit nonce; the result is text
 * "v1.<base64url of nonce|ciphertext|tag>". The key is derived from secret by
 * HKDF-SHA256; aad binds the text to its row ("project:<id>:env"). */
MUST enum err crypt_seal(struct ctx *ctx, const char *secret, const char *aad,
	const char *plain, const char **ret);
/* E_INTERNAL_SERVER_ERROR when it was altered, moved or is not ours. */
MUST enum err crypt_open(struct ctx *ctx, const char *secret, const char *aad,
	const char *sealed, const char **ret);

#endif
