-- the audit log
--
-- Each statement is the one that an index serves: by person, by event, or by
-- time alone. Looking stops after 10,000 rows, the total and the pages too: who
-- wants older ones says so by their times. OFFSET 0: the page's rows are looked
-- up by their ids, whatever a generic plan believes about LIMIT.

-- name: audit_list_user
-- doc: A page of the rows of one account, newest first. event is exact, prefix the begin of one, routine those of which only refusals count.
-- in: user_id uuid, event text, prefix text, from_at timestamptz, to_at timestamptz, outcome text, max_rows bigint, skip_rows bigint,
-- in: routine text[]
-- out: many
-- cols: total_items bigint, id uuid, at timestamptz, event text, user_id uuid, user_name text, user_email text
-- cols: target text, outcome text, ip text, user_agent text, request_id uuid, details jsonb
-- by: api
WITH hits AS MATERIALIZED (
	SELECT id, at FROM audit_logs
	WHERE user_id = $1 AND ($2::text IS NULL OR event = $2) AND ($3::text IS NULL OR starts_with(event, $3))
		AND at >= coalesce($4, '-infinity') AND at < coalesce($5, 'infinity') AND ($6::text IS NULL OR outcome = $6)
		AND ($9::text[] IS NULL OR event <> ALL ($9) OR outcome <> 'success')
	ORDER BY at DESC, id DESC LIMIT 10000), page AS (
	SELECT id FROM hits ORDER BY at DESC, id DESC LIMIT $7 OFFSET $8)
SELECT c.total_items, l.* FROM (SELECT count(*) AS total_items FROM hits) c
LEFT JOIN (SELECT r.* FROM page JOIN LATERAL (SELECT * FROM audit_rows x WHERE x.id = page.id OFFSET 0) r ON true) l ON true
ORDER BY l.at DESC, l.id DESC;

-- name: audit_list_event
-- doc: A page of the rows of one event, newest first.
-- in: event text, from_at timestamptz, to_at timestamptz, outcome text, max_rows bigint, skip_rows bigint
-- out: many
-- cols: total_items bigint, id uuid, at timestamptz, event text, user_id uuid, user_name text, user_email text
-- cols: target text, outcome text, ip text, user_agent text, request_id uuid, details jsonb
-- by: api
WITH hits AS MATERIALIZED (
	SELECT id, at FROM audit_logs
	WHERE event = $1 AND at >= coalesce($2, '-infinity') AND at < coalesce($3, 'infinity')
		AND ($4::text IS NULL OR outcome = $4)
	ORDER BY at DESC, id DESC LIMIT 10000), page AS (
	SELECT id FROM hits ORDER BY at DESC, id DESC LIMIT $5 OFFSET $6)
SELECT c.total_items, l.* FROM (SELECT count(*) AS total_items FROM hits) c
LEFT JOIN (SELECT r.* FROM page JOIN LATERAL (SELECT * FROM audit_rows x WHERE x.id = page.id OFFSET 0) r ON true) l ON true
ORDER BY l.at DESC, l.id DESC;

-- name: audit_list_all
-- doc: A page of all rows, newest first; of routine events only refusals.
-- in: prefix text, from_at timestamptz, to_at timestamptz, outcome text, max_rows bigint, skip_rows bigint, routine text[]
-- out: many
-- cols: total_items bigint, id uuid, at timestamptz, event text, user_id uuid, user_name text, user_email text
-- cols: target text, outcome text, ip text, user_agent text, request_id uuid, details jsonb
-- by: api
WITH hits AS MATERIALIZED (
	SELECT id, at FROM audit_logs
	WHERE ($1::text IS NULL OR starts_with(event, $1)) AND at >= coalesce($2, '-infinity') AND at < coalesce($3, 'infinity')
		AND ($4::text IS NULL OR outcome = $4)
		AND ($7::text[] IS NULL OR event <> ALL ($7) OR outcome <> 'success')
	ORDER BY at DESC, id DESC LIMIT 10000), page AS (
	SELECT id FROM hits ORDER BY at DESC, id DESC LIMIT $5 OFFSET $6)
SELECT c.total_items, l.* FROM (SELECT count(*) AS total_items FROM hits) c
LEFT JOIN (SELECT r.* FROM page JOIN LATERAL (SELECT * FROM audit_rows x WHERE x.id = page.id OFFSET 0) r ON true) l ON true
ORDER BY l.at DESC, l.id DESC;
