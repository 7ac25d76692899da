/* fuzz_cert.c - certificates and keys that users upload: one text that is
 * taken for both, as PEM files often hold both. */
#include "fuzz.h"

#include "base/arena.h"
#include "base/str.h"
#include "ext/cert.h"

/* within the validity of the corpus's certificates */
#define NOW 1800000000

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ctx ctx = {.arena = arena_new(64 << 20, 256 << 20)};
	char *s = arena_alloc(ctx.arena, size + 1);
	struct cert_pair pair;
	struct cert_pair again;
	const char *part = NULL;

	memcpy(s, data, size);
	if (cert_judge(&ctx, s, s, "www.example.com", NOW, &pair, &part)) {
		ASSERT(ctx.err == E_VALIDATION_ERROR && ctx.message);
		ASSERT(str_eq(part, "certificate") ||
			str_eq(part, "privateKey"));
	} else {
		/* what is taken is clean, and is taken again as it is */
		ASSERT(!strstr(pair.chain, "PRIVATE KEY"));
		ASSERT(str_starts(pair.chain, "-----BEGIN CERTIFICATE-----"));
		ASSERT(pair.not_before <= NOW && pair.not_after > NOW);
		ASSERT(!cert_judge(&ctx, pair.chain, pair.key,
			"www.example.com", NOW, &again, &part));
		ASSERT(str_eq(pair.chain, again.chain));
		ASSERT(str_eq(pair.key, again.key));
	}
	arena_free(ctx.arena);
	return 0;
}
