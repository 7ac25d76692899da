-- signing in at GitHub or Google

-- name: oauth_state_insert
-- doc: A sign-in that goes to a provider.
-- in: hash text, provider text, browser_hash text, verifier_sealed text, nonce text, next text, seconds integer
-- out: none
-- by: api
INSERT INTO oauth_states (hash, provider, browser_hash, verifier_sealed, nonce, next, expires_at)
VALUES ($1, $2, $3, $4, $5, $6, now() + make_interval(secs => $7));

-- name: oauth_state_insert_link
-- doc: The same to link an account: the session has to have begun lately.
-- in: hash text, provider text, browser_hash text, verifier_sealed text, nonce text, next text, seconds integer
-- in: session_id uuid, user_id uuid, recent_seconds integer, connects boolean
-- out: one
-- cols: hash text
-- none: SIGN_IN_AGAIN
-- by: api
INSERT INTO oauth_states (hash, provider, browser_hash, verifier_sealed, nonce, next, expires_at, session_id, user_id, connects)
SELECT $1, $2, $3, $4, $5, $6, now() + make_interval(secs => $7), s.id, s.user_id, $11
FROM sessions s WHERE s.id = $8 AND s.user_id = $9 AND s.created_at > now() - make_interval(secs => $10)
RETURNING hash;

-- Of two that come back with one state, the second finds nothing.
-- name: oauth_state_take
-- doc: Use a state up; alive says whether it is in time and, to link, its session still lives.
-- in: hash text
-- out: one
-- cols: provider text, browser_hash text, verifier_sealed text, nonce text, next text, user_id uuid, connects boolean, alive boolean
-- none: OAUTH_STATE
-- by: api
DELETE FROM oauth_states o WHERE o.hash = $1
RETURNING o.provider, o.browser_hash, o.verifier_sealed, o.nonce, o.next, o.user_id, o.connects,
	o.expires_at > now() AND (o.user_id IS NULL OR EXISTS (
		SELECT FROM sessions s JOIN users u ON u.id = s.user_id
		WHERE s.id = o.session_id AND s.revoked_at IS NULL AND s.expires_at > now() AND u.active)) AS alive;

-- Whoever signs in or links holds the user's row before the identity's: taken
-- in both orders, two at once would wait for each other.
-- name: oauth_user_by_identity
-- doc: The account that a provider's account signs in.
-- in: provider text, subject text
-- out: one
-- cols: id uuid, name text, email text, email_verified boolean, active boolean
-- none: OK
-- by: api
SELECT u.id, u.name, u.email, u.email_verified, u.active
FROM identities i JOIN users u ON u.id = i.user_id WHERE i.provider = $1 AND i.subject = $2
FOR KEY SHARE OF u;

-- The row is kept from changing until the identity is in: an address that is
-- being changed, or an account that is being disabled, waits.
-- name: oauth_user_by_email
-- doc: The account with an address that a provider vouches for.
-- in: email text
-- out: one
-- cols: id uuid, name text, email text, email_verified boolean, active boolean
-- none: OK
-- by: api
SELECT id, name, email, email_verified, active FROM users WHERE email = $1 FOR UPDATE;

-- name: oauth_user_by_id
-- doc: The account that a sign-in or a link is for.
-- in: id uuid
-- out: one
-- cols: id uuid, name text, email text, avatar_url text, role text, email_verified boolean, created_at timestamptz, active boolean
-- none: OAUTH_STATE
-- by: api
SELECT id, name, email, avatar_url, role, email_verified, created_at, active FROM users WHERE id = $1
FOR KEY SHARE;

-- name: oauth_user_insert
-- doc: An account without a password, with an address that a provider vouches for.
-- in: name text, email text, avatar_url text
-- out: one
-- cols: id uuid, name text, email text, email_verified boolean, active boolean
-- on users_email_key: EMAIL_TAKEN
-- by: api
INSERT INTO users (name, email, avatar_url, email_verified) VALUES ($1, $2, $3, true)
RETURNING id, name, email, email_verified, active;

-- name: identity_insert
-- doc: Link an account at a provider.
-- in: provider text, subject text, user_id uuid, login text, email text, token_sealed text, scopes text
-- out: none
-- on identities_pkey: IDENTITY_TAKEN
-- on identities_user_key: PROVIDER_LINKED
-- by: api
INSERT INTO identities (provider, subject, user_id, login, email, token_sealed, scopes)
VALUES ($1, $2, $3, $4, $5, $6, $7);

-- name: identity_update
-- doc: What a sign-in tells anew of an account at a provider.
-- in: provider text, subject text, login text, email text, token_sealed text, scopes text
-- out: none
-- by: api
UPDATE identities SET login = $3, email = $4, token_sealed = $5, scopes = $6, updated_at = now()
WHERE provider = $1 AND subject = $2;

-- name: identity_list
-- doc: The caller's accounts at providers.
-- in: user_id uuid
-- out: many
-- cols: id text, provider text, login text, email text, created_at timestamptz
-- by: api
SELECT subject AS id, provider, login, email, created_at FROM identities WHERE user_id = $1 ORDER BY provider;

-- name: oauth_user_lock
-- doc: Hold an account, so that no two of its ways to sign in go at once.
-- in: id uuid
-- out: one
-- cols: has_password boolean
-- none: IDENTITY_NOT_FOUND
-- by: api
SELECT password_hash IS NOT NULL AS has_password FROM users WHERE id = $1 FOR UPDATE;

-- name: identity_delete
-- doc: Unlink an account at a provider, unless nothing else signs in; found says whether there was one.
-- in: user_id uuid, provider text, has_password boolean
-- out: one
-- cols: found boolean, removed boolean
-- by: api
WITH gone AS (
	DELETE FROM identities i WHERE i.user_id = $1 AND i.provider = $2
		AND ($3 OR EXISTS (SELECT FROM identities o WHERE o.user_id = $1 AND o.provider <> $2))
	RETURNING 1)
SELECT EXISTS (SELECT FROM identities WHERE user_id = $1 AND provider = $2) AS found,
	EXISTS (SELECT FROM gone) AS removed;
