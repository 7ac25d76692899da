#!/bin/sh
# deployment_counts: exact, and no deadlock, while API and workers change
# deployments of the same users at the same time in every way they have.
. "$(dirname "$0")/lib/tap.sh"
. "$abs_top_srcdir/t/lib/pg.sh"
pg_start
sql "CREATE FUNCTION pid(n integer) RETURNS uuid LANGUAGE sql IMMUTABLE AS
		\$\$ SELECT md5('p' || n)::uuid \$\$;
	INSERT INTO users (id, name, email) SELECT md5('u' || n)::uuid, 'u', n || '@example.com' FROM generate_series(0, 1) n"

cat >project.sql <<'END'
\set p random(1, 30)
INSERT INTO projects (id, user_id, name, site, repository)
VALUES (pid(:p), md5('u' || :p % 2)::uuid, 'p' || :p, 'p' || :p, 'r') ON CONFLICT DO NOTHING;
END
# The API's own statements, with these for $1 to $n: the order in which they take
# rows is what this is about.
statement() { # RESOURCE NAME VALUE...
	st_text=$(awk -v name="$2" '$1 == "--" && $2 == "name:" { on = $3 == name } on && !/^--/' "$abs_top_srcdir/sql/stmt/$1.sql")
	shift 2
	st_n=$#
	while [ $st_n -gt 0 ]; do
		eval "st_value=\${$st_n}"
		st_text=$(printf '%s\n' "$st_text" | sed "s/[\$]$st_n\b/($st_value)/g")
		st_n=$((st_n - 1))
	done
	printf '%s\n' "$st_text"
}
user="md5('u' || :p % 2)::uuid"
new="md5('d' || :d)::uuid"
{
	printf '\\set %s\n' 'p random(1, 30)' 'd random(1, 1000000000)'
	echo 'BEGIN;'
	statement deployment user_lock "$user"
	statement project project_for_deploy 'pid(:p)' "$user"
	statement deployment deployment_supersede "$new" 'pid(:p)' "$user" NULL
	statement deployment deployment_insert "$new" 'pid(:p)' "$user" 1000 "'webhook'" "'r'" "'main'" \
		NULL NULL NULL NULL NULL NULL true NULL true NULL
	echo 'COMMIT;'
} >create.sql
# a rollback, to some success of the project
source="(SELECT id FROM deployments WHERE project_id = pid(:p) AND release_id IS NOT NULL AND status = 'success' ORDER BY completed_at LIMIT 1)"
{
	printf '\\set %s\n' 'p random(1, 30)' 'd random(1, 1000000000)'
	echo 'BEGIN;'
	statement deployment user_lock "$user"
	statement deployment deployment_rollback_source 'pid(:p)' "$user" "$source"
	statement deployment deployment_make_way "$new" "$user" "$source" "'back'"
	statement project project_pause 'pid(:p)' "$user"
	statement deployment deployment_insert_switch "$new" "$user" "'rollback'" "$source" NULL
	echo 'COMMIT;'
} >switch.sql
cat >claim_switch.sql <<'END'
SELECT id FROM deployment_claim_switch('w:' || :client_id, '30 s');
END
# the end of one that is being published, as a worker writes it
{
	echo "SELECT coalesce((SELECT id FROM deployments WHERE status = 'deploying' ORDER BY random() LIMIT 1), md5('')::uuid) AS id \\gset"
	echo "INSERT INTO releases (id, project_id, target) SELECT id, project_id, target FROM deployments WHERE id = ':id' ON CONFLICT DO NOTHING;"
	statement job job_success "':id'" "(SELECT lease_owner FROM deployments WHERE id = ':id')" \
		"(SELECT attempt FROM deployments WHERE id = ':id')" "'u'"
} >success.sql
cat >claim.sql <<'END'
SELECT id FROM deployment_claim('w:' || :client_id, '30 s', 8);
END
cat >move.sql <<'END'
\set n random(0, 3)
UPDATE deployments SET (status, lease_owner, completed_at) = (
	SELECT s, CASE WHEN s = 'deploying' THEN lease_owner END, CASE WHEN s NOT IN ('queued', 'deploying') THEN now() END
	FROM (SELECT (CASE status WHEN 'building' THEN ARRAY['deploying', 'failed', 'cancelled', 'queued']
		ELSE ARRAY['success', 'failed', 'cancelled', 'queued'] END)[:n + 1] AS s) AS x)
WHERE id = (SELECT id FROM deployments WHERE status IN ('building', 'deploying') ORDER BY random() LIMIT 1)
	AND status IN ('building', 'deploying');
END
cat >cancel.sql <<'END'
UPDATE deployments SET status = 'cancelled', completed_at = now()
WHERE id = (SELECT id FROM deployments WHERE status = 'queued' ORDER BY random() LIMIT 1) AND status = 'queued';
END
{
	echo "SELECT id, user_id FROM (SELECT id, user_id FROM deployments WHERE completed_at IS NOT NULL ORDER BY random() LIMIT 1) d
		UNION ALL SELECT md5('')::uuid, md5('')::uuid LIMIT 1 \\gset"
	echo 'BEGIN;'
	statement deployment deployment_lock "':id'" "':user_id'"
	statement deployment deployment_delete "':id'" "':user_id'"
	echo 'COMMIT;'
} >delete.sql
cat >forget.sql <<'END'
\set p random(1, 30)
DELETE FROM projects WHERE id = pid(:p);
END

"$PG_BINDIR/pgbench" -n -c 8 -j 2 -t 300 --random-seed=476 --failures-detailed \
	-f project.sql@20 -f create.sql@40 -f claim.sql@30 -f move.sql@40 -f success.sql@20 \
	-f switch.sql@10 -f claim_switch.sql@10 \
	-f cancel.sql@8 -f delete.sql@6 -f forget.sql@2 \
	"user=postgres $PGURL" >pgbench.out 2>&1
is $? 0 "8 clients change deployments at once" || diag "$(tail -n 20 pgbench.out)"
is "$(grep -c 'deadlock detected' pgbench.out)" 0 "without a deadlock"
like "$(cat pgbench.out)" '^number of failed transactions: 0 ' \
	"and without a failure" || diag "$(cat pgbench.out)"

actual="SELECT user_id, count(*) FILTER (WHERE status = 'queued'), count(*) FILTER (WHERE status = 'building'),
	count(*) FILTER (WHERE status = 'deploying'), count(*) FILTER (WHERE status = 'success'),
	count(*) FILTER (WHERE status = 'failed'), count(*) FILTER (WHERE status = 'cancelled'),
	count(*) FILTER (WHERE status = 'superseded') FROM deployments GROUP BY 1"
kept="SELECT user_id, queued, building, deploying, success, failed, cancelled, superseded FROM deployment_counts"
is "$(sql "SELECT count(*) FROM (($actual EXCEPT $kept) UNION ALL
	($kept WHERE queued + building + deploying + success + failed + cancelled + superseded > 0 EXCEPT $actual)) x")" 0 \
	"the counts are exact" || diag "$(sql "$actual"; sql "$kept")"
is "$(sql "SELECT count(*) FROM ($kept) k WHERE least(queued, building, deploying, success, failed, cancelled, superseded) < 0")" 0 \
	"and never negative"
cmp_ok=$(sql "SELECT sum(success + failed) > 20 AND (SELECT count(*) > 2 FROM deployments WHERE trigger = 'rollback') FROM deployment_counts")
is "$cmp_ok" t "much has happened, rollbacks too"

sql "DELETE FROM users"
is "$(sql "SELECT count(*) FROM deployment_counts")" 0 "they go with their user"
done_testing
