-- the outbox

-- name: mail_insert
-- doc: A mail that waits to be sent.
-- in: id uuid, kind text, user_id uuid, recipient text, message_sealed text
-- out: none
-- by: api worker
INSERT INTO mails (id, kind, user_id, recipient, message_sealed) VALUES ($1, $2, $3, $4, $5);

-- next_at is the lease: until then no other worker takes it, and when this one
-- dies it is tried again. The number of the attempt fences what follows.
-- name: mail_claim
-- doc: The mail that is due first, for one attempt.
-- in: lease_seconds integer
-- out: one
-- cols: id uuid, kind text, recipient text, message_sealed text, attempts integer
-- none: OK
-- by: worker
UPDATE mails m SET attempts = attempts + 1, next_at = now() + make_interval(secs => $1)
WHERE m.id = (
	SELECT id FROM mails WHERE message_sealed IS NOT NULL AND next_at <= now()
	ORDER BY next_at LIMIT 1 FOR UPDATE SKIP LOCKED)
RETURNING id, kind, recipient, message_sealed, attempts;

-- name: mail_wait
-- doc: Milliseconds until the next mail is due; null: none waits.
-- in:
-- out: one
-- cols: ms integer
-- by: worker
SELECT ceil(greatest(0, least(86400000, extract(epoch FROM min(next_at) - now()) * 1000)))::integer AS ms
FROM mails WHERE message_sealed IS NOT NULL;

-- name: mail_sent
-- doc: A mail has left; its text goes.
-- in: id uuid, attempts integer
-- out: none
-- by: worker
UPDATE mails SET sent_at = now(), message_sealed = NULL, error = NULL
WHERE id = $1 AND attempts = $2 AND message_sealed IS NOT NULL;

-- name: mail_later
-- doc: A mail could not be sent and waits again.
-- in: id uuid, attempts integer, error text, ms integer
-- out: none
-- by: worker
UPDATE mails SET error = $3, next_at = now() + make_interval(secs => $4 / 1000.0)
WHERE id = $1 AND attempts = $2 AND message_sealed IS NOT NULL;

-- name: mail_handed_back
-- doc: The worker ends before it could tell what became of an attempt: it does not count.
-- in: id uuid, attempts integer
-- out: none
-- by: worker
UPDATE mails SET next_at = now(), attempts = attempts - 1
WHERE id = $1 AND attempts = $2 AND message_sealed IS NOT NULL;

-- name: mail_failed
-- doc: A mail is given up; its text goes.
-- in: id uuid, attempts integer, error text
-- out: none
-- by: worker
UPDATE mails SET failed_at = now(), message_sealed = NULL, error = $3
WHERE id = $1 AND attempts = $2 AND message_sealed IS NOT NULL;
