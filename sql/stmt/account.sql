-- one's own account: sessions, profile, preferences, data, the end

-- name: session_list
-- doc: A page of one's live sessions, newest first, and how many there are.
-- in: user_id uuid, session_id uuid, idle_seconds integer, max_rows bigint, skip_rows bigint
-- out: many
-- cols: total_items bigint, id uuid, ip text, user_agent text, method text, current boolean
-- cols: created_at timestamptz, last_used_at timestamptz, expires_at timestamptz
-- by: api
SELECT c.total_items, s.* FROM (
	SELECT count(*) AS total_items FROM sessions
	WHERE user_id = $1 AND revoked_at IS NULL AND expires_at > now()
		AND last_used_at > now() - make_interval(secs => $3)) c
LEFT JOIN LATERAL (
	SELECT s.id, host(s.ip) AS ip, s.user_agent, s.method, s.id = $2 AS current, s.created_at, s.last_used_at,
		s.expires_at
	FROM sessions s
	WHERE s.user_id = $1 AND s.revoked_at IS NULL AND s.expires_at > now()
		AND s.last_used_at > now() - make_interval(secs => $3)
	ORDER BY s.created_at DESC, s.id DESC LIMIT $4 OFFSET $5) s ON true
ORDER BY s.created_at DESC, s.id DESC;

-- name: profile
-- doc: One's own account as its owner sees it.
-- in: id uuid
-- out: one
-- cols: id uuid, name text, email text, avatar_url text, role text, email_verified boolean, created_at timestamptz
-- cols: has_password boolean, github_connected boolean, pending_email text
-- none: UNAUTHORIZED
-- by: api
SELECT u.id, u.name, u.email, u.avatar_url, u.role, u.email_verified, u.created_at,
	u.password_hash IS NOT NULL AS has_password,
	EXISTS (SELECT FROM github_connections g WHERE g.user_id = u.id) AS github_connected,
	u.pending_email
FROM users u WHERE u.id = $1;

-- name: profile_update
-- doc: Change one's own name or picture: what is null, or whose switch is off, stays.
-- in: id uuid, name text, set_avatar boolean, avatar_url text
-- out: one
-- cols: id uuid
-- none: UNAUTHORIZED
-- by: api
UPDATE users SET name = coalesce($2, name), avatar_url = CASE WHEN $3 THEN $4 ELSE avatar_url END, updated_at = now()
WHERE id = $1
RETURNING id;

-- name: preferences
-- doc: One's own preferences.
-- in: id uuid
-- out: one
-- cols: theme text, email_notifications boolean, deployment_success_notifications boolean, deployment_failure_notifications boolean
-- cols: deployment_state_change_only boolean
-- none: UNAUTHORIZED
-- by: api
SELECT theme, email_notifications, deployment_success_notifications, deployment_failure_notifications,
	deployment_state_change_only
FROM users WHERE id = $1;

-- name: preferences_update
-- doc: Change one's own preferences; what is null stays.
-- in: id uuid, theme text, email_notifications boolean, deployment_success_notifications boolean, deployment_failure_notifications boolean
-- in: deployment_state_change_only boolean
-- out: one
-- cols: theme text, email_notifications boolean, deployment_success_notifications boolean, deployment_failure_notifications boolean
-- cols: deployment_state_change_only boolean
-- none: UNAUTHORIZED
-- by: api
UPDATE users SET theme = coalesce($2, theme), email_notifications = coalesce($3, email_notifications),
	deployment_success_notifications = coalesce($4, deployment_success_notifications),
	deployment_failure_notifications = coalesce($5, deployment_failure_notifications),
	deployment_state_change_only = coalesce($6, deployment_state_change_only), updated_at = now()
WHERE id = $1
RETURNING theme, email_notifications, deployment_success_notifications, deployment_failure_notifications,
	deployment_state_change_only;

-- name: account_proof
-- doc: What it takes to believe that it is the account's owner who asks: the password, or a recent sign-in.
-- in: user_id uuid, session_id uuid, recent_seconds integer
-- out: one
-- cols: password_hash text, recent boolean
-- none: UNAUTHORIZED
-- by: api
SELECT u.password_hash, s.created_at > now() - make_interval(secs => $3) AS recent
FROM users u JOIN sessions s ON s.user_id = u.id WHERE u.id = $1 AND s.id = $2;

-- A large account takes longer to delete than a statement may last otherwise.
-- name: account_delete_patience
-- doc: Give the statements of this transaction more time.
-- in:
-- out: one
-- cols: set_config text
-- by: api
SELECT set_config('statement_timeout', '55s', true);

-- The deployments' rows are locked before those that the deletion takes, in
-- the order in which a worker locks them.
-- name: account_delete_stop
-- doc: Ask the workers to drop what they do for an account.
-- in: user_id uuid
-- out: none
-- by: api
UPDATE deployments SET cancel_requested_at = coalesce(cancel_requested_at, now())
WHERE user_id = $1 AND status IN ('queued', 'building', 'deploying');

-- Everything that belongs to it goes by cascade: sessions, keys, identities,
-- codes, mails, projects (whose sites a worker removes), deployments, logs.
-- name: account_delete
-- doc: Delete an account. Audit rows stay, with an id that leads nowhere.
-- in: user_id uuid
-- out: one
-- cols: id uuid, sessions bigint
-- none: USER_NOT_FOUND
-- on users_last_admin: LAST_ADMIN
-- by: api
WITH told AS (
	SELECT count(pg_notify('autostack', 'session:' || id)) AS n FROM sessions
	WHERE user_id = $1 AND revoked_at IS NULL)
DELETE FROM users WHERE id = $1
RETURNING id, (SELECT n FROM told) AS sessions;

-- name: export_account
-- doc: Of an export: the account and its preferences.
-- in: id uuid
-- out: one
-- cols: id uuid, name text, email text, avatar_url text, role text, email_verified boolean, created_at timestamptz
-- cols: has_password boolean, github_connected boolean, pending_email text, updated_at timestamptz, last_login_at timestamptz
-- cols: theme text, email_notifications boolean, deployment_success_notifications boolean, deployment_failure_notifications boolean
-- cols: deployment_state_change_only boolean
-- none: UNAUTHORIZED
-- by: api
SELECT u.id, u.name, u.email, u.avatar_url, u.role, u.email_verified, u.created_at,
	u.password_hash IS NOT NULL AS has_password,
	EXISTS (SELECT FROM github_connections g WHERE g.user_id = u.id) AS github_connected,
	u.pending_email, u.updated_at, u.last_login_at,
	u.theme, u.email_notifications, u.deployment_success_notifications, u.deployment_failure_notifications,
	u.deployment_state_change_only
FROM users u WHERE u.id = $1;

-- name: export_identities
-- doc: Of an export: accounts elsewhere that sign in here.
-- in: user_id uuid
-- out: many
-- cols: provider text, subject text, login text, email text, scopes text, created_at timestamptz
-- by: api
SELECT provider, subject, login, email, scopes, created_at FROM identities WHERE user_id = $1 ORDER BY created_at;

-- name: export_github_connections
-- doc: Of an export: the account at GitHub whose repositories are worked with.
-- in: user_id uuid
-- out: many
-- cols: github_id text, login text, avatar_url text, scopes text, connected_at timestamptz, refused_at timestamptz
-- by: api
SELECT github_id, login, avatar_url, scopes, connected_at, refused_at FROM github_connections WHERE user_id = $1;

-- name: export_sessions
-- doc: Of an export: sessions, also those that have ended.
-- in: user_id uuid, max_rows bigint
-- out: many
-- cols: id uuid, ip text, user_agent text, method text, created_at timestamptz, last_used_at timestamptz
-- cols: expires_at timestamptz, revoked_at timestamptz, revoke_reason text
-- by: api
SELECT id, host(ip) AS ip, user_agent, method, created_at, last_used_at, expires_at, revoked_at, revoke_reason
FROM sessions WHERE user_id = $1 ORDER BY created_at DESC LIMIT $2;

-- name: export_api_keys
-- doc: Of an export: API keys, without what opens anything.
-- in: user_id uuid, max_rows bigint
-- out: many
-- cols: id uuid, name text, prefix text, created_at timestamptz, expires_at timestamptz, last_used_at timestamptz
-- cols: last_used_ip text, revoked_at timestamptz
-- by: api
SELECT id, name, prefix, created_at, expires_at, last_used_at, host(last_used_ip) AS last_used_ip, revoked_at
FROM api_keys WHERE user_id = $1 ORDER BY created_at DESC, id DESC LIMIT $2;

-- name: export_projects
-- doc: Of an export: projects. The environments are opened for their names.
-- in: user_id uuid, max_rows bigint
-- out: many
-- cols: id uuid, name text, repository text, branch text, root_dir text, install_command text, build_command text
-- cols: output_dir text, has_deploy_token boolean, site text, live_deployment_id uuid, keep_releases integer, watch_paths text
-- cols: spa text, previews boolean, auto_deploy_paused_at timestamptz, created_at timestamptz, updated_at timestamptz
-- cols: env_sealed text, preview_env_sealed text
-- by: api
SELECT id, name, repository, branch, root_dir, install_command, build_command, output_dir,
	deploy_token_sealed IS NOT NULL AS has_deploy_token, site, live_deployment_id, keep_releases, watch_paths, spa, previews,
	auto_deploy_paused_at, created_at, updated_at, env_sealed, preview_env_sealed
FROM projects WHERE user_id = $1 ORDER BY created_at DESC, id DESC LIMIT $2;

-- name: export_deployments
-- doc: Of an export: deployments.
-- in: user_id uuid, max_rows bigint
-- out: many
-- cols: id uuid, project_id uuid, status text, trigger text, target text, repository text, branch text, commit_hash text
-- cols: commit_message text, author text, url text, error text, created_at timestamptz, started_at timestamptz, completed_at timestamptz
-- by: api
SELECT id, project_id, status, trigger, target, repository, branch, commit_hash, commit_message, author, url, error, created_at,
	started_at, completed_at
FROM deployments WHERE user_id = $1 ORDER BY created_at DESC, id DESC LIMIT $2;

-- name: export_previews
-- doc: Of an export: pull requests of one's projects.
-- in: user_id uuid, max_rows bigint
-- out: many
-- cols: id uuid, project_id uuid, number integer, title text, author text, branch text, commit_hash text, fork boolean
-- cols: opened_at timestamptz, closed_at timestamptz
-- by: api
SELECT v.id, v.project_id, v.number, v.title, v.author, v.branch, v.commit_hash, v.fork, v.opened_at, v.closed_at
FROM previews v JOIN projects p ON p.id = v.project_id
WHERE p.user_id = $1 ORDER BY v.opened_at DESC, v.id DESC LIMIT $2;

-- name: export_domains
-- doc: Of an export: custom domains, without keys.
-- in: user_id uuid, max_rows bigint
-- out: many
-- cols: id uuid, project_id uuid, host text, state text, proof_name text, proof_value text, certificate_source text
-- cols: certificate_expires_at timestamptz, verified_at timestamptz, created_at timestamptz
-- by: api
SELECT d.id, d.project_id, d.host, d.state, d.proof_name, d.proof_value, d.certificate_source, d.certificate_expires_at,
	d.verified_at, d.created_at
FROM domain_rows d JOIN projects p ON p.id = d.project_id
WHERE p.user_id = $1 ORDER BY d.created_at DESC, d.id DESC LIMIT $2;

-- name: export_deploy_hooks
-- doc: Of an export: deploy hooks, without what opens anything.
-- in: user_id uuid, max_rows bigint
-- out: many
-- cols: id uuid, project_id uuid, name text, branch text, created_at timestamptz, last_used_at timestamptz, last_outcome text
-- by: api
SELECT h.id, h.project_id, h.name, h.branch, h.created_at, h.last_used_at, h.last_outcome
FROM deploy_hooks h JOIN projects p ON p.id = h.project_id
WHERE p.user_id = $1 ORDER BY h.created_at DESC, h.id DESC LIMIT $2;

-- name: export_webhook_deliveries
-- doc: Of an export: what came to the webhooks of one's projects.
-- in: user_id uuid, max_rows bigint
-- out: many
-- cols: id uuid, project_id uuid, event text, repository text, branch text, commit_hash text, commit_message text, verdict text
-- cols: reason text, deployment_id uuid, received_at timestamptz, pull_number integer, pull_title text, pull_author text
-- by: api
SELECT d.id, d.project_id, d.event, d.repository, d.branch, d.commit_hash, d.commit_message, d.verdict, d.reason,
	d.deployment_id, d.received_at, d.pull_number, d.pull_title, d.pull_author
FROM webhook_deliveries d JOIN projects p ON p.id = d.project_id
WHERE p.user_id = $1 ORDER BY d.received_at DESC, d.id DESC LIMIT $2;

-- name: export_notifications
-- doc: Of an export: what its owner and channels were told of.
-- in: user_id uuid, max_rows bigint
-- out: many
-- cols: id uuid, channel_id uuid, means text, event text, deployment_id uuid, status text, attempts integer, response_code integer
-- cols: error text, created_at timestamptz, ended_at timestamptz
-- by: api
SELECT id, channel_id, means, event, deployment_id, status, attempts, response_code, error, created_at, ended_at
FROM notifications WHERE user_id = $1 ORDER BY created_at DESC, id DESC LIMIT $2;

-- name: export_audit
-- doc: Of an export: what the account did.
-- in: user_id uuid, max_rows bigint
-- out: many
-- cols: id uuid, at timestamptz, event text, target text, outcome text, ip text, user_agent text, request_id uuid, details jsonb
-- by: api
SELECT id, at, event, target, outcome, host(ip) AS ip, user_agent, request_id, details
FROM audit_logs WHERE user_id = $1 ORDER BY at DESC LIMIT $2;
