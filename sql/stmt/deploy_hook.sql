-- deploy hooks

-- name: deploy_hook_list
-- doc: The deploy hooks of a project of one's own, oldest first; a row that is null means that it has none.
-- in: project_id uuid, user_id uuid
-- out: many
-- cols: id uuid, name text, branch text, created_at timestamptz, last_used_at timestamptz, last_outcome text
-- by: api
SELECT h.id, h.name, h.branch, h.created_at, h.last_used_at, h.last_outcome
FROM projects p LEFT JOIN deploy_hooks h ON h.project_id = p.id
WHERE p.id = $1 AND p.user_id = $2
ORDER BY h.created_at, h.id;

-- name: deploy_hook_insert
-- doc: A new deploy hook, unless the locked project has enough of them.
-- in: project_id uuid, user_id uuid, name text, branch text, key_hash text, max_hooks bigint
-- out: one
-- cols: id uuid, name text, branch text, created_at timestamptz, last_used_at timestamptz, last_outcome text
-- none: DEPLOY_HOOKS_FULL
-- by: api
INSERT INTO deploy_hooks (project_id, name, branch, key_hash)
SELECT id, $3, $4, $5 FROM projects
WHERE id = $1 AND user_id = $2 AND (SELECT count(*) FROM deploy_hooks WHERE project_id = $1) < $6
RETURNING id, name, branch, created_at, last_used_at, last_outcome;

-- name: deploy_hook_delete
-- doc: End a deploy hook of a project of one's own.
-- in: id uuid, project_id uuid, user_id uuid
-- out: one
-- cols: id uuid
-- none: DEPLOY_HOOK_NOT_FOUND
-- by: api
DELETE FROM deploy_hooks h USING projects p
WHERE h.id = $1 AND h.project_id = $2 AND p.id = h.project_id AND p.user_id = $3
RETURNING h.id;

-- name: deploy_hook_find
-- doc: What a deploy hook deploys, by its id and the hash of its key; a user who may not sign in has none.
-- in: id uuid, key_hash text
-- out: one
-- cols: id uuid, project_id uuid, user_id uuid, branch text
-- none: DEPLOY_HOOK_NOT_FOUND
-- by: api
SELECT h.id, p.id AS project_id, p.user_id, h.branch
FROM deploy_hooks h JOIN projects p ON p.id = h.project_id JOIN users u ON u.id = p.user_id
WHERE h.id = $1 AND h.key_hash = $2 AND u.active;

-- name: deploy_hook_used
-- doc: What became of a use.
-- in: id uuid, outcome text
-- out: none
-- by: api
UPDATE deploy_hooks SET last_used_at = now(), last_outcome = $2 WHERE id = $1;
