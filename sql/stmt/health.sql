-- is the database there

-- name: health_ping
-- doc: The shortest question that reaches the database.
-- in:
-- out: one
-- cols: ok integer
-- by: api ws worker
SELECT 1 AS ok;

-- name: metrics_queue
-- doc: The deployments that wait or are being worked on, of everybody.
-- in:
-- out: one
-- cols: queued bigint, oldest_seconds float8, active bigint
-- by: api
SELECT count(*) FILTER (WHERE status = 'queued') AS queued,
	coalesce(extract(epoch FROM now() - min(created_at) FILTER (WHERE status = 'queued')), 0)::float8 AS oldest_seconds,
	count(*) FILTER (WHERE status <> 'queued') AS active
FROM deployments
WHERE status IN ('queued', 'building', 'deploying');
