-- is the database there

-- name: health_ping
-- doc: The shortest question that reaches the database.
-- in:
-- out: one
-- cols: ok integer
-- by: api ws worker
SELECT 1 AS ok;
