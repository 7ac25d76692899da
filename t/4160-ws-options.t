#!/bin/sh
# The command line of autostack-ws, and what it refuses to start with.
. "$(dirname "$0")/lib/tap.sh"
ws=$abs_top_builddir/autostack-ws
head -c 40 /dev/urandom | base64 >secret
chmod 600 secret
mkdir run
cat >good.conf <<END
jwt_secret = $TMP/secret
run_dir = $TMP/run
database_url = host=$TMP dbname=none
END
try "-t: a good configuration" "$ws" -t -c good.conf
like "$("$ws" -V)" '^autostack-ws [0-9]+\.[0-9]' "-V"
like "$("$ws" -c good.conf -x config)" '^ws_queue_max' "-x config"
unlike "$("$ws" -c good.conf -x config)" "$(cut -c1-20 secret)" "-x config prints no secret"
like "$("$ws" -c good.conf -x errors)" '^UPGRADE_REQUIRED' "-x errors"
like "$("$ws" -c good.conf -x events)" '^ws\.lagged' "-x events"
for args in '-x nothing' '-z' 'word' '-c'; do
	# shellcheck disable=SC2086
	"$ws" $args >/dev/null 2>err
	is $? 2 "usage: $args"
done

refuses() { # WHAT LINE
	{
		grep -v '^jwt_secret' good.conf
		printf '%s\n' "$2"
	} >bad.conf
	for opt in -t ''; do
		# shellcheck disable=SC2086
		timeout 20 "$ws" $opt -c bad.conf >out 2>&1
		is $? 1 "$1: refused${opt:+ by $opt}"
	done
}
printf short >short
chmod 600 short
: >empty
refuses "JW-8 no jwt_secret" ""
refuses "JW-8 a short jwt_secret" "jwt_secret = $TMP/short"
refuses "JW-8 an empty jwt_secret" "jwt_secret = $TMP/empty"
refuses "an unknown setting" "jwt_secret = $TMP/secret
nonsense = 1"
sed "s,^run_dir.*,run_dir = $TMP/nowhere," good.conf >nowhere.conf
timeout 20 "$ws" -c nowhere.conf >out 2>&1
is $? 1 "no run_dir"
like "$(cat out)" 'nowhere/ws.sock: No such file' "it says which"
prlimit --nofile=256:256 timeout 20 "$ws" -c good.conf >out 2>&1
is $? 1 "too few descriptors for ws_connections_max"
like "$(cat out)" 'RLIMIT_NOFILE' "it says so"

"$ws" -c good.conf 2>log &
pid=$!
defer "kill -KILL $pid 2>/dev/null"
try "it starts without a database" wait_for 20 grep -q '"start"' log
is "$(stat -c %a run/ws.sock)" 660 "the socket is for its user and group"
is "$(ls run | sed 's/\.[0-9a-f]\{16\}$//' | xargs)" "meters.ws ws.sock" "beside it only its counters"
kill -TERM $pid
wait $pid
is $? 0 "TERM: 0"
done_testing
