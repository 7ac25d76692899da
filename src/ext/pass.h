/* pass.h - password hashes by libxcrypt: bcrypt $2b$ only. */
#ifndef AS_EXT_PASS_H
#define AS_EXT_PASS_H

#include "base/base.h"
#include "base/err.h"

#define PASS_BYTES_MAX 72 /* bcrypt reads no further */
#define PASS_HASH_SIZE 64

/* password is at most PASS_BYTES_MAX bytes (ASSERTed: the caller checked). */
MUST enum err pass_hash(struct ctx *ctx, const char *password, int cost,
	char ret[PASS_HASH_SIZE]);
/* False without computing anything for hashes that are not $2b$10 to $2b$14,
 * and for passwords over the limit. */
bool pass_verify(const char *password, const char *hash);
/* A constant hash of the same cost, to spend the same time on unknown users. */
const char *pass_decoy(int cost);
int pass_cost(const char *hash); /* 0 when it is no hash of ours */

#endif
