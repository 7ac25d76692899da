/* secret.c - makes random texts and their hashes. */
#include "svc/secret.h"

#include "base/rand.h"
#include "base/str.h"
#include "ext/crypt.h"

void
secret_make(struct secret *s)
{
	uint8_t bytes[SECRET_BYTES];

	rand_bytes(bytes, sizeof(bytes));
	(void)str_b64url(s->text, bytes, sizeof(bytes)); /* length is known */
	crypt_sha256_hex(s->text, s->hash);
	crypt_wipe(bytes, sizeof(bytes));
}
