/* fuzz_dns.c - answers of name servers. */
#include "fuzz.h"

#include "base/arena.h"
#include "base/str.h"
#include "ext/dns.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ctx ctx = {.arena = arena_new(64 << 20, 256 << 20)};
	struct dns_texts t;
	struct dns_addresses d = {.n = 0};

	if (dns_read_texts(&ctx, data, size, &t)) {
		ASSERT(t.n <= DNS_RECORDS_MAX);
		for (size_t i = 0; i < t.n; i++)
			ASSERT(!str_has_control(t.text[i]));
	}
	if (dns_read_addresses(data, size, &d)) {
		ASSERT(d.n <= DNS_RECORDS_MAX);
		for (size_t i = 0; i < d.n; i++)
			ASSERT(strspn(d.text[i], "0123456789abcdef.:") ==
				strlen(d.text[i]));
	}
	arena_free(ctx.arena);
	return 0;
}
