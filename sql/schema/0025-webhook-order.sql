-- A git host tells of pull requests in any order: each event has its time. And
-- what a delivery says of one is kept, so that it can be judged again. And a copy
-- is known as one for longer than the delivery is kept.

ALTER TABLE previews ADD COLUMN told_at timestamptz NOT NULL DEFAULT '-infinity';
COMMENT ON COLUMN previews.told_at IS 'Time at the git host of the newest event that told of it: an older one that comes later changes nothing.';

ALTER TABLE webhook_deliveries
	DROP CONSTRAINT webhook_deliveries_verdict,
	ADD CONSTRAINT webhook_deliveries_verdict CHECK (verdict IN ('received', 'deployed', 'pong', 'branch_not_tracked',
		'skipped', 'auto_deploy_off', 'wrong_repository', 'queue_full', 'not_handled', 'malformed', 'bad_signature', 'failed',
		'paths_unchanged', 'waits_for_approval', 'preview_closed', 'previews_off', 'outdated'));
ALTER TABLE webhook_deliveries
	ADD COLUMN change text CONSTRAINT webhook_deliveries_change CHECK (change IN ('opened', 'pushed', 'closed')),
	ADD COLUMN pull_number integer CONSTRAINT webhook_deliveries_pull_number CHECK (pull_number > 0),
	ADD COLUMN pull_title text,
	ADD COLUMN pull_author text,
	ADD COLUMN pull_fork boolean,
	ADD COLUMN told_at timestamptz,
	ADD CONSTRAINT webhook_deliveries_pull CHECK (num_nulls(pull_number, pull_title, pull_author, pull_fork, told_at) IN (0, 5));
COMMENT ON COLUMN webhook_deliveries.branch IS 'Branch that was pushed; of a pull request, the one that is to be merged.';
COMMENT ON COLUMN webhook_deliveries.change IS 'What of a pull request''s event counts; null: nothing.';
COMMENT ON COLUMN webhook_deliveries.told_at IS 'Since when the pull request is so, by the git host''s clock.';
COMMENT ON COLUMN webhook_deliveries.duplicates IS 'How often it came again.';
COMMENT ON COLUMN webhook_deliveries.judged_at IS 'When it was judged last; while it is being judged again, when that began.';

-- Not what has deployed or closed something, not what no setting changes, and no
-- push after which a newer one was deployed. One that is being judged is free again when its judge must be dead.
CREATE FUNCTION webhook_can_judge(d webhook_deliveries) RETURNS boolean LANGUAGE sql STABLE AS $$
	SELECT (d.verdict IN ('branch_not_tracked', 'auto_deploy_off', 'wrong_repository', 'queue_full', 'malformed', 'failed',
			'paths_unchanged', 'waits_for_approval', 'previews_off')
		OR d.verdict = 'received' AND coalesce(d.judged_at, d.received_at) < now() - interval '1 minute')
		AND NOT (d.event = 'push' AND EXISTS (
			SELECT FROM webhook_deliveries n WHERE n.project_id = d.project_id AND n.branch = d.branch AND n.event = 'push'
				AND n.verdict = 'deployed' AND n.received_at > d.received_at))
$$;
COMMENT ON FUNCTION webhook_can_judge IS 'Whether judging a delivery again may lead to something.';
CREATE FUNCTION webhook_is_known(d webhook_deliveries) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$
	SELECT d.verdict NOT IN ('malformed', 'bad_signature') AND (d.event <> 'pull_request' OR d.pull_number IS NOT NULL)
$$;
COMMENT ON FUNCTION webhook_is_known IS 'Whether what is kept of a delivery is enough to judge it.';

CREATE TABLE webhook_seen (
	project_id uuid NOT NULL CONSTRAINT webhook_seen_project_id_fkey REFERENCES projects ON DELETE CASCADE,
	body_hash bytea NOT NULL CONSTRAINT webhook_seen_body_hash_length CHECK (length(body_hash) = 32),
	CONSTRAINT webhook_seen_pkey PRIMARY KEY (project_id, body_hash)
);
COMMENT ON TABLE webhook_seen IS 'Deliveries that are kept no more: whoever has a copy of one cannot send it again. They go with the secret that signed them.';
COMMENT ON COLUMN webhook_seen.body_hash IS 'SHA-256 of the body.';
