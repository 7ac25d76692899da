-- Projects, their deployments (which are the job queue) and the build logs.

CREATE TABLE projects (
	id uuid CONSTRAINT projects_pkey PRIMARY KEY DEFAULT gen_random_uuid(),
	user_id uuid NOT NULL CONSTRAINT projects_user_id_fkey REFERENCES users ON DELETE CASCADE,
	name text NOT NULL CONSTRAINT projects_name_form CHECK (name ~ '^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$'),
	site text NOT NULL CONSTRAINT projects_site_key UNIQUE
		CONSTRAINT projects_site_form CHECK (site ~ '^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$' AND site !~ '--'),
	repository text NOT NULL CONSTRAINT projects_repository_length CHECK (length(repository) BETWEEN 1 AND 2048),
	branch text NOT NULL DEFAULT 'main' CONSTRAINT projects_branch_length CHECK (length(branch) BETWEEN 1 AND 255),
	root_dir text,
	install_command text,
	build_command text,
	output_dir text,
	env_sealed text,
	live_deployment_id uuid,
	created_at timestamptz NOT NULL DEFAULT now(),
	updated_at timestamptz NOT NULL DEFAULT now(),
	CONSTRAINT projects_name_key UNIQUE (user_id, name)
);
COMMENT ON TABLE projects IS 'A repository that becomes a site.';
COMMENT ON COLUMN projects.site IS 'Name of the site and of its folder below sites/; never changes.';
COMMENT ON COLUMN projects.repository IS 'Normalised https URL of the git repository.';
COMMENT ON COLUMN projects.install_command IS 'Null: detected from the lockfile. Empty: none. The same for build_command and output_dir.';
COMMENT ON COLUMN projects.env_sealed IS 'KEY=VALUE lines, sealed with AES-256-GCM under "project:<id>:env".';
CREATE INDEX projects_user_id_idx ON projects (user_id, created_at DESC, id DESC);

-- The states and the legal moves between them, once. src/svc/deploy_state.def
-- repeats the names for C; a test compares both.
CREATE TABLE deployment_moves (
	old text NOT NULL,
	new text NOT NULL,
	CONSTRAINT deployment_moves_pkey PRIMARY KEY (old, new)
);
COMMENT ON TABLE deployment_moves IS 'Every legal change of deployments.status; a trigger refuses the others.';
INSERT INTO deployment_moves (old, new) VALUES
	('queued', 'building'), ('queued', 'cancelled'), ('queued', 'superseded'), ('queued', 'failed'),
	('building', 'deploying'), ('building', 'failed'), ('building', 'cancelled'), ('building', 'queued'),
	('deploying', 'success'), ('deploying', 'failed'), ('deploying', 'cancelled'), ('deploying', 'queued');

CREATE TABLE deployments (
	id uuid CONSTRAINT deployments_pkey PRIMARY KEY DEFAULT gen_random_uuid(),
	project_id uuid NOT NULL CONSTRAINT deployments_project_id_fkey REFERENCES projects ON DELETE CASCADE,
	user_id uuid NOT NULL CONSTRAINT deployments_user_id_fkey REFERENCES users ON DELETE CASCADE,
	status text NOT NULL DEFAULT 'queued' CONSTRAINT deployments_status
		CHECK (status IN ('queued', 'building', 'deploying', 'success', 'failed', 'cancelled', 'superseded')),
	trigger text NOT NULL DEFAULT 'manual' CONSTRAINT deployments_trigger
		CHECK (trigger IN ('manual', 'webhook', 'redeploy', 'rollback', 'api')),
	target text NOT NULL DEFAULT 'production',
	-- the snapshot: what is built, whatever the project's settings become
	repository text NOT NULL,
	branch text NOT NULL,
	commit_wanted text CONSTRAINT deployments_commit_wanted CHECK (commit_wanted ~ '^[0-9a-f]{40}$'),
	root_dir text,
	install_command text,
	build_command text,
	output_dir text,
	env_sealed text,
	-- what became of it
	commit_hash text CONSTRAINT deployments_commit_hash CHECK (commit_hash ~ '^[0-9a-f]{40}$'),
	commit_message text,
	author text,
	url text,
	error text,
	limits text,
	superseded_by uuid,
	-- the job
	attempt integer NOT NULL DEFAULT 0,
	lease_owner text,
	lease_until timestamptz,
	cancel_requested_at timestamptz,
	log_seq integer NOT NULL DEFAULT 0,
	log_bytes bigint NOT NULL DEFAULT 0,
	created_at timestamptz NOT NULL DEFAULT now(),
	started_at timestamptz,
	deploying_at timestamptz,
	completed_at timestamptz,
	CONSTRAINT deployments_lease CHECK ((status IN ('building', 'deploying')) = (lease_owner IS NOT NULL)),
	CONSTRAINT deployments_completed CHECK ((status IN ('success', 'failed', 'cancelled', 'superseded')) = (completed_at IS NOT NULL))
);
COMMENT ON TABLE deployments IS 'A deployment and the job that makes it: claimed by a worker, held by a lease.';
COMMENT ON COLUMN deployments.env_sealed IS 'KEY=VALUE lines, sealed under "deployment:<id>:env".';
COMMENT ON COLUMN deployments.error IS 'Why it did not deploy, in a sentence for its owner.';
COMMENT ON COLUMN deployments.limits IS 'Which limits were in force, as the sandbox reported them.';
COMMENT ON COLUMN deployments.attempt IS 'How often a worker began it.';
COMMENT ON COLUMN deployments.log_seq IS 'Last seq of its log.';
-- At most one active build per project and target, whatever the workers do.
CREATE UNIQUE INDEX deployments_active_key ON deployments (project_id, target) WHERE status IN ('building', 'deploying');
CREATE INDEX deployments_user_id_idx ON deployments (user_id, created_at DESC, id DESC);
CREATE INDEX deployments_user_status_idx ON deployments (user_id, status, created_at DESC, id DESC);
CREATE INDEX deployments_project_id_idx ON deployments (project_id, created_at DESC, id DESC);
CREATE INDEX deployments_queue_idx ON deployments (created_at, id) WHERE status = 'queued';
CREATE INDEX deployments_lease_idx ON deployments (lease_until) WHERE status IN ('building', 'deploying');

ALTER TABLE projects ADD CONSTRAINT projects_live_deployment_id_fkey
	FOREIGN KEY (live_deployment_id) REFERENCES deployments ON DELETE SET NULL;
CREATE INDEX projects_live_deployment_id_idx ON projects (live_deployment_id);

CREATE FUNCTION deployment_move_check() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	IF NEW.status <> OLD.status AND NOT EXISTS (
		SELECT 1 FROM deployment_moves m WHERE m.old = OLD.status AND m.new = NEW.status) THEN
		RAISE EXCEPTION 'deployment %: % cannot become %', OLD.id, OLD.status, NEW.status
			USING ERRCODE = 'check_violation', CONSTRAINT = 'deployments_move';
	END IF;
	RETURN NEW;
END $$;
CREATE TRIGGER deployments_move BEFORE UPDATE OF status ON deployments
	FOR EACH ROW EXECUTE FUNCTION deployment_move_check();

-- A hint for those who wait; they re-read the row. May be lost.
CREATE FUNCTION deployment_notify() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	PERFORM pg_notify('autostack', 'deploy:' || NEW.id);
	RETURN NULL;
END $$;
CREATE TRIGGER deployments_notify_insert AFTER INSERT ON deployments
	FOR EACH ROW EXECUTE FUNCTION deployment_notify();
CREATE TRIGGER deployments_notify_update AFTER UPDATE OF status, cancel_requested_at ON deployments
	FOR EACH ROW EXECUTE FUNCTION deployment_notify();

-- How many deployments a user has in each state: a list's totalItems without
-- counting its rows. One row a user, so that its lock is always taken first.
CREATE TABLE deployment_counts (
	user_id uuid CONSTRAINT deployment_counts_pkey PRIMARY KEY
		CONSTRAINT deployment_counts_user_id_fkey REFERENCES users ON DELETE CASCADE,
	queued bigint NOT NULL DEFAULT 0,
	building bigint NOT NULL DEFAULT 0,
	deploying bigint NOT NULL DEFAULT 0,
	success bigint NOT NULL DEFAULT 0,
	failed bigint NOT NULL DEFAULT 0,
	cancelled bigint NOT NULL DEFAULT 0,
	superseded bigint NOT NULL DEFAULT 0
);
COMMENT ON TABLE deployment_counts IS 'Kept by a trigger on deployments.';
CREATE FUNCTION deployment_count() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $$
DECLARE
	was text := CASE WHEN TG_OP <> 'INSERT' THEN OLD.status ELSE '' END;
	became text := CASE WHEN TG_OP <> 'DELETE' THEN NEW.status ELSE '' END;
	owner uuid := CASE WHEN TG_OP <> 'DELETE' THEN NEW.user_id ELSE OLD.user_id END;
BEGIN
	IF TG_OP = 'INSERT' THEN
		INSERT INTO deployment_counts (user_id) VALUES (owner) ON CONFLICT DO NOTHING;
	END IF;
	UPDATE deployment_counts SET
		queued = queued + (became = 'queued')::int - (was = 'queued')::int,
		building = building + (became = 'building')::int - (was = 'building')::int,
		deploying = deploying + (became = 'deploying')::int - (was = 'deploying')::int,
		success = success + (became = 'success')::int - (was = 'success')::int,
		failed = failed + (became = 'failed')::int - (was = 'failed')::int,
		cancelled = cancelled + (became = 'cancelled')::int - (was = 'cancelled')::int,
		superseded = superseded + (became = 'superseded')::int - (was = 'superseded')::int
	WHERE user_id = owner;
	RETURN NULL;
END $$;
CREATE TRIGGER deployments_count_rows AFTER INSERT OR DELETE ON deployments
	FOR EACH ROW EXECUTE FUNCTION deployment_count();
CREATE TRIGGER deployments_count_status AFTER UPDATE OF status ON deployments
	FOR EACH ROW WHEN (OLD.status IS DISTINCT FROM NEW.status) EXECUTE FUNCTION deployment_count();

CREATE TABLE deployment_logs (
	deployment_id uuid NOT NULL CONSTRAINT deployment_logs_deployment_id_fkey REFERENCES deployments ON DELETE CASCADE,
	seq integer NOT NULL,
	at timestamptz NOT NULL,
	level text NOT NULL CONSTRAINT deployment_logs_level CHECK (level IN ('info', 'warning', 'error')),
	message text NOT NULL,
	CONSTRAINT deployment_logs_pkey PRIMARY KEY (deployment_id, seq)
);
COMMENT ON TABLE deployment_logs IS 'The log, append-only, seq from 1 without gaps. message is "[mm:ss] text", masked and cleaned before it is written.';

-- Take the oldest waiting deployment whose project is idle, unless the global
-- limit is reached. One claim at a time (advisory lock), so that the count is
-- exact; a claim takes about a millisecond.
CREATE FUNCTION deployment_claim(worker text, lease interval, global_limit integer)
RETURNS SETOF deployments LANGUAGE plpgsql AS $$
BEGIN
	PERFORM pg_advisory_xact_lock(4717, 1);
	IF (SELECT count(*) FROM deployments WHERE status IN ('building', 'deploying')) >= global_limit THEN
		RETURN;
	END IF;
	RETURN QUERY
	UPDATE deployments d SET status = 'building', lease_owner = worker, lease_until = now() + lease,
		attempt = d.attempt + 1, started_at = coalesce(d.started_at, now()), deploying_at = NULL
	WHERE d.id = (
		SELECT q.id FROM deployments q
		WHERE q.status = 'queued' AND q.cancel_requested_at IS NULL AND NOT EXISTS (
			SELECT 1 FROM deployments a WHERE a.project_id = q.project_id AND a.target = q.target
				AND a.status IN ('building', 'deploying'))
		ORDER BY q.created_at, q.id LIMIT 1 FOR UPDATE SKIP LOCKED)
	RETURNING d.*;
END $$;
