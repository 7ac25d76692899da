-- A pull request of a fork that is closed before it is approved would wait at
-- GitHub for ever.

ALTER TABLE github_calls
	DROP CONSTRAINT github_calls_event,
	DROP CONSTRAINT github_calls_deployment,
	ADD CONSTRAINT github_calls_event
		CHECK (event IN ('waits', 'closed', 'queued', 'building', 'success', 'failed', 'cancelled', 'superseded')),
	ADD CONSTRAINT github_calls_deployment
		CHECK ((deployment_id IS NOT NULL) = (event IS NOT NULL AND event NOT IN ('waits', 'closed')));

CREATE FUNCTION preview_close_github() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $$
BEGIN
	PERFORM github_tell_status(p.id, p.repository, NEW.target, NULL, 'closed', NEW.commit_hash)
	FROM projects p WHERE p.id = NEW.project_id;
	RETURN NULL;
END $$;
CREATE TRIGGER previews_close_github AFTER UPDATE OF closed_at ON previews
	FOR EACH ROW WHEN (OLD.closed_at IS NULL AND NEW.closed_at IS NOT NULL AND NEW.fork
		AND NEW.approved_commit IS DISTINCT FROM NEW.commit_hash)
	EXECUTE FUNCTION preview_close_github();
