/*
 * crypt.c - digests, MACs and sealed texts by OpenSSL's libcrypto. Tokens are
 * stored by their digest, environment variables sealed. Knows no rows.
 */
#include "ext/crypt.h"

#include "base/arena.h"
#include "base/str.h"

#include <errno.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/param_build.h>
#include <openssl/params.h>
#include <openssl/rand.h>
#include <unistd.h>

#define NONCE    12
#define TAG      16
#define KEY      32
#define PREFIX   "v1."
#define SEAL_MAX ((size_t)16 << 20)

void
crypt_sha256(const void *p, size_t n, uint8_t out[CRYPT_SHA256])
{
	ASSERT(EVP_Digest(p, n, out, NULL, EVP_sha256(), NULL));
}

void
crypt_sha256_hex(const char *s, char out[65])
{
	uint8_t md[CRYPT_SHA256];

	crypt_sha256(s, strlen(s), md);
	str_hex(out, md, sizeof(md));
}

bool
crypt_sha256_fd(int fd, char out[65])
{
	EVP_MD_CTX *md = EVP_MD_CTX_new();
	uint8_t digest[CRYPT_SHA256];
	char block[16 * 1024];
	off_t at = 0;
	ssize_t n;

	ASSERT(md && EVP_DigestInit_ex(md, EVP_sha256(), NULL));
	while ((n = pread(fd, block, sizeof(block), at)) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			break;
		ASSERT(EVP_DigestUpdate(md, block, (size_t)n));
		at += n;
	}
	ASSERT(EVP_DigestFinal_ex(md, digest, NULL));
	EVP_MD_CTX_free(md);
	str_hex(out, digest, sizeof(digest));
	return n == 0;
}

bool
crypt_eq(const void *a, const void *b, size_t n)
{
	return CRYPTO_memcmp(a, b, n) == 0;
}

void
crypt_wipe(void *p, size_t n)
{
	OPENSSL_cleanse(p, n);
}

/* ---- HMAC ---- */

struct hmac_key {
	EVP_MAC_CTX *ctx;
};

struct hmac_key *
hmac_new(const char *key, size_t n)
{
	struct hmac_key *k = calloc(1, sizeof(*k));
	char digest[] = "SHA256";
	OSSL_PARAM params[] = {
		OSSL_PARAM_construct_utf8_string(
			OSSL_MAC_PARAM_DIGEST, digest, 0),
		OSSL_PARAM_construct_end(),
	};
	EVP_MAC *mac;

	if (!k)
		out_of_memory();
	mac = EVP_MAC_fetch(NULL, "HMAC", NULL);
	k->ctx = EVP_MAC_CTX_new(mac);
	ASSERT(k->ctx &&
		EVP_MAC_init(k->ctx, (const unsigned char *)key, n, params));
	EVP_MAC_free(mac); /* the context holds its own reference */
	return k;
}

void
hmac_free(struct hmac_key *k)
{
	if (!k)
		return;
	EVP_MAC_CTX_free(k->ctx); /* cleanses the key */
	free(k);
}

void
hmac_sign(const struct hmac_key *k, const void *p, size_t n,
	uint8_t out[CRYPT_SHA256])
{
	EVP_MAC_CTX *c = EVP_MAC_CTX_dup(k->ctx);
	size_t len;

	ASSERT(c && EVP_MAC_update(c, p, n) &&
		EVP_MAC_final(c, out, &len, CRYPT_SHA256));
	EVP_MAC_CTX_free(c);
}

/* ---- RSA signatures ---- */

static EVP_PKEY *
rsa_public(const struct rsa_key *k)
{
	BIGNUM *n = BN_bin2bn(k->n, (int)k->n_len, NULL);
	BIGNUM *e = BN_bin2bn(k->e, (int)k->e_len, NULL);
	OSSL_PARAM_BLD *b = OSSL_PARAM_BLD_new();
	EVP_PKEY_CTX *c = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
	OSSL_PARAM *params = NULL;
	EVP_PKEY *key = NULL;

	if (n && e && b && c &&
		OSSL_PARAM_BLD_push_BN(b, OSSL_PKEY_PARAM_RSA_N, n) &&
		OSSL_PARAM_BLD_push_BN(b, OSSL_PKEY_PARAM_RSA_E, e))
		params = OSSL_PARAM_BLD_to_param(b);
	if (!params || EVP_PKEY_fromdata_init(c) <= 0 ||
		EVP_PKEY_fromdata(c, &key, EVP_PKEY_PUBLIC_KEY, params) <= 0)
		key = NULL;
	OSSL_PARAM_free(params);
	EVP_PKEY_CTX_free(c);
	OSSL_PARAM_BLD_free(b);
	BN_free(e);
	BN_free(n);
	return key;
}

bool
crypt_rs256_ok(const struct rsa_key *k, const void *p, size_t n,
	const uint8_t *sig, size_t nsig)
{
	EVP_MD_CTX *md;
	EVP_PKEY *key;
	bool ok;

	if (k->n_len < 256 || k->n_len > 1024 || k->n[0] == 0 || k->e_len < 1 ||
		k->e_len > 8)
		return false;
	key = rsa_public(k);
	md = EVP_MD_CTX_new();
	ok = key && md &&
	     EVP_DigestVerifyInit(md, NULL, EVP_sha256(), NULL, key) > 0 &&
	     EVP_DigestVerify(md, sig, nsig, p, n) == 1;
	EVP_MD_CTX_free(md);
	EVP_PKEY_free(key);
	ERR_clear_error(); /* refused input leaves words there */
	return ok;
}

/* ---- sealing ---- */

/* The sealing key: never the signing key itself. */
static bool
derive(const char *secret, uint8_t key[KEY])
{
	static const char info[] = "autostack seal v1";
	char digest[] = "SHA256";
	OSSL_PARAM params[] = {
		OSSL_PARAM_construct_utf8_string(
			OSSL_KDF_PARAM_DIGEST, digest, 0),
		OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_KEY,
			(void *)(uintptr_t)secret, strlen(secret)),
		OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_INFO,
			(void *)(uintptr_t)info, sizeof(info) - 1),
		OSSL_PARAM_construct_end(),
	};
	EVP_KDF *kdf = EVP_KDF_fetch(NULL, "HKDF", NULL);
	EVP_KDF_CTX *c = EVP_KDF_CTX_new(kdf);
	bool ok = c && EVP_KDF_derive(c, key, KEY, params) > 0;

	EVP_KDF_CTX_free(c);
	EVP_KDF_free(kdf);
	return ok;
}

/* blob = nonce | n bytes of ciphertext | tag */
static bool
encrypt(const uint8_t key[KEY], const char *aad, const char *plain, size_t n,
	uint8_t *blob)
{
	EVP_CIPHER_CTX *c = EVP_CIPHER_CTX_new();
	int len;
	bool ok = c && RAND_bytes(blob, NONCE) == 1 &&
		  EVP_EncryptInit_ex(c, EVP_aes_256_gcm(), NULL, key, blob) &&
		  EVP_EncryptUpdate(c, NULL, &len, (const uint8_t *)aad,
			  (int)strlen(aad)) &&
		  EVP_EncryptUpdate(c, blob + NONCE, &len,
			  (const uint8_t *)plain, (int)n) &&
		  EVP_EncryptFinal_ex(c, blob + NONCE + n, &len) &&
		  EVP_CIPHER_CTX_ctrl(
			  c, EVP_CTRL_GCM_GET_TAG, TAG, blob + NONCE + n);

	EVP_CIPHER_CTX_free(c);
	return ok;
}

static bool
decrypt(const uint8_t key[KEY], const char *aad, uint8_t *blob, size_t n,
	char *plain)
{
	EVP_CIPHER_CTX *c = EVP_CIPHER_CTX_new();
	int len;
	bool ok = c &&
		  EVP_DecryptInit_ex(c, EVP_aes_256_gcm(), NULL, key, blob) &&
		  EVP_DecryptUpdate(c, NULL, &len, (const uint8_t *)aad,
			  (int)strlen(aad)) &&
		  EVP_DecryptUpdate(
			  c, (uint8_t *)plain, &len, blob + NONCE, (int)n) &&
		  EVP_CIPHER_CTX_ctrl(
			  c, EVP_CTRL_GCM_SET_TAG, TAG, blob + NONCE + n) &&
		  EVP_DecryptFinal_ex(c, (uint8_t *)plain + n, &len) > 0;

	EVP_CIPHER_CTX_free(c);
	return ok;
}

enum err
crypt_seal(struct ctx *ctx, const char *secret, const char *aad,
	const char *plain, const char **ret)
{
	size_t n = strlen(plain);
	size_t size = NONCE + n + TAG;
	size_t prefix = strlen(PREFIX);
	uint8_t key[KEY];
	uint8_t *blob;
	char *text;
	bool ok;

	if (n > SEAL_MAX)
		return ctx_cause(
			ctx, E_PAYLOAD_TOO_LARGE, "sealing %zu bytes", n);
	blob = arena_alloc(ctx->arena, size);
	ok = derive(secret, key) && encrypt(key, aad, plain, n, blob);
	OPENSSL_cleanse(key, sizeof(key));
	if (!ok)
		return ctx_cause(
			ctx, E_INTERNAL_SERVER_ERROR, "sealing failed");
	text = arena_alloc(ctx->arena, prefix + 4 * ((size + 2) / 3) + 1);
	memcpy(text, PREFIX, prefix);
	(void)str_b64url(text + prefix, blob, size);
	*ret = text;
	return E_OK;
}

struct wipe {
	void *p;
	size_t n;
};

static void
wipe_hook(void *arg)
{
	struct wipe *w = arg;

	OPENSSL_cleanse(w->p, w->n);
}

/* Arena memory that is wiped when the arena goes. */
static char *
secret_alloc(struct arena *a, size_t n)
{
	struct wipe *w = ARENA_NEW(a, struct wipe);

	w->p = arena_alloc(a, n);
	w->n = n;
	arena_hook(a, wipe_hook, w);
	return w->p;
}

enum err
crypt_open(struct ctx *ctx, const char *secret, const char *aad,
	const char *sealed, const char **ret)
{
	size_t prefix = strlen(PREFIX);
	uint8_t key[KEY];
	uint8_t *blob;
	ptrdiff_t size = -1;
	size_t n;
	char *plain;
	bool ok;

	if (str_starts(sealed, PREFIX) && strlen(sealed) < 2 * SEAL_MAX) {
		blob = arena_alloc(ctx->arena, 3 * strlen(sealed) / 4 + 1);
		size = str_unb64url(
			blob, sealed + prefix, strlen(sealed) - prefix);
	}
	if (size < NONCE + TAG)
		return ctx_cause(ctx, E_INTERNAL_SERVER_ERROR,
			"a sealed text is not of the form v1");
	n = (size_t)size - NONCE - TAG;
	plain = secret_alloc(ctx->arena, n + 1);
	ok = derive(secret, key) && decrypt(key, aad, blob, n, plain);
	OPENSSL_cleanse(key, sizeof(key));
	if (!ok)
		return ctx_cause(ctx, E_INTERNAL_SERVER_ERROR,
			"a sealed text does not open: altered, moved, or "
			"sealed with another secret");
	plain[n] = '\0';
	*ret = plain;
	return E_OK;
}
