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

-- Counted before it is compared, in the row that every process sees, so that
-- guesses at the same time win nothing: of these, lock_after at most get a
-- hash to compare with. The last one locks at once; if it was right after all,
-- password_proved unlocks. An account that was locked begins anew.
-- synchronous_commit: a wait for the disk that only known accounts have would
-- tell them from others; a count that is lost with PostgreSQL does no harm.
-- name: password_count
-- doc: The account whose password somebody says to know. hash: what to compare with, if this attempt may be compared.
-- in: email text, id uuid, lock_after integer, lock_seconds integer
-- out: one
-- cols: id uuid, name text, email text, avatar_url text, role text, email_verified boolean, created_at timestamptz, hash text, last boolean
-- none: OK
-- by: api
WITH counted AS (
	UPDATE users u SET
		failed_logins = CASE WHEN u.locked_until IS NULL THEN u.failed_logins ELSE 0 END + 1,
		locked_until = CASE WHEN CASE WHEN u.locked_until IS NULL THEN u.failed_logins ELSE 0 END + 1 >= $3
			THEN now() + make_interval(secs => $4) END
	WHERE (u.email = $1 OR u.id = $2) AND u.active AND u.password_hash IS NOT NULL
		AND (u.locked_until IS NULL OR u.locked_until <= now())
	RETURNING u.id, u.password_hash, u.locked_until IS NOT NULL AS last, set_config('synchronous_commit', 'off', true))
SELECT u.id, u.name, u.email, u.avatar_url, u.role, u.email_verified, u.created_at, c.password_hash AS hash,
	coalesce(c.last, false) AS last
FROM users u LEFT JOIN counted c ON c.id = u.id WHERE u.email = $1 OR u.id = $2;

-- name: password_lock
-- doc: The last attempt was wrong: the lock begins now. No row: a right password came in between.
-- in: id uuid, lock_after integer, lock_seconds integer
-- out: one
-- cols: id uuid
-- none: OK
-- by: api
UPDATE users SET locked_until = now() + make_interval(secs => $3)
WHERE id = $1 AND failed_logins >= $2 AND locked_until > now() RETURNING id;

-- name: password_proved
-- doc: The password was right: forget the wrong ones, store its hash of the present cost.
-- in: id uuid, hash text, next_hash text
-- out: one
-- cols: id uuid
-- none: INVALID_CREDENTIALS
-- by: api
UPDATE users SET failed_logins = 0, locked_until = NULL, password_hash = coalesce($3, password_hash)
WHERE id = $1 AND password_hash = $2 AND active RETURNING id;

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
-- in: user_id uuid, seconds integer, ip inet, user_agent text, refresh_hash text, method text, remember boolean
-- out: one
-- cols: id uuid
-- by: api
WITH made AS (
	INSERT INTO sessions (user_id, expires_at, ip, user_agent, method, remember)
	VALUES ($1, now() + make_interval(secs => $2), $3, $4, $6, $7)
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
-- cols: session_id uuid, session_seconds bigint, remember boolean, id uuid, name text, email text, avatar_url text, role text, email_verified boolean, created_at timestamptz
-- none: OK
-- by: api
WITH used AS (
	UPDATE refresh_tokens t SET used_at = now()
	FROM sessions s JOIN users u ON u.id = s.user_id
	WHERE t.hash = $1 AND t.used_at IS NULL AND s.id = t.session_id AND s.revoked_at IS NULL
		AND s.expires_at > now() AND s.last_used_at > now() - make_interval(secs => $3) AND u.active
	RETURNING t.session_id, extract(epoch FROM s.expires_at - now())::bigint AS session_seconds, s.remember, u.id, u.name, u.email, u.avatar_url, u.role, u.email_verified, u.created_at), touched AS (
	UPDATE sessions s SET last_used_at = now() FROM used WHERE s.id = used.session_id), child AS (
	INSERT INTO refresh_tokens (hash, session_id) SELECT $2, session_id FROM used)
SELECT session_id, session_seconds, remember, id, name, email, avatar_url, role, email_verified, created_at FROM used;

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
