/* snapshot.c - writes and reads the file that the status page is made of. */
#include "svc/snapshot.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/fd.h"
#include "base/jw.h"
#include "base/str.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- writing ---- */

/* Times of one service, or of all: stored and not yet stored together. */
static void
add_times(const struct snapshot_in *in, int64_t day, enum service s,
	int64_t ms[HEALTH_MAX])
{
	const struct service_day *part[] = {service_days_at(in->stored, day),
		service_days_at(in->fresh, day)};

	for (size_t i = 0; i < NELEM(part); i++) {
		for (int h = 0; part[i] && h < HEALTH_MAX; h++)
			ms[h] += part[i]->ms[s][h];
	}
}

static int64_t
today(const struct snapshot_in *in)
{
	return in->now_us / US_PER_DAY;
}

/* How a service is, in an object that has its name already. */
static void
put_service(struct jw *w, struct arena *a, const struct snapshot_in *in,
	enum service s, bool stale)
{
	const struct service_watch *v = &in->watch[s];
	bool unknown = stale || v->health == HEALTH_UNKNOWN;
	int64_t ms[HEALTH_MAX] = {0};
	char at[21];

	clock_rfc3339(at, in->now_us / 1000000);
	for (int64_t i = 0; i < HISTORY_DAYS; i++)
		add_times(in, today(in) - i, s, ms);
	jw_kstr(w, "status",
		health_words[unknown ? HEALTH_UNKNOWN : v->health]);
	jw_key(w, "uptime");
	jw_raw(w, service_percent(a, service_uptime(ms)));
	jw_key(w, "responseTime");
	if (unknown || v->ms < 0)
		jw_null(w);
	else
		jw_int(w, v->ms);
	jw_kstr(w, "lastCheckedAt", v->health == HEALTH_UNKNOWN ? NULL : at);
}

static void
put_services(
	struct jw *w, struct arena *a, const struct snapshot_in *in, bool stale)
{
	jw_array(w);
	for (enum service s = 0; s < SERVICE_MAX; s++) {
		jw_object(w);
		jw_kstr(w, "name", service_info(s)->name);
		put_service(w, a, in, s, stale);
		jw_object_end(w);
	}
	jw_array_end(w);
}

static const char *
day_words(struct arena *a, int64_t ago)
{
	if (ago == 0)
		return "Today";
	return arena_printf(
		a, "%" PRId64 " day%s ago", ago, ago == 1 ? "" : "s");
}

/* How much of a day has passed. */
static int64_t
passed_ms(const struct snapshot_in *in, int64_t day)
{
	return MIN(in->now_us - day * US_PER_DAY, US_PER_DAY) / 1000;
}

static void
put_day_of(struct jw *w, struct arena *a, const struct snapshot_in *in,
	int64_t day, enum service s)
{
	int64_t ms[HEALTH_MAX] = {0};
	int64_t known;

	add_times(in, day, s, ms);
	known = ms[HEALTH_UP] + ms[HEALTH_DEGRADED] + ms[HEALTH_DOWN];
	jw_object(w);
	jw_kstr(w, "name", service_info(s)->name);
	jw_key(w, "uptime");
	jw_raw(w, service_percent(a, service_uptime(ms)));
	jw_kint(w, "downSeconds", ms[HEALTH_DOWN] / 1000);
	jw_kint(w, "unknownSeconds",
		MAX(passed_ms(in, day) - known, INT64_C(0)) / 1000);
	jw_object_end(w);
}

static void
put_history(struct jw *w, struct arena *a, const struct snapshot_in *in)
{
	jw_array(w);
	for (int64_t ago = HISTORY_DAYS - 1; ago >= 0; ago--) {
		int64_t day = today(in) - ago;
		int64_t ms[HEALTH_MAX] = {0};
		char text[21];

		for (enum service s = 0; s < SERVICE_MAX; s++)
			add_times(in, day, s, ms);
		clock_rfc3339(text, day * (US_PER_DAY / 1000000));
		text[10] = '\0';
		jw_object(w);
		jw_kstr(w, "date", day_words(a, ago));
		jw_kstr(w, "day", text);
		jw_key(w, "uptime");
		jw_raw(w, service_percent(a, service_uptime(ms)));
		jw_kint(w, "incidents",
			in->incidents ? in->incidents[HISTORY_DAYS - 1 - ago]
				      : 0);
		jw_key(w, "services");
		jw_array(w);
		for (enum service s = 0; s < SERVICE_MAX; s++)
			put_day_of(w, a, in, day, s);
		jw_array_end(w);
		jw_object_end(w);
	}
	jw_array_end(w);
}

static void
put_number(struct jw *w, const char *key, const char *number)
{
	jw_key(w, key);
	jw_raw(w, number ? number : "null");
}

void
snapshot_put_metrics(
	struct jw *w, struct arena *a, const struct snapshot_metrics *m)
{
	int64_t seconds;
	bool timed =
		m->seconds && str_to_i64(m->seconds, 0, INT64_MAX, &seconds);

	jw_object(w);
	put_number(w, "totalDeployments", m->total ? m->total : "0");
	put_number(w, "deploymentChange", m->total_change);
	put_number(w, "activeProjects", m->projects ? m->projects : "0");
	put_number(w, "projectChange", m->projects_change);
	jw_kstr(w, "avgDeployTime", timed ? clock_duration(a, seconds) : NULL);
	put_number(w, "timeChange", m->seconds_change);
	jw_kstr(w, "successRate",
		m->rate ? arena_printf(a, "%s%%", m->rate) : NULL);
	put_number(w, "successChange", m->rate_change);
	jw_object_end(w);
}

static void
put_metrics(struct buf *out, struct arena *a, const struct snapshot_in *in)
{
	static const struct snapshot_metrics nothing = {.total = NULL};
	struct jw w;

	if (in->metrics) {
		buf_str(out, in->metrics);
		return;
	}
	jw_init(&w, out);
	snapshot_put_metrics(&w, a, &nothing);
}

static void
put_update(struct buf *out, struct arena *a, const struct snapshot_in *in,
	enum service s, bool stale)
{
	struct jw w;

	buf_str(out, stale ? "stale_update " : "service_update ");
	jw_init(&w, out);
	jw_object(&w);
	jw_kstr(&w, "type", "service_update");
	jw_kstr(&w, "service", service_info(s)->name);
	put_service(&w, a, in, s, stale);
	jw_object_end(&w);
	buf_char(out, '\n');
}

static void
put_updates(struct buf *out, struct arena *a, const struct snapshot_in *in)
{
	for (enum service s = 0; s < SERVICE_MAX; s++) {
		put_update(out, a, in, s, false);
		put_update(out, a, in, s, true);
	}
	buf_str(out,
		"metrics_update {\"type\":\"metrics_update\",\"metrics\":");
	put_metrics(out, a, in);
	buf_str(out, "}\n");
}

void
snapshot_write(struct arena *a, const struct snapshot_in *in, struct buf *out)
{
	struct jw w;

	buf_printf(out, "at %" PRId64 "\nservices ", in->now_us / 1000);
	jw_init(&w, out);
	put_services(&w, a, in, false);
	buf_str(out, "\nstale ");
	jw_init(&w, out);
	put_services(&w, a, in, true);
	buf_str(out, "\nmetrics ");
	put_metrics(out, a, in);
	buf_str(out, "\nhistory ");
	jw_init(&w, out);
	put_history(&w, a, in);
	buf_printf(out, "\nincidents %s\n",
		in->incident_list ? in->incident_list : "[]");
	put_updates(out, a, in);
}

bool
snapshot_save(struct arena *a, const struct cfg *cfg, const struct buf *text)
{
	const char *path = arena_printf(a, "%s/" SNAPSHOT_FILE, cfg->run_dir);
	const char *half = arena_printf(a, "%s.new", path);
	AUTO_FD int fd = open(half,
		O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0644);

	/* Not synced: it is of no use after a crash of the host. Its mode is
	 * ours whatever the umask is: nginx reads it, too. */
	return fd >= 0 && fchmod(fd, 0644) == 0 &&
	       fd_write_all(fd, buf_text(text), text->len) &&
	       rename(half, path) == 0;
}

/* ---- reading ---- */

/* As it is before anybody has looked. */
static const char *
blank(struct arena *a)
{
	static const struct service_watch watch[SERVICE_MAX];
	static const struct service_days none;
	const struct snapshot_in in = {.now_us = clock_now_us(),
		.watch = watch,
		.stored = &none,
		.fresh = &none};
	AUTO_BUF struct buf b = {.max = SNAPSHOT_MAX};

	snapshot_write(a, &in, &b);
	return arena_strndup(a, b.data, b.len);
}

/* The rest of the line that begins with name, or NULL. Ends it in place. */
static const char *
take_line(char **at, const char *name)
{
	char *line = *at;
	char *end = strchr(line, '\n');
	size_t n = strlen(name);

	if (!end || strncmp(line, name, n) != 0 || line[n] != ' ')
		return NULL;
	*end = '\0';
	*at = end + 1;
	return line + n + 1;
}

/* All of the updates, or none of them. */
static void
take_updates(char *text, struct snapshot *s)
{
	const char *all[SNAPSHOT_UPDATES];

	for (enum service i = 0; i < SERVICE_MAX; i++) {
		const char *fresh = take_line(&text, "service_update");
		const char *stale =
			fresh ? take_line(&text, "stale_update") : NULL;

		if (!stale)
			return;
		all[i] = s->old ? stale : fresh;
	}
	all[SERVICE_MAX] = take_line(&text, "metrics_update");
	if (all[SERVICE_MAX])
		memcpy(s->updates, all, sizeof(all));
}

static bool
take(char *text, struct snapshot *ret)
{
	const char *at = take_line(&text, "at");
	const char *services = at ? take_line(&text, "services") : NULL;
	const char *stale = services ? take_line(&text, "stale") : NULL;
	struct snapshot s = {.at_ms = 0};

	s.metrics = stale ? take_line(&text, "metrics") : NULL;
	s.history = s.metrics ? take_line(&text, "history") : NULL;
	s.incidents = s.history ? take_line(&text, "incidents") : NULL;
	if (!s.incidents || !str_to_i64(at, 0, INT64_MAX, &s.at_ms))
		return false;
	/* a clock that was set back makes it look as if it came from later */
	s.old = llabs(clock_now_us() / 1000 - s.at_ms) > SNAPSHOT_OLD_MS;
	s.services = s.old ? stale : services;
	take_updates(text, &s);
	*ret = s;
	return true;
}

void
snapshot_read(struct arena *a, const struct cfg *cfg, struct snapshot *ret)
{
	const char *path = arena_printf(a, "%s/" SNAPSHOT_FILE, cfg->run_dir);
	char *text = fd_read_file(a, path, SNAPSHOT_MAX, NULL);
	bool taken = text && take(text, ret);
	struct snapshot none;

	if (taken && ret->updates[0])
		return;
	ASSERT(take(arena_strdup(a, blank(a)), &none));
	none.at_ms = 0;
	none.old = true;
	if (!taken)
		*ret = none;
	memcpy(ret->updates, none.updates, sizeof(none.updates));
}
