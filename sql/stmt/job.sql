-- the queue, as the workers see it
--
-- A job is a deployment that is building or deploying. Whoever writes to it
-- names its lease_owner and attempt: no row changed means that the job is
-- somebody else's by now. Every statement may be sent again when an answer was
-- lost with the connection.

-- name: job_claim
-- doc: Take the oldest waiting deployment, if the global limit leaves room.
-- in: worker text, lease_ms bigint, global_limit int
-- out: many
-- cols: id uuid, project_id uuid, site text, repository text, branch text
-- cols: commit_wanted text, root_dir text, install_command text, build_command text, output_dir text
-- cols: spa text, use_cache boolean, trusted boolean, target text, release_id uuid, upload_bytes bigint, env_sealed text, attempt int, log_seq int, log_bytes bigint, age_ms bigint
-- by: worker
SELECT d.id, d.project_id, p.site, d.repository, d.branch,
	d.commit_wanted, d.root_dir, d.install_command, d.build_command, d.output_dir,
	coalesce(d.spa, p.spa) AS spa, d.use_cache, d.trusted, d.target, d.release_id, d.upload_bytes, d.env_sealed, d.attempt, d.log_seq, d.log_bytes,
	(extract(epoch FROM now() - d.started_at) * 1000)::bigint AS age_ms
FROM deployment_claim($1, $2 * interval '1 millisecond', $3) d
JOIN projects p ON p.id = d.project_id;

-- name: job_claim_switch
-- doc: Take the oldest deployment that has nothing to build: its release is there.
-- in: worker text, lease_ms bigint
-- out: many
-- cols: id uuid, project_id uuid, site text, repository text, branch text
-- cols: commit_wanted text, root_dir text, install_command text, build_command text, output_dir text
-- cols: spa text, use_cache boolean, trusted boolean, target text, release_id uuid, upload_bytes bigint, env_sealed text, attempt int, log_seq int, log_bytes bigint, age_ms bigint
-- by: worker
SELECT d.id, d.project_id, p.site, d.repository, d.branch,
	d.commit_wanted, d.root_dir, d.install_command, d.build_command, d.output_dir,
	coalesce(d.spa, p.spa) AS spa, d.use_cache, d.trusted, d.target, d.release_id, d.upload_bytes, d.env_sealed, d.attempt, d.log_seq, d.log_bytes,
	(extract(epoch FROM now() - d.started_at) * 1000)::bigint AS age_ms
FROM deployment_claim_switch($1, $2 * interval '1 millisecond') d
JOIN projects p ON p.id = d.project_id;

-- name: job_beat
-- doc: Keep the lease; learn whether a cancel was asked for.
-- in: id uuid, worker text, attempt int, lease_ms bigint
-- out: one
-- cols: cancel boolean
-- none: LEASE_LOST
-- by: worker
UPDATE deployments SET lease_until = now() + $4 * interval '1 millisecond'
WHERE id = $1 AND lease_owner = $2 AND attempt = $3 AND status IN ('building', 'deploying')
RETURNING cancel_requested_at IS NOT NULL AS cancel;

-- name: job_check
-- doc: Whether the job is still this worker's, and whether a cancel was asked for.
-- in: id uuid, worker text, attempt int
-- out: one
-- cols: cancel boolean, log_seq int
-- none: LEASE_LOST
-- by: worker
SELECT cancel_requested_at IS NOT NULL AS cancel, log_seq FROM deployments
WHERE id = $1 AND lease_owner = $2 AND attempt = $3 AND status IN ('building', 'deploying');

-- name: job_log
-- doc: Append lines to the log. before is the log_seq that the worker knows: lines whose answer got lost are not stored twice.
-- in: id uuid, worker text, attempt int, before int
-- in: at_us bigint[], levels text[], messages text[], bytes bigint
-- out: many
-- cols: notified text, log_seq int
-- by: worker
WITH d AS (
	UPDATE deployments SET log_seq = log_seq + cardinality($7::text[]), log_bytes = log_bytes + $8
	WHERE id = $1 AND lease_owner = $2 AND attempt = $3 AND log_seq = $4
		AND status IN ('building', 'deploying')
	RETURNING id, log_seq),
lines AS (
	INSERT INTO deployment_logs (deployment_id, seq, at, level, message)
	SELECT d.id, $4 + u.n::int, to_timestamp(u.at_us / 1000000::float8), u.level, u.message
	FROM d, unnest($5::bigint[], $6::text[], $7::text[]) WITH ORDINALITY AS u (at_us, level, message, n))
SELECT pg_notify('autostack', 'log:' || d.id)::text AS notified, d.log_seq FROM d;

-- name: job_commit
-- doc: Which commit is being built.
-- in: id uuid, worker text, attempt int, commit_hash text, commit_message text, author text
-- out: one
-- cols: id uuid
-- none: LEASE_LOST
-- by: worker
UPDATE deployments SET commit_hash = $4, commit_message = $5, author = $6
WHERE id = $1 AND lease_owner = $2 AND attempt = $3 AND status IN ('building', 'deploying')
RETURNING id;

-- name: job_limits
-- doc: Which limits the sandbox enforced.
-- in: id uuid, worker text, attempt int, limits text
-- out: one
-- cols: id uuid
-- none: LEASE_LOST
-- by: worker
UPDATE deployments SET limits = $4
WHERE id = $1 AND lease_owner = $2 AND attempt = $3 AND status IN ('building', 'deploying')
RETURNING id;

-- name: job_deploying
-- doc: The build is good; its output is being published. cancel: it was not changed since a cancel was asked for.
-- in: id uuid, worker text, attempt int, lease_ms bigint
-- out: one
-- cols: cancel boolean
-- none: LEASE_LOST
-- by: worker
UPDATE deployments SET
	status = CASE WHEN cancel_requested_at IS NULL THEN 'deploying' ELSE status END,
	deploying_at = CASE WHEN cancel_requested_at IS NULL THEN coalesce(deploying_at, now()) END,
	lease_until = now() + $4 * interval '1 millisecond'
WHERE id = $1 AND lease_owner = $2 AND attempt = $3 AND status IN ('building', 'deploying')
RETURNING cancel_requested_at IS NOT NULL AS cancel;

-- Before the first byte is on disk: nothing is there without a row.
-- name: job_release
-- doc: A release is about to be written.
-- in: id uuid, worker text, attempt int, url text
-- out: one
-- cols: id uuid
-- none: LEASE_LOST
-- by: worker
INSERT INTO releases AS r (id, project_id, target, url)
SELECT id, project_id, target, $4 FROM deployments
WHERE id = $1 AND lease_owner = $2 AND attempt = $3 AND status = 'deploying'
ON CONFLICT (id) DO UPDATE SET url = EXCLUDED.url, retired_at = NULL
RETURNING r.id;

-- name: job_success
-- doc: The release is live. It is its own, or the one that was there to be switched to.
-- in: id uuid, worker text, attempt int, url text
-- out: one
-- cols: id uuid
-- none: LEASE_LOST
-- by: worker
WITH d AS (
	UPDATE deployments SET status = 'success', url = $4, error = NULL, completed_at = now(),
		release_id = coalesce(release_id, id), lease_owner = NULL, lease_until = NULL
	WHERE id = $1 AND lease_owner = $2 AND attempt = $3 AND status = 'deploying'
	RETURNING id, project_id, release_id, target),
r AS (
	UPDATE releases SET published_at = coalesce(published_at, now())
	FROM d WHERE releases.id = d.release_id),
p AS (
	UPDATE projects SET live_deployment_id = d.id
	FROM d WHERE projects.id = d.project_id AND d.target = 'production')
SELECT id FROM d;

-- name: job_end
-- doc: The job ends as failed or cancelled.
-- in: id uuid, worker text, attempt int, status text, error text
-- out: one
-- cols: id uuid
-- none: LEASE_LOST
-- by: worker
UPDATE deployments SET status = $4, error = $5, completed_at = now(), lease_owner = NULL, lease_until = NULL
WHERE id = $1 AND lease_owner = $2 AND attempt = $3 AND status IN ('building', 'deploying')
	AND $4 IN ('failed', 'cancelled')
RETURNING id;

-- name: job_hand_back
-- doc: The worker is told to stop: the job waits again, as if it had not begun, or ends when a cancel was asked for meanwhile.
-- in: id uuid, worker text, attempt int
-- out: one
-- cols: status text
-- none: LEASE_LOST
-- by: worker
UPDATE deployments SET
	status = CASE WHEN cancel_requested_at IS NULL THEN 'queued' ELSE 'cancelled' END,
	attempt = CASE WHEN cancel_requested_at IS NULL THEN attempt - 1 ELSE attempt END,
	completed_at = CASE WHEN cancel_requested_at IS NOT NULL THEN now() END,
	deploying_at = CASE WHEN cancel_requested_at IS NOT NULL THEN deploying_at END,
	lease_owner = NULL, lease_until = NULL
WHERE id = $1 AND lease_owner = $2 AND attempt = $3 AND status IN ('building', 'deploying')
RETURNING status;

-- name: job_lost
-- doc: Jobs whose worker is dead: the lease has run out, or its holder is known to be gone (a prefix of lease_owner, or the whole of it; NULL for none).
-- in: prefix text, owner text
-- out: many
-- cols: id uuid, project_id uuid, site text, target text, release text, status text, lease_owner text, attempt int
-- by: worker
SELECT d.id, d.project_id, p.site, d.target, coalesce(d.release_id, d.id)::text AS release, d.status, d.lease_owner, d.attempt
FROM deployments d JOIN projects p ON p.id = d.project_id
WHERE d.status IN ('building', 'deploying')
	AND (d.lease_until < now() OR starts_with(d.lease_owner, $1) OR d.lease_owner = $2)
ORDER BY d.created_at, d.id;

-- name: job_requeue
-- doc: A job whose worker is dead waits again, or ends when it was begun often enough or a cancel was asked for.
-- in: id uuid, worker text, attempt int, attempts_max int, error text
-- out: one
-- cols: status text
-- none: LEASE_LOST
-- by: worker
UPDATE deployments SET
	status = CASE WHEN cancel_requested_at IS NOT NULL THEN 'cancelled'
		WHEN attempt < $4 THEN 'queued' ELSE 'failed' END,
	error = CASE WHEN cancel_requested_at IS NULL AND attempt >= $4 THEN $5 END,
	completed_at = CASE WHEN cancel_requested_at IS NOT NULL OR attempt >= $4 THEN now() END,
	deploying_at = CASE WHEN cancel_requested_at IS NOT NULL OR attempt >= $4 THEN deploying_at END,
	lease_owner = NULL, lease_until = NULL
WHERE id = $1 AND lease_owner = $2 AND attempt = $3 AND status IN ('building', 'deploying')
RETURNING status;

-- name: project_retired_list
-- doc: Deleted projects whose files are still there, by their ids after one; a few at a time.
-- in: after uuid
-- out: many
-- cols: id uuid, site text
-- by: worker
SELECT id, site FROM retired_projects WHERE id > $1 ORDER BY id LIMIT 10;

-- name: project_retired_delete
-- doc: Its files are gone: the site's name is free.
-- in: id uuid
-- out: none
-- by: worker
DELETE FROM retired_projects WHERE id = $1;
