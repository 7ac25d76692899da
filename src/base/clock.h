/*
 * clock.h - time. Wall time is microseconds since 1970 UTC; AS_NOW (seconds)
 * sets it in developer builds.
 */
#ifndef AS_CLOCK_H
#define AS_CLOCK_H

#include "base/base.h"

struct arena;

int64_t clock_now_us(void);
int64_t clock_now_s(void);
int64_t clock_mono_ms(void); /* never jumps; for intervals and deadlines */
int64_t clock_mono_us(void);
/* "2026-01-20T10:30:00Z"; dst of 21 bytes. */
void clock_rfc3339(char dst[21], int64_t seconds);
/* Back from exactly such a text; false when it is another one. */
MUST bool clock_from_rfc3339(const char *s, int64_t *ret_seconds);
/* "45s", "2m 15s", "1h 3m": the contract's text for a duration. */
const char *clock_duration(struct arena *a, int64_t seconds);

#endif
