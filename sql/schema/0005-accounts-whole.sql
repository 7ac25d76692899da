-- The account side: addresses that are confirmed, preferences, ways to sign
-- in besides the password, API keys, one-time codes, and mail that waits.

ALTER TABLE users
	ADD COLUMN pending_email text CONSTRAINT users_pending_email_lower
		CHECK (pending_email = lower(pending_email) AND length(pending_email) BETWEEN 3 AND 254),
	ADD COLUMN last_login_at timestamptz,
	ADD COLUMN theme text NOT NULL DEFAULT 'system' CONSTRAINT users_theme CHECK (theme IN ('light', 'dark', 'system')),
	ADD COLUMN email_notifications boolean NOT NULL DEFAULT true,
	ADD COLUMN deployment_success_notifications boolean NOT NULL DEFAULT true,
	ADD COLUMN deployment_failure_notifications boolean NOT NULL DEFAULT true;
COMMENT ON COLUMN users.pending_email IS 'The address that this account will have once it is confirmed there.';
COMMENT ON COLUMN users.failed_logins IS 'Wrong passwords in a row; counted before a password is compared.';
COMMENT ON COLUMN users.locked_until IS 'Until then no password is right. Sessions and password resets are not touched.';
CREATE INDEX users_created_at_idx ON users (created_at DESC, id DESC);
-- who can administer must always be found quickly
CREATE INDEX users_admins_idx ON users (id) WHERE role = 'admin' AND active;

-- Whatever statement changes a role, disables or deletes: an administrator
-- who can sign in remains (SET-4). The rows of all administrators are locked
-- first, so that two who demote each other at once cannot both succeed.
CREATE FUNCTION users_keep_admin() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $$
BEGIN
	IF OLD.role = 'admin' AND OLD.active
		AND (TG_OP = 'DELETE' OR NEW.role <> 'admin' OR NOT NEW.active) THEN
		PERFORM pg_advisory_xact_lock(hashtext('users_keep_admin'));
		IF NOT EXISTS (SELECT FROM users WHERE role = 'admin' AND active AND id <> OLD.id) THEN
			RAISE EXCEPTION 'the last administrator cannot go'
				USING ERRCODE = 'check_violation', CONSTRAINT = 'users_last_admin';
		END IF;
	END IF;
	RETURN CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END;
END $$;
CREATE TRIGGER users_last_admin BEFORE DELETE OR UPDATE OF role, active ON users
	FOR EACH ROW EXECUTE FUNCTION users_keep_admin();

ALTER TABLE sessions ADD COLUMN method text NOT NULL DEFAULT 'password'
	CONSTRAINT sessions_method CHECK (method IN ('password', 'github', 'google'));
COMMENT ON COLUMN sessions.method IS 'How its user signed in.';

CREATE TABLE identities (
	provider text NOT NULL CONSTRAINT identities_provider CHECK (provider IN ('github', 'google')),
	subject text NOT NULL CONSTRAINT identities_subject_length CHECK (length(subject) BETWEEN 1 AND 255),
	user_id uuid NOT NULL CONSTRAINT identities_user_id_fkey REFERENCES users ON DELETE CASCADE,
	login text CONSTRAINT identities_login_length CHECK (length(login) <= 255),
	email text,
	token_sealed text,
	scopes text NOT NULL DEFAULT '',
	created_at timestamptz NOT NULL DEFAULT now(),
	updated_at timestamptz NOT NULL DEFAULT now(),
	CONSTRAINT identities_pkey PRIMARY KEY (provider, subject),
	CONSTRAINT identities_user_key UNIQUE (user_id, provider)
);
COMMENT ON TABLE identities IS 'Accounts elsewhere that sign in here.';
COMMENT ON COLUMN identities.subject IS 'The provider''s unchanging id: GitHub''s numeric id, the sub of OpenID Connect.';
COMMENT ON COLUMN identities.login IS 'Name at the provider when it was last seen; only shown.';
COMMENT ON COLUMN identities.token_sealed IS 'Access token, sealed under "identity:<user_id>:<provider>".';

CREATE TABLE oauth_states (
	hash text CONSTRAINT oauth_states_pkey PRIMARY KEY
		CONSTRAINT oauth_states_hash_form CHECK (hash ~ '^[0-9a-f]{64}$'),
	provider text NOT NULL CONSTRAINT oauth_states_provider CHECK (provider IN ('github', 'google')),
	browser_hash text NOT NULL,
	verifier_sealed text NOT NULL,
	nonce text NOT NULL,
	next text NOT NULL,
	user_id uuid CONSTRAINT oauth_states_user_id_fkey REFERENCES users ON DELETE CASCADE,
	session_id uuid CONSTRAINT oauth_states_session_id_fkey REFERENCES sessions ON DELETE CASCADE,
	created_at timestamptz NOT NULL DEFAULT now(),
	expires_at timestamptz NOT NULL
);
COMMENT ON TABLE oauth_states IS 'Sign-ins that are on their way to a provider and back. Deleted when they come back.';
COMMENT ON COLUMN oauth_states.hash IS 'SHA-256 of the state parameter.';
COMMENT ON COLUMN oauth_states.browser_hash IS 'SHA-256 of the cookie of the browser that started.';
COMMENT ON COLUMN oauth_states.verifier_sealed IS 'PKCE code verifier, sealed under "oauth:<hash>".';
COMMENT ON COLUMN oauth_states.user_id IS 'Who links an account; null: a sign-in.';
COMMENT ON COLUMN oauth_states.session_id IS 'The session that asked to link; it has to live still.';
CREATE INDEX oauth_states_expires_at_idx ON oauth_states (expires_at);
CREATE INDEX oauth_states_user_id_idx ON oauth_states (user_id);
CREATE INDEX oauth_states_session_id_idx ON oauth_states (session_id);

CREATE TABLE codes (
	hash text CONSTRAINT codes_pkey PRIMARY KEY CONSTRAINT codes_hash_form CHECK (hash ~ '^[0-9a-f]{64}$'),
	purpose text NOT NULL CONSTRAINT codes_purpose CHECK (purpose IN ('reset', 'verify', 'invite', 'oauth')),
	user_id uuid NOT NULL CONSTRAINT codes_user_id_fkey REFERENCES users ON DELETE CASCADE,
	email text NOT NULL,
	method text,
	created_at timestamptz NOT NULL DEFAULT now(),
	expires_at timestamptz NOT NULL,
	used_at timestamptz
);
COMMENT ON TABLE codes IS 'SHA-256 of one-time codes: password reset, confirmation of an address, invitation, end of an OAuth sign-in.';
COMMENT ON COLUMN codes.email IS 'The address that the code was sent to: it says nothing of another one.';
COMMENT ON COLUMN codes.method IS 'For oauth: the provider that vouched.';
CREATE INDEX codes_user_id_idx ON codes (user_id, purpose, created_at DESC);
CREATE INDEX codes_expires_at_idx ON codes (expires_at);

CREATE TABLE api_keys (
	id uuid CONSTRAINT api_keys_pkey PRIMARY KEY DEFAULT gen_random_uuid(),
	user_id uuid NOT NULL CONSTRAINT api_keys_user_id_fkey REFERENCES users ON DELETE CASCADE,
	name text NOT NULL CONSTRAINT api_keys_name_length CHECK (length(name) BETWEEN 1 AND 100),
	prefix text NOT NULL CONSTRAINT api_keys_prefix_length CHECK (length(prefix) BETWEEN 4 AND 16),
	hash text NOT NULL CONSTRAINT api_keys_hash_key UNIQUE CONSTRAINT api_keys_hash_form CHECK (hash ~ '^[0-9a-f]{64}$'),
	created_at timestamptz NOT NULL DEFAULT now(),
	expires_at timestamptz,
	last_used_at timestamptz,
	last_used_ip inet,
	revoked_at timestamptz
);
COMMENT ON TABLE api_keys IS 'Keys for programs. The key itself is shown once; here are its SHA-256 and its first characters.';
COMMENT ON COLUMN api_keys.last_used_at IS 'To the minute.';
CREATE INDEX api_keys_user_id_idx ON api_keys (user_id, created_at DESC, id DESC);

CREATE TABLE mails (
	id uuid CONSTRAINT mails_pkey PRIMARY KEY DEFAULT gen_random_uuid(),
	kind text NOT NULL,
	user_id uuid CONSTRAINT mails_user_id_fkey REFERENCES users ON DELETE CASCADE,
	recipient text NOT NULL CONSTRAINT mails_recipient_form
		CHECK (length(recipient) BETWEEN 3 AND 254 AND recipient !~ '[[:cntrl:][:space:],<>]'),
	message_sealed text,
	attempts integer NOT NULL DEFAULT 0,
	next_at timestamptz NOT NULL DEFAULT now(),
	error text,
	created_at timestamptz NOT NULL DEFAULT now(),
	sent_at timestamptz,
	failed_at timestamptz,
	CONSTRAINT mails_ended CHECK ((message_sealed IS NULL) = (sent_at IS NOT NULL OR failed_at IS NOT NULL))
);
COMMENT ON TABLE mails IS 'The outbox: mail that waits to be sent, and what became of it.';
COMMENT ON COLUMN mails.message_sealed IS 'The whole message, sealed under "mail:<id>"; gone when it is sent or given up, since it may hold a code.';
COMMENT ON COLUMN mails.error IS 'What the mail server said last.';
CREATE INDEX mails_next_at_idx ON mails (next_at) WHERE message_sealed IS NOT NULL;
CREATE INDEX mails_created_at_idx ON mails (created_at);
CREATE INDEX mails_user_id_idx ON mails (user_id);

CREATE FUNCTION mail_notify() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	PERFORM pg_notify('autostack', 'mail:' || NEW.id);
	RETURN NULL;
END $$;
CREATE TRIGGER mails_notify AFTER INSERT ON mails FOR EACH ROW EXECUTE FUNCTION mail_notify();

-- Lists of audit rows: by person, by what happened, by time. With the id, so
-- that rows come in order from the index and a list can stop early; with what
-- is filtered by, so that only the rows of the page are read.
DROP INDEX audit_logs_user_id_idx, audit_logs_at_idx;
CREATE INDEX audit_logs_user_id_idx ON audit_logs (user_id, at DESC, id DESC) INCLUDE (event, outcome);
CREATE INDEX audit_logs_event_idx ON audit_logs (event, at DESC, id DESC) INCLUDE (outcome);
CREATE INDEX audit_logs_at_idx ON audit_logs (at DESC, id DESC) INCLUDE (event, outcome);
