-- webhooks: a project's secret, and what came

-- name: webhook_secret_set
-- doc: Another secret for the webhook of a project of one's own: what the one before has signed is good no more.
-- in: project_id uuid, user_id uuid, secret_sealed text
-- out: one
-- cols: project_id uuid
-- none: PROJECT_NOT_FOUND
-- by: api
WITH seen AS (
	DELETE FROM webhook_seen s USING projects p WHERE s.project_id = $1 AND p.id = $1 AND p.user_id = $2)
INSERT INTO project_webhooks AS w (project_id, secret_sealed)
SELECT id, $3 FROM projects WHERE id = $1 AND user_id = $2
ON CONFLICT (project_id) DO UPDATE SET secret_sealed = $3, updated_at = now(),
	state = CASE WHEN w.repository IS NULL THEN 'manual' ELSE 'waiting' END
RETURNING project_id;

-- The secret is only for a webhook that has none. Unless it was asked for, this
-- is done for those alone who have allowed it at GitHub.
-- name: webhook_register
-- doc: Have a project's webhook registered at GitHub, if its repository is where its owner's account is connected.
-- in: project_id uuid, user_id uuid, secret_sealed text, asked boolean
-- out: one
-- cols: project_id uuid
-- none: OK
-- by: api
INSERT INTO project_webhooks AS w (project_id, secret_sealed, state, repository)
SELECT p.id, $3, 'waiting', github_name(g.base_url, p.repository)
FROM projects p JOIN github_connections g ON g.user_id = p.user_id
WHERE p.id = $1 AND p.user_id = $2 AND github_name(g.base_url, p.repository) IS NOT NULL
	AND ($4 OR g.refused_at IS NULL AND string_to_array(g.scopes, ',') && ARRAY['admin:repo_hook', 'write:repo_hook'])
ON CONFLICT (project_id) DO UPDATE SET state = 'waiting', repository = EXCLUDED.repository, error = NULL, updated_at = now(),
	hook_id = CASE WHEN w.repository = EXCLUDED.repository THEN w.hook_id END,
	registered_at = CASE WHEN w.repository = EXCLUDED.repository THEN w.registered_at END
RETURNING project_id;

-- name: webhook_get
-- doc: The webhook of a project of one's own: where it is, and whether it could be registered.
-- in: project_id uuid, user_id uuid, url text, by_hand text
-- out: one
-- cols: url text, state text, repository text, hook_id text, error text, registered_at timestamptz, by_hand text
-- cols: connected boolean, registrable boolean, bare boolean
-- none: PROJECT_NOT_FOUND
-- by: api
SELECT $3 AS url, coalesce(w.state, 'none') AS state, w.repository, w.hook_id::text AS hook_id, w.error, w.registered_at,
	CASE WHEN w.state IS DISTINCT FROM 'registered' THEN $4 END AS by_hand,
	g.user_id IS NOT NULL AS connected, github_name(g.base_url, p.repository) IS NOT NULL AS registrable,
	p.repository IS NULL AS bare
FROM projects p LEFT JOIN project_webhooks w ON w.project_id = p.id LEFT JOIN github_connections g ON g.user_id = p.user_id
WHERE p.id = $1 AND p.user_id = $2;

-- name: webhook_remove
-- doc: Forget the webhook of a project of one's own, and its secret.
-- in: project_id uuid, user_id uuid
-- out: one
-- cols: id uuid
-- none: PROJECT_NOT_FOUND
-- by: api
WITH own AS (
	SELECT id FROM projects WHERE id = $1 AND user_id = $2), gone AS (
	DELETE FROM project_webhooks w USING own WHERE w.project_id = own.id), seen AS (
	DELETE FROM webhook_seen s USING own WHERE s.project_id = own.id)
SELECT id FROM own;

-- name: webhook_find
-- doc: What it takes to judge a delivery for a project; a user who may not sign in has none.
-- in: project_id uuid
-- out: one
-- cols: project_id uuid, user_id uuid, repository text, branch text, watch_paths text, secret_sealed text
-- none: WEBHOOK_SIGNATURE
-- by: api
SELECT p.id AS project_id, p.user_id, p.repository, p.branch, p.watch_paths, w.secret_sealed
FROM project_webhooks w JOIN projects p ON p.id = w.project_id JOIN users u ON u.id = p.user_id
WHERE p.id = $1 AND u.active;

-- Not more than 20 an hour are kept: whoever knows the address can send them.
-- name: webhook_refused
-- doc: A delivery whose signature was wrong.
-- in: project_id uuid, reason text
-- out: none
-- by: api
INSERT INTO webhook_deliveries (project_id, event, verdict, reason, judged_at)
SELECT $1, '', 'bad_signature', $2, now()
WHERE (SELECT count(*) FROM webhook_deliveries
	WHERE project_id = $1 AND verdict = 'bad_signature' AND received_at > now() - interval '1 hour') < 20;

-- Of two that it could be a copy of, it is that of the one with its body.
-- name: webhook_receive
-- doc: Keep a delivery; fresh is false when it is a copy of one that is kept. No row: that one is being kept right now, or is kept no more.
-- in: project_id uuid, delivery_id text, body_hash text, event text, repository text, branch text, commit_hash text, commit_message text,
-- in: change text, pull_number integer, pull_title text, pull_author text, pull_fork boolean, told_at bigint
-- out: one
-- cols: id uuid, fresh boolean
-- none: OK
-- by: api
WITH new AS (
	INSERT INTO webhook_deliveries (project_id, delivery_id, body_hash, event, repository, branch, commit_hash, commit_message,
		change, pull_number, pull_title, pull_author, pull_fork, told_at, verdict, reason)
	SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, to_timestamp($14::bigint), 'received',
		'It has not been judged to its end; send it again'
	WHERE NOT EXISTS (SELECT FROM webhook_seen WHERE project_id = $1 AND body_hash = decode($3, 'hex'))
	ON CONFLICT DO NOTHING RETURNING id),
copy AS (
	UPDATE webhook_deliveries SET duplicates = duplicates + 1
	WHERE project_id = $1 AND (delivery_id = $2 OR body_hash = $3) AND NOT EXISTS (SELECT FROM new)
	RETURNING id, body_hash = $3 AS same)
SELECT id, true AS fresh FROM new UNION ALL (SELECT id, false FROM copy ORDER BY same DESC LIMIT 1);

-- The body is another one only if nothing could be read of the one before, as
-- after its content type was set right. A kept one is judged by what is kept.
-- name: webhook_claim
-- doc: Judge a delivery once more, unless that would change nothing or is being done; with what it says when it came again.
-- in: id uuid, body_hash text, event text, repository text, branch text, commit_hash text, commit_message text,
-- in: change text, pull_number integer, pull_title text, pull_author text, pull_fork boolean, told_at bigint
-- out: one
-- cols: id uuid
-- none: CONFLICT
-- by: api
UPDATE webhook_deliveries d SET verdict = 'received', reason = 'It has not been judged to its end; send it again', judged_at = now(),
	body_hash = coalesce($2, body_hash), event = coalesce($3, event), repository = coalesce($4, repository),
	branch = coalesce($5, branch), commit_hash = coalesce($6, commit_hash), commit_message = coalesce($7, commit_message),
	change = coalesce($8, change), pull_number = coalesce($9, pull_number), pull_title = coalesce($10, pull_title),
	pull_author = coalesce($11, pull_author), pull_fork = coalesce($12, pull_fork),
	told_at = coalesce(to_timestamp($13::bigint), told_at)
WHERE id = $1 AND webhook_can_judge(d) AND (body_hash = $2 OR verdict = 'malformed' OR $2 IS NULL)
RETURNING id;

-- A rollback or another commit by hand does not bring it.
-- name: webhook_push_undone
-- doc: Whether the newest push to a project's branch that was to be deployed is neither live nor on its way; no row: there was none.
-- in: project_id uuid, branch text
-- out: one
-- cols: undone boolean
-- none: OK
-- by: api
SELECT NOT EXISTS (
	SELECT FROM deployments d
	WHERE d.project_id = w.project_id AND d.target = 'production' AND d.branch = w.branch AND d.created_at >= w.received_at
		AND (d.commit_wanted IS NULL OR d.commit_wanted = w.commit_hash)
		AND d.status IN ('queued', 'building', 'deploying', 'success')) AS undone
FROM webhook_deliveries w
WHERE w.project_id = $1 AND w.branch = $2 AND w.event = 'push'
	AND w.verdict IN ('deployed', 'queue_full', 'auto_deploy_off', 'failed')
ORDER BY w.received_at DESC, w.id DESC LIMIT 1;

-- name: webhook_judged
-- doc: What became of a delivery.
-- in: id uuid, verdict text, reason text, deployment_id uuid
-- out: none
-- by: api
UPDATE webhook_deliveries SET verdict = $2, reason = $3, deployment_id = $4, judged_at = now() WHERE id = $1;

-- name: webhook_delivery_again
-- doc: What a delivery for a project of one's own said, and what it takes to judge it again.
-- in: id uuid, user_id uuid
-- out: one
-- cols: project_id uuid, user_id uuid, repository text, branch text, known boolean, event text, watch_paths text
-- cols: pushed_repository text, pushed_branch text, commit_hash text, commit_message text, change text, pull_number integer
-- cols: pull_title text, pull_author text, pull_fork boolean, told_at bigint
-- none: DELIVERY_NOT_FOUND
-- by: api
SELECT p.id AS project_id, p.user_id, p.repository, p.branch, webhook_is_known(d) AS known, d.event, p.watch_paths,
	d.repository AS pushed_repository, d.branch AS pushed_branch, d.commit_hash, d.commit_message, d.change, d.pull_number,
	d.pull_title, d.pull_author, d.pull_fork, extract(epoch FROM d.told_at)::bigint AS told_at
FROM webhook_deliveries d JOIN projects p ON p.id = d.project_id
WHERE d.id = $1 AND p.user_id = $2;

-- name: webhook_delivery_by_id
-- doc: A delivery for a project of one's own.
-- in: id uuid, user_id uuid
-- out: one
-- cols: id uuid, project_id uuid, project text, event text, repository text, branch text, commit text, commit_message text
-- cols: pull_number integer, verdict text, reason text, deployment_id uuid, can_redeliver boolean, duplicates integer
-- cols: received_at timestamptz, judged_at timestamptz
-- none: DELIVERY_NOT_FOUND
-- by: api
SELECT d.id, d.project_id, p.name AS project, d.event, d.repository, d.branch, d.commit_hash AS commit, d.commit_message,
	d.pull_number, d.verdict, d.reason, d.deployment_id, webhook_can_judge(d) AND webhook_is_known(d) AS can_redeliver,
	d.duplicates, d.received_at, d.judged_at
FROM webhook_deliveries d JOIN projects p ON p.id = d.project_id
WHERE d.id = $1 AND p.user_id = $2;

-- name: webhook_delivery_list
-- doc: A page of the deliveries for one's projects, newest first, and how many there are.
-- in: user_id uuid, project_id uuid, verdict text, max_rows bigint, skip_rows bigint
-- out: many
-- cols: total_items bigint, id uuid, project_id uuid, project text, event text, repository text, branch text, commit text
-- cols: commit_message text, pull_number integer, verdict text, reason text, deployment_id uuid, can_redeliver boolean
-- cols: duplicates integer, received_at timestamptz, judged_at timestamptz
-- by: api
WITH chosen AS MATERIALIZED (
	SELECT id, name FROM projects WHERE user_id = $1 AND ($2::uuid IS NULL OR id = $2))
SELECT c.total_items, d.* FROM (
	SELECT count(*) AS total_items FROM webhook_deliveries d JOIN chosen p ON p.id = d.project_id
	WHERE $3::text IS NULL OR d.verdict = $3) c
LEFT JOIN LATERAL (
	SELECT d.id, d.project_id, p.name AS project, d.event, d.repository, d.branch, d.commit_hash AS commit, d.commit_message,
		d.pull_number, d.verdict, d.reason, d.deployment_id, webhook_can_judge(d) AND webhook_is_known(d) AS can_redeliver,
		d.duplicates, d.received_at, d.judged_at
	FROM webhook_deliveries d JOIN chosen p ON p.id = d.project_id
	WHERE ($3::text IS NULL OR d.verdict = $3) AND c.total_items > $5
	ORDER BY d.received_at DESC, d.id DESC LIMIT $4 OFFSET $5) d ON true
ORDER BY d.received_at DESC, d.id DESC;
