-- incidents of the status page, as administrators keep them

-- name: incident_list
-- doc: Incidents, newest first; published null: drafts as well. A row that is null but for the total means an empty page.
-- in: published boolean, most bigint, skip bigint
-- out: many
-- cols: id uuid, title text, description text, status text, severity text, affected_services text, published boolean, service text
-- cols: started_at timestamptz, resolved_at timestamptz, recovered_at timestamptz, published_at timestamptz, created_at timestamptz
-- cols: updated_at timestamptz, total_items bigint
-- by: api
WITH all_of AS (SELECT * FROM incidents WHERE $1 IS NULL OR (published_at IS NOT NULL) = $1)
SELECT i.id, i.title, i.description, i.status, i.severity, to_json(i.affected_services)::text AS affected_services,
	i.published_at IS NOT NULL AS published, i.service, i.started_at, i.resolved_at, i.recovered_at, i.published_at, i.created_at,
	i.updated_at, t.total_items
FROM (SELECT count(*) AS total_items FROM all_of) t
LEFT JOIN LATERAL (SELECT * FROM all_of ORDER BY started_at DESC, id DESC LIMIT $2 OFFSET $3) i ON true
ORDER BY i.started_at DESC, i.id DESC;

-- name: incident_by_id
-- doc: An incident, also a draft.
-- in: id uuid
-- out: one
-- cols: id uuid, title text, description text, status text, severity text, affected_services text, published boolean, service text
-- cols: started_at timestamptz, resolved_at timestamptz, recovered_at timestamptz, published_at timestamptz, created_at timestamptz
-- cols: updated_at timestamptz
-- none: INCIDENT_NOT_FOUND
-- by: api
SELECT id, title, description, status, severity, to_json(affected_services)::text AS affected_services,
	published_at IS NOT NULL AS published, service, started_at, resolved_at, recovered_at, published_at, created_at, updated_at
FROM incidents WHERE id = $1;

-- name: incident_updates_of
-- doc: What was told of an incident, newest first, so much at most.
-- in: incident_id uuid, most integer
-- out: many
-- cols: status text, message text, created_at timestamptz
-- by: api
SELECT status, message, created_at FROM incident_updates WHERE incident_id = $1 ORDER BY id DESC LIMIT $2;

-- name: incident_insert
-- doc: A new incident; one that is resolved already ends now.
-- in: title text, description text, status text, severity text, services text[], published boolean, started_at timestamptz
-- out: one
-- cols: id uuid
-- on incidents_order: CONFLICT
-- by: api
INSERT INTO incidents (title, description, status, severity, affected_services, published_at, started_at, resolved_at)
VALUES ($1, $2, $3, $4, $5, CASE WHEN $6 THEN now() END, coalesce($7, now()), CASE WHEN $3 = 'resolved' THEN now() END)
RETURNING id;

-- It ends when it is resolved, which is now, or when the prober saw that the
-- service was there again.
-- name: incident_change
-- doc: Change an incident: what is null stays; set_description says that the description, which may be null, is given.
-- in: id uuid, title text, set_description boolean, description text, status text, severity text, services text[], published boolean
-- in: started_at timestamptz
-- out: one
-- cols: id uuid
-- none: INCIDENT_NOT_FOUND
-- on incidents_order: CONFLICT
-- on incidents_draft_key: CONFLICT
-- by: api
UPDATE incidents SET title = coalesce($2, title), description = CASE WHEN $3 THEN $4 ELSE description END,
	status = coalesce($5, status), severity = coalesce($6, severity), affected_services = coalesce($7, affected_services),
	published_at = CASE $8 WHEN true THEN coalesce(published_at, now()) WHEN false THEN NULL ELSE published_at END,
	started_at = coalesce($9, started_at),
	resolved_at = CASE WHEN coalesce($5, status) = 'resolved' THEN coalesce(resolved_at, recovered_at, now()) END,
	updated_at = now()
WHERE id = $1
RETURNING id;

-- name: incident_tell
-- doc: Tell more of an incident, which has that status from now on.
-- in: id uuid, status text, message text
-- out: one
-- cols: id uuid
-- none: INCIDENT_NOT_FOUND
-- by: api
WITH i AS (
	UPDATE incidents SET status = $2, updated_at = now(),
		resolved_at = CASE WHEN $2 = 'resolved' THEN greatest(coalesce(resolved_at, recovered_at, now()), started_at) END
	WHERE id = $1
	RETURNING id)
INSERT INTO incident_updates (incident_id, status, message) SELECT id, $2, $3 FROM i
RETURNING incident_id AS id;

-- name: incident_delete
-- doc: Delete an incident with all that was told of it.
-- in: id uuid
-- out: one
-- cols: id uuid
-- none: INCIDENT_NOT_FOUND
-- by: api
DELETE FROM incidents WHERE id = $1 RETURNING id;
