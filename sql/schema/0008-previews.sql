-- Previews: deployments of pull requests, each under an address of its own. And
-- what a project wants of pushes.

ALTER TABLE projects ADD COLUMN preview_env_sealed text, ADD COLUMN previews boolean NOT NULL DEFAULT true,
	ADD COLUMN watch_paths text CONSTRAINT projects_watch_paths_length CHECK (length(watch_paths) <= 4096);
COMMENT ON COLUMN projects.preview_env_sealed IS 'KEY=VALUE lines that previews get, and nothing else, sealed under "project:<id>:preview_env".';
COMMENT ON COLUMN projects.watch_paths IS 'Patterns of files, one a line (svc/pathfilter.h): a push that touches none of them deploys nothing. Null: all.';
COMMENT ON COLUMN projects.previews IS 'Whether pull requests are deployed.';

ALTER TABLE deployments ADD COLUMN trusted boolean NOT NULL DEFAULT true;
COMMENT ON COLUMN deployments.target IS 'What it makes: production, or the preview of a pull request (pr-12). One is built at a time for each.';
COMMENT ON COLUMN deployments.trusted IS 'False: the commit is a stranger''s. The build gets no variables, and shares no cache.';

CREATE TABLE previews (
	id uuid CONSTRAINT previews_pkey PRIMARY KEY DEFAULT gen_random_uuid(),
	project_id uuid NOT NULL CONSTRAINT previews_project_id_fkey REFERENCES projects ON DELETE CASCADE,
	number integer NOT NULL CONSTRAINT previews_number CHECK (number > 0),
	target text NOT NULL GENERATED ALWAYS AS ('pr-' || number) STORED,
	title text NOT NULL,
	author text NOT NULL,
	branch text NOT NULL,
	commit_hash text NOT NULL CONSTRAINT previews_commit_hash CHECK (commit_hash ~ '^[0-9a-f]{40}$'),
	fork boolean NOT NULL,
	approved_commit text CONSTRAINT previews_approved_commit CHECK (approved_commit ~ '^[0-9a-f]{40}$'),
	opened_at timestamptz NOT NULL DEFAULT now(),
	updated_at timestamptz NOT NULL DEFAULT now(),
	closed_at timestamptz,
	removed_at timestamptz,
	CONSTRAINT previews_number_key UNIQUE (project_id, number)
);
COMMENT ON TABLE previews IS 'Pull requests of a project''s repository. A closed one is taken from disk by a worker.';
COMMENT ON COLUMN previews.branch IS 'Branch that is to be merged, in the repository that it comes from.';
COMMENT ON COLUMN previews.commit_hash IS 'Its newest commit.';
COMMENT ON COLUMN previews.fork IS 'It comes from another repository: nothing is built before the owner has approved the very commit.';
COMMENT ON COLUMN previews.removed_at IS 'When its address was removed from disk; null while it is open or has not been looked at.';
CREATE INDEX previews_closed_idx ON previews (closed_at) WHERE closed_at IS NOT NULL AND removed_at IS NULL;
