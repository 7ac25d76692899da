-- Accounts: who may sign in, and the sessions that they hold.

CREATE TABLE users (
	id uuid CONSTRAINT users_pkey PRIMARY KEY DEFAULT gen_random_uuid(),
	name text NOT NULL CONSTRAINT users_name_length CHECK (length(name) BETWEEN 1 AND 255),
	email text NOT NULL CONSTRAINT users_email_key UNIQUE
		CONSTRAINT users_email_lower CHECK (email = lower(email) AND length(email) BETWEEN 3 AND 254),
	password_hash text,
	avatar_url text,
	role text NOT NULL DEFAULT 'user' CONSTRAINT users_role CHECK (role IN ('user', 'manager', 'admin')),
	email_verified boolean NOT NULL DEFAULT false,
	active boolean NOT NULL DEFAULT true,
	failed_logins integer NOT NULL DEFAULT 0,
	locked_until timestamptz,
	created_at timestamptz NOT NULL DEFAULT now(),
	updated_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE users IS 'People with an account.';
COMMENT ON COLUMN users.email IS 'Folded to lower case and trimmed once, at signup.';
COMMENT ON COLUMN users.password_hash IS 'bcrypt $2b$; null for an account that signs in by a provider only.';
COMMENT ON COLUMN users.active IS 'False: the account is disabled and answers a login like a wrong password.';

CREATE TABLE sessions (
	id uuid CONSTRAINT sessions_pkey PRIMARY KEY DEFAULT gen_random_uuid(),
	user_id uuid NOT NULL CONSTRAINT sessions_user_id_fkey REFERENCES users ON DELETE CASCADE,
	created_at timestamptz NOT NULL DEFAULT now(),
	last_used_at timestamptz NOT NULL DEFAULT now(),
	expires_at timestamptz NOT NULL,
	ip inet,
	user_agent text CONSTRAINT sessions_user_agent_length CHECK (length(user_agent) <= 512),
	revoked_at timestamptz,
	revoke_reason text
);
COMMENT ON TABLE sessions IS 'A login on one device: the family of refresh tokens that descends from it. Every request reads its row.';
COMMENT ON COLUMN sessions.expires_at IS 'Absolute end; refreshing does not move it.';
CREATE INDEX sessions_user_id_idx ON sessions (user_id, created_at DESC);
CREATE INDEX sessions_expires_at_idx ON sessions (expires_at);

CREATE TABLE refresh_tokens (
	hash text CONSTRAINT refresh_tokens_pkey PRIMARY KEY
		CONSTRAINT refresh_tokens_hash_form CHECK (hash ~ '^[0-9a-f]{64}$'),
	session_id uuid NOT NULL CONSTRAINT refresh_tokens_session_id_fkey REFERENCES sessions ON DELETE CASCADE,
	created_at timestamptz NOT NULL DEFAULT now(),
	used_at timestamptz
);
COMMENT ON TABLE refresh_tokens IS 'SHA-256 of each refresh token of a session. A used one that comes again revokes the session.';
CREATE INDEX refresh_tokens_session_id_idx ON refresh_tokens (session_id);

CREATE TABLE audit_logs (
	id uuid CONSTRAINT audit_logs_pkey PRIMARY KEY DEFAULT gen_random_uuid(),
	at timestamptz NOT NULL DEFAULT now(),
	event text NOT NULL,
	user_id uuid,
	target text,
	outcome text NOT NULL CONSTRAINT audit_logs_outcome CHECK (outcome IN ('success', 'failure')),
	ip inet,
	user_agent text,
	request_id uuid,
	details jsonb NOT NULL DEFAULT '{}'
);
COMMENT ON TABLE audit_logs IS 'Who did what. Append-only for the programs: no UPDATE or DELETE is granted. No foreign key: rows outlive accounts.';
CREATE INDEX audit_logs_user_id_idx ON audit_logs (user_id, at DESC);
CREATE INDEX audit_logs_at_idx ON audit_logs (at DESC);
