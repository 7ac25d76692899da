#!/bin/sh
# The log of a build, live over a WebSocket through nginx while the build runs,
# and the same lines afterwards; cancelling a build that does not want to end.
. "$(dirname "$0")/lib/tap.sh"
. "$abs_top_srcdir/t/lib/stack.sh"

stack_start
stack_user ada
stack_repo site
echo '<h1>one</h1>' | stack_file site index.html
stack_commit site first

W=$abs_top_srcdir/t/helper/ws-client
wss=wss://localhost:$STACK_HTTPS
watch() { # ID FILE [OPTION]...: a viewer in the background; sets viewer
	watch_id=$1
	watch_file=$2
	shift 2
	"$W" --ca "$AUTOSTACK_CA" --token "$TOKEN" --seconds 90 "$@" \
		"$wss/api/deployments/$watch_id/logs/stream" >"$watch_file" 2>&1 &
	viewer=$!
}
logs_of() { # FILE: "seq message" of its log messages
	grep '^{' "$1" | gojq -r 'select(.type == "log") | "\(.data.seq // .seq) \(.data.message // .message)"'
}

# Ten lines, one each 0.3 s: a viewer must have the first before the last.
stack_deploy site '"outputDir":".","installCommand":"","buildCommand":"for i in 1 2 3 4 5 6 7 8 9 10; do echo line $i; sleep 0.3; done"'
is "$STATUS" 201 "a deployment of one's own repository"
watch "$DEPLOYMENT" live.out
live=$viewer
wait_for 60 grep -q 'line 2' live.out
ok $? "lines arrive" || diag "$(cat live.out)"
is "$(stack_status)" building "while the build runs"
! grep -q 'line 10' live.out
ok $? "one by one"
watch "$DEPLOYMENT" late.out
late=$viewer
is "$(stack_wait 60)" success "it succeeds"
wait $live
wait $late
call GET "/api/deployments/$DEPLOYMENT/logs?limit=1000"
jget '.logs[] | "\(.seq) \(.message)"' >stored
isnt "$(wc -l <stored)" 0 "the log is stored"
is "$(logs_of live.out)" "$(cat stored)" "the live log is the stored one, line by line"
is "$(logs_of late.out)" "$(cat stored)" "for whoever came late as well"
like "$(tail -n 3 live.out)" 'deployment_complete' "and its end is told"
watch "$DEPLOYMENT" after.out --after 3
wait $viewer
is "$(logs_of after.out)" "$(tail -n +4 stored)" "a viewer that comes back resumes after seq"
call GET "/api/deployments/$DEPLOYMENT"
fetch_url "$(jget .url)/"
is "$STATUS $(cat "$BODY")" "200 <h1>one</h1>" "the site is up"

# --- cancel: SIGTERM ignored, double fork, a stopped process ---
cat <<'EOF' | stack_file site stubborn.sh
trap '' TERM INT HUP
setsid sh -c 'trap "" TERM; (setsid sleep 98765 &) ; sleep 98765' &
sh -c 'kill -STOP $$; sleep 98765' &
echo stubborn runs
while :; do sleep 1; done
EOF
stack_commit site stubborn
stack_deploy site '"outputDir":".","installCommand":"","buildCommand":"sh stubborn.sh"'
stubborn=$DEPLOYMENT
watch "$stubborn" cancel.out
wait_for 60 grep -q 'stubborn runs' cancel.out
ok $? "a build that ignores signals runs" || diag "$(cat cancel.out)"
pgrep -f 'sleep 98765' >/dev/null
ok $? "with daemons of its own"
begin=$(date +%s%N)
call POST "/api/deployments/$stubborn/cancel"
like "$STATUS" '^20[0-9]$' "the cancel is taken"
is "$(stack_wait 20 "$stubborn")" cancelled "it ends as cancelled"
took=$((($(date +%s%N) - begin) / 1000000))
ok "$((took > 5000))" "SB-9 within 5 s ($took ms)"
is "$(pgrep -f 'sleep 98765|stubborn.sh')" "" "SB-2 and nothing of it is left running"
wait $viewer
like "$(tail -n 3 cancel.out)" cancelled "the viewer learns of it"
site "$(psql -AtX "$AUTOSTACK_DB" -c "SELECT site FROM projects LIMIT 1")" /
is "$STATUS $(cat "$BODY")" "200 <h1>one</h1>" "the site that was live stays live"
is "$(grep -rlF "$TOKEN" "$AUTOSTACK_STATE/log")" "" "WS-3 LOG-2 no log holds the token"
done_testing
