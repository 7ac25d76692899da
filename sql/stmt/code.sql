-- one-time codes

-- name: code_insert
-- doc: A code in place of the user's unused ones of its purpose; no row: that user got so many of them lately.
-- in: hash text, purpose text, user_id uuid, email text, method text, seconds integer, quarter_limit integer
-- out: one
-- cols: hash text
-- none: OK
-- by: api
WITH allowed AS (
	SELECT FROM codes WHERE user_id = $3 AND purpose = $2 AND created_at > now() - interval '15 minutes'
	HAVING count(*) < $7), void AS (
	UPDATE codes SET used_at = now() WHERE user_id = $3 AND purpose = $2 AND used_at IS NULL
		AND EXISTS (SELECT FROM allowed))
INSERT INTO codes (hash, purpose, user_id, email, method, expires_at)
SELECT $1, $2, $3, $4, $5, now() + make_interval(secs => $6) FROM allowed
RETURNING hash;

-- name: code_wait
-- doc: In how many seconds the oldest of a user's last codes of a purpose does not count any more.
-- in: user_id uuid, purpose text, quarter_limit integer
-- out: one
-- cols: seconds integer
-- by: api
SELECT ceil(extract(epoch FROM created_at + interval '15 minutes' - now()))::integer AS seconds
FROM codes WHERE user_id = $1 AND purpose = $2 ORDER BY created_at DESC OFFSET $3 - 1 LIMIT 1;

-- name: code_use
-- doc: Use a code up, once.
-- in: hash text, purpose text
-- out: one
-- cols: user_id uuid, email text, method text
-- none: CODE_INVALID
-- by: api
UPDATE codes c SET used_at = now() FROM users u
WHERE c.hash = $1 AND c.purpose = $2 AND c.used_at IS NULL AND c.expires_at > now() AND u.id = c.user_id AND u.active
RETURNING c.user_id, c.email, c.method;

-- name: code_void
-- doc: Make a user's unused codes of a purpose void.
-- in: user_id uuid, purpose text
-- out: none
-- by: api
UPDATE codes SET used_at = now() WHERE user_id = $1 AND purpose = $2 AND used_at IS NULL;
