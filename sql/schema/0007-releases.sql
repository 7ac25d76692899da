-- Releases: what deployments have put on disk. A rollback is a deployment that
-- builds nothing: it makes a release live that is still there.

CREATE TABLE releases (
	id uuid CONSTRAINT releases_pkey PRIMARY KEY,
	project_id uuid NOT NULL CONSTRAINT releases_project_id_fkey REFERENCES projects ON DELETE CASCADE,
	target text NOT NULL DEFAULT 'production',
	url text,
	published_at timestamptz,
	retired_at timestamptz
);
COMMENT ON TABLE releases IS 'A folder below sites/SITE/releases, written by a worker. What is on disk has a row; the row goes when the files are gone.';
COMMENT ON COLUMN releases.id IS 'The deployment that built it; the name of its folder.';
COMMENT ON COLUMN releases.url IS 'Address of this very release. Null: none, since the site has too long a name.';
COMMENT ON COLUMN releases.published_at IS 'When it first went live. Null: it is being written.';
COMMENT ON COLUMN releases.retired_at IS 'It cannot be made live any more: a worker removes its files.';
CREATE INDEX releases_project_id_idx ON releases (project_id, target, published_at DESC);
CREATE INDEX releases_retired_idx ON releases (retired_at) WHERE retired_at IS NOT NULL;

ALTER TABLE deployments
	ADD COLUMN release_id uuid CONSTRAINT deployments_release_id_fkey REFERENCES releases ON DELETE SET NULL,
	ADD COLUMN use_cache boolean NOT NULL DEFAULT true,
	ADD COLUMN log_removed_at timestamptz;
COMMENT ON COLUMN deployments.release_id IS 'What it made live, while that is on disk. Set before it has ended: there is nothing to build, only to switch.';
COMMENT ON COLUMN deployments.use_cache IS 'False: the build begins with an empty cache.';
COMMENT ON COLUMN deployments.log_removed_at IS 'When its log was removed for its age, or for the size of the project''s logs.';
COMMENT ON COLUMN deployments.superseded_by IS 'The deployment that took the place of this one, before it was begun.';
CREATE INDEX deployments_release_id_idx ON deployments (release_id) WHERE release_id IS NOT NULL;

ALTER TABLE projects
	ADD COLUMN keep_releases integer CONSTRAINT projects_keep_releases CHECK (keep_releases BETWEEN 1 AND 1000),
	ADD COLUMN auto_deploy_paused_at timestamptz;
COMMENT ON COLUMN projects.keep_releases IS 'Good releases that stay on disk. Null: as the setting says.';
COMMENT ON COLUMN projects.auto_deploy_paused_at IS 'Since when pushes and deploy hooks deploy nothing: a rollback would be undone by the next.';

-- Before this file a worker kept the newest releases by itself, five if nothing
-- else was said.
INSERT INTO releases (id, project_id, target, published_at, retired_at)
	SELECT id, project_id, target, completed_at, CASE WHEN n > 5 AND NOT live THEN now() END
	FROM (SELECT d.id, d.project_id, d.target, d.completed_at, d.id = p.live_deployment_id AS live,
			row_number() OVER (PARTITION BY d.project_id ORDER BY d.completed_at DESC) AS n
		FROM deployments d JOIN projects p ON p.id = d.project_id WHERE d.status = 'success') d;
UPDATE deployments SET release_id = id WHERE status = 'success';

-- What waits to be built, and no longer what waits to be switched.
CREATE OR REPLACE FUNCTION deployment_claim(worker text, lease interval, global_limit integer)
RETURNS SETOF deployments LANGUAGE plpgsql AS $$
BEGIN
	PERFORM pg_advisory_xact_lock(4717, 1);
	IF (SELECT count(*) FROM deployments
		WHERE status IN ('building', 'deploying') AND release_id IS NULL) >= global_limit THEN
		RETURN;
	END IF;
	RETURN QUERY
	UPDATE deployments d SET status = 'building', lease_owner = worker, lease_until = now() + lease,
		attempt = d.attempt + 1, started_at = coalesce(d.started_at, now()), deploying_at = NULL
	WHERE d.id = (
		SELECT q.id FROM deployments q
		WHERE q.status = 'queued' AND q.release_id IS NULL AND q.cancel_requested_at IS NULL AND NOT EXISTS (
			SELECT 1 FROM deployments a WHERE a.project_id = q.project_id AND a.target = q.target
				AND a.status IN ('building', 'deploying'))
		ORDER BY q.created_at, q.id LIMIT 1 FOR UPDATE SKIP LOCKED)
	RETURNING d.*;
END $$;

-- The same for a switch: it takes milliseconds, so no limit holds it back.
CREATE FUNCTION deployment_claim_switch(worker text, lease interval)
RETURNS SETOF deployments LANGUAGE plpgsql AS $$
BEGIN
	PERFORM pg_advisory_xact_lock(4717, 1);
	RETURN QUERY
	UPDATE deployments d SET status = 'building', lease_owner = worker, lease_until = now() + lease,
		attempt = d.attempt + 1, started_at = coalesce(d.started_at, now()), deploying_at = NULL
	WHERE d.id = (
		SELECT q.id FROM deployments q
		WHERE q.status = 'queued' AND q.release_id IS NOT NULL AND q.cancel_requested_at IS NULL AND NOT EXISTS (
			SELECT 1 FROM deployments a WHERE a.project_id = q.project_id AND a.target = q.target
				AND a.status IN ('building', 'deploying'))
		ORDER BY q.created_at, q.id LIMIT 1 FOR UPDATE SKIP LOCKED)
	RETURNING d.*;
END $$;
CREATE INDEX deployments_switch_idx ON deployments (created_at, id) WHERE status = 'queued' AND release_id IS NOT NULL;

-- Deploy hooks: addresses whose POST deploys a project.
CREATE TABLE deploy_hooks (
	id uuid CONSTRAINT deploy_hooks_pkey PRIMARY KEY DEFAULT gen_random_uuid(),
	project_id uuid NOT NULL CONSTRAINT deploy_hooks_project_id_fkey REFERENCES projects ON DELETE CASCADE,
	name text NOT NULL CONSTRAINT deploy_hooks_name_length CHECK (length(name) BETWEEN 1 AND 100),
	branch text CONSTRAINT deploy_hooks_branch_length CHECK (length(branch) BETWEEN 1 AND 255),
	key_hash text NOT NULL CONSTRAINT deploy_hooks_key_hash_form CHECK (key_hash ~ '^[0-9a-f]{64}$'),
	created_at timestamptz NOT NULL DEFAULT now(),
	last_used_at timestamptz,
	last_outcome text
);
COMMENT ON TABLE deploy_hooks IS 'Addresses whose POST deploys a project. The key in the address is stored as its SHA-256 only.';
COMMENT ON COLUMN deploy_hooks.branch IS 'Null: the project''s.';
COMMENT ON COLUMN deploy_hooks.last_outcome IS 'What became of the last use, in words for the owner.';
CREATE INDEX deploy_hooks_project_id_idx ON deploy_hooks (project_id, created_at);
