#!/bin/sh
# /metrics of a whole stack that works: what promtool says of it, what the
# programs count, and that asking for it delays nobody.
. "$(dirname "$0")/lib/tap.sh"
. "$abs_top_srcdir/t/lib/stack.sh"

stack_start
stack_user ada
stack_repo site
echo page | stack_file site index.html
stack_commit site first
stack_deploy site '"outputDir":"."'
is "$(stack_wait 60)" success "a deployment succeeds"
stack_deploy site '"outputDir":"nowhere"'
is "$(stack_wait 60)" failed "and one fails"

metrics() { fetch_url "$AUTOSTACK_URL/metrics"; }
value() { awk -v m="$1" '$1 == m { print $2 }' "$BODY"; }
metrics
is "$STATUS" 200 "the host may ask for its metrics"
promtool check metrics <"$BODY" >checked 2>&1
is "$?: $(cat checked)" "0: " "promtool has nothing to say about them"
is "$(value 'autostack_builds_total{outcome="success"}') $(value 'autostack_builds_total{outcome="failed"}')" "1 1" \
	"builds by outcome"
is "$(value 'autostack_http_requests_total{route="deploymentCreate",method="POST",code="201"}')" 2 \
	"requests by route, method and status"

# ---- open WebSockets ----
stack_file site build.sh <<'END'
sleep 600
END
stack_commit site slow
stack_deploy site '"outputDir":".","buildCommand":"sh build.sh"'
"$abs_top_srcdir/t/helper/ws-client" --ca "$AUTOSTACK_CA" --token "$TOKEN" --seconds 60 --messages 100000 \
	"wss://localhost:$STACK_HTTPS/api/deployments/$DEPLOYMENT/logs/stream" >/dev/null 2>&1 &
viewer=$!
defer 'kill $viewer 2>/dev/null'
active() { metrics; [ "$(value autostack_websockets_active) $(value autostack_builds_active)" = "$1" ]; }
try "the viewer of a log and its build are counted" wait_for 20 active "1 1"
kill $viewer
call POST "/api/deployments/$DEPLOYMENT/cancel" '{}'
try "and are not when they have ended" wait_for 20 active "0 0"
cancelled() { metrics; [ "$(value 'autostack_builds_total{outcome="cancelled"}')" = 1 ]; }
try "the build as a cancelled one" wait_for 10 cancelled

# ---- asked all the time ----
ask() { # FILE: 200 requests of a user's, each with its status and time
	curl -sS --noproxy '*' --cacert "$AUTOSTACK_CA" -o /dev/null -H "Authorization: Bearer $TOKEN" \
		-w '%{http_code} %{time_total}\n' "$AUTOSTACK_URL/api/deployments?page=[1-200]" >"$1"
}
p99() { sort -k2 -n "$1" | awk '{ t[NR] = $2 } END { print int(t[int(NR * 0.99)] * 1000) }'; } # FILE
ask alone
scraper() { while [ ! -e "$TMP/stop" ]; do curl -sS --noproxy '*' --cacert "$AUTOSTACK_CA" "$AUTOSTACK_URL/metrics?[1-20]" -o /dev/null; done; }
scraper &
first=$!
scraper &
second=$!
defer 'touch "$TMP/stop"; wait $first $second'
ask took
touch "$TMP/stop"
wait $first $second
is "$(grep -vc '^200 ' took)" 0 "every request beside two that scrape all the time is answered"
slow=$(p99 took)
# they have their share of the processors, no more
[ "$slow" -lt $((200 + 10 * $(p99 alone))) ]
ok $? "and none waits for them (p99 $slow ms, $(p99 alone) without them)"
done_testing
