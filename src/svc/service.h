/*
 * service.h - the services of the status page: what a series of probes says of
 * one, for how long it was in which state, and what share of the time that is.
 * Pure: the probes are the worker's (prober.c), the answers snapshot.c's.
 */
#ifndef AS_SVC_SERVICE_H
#define AS_SVC_SERVICE_H

#include "base/base.h"

struct arena;

enum service {
#define SERVICE(name, text, slow, doc) SERVICE_##name,
#include "svc/service.def"
#undef SERVICE
	SERVICE_MAX
};

struct service_info {
	const char *name;
	int64_t slow_ms;
	const char *doc;
};
const struct service_info *service_info(enum service s);
/* All names, ended by NULL. */
extern const char *const service_names[];
/* SERVICE_MAX when there is none of this name. */
enum service service_by_name(const char *name);

/* UNKNOWN: nobody has looked. */
enum health {
	HEALTH_UNKNOWN,
	HEALTH_UP,
	HEALTH_DEGRADED,
	HEALTH_DOWN,
	HEALTH_MAX
};
/* "unknown", "operational", "degraded", "down", ended by NULL. */
extern const char *const health_words[];

/* ---- one service as its probes have found it ---- */

#define HEALTH_FAILURES 2 /* in a row that mean down */

struct service_watch {
	enum health health;
	unsigned failures;  /* probes in a row */
	int64_t ms;         /* that the last probe took; -1: it failed */
	int64_t down_since; /* first of the last failures, microseconds of
			     * wall time; 0: none of interest */
	int64_t down_until; /* 0: it has not come back */
};

/* Take in what a probe at this time has found: ms is how long it took (-1: it
 * failed), slow whether that is over the table's threshold. The first failed
 * probe is degraded, HEALTH_FAILURES in a row are down. */
void service_seen(
	struct service_watch *w, int64_t now_us, int64_t ms, bool slow);
/* For how long it has been down, or was when it came back; 0: it was not. */
int64_t service_down_ms(const struct service_watch *w, int64_t now_us);

/* ---- times by day ---- */

/* Milliseconds of one day (UTC) by health; what is missing is unknown. */
struct service_day {
	int64_t day; /* since 1970-01-01 */
	int64_t ms[SERVICE_MAX][HEALTH_MAX];
};
struct service_days {
	struct service_day *day; /* ascending */
	size_t n, max;
};

/* Room for so many days; when one more comes, the oldest goes. */
void service_days_init(struct service_days *d, struct arena *a, size_t max);
/* The last ms milliseconds before end_us were like this; midnight splits
 * them. */
void service_days_add(struct service_days *d, enum service s, enum health h,
	int64_t end_us, int64_t ms);
/* NULL when there is none. */
const struct service_day *service_days_at(
	const struct service_days *d, int64_t day);
/* The entry of a day, made when it is not there; NULL when it is older than all
 * that there is room for. */
struct service_day *service_days_make(struct service_days *d, int64_t day);

#define US_PER_DAY INT64_C(86400000000)

/* What share of the known time it was up or degraded, in hundredths of a
 * percent, or -1 without any. Rounded down, so that 10000 means always. */
int64_t service_uptime(const int64_t ms[HEALTH_MAX]);
/* "99.98"; "null" for -1. */
const char *service_percent(struct arena *a, int64_t hundredths);

#endif
