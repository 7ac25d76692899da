-- the autostack command, which connects as the owner of the schema

-- name: schema_versions
-- doc: Which files of sql/schema were applied.
-- in:
-- out: many
-- cols: version integer, name text, checksum text
-- by: owner
SELECT version, name, checksum FROM schema_version ORDER BY version;

-- name: schema_version_add
-- doc: A file was applied; in the transaction that applies it.
-- in: version integer, name text, checksum text
-- out: none
-- by: owner
INSERT INTO schema_version (version, name, checksum) VALUES ($1, $2, $3);

-- name: admin_user_create
-- doc: An account that is made by the administrator, with its audit row.
-- in: email text, name text, role text, password_hash text
-- out: one
-- cols: id uuid
-- on users_email_key: EMAIL_TAKEN
-- by: owner
WITH made AS (
	INSERT INTO users (email, name, role, password_hash, email_verified)
	VALUES ($1, $2, $3, $4, true) RETURNING id
), noted AS (
	INSERT INTO audit_logs (event, target, outcome, details)
	SELECT 'user.create', id::text, 'success', jsonb_build_object('by', 'autostack admin', 'role', $3::text) FROM made
)
SELECT id FROM made;

-- name: admin_user_role
-- doc: Another role for an account; counts from its next request on.
-- in: email text, role text
-- out: one
-- cols: id uuid
-- none: USER_NOT_FOUND
-- on users_last_admin: LAST_ADMIN
-- by: owner
WITH changed AS (
	UPDATE users SET role = $2, updated_at = now() WHERE email = $1 RETURNING id
), noted AS (
	INSERT INTO audit_logs (event, target, outcome, details)
	SELECT 'user.role', id::text, 'success', jsonb_build_object('by', 'autostack admin', 'role', $2::text) FROM changed
)
SELECT id FROM changed;

-- name: admin_user_password
-- doc: A new password: unlocks the account and ends all its sessions.
-- in: email text, password_hash text
-- out: one
-- cols: id uuid, sessions bigint
-- none: USER_NOT_FOUND
-- by: owner
WITH changed AS (
	UPDATE users SET password_hash = $2, failed_logins = 0, locked_until = NULL, updated_at = now()
	WHERE email = $1 RETURNING id
), ended AS (
	UPDATE sessions s SET revoked_at = now(), revoke_reason = 'password reset'
	FROM changed WHERE s.user_id = changed.id AND s.revoked_at IS NULL
	RETURNING pg_notify('autostack', 'session:' || s.id)
), noted AS (
	INSERT INTO audit_logs (event, target, outcome, details)
	SELECT 'user.password_reset', id::text, 'success', jsonb_build_object('by', 'autostack admin') FROM changed
)
SELECT id, (SELECT count(*) FROM ended) AS sessions FROM changed;

-- name: seed_others
-- doc: Accounts that are not the demo's.
-- in:
-- out: one
-- cols: others bigint
-- by: owner
SELECT count(*) AS others FROM users WHERE email NOT IN ('test@example.com', 'admin@example.com');

-- name: seed_user
-- doc: A demo account; one that is there already stays as it is.
-- in: email text, name text, role text, password_hash text
-- out: none
-- by: owner
INSERT INTO users (email, name, role, password_hash, email_verified)
VALUES ($1, $2, $3, $4, true) ON CONFLICT (email) DO NOTHING;

-- name: cleanup_sessions
-- doc: One batch of sessions that have been over for longer than any access token lives; their refresh tokens go with them.
-- in: batch integer, grace_seconds bigint, idle_seconds bigint
-- out: none
-- by: owner
DELETE FROM sessions WHERE id IN (
	SELECT id FROM sessions
	WHERE least(expires_at, last_used_at + $3 * interval '1 second', coalesce(revoked_at, 'infinity'))
		< now() - $2 * interval '1 second'
	ORDER BY created_at LIMIT $1 FOR UPDATE SKIP LOCKED);

-- name: cleanup_tickets
-- doc: One batch of tickets that nobody used in their time.
-- in: batch integer
-- out: none
-- by: owner
DELETE FROM ws_tickets WHERE hash IN (
	SELECT hash FROM ws_tickets WHERE expires_at < now() ORDER BY expires_at LIMIT $1 FOR UPDATE SKIP LOCKED);

-- A used code is kept as long as an expired one: how many an account got
-- lately is counted of these rows.
-- name: cleanup_codes
-- doc: One batch of one-time codes that were used or expired a while ago.
-- in: batch integer, grace_seconds bigint
-- out: none
-- by: owner
DELETE FROM codes WHERE hash IN (
	SELECT hash FROM codes
	WHERE least(expires_at, used_at) < now() - $2 * interval '1 second'
	ORDER BY created_at LIMIT $1 FOR UPDATE SKIP LOCKED);

-- name: cleanup_oauth_states
-- doc: One batch of sign-ins that never came back from their provider.
-- in: batch integer
-- out: none
-- by: owner
DELETE FROM oauth_states WHERE hash IN (
	SELECT hash FROM oauth_states WHERE expires_at < now() ORDER BY expires_at LIMIT $1 FOR UPDATE SKIP LOCKED);

-- name: cleanup_api_keys
-- doc: One batch of API keys that were revoked or expired a month ago.
-- in: batch integer, days integer
-- out: none
-- by: owner
DELETE FROM api_keys WHERE id IN (
	SELECT id FROM api_keys
	WHERE least(expires_at, revoked_at) < now() - make_interval(days => $2)
	ORDER BY created_at LIMIT $1 FOR UPDATE SKIP LOCKED);

-- name: cleanup_mails
-- doc: One batch of mails that were sent or given up so many days ago.
-- in: batch integer, days integer
-- out: none
-- by: owner
DELETE FROM mails WHERE id IN (
	SELECT id FROM mails
	WHERE created_at < now() - make_interval(days => $2) AND coalesce(sent_at, failed_at) < now() - make_interval(days => $2)
	ORDER BY created_at LIMIT $1 FOR UPDATE SKIP LOCKED);

-- name: cleanup_notifications
-- doc: One batch of notifications that were delivered or given up so many days ago.
-- in: batch integer, days integer
-- out: none
-- by: owner
DELETE FROM notifications WHERE id IN (
	SELECT id FROM notifications
	WHERE created_at < now() - make_interval(days => $2) AND ended_at < now() - make_interval(days => $2)
	ORDER BY created_at LIMIT $1 FOR UPDATE SKIP LOCKED);

-- name: cleanup_github_calls
-- doc: One batch of what GitHub was told, or was not to be told any more, so many days ago.
-- in: batch integer, days integer
-- out: none
-- by: owner
DELETE FROM github_calls WHERE id IN (
	SELECT id FROM github_calls
	WHERE created_at < now() - make_interval(days => $2) AND ended_at < now() - make_interval(days => $2)
	ORDER BY created_at LIMIT $1 FOR UPDATE SKIP LOCKED);

-- name: admin_certificate_list
-- doc: All custom domains with the state of their certificates.
-- in:
-- out: many
-- cols: host text, site text, state text, reason text, source text, expires text, next_try text, error text
-- by: owner
SELECT d.host, p.site, d.state, d.reason, d.certificate_source AS source,
	to_char(d.certificate_expires_at AT TIME ZONE 'UTC', 'YYYY-MM-DD') AS expires,
	to_char(d.certificate_next_try_at AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI') AS next_try, d.certificate_error AS error
FROM domains d JOIN projects p ON p.id = d.project_id
ORDER BY d.host, d.created_at;

-- name: admin_certificate_now
-- doc: Have a certificate ordered for a proved name now, the limits of authorities permitting; not for one that its owner has set.
-- in: host text
-- out: one
-- cols: id uuid
-- none: DOMAIN_NOT_FOUND
-- by: owner
UPDATE domains SET certificate_next_try_at = now()
WHERE host = $1 AND verified_at IS NOT NULL AND certificate_source IS DISTINCT FROM 'own'
RETURNING id;

-- name: admin_certificate_health
-- doc: How many domains are served, how many of their certificates end within ten days, and how many orders have failed last.
-- in:
-- out: one
-- cols: active bigint, ending bigint, failing bigint
-- by: owner
SELECT count(*) FILTER (WHERE state = 'active') AS active,
	count(*) FILTER (WHERE state = 'active' AND certificate_expires_at < now() + interval '10 days') AS ending,
	count(*) FILTER (WHERE verified_at IS NOT NULL AND certificate_error IS NOT NULL) AS failing
FROM domains;

-- name: cleanup_certificate_orders
-- doc: One batch of orders of certificates that no limit counts any more.
-- in: batch integer, days integer
-- out: none
-- by: owner
DELETE FROM certificate_orders WHERE id IN (
	SELECT id FROM certificate_orders WHERE ended_at < now() - make_interval(days => $2)
	ORDER BY ended_at LIMIT $1 FOR UPDATE SKIP LOCKED);

-- What is left of one tells a copy. The project's row is locked first, as by
-- whoever deletes it with its deliveries.
-- name: cleanup_webhook_deliveries
-- doc: One batch of deliveries of webhooks that came so many days ago.
-- in: batch integer, days integer
-- out: none
-- by: owner
WITH old AS (
	SELECT d.id, d.project_id, d.body_hash FROM webhook_deliveries d JOIN projects p ON p.id = d.project_id
	WHERE d.received_at < now() - make_interval(days => $2)
	ORDER BY d.received_at LIMIT $1 FOR UPDATE OF d SKIP LOCKED FOR KEY SHARE OF p SKIP LOCKED), seen AS (
	INSERT INTO webhook_seen (project_id, body_hash)
	SELECT project_id, decode(body_hash, 'hex') FROM old WHERE body_hash IS NOT NULL ON CONFLICT DO NOTHING)
DELETE FROM webhook_deliveries d USING old WHERE d.id = old.id;

-- name: cleanup_audit
-- doc: One batch of audit rows that are older than so many days.
-- in: batch integer, days integer
-- out: none
-- by: owner
DELETE FROM audit_logs WHERE id IN (
	SELECT id FROM audit_logs WHERE at < now() - make_interval(days => $2)
	ORDER BY at LIMIT $1 FOR UPDATE SKIP LOCKED);

-- The newest logs of a project stay, as long as they are not larger together
-- than it may have; that of the live deployment stays. A log without lines has
-- log_seq 0, so whoever reads it sees its end.
-- name: cleanup_build_logs
-- doc: One batch of build logs that are older than so many days, or over what a project may have.
-- in: batch integer, days integer, bytes bigint
-- out: many
-- cols: id uuid
-- by: owner
WITH old AS (
	SELECT x.id FROM (
		SELECT d.id, d.completed_at, p.live_deployment_id IS NOT DISTINCT FROM d.id AS live,
			sum(d.log_bytes) OVER (PARTITION BY d.project_id ORDER BY d.completed_at DESC, d.id) AS so_far
		FROM deployments d JOIN projects p ON p.id = d.project_id
		WHERE d.completed_at IS NOT NULL AND d.log_seq > 0) x
	WHERE NOT x.live AND (x.completed_at < now() - make_interval(days => $2) OR x.so_far > $3)
	LIMIT $1), lines AS (
	DELETE FROM deployment_logs l USING old WHERE l.deployment_id = old.id)
UPDATE deployments d SET log_seq = 0, log_bytes = 0, log_removed_at = now() FROM old WHERE d.id = old.id
RETURNING d.id;

-- name: cleanup_service_days
-- doc: One batch of days of the status page that are older than so many.
-- in: batch integer, days integer
-- out: none
-- by: owner
DELETE FROM service_days WHERE (service, day) IN (
	SELECT service, day FROM service_days WHERE day < (now() AT TIME ZONE 'UTC')::date - $2
	ORDER BY day LIMIT $1 FOR UPDATE SKIP LOCKED);

-- name: cleanup_incidents
-- doc: One batch of incidents that were resolved so many days ago, and of drafts that nobody has published.
-- in: batch integer, days integer
-- out: none
-- by: owner
DELETE FROM incidents WHERE id IN (
	SELECT id FROM incidents
	WHERE CASE WHEN published_at IS NULL THEN updated_at ELSE resolved_at END < now() - make_interval(days => $2)
	ORDER BY started_at LIMIT $1 FOR UPDATE SKIP LOCKED);

-- name: doctor_database
-- doc: What the doctor wants to know about the server.
-- in:
-- out: one
-- cols: version integer, clock bigint, encoding text, waiting bigint, expired bigint
-- by: owner
SELECT current_setting('server_version_num')::integer AS version,
	extract(epoch FROM clock_timestamp())::bigint AS clock,
	current_setting('server_encoding') AS encoding,
	(SELECT count(*) FROM deployments WHERE status = 'queued' AND created_at < now() - interval '10 minutes') AS waiting,
	(SELECT count(*) FROM deployments WHERE status IN ('building', 'deploying')
		AND lease_until < now() - interval '1 minute') AS expired;

-- name: doctor_roles
-- doc: The programs' roles: is each there, may it log in, how are its statements planned, how many sessions does it hold.
-- in:
-- out: many
-- cols: role text, present boolean, super boolean, generic_plans boolean, sessions bigint
-- by: owner
SELECT p.role, r.oid IS NOT NULL AND r.rolcanlogin AS present, coalesce(r.rolsuper, false) AS super,
	EXISTS (SELECT FROM pg_db_role_setting s WHERE s.setrole = r.oid
		AND 'plan_cache_mode=force_generic_plan' = ANY (s.setconfig)) AS generic_plans,
	(SELECT count(*) FROM pg_stat_activity a WHERE a.usesysid = r.oid AND a.datname = current_database()) AS sessions
FROM unnest(ARRAY['autostack_api', 'autostack_ws', 'autostack_worker']) AS p (role)
LEFT JOIN pg_roles r ON r.rolname = p.role
ORDER BY p.role;
