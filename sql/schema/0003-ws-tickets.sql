-- Tickets that open one WebSocket: made by the API, used up by autostack-ws.

CREATE TABLE ws_tickets (
	hash text CONSTRAINT ws_tickets_pkey PRIMARY KEY
		CONSTRAINT ws_tickets_hash_form CHECK (hash ~ '^[0-9a-f]{64}$'),
	user_id uuid NOT NULL CONSTRAINT ws_tickets_user_id_fkey REFERENCES users ON DELETE CASCADE,
	session_id uuid NOT NULL CONSTRAINT ws_tickets_session_id_fkey REFERENCES sessions ON DELETE CASCADE,
	path text NOT NULL CONSTRAINT ws_tickets_path_length CHECK (length(path) BETWEEN 1 AND 255),
	created_at timestamptz NOT NULL DEFAULT now(),
	expires_at timestamptz NOT NULL
);
COMMENT ON TABLE ws_tickets IS 'SHA-256 of each ticket. It is deleted when it is used, so that it opens one WebSocket only, whichever process sees it first.';
COMMENT ON COLUMN ws_tickets.path IS 'The one address that the ticket opens, as the client asked for it.';
CREATE INDEX ws_tickets_expires_at_idx ON ws_tickets (expires_at);
CREATE INDEX ws_tickets_session_id_idx ON ws_tickets (session_id);
CREATE INDEX ws_tickets_user_id_idx ON ws_tickets (user_id);
