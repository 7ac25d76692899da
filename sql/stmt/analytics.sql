-- What a user's deployments come to. A window is a number of whole days, today
-- among them, in the caller's time zone; it is compared with the one before.
-- A deployment belongs to the time that it was asked for. A success rate is of
-- those that succeeded or failed: what was cancelled or superseded is neither.
-- A rollback or an upload is a deployment but builds nothing: it has no build
-- time. A rollback does not even deploy: it switches.

-- Today is not over: of the window before, only as long a time counts. Changes
-- are one division each, so that nothing is rounded twice.
-- name: analytics_metrics
-- doc: Key figures of a window, and how they differ from the window before: in percent, rates in points. Nothing to compare with is null.
-- in: user_id uuid, days integer, zone text, now timestamptz
-- out: one
-- cols: total_deployments bigint, deployments_change numeric, success_rate numeric, success_change numeric,
-- cols: avg_build_time_seconds integer, build_time_change numeric, active_projects bigint, projects_change numeric
-- by: api
WITH bounds AS (
	SELECT (today - ($2 - 1) * interval '1 day') AT TIME ZONE $3 AS first,
		(today - (2 * $2 - 1) * interval '1 day') AT TIME ZONE $3 AS before
	FROM (SELECT date_trunc('day', $4::timestamptz AT TIME ZONE $3) AS today) t),
figures AS (
	SELECT d.created_at >= b.first AS present, count(*) AS total, count(DISTINCT d.project_id) AS projects,
		count(*) FILTER (WHERE d.status = 'success') AS good, count(*) FILTER (WHERE d.status IN ('success', 'failed')) AS ended,
		count(*) FILTER (WHERE d.status = 'success' AND d.trigger <> 'rollback' AND d.upload_bytes IS NULL) AS builds,
		sum(extract(epoch FROM d.completed_at - d.started_at))
			FILTER (WHERE d.status = 'success' AND d.trigger <> 'rollback' AND d.upload_bytes IS NULL) AS seconds
	FROM bounds b JOIN deployments d ON d.user_id = $1 AND d.created_at >= b.before
	WHERE d.created_at >= b.first OR d.created_at < b.before + ($4::timestamptz - b.first)
	GROUP BY 1)
SELECT coalesce(n.total, 0) AS total_deployments, round(100.0 * (coalesce(n.total, 0) - o.total) / o.total, 1) AS deployments_change,
	round(100.0 * n.good / nullif(n.ended, 0), 1) AS success_rate,
	round(100.0 * (n.good * o.ended - o.good * n.ended) / nullif(n.ended * o.ended, 0), 1) AS success_change,
	round(n.seconds / nullif(n.builds, 0))::integer AS avg_build_time_seconds,
	round(100 * (n.seconds * o.builds - o.seconds * n.builds) / nullif(o.seconds * n.builds, 0), 1) AS build_time_change,
	coalesce(n.projects, 0) AS active_projects, round(100.0 * (coalesce(n.projects, 0) - o.projects) / o.projects, 1) AS projects_change
FROM bounds b
LEFT JOIN figures n ON n.present
LEFT JOIN figures o ON NOT o.present;

-- name: analytics_frequency
-- doc: Deployments of each day of a window, oldest first.
-- in: user_id uuid, days integer, zone text, now timestamptz
-- out: many
-- cols: date text, day text, deployments bigint
-- by: api
SELECT to_char(t.day, 'Mon FMDD') AS date, to_char(t.day, 'YYYY-MM-DD') AS day, count(d.id) AS deployments
FROM (SELECT date_trunc('day', $4::timestamptz AT TIME ZONE $3) - i * interval '1 day' AS day FROM generate_series(0, $2 - 1) i) t
LEFT JOIN deployments d ON d.user_id = $1 AND d.created_at >= t.day AT TIME ZONE $3
	AND d.created_at < (t.day + interval '1 day') AT TIME ZONE $3
GROUP BY t.day
ORDER BY t.day;

-- name: analytics_success_rates
-- doc: How many percent of a window's deployments succeeded and failed in each of its weeks; the first one begins with the window, the last may be short.
-- in: user_id uuid, days integer, zone text, now timestamptz
-- out: many
-- cols: date text, day text, success numeric, failed numeric
-- by: api
SELECT 'Week ' || row_number() OVER (ORDER BY w.first) AS date, to_char(w.first, 'YYYY-MM-DD') AS day,
	round(100.0 * count(*) FILTER (WHERE d.status = 'success') / nullif(count(d.id), 0), 1) AS success,
	100 - round(100.0 * count(*) FILTER (WHERE d.status = 'success') / nullif(count(d.id), 0), 1) AS failed
FROM (SELECT date_trunc('day', $4::timestamptz AT TIME ZONE $3) - ($2 - 1 - i) * interval '1 day' AS first FROM generate_series(0, $2 - 1, 7) i) w
LEFT JOIN deployments d ON d.user_id = $1 AND d.status IN ('success', 'failed') AND d.created_at >= w.first AT TIME ZONE $3
	AND d.created_at < (w.first + interval '7 days') AT TIME ZONE $3
GROUP BY w.first
ORDER BY w.first;

-- name: analytics_build_durations
-- doc: How many seconds the builds took that succeeded, for each day of a window; null where there was none.
-- in: user_id uuid, days integer, zone text, now timestamptz
-- out: many
-- cols: date text, day text, avg_duration integer, min_duration integer, max_duration integer
-- by: api
SELECT to_char(t.day, 'Mon FMDD') AS date, to_char(t.day, 'YYYY-MM-DD') AS day, round(avg(d.seconds))::integer AS avg_duration,
	round(min(d.seconds))::integer AS min_duration, round(max(d.seconds))::integer AS max_duration
FROM (SELECT date_trunc('day', $4::timestamptz AT TIME ZONE $3) - i * interval '1 day' AS day FROM generate_series(0, $2 - 1) i) t
LEFT JOIN LATERAL (
	SELECT extract(epoch FROM completed_at - started_at) AS seconds FROM deployments
	WHERE user_id = $1 AND status = 'success' AND trigger <> 'rollback' AND upload_bytes IS NULL AND created_at >= t.day AT TIME ZONE $3
		AND created_at < (t.day + interval '1 day') AT TIME ZONE $3) d ON true
GROUP BY t.day
ORDER BY t.day;

-- name: analytics_status
-- doc: How many of a window's deployments ended how; what was superseded counts as cancelled, what has not ended does not count.
-- in: user_id uuid, days integer, zone text, now timestamptz
-- out: many
-- cols: name text, value bigint
-- by: api
SELECT s.name, count(d.id) AS value
FROM (VALUES (1, 'Success', ARRAY['success']), (2, 'Failed', ARRAY['failed']), (3, 'Cancelled', ARRAY['cancelled', 'superseded'])) s (position, name, statuses)
LEFT JOIN deployments d ON d.user_id = $1 AND d.status = ANY (s.statuses)
	AND d.created_at >= (date_trunc('day', $4::timestamptz AT TIME ZONE $3) - ($2 - 1) * interval '1 day') AT TIME ZONE $3
GROUP BY s.position, s.name
ORDER BY s.position;

-- name: analytics_hourly
-- doc: How many of a window's deployments were asked for in which hour of the day.
-- in: user_id uuid, days integer, zone text, now timestamptz
-- out: many
-- cols: hour text, deployments bigint
-- by: api
SELECT to_char(h, 'FM00') || ':00' AS hour, count(d.at) AS deployments
FROM generate_series(0, 23) h
LEFT JOIN (
	SELECT extract(hour FROM created_at AT TIME ZONE $3)::integer AS at FROM deployments
	WHERE user_id = $1
		AND created_at >= (date_trunc('day', $4::timestamptz AT TIME ZONE $3) - ($2 - 1) * interval '1 day') AT TIME ZONE $3) d ON d.at = h
GROUP BY h
ORDER BY h;

-- name: dashboard_stats
-- doc: The dashboard's figures: weeks are the last seven days and the seven before, months thirty; today is the zone's.
-- in: user_id uuid, zone text, now timestamptz
-- out: one
-- cols: total_deployments bigint, weekly_change text, active_projects bigint, today_deployments bigint, success_rate integer,
-- cols: monthly_success_change integer, avg_deploy_time text, time_improvement text
-- by: api
WITH d AS (
	SELECT d.*, d.created_at > $3::timestamptz - interval '30 days' AS present,
		CASE WHEN d.status = 'success' AND d.trigger <> 'rollback' THEN extract(epoch FROM d.completed_at - d.started_at) END AS seconds
	FROM deployments d WHERE d.user_id = $1 AND d.created_at > $3::timestamptz - interval '60 days'),
f AS (
	SELECT count(DISTINCT project_id) FILTER (WHERE present) AS projects,
		count(*) FILTER (WHERE created_at >= date_trunc('day', $3::timestamptz AT TIME ZONE $2) AT TIME ZONE $2) AS today,
		count(*) FILTER (WHERE created_at > $3::timestamptz - interval '7 days')
			- count(*) FILTER (WHERE created_at > $3::timestamptz - interval '14 days' AND created_at <= $3::timestamptz - interval '7 days') AS weekly,
		round(100.0 * count(*) FILTER (WHERE present AND status = 'success')
			/ nullif(count(*) FILTER (WHERE present AND status IN ('success', 'failed')), 0)) AS rate,
		round(100.0 * count(*) FILTER (WHERE NOT present AND status = 'success')
			/ nullif(count(*) FILTER (WHERE NOT present AND status IN ('success', 'failed')), 0)) AS rate_before,
		round(avg(seconds) FILTER (WHERE present)) AS seconds, round(avg(seconds) FILTER (WHERE NOT present)) AS seconds_before
	FROM d)
SELECT coalesce((SELECT queued + building + deploying + success + failed + cancelled + superseded
		FROM deployment_counts WHERE user_id = $1), 0) AS total_deployments,
	CASE WHEN weekly > 0 THEN '+' ELSE '' END || weekly AS weekly_change,
	projects AS active_projects, today AS today_deployments, rate::integer AS success_rate,
	(rate - rate_before)::integer AS monthly_success_change,
	CASE WHEN seconds < 60 THEN seconds || 's' WHEN seconds < 3600 THEN round(seconds / 60, 1) || 'm' ELSE round(seconds / 3600, 1) || 'h' END
		AS avg_deploy_time,
	CASE WHEN seconds > seconds_before THEN '+' ELSE '' END || (seconds - seconds_before) || 's' AS time_improvement
FROM f;
