-- uploads: what is published without a build
--
-- upload_chunk_insert, upload_supersede and upload_insert are one transaction,
-- so that half an upload is none.

-- name: upload_chunk_insert
-- doc: A piece of an upload.
-- in: deployment_id uuid, n integer, data bytea
-- out: none
-- by: api
INSERT INTO upload_chunks (deployment_id, n, data) VALUES ($1, $2, $3);

-- name: upload_supersede
-- doc: Uploads of the same project that still wait give way to a newer one.
-- in: id uuid, project_id uuid, user_id uuid
-- out: none
-- by: api
UPDATE deployments SET status = 'superseded', superseded_by = $1, error = 'A newer upload took its place.', completed_at = now()
WHERE project_id = $2 AND user_id = $3 AND target = 'production' AND status = 'queued' AND upload_bytes IS NOT NULL;

-- Run in the transaction of user_lock: the count would be a guess otherwise.
-- name: upload_insert
-- doc: Queue the deployment of an upload; no row: the user's queue is full.
-- in: id uuid, project_id uuid, user_id uuid, queue_max bigint, branch text, commit_hash text, upload_bytes bigint
-- out: one
-- cols: id uuid
-- none: QUEUE_FULL
-- by: api
INSERT INTO deployments (id, project_id, user_id, trigger, repository, branch, commit_hash, upload_bytes, spa, uploaded)
SELECT $1, p.id, $3, 'api', p.repository, coalesce($5, p.branch), $6, $7, p.spa, true
FROM projects p
WHERE p.id = $2 AND p.user_id = $3
	AND (SELECT count(*) FROM deployments WHERE user_id = $3 AND status = 'queued') < $4
RETURNING id;

-- name: upload_chunk
-- doc: A piece of an upload; no row: there are no more.
-- in: deployment_id uuid, n integer
-- out: many
-- cols: data bytea
-- by: worker
SELECT data FROM upload_chunks WHERE deployment_id = $1 AND n = $2;

-- name: cleanup_uploads
-- doc: One batch of uploads that no worker has taken for so many days; their deployments end.
-- in: batch integer, days integer
-- out: none
-- by: owner
UPDATE deployments SET status = 'failed', error = 'No worker took the upload in time.', completed_at = now()
WHERE id IN (
	SELECT id FROM deployments
	WHERE status = 'queued' AND upload_bytes IS NOT NULL AND created_at < now() - make_interval(days => $2)
	ORDER BY created_at LIMIT $1 FOR UPDATE SKIP LOCKED);
