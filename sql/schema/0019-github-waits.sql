-- A pull request of a fork that waits for its approval has a status at GitHub as
-- well, at the repository that it is to be merged into. It is of no deployment:
-- there is none yet.

ALTER TABLE github_calls
	DROP CONSTRAINT github_calls_event,
	DROP CONSTRAINT github_calls_deployment,
	ADD CONSTRAINT github_calls_event
		CHECK (event IN ('waits', 'queued', 'building', 'success', 'failed', 'cancelled', 'superseded')),
	ADD CONSTRAINT github_calls_status_whole
		CHECK ((what = 'status') = (event IS NOT NULL AND context IS NOT NULL AND commit_hash IS NOT NULL)),
	ADD CONSTRAINT github_calls_deployment CHECK ((deployment_id IS NOT NULL) = (event IS NOT NULL AND event <> 'waits'));

-- The row of a status, if a repository is where the project's owner is connected.
CREATE FUNCTION github_tell_status(project uuid, repository text, target text, deployment uuid, event text, sha text)
RETURNS void LANGUAGE sql AS $$
	INSERT INTO github_calls (what, lane, user_id, project_id, repository, deployment_id, event, context, commit_hash)
	SELECT 'status', concat_ws(':', 'status', lower(t.name), sha, t.context), t.user_id, project, t.name, deployment, event,
		t.context, sha
	FROM (SELECT p.user_id, github_name(g.base_url, $2) AS name,
			'autostack/' || p.site || CASE WHEN $3 = 'production' THEN '' ELSE '/preview' END AS context
		FROM projects p JOIN github_connections g ON g.user_id = p.user_id
		WHERE p.id = $1) t
	WHERE t.name IS NOT NULL;
$$;

CREATE OR REPLACE FUNCTION deployment_tell_github() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $$
DECLARE
	sha text := coalesce(NEW.commit_hash, NEW.commit_wanted);
	now_at text := CASE NEW.status WHEN 'deploying' THEN 'building' ELSE NEW.status END;
BEGIN
	IF sha IS NULL THEN
		RETURN NULL;
	END IF;
	IF TG_OP = 'UPDATE' AND sha IS NOT DISTINCT FROM coalesce(OLD.commit_hash, OLD.commit_wanted)
		AND now_at = (CASE OLD.status WHEN 'deploying' THEN 'building' ELSE OLD.status END) THEN
		RETURN NULL;
	END IF;
	IF NEW.status = 'superseded' AND EXISTS (SELECT FROM deployments d
		WHERE d.id = NEW.superseded_by AND coalesce(d.commit_hash, d.commit_wanted) = sha) THEN
		RETURN NULL;
	END IF;
	PERFORM github_tell_status(NEW.project_id, NEW.repository, NEW.target, NEW.id, now_at, sha);
	RETURN NULL;
END $$;

-- Once for each commit, and again when the pull request is opened again.
CREATE FUNCTION preview_tell_github() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $$
BEGIN
	IF TG_OP = 'UPDATE' AND OLD.fork AND OLD.closed_at IS NULL AND OLD.commit_hash = NEW.commit_hash THEN
		RETURN NULL;
	END IF;
	PERFORM github_tell_status(p.id, p.repository, NEW.target, NULL, 'waits', NEW.commit_hash)
	FROM projects p WHERE p.id = NEW.project_id;
	RETURN NULL;
END $$;
CREATE TRIGGER previews_tell_github AFTER INSERT OR UPDATE OF commit_hash, fork, closed_at ON previews
	FOR EACH ROW WHEN (NEW.fork AND NEW.closed_at IS NULL AND NEW.approved_commit IS DISTINCT FROM NEW.commit_hash)
	EXECUTE FUNCTION preview_tell_github();
