-- previews of pull requests

-- A pull request that is opened again is the same row; its address may still be
-- there, or be on its way out. Times at the git host are whole seconds: what came
-- in the same one opens what is closed only if it says that it does.
-- name: preview_put
-- doc: What is known of a pull request by now; the id is null when something newer is known.
-- in: project_id uuid, number integer, title text, author text, branch text, commit_hash text, fork boolean, told_at bigint, opens boolean
-- out: one
-- cols: id uuid, target text, build boolean
-- none: PREVIEWS_OFF
-- by: api
WITH put AS (
	INSERT INTO previews AS v (project_id, number, title, author, branch, commit_hash, fork, told_at)
	SELECT id, $2, $3, $4, $5, $6, $7, to_timestamp($8::bigint) FROM projects WHERE id = $1 AND previews
	ON CONFLICT (project_id, number) DO UPDATE SET title = EXCLUDED.title, author = EXCLUDED.author, branch = EXCLUDED.branch,
		commit_hash = EXCLUDED.commit_hash, fork = EXCLUDED.fork, told_at = EXCLUDED.told_at, updated_at = now(), closed_at = NULL,
		removed_at = NULL
	WHERE v.told_at < EXCLUDED.told_at OR v.told_at = EXCLUDED.told_at AND (v.closed_at IS NULL OR $9)
	RETURNING v.id, v.target, NOT v.fork OR v.approved_commit IS NOT DISTINCT FROM v.commit_hash AS build)
SELECT put.id, put.target, put.build FROM projects p LEFT JOIN put ON true WHERE p.id = $1 AND p.previews;

-- Its begin may come after its end.
-- name: preview_put_closed
-- doc: Know a pull request that is closed, if it is not known.
-- in: project_id uuid, number integer, title text, author text, branch text, commit_hash text, fork boolean, told_at bigint
-- out: none
-- by: api
INSERT INTO previews (project_id, number, title, author, branch, commit_hash, fork, told_at, closed_at, removed_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, to_timestamp($8::bigint), now(), now()) ON CONFLICT DO NOTHING;

-- name: preview_close
-- doc: A pull request is closed at its git host (told_at), or its preview by its owner: nothing of it is built any more, and its releases go.
-- in: project_id uuid, number integer, told_at bigint, error text
-- out: one
-- cols: id uuid
-- none: PREVIEW_NOT_FOUND
-- by: api
WITH v AS (
	UPDATE previews SET closed_at = coalesce(closed_at, now()), updated_at = now(),
		told_at = coalesce(to_timestamp($3::bigint), told_at)
	WHERE project_id = $1 AND number = $2
		AND CASE WHEN $3::bigint IS NULL THEN closed_at IS NULL ELSE told_at <= to_timestamp($3::bigint) END
	RETURNING id, project_id, target), stopped AS (
	UPDATE deployments d SET
		status = CASE WHEN d.status = 'queued' THEN 'cancelled' ELSE d.status END,
		error = CASE WHEN d.status = 'queued' THEN $4 ELSE d.error END,
		completed_at = CASE WHEN d.status = 'queued' THEN now() END,
		cancel_requested_at = coalesce(d.cancel_requested_at, now())
	FROM v WHERE d.project_id = v.project_id AND d.target = v.target AND d.status IN ('queued', 'building', 'deploying')), retired AS (
	UPDATE releases r SET retired_at = now() FROM v
	WHERE r.project_id = v.project_id AND r.target = v.target AND r.retired_at IS NULL)
SELECT id FROM v;

-- A closed one is remembered for what a late webhook tells of it, not for its owner.
-- name: preview_list
-- doc: A page of one's project's pull requests that are open or still on disk, the open ones first, newest first; and how many.
-- in: project_id uuid, user_id uuid, max_rows bigint, skip_rows bigint
-- out: many
-- cols: total_items bigint, id uuid, number integer, title text, author text, branch text, commit text, fork boolean,
-- cols: state text, url text, deployment_id uuid, opened_at timestamptz, closed_at timestamptz
-- by: api
SELECT c.total_items, v.* FROM (
	SELECT p.id, (SELECT count(*) FROM previews v WHERE v.project_id = p.id AND v.removed_at IS NULL) AS total_items
	FROM projects p WHERE p.id = $1 AND p.user_id = $2) c
LEFT JOIN LATERAL (
	SELECT v.id, v.number, v.title, v.author, v.branch, v.commit_hash AS commit, v.fork,
		CASE WHEN v.closed_at IS NOT NULL THEN 'closed'
			WHEN v.fork AND v.approved_commit IS DISTINCT FROM v.commit_hash THEN 'waiting' ELSE 'open' END AS state,
		CASE WHEN v.closed_at IS NULL THEN (
			SELECT d.url FROM deployments d WHERE d.project_id = c.id AND d.target = v.target AND d.status = 'success'
			ORDER BY d.completed_at DESC LIMIT 1) END AS url,
		(SELECT d.id FROM deployments d WHERE d.project_id = c.id AND d.target = v.target
			ORDER BY d.created_at DESC, d.id DESC LIMIT 1) AS deployment_id,
		v.opened_at, v.closed_at
	FROM previews v WHERE v.project_id = c.id AND v.removed_at IS NULL
	ORDER BY v.closed_at IS NOT NULL, v.opened_at DESC, v.id DESC LIMIT $3 OFFSET $4) v ON true
ORDER BY v.closed_at IS NOT NULL, v.opened_at DESC, v.id DESC;

-- What its owner has looked at: a commit that was pushed since is not approved.
-- name: preview_approve
-- doc: A commit of a pull request may be built, as its project's owner says; no row: it is not the newest one.
-- in: id uuid, project_id uuid, user_id uuid, commit_hash text
-- out: one
-- cols: target text, branch text, commit_hash text, fork boolean
-- none: OK
-- by: api
UPDATE previews v SET approved_commit = v.commit_hash, updated_at = now()
FROM projects p
WHERE v.id = $1 AND v.project_id = $2 AND p.id = v.project_id AND p.user_id = $3 AND v.closed_at IS NULL
	AND v.commit_hash = $4
RETURNING v.target, v.branch, v.commit_hash, v.fork;

-- name: preview_number
-- doc: The open pull request behind a preview of one's own.
-- in: id uuid, project_id uuid, user_id uuid
-- out: one
-- cols: number integer
-- none: PREVIEW_NOT_FOUND
-- by: api
SELECT v.number FROM previews v JOIN projects p ON p.id = v.project_id
WHERE v.id = $1 AND v.project_id = $2 AND p.user_id = $3 AND v.closed_at IS NULL;

-- One that is still being built is looked at when that has ended.
-- name: preview_closed_list
-- doc: Closed pull requests whose address is still on disk, by their ids after one; a few at a time.
-- in: after uuid
-- out: many
-- cols: id uuid, site text, target text
-- by: worker
SELECT v.id, p.site, v.target FROM previews v JOIN projects p ON p.id = v.project_id
WHERE v.closed_at IS NOT NULL AND v.removed_at IS NULL AND v.id > $1 AND NOT EXISTS (
	SELECT FROM deployments d WHERE d.project_id = v.project_id AND d.target = v.target AND d.completed_at IS NULL)
ORDER BY v.id LIMIT 10;

-- name: preview_removed
-- doc: Its address is gone from disk; what was published meanwhile goes as well.
-- in: id uuid
-- out: none
-- by: worker
WITH v AS (
	UPDATE previews SET removed_at = now() WHERE id = $1 AND closed_at IS NOT NULL RETURNING project_id, target)
UPDATE releases r SET retired_at = now() FROM v
WHERE r.project_id = v.project_id AND r.target = v.target AND r.retired_at IS NULL;
