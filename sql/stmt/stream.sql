-- Statements of autostack-ws: who may open a stream, and what flows on it.

-- name: stream_ticket
-- doc: Use a ticket up, whatever comes of it; good tells whether it was in its time.
-- in: hash text
-- out: one
-- cols: user_id uuid, session_id uuid, path text, good boolean
-- none: UNAUTHORIZED
-- by: ws
DELETE FROM ws_tickets WHERE hash = $1
RETURNING user_id, session_id, path, expires_at > now() AS good;

-- name: stream_open
-- doc: The role of a live session's user (null: it is not live) and whether the deployment is that user's.
-- in: session uuid, owner uuid, deployment uuid, idle_seconds integer
-- out: one
-- cols: role text, found boolean
-- by: ws
SELECT (SELECT u.role FROM sessions s JOIN users u ON u.id = s.user_id
		WHERE s.id = $1 AND s.user_id = $2 AND s.revoked_at IS NULL AND s.expires_at > now()
			AND s.last_used_at > now() - make_interval(secs => $4) AND u.active) AS role,
	EXISTS (SELECT FROM deployments d WHERE d.id = $3 AND d.user_id = $2) AS found;

-- name: stream_sessions
-- doc: Those of the given sessions that are still live, with their user's role.
-- in: ids uuid[], idle_seconds integer
-- out: many
-- cols: id uuid, role text
-- by: ws
SELECT s.id, u.role FROM sessions s JOIN users u ON u.id = s.user_id
WHERE s.id = ANY ($1) AND s.revoked_at IS NULL AND s.expires_at > now()
	AND s.last_used_at > now() - make_interval(secs => $2) AND u.active;

-- name: stream_status
-- doc: The state of several deployments and the last seq of their logs.
-- in: ids uuid[]
-- out: many
-- cols: id uuid, status text, started boolean, deploying boolean, seconds bigint, url text, error text, newest integer
-- by: ws
SELECT d.id, d.status, d.started_at IS NOT NULL AS started, d.deploying_at IS NOT NULL AS deploying,
	extract(epoch FROM d.completed_at - d.started_at)::bigint AS seconds,
	d.url, d.error,
	coalesce((SELECT max(l.seq) FROM deployment_logs l WHERE l.deployment_id = d.id), 0) AS newest
FROM deployments d WHERE d.id = ANY ($1);

-- name: stream_page
-- doc: The lines after a seq, at most so many bytes of them (but one line always); newest is the log's last seq.
-- in: deployment uuid, after integer, bytes bigint
-- out: many
-- cols: seq integer, at text, level text, message text, newest integer
-- by: ws
-- One row with a null seq when there is no line.
SELECT p.seq, to_char(p.at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS at, p.level, p.message, n.newest
FROM (SELECT coalesce(max(seq), 0) AS newest FROM deployment_logs WHERE deployment_id = $1) AS n
LEFT JOIN (
	SELECT l.seq, l.at, l.level, l.message,
		sum(octet_length(l.message)) OVER (ORDER BY l.seq) - octet_length(l.message) AS skipped
	FROM (SELECT seq, at, level, message FROM deployment_logs
		WHERE deployment_id = $1 AND seq > $2 ORDER BY seq LIMIT 500) AS l) AS p ON p.skipped < $3
ORDER BY p.seq;
