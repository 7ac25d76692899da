#!/bin/sh
# PostgreSQL goes away in the middle of a stream and comes back: viewers stay,
# nothing is lost, and handshakes say 503 meanwhile.
. "$(dirname "$0")/lib/tap.sh"
. "$abs_top_srcdir/t/lib/pg.sh"
. "$abs_top_srcdir/t/lib/ws.sh"
pg_own
ws_start
pid=$ws_pid
id=$(perl -I"$abs_top_srcdir/t/lib" -MWs -e 'print Ws::deployment()')
token=$(perl -I"$abs_top_srcdir/t/lib" -MWs -e 'print Ws::token()')
client="$abs_top_srcdir/t/helper/ws-client"
path="/api/deployments/$id/logs/stream"
lines() { # FROM TO
	sql "INSERT INTO deployment_logs (deployment_id, seq, at, level, message)
		SELECT '$id', n, now(), 'info', 'line ' || n FROM generate_series($1, $2) n"
}
seqs() { grep -o '"seq":[0-9]*' "$1" | cut -d: -f2 | tr '\n' ' '; }

lines 1 50
"$client" --token "$token" --seconds 120 "unix:$WS_SOCK" "$path" >one.out &
one=$!
"$client" --token "$token" --seconds 120 --after 40 "unix:$WS_SOCK" "$path" >two.out &
two=$!
try "a stream runs" wait_for 20 grep -q '"seq":50' one.out
try "and another" wait_for 20 grep -q '"seq":50' two.out

for round in 1 2; do
	pg_kill
	refused() {
		"$client" --token "$token" "unix:$WS_SOCK" "$path" >refused.out
		grep -q '^503 ' refused.out
	}
	try "the database is away: handshakes are refused with 503 ($round)" wait_for 20 refused
	like "$(cat refused.out)" '"code":"SERVICE_UNAVAILABLE".*"statusCode":503' \
		"in the contract's shape ($round)"
	kill -0 $one 2>/dev/null && kill -0 $two 2>/dev/null
	ok $? "viewers stay ($round)"
	pg_up
	# without any notification: coming back is reason enough to look
	lines $((50 * round + 1)) $((50 * round + 50))
	try "the stream goes on ($round)" wait_for 20 grep -q "\"seq\":$((50 * round + 50))" one.out
	try "for everybody ($round)" wait_for 20 grep -q "\"seq\":$((50 * round + 50))" two.out
done
sql "INSERT INTO deployment_logs (deployment_id, seq, at, level, message)
	VALUES ('$id', 151, now(), 'info', 'told'); SELECT pg_notify('autostack', 'log:$id')" >told.out
try "it listens again" wait_for 20 grep -q '"seq":151' one.out
# every connection of the program is cut, while the server stays
sql "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'autostack_ws'" >cut.out
lines 152 160
try "a connection that is cut is made again" wait_for 20 grep -q '"seq":160' one.out
sql "UPDATE deployments SET status = 'failed', lease_owner = NULL, completed_at = now(),
	error = 'lost' WHERE id = '$id'"
wait $one
is $? 0 "the first stream ends in good order"
wait $two
is $? 0 "the second, too"
is "$(seqs one.out)" "$(seq -s ' ' 1 160) " "nothing lost, nothing doubled"
is "$(seqs two.out)" "$(seq -s ' ' 41 160) " "nor for the other"
is "$(tail -n 1 one.out)" "close 1000 " "it was closed normally"
kill -0 "$pid"
ok $? "the process is the same"

# started without a database, it waits for it
ws_stop
is $? 0 "TERM: it ends with 0"
pg_kill
: >"$TMP/ws.log"
ws_spawn
"$client" --token "$token" "unix:$WS_SOCK" "$path" >refused.out
like "$(cat refused.out)" '^503 ' "started without a database it answers 503"
pg_up
late() { "$client" --token "$token" --after 150 "unix:$WS_SOCK" "$path" >late.out; }
try "and serves when the database is there" wait_for 20 late
is "$(seqs late.out)" "$(seq -s ' ' 151 160) " "the log"

# a process that was killed leaves its socket; the next one takes its place
kill -KILL "$ws_pid"
wait "$ws_pid" 2>kill.out
: >"$TMP/ws.log"
ws_spawn
try "a killed one is replaced" late
kill -USR1 "$ws_pid"
wait "$ws_pid"
is $? 0 "USR1: it ends with 0"
done_testing
