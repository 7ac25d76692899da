#!/bin/sh
# /metrics is for the addresses of METRICS_FROM alone.
. "$(dirname "$0")/lib/tap.sh"
. "$abs_top_srcdir/t/lib/nginx.sh"

nginx_start "METRICS_FROM=10.0.0.0/8 2001:db8::/32"
get "https://localhost:$HTTPS/metrics"
is "$STATUS $(gojq -r .error.code "$BODY")" "403 FORBIDDEN" "an address that is not among them is refused"
get "https://localhost:$HTTPS/metrics/"
is "$STATUS" 404 "there is nothing beside it"
get "http://localhost:$HTTP/metrics"
is "$STATUS" 301 "nor without TLS"
kill -TERM "$ng_pid"
wait "$ng_pid"
nginx_start
get "https://localhost:$HTTPS/metrics"
is "$STATUS" 502 "the host itself comes as far as the API by default"
for bad in 'METRICS_FROM=1;' 'METRICS_FROM=all' 'METRICS_FROM=1.2.3.4/8}'; do
	nginx_routes | "$abs_top_srcdir/nginx/render" "$TMP/out" "$bad" 2>/dev/null
	isnt "$?" 0 "refused: $bad"
done
done_testing
