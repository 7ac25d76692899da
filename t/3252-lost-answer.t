#!/bin/sh
# PostgreSQL has done what a worker asked for, and the worker does not hear of it.
. "$(dirname "$0")/lib/tap.sh"
. "$abs_top_srcdir/t/lib/worker.sh"
pg_start
mkdir "$TMP/pg"
"$abs_top_srcdir/t/lib/pgproxy.pl" "$TMP/pg" "$PG_DIR" &
defer "kill $! 2>/dev/null"
wait_for 10 test -S "$TMP/pg/.s.PGSQL.5432"
chmod -R a+rwX "$TMP/pg"
PGURL="host=$TMP/pg dbname=$PG_DB"
worker_init build_slots=1
repo site
worker_up
lost() { [ ! -e "$TMP/pg/lose" ]; }

# lines that come while nobody knows whether those before are stored
project site "$GIT/site.git" output_dir=dist \
	'build_command=mkdir dist; echo x >dist/index.html; for n in $(seq 60); do echo line $n; sleep 0.05; done'
deploy site
prints() { the_log "$id" | grep -q 'line 5$'; }
wait_for 20 prints
echo job_log >"$TMP/pg/lose"
try "the answer to a statement of the log is lost" wait_for 10 lost
is "$(final "$id" 30)" success "SB-13 the deployment goes on" || diag "$(field "$id" error) $(tail -n 5 "$WORKER_LOG")"
is "$(field "$id" attempt)" 1 "it is not begun again"
the_log "$id" | grep -o 'line [0-9]*$' >"$TMP/lines"
is "$(wc -l <"$TMP/lines") $(sort -u "$TMP/lines" | wc -l)" "60 60" "no line is lost or stored twice"

# each statement by which a job ends
for statement in job_commit job_deploying job_release job_success; do
	echo $statement >"$TMP/pg/lose"
	sql "UPDATE projects SET build_command = 'mkdir dist; echo $statement >dist/index.html' WHERE name = 'site'"
	deploy site
	is "$(final "$id" 30)" success "SB-13 a lost answer to $statement" || diag "$(field "$id" error)"
	lost
	ok $? "it was lost"
	is "$(deployed site index.html) $(field "$id" "attempt, (SELECT live_deployment_id FROM projects WHERE name = 'site') = id")" \
		"$statement 1|t" "SB-13 it is live, by its first attempt"
done
worker_down
unlike "$(cat "$WORKER_LOG")" 'AddressSanitizer|runtime error|"assert"|job.requeued' "the worker's log is clean"
done_testing
