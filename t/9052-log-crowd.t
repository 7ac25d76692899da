#!/bin/sh
# A build that prints 50,000 lines as fast as it can, and 50 viewers: the
# database and each of them has every line once, in order, and no program keeps
# what it has passed on. bench/logs is the same with more of everything.
. "$(dirname "$0")/lib/tap.sh"
. "$abs_top_srcdir/t/lib/worker.sh"
. "$abs_top_srcdir/t/lib/ws.sh"
lines=50000
viewers=50

# what is freed goes at once, so that memory shows what is held
WORKER_ASAN=quarantine_size_mb=0:thread_local_quarantine_size_kb=0
export ASAN_OPTIONS=$WORKER_ASAN
worker_init build_log_max=100M
export WS_PER_USER_MAX=100
ws_start
mkdir -p "$TMP/site"
echo x >"$TMP/site/index.html"
# 400 bytes a line: 20 MB of log
cat >"$TMP/site/print.pl" <<'END'
use Time::HiRes qw(time);
printf "line %d @%d %s\n", $_, 1e6 * time, 'x' x 370 for 1 .. shift;
END
repo site
project site "$GIT/site.git" "build_command=perl print.pl $lines" output_dir=.
sql "UPDATE projects SET user_id = '$WS_USER'"
deploy site
token=$(perl -I"$abs_top_srcdir/t/lib" -MWs -e 'print Ws::token()')

# KiB that a process has had at most
peak() { sed -n 's/^VmHWM:[^0-9]*\([0-9]*\).*/\1/p' "/proc/$1/status" 2>/dev/null; }
"$abs_top_builddir/t/helper/ws-viewers" "$WS_SOCK" "$id" "$token" $viewers 300 >viewers 2>&1 &
crowd=$!
defer "kill $crowd 2>/dev/null"
wait_for 60 grep -q '^ready' viewers || bail "viewers: $(cat viewers)"
ws_before=$(peak "$ws_pid")
worker_up
wait_for 60 sh -c "[ \"\$(psql -XAtq -d 'host=$PG_DIR user=postgres dbname=$PG_DB' -c \"SELECT log_seq > 100 FROM deployments\")\" = t ]"
job=$(worker_jobs)
job_before=$(peak "$job")
while p=$(peak "$job") && [ -n "$p" ]; do
	job_after=$p
	sleep 0.1
done
is "$(final "$id" 120)" success "the build has ended"
wait $crowd
ok $? "WS-6 each of $viewers viewers got everything" || diag "$(cat viewers)"
diag "$(tail -n 1 viewers)"
like "$(cat viewers)" "complete=$viewers .* lost=0 doubled=0 wrong=0" "WS-6 nothing lost, doubled or out of order"
is "$(sql "SELECT count(*) || ' ' || min(n) || ' ' || max(n) || ' ' || bool_and(seq = n + before)
	FROM (SELECT seq, substring(message FROM '\\] line (\\d+) @')::int AS n,
			min(seq) FILTER (WHERE message LIKE '%] line %') OVER () - 1 AS before
		FROM deployment_logs WHERE deployment_id = '$id') l WHERE n IS NOT NULL")" \
	"$lines 1 $lines true" "the database has every line once, in order"
is "$(sql "SELECT log_seq = (SELECT max(seq) FROM deployment_logs) AND log_seq = (SELECT count(*) FROM deployment_logs)
	FROM deployments WHERE id = '$id'")" t "without a gap"
diag "the job: $job_before KiB when it began, at most $job_after; autostack-ws: $ws_before, at most $(peak "$ws_pid")"
[ $((job_after - job_before)) -lt 12000 ]
ok $? "the job holds less than 12 MB of a log of 20 MB"
[ $(($(peak "$ws_pid") - ws_before)) -lt 20000 ]
ok $? "autostack-ws holds less than 20 MB of the 1 GB that it has sent"
ws_stop
ok $? "autostack-ws stops in good order"
worker_down
unlike "$(cat "$WORKER_LOG" "$TMP/ws.log")" 'AddressSanitizer|runtime error|"assert"' "the logs are clean"
done_testing
