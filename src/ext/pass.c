/*
 * pass.c - password hashes by libxcrypt. Only svc/session.c and the seeding
 * command call it; both bound how many run at once.
 */
#include "ext/pass.h"

#include <crypt.h>

#define BCRYPT_LEN 60 /* "$2b$12$" + 22 of salt + 31 of hash */
#define COST_MIN   10
#define COST_MAX   14

enum err
pass_hash(struct ctx *ctx, const char *password, int cost,
	char ret[PASS_HASH_SIZE])
{
	char setting[CRYPT_GENSALT_OUTPUT_SIZE];
	struct crypt_data data;
	enum err e = E_OK;
	const char *hash;

	ASSERT(strlen(password) <= PASS_BYTES_MAX);
	ASSERT(cost >= COST_MIN && cost <= COST_MAX);
	memset(&data, 0, sizeof(data));
	/* without random bytes of ours libxcrypt takes the kernel's */
	if (!crypt_gensalt_rn("$2b$", (unsigned long)cost, NULL, 0, setting,
		    sizeof(setting)))
		return ctx_cause(ctx, E_INTERNAL_SERVER_ERROR,
			"crypt_gensalt_rn failed");
	hash = crypt_rn(password, setting, &data, sizeof(data));
	if (!hash || strlen(hash) != BCRYPT_LEN)
		e = ctx_cause(ctx, E_INTERNAL_SERVER_ERROR, "crypt_rn failed");
	else
		memcpy(ret, hash, BCRYPT_LEN + 1);
	explicit_bzero(&data, sizeof(data));
	return e;
}

static bool
is_bcrypt_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c >= '0' && c <= '9') || c == '.' || c == '/';
}

int
pass_cost(const char *hash)
{
	int cost;

	if (!hash || strlen(hash) != BCRYPT_LEN || memcmp(hash, "$2b$", 4) ||
		hash[4] != '1' || hash[5] < '0' || hash[5] > '9' ||
		hash[6] != '$')
		return 0;
	for (int i = 7; i < BCRYPT_LEN; i++)
		if (!is_bcrypt_char(hash[i]))
			return 0;
	cost = 10 + hash[5] - '0';
	return cost <= COST_MAX ? cost : 0;
}

bool
pass_verify(const char *password, const char *hash)
{
	struct crypt_data data;
	const char *got;
	unsigned diff = 0;

	if (!pass_cost(hash) || strlen(password) > PASS_BYTES_MAX)
		return false;
	memset(&data, 0, sizeof(data));
	got = crypt_rn(password, hash, &data, sizeof(data));
	if (!got || strlen(got) != BCRYPT_LEN)
		diff = 1;
	else
		for (int i = 0; i < BCRYPT_LEN; i++)
			diff |= (unsigned)(got[i] ^ hash[i]);
	explicit_bzero(&data, sizeof(data));
	return diff == 0;
}

const char *
pass_decoy(int cost)
{
/* any salt and any 184 bits: that no password is known to give them is what
 * makes it a decoy */
#define DECOY(cost)                                                            \
	"$2b$" #cost "$kIZ3vV1mJcNq7uTtRb0x2uQe5Yw9Zs4Hd8Lg6PfXa1Cn3MjBoKrWi"
	static const char *const decoys[] = {
		DECOY(10),
		DECOY(11),
		DECOY(12),
		DECOY(13),
		DECOY(14),
	};
#undef DECOY

	ASSERT(cost >= COST_MIN && cost <= COST_MAX);
	return decoys[cost - COST_MIN];
}
