#!/bin/sh
# The status page's stream through nginx, without the API and the database: who
# may have it, how often one address may, and what is refused before it reaches
# autostack-ws.
. "$(dirname "$0")/lib/tap.sh"
. "$abs_top_srcdir/t/lib/nginx.sh"
nginx_start VIEWERS=3
head -c 40 /dev/urandom | base64 >secret
chmod 600 secret
cat >ws.conf <<EOF
jwt_secret = $TMP/secret
run_dir = $NG/run
database_url = host=$TMP dbname=none
app_url = https://localhost:$HTTPS
allowed_origins = https://good.example
EOF
"$abs_top_builddir/autostack-ws" -c ws.conf >ws.log 2>&1 </dev/null &
ws_pid=$!
defer 'kill $ws_pid 2>/dev/null; wait $ws_pid'
wait_for 20 grep -q '"start"' ws.log || bail "autostack-ws does not start: $(cat ws.log)"
chmod 666 "$NG/run/ws.sock"
P=localhost:$HTTPS
S=/api/status/stream

# snapshot STATUS: what the prober would have written
snapshot() {
	{
		echo "at $(date +%s)000"
		printf '%s\n' 'services []' 'stale []' 'metrics {}' 'history []' 'incidents []'
		for sn_name in 'API Gateway' Database CDN 'Build Service'; do
			for sn_line in "service_update $1" 'stale_update unknown'; do
				echo "${sn_line% *} {\"type\":\"service_update\",\"service\":\"$sn_name\",\"status\":\"${sn_line#* }\"}"
			done
		done
		echo 'metrics_update {"type":"metrics_update","metrics":{}}'
	} >"$NG/run/status.new" && mv "$NG/run/status.new" "$NG/run/status"
}
client() { # PATH WS-CLIENT-ARG...: in the background, into the file $out
	cl_path=$1
	shift
	"$abs_top_srcdir/t/helper/ws-client" --ca "$NG/cert" --no-subscribe \
		--seconds 60 "$@" "wss://$P$cl_path" >"$out" 2>"$out.err" &
	clients="$clients $!"
}
defer 'kill $clients 2>/dev/null'
said() { [ "$(grep -c "\"status\":\"$2\"" "$1")" -ge 4 ]; } # FILE STATUS

snapshot operational
out=one client "$S"
one=$!
try "anybody has the stream, at once" wait_for 10 said one operational
is "$(head -n 5 one | gojq -r .type | sort | uniq -c | xargs)" "1 metrics_update 4 service_update" "all of a snapshot"
snapshot degraded
try "a new one comes through" wait_for 5 said one degraded
out=two client "/api/v1/status/stream" --origin https://good.example
out=three client "$S?token=canary-in-a-query" --origin "https://$P"
try "also at /api/v1, from an origin of ours" wait_for 10 said two degraded
try "and whatever credential comes along" wait_for 10 said three degraded
out=four client "$S"
four=$!
wait $four
is "$?" 1 "WS-6 an address has as many as it may"
like "$(cat four)" '^429 .*"code":"RATE_LIMIT_EXCEEDED"' "WS-6 then it is 429, in the contract's shape"
get "https://$P$S" --http1.1 -H 'Upgrade: websocket' -H 'Connection: Upgrade' \
	-H 'Sec-WebSocket-Version: 13' -H 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=='
is "$STATUS" 429 "WS-6 to whoever asks"
is "$(field Retry-After)" 10 "WS-6 with a Retry-After of its own, not that of logins"
like "$(cat four)" '"details":\{"retryAfter":10\}' "WS-6 which the body says, too"
get "https://$P$S" --http1.1 -m 3 -H 'Upgrade: websocket' -H 'Connection: Upgrade' \
	-H 'Sec-WebSocket-Version: 13' -H 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==' \
	--interface 127.0.0.2 --resolve "localhost:$HTTPS:127.0.0.1"
is "$STATUS" 101 "WS-6 another address is not limited by it"
is "$(grep -c ws.refused ws.log)" 0 "nothing of it reaches autostack-ws"
kill "$one"
again() { # one that is refused ends; one that is let in has the time it needs
	snapshot degraded # an old one is told as unknown
	out=five client "$S"
	five=$!
	wait_for 20 answered
	said five degraded
}
answered() { said five degraded || ! kill -0 "$five"; }
try "WS-6 when one has left, another may come" wait_for 30 again

get "https://$P$S"
is "$STATUS" 426 "it is a WebSocket only"
for value in h2c 'websocket, h2c'; do
	get "https://$P$S" --http1.1 -H "Upgrade: $value" -H 'Connection: Upgrade, HTTP2-Settings' \
		-H 'HTTP2-Settings: AAMAAABkAAQCAAAAAAIAAAAA'
	is "$STATUS" 426 "WS-H2C Upgrade: $value is refused"
done
get "http://localhost:$HTTP$S"
is "$STATUS" 403 "and never without TLS"
# shellcheck disable=SC2086 # a list
kill $clients 2>/dev/null
free() {
	out=evil client "$S" --origin https://evil.example
	wait $!
	grep -q '^403 ' evil
}
try "WS-2 a page of another origin is refused" wait_for 10 free
like "$(cat evil)" '"code":"FORBIDDEN"' "WS-2 in the contract's shape"

rm "$NG/run/status"
out=none client "$S"
try "without a snapshot nothing is known, and that is told" wait_for 10 said none unknown
kill "$ws_pid"
wait_for 10 grep -q '^close 1001' none
ok $? "autostack-ws stops: its viewers are told" || diag "$(tail -n 2 none)"
get "https://$P$S" --http1.1 -H 'Upgrade: websocket' -H 'Connection: Upgrade'
is "$STATUS" 502 "and it is 502 until it is back"
is "$(grep -rl canary-in-a-query "$NG/log" ws.log)" "" "WS-3 no log holds a token"
done_testing
