-- notification channels: addresses that are told of deployments

-- name: channel_owner
-- doc: The user that a channel is made for; channels of one user are made one after the other.
-- in: user_id uuid
-- out: one
-- cols: id uuid
-- none: UNAUTHORIZED
-- by: api
SELECT id FROM users WHERE id = $1 AND active FOR NO KEY UPDATE;

-- name: channel_project
-- doc: Whether a project is the user's, so that a channel may be for it.
-- in: project_id uuid, user_id uuid
-- out: one
-- cols: id uuid
-- none: PROJECT_NOT_FOUND
-- by: api
SELECT id FROM projects WHERE id = $1 AND user_id = $2;

-- name: channel_insert
-- doc: A new channel, unless the user has enough.
-- in: id uuid, user_id uuid, project_id uuid, name text, kind text, host text, url_sealed text, secret_sealed text
-- in: on_success boolean, on_failure boolean, state_change_only boolean, enabled boolean, max_channels bigint
-- out: one
-- cols: id uuid, name text, kind text, host text, project_id uuid, on_success boolean, on_failure boolean
-- cols: state_change_only boolean, enabled boolean, failures integer, disabled_at timestamptz
-- cols: created_at timestamptz, updated_at timestamptz
-- none: CHANNELS_FULL
-- on notification_channels_project_id_fkey: PROJECT_NOT_FOUND
-- by: api
INSERT INTO notification_channels (id, user_id, project_id, name, kind, host, url_sealed, secret_sealed,
	on_success, on_failure, state_change_only, enabled)
SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12
WHERE (SELECT count(*) FROM notification_channels WHERE user_id = $2) < $13
RETURNING id, name, kind, host, project_id, on_success, on_failure, state_change_only, enabled, failures, disabled_at,
	created_at, updated_at;

-- name: channel_list
-- doc: A page of one's channels, newest first, and how many there are.
-- in: user_id uuid, max_rows bigint, skip_rows bigint
-- out: many
-- cols: total_items bigint, id uuid, name text, kind text, host text, project_id uuid, on_success boolean
-- cols: on_failure boolean, state_change_only boolean, enabled boolean, failures integer, disabled_at timestamptz
-- cols: created_at timestamptz, updated_at timestamptz
-- by: api
SELECT t.total_items, c.* FROM (
	SELECT count(*) AS total_items FROM notification_channels WHERE user_id = $1) t
LEFT JOIN LATERAL (
	SELECT id, name, kind, host, project_id, on_success, on_failure, state_change_only, enabled, failures, disabled_at,
	created_at, updated_at
	FROM notification_channels WHERE user_id = $1
	ORDER BY created_at DESC, id DESC LIMIT $2 OFFSET $3) c ON true
ORDER BY c.created_at DESC, c.id DESC;

-- name: channel_by_id
-- doc: A channel of one's own.
-- in: id uuid, user_id uuid
-- out: one
-- cols: id uuid, name text, kind text, host text, project_id uuid, on_success boolean, on_failure boolean
-- cols: state_change_only boolean, enabled boolean, failures integer, disabled_at timestamptz
-- cols: created_at timestamptz, updated_at timestamptz
-- none: CHANNEL_NOT_FOUND
-- by: api
SELECT id, name, kind, host, project_id, on_success, on_failure, state_change_only, enabled, failures, disabled_at,
	created_at, updated_at
FROM notification_channels WHERE id = $1 AND user_id = $2;

-- Whoever switches a channel off wants nothing more of it; whoever switches it
-- on begins anew.
-- name: channel_update
-- doc: Change a channel of one's own: what is null, or whose switch is off, stays.
-- in: id uuid, user_id uuid, name text, set_project boolean, project_id uuid, host text, url_sealed text
-- in: on_success boolean, on_failure boolean, state_change_only boolean, enabled boolean
-- out: one
-- cols: id uuid, name text, kind text, host text, project_id uuid, on_success boolean, on_failure boolean
-- cols: state_change_only boolean, enabled boolean, failures integer, disabled_at timestamptz
-- cols: created_at timestamptz, updated_at timestamptz
-- none: CHANNEL_NOT_FOUND
-- on notification_channels_project_id_fkey: PROJECT_NOT_FOUND
-- by: api
WITH c AS (
	UPDATE notification_channels SET name = coalesce($3, name),
		project_id = CASE WHEN $4 THEN $5 ELSE project_id END,
		host = coalesce($6, host), url_sealed = coalesce($7, url_sealed),
		on_success = coalesce($8, on_success), on_failure = coalesce($9, on_failure),
		state_change_only = coalesce($10, state_change_only), enabled = coalesce($11, enabled),
		failures = CASE WHEN $11 OR $7 IS NOT NULL THEN 0 ELSE failures END,
		disabled_at = CASE WHEN $11 IS NULL THEN disabled_at END, updated_at = now()
	WHERE id = $1 AND user_id = $2
	RETURNING id, name, kind, host, project_id, on_success, on_failure, state_change_only, enabled, failures, disabled_at,
		created_at, updated_at),
ended AS (
	UPDATE notifications n SET status = 'failed', error = 'the channel was switched off', lease_until = NULL, ended_at = now()
	FROM c WHERE n.channel_id = c.id AND n.means = 'hook' AND n.status = 'waiting' AND $11 = false)
SELECT id, name, kind, host, project_id, on_success, on_failure, state_change_only, enabled, failures, disabled_at,
	created_at, updated_at FROM c;

-- name: channel_secret
-- doc: Another secret for a webhook of one's own; the one before is good no more.
-- in: id uuid, user_id uuid, secret_sealed text
-- out: one
-- cols: kind text
-- none: CHANNEL_NOT_FOUND
-- by: api
UPDATE notification_channels SET
	secret_sealed = CASE kind WHEN 'webhook' THEN $3 END,
	updated_at = CASE kind WHEN 'webhook' THEN now() ELSE updated_at END
WHERE id = $1 AND user_id = $2
RETURNING kind;

-- name: channel_delete
-- doc: Delete a channel of one's own with the log of what was sent there.
-- in: id uuid, user_id uuid
-- out: one
-- cols: id uuid
-- none: CHANNEL_NOT_FOUND
-- by: api
DELETE FROM notification_channels WHERE id = $1 AND user_id = $2
RETURNING id;

-- name: export_channels
-- doc: Of an export: notification channels, without what opens anything.
-- in: user_id uuid, max_rows bigint
-- out: many
-- cols: id uuid, name text, kind text, host text, project_id uuid, on_success boolean, on_failure boolean
-- cols: state_change_only boolean, enabled boolean, failures integer, disabled_at timestamptz
-- cols: created_at timestamptz, updated_at timestamptz
-- by: api
SELECT id, name, kind, host, project_id, on_success, on_failure, state_change_only, enabled, failures, disabled_at,
	created_at, updated_at
FROM notification_channels WHERE user_id = $1 ORDER BY created_at DESC, id DESC LIMIT $2;
