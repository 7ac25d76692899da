/* rand.c - random bytes, identifiers and numbers. */
#include "base/rand.h"

#include "base/str.h"

#include <errno.h>
#include <sys/random.h>

#ifdef AS_DEVELOPER
/* AS_SEED: a repeatable stream (splitmix64) for tests. True when it is set. */
static bool
seeded_bytes(unsigned char *p, size_t n)
{
	static uint64_t state;
	static bool started;
	const char *seed = getenv("AS_SEED");
	int64_t v;

	if (!seed || !str_to_i64(seed, 0, INT64_MAX, &v))
		return false;
	if (!started) {
		state = (uint64_t)v;
		started = true;
	}
	for (size_t i = 0; i < n; i++) {
		uint64_t z;

		/* in two's complement, as the algorithm wants it */
		state += UINT64_C(0x9e3779b97f4a7c15);
		z = (state ^ (state >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
		z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
		p[i] = (unsigned char)(z >> 56);
	}
	return true;
}
#endif

void
rand_bytes(void *p, size_t n)
{
	unsigned char *at = p;

#ifdef AS_DEVELOPER
	if (seeded_bytes(p, n))
		return;
#endif
	while (n) {
		ssize_t r = getrandom(at, n, 0);

		if (r < 0) {
			ASSERT(errno == EINTR);
			continue;
		}
		at += r;
		n -= (size_t)r;
	}
}

void
rand_uuid(char dst[37])
{
	unsigned char u[16];
	char hex[33];

	rand_bytes(u, sizeof(u));
	u[6] = (unsigned char)((u[6] & 0x0f) | 0x40);
	u[8] = (unsigned char)((u[8] & 0x3f) | 0x80);
	str_hex(hex, u, sizeof(u));
	(void)snprintf(dst, 37, "%.8s-%.4s-%.4s-%.4s-%.12s", hex, hex + 8,
		hex + 12, hex + 16, hex + 20);
}

uint32_t
rand_below(uint32_t n)
{
	uint32_t least;
	uint32_t v;

	ASSERT(n > 0);
	/* values under 2^32 mod n would make the low results likelier */
	least = -n % n;
	do {
		rand_bytes(&v, sizeof(v));
	} while (v < least);
	return v % n;
}
