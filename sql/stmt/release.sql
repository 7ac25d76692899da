-- releases, as the workers see them

-- Before release_retire, in its transaction: it has to see who goes back to one
-- of them.
-- name: release_lock
-- doc: The releases of a deployment's project and target, held till the transaction ends: nobody goes back to one meanwhile.
-- in: deployment_id uuid
-- out: many
-- cols: id uuid
-- by: worker
SELECT r.id FROM deployments d JOIN releases r ON r.project_id = d.project_id AND r.target = d.target
WHERE d.id = $1 AND r.retired_at IS NULL
ORDER BY r.id FOR NO KEY UPDATE OF r;

-- Never what is live or is about to be; the newest stay, by the time at which
-- they were first live: of a preview, that which is live and the one before.
-- Run after each success.
-- name: release_retire
-- doc: The oldest good releases of a project over its number leave.
-- in: deployment_id uuid, keep integer
-- out: many
-- cols: id uuid
-- by: worker
UPDATE releases SET retired_at = now()
WHERE id IN (
		SELECT r.id FROM deployments d JOIN projects p ON p.id = d.project_id
		CROSS JOIN LATERAL (
			SELECT id FROM releases
			WHERE project_id = d.project_id AND target = d.target AND retired_at IS NULL AND published_at IS NOT NULL
			ORDER BY published_at DESC, id OFFSET CASE WHEN d.target = 'production' THEN coalesce(p.keep_releases, $2) ELSE 2 END) r
		WHERE d.id = $1)
	AND NOT EXISTS (SELECT FROM deployments d JOIN projects p ON p.live_deployment_id = d.id WHERE d.release_id = releases.id)
	AND NOT EXISTS (SELECT FROM deployments d WHERE d.release_id = releases.id AND d.completed_at IS NULL)
RETURNING id;

-- One that is being written waits for the end of its deployment. wait: one that
-- is to be archived stays until it is, or was given up. after: what cannot be
-- removed now (a site's link still names it) must not be all that is ever looked
-- at, so the pages go round.
-- name: release_retired_list
-- doc: Releases whose files are to be removed, by their ids after one; a few at a time.
-- in: after uuid, wait boolean
-- out: many
-- cols: id uuid, site text, target text
-- by: worker
SELECT r.id, p.site, r.target FROM releases r JOIN projects p ON p.id = r.project_id
LEFT JOIN archives a ON a.id = r.id
WHERE r.retired_at IS NOT NULL AND r.id > $1
	AND NOT EXISTS (SELECT FROM deployments d WHERE d.id = r.id AND d.completed_at IS NULL) AND NOT ($2 AND r.published_at IS NOT NULL AND r.target = 'production'
	AND EXISTS (SELECT FROM deployments d WHERE d.id = r.id)
	AND (a.id IS NULL OR (a.archived_at IS NULL AND a.next_at IS NOT NULL)))
ORDER BY r.id LIMIT 10;

-- name: release_removing
-- doc: Its files are about to be removed. No row: it is kept after all.
-- in: id uuid
-- out: none
-- by: worker
UPDATE releases SET removing_at = now() WHERE id = $1 AND retired_at IS NOT NULL;

-- name: release_delete
-- doc: Its files are gone; what was not archived by now cannot be.
-- in: id uuid
-- out: none
-- by: worker
WITH a AS (
	DELETE FROM archives WHERE id = $1 AND archived_at IS NULL)
DELETE FROM releases WHERE id = $1 AND retired_at IS NOT NULL;
