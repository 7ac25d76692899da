#!/bin/sh
# What every table of the schema has.
. "$(dirname "$0")/lib/tap.sh"
. "$abs_top_srcdir/t/lib/pg.sh"
pg_start

is "$(sql "SELECT string_agg(relname, ' ') FROM pg_class
	WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'v', 'p')
		AND obj_description(oid, 'pg_class') IS NULL")" "" \
	"every table has a comment"

is "$(sql "SELECT string_agg(conrelid::regclass || '.' || conname, ' ')
	FROM pg_constraint c WHERE contype = 'f' AND NOT EXISTS (
		SELECT FROM pg_index i WHERE i.indrelid = c.conrelid
			AND (i.indpred IS NULL OR pg_get_expr(i.indpred, i.indrelid) ~ 'IS NOT NULL')
			AND (string_to_array(i.indkey::text, ' ')::smallint[])[1:cardinality(c.conkey)] @> c.conkey)")" "" \
	"every foreign key has an index: deleting what it points to is quick"

is "$(sql "SELECT string_agg(conrelid::regclass || '.' || conname, ' ')
	FROM pg_constraint WHERE connamespace = 'public'::regnamespace AND contype IN ('p', 'u', 'f', 'c')
		AND conname !~ ('^' || replace(conrelid::regclass::text, '_', '.?') || '_')
		AND conrelid <> 0")" "" \
	"constraints are named after their table"

is "$(sql "SELECT string_agg(table_name || '.' || column_name, ' ') FROM information_schema.columns
	WHERE table_schema = 'public' AND data_type IN ('timestamp without time zone', 'character varying', 'character', 'json')")" "" \
	"times have a zone, texts no length in their type, JSON is jsonb"

is "$(sql "SELECT string_agg(c.relname, ' ') FROM pg_class c
	WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r'
		AND NOT EXISTS (SELECT FROM pg_index i WHERE i.indrelid = c.oid AND i.indisprimary)")" "" \
	"every table has a primary key"

is "$(sql "SELECT string_agg(proname, ' ') FROM pg_proc WHERE pronamespace = 'public'::regnamespace
	AND prosecdef AND NOT coalesce(proconfig, '{}') && ARRAY['search_path=public', 'search_path=public, pg_temp']")" "" \
	"a function with its owner's rights fixes its search_path"
done_testing
