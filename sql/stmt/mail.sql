-- the outbox

-- name: mail_insert
-- doc: A mail that waits to be sent.
-- in: id uuid, kind text, user_id uuid, recipient text, message_sealed text
-- out: none
-- by: api
INSERT INTO mails (id, kind, user_id, recipient, message_sealed) VALUES ($1, $2, $3, $4, $5);
