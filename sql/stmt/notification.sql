-- notifications: what is told of deployments, by mail and to channels

-- The row stays locked until it has become a mail, in the same transaction.
-- name: notification_mail_next
-- doc: A notification that has to become a mail, and what it tells of.
-- in:
-- out: one
-- cols: id uuid, event text, state_changed boolean, user_id uuid, name text, email text, good boolean, channel text
-- cols: deployment_id uuid, project text, branch text, commit_hash text, commit_message text, author text, trigger text
-- cols: target text, error text, url text, seconds bigint
-- none: OK
-- by: worker
SELECT n.id, n.event, n.state_changed, n.user_id, u.name, u.email, u.good,
	c.name AS channel, d.id AS deployment_id, p.name AS project, d.branch, d.commit_hash, d.commit_message, d.author,
	d.trigger, d.target, d.error, d.url, extract(epoch FROM d.completed_at - d.started_at)::bigint AS seconds
FROM notifications n
JOIN notification_readers u ON u.id = n.id
LEFT JOIN notification_channels c ON c.id = n.channel_id
LEFT JOIN deployments d ON d.id = n.deployment_id
LEFT JOIN projects p ON p.id = d.project_id
WHERE n.status = 'waiting' AND n.means = 'mail'
ORDER BY n.next_at LIMIT 1 FOR UPDATE OF n SKIP LOCKED;

-- name: notification_mail_end
-- doc: A notification has become a mail; with an error: it never will.
-- in: id uuid, error text
-- out: none
-- by: worker
UPDATE notifications SET status = CASE WHEN $2::text IS NULL THEN 'delivered' ELSE 'failed' END, error = $2,
	attempts = attempts + 1, ended_at = now()
WHERE id = $1 AND status = 'waiting';

-- name: notification_claim
-- doc: The notification to a channel that is due first, for one attempt, and all that it tells.
-- in: lease_seconds integer, per_user integer
-- out: one
-- cols: id uuid, event text, state_changed boolean, attempts integer, told_at text
-- cols: channel_id uuid, kind text, url_sealed text, secret_sealed text
-- cols: deployment_id uuid, status text, trigger text, target text, branch text, commit_hash text, commit_message text
-- cols: author text, error text, url text, seconds bigint, queued_at text, started_at text, completed_at text
-- cols: project_id uuid, project text, repository text, site text
-- none: OK
-- by: worker
SELECT n.id, n.event, n.state_changed, n.attempts,
	to_char(n.created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS told_at,
	c.id AS channel_id, c.kind, c.url_sealed, c.secret_sealed,
	d.id AS deployment_id, d.status, d.trigger, d.target, d.branch, d.commit_hash, d.commit_message,
	d.author, d.error, d.url, extract(epoch FROM d.completed_at - d.started_at)::bigint AS seconds,
	to_char(d.created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS queued_at,
	to_char(d.started_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS started_at,
	to_char(d.completed_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS completed_at,
	p.id AS project_id, p.name AS project, d.repository, p.site
FROM notification_claim(make_interval(secs => $1), $2) n
JOIN notification_channels c ON c.id = n.channel_id
LEFT JOIN deployments d ON d.id = n.deployment_id
LEFT JOIN projects p ON p.id = d.project_id;

-- name: notification_wait
-- doc: Milliseconds until the next notification to a channel, or the next call to GitHub, is due; null: none waits.
-- in:
-- out: one
-- cols: ms integer
-- by: worker
SELECT ceil(greatest(0, least(86400000, extract(epoch FROM min(w.at) - now()) * 1000)))::integer AS ms
FROM (
	SELECT greatest(next_at, lease_until) AS at FROM notifications WHERE status = 'waiting' AND means = 'hook'
	UNION ALL
	SELECT greatest(c.next_at, c.lease_until, g.limited_until) FROM github_calls c
	LEFT JOIN github_connections g ON g.user_id = c.user_id WHERE c.status = 'waiting') w;

-- name: notification_delivered
-- doc: The receiver has taken it; its channel is well.
-- in: id uuid, attempts integer, response_code integer
-- out: one
-- cols: delivered boolean
-- by: worker
SELECT notification_delivered($1, $2, $3) AS delivered;

-- name: notification_put_off
-- doc: The receiver has not taken it: it waits again, is given up, or its channel is switched off.
-- in: id uuid, attempts integer, response_code integer, error text, ms integer, attempts_max integer, failures_max integer
-- out: one
-- cols: status text
-- none: OK
-- by: worker
SELECT s AS status FROM notification_put_off($1, $2, $3, $4, make_interval(secs => $5 / 1000.0), $6, $7) s;

-- name: notification_list
-- doc: A page of what was sent to a channel of one's own, newest first, and how many there are.
-- in: channel_id uuid, user_id uuid, status text, max_rows bigint, skip_rows bigint
-- out: many
-- cols: total_items bigint, id uuid, event text, deployment_id uuid, state_changed boolean, status text, attempts integer
-- cols: response_code integer, error text, created_at timestamptz, next_attempt_at timestamptz, ended_at timestamptz
-- by: api
SELECT t.total_items, n.* FROM (
	SELECT count(*) AS total_items FROM notifications
	WHERE channel_id = $1 AND user_id = $2 AND means = 'hook' AND ($3::text IS NULL OR status = $3)) t
LEFT JOIN LATERAL (
	SELECT id, event, deployment_id, state_changed, status, attempts, response_code, error, created_at,
		CASE WHEN status = 'waiting' THEN next_at END AS next_attempt_at, ended_at
	FROM notifications
	WHERE channel_id = $1 AND user_id = $2 AND means = 'hook' AND ($3::text IS NULL OR status = $3)
	ORDER BY created_at DESC, id DESC LIMIT $4 OFFSET $5) n ON true
ORDER BY n.created_at DESC, n.id DESC;

-- name: notification_test
-- doc: Something to send to a channel of one's own, so that its owner sees what comes of it.
-- in: channel_id uuid, user_id uuid
-- out: one
-- cols: id uuid, event text, deployment_id uuid, state_changed boolean, status text, attempts integer
-- cols: response_code integer, error text, created_at timestamptz, next_attempt_at timestamptz, ended_at timestamptz
-- none: CHANNEL_NOT_FOUND
-- by: api
INSERT INTO notifications (means, event, user_id, channel_id)
SELECT 'hook', 'test', user_id, id FROM notification_channels WHERE id = $1 AND user_id = $2
RETURNING id, event, deployment_id, state_changed, status, attempts, response_code, error, created_at,
	next_at AS next_attempt_at, ended_at;
