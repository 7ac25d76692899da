#!/bin/sh
# autostack migrate: forward, once, alone, and never over a changed file.
. "$(dirname "$0")/lib/tap.sh"
. "$abs_top_srcdir/t/lib/pg.sh"
pg_start
pg_db_empty

migrate() {
	pg_out=$(DATABASE_URL=$PGURL "$abs_top_builddir/autostack" -c /dev/null \
		--data "$TMP/data" migrate "$@" 2>&1)
}
mkdir "$TMP/data" && cp -r "$abs_top_srcdir/sql" "$TMP/data/sql" &&
	chmod -R u+w "$TMP/data" || exit 1
files=$(ls "$TMP/data/sql/schema" | wc -l)

migrate --status
is $? 1 "an empty database is not up to date"
migrate
is $? 0 "every schema file applies in order to an empty database" ||
	diag "$pg_out"
is "$(sql 'SELECT count(*) FROM schema_version')" "$files" "one row a file"
is "$(sql 'SELECT string_agg(version::text, $$ $$ ORDER BY version) FROM schema_version')" \
	"$(seq -s ' ' "$files")" "versions run from 1 without a gap"
is "$(sql "SELECT checksum FROM schema_version WHERE version = 1")" \
	"$(sha256sum <"$TMP/data/sql/schema/0001-accounts.sql" | cut -d' ' -f1)" \
	"the checksum is the file's SHA-256"
migrate --status
is $? 0 "then it is up to date"

dump() { "$PG_BINDIR/pg_dump" -d "user=postgres $PGURL" | grep -v '^\\'; }
dump >"$TMP/first"
migrate
is "$pg_out" "The database is at version $files." "again is a no-op"
dump >"$TMP/second"
try "and changes nothing, grants included" cmp "$TMP/first" "$TMP/second"

next=$(printf '%04d' $((files + 1)))
cat >"$TMP/data/sql/schema/$next-bad.sql" <<'END'
CREATE TABLE half (id integer);
SELECT 1 / 0;
END
migrate
is $? 1 "a file that fails is a failure"
like "$pg_out" "$next-bad: .*division by zero" "which names the file and why"
is "$(sql "SELECT to_regclass('half') IS NULL, count(*) FROM schema_version")" \
	"t|$files" "nothing of it stays"

cat >"$TMP/data/sql/schema/$next-bad.sql" <<'END'
CREATE TABLE whole (id integer);
COMMENT ON TABLE whole IS 'A test.';
SELECT pg_sleep(0.3);
END
mv "$TMP/data/sql/schema/$next-bad.sql" "$TMP/data/sql/schema/$next-good.sql"
pids=
for i in 1 2 3 4; do
	DATABASE_URL=$PGURL "$abs_top_builddir/autostack" -c /dev/null \
		--data "$TMP/data" migrate >"$TMP/out.$i" 2>&1 &
	pids="$pids $!"
done
bad=0
for pid in $pids; do
	wait "$pid" || bad=$((bad + 1))
done
is "$bad" 0 "four migrations at once all succeed" ||
	diag "$(cat "$TMP"/out.*)"
is "$(grep -c '^applied' "$TMP"/out.* | cut -d: -f2 | sort | tr -d '\n')" 0001 \
	"and one of them applied the file"

echo '-- a late thought' >>"$TMP/data/sql/schema/0001-accounts.sql"
migrate
is $? 1 "an applied file that has changed is refused"
like "$pg_out" '0001-accounts.sql has changed since it was applied' \
	"and named"
cp "$abs_top_srcdir/sql/schema/0001-accounts.sql" "$TMP/data/sql/schema/"
rm "$TMP/data/sql/schema/$next-good.sql"
migrate
like "$pg_out" 'install the newer program' \
	"an older program leaves a newer database alone"

rm "$TMP/data/sql/schema/0001-accounts.sql"
migrate
like "$pg_out" 'number 0001 is missing' "a gap in the numbers is refused"
out=$(DATABASE_URL="host=$TMP dbname=none" "$abs_top_builddir/autostack" \
	-c /dev/null --data "$abs_top_srcdir" migrate 2>&1)
is $? 1 "no database: a failure"
like "$out" "^autostack: migrate: .*$TMP" "that says where it looked"
done_testing
