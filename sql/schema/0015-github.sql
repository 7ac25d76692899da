-- GitHub: connected accounts, what they can see there, credentials for clones,
-- and the webhooks by which a push deploys.

ALTER TABLE oauth_states ADD COLUMN connects boolean NOT NULL DEFAULT false;
COMMENT ON COLUMN oauth_states.connects IS 'The token that comes back is kept to work with repositories; it signs nobody in.';

CREATE TABLE github_connections (
	user_id uuid CONSTRAINT github_connections_pkey PRIMARY KEY
		CONSTRAINT github_connections_user_id_fkey REFERENCES users ON DELETE CASCADE,
	github_id text NOT NULL CONSTRAINT github_connections_github_id_length CHECK (length(github_id) BETWEEN 1 AND 255),
	login text NOT NULL CONSTRAINT github_connections_login_length CHECK (length(login) BETWEEN 1 AND 255),
	avatar_url text,
	token_sealed text NOT NULL,
	scopes text NOT NULL DEFAULT '',
	connected_at timestamptz NOT NULL DEFAULT now(),
	refused_at timestamptz,
	repos_at timestamptz
);
COMMENT ON TABLE github_connections IS 'Accounts at GitHub whose repositories are worked with. Not a way to sign in: that is identities.';
COMMENT ON COLUMN github_connections.token_sealed IS 'Access token, sealed under "github:<user_id>:token".';
COMMENT ON COLUMN github_connections.refused_at IS 'Since when GitHub does not take the token any more.';
COMMENT ON COLUMN github_connections.repos_at IS 'When github_repos was filled.';

CREATE TABLE github_repos (
	user_id uuid NOT NULL CONSTRAINT github_repos_user_id_fkey REFERENCES github_connections ON DELETE CASCADE,
	position integer NOT NULL,
	full_name text NOT NULL CONSTRAINT github_repos_full_name_form CHECK (full_name ~ '^[A-Za-z0-9_.-]{1,100}/[A-Za-z0-9_.-]{1,100}$'),
	github_id text NOT NULL,
	private boolean NOT NULL,
	default_branch text NOT NULL,
	description text,
	language text,
	CONSTRAINT github_repos_pkey PRIMARY KEY (user_id, position)
);
COMMENT ON TABLE github_repos IS 'What GitHub listed of a connected account, for some minutes.';
COMMENT ON COLUMN github_repos.position IS 'As GitHub has it: what was pushed to last is first.';

ALTER TABLE projects
	ADD COLUMN deploy_token_sealed text,
	ADD COLUMN deploy_token_origin text,
	ADD CONSTRAINT projects_deploy_token CHECK ((deploy_token_sealed IS NULL) = (deploy_token_origin IS NULL));
COMMENT ON COLUMN projects.deploy_token_sealed IS 'Credential for the clone, "user:token" or "token", sealed under "project:<id>:deploy_token".';
COMMENT ON COLUMN projects.deploy_token_origin IS 'The server that it is for and that alone gets it: "https://host:port".';

CREATE TABLE project_webhooks (
	project_id uuid CONSTRAINT project_webhooks_pkey PRIMARY KEY
		CONSTRAINT project_webhooks_project_id_fkey REFERENCES projects ON DELETE CASCADE,
	secret_sealed text NOT NULL,
	created_at timestamptz NOT NULL DEFAULT now(),
	updated_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE project_webhooks IS 'What signs the deliveries of a project''s webhook.';
COMMENT ON COLUMN project_webhooks.secret_sealed IS 'Sealed under "project:<id>:webhook".';

CREATE TABLE webhook_deliveries (
	id uuid CONSTRAINT webhook_deliveries_pkey PRIMARY KEY DEFAULT gen_random_uuid(),
	project_id uuid NOT NULL CONSTRAINT webhook_deliveries_project_id_fkey REFERENCES projects ON DELETE CASCADE,
	delivery_id text CONSTRAINT webhook_deliveries_delivery_id_length CHECK (length(delivery_id) BETWEEN 1 AND 100),
	body_hash text CONSTRAINT webhook_deliveries_body_hash_form CHECK (body_hash ~ '^[0-9a-f]{64}$'),
	event text NOT NULL,
	repository text,
	branch text,
	commit_hash text CONSTRAINT webhook_deliveries_commit_hash CHECK (commit_hash ~ '^[0-9a-f]{40}$'),
	commit_message text,
	verdict text NOT NULL CONSTRAINT webhook_deliveries_verdict CHECK (verdict IN ('received', 'deployed', 'pong', 'branch_not_tracked',
		'skipped', 'auto_deploy_off', 'wrong_repository', 'queue_full', 'not_handled', 'malformed', 'bad_signature', 'failed',
		'paths_unchanged', 'waits_for_approval', 'preview_closed', 'previews_off')),
	reason text NOT NULL,
	deployment_id uuid CONSTRAINT webhook_deliveries_deployment_id_fkey REFERENCES deployments ON DELETE SET NULL,
	duplicates integer NOT NULL DEFAULT 0,
	received_at timestamptz NOT NULL DEFAULT now(),
	judged_at timestamptz
);
COMMENT ON TABLE webhook_deliveries IS 'What came to a project''s webhook and what became of it.';
COMMENT ON COLUMN webhook_deliveries.delivery_id IS 'The sender''s id of the delivery. Null: its signature was wrong, so nothing of it is believed.';
COMMENT ON COLUMN webhook_deliveries.body_hash IS 'SHA-256 of the body: the sender''s id is not signed, so a copy could come under another one.';
COMMENT ON COLUMN webhook_deliveries.verdict IS 'received: it is being judged, or its judge died.';
COMMENT ON COLUMN webhook_deliveries.reason IS 'The verdict in words for the owner.';
COMMENT ON COLUMN webhook_deliveries.duplicates IS 'How often it came again, which changed nothing.';
CREATE UNIQUE INDEX webhook_deliveries_delivery_key ON webhook_deliveries (project_id, delivery_id);
CREATE UNIQUE INDEX webhook_deliveries_body_key ON webhook_deliveries (project_id, body_hash);
CREATE INDEX webhook_deliveries_project_id_idx ON webhook_deliveries (project_id, received_at DESC, id DESC);
CREATE INDEX webhook_deliveries_received_at_idx ON webhook_deliveries (received_at);
CREATE INDEX webhook_deliveries_deployment_id_idx ON webhook_deliveries (deployment_id) WHERE deployment_id IS NOT NULL;
