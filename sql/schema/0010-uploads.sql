-- Uploads: deployments of what somebody else has built.

ALTER TABLE deployments
	ADD COLUMN upload_bytes bigint CONSTRAINT deployments_upload_bytes CHECK (upload_bytes > 0);
COMMENT ON COLUMN deployments.upload_bytes IS 'Size of the tar.gz that was uploaded to be published as it is. Null: the repository is built.';
CREATE INDEX deployments_upload_idx ON deployments (created_at) WHERE status = 'queued' AND upload_bytes IS NOT NULL;

-- In the database, since API and worker may be on different hosts. The rows
-- come before the deployment's, in the same transaction.
CREATE TABLE upload_chunks (
	deployment_id uuid NOT NULL CONSTRAINT upload_chunks_deployment_id_fkey REFERENCES deployments ON DELETE CASCADE
		DEFERRABLE INITIALLY DEFERRED,
	n integer NOT NULL,
	data bytea NOT NULL,
	CONSTRAINT upload_chunks_pkey PRIMARY KEY (deployment_id, n)
);
COMMENT ON TABLE upload_chunks IS 'An upload in pieces, n from 0 without gaps, until its deployment has ended.';
ALTER TABLE upload_chunks ALTER COLUMN data SET STORAGE EXTERNAL; -- it is compressed already

-- However a deployment ends, and whoever says so, its upload goes with it.
CREATE FUNCTION upload_done() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $$
BEGIN
	DELETE FROM upload_chunks WHERE deployment_id = NEW.id;
	RETURN NULL;
END $$;
CREATE TRIGGER deployments_upload_done AFTER UPDATE OF status ON deployments
	FOR EACH ROW WHEN (NEW.upload_bytes IS NOT NULL AND NEW.completed_at IS NOT NULL)
	EXECUTE FUNCTION upload_done();
