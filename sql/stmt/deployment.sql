-- deployments, as their owners see them
--
-- A list is one statement: the total first, the page joined to it, so that an
-- empty page still has its total. The filters are three statements, because a
-- generic plan for ($2 IS NULL OR status = $2) could not use the index that
-- each of them has. Nothing is read for a page behind the end
-- (total_items > offset).

-- name: deployment_list
-- doc: A page of one's deployments, newest first; the total is kept by a trigger.
-- in: user_id uuid, max_rows bigint, skip_rows bigint
-- out: many
-- cols: total_items bigint, id uuid, repo text, branch text, status text, author text, commit text, duration_seconds integer,
-- cols: timestamp timestamptz, url text, project_id uuid, commit_message text, created_at timestamptz, trigger text,
-- cols: uploaded boolean
-- by: api
SELECT c.total_items, d.* FROM (
	SELECT coalesce((SELECT queued + building + deploying + success + failed + cancelled + superseded
		FROM deployment_counts WHERE user_id = $1), 0) AS total_items) c
LEFT JOIN LATERAL (
	SELECT d.id, p.name AS repo, d.branch, d.status, d.author, left(d.commit_hash, 7) AS commit,
		extract(epoch FROM coalesce(d.completed_at, now()) - d.started_at)::integer AS duration_seconds,
		d.created_at AS timestamp, d.url, d.project_id, d.commit_message, d.created_at, d.trigger,
		d.uploaded
	FROM deployments d JOIN projects p ON p.id = d.project_id
	WHERE d.user_id = $1 AND c.total_items > $3
	ORDER BY d.created_at DESC, d.id DESC LIMIT $2 OFFSET $3) d ON true
ORDER BY d.created_at DESC, d.id DESC;

-- name: deployment_list_by_status
-- doc: The same of one status.
-- in: user_id uuid, status text, max_rows bigint, skip_rows bigint
-- out: many
-- cols: total_items bigint, id uuid, repo text, branch text, status text, author text, commit text, duration_seconds integer,
-- cols: timestamp timestamptz, url text, project_id uuid, commit_message text, created_at timestamptz, trigger text,
-- cols: uploaded boolean
-- by: api
SELECT c.total_items, d.* FROM (
	SELECT coalesce((SELECT CASE $2 WHEN 'queued' THEN queued WHEN 'building' THEN building
			WHEN 'deploying' THEN deploying WHEN 'success' THEN success WHEN 'failed' THEN failed
			WHEN 'cancelled' THEN cancelled WHEN 'superseded' THEN superseded END
		FROM deployment_counts WHERE user_id = $1), 0) AS total_items) c
LEFT JOIN LATERAL (
	SELECT d.id, p.name AS repo, d.branch, d.status, d.author, left(d.commit_hash, 7) AS commit,
		extract(epoch FROM coalesce(d.completed_at, now()) - d.started_at)::integer AS duration_seconds,
		d.created_at AS timestamp, d.url, d.project_id, d.commit_message, d.created_at, d.trigger,
		d.uploaded
	FROM deployments d JOIN projects p ON p.id = d.project_id
	WHERE d.user_id = $1 AND d.status = $2 AND c.total_items > $4
	ORDER BY d.created_at DESC, d.id DESC LIMIT $3 OFFSET $4) d ON true
ORDER BY d.created_at DESC, d.id DESC;

-- name: deployment_list_filtered
-- doc: The same by part of the project's name, project or branch (and status); the total is counted.
-- in: user_id uuid, status text, search text, project_id uuid, branch text, max_rows bigint, skip_rows bigint
-- out: many
-- cols: total_items bigint, id uuid, repo text, branch text, status text, author text, commit text, duration_seconds integer,
-- cols: timestamp timestamptz, url text, project_id uuid, commit_message text, created_at timestamptz, trigger text,
-- cols: uploaded boolean
-- by: api
WITH chosen AS MATERIALIZED (
	SELECT id, name FROM projects
	WHERE user_id = $1 AND ($3::text IS NULL OR position(lower($3) IN lower(name)) > 0)
		AND ($4::uuid IS NULL OR id = $4))
SELECT c.total_items, d.* FROM (
	SELECT count(*) AS total_items FROM deployments d JOIN chosen p ON p.id = d.project_id
	WHERE d.user_id = $1 AND ($2::text IS NULL OR d.status = $2) AND ($5::text IS NULL OR d.branch = $5)) c
LEFT JOIN LATERAL (
	SELECT d.id, p.name AS repo, d.branch, d.status, d.author, left(d.commit_hash, 7) AS commit,
		extract(epoch FROM coalesce(d.completed_at, now()) - d.started_at)::integer AS duration_seconds,
		d.created_at AS timestamp, d.url, d.project_id, d.commit_message, d.created_at, d.trigger,
		d.uploaded
	FROM deployments d JOIN chosen p ON p.id = d.project_id
	WHERE d.user_id = $1 AND ($2::text IS NULL OR d.status = $2) AND ($5::text IS NULL OR d.branch = $5)
		AND c.total_items > $7
	ORDER BY d.created_at DESC, d.id DESC LIMIT $6 OFFSET $7) d ON true
ORDER BY d.created_at DESC, d.id DESC;

-- name: deployment_by_id
-- doc: A deployment of one's own.
-- in: id uuid, user_id uuid
-- out: one
-- cols: id uuid, repo text, branch text, status text, author text, commit text, duration_seconds integer,
-- cols: timestamp timestamptz, url text, project_id uuid, commit_message text, created_at timestamptz, trigger text,
-- cols: error text, preview_url text, target text, target_open boolean, live boolean, release_kept boolean, uploaded boolean,
-- cols: superseded_by uuid,
-- cols: log_removed_at timestamptz, limits text,
-- cols: started_at timestamptz, deploying_at timestamptz, completed_at timestamptz,
-- cols: github_status text, github_error text,
-- cols: root_dir text, install_command text, build_command text, output_dir text, spa text
-- none: DEPLOYMENT_NOT_FOUND
-- by: api
SELECT d.id, p.name AS repo, d.branch, d.status, d.author, left(d.commit_hash, 7) AS commit,
	extract(epoch FROM coalesce(d.completed_at, now()) - d.started_at)::integer AS duration_seconds,
	d.created_at AS timestamp, d.url, d.project_id, d.commit_message, d.created_at, d.trigger,
	d.error, r.url AS preview_url, d.target, f.target_open, f.live,
	d.target = 'production' AND d.status = 'success' AND r.id IS NOT NULL AS release_kept, d.uploaded,
	d.superseded_by, d.log_removed_at, d.limits,
	d.started_at, d.deploying_at, d.completed_at,
	c.status AS github_status, c.error AS github_error,
	d.root_dir, d.install_command, d.build_command, d.output_dir, d.spa
FROM deployments d JOIN projects p ON p.id = d.project_id JOIN deployment_facts f ON f.id = d.id
LEFT JOIN releases r ON r.id = d.release_id AND r.retired_at IS NULL AND r.published_at IS NOT NULL
LEFT JOIN LATERAL (
	SELECT c.status, c.error FROM github_calls c WHERE c.deployment_id = d.id ORDER BY c.seq DESC LIMIT 1) c ON true
WHERE d.id = $1 AND d.user_id = $2;

-- name: deployment_log_tail
-- doc: The last messages of the log of one's own deployment, oldest first: so many lines and about so many bytes at most.
-- in: id uuid, user_id uuid, max_rows bigint, max_bytes bigint
-- out: many
-- cols: message text
-- by: api
SELECT t.message FROM (
	SELECT l.seq, l.message, sum(octet_length(l.message)) OVER (ORDER BY l.seq DESC) - octet_length(l.message) AS newer
	FROM (SELECT seq, message FROM deployment_logs
		WHERE deployment_id = (SELECT id FROM deployments WHERE id = $1 AND user_id = $2)
		ORDER BY seq DESC LIMIT $3) l) t
WHERE t.newer < $4
ORDER BY t.seq;

-- A page ends after max_rows lines or about max_bytes of text, but never before
-- its first line.
-- name: deployment_log_page
-- doc: A page of the log of one's own deployment after a line, with the log's end so far; a line that is null carries only that.
-- in: id uuid, user_id uuid, after integer, max_rows bigint, max_bytes bigint
-- out: many
-- cols: log_seq integer, final boolean, seq integer, timestamp timestamptz, level text, message text
-- by: api
SELECT d.log_seq, d.completed_at IS NOT NULL AS final, l.seq, l.timestamp, l.level, l.message
FROM deployments d LEFT JOIN LATERAL (
	SELECT seq, at AS timestamp, level, message,
		sum(octet_length(message)) OVER (ORDER BY seq) - octet_length(message) AS skipped
	FROM (SELECT seq, at, level, message FROM deployment_logs
		WHERE deployment_id = d.id AND seq > $3
		ORDER BY seq LIMIT $4) p) l ON l.skipped < $5
WHERE d.id = $1 AND d.user_id = $2
ORDER BY l.seq;

-- name: user_lock
-- doc: Let only one request of a user at a time make projects and deployments, so that limits and names hold.
-- in: id uuid
-- out: one
-- cols: id uuid
-- none: UNAUTHORIZED
-- by: api
SELECT id FROM users WHERE id = $1 FOR NO KEY UPDATE;

-- Run in the transaction of user_lock: the count would be a guess otherwise.
-- name: deployment_insert
-- doc: Queue a deployment with a snapshot of its settings; no row: the user's queue is full.
-- in: id uuid, project_id uuid, user_id uuid, queue_max bigint, trigger text, repository text, branch text, commit_wanted text,
-- in: root_dir text, install_command text, build_command text, output_dir text, env_sealed text, use_cache boolean,
-- in: target text, trusted boolean, spa text
-- out: one
-- cols: id uuid
-- none: QUEUE_FULL
-- by: api
INSERT INTO deployments (id, project_id, user_id, trigger, repository, branch, commit_wanted, root_dir, install_command,
	build_command, output_dir, env_sealed, use_cache, target, trusted, spa)
SELECT $1, p.id, $3, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, coalesce($15, 'production'), $16, coalesce($17, p.spa)
FROM projects p
WHERE p.id = $2 AND p.user_id = $3
	AND (SELECT count(*) FROM deployments WHERE user_id = $3 AND status = 'queued') < $4
RETURNING id;

-- Whoever pushes twice wants the second; what a person has asked for stays.
-- Before deployment_insert: the place in the queue is the one that this gives
-- free, and rows of deployments are locked before their owner's counts, as
-- workers do.
-- name: deployment_supersede
-- doc: Automatic deployments of a project's target (null: production) that still wait give way to a newer one, id.
-- in: id uuid, project_id uuid, user_id uuid, target text
-- out: none
-- by: api
UPDATE deployments SET status = 'superseded', superseded_by = $1, error = 'A newer push took its place.', completed_at = now()
WHERE project_id = $2 AND user_id = $3 AND target = coalesce($4, 'production') AND status = 'queued' AND trigger = 'webhook';

-- A waiting one ends at once. A running one is marked, and the worker that
-- holds it kills the build before it writes "cancelled".
-- name: deployment_cancel
-- doc: Cancel a deployment of one's own.
-- in: id uuid, user_id uuid
-- out: one
-- cols: was_final boolean
-- none: DEPLOYMENT_NOT_FOUND
-- by: api
WITH own AS (
	SELECT id, status FROM deployments WHERE id = $1 AND user_id = $2 FOR UPDATE), changed AS (
	UPDATE deployments d SET
		cancel_requested_at = coalesce(d.cancel_requested_at, now()),
		status = CASE WHEN own.status = 'queued' THEN 'cancelled' ELSE own.status END,
		error = CASE WHEN own.status = 'queued' THEN 'Cancelled before the build began.' ELSE d.error END,
		completed_at = CASE WHEN own.status = 'queued' THEN now() ELSE d.completed_at END
	FROM own WHERE d.id = own.id AND own.status IN ('queued', 'building', 'deploying'))
SELECT own.status NOT IN ('queued', 'building', 'deploying') AS was_final FROM own;

-- The lock keeps project_delete away until the copy is there.
-- name: deployment_snapshot
-- doc: What a deployment of one's own was made of, and the commit that it was made from, once that is known.
-- in: id uuid, user_id uuid
-- out: one
-- cols: project_id uuid, repository text, branch text, commit text, root_dir text, install_command text, build_command text,
-- cols: output_dir text, env_sealed text, target text, trusted boolean, spa text, target_open boolean, uploaded boolean
-- none: DEPLOYMENT_NOT_FOUND
-- by: api
SELECT d.project_id, d.repository, d.branch, coalesce(d.commit_hash, d.commit_wanted) AS commit,
	d.root_dir, d.install_command, d.build_command, d.output_dir, d.env_sealed, d.target, d.trusted, d.spa,
	f.target_open, d.uploaded
FROM deployments d JOIN projects p ON p.id = d.project_id JOIN deployment_facts f ON f.id = d.id
WHERE d.id = $1 AND d.user_id = $2
FOR KEY SHARE OF p;

-- Without a deployment it is the newest release that is older than the live one:
-- asked again, it goes one further back. The lock keeps deployment_delete away;
-- it comes before that of the release, as there.
-- name: deployment_rollback_source
-- doc: What a rollback of a project goes to, and whether that is live; a row that is null means that there is no such deployment.
-- in: project_id uuid, user_id uuid, deployment_id uuid
-- out: one
-- cols: id uuid, env_sealed text, live boolean
-- none: PROJECT_NOT_FOUND
-- by: api
SELECT s.id, s.env_sealed, coalesce(s.release_id = l.id, false) AS live
FROM projects p
LEFT JOIN deployments ld ON ld.id = p.live_deployment_id
LEFT JOIN releases l ON l.id = ld.release_id
LEFT JOIN LATERAL (
	SELECT d.id, d.env_sealed, d.release_id
	FROM deployments d LEFT JOIN releases r ON r.id = d.release_id AND r.retired_at IS NULL
	WHERE d.project_id = p.id AND d.target = 'production' AND (d.id = $3 OR $3 IS NULL AND d.status = 'success'
		AND (l.id IS NULL AND r.id IS NOT NULL OR r.published_at < l.published_at))
	ORDER BY r.published_at DESC NULLS LAST, d.completed_at DESC LIMIT 1 FOR KEY SHARE OF d) s ON true
WHERE p.id = $1 AND p.user_id = $2
FOR KEY SHARE OF p;

-- Before deployment_insert_switch, as deployment_supersede.
-- name: deployment_make_way
-- doc: What waits for the target of a deployment, source, is superseded by a switch, id, and what is being built is cancelled.
-- in: id uuid, user_id uuid, source uuid, error text
-- out: none
-- by: api
UPDATE deployments o SET
	status = CASE WHEN o.status = 'queued' THEN 'superseded' ELSE o.status END,
	superseded_by = $1,
	error = CASE WHEN o.status = 'queued' THEN $4 ELSE o.error END,
	completed_at = CASE WHEN o.status = 'queued' THEN now() END,
	cancel_requested_at = CASE WHEN o.status = 'queued' THEN o.cancel_requested_at ELSE coalesce(o.cancel_requested_at, now()) END
FROM deployments s
WHERE s.id = $3 AND s.user_id = $2 AND o.project_id = s.project_id AND o.target = s.target
	AND o.status IN ('queued', 'building', 'deploying');

-- FOR SHARE: the release is not retired before the switch is queued, and not
-- after that since it is wanted.
-- name: deployment_insert_switch
-- doc: Queue a switch to the release of a deployment that has succeeded. It waits for nobody's quota.
-- in: id uuid, user_id uuid, trigger text, source uuid, env_sealed text
-- out: one
-- cols: id uuid
-- none: RELEASE_GONE
-- by: api
INSERT INTO deployments (id, project_id, user_id, trigger, target, repository, branch, commit_wanted, root_dir, install_command,
	build_command, output_dir, env_sealed, spa, commit_hash, commit_message, author, release_id, uploaded)
SELECT $1, s.project_id, s.user_id, $3, r.target, s.repository, s.branch, s.commit_hash, s.root_dir, s.install_command,
	s.build_command, s.output_dir, $5, s.spa, s.commit_hash, s.commit_message, s.author, r.id, s.uploaded
FROM deployments s JOIN LATERAL (
	SELECT id, target FROM releases
	WHERE id = s.release_id AND retired_at IS NULL AND published_at IS NOT NULL FOR SHARE) r ON true
WHERE s.id = $4 AND s.user_id = $2 AND s.status = 'success'
RETURNING id;

-- name: deployment_lock
-- doc: A deployment of one's own, as it is till the transaction ends.
-- in: id uuid, user_id uuid
-- out: one
-- cols: active boolean
-- none: DEPLOYMENT_NOT_FOUND
-- by: api
SELECT completed_at IS NULL AS active FROM deployments WHERE id = $1 AND user_id = $2 FOR UPDATE;

-- After deployment_lock, in a statement of its own: one that has waited for a
-- lock goes on with what other tables held before. A release that another
-- deployment made live as well stays.
-- name: deployment_delete
-- doc: Delete a deployment of one's own that is locked and has ended, with its log and its release, unless it is live.
-- in: id uuid, user_id uuid
-- out: one
-- cols: live boolean
-- by: api
WITH own AS (
	SELECT d.id, d.release_id, f.live FROM deployments d JOIN deployment_facts f ON f.id = d.id
	WHERE d.id = $1 AND d.user_id = $2), gone AS (
	DELETE FROM deployments d USING own WHERE d.id = own.id AND NOT own.live
	RETURNING d.id, d.release_id), retired AS (
	UPDATE releases r SET retired_at = now() FROM gone
	WHERE r.id = gone.release_id AND r.retired_at IS NULL
		AND NOT EXISTS (SELECT FROM deployments o WHERE o.release_id = r.id AND o.id <> gone.id))
SELECT live FROM own;
