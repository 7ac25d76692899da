-- What a user's deployments come to. A window is a number of whole days, today
-- among them, in the caller's time zone; it is compared with the one before.
-- A deployment belongs to the time that it was asked for. A success rate is of
-- those that succeeded or failed: what was cancelled or superseded is neither.
-- A rollback or an upload is a deployment but builds nothing: it has no build
-- time. A rollback does not even deploy: it switches.
--
-- Each statement reads the rows of its windows once, from the index of a user's
-- list alone (deployments_user_id_idx has all that is counted): a join of days and
-- rows would try all pairs. Bounds are computed before (MATERIALIZED), since a
-- time zone costs more than a row; width_bucket finds the day of a row among them.

-- Today is not over: of the window before, only as long a time counts. Changes
-- are one division each, so that nothing is rounded twice.
-- name: analytics_metrics
-- doc: Key figures of a window, and how they differ from the window before: in percent, rates in points. Nothing to compare with is null.
-- in: user_id uuid, days integer, zone text, now timestamptz
-- out: one
-- cols: total_deployments bigint, deployments_change numeric, success_rate numeric, success_change numeric,
-- cols: avg_build_time_seconds integer, build_time_change numeric, active_projects bigint, projects_change numeric
-- by: api
WITH b AS MATERIALIZED (
	SELECT first, before, before + ($4::timestamptz - first) AS until
	FROM (SELECT day_begins(today - ($2 - 1) * interval '1 day', $3) AS first,
			day_begins(today - (2 * $2 - 1) * interval '1 day', $3) AS before
		FROM (SELECT date_trunc('day', $4::timestamptz AT TIME ZONE $3) AS today) t) w),
f AS (
	SELECT w.present, d.*, p.projects
	FROM b CROSS JOIN LATERAL (VALUES (true, b.first, timestamptz 'infinity'), (false, b.before, b.until)) w (present, since, until)
	CROSS JOIN LATERAL (
		SELECT count(*) AS total, count(*) FILTER (WHERE status = 'success') AS good,
			count(*) FILTER (WHERE status IN ('success', 'failed')) AS ended,
			count(*) FILTER (WHERE built) AS builds, extract(epoch FROM sum(took) FILTER (WHERE built)) AS seconds
		FROM (SELECT status, completed_at - started_at AS took, status = 'success' AND trigger <> 'rollback' AND upload_bytes IS NULL AS built
			FROM deployments WHERE user_id = $1 AND created_at >= w.since AND created_at < w.until) d) d
	CROSS JOIN LATERAL (
		SELECT count(*) AS projects FROM projects p WHERE p.user_id = $1 AND EXISTS (
			SELECT FROM deployments WHERE project_id = p.id AND created_at >= w.since AND created_at < w.until)) p)
SELECT n.total AS total_deployments, round(100.0 * (n.total - o.total) / nullif(o.total, 0), 1) AS deployments_change,
	round(100.0 * n.good / nullif(n.ended, 0), 1) AS success_rate,
	round(100.0 * (n.good * o.ended - o.good * n.ended) / nullif(n.ended * o.ended, 0), 1) AS success_change,
	round(n.seconds / nullif(n.builds, 0))::integer AS avg_build_time_seconds,
	round(100 * (n.seconds * o.builds - o.seconds * n.builds) / nullif(o.seconds * n.builds, 0), 1) AS build_time_change,
	n.projects AS active_projects, round(100.0 * (n.projects - o.projects) / nullif(o.projects, 0), 1) AS projects_change
FROM f n JOIN f o ON n.present AND NOT o.present;

-- name: analytics_frequency
-- doc: Deployments of each day of a window, oldest first.
-- in: user_id uuid, days integer, zone text, now timestamptz
-- out: many
-- cols: date text, day text, deployments bigint
-- by: api
WITH b AS MATERIALIZED (
	SELECT array_agg(day) AS days, array_agg(day_begins(day, $3)) AS begins
	FROM (SELECT date_trunc('day', $4::timestamptz AT TIME ZONE $3) - ($2 - 1 - i) * interval '1 day' AS day FROM generate_series(0, $2 - 1) i) t),
n AS (
	SELECT width_bucket(d.created_at, b.begins) AS i, count(*) AS deployments
	FROM b JOIN deployments d ON d.user_id = $1 AND d.created_at >= b.begins[1]
	GROUP BY 1)
SELECT to_char(t.day, 'Mon FMDD') AS date, to_char(t.day, 'YYYY-MM-DD') AS day, coalesce(n.deployments, 0) AS deployments
FROM b CROSS JOIN unnest(b.days) WITH ORDINALITY t (day, i) LEFT JOIN n ON n.i = t.i
ORDER BY t.i;

-- name: analytics_success_rates
-- doc: How many percent of a window's deployments succeeded and failed in each of its weeks; the first one begins with the window, the last may be short.
-- in: user_id uuid, days integer, zone text, now timestamptz
-- out: many
-- cols: date text, day text, success numeric, failed numeric
-- by: api
WITH b AS MATERIALIZED (
	SELECT array_agg(day) AS days, array_agg(day_begins(day, $3)) AS begins
	FROM (SELECT date_trunc('day', $4::timestamptz AT TIME ZONE $3) - ($2 - 1 - i) * interval '1 day' AS day FROM generate_series(0, $2 - 1, 7) i) t),
n AS (
	SELECT width_bucket(d.created_at, b.begins) AS i,
		round(100.0 * count(*) FILTER (WHERE d.status = 'success') / count(*), 1) AS success
	FROM b JOIN deployments d ON d.user_id = $1 AND d.status IN ('success', 'failed') AND d.created_at >= b.begins[1]
	GROUP BY 1)
SELECT 'Week ' || w.i AS date, to_char(w.first, 'YYYY-MM-DD') AS day, n.success, 100 - n.success AS failed
FROM b CROSS JOIN unnest(b.days) WITH ORDINALITY w (first, i) LEFT JOIN n ON n.i = w.i
ORDER BY w.i;

-- name: analytics_build_durations
-- doc: How many seconds the builds took that succeeded, for each day of a window; null where there was none.
-- in: user_id uuid, days integer, zone text, now timestamptz
-- out: many
-- cols: date text, day text, avg_duration integer, min_duration integer, max_duration integer
-- by: api
WITH b AS MATERIALIZED (
	SELECT array_agg(day) AS days, array_agg(day_begins(day, $3)) AS begins
	FROM (SELECT date_trunc('day', $4::timestamptz AT TIME ZONE $3) - ($2 - 1 - i) * interval '1 day' AS day FROM generate_series(0, $2 - 1) i) t),
n AS (
	SELECT width_bucket(d.created_at, b.begins) AS i, extract(epoch FROM sum(took)) / nullif(count(took), 0) AS average,
		min(took) AS least, max(took) AS most
	FROM b CROSS JOIN LATERAL (
		SELECT created_at, completed_at - started_at AS took FROM deployments
		WHERE user_id = $1 AND created_at >= b.begins[1] AND status = 'success' AND trigger <> 'rollback' AND upload_bytes IS NULL) d
	GROUP BY 1)
SELECT to_char(t.day, 'Mon FMDD') AS date, to_char(t.day, 'YYYY-MM-DD') AS day, round(n.average)::integer AS avg_duration,
	round(extract(epoch FROM n.least))::integer AS min_duration, round(extract(epoch FROM n.most))::integer AS max_duration
FROM b CROSS JOIN unnest(b.days) WITH ORDINALITY t (day, i) LEFT JOIN n ON n.i = t.i
ORDER BY t.i;

-- name: analytics_status
-- doc: How many of a window's deployments ended how; what was superseded counts as cancelled, what has not ended does not count.
-- in: user_id uuid, days integer, zone text, now timestamptz
-- out: many
-- cols: name text, value bigint
-- by: api
WITH b AS MATERIALIZED (
	SELECT day_begins(date_trunc('day', $4::timestamptz AT TIME ZONE $3) - ($2 - 1) * interval '1 day', $3) AS first),
n AS (
	SELECT count(*) FILTER (WHERE d.status = 'success') AS success, count(*) FILTER (WHERE d.status = 'failed') AS failed,
		count(*) FILTER (WHERE d.status IN ('cancelled', 'superseded')) AS cancelled
	FROM b JOIN deployments d ON d.user_id = $1 AND d.created_at >= b.first)
SELECT v.name, v.value
FROM n, LATERAL (VALUES (1, 'Success', success), (2, 'Failed', failed), (3, 'Cancelled', cancelled)) v (position, name, value)
ORDER BY v.position;

-- date_part and not extract: a numeric a row costs a seventh of it all.
-- name: analytics_hourly
-- doc: How many of a window's deployments were asked for in which hour of the day.
-- in: user_id uuid, days integer, zone text, now timestamptz
-- out: many
-- cols: hour text, deployments bigint
-- by: api
WITH b AS MATERIALIZED (
	SELECT day_begins(date_trunc('day', $4::timestamptz AT TIME ZONE $3) - ($2 - 1) * interval '1 day', $3) AS first),
n AS (
	SELECT date_part('hour', d.created_at AT TIME ZONE $3)::integer AS h, count(*) AS deployments
	FROM b JOIN deployments d ON d.user_id = $1 AND d.created_at >= b.first GROUP BY 1)
SELECT to_char(h, 'FM00') || ':00' AS hour, coalesce(n.deployments, 0) AS deployments
FROM generate_series(0, 23) h LEFT JOIN n USING (h)
ORDER BY h;

-- name: dashboard_stats
-- doc: The dashboard's figures: weeks are the last seven days and the seven before, months thirty; today is the zone's.
-- in: user_id uuid, zone text, now timestamptz
-- out: one
-- cols: total_deployments bigint, weekly_change text, active_projects bigint, today_deployments bigint, success_rate integer,
-- cols: monthly_success_change integer, avg_deploy_time text, time_improvement text
-- by: api
WITH b AS MATERIALIZED (
	SELECT now, now - interval '7 days' AS week, now - interval '14 days' AS week_before,
		now - interval '30 days' AS month, now - interval '60 days' AS month_before,
		day_begins(date_trunc('day', now AT TIME ZONE $2), $2) AS today
	FROM (SELECT $3::timestamptz AS now) t),
d AS (
	SELECT d.status, d.created_at >= b.today AS today, d.created_at > b.week AS week,
		d.created_at > b.week_before AND d.created_at <= b.week AS week_before, d.created_at > b.month AS present,
		CASE WHEN d.status = 'success' AND d.trigger <> 'rollback' THEN d.completed_at - d.started_at END AS took
	FROM b JOIN deployments d ON d.user_id = $1 AND d.created_at > b.month_before),
n AS (
	SELECT count(*) FILTER (WHERE today) AS today, count(*) FILTER (WHERE week) - count(*) FILTER (WHERE week_before) AS weekly,
		round(100.0 * count(*) FILTER (WHERE present AND status = 'success')
			/ nullif(count(*) FILTER (WHERE present AND status IN ('success', 'failed')), 0)) AS rate,
		round(100.0 * count(*) FILTER (WHERE NOT present AND status = 'success')
			/ nullif(count(*) FILTER (WHERE NOT present AND status IN ('success', 'failed')), 0)) AS rate_before,
		round(extract(epoch FROM sum(took) FILTER (WHERE present)) / nullif(count(took) FILTER (WHERE present), 0)) AS seconds,
		round(extract(epoch FROM sum(took) FILTER (WHERE NOT present)) / nullif(count(took) FILTER (WHERE NOT present), 0)) AS seconds_before
	FROM d)
SELECT coalesce((SELECT queued + building + deploying + success + failed + cancelled + superseded
		FROM deployment_counts WHERE user_id = $1), 0) AS total_deployments,
	CASE WHEN weekly > 0 THEN '+' ELSE '' END || weekly AS weekly_change,
	(SELECT count(*) FROM b JOIN projects p ON p.user_id = $1 WHERE EXISTS (
		SELECT FROM deployments d WHERE d.project_id = p.id AND d.created_at > b.month)) AS active_projects,
	today AS today_deployments, rate::integer AS success_rate, (rate - rate_before)::integer AS monthly_success_change,
	CASE WHEN seconds < 60 THEN seconds || 's' WHEN seconds < 3600 THEN round(seconds / 60, 1) || 'm' ELSE round(seconds / 3600, 1) || 'h' END
		AS avg_deploy_time,
	CASE WHEN seconds > seconds_before THEN '+' ELSE '' END || (seconds - seconds_before) || 's' AS time_improvement
FROM n;
