-- A git host tells of pull requests in any order: each event has its time.

ALTER TABLE previews ADD COLUMN told_at timestamptz NOT NULL DEFAULT '-infinity';
COMMENT ON COLUMN previews.told_at IS 'Time at the git host of the newest event that told of it: an older one that comes later changes nothing.';

ALTER TABLE webhook_deliveries
	DROP CONSTRAINT webhook_deliveries_verdict,
	ADD CONSTRAINT webhook_deliveries_verdict CHECK (verdict IN ('received', 'deployed', 'pong', 'branch_not_tracked',
		'skipped', 'auto_deploy_off', 'wrong_repository', 'queue_full', 'not_handled', 'malformed', 'bad_signature', 'failed',
		'paths_unchanged', 'waits_for_approval', 'preview_closed', 'previews_off', 'outdated'));
