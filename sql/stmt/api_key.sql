-- API keys

-- The age of the last use is judged again after a lock was waited for: of many
-- uses at once one writes.
-- name: api_key_check
-- doc: Whose API key this is and what that user may do now; notes its use, once a minute at most.
-- in: hash text, ip inet
-- out: one
-- cols: user_id uuid, name text, email text, role text
-- none: UNAUTHORIZED
-- by: api
WITH hit AS (
	SELECT k.id, u.id AS user_id, u.name, u.email, u.role FROM api_keys k JOIN users u ON u.id = k.user_id
	WHERE k.hash = $1 AND k.revoked_at IS NULL AND (k.expires_at IS NULL OR k.expires_at > now()) AND u.active), used AS (
	UPDATE api_keys k SET last_used_at = now(), last_used_ip = $2 FROM hit
	WHERE k.id = hit.id AND (k.last_used_at IS NULL OR k.last_used_at < now() - interval '1 minute'))
SELECT user_id, name, email, role FROM hit;

-- name: api_key_owner
-- doc: The user that a key is made for, and whether its end is still to come; keys of one user are made one after the other.
-- in: user_id uuid, expires_at timestamptz
-- out: one
-- cols: name text, email text, good boolean
-- none: UNAUTHORIZED
-- by: api
SELECT name, email, $2::timestamptz IS NULL OR $2 > now() AS good FROM users WHERE id = $1 AND active FOR NO KEY UPDATE;

-- name: api_key_insert
-- doc: A new API key, unless the user has enough that are alive.
-- in: user_id uuid, name text, prefix text, hash text, expires_at timestamptz, max_keys bigint
-- out: one
-- cols: id uuid, name text, prefix text, created_at timestamptz, expires_at timestamptz, last_used_at timestamptz, last_used_ip text
-- none: API_KEYS_FULL
-- by: api
INSERT INTO api_keys (user_id, name, prefix, hash, expires_at)
SELECT $1, $2, $3, $4, $5 WHERE (
	SELECT count(*) FROM api_keys
	WHERE user_id = $1 AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > now())) < $6
RETURNING id, name, prefix, created_at, expires_at, last_used_at, host(last_used_ip) AS last_used_ip;

-- name: api_key_list
-- doc: A page of one's API keys that were not revoked, newest first, and how many there are.
-- in: user_id uuid, max_rows bigint, skip_rows bigint
-- out: many
-- cols: total_items bigint, id uuid, name text, prefix text, created_at timestamptz, expires_at timestamptz, last_used_at timestamptz, last_used_ip text
-- by: api
SELECT c.total_items, k.* FROM (
	SELECT count(*) AS total_items FROM api_keys WHERE user_id = $1 AND revoked_at IS NULL) c
LEFT JOIN LATERAL (
	SELECT id, name, prefix, created_at, expires_at, last_used_at, host(last_used_ip) AS last_used_ip FROM api_keys
	WHERE user_id = $1 AND revoked_at IS NULL
	ORDER BY created_at DESC, id DESC LIMIT $2 OFFSET $3) k ON true
ORDER BY k.created_at DESC, k.id DESC;

-- name: api_key_revoke
-- doc: End an API key of one's own.
-- in: id uuid, user_id uuid
-- out: one
-- cols: id uuid
-- none: API_KEY_NOT_FOUND
-- by: api
UPDATE api_keys SET revoked_at = now() WHERE id = $1 AND user_id = $2 AND revoked_at IS NULL
RETURNING id;
