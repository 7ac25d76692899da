-- archives of releases in S3-compatible storage
--
-- What a worker writes to a row names the attempt that it has claimed: no row
-- changed means that the archive is another worker's by now, or gone.

-- name: archive_enqueue
-- doc: Releases of production that are to be archived and are not known yet, newest first.
-- in:
-- out: none
-- on archives_id_fkey: DEPLOYMENT_NOT_FOUND
-- by: worker
INSERT INTO archives (id)
SELECT r.id FROM releases r JOIN deployments d ON d.id = r.id
WHERE r.published_at IS NOT NULL AND r.removing_at IS NULL AND r.target = 'production'
	AND NOT EXISTS (SELECT FROM archives a WHERE a.id = r.id)
ORDER BY r.published_at DESC LIMIT 100
ON CONFLICT (id) DO NOTHING;

-- name: archive_again
-- doc: What was given up is tried once more.
-- in:
-- out: none
-- by: worker
UPDATE archives SET attempts = 0, next_at = now() WHERE archived_at IS NULL AND next_at IS NULL;

-- next_at is the lease: it is kept by archive_beat; when the worker dies it is
-- tried again.
-- name: archive_claim
-- doc: What is due first, for one attempt. Who waits for a restore comes first.
-- in: lease_seconds integer
-- out: one
-- cols: id uuid, attempts integer, site text, restore boolean, bytes bigint, sha256 text
-- none: OK
-- by: worker
UPDATE archives a SET attempts = a.attempts + 1, next_at = now() + make_interval(secs => $1)
FROM deployments d JOIN projects p ON p.id = d.project_id
WHERE d.id = a.id AND a.id = (
	SELECT id FROM archives WHERE next_at <= now()
	ORDER BY restore_requested_at IS NULL, next_at LIMIT 1 FOR UPDATE SKIP LOCKED)
RETURNING a.id, a.attempts, p.site, a.restore_requested_at IS NOT NULL AS restore, a.bytes, a.sha256;

-- name: archive_beat
-- doc: Keep the lease.
-- in: id uuid, attempts integer, lease_seconds integer
-- out: one
-- cols: id uuid
-- none: LEASE_LOST
-- by: worker
UPDATE archives SET next_at = now() + make_interval(secs => $3)
WHERE id = $1 AND attempts = $2 AND next_at IS NOT NULL RETURNING id;

-- name: archive_done
-- doc: The release is in the storage.
-- in: id uuid, attempts integer, bytes bigint, sha256 text
-- out: none
-- by: worker
UPDATE archives SET archived_at = now(), bytes = $3, sha256 = $4, attempts = 0, next_at = NULL, error = NULL
WHERE id = $1 AND attempts = $2 AND archived_at IS NULL;

-- name: archive_later
-- doc: It could not be archived and waits again.
-- in: id uuid, attempts integer, error text, ms integer
-- out: none
-- by: worker
UPDATE archives SET error = $3, next_at = now() + make_interval(secs => $4 / 1000.0)
WHERE id = $1 AND attempts = $2;

-- name: archive_given_up
-- doc: It could not be archived and is not tried any more.
-- in: id uuid, attempts integer, error text
-- out: none
-- by: worker
UPDATE archives SET error = $3, next_at = NULL WHERE id = $1 AND attempts = $2 AND archived_at IS NULL;

-- name: archive_handed_back
-- doc: The attempt does not count: the worker ends, or has to wait for something.
-- in: id uuid, attempts integer, ms integer
-- out: none
-- by: worker
UPDATE archives SET attempts = attempts - 1, next_at = now() + make_interval(secs => $3 / 1000.0)
WHERE id = $1 AND attempts = $2;

-- name: archive_wait
-- doc: Milliseconds until something is due; null: nothing waits.
-- in:
-- out: one
-- cols: ms integer
-- by: worker
SELECT ceil(greatest(0, least(86400000, extract(epoch FROM least(
	(SELECT min(next_at) FROM archives), (SELECT min(next_at) FROM archive_removals)) - now()) * 1000)))::integer AS ms;

-- coming back

-- name: release_keep
-- doc: A release whose files are still there is kept again.
-- in: id uuid
-- out: none
-- by: worker
UPDATE releases SET published_at = CASE WHEN retired_at IS NULL THEN published_at ELSE now() END, retired_at = NULL
WHERE id = $1 AND removing_at IS NULL AND published_at IS NOT NULL;

-- name: release_restore
-- doc: A release is about to be written again. No row: its old files are being removed.
-- in: id uuid, attempts integer, url text
-- out: none
-- by: worker
INSERT INTO releases AS r (id, project_id, target, url)
SELECT d.id, d.project_id, d.target, $3 FROM archives a JOIN deployments d ON d.id = a.id
WHERE a.id = $1 AND a.attempts = $2 AND a.restore_requested_at IS NOT NULL
ON CONFLICT (id) DO UPDATE SET url = EXCLUDED.url, retired_at = NULL WHERE r.removing_at IS NULL;

-- It counts as new: the oldest go first, and the next deployment must not take
-- away what was just brought back.
-- name: archive_restored
-- doc: The release is on disk again; its deployment can be rolled back to.
-- in: id uuid, attempts integer
-- out: one
-- cols: id uuid
-- none: LEASE_LOST
-- by: worker
WITH a AS (
	UPDATE archives SET restored_at = now(), restore_requested_at = NULL, next_at = NULL, attempts = 0, error = NULL
	WHERE id = $1 AND attempts = $2 AND restore_requested_at IS NOT NULL
	RETURNING id),
r AS (
	UPDATE releases SET published_at = now(), retired_at = NULL FROM a
	WHERE releases.id = a.id AND (releases.published_at IS NULL OR releases.retired_at IS NOT NULL)),
d AS (
	UPDATE deployments SET release_id = a.id FROM a WHERE deployments.id = a.id)
SELECT id FROM a;

-- name: archive_restore_failed
-- doc: The release could not be brought back; what was written of it goes.
-- in: id uuid, attempts integer, error text
-- out: none
-- by: worker
WITH a AS (
	UPDATE archives SET restore_requested_at = NULL, next_at = NULL, attempts = 0, error = $3
	WHERE id = $1 AND attempts = $2 AND restore_requested_at IS NOT NULL
	RETURNING id)
UPDATE releases SET retired_at = now() FROM a WHERE releases.id = a.id AND releases.published_at IS NULL;

-- name: release_is_known
-- doc: Whether a release has a row, and thus somebody who looks after its files.
-- in: id uuid
-- out: one
-- cols: known boolean
-- by: worker
SELECT EXISTS (SELECT FROM releases WHERE id = $1) AS known;

-- name: archive_of_deployment
-- doc: What can be restored of a deployment, and what stands in the way.
-- in: id uuid
-- out: one
-- cols: status text, kept boolean, archived boolean, error text
-- none: DEPLOYMENT_NOT_FOUND
-- by: owner
SELECT d.status, r.id IS NOT NULL AS kept, a.archived_at IS NOT NULL AS archived, a.error
FROM deployments d
LEFT JOIN releases r ON r.id = d.release_id AND r.published_at IS NOT NULL AND r.retired_at IS NULL
LEFT JOIN archives a ON a.id = d.id
WHERE d.id = $1;

-- name: archive_restore
-- doc: Ask for a release to be brought back; who has asked before is joined.
-- in: id uuid
-- out: many
-- cols: notified text
-- by: owner
UPDATE archives SET restore_requested_at = now(), restored_at = NULL, error = NULL, attempts = 0, next_at = now()
WHERE id = $1 AND archived_at IS NOT NULL AND restore_requested_at IS NULL
RETURNING pg_notify('autostack', 'archive:' || id)::text AS notified;

-- name: archive_restore_state
-- doc: How far a restore is.
-- in: id uuid
-- out: one
-- cols: pending boolean, begun boolean, restored boolean, error text
-- none: DEPLOYMENT_NOT_FOUND
-- by: owner
SELECT restore_requested_at IS NOT NULL AS pending, attempts > 0 AS begun, restored_at IS NOT NULL AS restored, error
FROM archives WHERE id = $1;

-- going

-- name: archive_removal_claim
-- doc: The object that is due first to be removed, for one attempt.
-- in: lease_seconds integer
-- out: one
-- cols: id uuid, attempts integer
-- none: OK
-- by: worker
UPDATE archive_removals SET attempts = attempts + 1, next_at = now() + make_interval(secs => $1)
WHERE id = (SELECT id FROM archive_removals WHERE next_at <= now() ORDER BY next_at LIMIT 1 FOR UPDATE SKIP LOCKED)
RETURNING id, attempts;

-- name: archive_removal_done
-- doc: The object is gone.
-- in: id uuid
-- out: none
-- by: worker
DELETE FROM archive_removals WHERE id = $1;

-- name: archive_removal_later
-- doc: The object could not be removed; it is tried again, however long that takes.
-- in: id uuid, attempts integer, error text, ms integer
-- out: none
-- by: worker
UPDATE archive_removals SET error = $3, next_at = now() + make_interval(secs => $4 / 1000.0)
WHERE id = $1 AND attempts = $2;

-- name: doctor_archives
-- doc: What the doctor wants to know about archives.
-- in:
-- out: one
-- cols: given_up bigint, waiting bigint, removals bigint, error text
-- by: owner
SELECT (SELECT count(*) FROM archives WHERE archived_at IS NULL AND next_at IS NULL) AS given_up,
	(SELECT count(*) FROM archives WHERE archived_at IS NULL AND next_at IS NOT NULL
		AND created_at < now() - interval '1 hour') AS waiting,
	(SELECT count(*) FROM archive_removals WHERE created_at < now() - interval '1 hour') AS removals,
	(SELECT error FROM (
		SELECT error, created_at FROM archives WHERE archived_at IS NULL AND error IS NOT NULL
		UNION ALL SELECT error, created_at FROM archive_removals WHERE error IS NOT NULL) e
	ORDER BY created_at DESC LIMIT 1) AS error;
