-- the status page: what the prober asks and keeps

-- name: status_ping
-- doc: Whether the database answers at all.
-- in:
-- out: one
-- cols: at timestamptz
-- by: worker
SELECT clock_timestamp() AS at;

-- name: status_lead
-- doc: Whether this session is the one that writes the history, of all workers' probers. It stays that until it ends.
-- in:
-- out: one
-- cols: leads boolean
-- by: worker
SELECT CASE WHEN EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND classid = 4717 AND objid = 20 AND objsubid = 2
		AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
		AND pid = pg_backend_pid() AND granted)
	THEN true ELSE pg_try_advisory_lock(4717, 20) END AS leads;

-- What waits for another build of its project, or for the global limit, could
-- not be built by anybody.
-- name: status_queue
-- doc: For how long the oldest deployment waits that could be built now, and whether any is being built.
-- in: global_limit integer
-- out: one
-- cols: waiting_ms bigint, moving boolean
-- by: worker
SELECT coalesce((SELECT (extract(epoch FROM clock_timestamp() - q.created_at) * 1000)::bigint FROM deployments q
		WHERE q.status = 'queued' AND q.cancel_requested_at IS NULL AND NOT EXISTS (
			SELECT FROM deployments a WHERE a.project_id = q.project_id AND a.target = q.target
				AND a.status IN ('building', 'deploying'))
			AND (SELECT count(*) FROM deployments b WHERE b.status IN ('building', 'deploying')
				AND b.release_id IS NULL) < $1
		ORDER BY q.created_at LIMIT 1), 0) AS waiting_ms,
	EXISTS (SELECT FROM deployments WHERE status IN ('building', 'deploying') AND lease_until > now()) AS moving;

-- name: service_days_add
-- doc: Add times of services to their days; the lists belong together.
-- in: services text[], days text[], up text[], degraded text[], down text[]
-- out: none
-- by: worker
INSERT INTO service_days (service, day, up_ms, degraded_ms, down_ms)
SELECT n.service, date '1970-01-01' + n.day::integer, n.up::bigint, n.degraded::bigint, n.down::bigint
FROM unnest($1, $2, $3, $4, $5) AS n (service, day, up, degraded, down)
ON CONFLICT ON CONSTRAINT service_days_pkey DO UPDATE SET up_ms = service_days.up_ms + EXCLUDED.up_ms,
	degraded_ms = service_days.degraded_ms + EXCLUDED.degraded_ms, down_ms = service_days.down_ms + EXCLUDED.down_ms;

-- name: service_days_list
-- doc: Times of all services of the last days; days are counted since 1970.
-- in: days integer
-- out: many
-- cols: service text, day integer, up_ms bigint, degraded_ms bigint, down_ms bigint
-- by: worker
SELECT service, day - date '1970-01-01' AS day, up_ms, degraded_ms, down_ms FROM service_days
WHERE day > (now() AT TIME ZONE 'UTC')::date - $1 ORDER BY day;

-- name: incident_days
-- doc: How many published incidents there were on each of the last days that had some.
-- in: days integer
-- out: many
-- cols: day integer, incidents bigint
-- by: worker
SELECT d.day::date - date '1970-01-01' AS day, count(*) AS incidents
FROM incidents i, generate_series(greatest((i.started_at AT TIME ZONE 'UTC')::date, (now() AT TIME ZONE 'UTC')::date - $1 + 1)::timestamp,
	(coalesce(i.resolved_at, now()) AT TIME ZONE 'UTC')::date::timestamp, interval '1 day') AS d (day)
WHERE i.published_at IS NOT NULL AND coalesce(i.resolved_at, now()) > now() - make_interval(days => $1 + 1)
GROUP BY d.day;

-- Windows of 30 days. A change is a percentage, of the success rate a
-- difference in points; it is null when there is nothing to compare with. A
-- rate is cut, not rounded: 100 means that none has failed.
-- name: status_metrics
-- doc: Figures of the whole platform, and how they have changed against the 30 days before.
-- in:
-- out: one
-- cols: total bigint, total_change text, projects bigint, projects_change text, seconds bigint, seconds_change text, rate text
-- cols: rate_change text
-- by: worker
WITH w AS (
	SELECT recent, count(*) AS n, count(DISTINCT project_id) AS projects,
		avg(extract(epoch FROM completed_at - started_at)) FILTER (WHERE status = 'success' AND trigger <> 'rollback') AS seconds,
		count(*) FILTER (WHERE status = 'success') AS good, count(*) FILTER (WHERE status IN ('success', 'failed')) AS ended
	FROM (SELECT *, created_at > now() - interval '30 days' AS recent FROM deployments
		WHERE created_at > now() - interval '60 days') d
	GROUP BY recent),
a AS (SELECT * FROM w WHERE recent),
b AS (SELECT * FROM w WHERE NOT recent)
SELECT (SELECT coalesce(sum(queued + building + deploying + success + failed + cancelled + superseded), 0)
		FROM deployment_counts)::bigint AS total,
	trim_scale(round(100.0 * (coalesce(a.n, 0) - b.n) / b.n, 1))::text AS total_change,
	coalesce(a.projects, 0) AS projects,
	trim_scale(round(100.0 * (coalesce(a.projects, 0) - b.projects) / b.projects, 1))::text AS projects_change,
	round(a.seconds)::bigint AS seconds,
	trim_scale(round(100 * (a.seconds - b.seconds) / nullif(b.seconds, 0), 1))::text AS seconds_change,
	trim_scale(trunc(100.0 * a.good / nullif(a.ended, 0), 1))::text AS rate,
	trim_scale(round(100.0 * a.good / nullif(a.ended, 0) - 100.0 * b.good / nullif(b.ended, 0), 1))::text AS rate_change
FROM (SELECT) one LEFT JOIN a ON true LEFT JOIN b ON true;

-- name: incident_published
-- doc: The newest published incidents.
-- in: most integer
-- out: many
-- cols: id uuid, title text, description text, status text, severity text, services text, started_at timestamptz, resolved_at timestamptz
-- cols: updated_at timestamptz
-- by: worker
SELECT id, title, description, status, severity, to_json(affected_services)::text AS services, started_at, resolved_at, updated_at
FROM incidents WHERE published_at IS NOT NULL ORDER BY started_at DESC, id DESC LIMIT $1;

-- name: incident_published_updates
-- doc: What was told of the newest published incidents, newest first, so much of each at most.
-- in: most integer, most_updates integer
-- out: many
-- cols: incident_id uuid, status text, message text, created_at timestamptz
-- by: worker
SELECT u.incident_id, u.status, u.message, u.created_at
FROM (SELECT id FROM incidents WHERE published_at IS NOT NULL ORDER BY started_at DESC, id DESC LIMIT $1) i
CROSS JOIN LATERAL (SELECT * FROM incident_updates x WHERE x.incident_id = i.id ORDER BY x.id DESC LIMIT $2) u
ORDER BY u.id DESC;

-- name: incident_draft
-- doc: Draft an incident of a service that is down; one that is open already is told that it is down again.
-- in: service text, title text, started_us bigint
-- out: none
-- by: worker
WITH i AS (
	INSERT INTO incidents (title, severity, affected_services, service, started_at)
	VALUES ($2, 'major', ARRAY[$1], $1, to_timestamp($3 / 1000000.0))
	ON CONFLICT (service) WHERE published_at IS NULL AND service IS NOT NULL
	DO UPDATE SET recovered_at = NULL, updated_at = now()
	RETURNING id, created_at = now() AS fresh)
INSERT INTO incident_updates (incident_id, status, message)
SELECT id, 'investigating', CASE WHEN fresh THEN 'Its probes fail.' ELSE 'Its probes fail again.' END FROM i;

-- name: incident_draft_recovered
-- doc: Note in drafts of services that work that they do.
-- in: services text[]
-- out: none
-- by: worker
WITH i AS (
	UPDATE incidents SET recovered_at = now(), updated_at = now()
	WHERE published_at IS NULL AND service = ANY ($1) AND recovered_at IS NULL
	RETURNING id)
INSERT INTO incident_updates (incident_id, status, message)
SELECT id, 'monitoring', 'Its probes succeed again.' FROM i;
