/*
 * prober_rows.c - what the database keeps of the status page: times of each
 * day, which one prober of all workers' writes; drafts of incidents; and what
 * all of them show. Called when the database has just answered a probe.
 */
#include "worker/prober.h"

#include "base/arena.h"
#include "base/clock.h"
#include "base/jw.h"
#include "base/str.h"
#include "stmt.h"

#define DAYS_MS     10000 /* how often days are written and read */
#define METRICS_MS  60000
#define INCIDENTS   50
#define UPDATES_MAX 50 /* of one incident */

static enum err
query(struct prober *p, unsigned stmt, const char *const in[],
	struct rows **ret)
{
	return db_query(&p->ctx, p->db, stmt, in, ret);
}

/* ---- days ---- */

enum column { C_SERVICE, C_DAY, C_UP, C_DEGRADED, C_DOWN, C_MAX };

static size_t
put_cell(struct prober *p, const struct service_day *d, enum service s,
	const char **col[C_MAX], size_t n)
{
	struct arena *a = p->ctx.arena;
	const int64_t *ms = d->ms[s];

	if (ms[HEALTH_UP] + ms[HEALTH_DEGRADED] + ms[HEALTH_DOWN] == 0)
		return n;
	col[C_SERVICE][n] = service_info(s)->name;
	col[C_DAY][n] = str_from_i64(a, d->day);
	col[C_UP][n] = str_from_i64(a, ms[HEALTH_UP]);
	col[C_DEGRADED][n] = str_from_i64(a, ms[HEALTH_DEGRADED]);
	col[C_DOWN][n] = str_from_i64(a, ms[HEALTH_DOWN]);
	return n + 1;
}

/* All at once or nothing, so that none is counted twice. If PostgreSQL dies
 * after the commit and before it says so, these few seconds are, once. */
static enum err
write_days(struct prober *p)
{
	struct arena *a = p->ctx.arena;
	const char **col[C_MAX];
	const char *in[C_MAX];
	size_t n = 0;
	enum err e;

	for (int c = 0; c < C_MAX; c++)
		col[c] = arena_array(
			a, p->fresh.n * SERVICE_MAX + 1, sizeof(*col[c]));
	for (size_t i = 0; i < p->fresh.n; i++) {
		for (enum service s = 0; s < SERVICE_MAX; s++)
			n = put_cell(p, &p->fresh.day[i], s, col, n);
	}
	if (n == 0)
		return E_OK;
	for (int c = 0; c < C_MAX; c++)
		in[c] = db_text_array(a, col[c], n);
	e = query(p, STMT_SERVICE_DAYS_ADD, in, NULL);
	if (!e)
		p->fresh.n = 0;
	return e;
}

static enum err
read_days(struct prober *p)
{
	struct rows *r;
	enum err e = query(p, STMT_SERVICE_DAYS_LIST,
		DB_IN(str_from_i64(p->ctx.arena, HISTORY_DAYS)), &r);

	if (e)
		return e;
	p->stored.n = 0;
	for (size_t i = 0; i < rows_n(r); i++) {
		struct service_day *d = service_days_make(
			&p->stored, rows_int(r, i, rows_col(r, "day")));
		enum service s = service_by_name(
			rows_text(r, i, rows_col(r, "service")));

		if (!d || s == SERVICE_MAX)
			continue;
		d->ms[s][HEALTH_UP] = rows_int(r, i, rows_col(r, "up_ms"));
		d->ms[s][HEALTH_DEGRADED] =
			rows_int(r, i, rows_col(r, "degraded_ms"));
		d->ms[s][HEALTH_DOWN] = rows_int(r, i, rows_col(r, "down_ms"));
	}
	return E_OK;
}

/* ---- figures ---- */

static enum err
read_metrics(struct prober *p)
{
	struct snapshot_metrics m;
	struct rows *r;
	struct jw w;
	enum err e = query(p, STMT_STATUS_METRICS, DB_IN0, &r);

	if (e)
		return e;
	m = (struct snapshot_metrics){
		.total = rows_str(r, "total"),
		.total_change = rows_str(r, "total_change"),
		.projects = rows_str(r, "projects"),
		.projects_change = rows_str(r, "projects_change"),
		.seconds = rows_str(r, "seconds"),
		.seconds_change = rows_str(r, "seconds_change"),
		.rate = rows_str(r, "rate"),
		.rate_change = rows_str(r, "rate_change"),
	};
	buf_reset(&p->metrics);
	jw_init(&w, &p->metrics);
	snapshot_put_metrics(&w, p->ctx.arena, &m);
	return E_OK;
}

/* ---- incidents ---- */

/* An outage that was long enough gets a draft, also when it was the database's
 * and is over by now. What works again says so in its draft. */
static enum err
write_drafts(struct prober *p)
{
	struct arena *a = p->ctx.arena;
	const int64_t least = p->w->cfg.incident_draft_seconds * 1000;
	const char *good[SERVICE_MAX];
	size_t n = 0;
	enum err e = E_OK;

	for (enum service s = 0; !e && s < SERVICE_MAX; s++) {
		const struct service_info *info = service_info(s);
		const struct service_watch *w = &p->watch[s];

		if (w->failures == 0)
			good[n++] = info->name;
		if (p->drafted[s] || !w->down_since ||
			service_down_ms(w, clock_now_us()) < least)
			continue;
		e = query(p, STMT_INCIDENT_DRAFT,
			DB_IN(info->name,
				arena_printf(a, "%s is down", info->name),
				str_from_i64(a, w->down_since)),
			NULL);
		p->drafted[s] = !e;
	}
	if (!e && n > 0)
		e = query(p, STMT_INCIDENT_DRAFT_RECOVERED,
			DB_IN(db_text_array(a, good, n)), NULL);
	return e;
}

static enum err
read_incident_days(struct prober *p)
{
	int64_t first = clock_now_us() / US_PER_DAY - (HISTORY_DAYS - 1);
	struct rows *r;
	enum err e = query(p, STMT_INCIDENT_DAYS,
		DB_IN(str_from_i64(p->ctx.arena, HISTORY_DAYS)), &r);

	if (e)
		return e;
	memset(p->incidents, 0, sizeof(p->incidents));
	for (size_t i = 0; i < rows_n(r); i++) {
		int64_t at = rows_int(r, i, rows_col(r, "day")) - first;

		if (at >= 0 && at < HISTORY_DAYS)
			p->incidents[at] =
				rows_int(r, i, rows_col(r, "incidents"));
	}
	p->incidents_read = true;
	return E_OK;
}

/* "2026-01-20 10:30:00.123+00" as RFC 3339. */
static void
put_time(struct jw *w, const char *key, const char *text)
{
	char at[21];

	if (text) {
		(void)str_copy(at, sizeof(at), text); /* the fraction goes */
		at[10] = 'T';
		at[19] = 'Z';
	}
	jw_kstr(w, key, text ? at : NULL);
}

static void
put_text(struct jw *w, const struct rows *r, size_t row, const char *key,
	const char *col)
{
	jw_kstr(w, key, rows_text(r, row, rows_col(r, col)));
}

static void
put_updates(struct jw *w, const struct rows *u, const char *incident)
{
	jw_key(w, "updates");
	jw_array(w);
	for (size_t i = 0; i < rows_n(u); i++) {
		if (!str_eq(rows_text(u, i, rows_col(u, "incident_id")),
			    incident))
			continue;
		jw_object(w);
		put_text(w, u, i, "status", "status");
		put_text(w, u, i, "message", "message");
		put_time(w, "createdAt",
			rows_text(u, i, rows_col(u, "created_at")));
		jw_object_end(w);
	}
	jw_array_end(w);
}

static void
put_incident(struct jw *w, const struct rows *r, size_t i,
	const struct rows *updates)
{
	jw_object(w);
	put_text(w, r, i, "id", "id");
	put_text(w, r, i, "title", "title");
	put_text(w, r, i, "description", "description");
	put_text(w, r, i, "status", "status");
	put_text(w, r, i, "severity", "severity");
	jw_key(w, "affectedServices");
	jw_raw(w, rows_text(r, i, rows_col(r, "services")));
	put_time(w, "startedAt", rows_text(r, i, rows_col(r, "started_at")));
	put_time(w, "resolvedAt", rows_text(r, i, rows_col(r, "resolved_at")));
	put_time(w, "updatedAt", rows_text(r, i, rows_col(r, "updated_at")));
	put_updates(w, updates, rows_text(r, i, rows_col(r, "id")));
	jw_object_end(w);
}

/* As many of the newest as there is room for. */
static enum err
read_incidents(struct prober *p)
{
	struct arena *a = p->ctx.arena;
	const char *most = str_from_i64(a, INCIDENTS);
	struct rows *r, *u;
	enum err e = query(p, STMT_INCIDENT_PUBLISHED, DB_IN(most), &r);

	if (!e)
		e = query(p, STMT_INCIDENT_PUBLISHED_UPDATES,
			DB_IN(most, str_from_i64(a, UPDATES_MAX)), &u);
	if (e)
		return e;
	for (size_t n = rows_n(r);; n /= 2) {
		struct jw w;

		buf_reset(&p->incident_list);
		jw_init(&w, &p->incident_list);
		jw_array(&w);
		for (size_t i = 0; i < n; i++)
			put_incident(&w, r, i, u);
		jw_array_end(&w);
		if (!p->incident_list.full)
			return E_OK;
	}
}

enum err
prober_sync(struct prober *p, bool now)
{
	int64_t at = clock_mono_ms();
	bool days = now || at >= p->days_at;
	bool leads;
	struct rows *r;
	enum err e = query(p, STMT_STATUS_LEAD, DB_IN0, &r);

	if (e)
		return e;
	leads = rows_bool(r, 0, 0);
	if (!leads)
		p->fresh.n = 0; /* another one keeps them */
	if (leads && days)
		e = write_days(p);
	if (!e && leads)
		e = write_drafts(p);
	if (!e && days)
		e = read_days(p);
	if (!e && days)
		p->days_at = at + DAYS_MS;
	if (!e)
		e = read_incident_days(p);
	if (!e)
		e = read_incidents(p);
	if (!e && at >= p->metrics_at)
		e = read_metrics(p);
	if (!e && at >= p->metrics_at)
		p->metrics_at = at + METRICS_MS;
	return e;
}
