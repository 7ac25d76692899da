#!/bin/sh
# Log lines have no foreign key: they go with their deployment all the same,
# also when it is deleted while lines are written.
. "$(dirname "$0")/lib/tap.sh"
. "$abs_top_srcdir/t/lib/pg.sh"
pg_start

sql "INSERT INTO users (id, name, email) VALUES
	('00000000-0000-4000-8000-00000000000a', 'ada', 'ada@example.com'),
	('00000000-0000-4000-8000-00000000000b', 'bob', 'bob@example.com')"
new() { # USER NAME: a project with two deployments, ten lines each; sets $p
	p=$(sql "INSERT INTO projects (user_id, name, site, repository)
		VALUES ('00000000-0000-4000-8000-00000000000$1', '$2', '$2', 'https://example.com/x.git') RETURNING id")
	sql "INSERT INTO deployments (project_id, user_id, repository, branch)
		SELECT id, user_id, repository, 'main' FROM projects, generate_series(1, 2) WHERE id = '$p'"
	sql "INSERT INTO deployment_logs SELECT id, n, now(), 'info', 'line ' || n
		FROM deployments, generate_series(1, 10) n WHERE project_id = '$p'"
}
lines() { sql "SELECT count(*) FROM deployment_logs"; }
new b bobs
new a one
is "$(lines)" 40 "four deployments with ten lines each"
sql "DELETE FROM deployments WHERE id = (SELECT min(id::text)::uuid FROM deployments WHERE project_id = '$p')"
is "$(lines)" 30 "a deployment's lines go with it"
sql "DELETE FROM projects WHERE id = '$p'"
is "$(lines)" 20 "those of a project go with it"
new a two
sql "DELETE FROM users WHERE name = 'ada'"
is "$(lines)" 20 "those of an account go with it"
is "$(sql "SELECT count(*) FROM deployment_logs l JOIN deployments d ON d.id = l.deployment_id
	JOIN users u ON u.id = d.user_id WHERE u.name = 'bob'")" 20 "and nobody else's"

# What the worker runs, by its statement's own text, against a deletion.
sql "DELETE FROM deployments WHERE id = (SELECT min(id::text)::uuid FROM deployments)"
d=$(sql "UPDATE deployments SET status = 'building', attempt = 1, lease_owner = 'w:0', lease_until = now() + interval '1 hour' RETURNING id")
sql "DELETE FROM deployment_logs"
job_log=$(awk '/^-- name: / { on = $3 == "job_log" } on && !/^--/' "$abs_top_srcdir/sql/stmt/job.sql" |
	sed "s/\$1/'$d'/g; s/\$2/'w:0'/g; s/\$3/1/g; s/\$4/0/g; s/\$5/'{1700000000000000,1700000000123456}'/g; s/\$6/'{info,error}'/g; s/\$7/'{one,two}'/g; s/\$8/6/g")
psql_as() { pg_psql "$1" "$PG_DB" -q -At; }
{
	echo "BEGIN; $job_log"
	sleep 2
	echo "COMMIT;"
} | psql_as autostack_worker >written 2>&1 &
writer=$!
wait_for 10 test -s written || bail "nothing is written"
began=$(date +%s%N)
sql "DELETE FROM deployments WHERE id = '$d'"
took=$((($(date +%s%N) - began) / 1000000))
wait $writer
like "$(cat written)" '2$' "the lines were written"
ok "$((took < 200))" "the deletion has waited for them ($took ms)"
is "$(lines)" 0 "and they went with it"
is "$(echo "$job_log" | psql_as autostack_worker)" "" "what comes after it is not written"
is "$(lines)" 0 "so that there is no line without a deployment"

new b times
d=$(sql "UPDATE deployments SET status = 'building', attempt = 1, lease_owner = 'w:0', lease_until = now() + interval '1 hour'
	WHERE id = (SELECT min(id::text)::uuid FROM deployments WHERE project_id = '$p') RETURNING id")
sql "DELETE FROM deployment_logs"
echo "$job_log" | sed "s/'[0-9a-f-]\{36\}'/'$d'/g" | psql_as autostack_worker >/dev/null
is "$(sql "SELECT (extract(epoch FROM at) * 1000000)::bigint || ' ' || level || ' ' || message FROM deployment_logs ORDER BY seq")" \
	"1700000000000000 info one
1700000000123456 error two" "times are stored to the microsecond"
done_testing
