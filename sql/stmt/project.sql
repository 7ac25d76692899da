-- projects

-- The last deployments are looked up when the page is chosen: one step in the
-- index deployments_project_id_idx for each of its projects.
-- name: project_list
-- doc: A page of one's projects, newest first, and how many there are.
-- in: user_id uuid, search text, max_rows bigint, skip_rows bigint
-- out: many
-- cols: total_items bigint, id uuid, name text, repository text, branch text, root_dir text, install_command text,
-- cols: build_command text, output_dir text, has_env_vars boolean, has_deploy_token boolean, site text, url text, live_deployment_id uuid, keep_releases integer, previews boolean, watch_paths text, spa text, auto_deploy_paused_at timestamptz, created_at timestamptz, updated_at timestamptz,
-- cols: last_deployment_id uuid, last_deployment_status text, last_deployment_created_at timestamptz
-- by: api
SELECT c.total_items, p.*, l.id AS last_deployment_id, l.status AS last_deployment_status, l.created_at AS last_deployment_created_at FROM (
	SELECT count(*) AS total_items FROM projects
	WHERE user_id = $1 AND ($2::text IS NULL OR position(lower($2) IN lower(name)) > 0)) c
LEFT JOIN LATERAL (
	SELECT p.id, p.name, p.repository, p.branch, p.root_dir, p.install_command, p.build_command, p.output_dir,
		p.env_sealed IS NOT NULL AS has_env_vars, p.deploy_token_sealed IS NOT NULL AS has_deploy_token, p.site,
		(SELECT d.url FROM deployments d WHERE d.id = p.live_deployment_id) AS url,
		p.live_deployment_id, p.keep_releases, p.previews, p.watch_paths, p.spa, p.auto_deploy_paused_at, p.created_at, p.updated_at
	FROM projects p
	WHERE p.user_id = $1 AND ($2::text IS NULL OR position(lower($2) IN lower(p.name)) > 0)
	ORDER BY p.created_at DESC, p.id DESC LIMIT $3 OFFSET $4) p ON true
LEFT JOIN LATERAL (
	SELECT d.id, d.status, d.created_at FROM deployments d WHERE d.project_id = p.id
	ORDER BY d.created_at DESC, d.id DESC LIMIT 1) l ON true
ORDER BY p.created_at DESC, p.id DESC;

-- name: project_by_id
-- doc: A project of one's own.
-- in: id uuid, user_id uuid
-- out: one
-- cols: id uuid, name text, repository text, branch text, root_dir text, install_command text,
-- cols: build_command text, output_dir text, has_env_vars boolean, has_deploy_token boolean, site text, url text, live_deployment_id uuid, keep_releases integer, previews boolean, watch_paths text, spa text, auto_deploy_paused_at timestamptz, created_at timestamptz, updated_at timestamptz, env_sealed text, preview_env_sealed text,
-- cols: last_deployment_id uuid, last_deployment_status text, last_deployment_created_at timestamptz
-- none: PROJECT_NOT_FOUND
-- by: api
SELECT p.id, p.name, p.repository, p.branch, p.root_dir, p.install_command, p.build_command, p.output_dir,
	p.env_sealed IS NOT NULL AS has_env_vars, p.deploy_token_sealed IS NOT NULL AS has_deploy_token, p.site,
	(SELECT d.url FROM deployments d WHERE d.id = p.live_deployment_id) AS url,
	p.live_deployment_id, p.keep_releases, p.previews, p.watch_paths, p.spa, p.auto_deploy_paused_at, p.created_at, p.updated_at, p.env_sealed, p.preview_env_sealed,
	l.id AS last_deployment_id, l.status AS last_deployment_status, l.created_at AS last_deployment_created_at
FROM projects p
LEFT JOIN LATERAL (
	SELECT d.id, d.status, d.created_at FROM deployments d WHERE d.project_id = p.id
	ORDER BY d.created_at DESC, d.id DESC LIMIT 1) l ON true
WHERE p.id = $1 AND p.user_id = $2;

-- The lock keeps project_delete away until the deployment is there, or has it
-- waited for here and the project not found.
-- name: project_find
-- doc: The project that a deployment's "repository" means: by its name, or by the repository's address.
-- in: user_id uuid, name text, repository text
-- out: one
-- cols: project_id uuid, repository text, branch text, commit text, root_dir text, install_command text, build_command text,
-- cols: output_dir text, env_sealed text
-- none: OK
-- by: api
SELECT id AS project_id, repository, branch, NULL::text AS commit, root_dir, install_command, build_command, output_dir, env_sealed FROM projects
WHERE user_id = $1 AND (name = $2 OR repository = $3 OR repository = $3 || '.git' OR repository || '.git' = $3)
ORDER BY name = $2 DESC NULLS LAST, created_at, id LIMIT 1
FOR KEY SHARE;

-- name: project_for_deploy
-- doc: What an automatic deployment of a project is made of, and whether those are paused.
-- in: id uuid, user_id uuid
-- out: one
-- cols: project_id uuid, repository text, branch text, commit text, root_dir text, install_command text, build_command text,
-- cols: output_dir text, env_sealed text, preview_env_sealed text, paused boolean
-- none: PROJECT_NOT_FOUND
-- by: api
SELECT id AS project_id, repository, branch, NULL::text AS commit, root_dir, install_command, build_command, output_dir, env_sealed,
	preview_env_sealed, auto_deploy_paused_at IS NOT NULL AS paused
FROM projects WHERE id = $1 AND user_id = $2
FOR KEY SHARE;

-- The id comes from the caller, because the sealed environment is bound to it.
-- name: project_insert_if_free
-- doc: A new project unless its name (one's own) or site (anybody's) is taken: the number of rows tells.
-- in: id uuid, user_id uuid, name text, site text, repository text, branch text, root_dir text,
-- in: install_command text, build_command text, output_dir text, env_sealed text, preview_env_sealed text,
-- in: deploy_token_sealed text, deploy_token_origin text
-- out: none
-- by: api
INSERT INTO projects (id, user_id, name, site, repository, branch, root_dir, install_command, build_command, output_dir, env_sealed,
	preview_env_sealed, deploy_token_sealed, deploy_token_origin)
SELECT $1, $2, $3, $4, $5, coalesce($6, 'main'), $7, $8, $9, $10, $11, $12, $13, $14
WHERE NOT EXISTS (SELECT FROM retired_projects WHERE site = $4)
ON CONFLICT DO NOTHING;

-- name: project_names_taken
-- doc: Which of some names or sites are in use already.
-- in: user_id uuid, name text, site text
-- out: one
-- cols: name_taken boolean, site_taken boolean
-- by: api
SELECT EXISTS (SELECT FROM projects WHERE user_id = $1 AND name = $2) AS name_taken,
	EXISTS (SELECT FROM projects WHERE site = $3)
		OR EXISTS (SELECT FROM retired_projects WHERE site = $3) AS site_taken;

-- name: project_update
-- doc: Change settings of a project: each only where its switch is on.
-- in: id uuid, user_id uuid, name text, branch text, set_root_dir boolean, root_dir text,
-- in: set_install_command boolean, install_command text, set_build_command boolean, build_command text,
-- in: set_output_dir boolean, output_dir text, set_env boolean, env_sealed text, repository text,
-- in: set_keep_releases boolean, keep_releases integer, auto_deploy_paused boolean, set_preview_env boolean, preview_env_sealed text,
-- in: previews boolean, set_watch_paths boolean, watch_paths text, spa text
-- out: one
-- cols: id uuid
-- none: PROJECT_NOT_FOUND
-- on projects_name_key: PROJECT_NAME_TAKEN
-- by: api
UPDATE projects SET name = coalesce($3, name), branch = coalesce($4, branch), repository = coalesce($15, repository),
	root_dir = CASE WHEN $5 THEN $6 ELSE root_dir END,
	install_command = CASE WHEN $7 THEN $8 ELSE install_command END,
	build_command = CASE WHEN $9 THEN $10 ELSE build_command END,
	output_dir = CASE WHEN $11 THEN $12 ELSE output_dir END,
	env_sealed = CASE WHEN $13 THEN $14 ELSE env_sealed END,
	previews = coalesce($21, previews),
	watch_paths = CASE WHEN $22 THEN nullif($23, '') ELSE watch_paths END,
	spa = coalesce($24, spa),
	keep_releases = CASE WHEN $16 THEN $17 ELSE keep_releases END,
	preview_env_sealed = CASE WHEN $19 THEN $20 ELSE preview_env_sealed END,
	auto_deploy_paused_at = CASE WHEN $18 THEN coalesce(auto_deploy_paused_at, now())
		WHEN $18 IS NULL THEN auto_deploy_paused_at END,
	updated_at = now()
WHERE id = $1 AND user_id = $2
RETURNING id;

-- name: project_pause
-- doc: Pushes and deploy hooks deploy nothing until somebody says so.
-- in: id uuid, user_id uuid
-- out: none
-- by: api
UPDATE projects SET auto_deploy_paused_at = coalesce(auto_deploy_paused_at, now()) WHERE id = $1 AND user_id = $2;

-- A build that runs would lose its row under it: the caller cancels it first.
-- name: project_delete
-- doc: Delete a project and its deployments, unless one is being built.
-- in: id uuid, user_id uuid
-- out: one
-- cols: deleted boolean
-- none: PROJECT_NOT_FOUND
-- by: api
WITH own AS (
	SELECT id FROM projects WHERE id = $1 AND user_id = $2 FOR UPDATE), gone AS (
	DELETE FROM projects p USING own WHERE p.id = own.id AND NOT EXISTS (
		SELECT FROM deployments d WHERE d.project_id = own.id AND d.status IN ('building', 'deploying'))
	RETURNING p.id)
SELECT EXISTS (SELECT FROM gone) AS deleted FROM own;

-- name: project_lock
-- doc: Whether a project is one's own; those that lock it come one after the other, so that each counts what the one before has made.
-- in: id uuid, user_id uuid
-- out: one
-- cols: id uuid
-- none: PROJECT_NOT_FOUND
-- by: api
SELECT id FROM projects WHERE id = $1 AND user_id = $2 FOR NO KEY UPDATE;

-- name: project_env_lock
-- doc: The sealed environments of a project of one's own, held for a change.
-- in: id uuid, user_id uuid
-- out: one
-- cols: env_sealed text, preview_env_sealed text
-- none: PROJECT_NOT_FOUND
-- by: api
SELECT env_sealed, preview_env_sealed FROM projects WHERE id = $1 AND user_id = $2 FOR NO KEY UPDATE;

-- name: project_env_set
-- doc: Another environment of a project, for production or for previews.
-- in: id uuid, user_id uuid, scope text, sealed text
-- out: none
-- by: api
UPDATE projects SET
	env_sealed = CASE $3 WHEN 'production' THEN $4 ELSE env_sealed END,
	preview_env_sealed = CASE $3 WHEN 'preview' THEN $4 ELSE preview_env_sealed END,
	updated_at = now()
WHERE id = $1 AND user_id = $2;
