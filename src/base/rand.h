/* rand.h - randomness from getrandom(2); AS_SEED makes it repeatable in
 * developer builds only. */
#ifndef AS_RAND_H
#define AS_RAND_H

#include "base/base.h"

void rand_bytes(void *p, size_t n);
void rand_uuid(char dst[37]); /* version 4, lower case */
/* A random integer in [0, n); n > 0. */
uint32_t rand_below(uint32_t n);

#endif
