-- passwords changed and reset, addresses confirmed. Each transaction locks the
-- account's row first, so that two of them wait for each other and none meets
-- a deadlock.

-- name: recovery_by_email
-- doc: The account that wants a new password, held until the end of the transaction.
-- in: email text
-- out: one
-- cols: id uuid, name text, email text
-- none: OK
-- by: api
SELECT id, name, email FROM users WHERE email = $1 AND active FOR NO KEY UPDATE;

-- name: recovery_account
-- doc: An account that is about to change its password or address, held until the end of the transaction.
-- in: id uuid
-- out: one
-- cols: id uuid, name text, email text, email_verified boolean, pending_email text
-- none: CODE_INVALID
-- by: api
SELECT id, name, email, email_verified, pending_email FROM users WHERE id = $1 AND active FOR NO KEY UPDATE;

-- It may have got another password since that was proved, by a reset.
-- name: recovery_account_proved
-- doc: The same of an account whose password was proved and is still that.
-- in: id uuid, hash text
-- out: one
-- cols: id uuid, name text, email text, email_verified boolean, pending_email text
-- none: INVALID_CREDENTIALS
-- by: api
SELECT id, name, email, email_verified, pending_email FROM users WHERE id = $1 AND password_hash = $2 AND active
FOR NO KEY UPDATE;

-- Looked at before anything is done, so that a password that is refused does
-- not use the code up.
-- name: recovery_code
-- doc: What a code is for that may set a password.
-- in: hash text
-- out: one
-- cols: user_id uuid, email text, purpose text
-- none: CODE_INVALID
-- by: api
SELECT c.user_id, c.email, c.purpose FROM codes c JOIN users u ON u.id = c.user_id AND u.email = c.email
WHERE c.hash = $1 AND c.purpose IN ('reset', 'invite') AND c.used_at IS NULL AND c.expires_at > now() AND u.active;

-- name: recovery_verify_code
-- doc: Whose address a code confirms.
-- in: hash text
-- out: one
-- cols: user_id uuid
-- none: CODE_INVALID
-- by: api
SELECT user_id FROM codes WHERE hash = $1 AND purpose = 'verify' AND used_at IS NULL AND expires_at > now();

-- An address that was asked for by whoever knew the old password is forgotten.
-- name: recovery_password_set
-- doc: A new password; the lock is off.
-- in: id uuid, password_hash text, email text, verified boolean
-- out: one
-- cols: id uuid
-- none: CODE_INVALID
-- by: api
UPDATE users SET password_hash = $2, email_verified = email_verified OR $4, failed_logins = 0, locked_until = NULL,
	pending_email = NULL, updated_at = now()
WHERE id = $1 AND email = $3 AND active
RETURNING id;

-- name: recovery_codes_void
-- doc: Make a user's codes void, but that which confirms the address that the account has.
-- in: user_id uuid
-- out: none
-- by: api
UPDATE codes c SET used_at = now() FROM users u
WHERE c.user_id = $1 AND u.id = c.user_id AND c.used_at IS NULL AND (c.purpose <> 'verify' OR c.email <> u.email);

-- name: recovery_revoke_others
-- doc: End all of one's sessions but one.
-- in: user_id uuid, keep uuid, reason text
-- out: many
-- cols: id uuid
-- by: api
WITH ended AS (
	UPDATE sessions SET revoked_at = now(), revoke_reason = $3
	WHERE user_id = $1 AND id <> $2 AND revoked_at IS NULL
	RETURNING id, pg_notify('autostack', 'session:' || id))
SELECT id FROM ended;

-- name: recovery_password_less
-- doc: Whether an account has no password, because it signs in at a provider.
-- in: id uuid
-- out: one
-- cols: without boolean
-- none: UNAUTHORIZED
-- by: api
SELECT password_hash IS NULL AS without FROM users WHERE id = $1 AND active;

-- name: recovery_verified
-- doc: The address that an account has is confirmed.
-- in: id uuid, email text
-- out: one
-- cols: id uuid
-- none: OK
-- by: api
UPDATE users SET email_verified = true, updated_at = now() WHERE id = $1 AND email = $2 RETURNING id;

-- name: recovery_email_set
-- doc: The address that an account was to have is confirmed, and is its address from now on.
-- in: id uuid, email text
-- out: one
-- cols: id uuid
-- none: CODE_INVALID
-- on users_email_key: EMAIL_TAKEN
-- by: api
UPDATE users SET email = pending_email, pending_email = NULL, email_verified = true, updated_at = now()
WHERE id = $1 AND pending_email = $2
RETURNING id;

-- name: recovery_email_pending
-- doc: The address that an account will have when it is confirmed; null: it stays as it is.
-- in: id uuid, email text
-- out: none
-- by: api
UPDATE users SET pending_email = $2, updated_at = now() WHERE id = $1;
