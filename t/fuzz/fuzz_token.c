/*
 * fuzz_token.c - any bytes as an access token, which is never accepted; and,
 * after a first byte 's', any bytes as claims under a right signature.
 */
#include "fuzz.h"

#include "base/arena.h"
#include "base/str.h"
#include "ext/crypt.h"
#include "svc/access.h"

#define SECRET "0123456789abcdef0123456789abcdef"
#define HEADER "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9"

static const struct cfg cfg = {.jwt_secret = SECRET,
	.jwt_secret_previous = "",
	.app_url = "https://panel.example.com",
	.access_token_seconds = 900};

static const char *
encode(struct arena *a, const void *p, size_t n)
{
	char *dst = arena_alloc(a, 4 * ((n + 2) / 3) + 1);

	(void)str_b64url(dst, p, n);
	return dst;
}

static const char *
forge(struct arena *a, const uint8_t *claims, size_t n)
{
	struct hmac_key *k = hmac_new(SECRET, strlen(SECRET));
	uint8_t mac[CRYPT_SHA256];
	const char *text = arena_printf(a, HEADER ".%s", encode(a, claims, n));

	hmac_sign(k, text, strlen(text), mac);
	hmac_free(k);
	return arena_printf(a, "%s.%s", text, encode(a, mac, sizeof(mac)));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *a = arena_new(1 << 24, 1 << 28);
	struct ctx ctx = {.arena = a};
	const char *error;
	const struct access_keys *keys = access_keys_new(a, &cfg, &error);
	struct access_claims c;

	if (size > 0 && data[0] == 's') {
		if (access_verify(&ctx, keys, forge(a, data + 1, size - 1),
			    ACCESS_PURPOSE, &c) == E_OK)
			ASSERT(str_is_uuid(c.user_id) && str_is_uuid(c.sid) &&
				str_is_uuid(c.jti) && c.exp >= c.iat);
	} else {
		ASSERT(access_verify(&ctx, keys,
			       arena_strndup(a, (const char *)data, size),
			       ACCESS_PURPOSE, &c) == E_UNAUTHORIZED);
	}
	arena_free(a);
	return 0;
}
