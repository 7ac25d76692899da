/* clock.c - wall and monotonic time, and their texts. */
#include "base/clock.h"

#include "base/arena.h"
#include "base/str.h"

#include <inttypes.h>

int64_t
clock_now_us(void)
{
	struct timespec ts;

#ifdef AS_DEVELOPER
	const char *now = getenv("AS_NOW");
	int64_t s;

	if (now && str_to_i64(now, 0, INT64_MAX / 1000000, &s))
		return s * 1000000;
#endif
	ASSERT(clock_gettime(CLOCK_REALTIME, &ts) == 0);
	return (int64_t)ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
}

int64_t
clock_now_s(void)
{
	return clock_now_us() / 1000000;
}

int64_t
clock_mono_us(void)
{
	struct timespec ts;

	ASSERT(clock_gettime(CLOCK_MONOTONIC, &ts) == 0);
	return (int64_t)ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
}

int64_t
clock_mono_ms(void)
{
	return clock_mono_us() / 1000;
}

void
clock_rfc3339(char dst[21], int64_t seconds)
{
	/* years that do not have four digits become the nearest that do */
	const int64_t first = INT64_C(-62167219200); /* 0000-01-01 */
	const int64_t last = INT64_C(253402300799);  /* 9999-12-31 */
	time_t t = (time_t)MIN(MAX(seconds, first), last);
	struct tm tm;

	ASSERT(gmtime_r(&t, &tm));
	/* not strftime, whose %Y does not pad */
	ASSERT(snprintf(dst, 21, "%04d-%02d-%02dT%02d:%02d:%02dZ",
		       tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday, tm.tm_hour,
		       tm.tm_min, tm.tm_sec) == 20);
}

bool
clock_from_rfc3339(const char *s, int64_t *ret_seconds)
{
	struct tm tm = {0};
	char same[21];
	int64_t t;

	if (!strptime(s, "%Y-%m-%dT%H:%M:%SZ", &tm))
		return false;
	t = (int64_t)timegm(&tm);
	/* it takes blanks, a 30th of February and more */
	clock_rfc3339(same, t);
	if (!str_eq(s, same))
		return false;
	*ret_seconds = t;
	return true;
}

const char *
clock_duration(struct arena *a, int64_t seconds)
{
	int64_t s = MAX(seconds, 0);

	if (s < 60)
		return arena_printf(a, "%" PRId64 "s", s);
	if (s < 3600)
		return arena_printf(
			a, "%" PRId64 "m %" PRId64 "s", s / 60, s % 60);
	return arena_printf(
		a, "%" PRId64 "h %" PRId64 "m", s / 3600, s % 3600 / 60);
}
