-- What a deployment is of is settled when it is queued, and every list tells it.
ALTER TABLE deployments ADD COLUMN uploaded boolean NOT NULL DEFAULT false;
COMMENT ON COLUMN deployments.uploaded IS 'It is of an upload, or a switch back to one: there is nothing that could be built again.';
UPDATE deployments d SET uploaded = true
	WHERE d.upload_bytes IS NOT NULL OR d.repository IS NULL OR d.trigger = 'rollback' AND EXISTS (
		SELECT FROM deployments u WHERE u.id = d.release_id AND u.upload_bytes IS NOT NULL);
