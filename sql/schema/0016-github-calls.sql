-- What GitHub is told on behalf of somebody who has connected an account there:
-- how deployments go (commit statuses), and where the webhook of a project is.

ALTER TABLE github_connections
	ADD COLUMN base_url text NOT NULL DEFAULT 'https://github.com'
		CONSTRAINT github_connections_base_url_length CHECK (length(base_url) BETWEEN 8 AND 255),
	ADD COLUMN limited_until timestamptz;
COMMENT ON COLUMN github_connections.base_url IS 'Whose token it is: repositories of this server''s only, without a slash at the end.';
COMMENT ON COLUMN github_connections.limited_until IS 'GitHub has said that the account asks too much; nothing is asked until then.';

ALTER TABLE project_webhooks
	ADD COLUMN state text NOT NULL DEFAULT 'manual' CONSTRAINT project_webhooks_state
		CHECK (state IN ('manual', 'waiting', 'registered', 'failed')),
	ADD COLUMN repository text,
	ADD COLUMN hook_id bigint,
	ADD COLUMN error text,
	ADD COLUMN registered_at timestamptz,
	ADD CONSTRAINT project_webhooks_repository CHECK ((repository IS NULL) = (state = 'manual'));
COMMENT ON COLUMN project_webhooks.state IS 'manual: its owner enters it at GitHub. waiting: it is going to be registered there.';
COMMENT ON COLUMN project_webhooks.repository IS 'owner/name of where it is registered, or is to be.';
COMMENT ON COLUMN project_webhooks.hook_id IS 'GitHub''s id of it.';
COMMENT ON COLUMN project_webhooks.error IS 'Why it is not registered, in words for the owner.';

-- The newest call of a lane says all that its lane has to say, so the ones
-- before it are dropped; none is asked beside another of its lane.
CREATE TABLE github_calls (
	id uuid CONSTRAINT github_calls_pkey PRIMARY KEY DEFAULT gen_random_uuid(),
	seq bigint GENERATED ALWAYS AS IDENTITY,
	what text NOT NULL CONSTRAINT github_calls_what CHECK (what IN ('status', 'hook', 'unhook')),
	lane text NOT NULL,
	user_id uuid NOT NULL CONSTRAINT github_calls_user_id_fkey REFERENCES users ON DELETE CASCADE,
	project_id uuid NOT NULL,
	repository text NOT NULL,
	deployment_id uuid CONSTRAINT github_calls_deployment_id_fkey REFERENCES deployments ON DELETE CASCADE,
	event text CONSTRAINT github_calls_event
		CHECK (event IN ('queued', 'building', 'success', 'failed', 'cancelled', 'superseded')),
	context text,
	commit_hash text CONSTRAINT github_calls_commit_hash CHECK (commit_hash ~ '^[0-9a-f]{40}$'),
	status text NOT NULL DEFAULT 'waiting' CONSTRAINT github_calls_status
		CHECK (status IN ('waiting', 'delivered', 'failed', 'dropped')),
	attempts integer NOT NULL DEFAULT 0,
	next_at timestamptz NOT NULL DEFAULT now(),
	lease_until timestamptz,
	response_code integer,
	error text,
	created_at timestamptz NOT NULL DEFAULT now(),
	ended_at timestamptz,
	CONSTRAINT github_calls_ended CHECK ((status = 'waiting') = (ended_at IS NULL)),
	CONSTRAINT github_calls_lease CHECK (lease_until IS NULL OR status = 'waiting'),
	CONSTRAINT github_calls_deployment CHECK (
		(what = 'status') = (deployment_id IS NOT NULL AND event IS NOT NULL AND context IS NOT NULL AND commit_hash IS NOT NULL))
);
COMMENT ON TABLE github_calls IS 'What GitHub has to be told and what became of it. Written in the transaction that it tells of.';
COMMENT ON COLUMN github_calls.seq IS 'Order within a lane.';
COMMENT ON COLUMN github_calls.what IS 'status: of a commit. hook, unhook: the webhook of a project is there, or is not.';
COMMENT ON COLUMN github_calls.lane IS 'What it is about: a context of a commit, or the webhook of a project at a repository.';
COMMENT ON COLUMN github_calls.project_id IS 'May be gone: its webhook still has to go.';
COMMENT ON COLUMN github_calls.lease_until IS 'It is on its way; when nobody has told what became of it until then, it is tried again.';
COMMENT ON COLUMN github_calls.error IS 'Why the last attempt failed, in words for the owner.';
CREATE INDEX github_calls_due_idx ON github_calls (next_at) WHERE status = 'waiting';
CREATE INDEX github_calls_lane_idx ON github_calls (lane, seq);
CREATE INDEX github_calls_user_id_idx ON github_calls (user_id);
CREATE INDEX github_calls_deployment_id_idx ON github_calls (deployment_id, seq DESC) WHERE deployment_id IS NOT NULL;
CREATE INDEX github_calls_created_at_idx ON github_calls (created_at);

CREATE FUNCTION github_call_notify() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	PERFORM pg_notify('autostack', 'hook:' || NEW.id);
	RETURN NULL;
END $$;
CREATE TRIGGER github_calls_notify AFTER INSERT ON github_calls
	FOR EACH ROW EXECUTE FUNCTION github_call_notify();

-- owner/name of a repository at a server; null: it is not there.
CREATE FUNCTION github_name(base_url text, repository text) RETURNS text LANGUAGE sql IMMUTABLE AS $$
	SELECT CASE WHEN starts_with(repository, base_url || '/') THEN
		substring(regexp_replace(substr(repository, length(base_url) + 2), '\.git$', '')
			FROM '^[A-Za-z0-9_.-]{1,100}/[A-Za-z0-9_.-]{1,100}$') END;
$$;

-- A deployment's way makes the rows itself, whichever statement wrote it. While
-- nobody knows the commit there is nothing to say; deploying is still building
-- to GitHub; and one that gives way to another of the same commit says nothing
-- after that has spoken.
CREATE FUNCTION deployment_tell_github() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $$
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
	INSERT INTO github_calls (what, lane, user_id, project_id, repository, deployment_id, event, context, commit_hash)
	SELECT 'status', concat_ws(':', 'status', lower(t.name), sha, t.context), t.user_id, NEW.project_id, t.name, NEW.id,
		now_at, t.context, sha
	FROM (SELECT p.user_id, github_name(g.base_url, NEW.repository) AS name,
			'autostack/' || p.site || CASE WHEN NEW.target = 'production' THEN '' ELSE '/preview' END AS context
		FROM projects p JOIN github_connections g ON g.user_id = p.user_id
		WHERE p.id = NEW.project_id) t
	WHERE t.name IS NOT NULL;
	RETURN NULL;
END $$;
CREATE TRIGGER deployments_tell_github AFTER INSERT OR UPDATE OF status, commit_hash ON deployments
	FOR EACH ROW EXECUTE FUNCTION deployment_tell_github();

-- The same for webhooks. Where one is given up, it goes from GitHub; where one
-- is waited for, it is registered, with the secret of now.
CREATE FUNCTION project_webhook_tell() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $$
BEGIN
	IF TG_OP <> 'INSERT' AND OLD.repository IS NOT NULL
		AND (TG_OP = 'DELETE' OR NEW.repository IS DISTINCT FROM OLD.repository) THEN
		INSERT INTO github_calls (what, lane, user_id, project_id, repository)
		SELECT 'unhook', concat_ws(':', 'hook', p.id, lower(OLD.repository)), p.user_id, p.id, OLD.repository
		FROM projects p JOIN users u ON u.id = p.user_id JOIN github_connections g ON g.user_id = u.id
		WHERE p.id = OLD.project_id;
	END IF;
	IF TG_OP <> 'DELETE' AND NEW.state = 'waiting' AND (TG_OP = 'INSERT' OR NEW.updated_at <> OLD.updated_at) THEN
		INSERT INTO github_calls (what, lane, user_id, project_id, repository)
		SELECT 'hook', concat_ws(':', 'hook', p.id, lower(NEW.repository)), p.user_id, p.id, NEW.repository
		FROM projects p WHERE p.id = NEW.project_id;
	END IF;
	RETURN NULL;
END $$;
CREATE TRIGGER project_webhooks_tell AFTER INSERT OR UPDATE OR DELETE ON project_webhooks
	FOR EACH ROW EXECUTE FUNCTION project_webhook_tell();

-- A registered webhook goes before its project does, and along when that
-- gets another repository.
CREATE FUNCTION project_webhook_follow() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $$
BEGIN
	IF TG_OP = 'DELETE' THEN
		DELETE FROM project_webhooks WHERE project_id = OLD.id;
		RETURN OLD;
	END IF;
	UPDATE project_webhooks w SET repository = t.name, hook_id = NULL, registered_at = NULL, error = NULL, updated_at = now(),
		state = CASE WHEN t.name IS NULL THEN 'manual' ELSE 'waiting' END
	FROM (SELECT (SELECT github_name(g.base_url, NEW.repository) FROM github_connections g WHERE g.user_id = NEW.user_id) AS name) t
	WHERE w.project_id = NEW.id AND w.repository IS NOT NULL AND w.repository IS DISTINCT FROM t.name;
	RETURN NEW;
END $$;
CREATE TRIGGER projects_webhook_goes BEFORE DELETE ON projects
	FOR EACH ROW EXECUTE FUNCTION project_webhook_follow();
CREATE TRIGGER projects_webhook_moves AFTER UPDATE OF repository ON projects
	FOR EACH ROW WHEN (OLD.repository IS DISTINCT FROM NEW.repository) EXECUTE FUNCTION project_webhook_follow();

-- Take the call that is due first, for one attempt; drop those that a newer one
-- of their lane has made needless. Not all senders are GitHub's: of a user and
-- in all so many are on their way at most. One claim at a time (advisory lock),
-- so that this is exact.
CREATE FUNCTION github_claim(lease interval, per_user integer, at_once integer)
RETURNS SETOF github_calls LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $$
DECLARE
	lanes text[];
	users uuid[];
BEGIN
	PERFORM pg_advisory_xact_lock(4717, 3);
	UPDATE github_calls c SET status = 'dropped', error = 'A newer one took its place', lease_until = NULL, ended_at = now()
	WHERE c.id IN (
		SELECT o.id FROM github_calls o
		WHERE o.status = 'waiting' AND (o.lease_until IS NULL OR o.lease_until <= now())
			AND EXISTS (SELECT FROM github_calls n WHERE n.lane = o.lane AND n.seq > o.seq)
		FOR UPDATE SKIP LOCKED);
	SELECT coalesce(array_agg(b.lane), '{}') INTO lanes FROM github_calls b
	WHERE b.status = 'waiting' AND b.lease_until > now();
	IF cardinality(lanes) >= at_once THEN
		RETURN;
	END IF;
	SELECT coalesce(array_agg(b.user_id), '{}') INTO users FROM (
		SELECT c.user_id FROM github_calls c WHERE c.status = 'waiting' AND c.lease_until > now()
		GROUP BY c.user_id HAVING count(*) >= per_user
		UNION ALL SELECT g.user_id FROM github_connections g WHERE g.limited_until > now()) b;
	RETURN QUERY
	UPDATE github_calls c SET attempts = c.attempts + 1, lease_until = now() + lease
	WHERE c.id = (
		SELECT q.id FROM github_calls q
		WHERE q.status = 'waiting' AND q.next_at <= now() AND (q.lease_until IS NULL OR q.lease_until <= now())
			AND q.lane <> ALL (lanes) AND q.user_id <> ALL (users)
		ORDER BY q.next_at, q.seq LIMIT 1 FOR UPDATE SKIP LOCKED)
	RETURNING c.*;
END $$;

-- The rows of the connection and of the webhook are locked before the call's
-- own, as whoever deletes the account does.
CREATE FUNCTION github_call_lock(call uuid) RETURNS void LANGUAGE sql AS $$
	SELECT FROM project_webhooks w JOIN github_calls c ON c.project_id = w.project_id
	WHERE c.id = call AND c.what = 'hook' FOR NO KEY UPDATE OF w;
	SELECT FROM github_connections g JOIN github_calls c ON c.user_id = g.user_id
	WHERE c.id = call FOR NO KEY UPDATE OF g;
$$;

-- GitHub has taken it. Of a webhook its id is known now, unless its owner wants
-- something else by now. Answers whether that was still to be said.
CREATE FUNCTION github_delivered(call uuid, attempt integer, code integer, hook bigint)
RETURNS boolean LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $$
DECLARE
	c github_calls;
BEGIN
	PERFORM github_call_lock(call);
	UPDATE github_calls t SET status = 'delivered', response_code = code, error = NULL, lease_until = NULL, ended_at = now()
	WHERE t.id = call AND t.attempts = attempt AND t.status = 'waiting'
	RETURNING t.* INTO c;
	IF c.what = 'hook' THEN
		UPDATE project_webhooks w SET state = 'registered', hook_id = hook, registered_at = now(), error = NULL
		WHERE w.project_id = c.project_id AND w.repository = c.repository
			AND NOT EXISTS (SELECT FROM github_calls n WHERE n.lane = c.lane AND n.seq > c.seq);
	END IF;
	RETURN c.id IS NOT NULL;
END $$;

-- An attempt has failed: the call waits again or is given up, and its user's
-- others wait as well when GitHub wants that. Answers the call's status; no
-- row: it is somebody else's by now.
CREATE FUNCTION github_put_off(call uuid, attempt integer, code integer, why text, pause interval, give_up boolean,
	limited boolean)
RETURNS SETOF text LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $$
DECLARE
	c github_calls;
BEGIN
	PERFORM github_call_lock(call);
	UPDATE github_calls t SET response_code = code, error = why, next_at = now() + pause, lease_until = NULL,
		status = CASE WHEN give_up THEN 'failed' ELSE 'waiting' END, ended_at = CASE WHEN give_up THEN now() END
	WHERE t.id = call AND t.attempts = attempt AND t.status = 'waiting'
	RETURNING t.* INTO c;
	IF NOT FOUND THEN
		RETURN;
	END IF;
	IF c.what = 'hook' THEN
		UPDATE project_webhooks w SET error = why, state = CASE WHEN give_up THEN 'failed' ELSE w.state END
		WHERE w.project_id = c.project_id AND w.repository = c.repository AND w.state = 'waiting'
			AND NOT EXISTS (SELECT FROM github_calls n WHERE n.lane = c.lane AND n.seq > c.seq);
	END IF;
	IF limited THEN
		UPDATE github_connections g SET limited_until = now() + pause WHERE g.user_id = c.user_id;
	END IF;
	RETURN NEXT c.status;
END $$;
