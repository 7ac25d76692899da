-- accounts, sessions and refresh tokens

-- name: session_check
-- doc: Whether a session is alive, and the role that its user has now; read for every request.
-- in: id uuid, user_id uuid, idle_seconds integer
-- out: one
-- cols: role text
-- none: UNAUTHORIZED
-- by: api ws
SELECT u.role FROM sessions s JOIN users u ON u.id = s.user_id
WHERE s.id = $1 AND s.user_id = $2 AND s.revoked_at IS NULL AND s.expires_at > now()
	AND s.last_used_at > now() - make_interval(secs => $3) AND u.active;

-- name: session_by_cookie
-- doc: The session of a browser, by the refresh token that its cookie holds; a used token is none.
-- in: hash text, idle_seconds integer
-- out: one
-- cols: session_id uuid, user_id uuid, name text, email text, role text
-- none: UNAUTHORIZED
-- by: api
SELECT s.id AS session_id, u.id AS user_id, u.name, u.email, u.role
FROM refresh_tokens t JOIN sessions s ON s.id = t.session_id JOIN users u ON u.id = s.user_id
WHERE t.hash = $1 AND t.used_at IS NULL AND s.revoked_at IS NULL AND s.expires_at > now()
	AND s.last_used_at > now() - make_interval(secs => $2) AND u.active;

-- name: user_insert
-- doc: A new account.
-- in: name text, email text, password_hash text
-- out: one
-- cols: id uuid, name text, email text, avatar_url text, role text, email_verified boolean, created_at timestamptz
-- on users_email_key: EMAIL_TAKEN
-- by: api
INSERT INTO users (name, email, password_hash) VALUES ($1, $2, $3)
RETURNING id, name, email, avatar_url, role, email_verified, created_at;

-- name: user_by_email
-- doc: The account that a login names, with what the password is compared with.
-- in: email text
-- out: one
-- cols: id uuid, name text, email text, avatar_url text, role text, email_verified boolean, created_at timestamptz, password_hash text, active boolean
-- none: OK
-- by: api
SELECT id, name, email, avatar_url, role, email_verified, created_at, password_hash, active
FROM users WHERE email = $1;

-- name: session_account
-- doc: The caller's own account, and when the session ends.
-- in: session_id uuid, user_id uuid
-- out: one
-- cols: id uuid, name text, email text, avatar_url text, role text, email_verified boolean, created_at timestamptz, expires_at timestamptz
-- none: UNAUTHORIZED
-- by: api
SELECT u.id, u.name, u.email, u.avatar_url, u.role, u.email_verified, u.created_at, s.expires_at
FROM sessions s JOIN users u ON u.id = s.user_id WHERE s.id = $1 AND u.id = $2;

-- name: session_insert
-- doc: A login: the session and its first refresh token.
-- in: user_id uuid, seconds integer, ip inet, user_agent text, refresh_hash text, method text
-- out: one
-- cols: id uuid
-- by: api
WITH made AS (
	INSERT INTO sessions (user_id, expires_at, ip, user_agent, method)
	VALUES ($1, now() + make_interval(secs => $2), $3, $4, $6)
	RETURNING id), token AS (
	INSERT INTO refresh_tokens (hash, session_id) SELECT $5, id FROM made), seen AS (
	UPDATE users SET last_login_at = now() WHERE id = $1)
SELECT id FROM made;

-- Of two that come with one token at once, the second waits for the first
-- one's row lock and then finds used_at set: it gets no row.
-- name: refresh_use
-- doc: Use a refresh token up and put the next one in its place.
-- in: old_hash text, new_hash text, idle_seconds integer
-- out: one
-- cols: session_id uuid, session_seconds bigint, id uuid, name text, email text, avatar_url text, role text, email_verified boolean, created_at timestamptz
-- none: OK
-- by: api
WITH used AS (
	UPDATE refresh_tokens t SET used_at = now()
	FROM sessions s JOIN users u ON u.id = s.user_id
	WHERE t.hash = $1 AND t.used_at IS NULL AND s.id = t.session_id AND s.revoked_at IS NULL
		AND s.expires_at > now() AND s.last_used_at > now() - make_interval(secs => $3) AND u.active
	RETURNING t.session_id, extract(epoch FROM s.expires_at - now())::bigint AS session_seconds, u.id, u.name, u.email, u.avatar_url, u.role, u.email_verified, u.created_at), touched AS (
	UPDATE sessions s SET last_used_at = now() FROM used WHERE s.id = used.session_id), child AS (
	INSERT INTO refresh_tokens (hash, session_id) SELECT $2, session_id FROM used)
SELECT session_id, session_seconds, id, name, email, avatar_url, role, email_verified, created_at FROM used;

-- name: refresh_reused
-- doc: A refresh token that cannot be used: if it was used before, its session ends, unless that was within the grace.
-- in: hash text, grace_seconds integer
-- out: one
-- cols: session_id uuid, user_id uuid, within_grace boolean
-- none: OK
-- by: api
WITH hit AS (
	SELECT t.session_id, s.user_id, t.used_at > now() - make_interval(secs => $2) AS within_grace
	FROM refresh_tokens t JOIN sessions s ON s.id = t.session_id
	WHERE t.hash = $1 AND t.used_at IS NOT NULL), ended AS (
	UPDATE sessions s SET revoked_at = now(), revoke_reason = 'refresh token reused'
	FROM hit WHERE s.id = hit.session_id AND NOT hit.within_grace AND s.revoked_at IS NULL
	RETURNING pg_notify('autostack', 'session:' || s.id))
SELECT session_id, user_id, within_grace FROM hit;

-- name: session_revoke
-- doc: Logout: end one of one's sessions.
-- in: id uuid, user_id uuid, reason text
-- out: many
-- cols: id uuid
-- by: api
WITH ended AS (
	UPDATE sessions SET revoked_at = now(), revoke_reason = $3
	WHERE id = $1 AND user_id = $2 AND revoked_at IS NULL
	RETURNING id, pg_notify('autostack', 'session:' || id))
SELECT id FROM ended;

-- name: session_revoke_all
-- doc: Logout everywhere: end all of one's sessions.
-- in: user_id uuid, reason text
-- out: many
-- cols: id uuid
-- by: api
WITH ended AS (
	UPDATE sessions SET revoked_at = now(), revoke_reason = $2
	WHERE user_id = $1 AND revoked_at IS NULL
	RETURNING id, pg_notify('autostack', 'session:' || id))
SELECT id FROM ended;

-- name: ws_ticket_insert
-- doc: A ticket that opens one WebSocket within a minute.
-- in: hash text, user_id uuid, session_id uuid, path text, seconds integer
-- out: none
-- by: api
INSERT INTO ws_tickets (hash, user_id, session_id, path, expires_at)
VALUES ($1, $2, $3, $4, now() + make_interval(secs => $5));

-- name: audit_insert
-- doc: What an audited request did.
-- in: event text, user_id uuid, target text, outcome text, ip inet, user_agent text, request_id uuid, code text, details jsonb
-- out: none
-- by: api
INSERT INTO audit_logs (event, user_id, target, outcome, ip, user_agent, request_id, details)
VALUES ($1, $2, $3, $4, $5, $6, $7,
	coalesce($9::jsonb, '{}')
		|| CASE WHEN $8::text IS NULL THEN '{}'::jsonb ELSE jsonb_build_object('code', $8::text) END);
