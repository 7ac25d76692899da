-- Projects without a repository: what is deployed of them is uploaded.

ALTER TABLE projects ALTER COLUMN repository DROP NOT NULL;
COMMENT ON COLUMN projects.repository IS 'Normalised https URL of the git repository. Null: nothing is built, deployments are uploads.';
ALTER TABLE deployments ALTER COLUMN repository DROP NOT NULL,
	ADD CONSTRAINT deployments_repository CHECK (repository IS NOT NULL OR upload_bytes IS NOT NULL OR trigger = 'rollback');
