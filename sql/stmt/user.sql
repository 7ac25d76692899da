-- accounts as managers and administrators see them

-- name: user_list
-- doc: A page of accounts, newest first, and how many there are.
-- in: search text, role text, active boolean, max_rows bigint, skip_rows bigint
-- out: many
-- cols: total_items bigint, id uuid, name text, email text, avatar_url text, role text, email_verified boolean
-- cols: created_at timestamptz, active boolean, last_login_at timestamptz
-- by: api
SELECT c.total_items, u.* FROM (
	SELECT count(*) AS total_items FROM users
	WHERE ($1::text IS NULL OR position(lower($1) IN lower(name)) > 0 OR position(lower($1) IN email) > 0)
		AND ($2::text IS NULL OR role = $2) AND ($3::boolean IS NULL OR active = $3)) c
LEFT JOIN LATERAL (
	SELECT u.id, u.name, u.email, u.avatar_url, u.role, u.email_verified, u.created_at, u.active, u.last_login_at
	FROM users u
	WHERE ($1::text IS NULL OR position(lower($1) IN lower(u.name)) > 0 OR position(lower($1) IN u.email) > 0)
		AND ($2::text IS NULL OR u.role = $2) AND ($3::boolean IS NULL OR u.active = $3)
	ORDER BY u.created_at DESC, u.id DESC LIMIT $4 OFFSET $5) u ON true
ORDER BY u.created_at DESC, u.id DESC;

-- name: user_by_id
-- doc: An account.
-- in: id uuid
-- out: one
-- cols: id uuid, name text, email text, avatar_url text, role text, email_verified boolean
-- cols: created_at timestamptz, active boolean, last_login_at timestamptz
-- none: USER_NOT_FOUND
-- by: api
SELECT id, name, email, avatar_url, role, email_verified, created_at, active, last_login_at FROM users WHERE id = $1;

-- name: user_create
-- doc: An account that an administrator makes.
-- in: name text, email text, role text, password_hash text
-- out: one
-- cols: id uuid, name text, email text, avatar_url text, role text, email_verified boolean
-- cols: created_at timestamptz, active boolean, last_login_at timestamptz
-- on users_email_key: EMAIL_TAKEN
-- by: api
INSERT INTO users (name, email, role, password_hash) VALUES ($1, $2, $3, $4)
RETURNING id, name, email, avatar_url, role, email_verified, created_at, active, last_login_at;

-- Sessions of an account that is disabled end; those of one whose role is
-- another now are named, so that open WebSockets are judged anew (WS-4).
-- name: user_change
-- doc: Change an account: what is null, or whose switch is off, stays.
-- in: id uuid, name text, email text, role text, active boolean, set_avatar boolean, avatar_url text
-- out: one
-- cols: id uuid, name text, email text, avatar_url text, role text, email_verified boolean
-- cols: created_at timestamptz, active boolean, last_login_at timestamptz
-- cols: old_role text, old_active boolean, email_changed boolean, invited boolean, told bigint
-- none: USER_NOT_FOUND
-- on users_email_key: EMAIL_TAKEN
-- on users_last_admin: LAST_ADMIN
-- by: api
WITH old AS (
	SELECT id, role, active, email FROM users WHERE id = $1 FOR UPDATE), changed AS (
	UPDATE users u SET name = coalesce($2, u.name), email = coalesce($3, u.email),
		email_verified = u.email_verified AND coalesce($3, u.email) = u.email,
		pending_email = CASE WHEN coalesce($3, u.email) = u.email THEN u.pending_email END,
		role = coalesce($4, u.role), active = coalesce($5, u.active),
		avatar_url = CASE WHEN $6 THEN $7 ELSE u.avatar_url END, updated_at = now()
	FROM old WHERE u.id = old.id
	RETURNING u.id, u.name, u.email, u.avatar_url, u.role, u.email_verified, u.created_at, u.active, u.last_login_at,
		old.role AS old_role, old.active AS old_active, u.email <> old.email AS email_changed,
		u.password_hash IS NULL
			AND NOT EXISTS (SELECT FROM identities i WHERE i.user_id = u.id) AS invited), ended AS (
	UPDATE sessions s SET revoked_at = now(), revoke_reason = 'account disabled'
	FROM changed WHERE s.user_id = changed.id AND NOT changed.active AND s.revoked_at IS NULL
	RETURNING pg_notify('autostack', 'session:' || s.id)), told AS (
	SELECT count(pg_notify('autostack', 'session:' || s.id)) AS told
	FROM sessions s JOIN changed ON s.user_id = changed.id
	WHERE s.revoked_at IS NULL AND changed.role <> changed.old_role)
SELECT changed.*, told.told FROM changed, told;

-- name: user_export
-- doc: All accounts that a list would show, newest first, up to a limit.
-- in: search text, role text, active boolean, max_rows bigint
-- out: many
-- cols: id uuid, name text, email text, avatar_url text, role text, email_verified boolean
-- cols: created_at timestamptz, active boolean, last_login_at timestamptz
-- by: api
SELECT id, name, email, avatar_url, role, email_verified, created_at, active, last_login_at FROM users
WHERE ($1::text IS NULL OR position(lower($1) IN lower(name)) > 0 OR position(lower($1) IN email) > 0)
	AND ($2::text IS NULL OR role = $2) AND ($3::boolean IS NULL OR active = $3)
ORDER BY created_at DESC, id DESC LIMIT $4;
