-- Notifications: who is told that a deployment has ended, by mail or at an
-- address of their own, and what became of that.

ALTER TABLE users ADD COLUMN deployment_state_change_only boolean NOT NULL DEFAULT false;
COMMENT ON COLUMN users.deployment_state_change_only IS 'Mails only on the first failure after a success and on the first success after a failure.';

CREATE TABLE notification_channels (
	id uuid CONSTRAINT notification_channels_pkey PRIMARY KEY DEFAULT gen_random_uuid(),
	user_id uuid NOT NULL CONSTRAINT notification_channels_user_id_fkey REFERENCES users ON DELETE CASCADE,
	project_id uuid CONSTRAINT notification_channels_project_id_fkey REFERENCES projects ON DELETE CASCADE,
	name text NOT NULL CONSTRAINT notification_channels_name_length CHECK (length(name) BETWEEN 1 AND 100),
	kind text NOT NULL CONSTRAINT notification_channels_kind CHECK (kind IN ('webhook', 'slack', 'discord')),
	host text NOT NULL,
	url_sealed text NOT NULL,
	secret_sealed text,
	on_success boolean NOT NULL,
	on_failure boolean NOT NULL,
	state_change_only boolean NOT NULL,
	enabled boolean NOT NULL,
	failures integer NOT NULL DEFAULT 0,
	disabled_at timestamptz,
	created_at timestamptz NOT NULL DEFAULT now(),
	updated_at timestamptz NOT NULL DEFAULT now(),
	CONSTRAINT notification_channels_secret CHECK ((kind = 'webhook') = (secret_sealed IS NOT NULL)),
	CONSTRAINT notification_channels_disabled CHECK (NOT enabled OR disabled_at IS NULL)
);
COMMENT ON TABLE notification_channels IS 'Addresses that are told of deployments. The kind decides about the form of what is sent.';
COMMENT ON COLUMN notification_channels.project_id IS 'Null: all projects of its user.';
COMMENT ON COLUMN notification_channels.host IS 'Host of the address, for its owner to know it again by.';
COMMENT ON COLUMN notification_channels.url_sealed IS 'The address, sealed under "channel:<id>:url", since who knows it may post there.';
COMMENT ON COLUMN notification_channels.secret_sealed IS 'What a webhook is signed with, sealed under "channel:<id>:secret".';
COMMENT ON COLUMN notification_channels.failures IS 'Failed attempts in a row.';
COMMENT ON COLUMN notification_channels.disabled_at IS 'When it was switched off because of them. Null: it was not, or its owner has switched it since.';
CREATE INDEX notification_channels_user_id_idx ON notification_channels (user_id, created_at DESC, id DESC);
CREATE INDEX notification_channels_project_id_idx ON notification_channels (project_id) WHERE project_id IS NOT NULL;

CREATE TABLE notifications (
	id uuid CONSTRAINT notifications_pkey PRIMARY KEY DEFAULT gen_random_uuid(),
	means text NOT NULL CONSTRAINT notifications_means CHECK (means IN ('mail', 'hook')),
	event text NOT NULL CONSTRAINT notifications_event
		CHECK (event IN ('deployment.success', 'deployment.failure', 'test', 'channel.disabled')),
	user_id uuid NOT NULL CONSTRAINT notifications_user_id_fkey REFERENCES users ON DELETE CASCADE,
	channel_id uuid CONSTRAINT notifications_channel_id_fkey REFERENCES notification_channels ON DELETE CASCADE,
	deployment_id uuid CONSTRAINT notifications_deployment_id_fkey REFERENCES deployments ON DELETE CASCADE,
	state_changed boolean NOT NULL DEFAULT false,
	status text NOT NULL DEFAULT 'waiting' CONSTRAINT notifications_status CHECK (status IN ('waiting', 'delivered', 'failed')),
	attempts integer NOT NULL DEFAULT 0,
	next_at timestamptz NOT NULL DEFAULT now(),
	lease_until timestamptz,
	response_code integer,
	error text,
	created_at timestamptz NOT NULL DEFAULT now(),
	ended_at timestamptz,
	CONSTRAINT notifications_ended CHECK ((status = 'waiting') = (ended_at IS NULL)),
	CONSTRAINT notifications_lease CHECK (lease_until IS NULL OR status = 'waiting'),
	CONSTRAINT notifications_channel CHECK (channel_id IS NOT NULL OR means = 'mail'),
	CONSTRAINT notifications_deployment CHECK ((deployment_id IS NOT NULL) = (event LIKE 'deployment.%'))
);
COMMENT ON TABLE notifications IS 'What has to be told and what became of it: the log of deliveries. Written in the transaction that it tells of.';
COMMENT ON COLUMN notifications.means IS 'mail: becomes a row of mails. hook: is posted to the channel.';
COMMENT ON COLUMN notifications.state_changed IS 'The deployment before, of the same project and target, ended otherwise.';
COMMENT ON COLUMN notifications.lease_until IS 'It is on its way; when nobody has told what became of it until then, it is tried again.';
COMMENT ON COLUMN notifications.error IS 'Why the last attempt failed, in the same words whatever is behind the address.';
CREATE INDEX notifications_due_idx ON notifications (means, next_at) WHERE status = 'waiting';
CREATE INDEX notifications_lease_idx ON notifications (lease_until) WHERE lease_until IS NOT NULL;
CREATE INDEX notifications_channel_id_idx ON notifications (channel_id, created_at DESC, id DESC) WHERE channel_id IS NOT NULL;
CREATE INDEX notifications_deployment_id_idx ON notifications (deployment_id) WHERE deployment_id IS NOT NULL;
CREATE INDEX notifications_user_id_idx ON notifications (user_id);
CREATE INDEX notifications_created_at_idx ON notifications (created_at);

CREATE FUNCTION notification_notify() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	PERFORM pg_notify('autostack', NEW.means || ':' || NEW.id);
	RETURN NULL;
END $$;
CREATE TRIGGER notifications_notify AFTER INSERT ON notifications
	FOR EACH ROW EXECUTE FUNCTION notification_notify();

-- The end of a deployment makes the rows itself, whichever statement wrote it:
-- none is lost and none is made twice. Cancelled and superseded are silent.
CREATE INDEX deployments_ended_idx ON deployments (project_id, target, completed_at DESC)
	WHERE status IN ('success', 'failed');
CREATE FUNCTION deployment_tell() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $$
DECLARE
	good boolean := NEW.status = 'success';
	what text := CASE WHEN good THEN 'deployment.success' ELSE 'deployment.failure' END;
	changed boolean;
BEGIN
	SELECT d.status <> NEW.status INTO changed FROM deployments d
	WHERE d.project_id = NEW.project_id AND d.target = NEW.target AND d.id <> NEW.id
		AND d.status IN ('success', 'failed')
	ORDER BY d.completed_at DESC LIMIT 1;
	changed := coalesce(changed, false);
	INSERT INTO notifications (means, event, user_id, deployment_id, state_changed)
	SELECT 'mail', what, u.id, NEW.id, changed
	FROM projects p JOIN users u ON u.id = p.user_id
	WHERE p.id = NEW.project_id AND u.active AND u.email_verified AND u.email_notifications
		AND CASE WHEN good THEN u.deployment_success_notifications ELSE u.deployment_failure_notifications END
		AND (changed OR NOT u.deployment_state_change_only);
	-- a channel that is being deleted must not undo the deployment's end
	INSERT INTO notifications (means, event, user_id, channel_id, deployment_id, state_changed)
	SELECT 'hook', what, c.user_id, c.id, NEW.id, changed
	FROM projects p JOIN notification_channels c ON c.user_id = p.user_id
	WHERE p.id = NEW.project_id AND c.enabled AND (c.project_id IS NULL OR c.project_id = p.id)
		AND CASE WHEN good THEN c.on_success ELSE c.on_failure END
		AND (changed OR NOT c.state_change_only)
	FOR KEY SHARE OF c;
	RETURN NULL;
END $$;
CREATE TRIGGER deployments_tell AFTER UPDATE OF status ON deployments
	FOR EACH ROW WHEN (OLD.status IS DISTINCT FROM NEW.status AND NEW.status IN ('success', 'failed'))
	EXECUTE FUNCTION deployment_tell();

-- Take the notification that is due first, for one attempt. A channel has one
-- on its way at most, and a user only a few: an address that does not answer
-- holds up nobody else. One claim at a time (advisory lock), so that this is
-- exact.
CREATE FUNCTION notification_claim(lease interval, per_user integer)
RETURNS SETOF notifications LANGUAGE plpgsql AS $$
DECLARE
	channels uuid[];
	users uuid[];
BEGIN
	PERFORM pg_advisory_xact_lock(4717, 2);
	SELECT coalesce(array_agg(b.channel_id), '{}') INTO channels FROM notifications b WHERE b.lease_until > now();
	SELECT coalesce(array_agg(b.user_id), '{}') INTO users FROM (
		SELECT n.user_id FROM notifications n WHERE n.lease_until > now()
		GROUP BY n.user_id HAVING count(*) >= per_user) b;
	RETURN QUERY
	UPDATE notifications n SET attempts = n.attempts + 1, lease_until = now() + lease
	WHERE n.id = (
		SELECT q.id FROM notifications q
		WHERE q.status = 'waiting' AND q.means = 'hook' AND q.next_at <= now()
			AND q.channel_id <> ALL (channels) AND q.user_id <> ALL (users)
		ORDER BY q.next_at LIMIT 1 FOR UPDATE SKIP LOCKED)
	RETURNING n.*;
END $$;

-- The channel's row is locked before those of its notifications, as whoever
-- changes or deletes the channel does.
CREATE FUNCTION notification_lock_channel(notification uuid) RETURNS void LANGUAGE sql AS $$
	SELECT FROM notification_channels c JOIN notifications n ON n.channel_id = c.id
	WHERE n.id = notification FOR NO KEY UPDATE OF c;
$$;

-- The receiver has taken it, so its channel is well. Answers whether that was
-- still to be said.
CREATE FUNCTION notification_delivered(notification uuid, attempt integer, code integer)
RETURNS boolean LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $$
DECLARE
	channel uuid;
BEGIN
	PERFORM notification_lock_channel(notification);
	UPDATE notifications t SET status = 'delivered', response_code = code, error = NULL, lease_until = NULL,
		ended_at = now()
	WHERE t.id = notification AND t.attempts = attempt AND t.status = 'waiting'
	RETURNING t.channel_id INTO channel;
	UPDATE notification_channels c SET failures = 0 WHERE c.id = channel AND c.failures > 0;
	RETURN channel IS NOT NULL;
END $$;

-- An attempt has failed: the notification waits again or is given up, and too
-- many failures in a row switch the channel off, of which its owner is told.
-- Answers the notification's status, or 'disabled'; no row: it is somebody
-- else's by now. A test says nothing of the channel.
CREATE FUNCTION notification_put_off(notification uuid, attempt integer, code integer, why text, pause interval,
	attempts_max integer, failures_max integer)
RETURNS SETOF text LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $$
DECLARE
	n notifications;
	failed integer;
BEGIN
	PERFORM notification_lock_channel(notification);
	UPDATE notifications t SET response_code = code, error = why, next_at = now() + pause, lease_until = NULL,
		status = CASE WHEN attempt >= attempts_max OR t.event = 'test' THEN 'failed' ELSE 'waiting' END,
		ended_at = CASE WHEN attempt >= attempts_max OR t.event = 'test' THEN now() END
	WHERE t.id = notification AND t.attempts = attempt AND t.status = 'waiting'
	RETURNING t.* INTO n;
	IF NOT FOUND THEN
		RETURN;
	END IF;
	IF n.event <> 'test' THEN
		UPDATE notification_channels c SET failures = c.failures + 1 WHERE c.id = n.channel_id AND c.enabled
		RETURNING c.failures INTO failed;
	END IF;
	IF coalesce(failed, 0) < failures_max THEN
		RETURN NEXT n.status;
		RETURN;
	END IF;
	UPDATE notification_channels c SET enabled = false, disabled_at = now(), updated_at = now() WHERE c.id = n.channel_id;
	UPDATE notifications t SET status = 'failed', ended_at = now(), lease_until = NULL,
		error = CASE WHEN t.id = n.id THEN t.error ELSE 'the channel was switched off' END
	WHERE t.channel_id = n.channel_id AND t.means = 'hook' AND t.status = 'waiting';
	INSERT INTO notifications (means, event, user_id, channel_id)
	SELECT 'mail', 'channel.disabled', u.id, n.channel_id FROM users u WHERE u.id = n.user_id AND u.active AND u.email_verified;
	RETURN NEXT 'disabled';
END $$;

-- Whom notifications by mail go to. The worker reads no other accounts, and
-- these only until they are told.
CREATE VIEW notification_readers AS
	SELECT n.id, u.name, u.email, u.active AND u.email_verified AS good
	FROM notifications n JOIN users u ON u.id = n.user_id
	WHERE n.status = 'waiting' AND n.means = 'mail';
COMMENT ON VIEW notification_readers IS 'Name and address of those to whom a mail has to be written.';
