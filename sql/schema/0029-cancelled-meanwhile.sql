-- Deployments that were cancelled while their worker stopped: they waited again,
-- and no worker takes what is cancelled.
UPDATE deployments SET status = 'cancelled', completed_at = now()
	WHERE status = 'queued' AND cancel_requested_at IS NOT NULL;
