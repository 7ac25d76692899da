/*
 * service.c - the arithmetic of the status page; see service.h. A day's times
 * are kept as sums, so that neither the pace of probes nor a gap between them
 * bends a percentage.
 */
#include "svc/service.h"

#include "base/arena.h"
#include "base/str.h"

#include <inttypes.h>

static const struct service_info infos[SERVICE_MAX] = {
#define SERVICE(name, text, slow, doc) [SERVICE_##name] = {text, slow, doc},
#include "svc/service.def"
#undef SERVICE
};

const char *const service_names[] = {
#define SERVICE(name, text, slow, doc) text,
#include "svc/service.def"
#undef SERVICE
	NULL};

const char *const health_words[] = {[HEALTH_UNKNOWN] = "unknown",
	[HEALTH_UP] = "operational",
	[HEALTH_DEGRADED] = "degraded",
	[HEALTH_DOWN] = "down",
	[HEALTH_MAX] = NULL};

const struct service_info *
service_info(enum service s)
{
	ASSERT(s < SERVICE_MAX);
	return &infos[s];
}

enum service
service_by_name(const char *name)
{
	enum service s = 0;

	while (s < SERVICE_MAX && !str_eq(infos[s].name, name))
		s++;
	return s;
}

/* ---- probes ---- */

void
service_seen(struct service_watch *w, int64_t now_us, int64_t ms, bool slow)
{
	w->ms = ms;
	if (ms >= 0) {
		if (w->health == HEALTH_DOWN)
			w->down_until = now_us;
		else if (w->failures)
			w->down_since = 0; /* a single one is no outage */
		w->failures = 0;
		w->health = slow ? HEALTH_DEGRADED : HEALTH_UP;
		return;
	}
	if (w->failures++ == 0) {
		w->down_since = now_us;
		w->down_until = 0;
	}
	w->health =
		w->failures >= HEALTH_FAILURES ? HEALTH_DOWN : HEALTH_DEGRADED;
}

int64_t
service_down_ms(const struct service_watch *w, int64_t now_us)
{
	int64_t until = w->down_until ? w->down_until : now_us;

	if (!w->down_since || (w->health != HEALTH_DOWN && !w->down_until))
		return 0;
	return MAX(until - w->down_since, INT64_C(0)) / 1000;
}

/* ---- days ---- */

void
service_days_init(struct service_days *d, struct arena *a, size_t max)
{
	*d = (struct service_days){
		.day = arena_array(a, max, sizeof(*d->day)), .max = max};
}

struct service_day *
service_days_make(struct service_days *d, int64_t day)
{
	size_t i = d->n;

	while (i > 0 && d->day[i - 1].day > day)
		i--;
	if (i > 0 && d->day[i - 1].day == day)
		return &d->day[i - 1];
	if (d->n == d->max && i == 0)
		return NULL;
	if (d->n == d->max) {
		i--;
		memmove(d->day, d->day + 1, i * sizeof(*d->day));
	} else {
		memmove(d->day + i + 1, d->day + i,
			(d->n - i) * sizeof(*d->day));
		d->n++;
	}
	d->day[i] = (struct service_day){.day = day};
	return &d->day[i];
}

const struct service_day *
service_days_at(const struct service_days *d, int64_t day)
{
	for (size_t i = 0; i < d->n; i++) {
		if (d->day[i].day == day)
			return &d->day[i];
	}
	return NULL;
}

void
service_days_add(struct service_days *d, enum service s, enum health h,
	int64_t end_us, int64_t ms)
{
	int64_t day = (end_us - 1) / US_PER_DAY; /* of the last moment */
	int64_t since_midnight = (end_us - day * US_PER_DAY) / 1000;
	struct service_day *to;

	if (h == HEALTH_UNKNOWN || ms <= 0)
		return;
	if (ms > since_midnight) {
		service_days_add(
			d, s, h, day * US_PER_DAY, ms - since_midnight);
		ms = since_midnight;
	}
	to = ms > 0 ? service_days_make(d, day) : NULL;
	if (to)
		to->ms[s][h] += ms;
}

/* ---- shares ---- */

int64_t
service_uptime(const int64_t ms[HEALTH_MAX])
{
	int64_t good = ms[HEALTH_UP] + ms[HEALTH_DEGRADED];
	int64_t known = good + ms[HEALTH_DOWN];

	return known > 0 ? good * 10000 / known : -1;
}

const char *
service_percent(struct arena *a, int64_t hundredths)
{
	if (hundredths < 0)
		return "null";
	if (hundredths % 100 == 0)
		return arena_printf(a, "%" PRId64, hundredths / 100);
	return arena_printf(a, "%" PRId64 ".%02" PRId64, hundredths / 100,
		hundredths % 100);
}
