-- Indexes for what is counted of deployments: the dashboard, the analytics and
-- the figures of the status page.

-- A user's rows in the order of the list, with all that figures are made of, so
-- that none of the rows themselves is read. What is included changes only together
-- with the status, which other indexes have, too: no update ceases to be heap-only.
DROP INDEX deployments_user_id_idx;
CREATE INDEX deployments_user_id_idx ON deployments (user_id, created_at DESC, id DESC)
	INCLUDE (status, trigger, upload_bytes, started_at, completed_at);

-- The last two months of all users are the end of the table: a summary of each 32
-- pages finds it, however long the history is, and costs a write next to nothing.
CREATE INDEX deployments_created_at_idx ON deployments USING brin (created_at) WITH (pages_per_range = 32);
