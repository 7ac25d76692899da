-- connected accounts at GitHub, and credentials for clones

-- name: github_connection_set
-- doc: Connect an account at GitHub, or anew; the token that it had before, if any.
-- in: user_id uuid, github_id text, login text, avatar_url text, token_sealed text, scopes text, base_url text
-- out: one
-- cols: old_sealed text
-- by: api
WITH old AS (SELECT token_sealed FROM github_connections WHERE user_id = $1)
INSERT INTO github_connections (user_id, github_id, login, avatar_url, token_sealed, scopes, base_url)
VALUES ($1, $2, $3, $4, $5, $6, $7)
ON CONFLICT (user_id) DO UPDATE SET github_id = $2, login = $3, avatar_url = $4, token_sealed = $5, scopes = $6, base_url = $7,
	connected_at = now(), refused_at = NULL, limited_until = NULL, repos_at = NULL
RETURNING (SELECT token_sealed FROM old) AS old_sealed;

-- name: github_connection
-- doc: The caller's account at GitHub, if one is connected.
-- in: user_id uuid
-- out: one
-- cols: connected boolean, username text, avatar_url text, granted text, connected_at timestamptz, refused_at timestamptz
-- by: api
SELECT g.user_id IS NOT NULL AS connected, g.login AS username, g.avatar_url, g.scopes AS granted, g.connected_at, g.refused_at
FROM (SELECT) one LEFT JOIN github_connections g ON g.user_id = $1;

-- name: github_token
-- doc: The token of a connected account, and whether its list of repositories is young enough.
-- in: user_id uuid, cache_seconds integer
-- out: one
-- cols: login text, token_sealed text, fresh boolean
-- none: GITHUB_NOT_CONNECTED
-- by: api
SELECT login, token_sealed, coalesce(repos_at > now() - make_interval(secs => $2), false) AS fresh
FROM github_connections WHERE user_id = $1;

-- name: github_token_refused
-- doc: GitHub does not take the token any more.
-- in: user_id uuid, token_sealed text
-- out: none
-- by: api worker
UPDATE github_connections SET refused_at = now() WHERE user_id = $1 AND token_sealed = $2 AND refused_at IS NULL;

-- name: github_disconnect
-- doc: Forget the account at GitHub; its token, to be revoked there.
-- in: user_id uuid
-- out: one
-- cols: token_sealed text
-- none: GITHUB_NOT_CONNECTED
-- by: api
DELETE FROM github_connections WHERE user_id = $1 RETURNING token_sealed;

-- Those whose id is known are quicker to remove, and first.
-- name: github_hooks
-- doc: The webhooks that an account has registered, or may have: hook_id is null where nobody knows whether GitHub has it.
-- in: user_id uuid
-- out: many
-- cols: project_id uuid, repository text, hook_id text
-- by: api
SELECT w.project_id, w.repository, w.hook_id::text AS hook_id
FROM project_webhooks w JOIN projects p ON p.id = w.project_id
WHERE p.user_id = $1 AND w.repository IS NOT NULL
UNION
SELECT c.project_id, c.repository, NULL
FROM github_calls c
WHERE c.user_id = $1 AND c.what = 'unhook' AND c.status = 'waiting' AND NOT EXISTS (
	SELECT FROM project_webhooks w WHERE w.project_id = c.project_id AND w.repository = c.repository)
ORDER BY hook_id;

-- name: github_hooks_left
-- doc: An account's webhooks are its owner's to care for from now on; kept: the projects of those that GitHub may still have.
-- in: user_id uuid, kept text[]
-- out: none
-- by: api
UPDATE project_webhooks w SET state = 'manual', repository = NULL, hook_id = NULL, registered_at = NULL, updated_at = now(),
	error = CASE WHEN w.project_id::text = ANY ($2) THEN
		'The account was disconnected before GitHub had removed the webhook: look there for it, and remove it by hand' END
FROM projects p
WHERE p.id = w.project_id AND p.user_id = $1 AND w.repository IS NOT NULL;

-- name: github_tokens
-- doc: Every token of GitHub's that an account has, with what it was sealed for.
-- in: user_id uuid
-- out: many
-- cols: of text, token_sealed text
-- by: api
SELECT 'github:' || user_id || ':token' AS of, token_sealed FROM github_connections WHERE user_id = $1
UNION ALL
SELECT 'identity:' || user_id || ':github', token_sealed FROM identities
WHERE user_id = $1 AND provider = 'github' AND token_sealed IS NOT NULL;

-- The row is held first: of two that fill the list at once, one does.
-- name: github_repos_begin
-- doc: The list of repositories is filled now, with this token.
-- in: user_id uuid, token_sealed text
-- out: one
-- cols: user_id uuid
-- none: GITHUB_NOT_CONNECTED
-- by: api
UPDATE github_connections SET repos_at = now(), refused_at = NULL WHERE user_id = $1 AND token_sealed = $2
RETURNING user_id;

-- name: github_repos_clear
-- doc: Drop the old list.
-- in: user_id uuid
-- out: none
-- by: api
DELETE FROM github_repos WHERE user_id = $1;

-- name: github_repos_insert
-- doc: The new list, in GitHub's order.
-- in: user_id uuid, github_id text[], full_name text[], private text[], default_branch text[], description text[], language text[]
-- out: none
-- by: api
INSERT INTO github_repos (user_id, position, github_id, full_name, private, default_branch, description, language)
SELECT $1, u.n::integer, u.github_id, u.full_name, u.private = 't', u.default_branch, nullif(u.description, ''), nullif(u.language, '')
FROM unnest($2, $3, $4, $5, $6, $7) WITH ORDINALITY AS u (github_id, full_name, private, default_branch, description, language, n);

-- name: github_repo_list
-- doc: A page of the caller's repositories at GitHub, and how many there are.
-- in: user_id uuid, search text, github_url text, max_rows bigint, skip_rows bigint
-- out: many
-- cols: total_items bigint, id text, name text, full_name text, owner text, private boolean, default_branch text
-- cols: description text, language text, url text
-- by: api
SELECT c.total_items, r.* FROM (
	SELECT count(*) AS total_items FROM github_repos
	WHERE user_id = $1 AND ($2::text IS NULL OR position(lower($2) IN lower(full_name)) > 0)) c
LEFT JOIN LATERAL (
	SELECT g.github_id AS id, split_part(g.full_name, '/', 2) AS name, g.full_name, split_part(g.full_name, '/', 1) AS owner,
		g.private, g.default_branch, g.description, g.language, $3 || '/' || g.full_name AS url
	FROM github_repos g
	WHERE g.user_id = $1 AND ($2::text IS NULL OR position(lower($2) IN lower(g.full_name)) > 0)
	ORDER BY g.position LIMIT $4 OFFSET $5) r ON true;

-- name: project_deploy_token_set
-- doc: Another credential for the clones of a project of one's own, or none.
-- in: id uuid, user_id uuid, token_sealed text, origin text
-- out: one
-- cols: id uuid
-- none: PROJECT_NOT_FOUND
-- by: api
UPDATE projects SET deploy_token_sealed = $3, deploy_token_origin = $4, updated_at = now()
WHERE id = $1 AND user_id = $2
RETURNING id;

-- name: job_credentials
-- doc: What a job's clone may use: the project's deploy token, and the token of its owner's account at GitHub.
-- in: id uuid, worker text, attempt int
-- out: one
-- cols: project_id uuid, user_id uuid, deploy_token_sealed text, deploy_token_origin text, github_sealed text
-- none: LEASE_LOST
-- by: worker
SELECT p.id AS project_id, p.user_id, p.deploy_token_sealed, p.deploy_token_origin, g.token_sealed AS github_sealed
FROM deployments d JOIN projects p ON p.id = d.project_id
LEFT JOIN github_connections g ON g.user_id = p.user_id
WHERE d.id = $1 AND d.lease_owner = $2 AND d.attempt = $3 AND d.status IN ('building', 'deploying');

-- name: github_claim
-- doc: What GitHub is told next, for one attempt, and all that it takes.
-- in: lease_seconds integer, per_user integer, at_once integer
-- out: one
-- cols: id uuid, what text, user_id uuid, project_id uuid, repository text, attempts integer
-- cols: deployment_id uuid, event text, context text, commit_hash text, seconds bigint
-- cols: base_url text, token_sealed text, refused boolean, secret_sealed text
-- none: OK
-- by: worker
SELECT c.id, c.what, c.user_id, c.project_id, c.repository, c.attempts,
	c.deployment_id, c.event, c.context, c.commit_hash, extract(epoch FROM d.completed_at - d.started_at)::bigint AS seconds,
	g.base_url, g.token_sealed, g.refused_at IS NOT NULL AS refused, w.secret_sealed
FROM github_claim(make_interval(secs => $1), $2, $3) c
LEFT JOIN deployments d ON d.id = c.deployment_id
LEFT JOIN github_connections g ON g.user_id = c.user_id
LEFT JOIN project_webhooks w ON w.project_id = c.project_id;

-- name: github_delivered
-- doc: GitHub has taken it; of a webhook its id there.
-- in: id uuid, attempts integer, response_code integer, hook_id bigint
-- out: one
-- cols: delivered boolean
-- by: worker
SELECT github_delivered($1, $2, $3, $4) AS delivered;

-- name: github_put_off
-- doc: GitHub has not taken it: it waits again, or is given up. limited: so does all else of its user.
-- in: id uuid, attempts integer, response_code integer, error text, ms bigint, give_up boolean, limited boolean
-- out: one
-- cols: status text
-- none: OK
-- by: worker
SELECT s AS status FROM github_put_off($1, $2, $3, $4, make_interval(secs => $5 / 1000.0), $6, $7) s;
