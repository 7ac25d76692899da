#!/bin/sh
# The status page through nginx: what is kept and for how long, what reaches the
# API, and what there is without it.
. "$(dirname "$0")/lib/tap.sh"
. "$abs_top_srcdir/t/lib/api.sh"
. "$abs_top_srcdir/t/lib/nginx.sh"
nginx_start
AS_RUN=$NG/run
api_start app_url="https://localhost:$HTTPS"
chmod 666 "$AS_RUN/api.sock"
P=https://localhost:$HTTPS/api/status

# snapshot AGE_SECONDS [WORD]: what the prober would have written then
snapshot() {
	{
		echo "at $((($(date +%s) - $1) * 1000))"
		for sn_line in services stale; do
			sn_word=${2:-operational}
			[ $sn_line = services ] || sn_word=unknown
			echo "$sn_line [{\"name\":\"API Gateway\",\"status\":\"$sn_word\",\"uptime\":99.98,\"responseTime\":null,\"lastCheckedAt\":null}]"
		done
		echo "metrics {\"totalDeployments\":${3:-1},\"deploymentChange\":null,\"activeProjects\":0,\"projectChange\":null,\"avgDeployTime\":null,\"timeChange\":null,\"successRate\":null,\"successChange\":null}"
		echo "history [$(seq -s, 90 | sed 's/[0-9]*/{"date":"Today","day":"2026-01-20","uptime":null,"incidents":0,"services":[]}/g')]"
		echo 'incidents []'
	} >"$AS_RUN/status.new" && mv "$AS_RUN/status.new" "$AS_RUN/status"
}
body() { gojq -r "$1" "$BODY"; }
cache() { field X-Cache; }

# --- kept ---
snapshot 0
get "$P/metrics"
is "$STATUS $(cache) $(body .metrics.totalDeployments)" "200 MISS 1" "the first one asks the API"
is "$(field Cache-Control)" "public, max-age=30, stale-while-revalidate=30" "which says for how long its answer is good"
like "$(field X-Request-Id)" '^[0-9a-f-]{36}$' "it has an id"
is "$(field Strict-Transport-Security | wc -l)" 1 "HD-1 and the headers of all others"
snapshot 0 operational 2
get "$P/metrics"
is "$STATUS $(cache) $(body .metrics.totalDeployments)" "200 HIT 1" "the next one gets the same"
get "$P/metrics" -I
is "$STATUS $(cache)" "200 MISS" "HEAD is kept apart"
get "https://localhost:$HTTPS/api/v1/status/metrics"
is "$STATUS $(body .metrics.totalDeployments)" "200 2" "and so is the same route under another path"
get "$P/services"
is "$(field Cache-Control)" "public, max-age=1, stale-while-revalidate=1" "services are fresh for a second"
snapshot 0 degraded
is_degraded() { get "$P/services"; [ "$(body '.services[0].status')" = degraded ]; }
wait_for 4 is_degraded
ok $? "so a change is seen within a few seconds"
get "$P/metrics?x=1"
is "$STATUS $(cache)" "422 BYPASS" "what has arguments is not kept"
get "$P/metrics?"
is "$STATUS $(body .metrics.totalDeployments)" "200 1" "no question is no argument"

# --- small on the wire ---
get "$P/history"
plain=$(cat "$BODY")
get "$P/history" -H 'Accept-Encoding: gzip'
is "$(field Content-Encoding) $(cache)" "gzip HIT" "the days are compressed for who can read that, and kept once for both"
is "$(gzip -dc "$BODY")" "$plain" "they are the same"
like "$(field Vary)" 'Accept-Encoding' "which other caches are told"
get "https://localhost:$HTTPS/api/health" -H 'Accept-Encoding: gzip'
is "$STATUS $(field Content-Encoding)" "200 " "no other answer of the API is"

# --- nobody's credentials or origin ---
for who in 'Authorization: Bearer nonsense' 'X-API-Key: nonsense' 'Cookie: __Host-refresh=nonsense'; do
	get "$P/history" -H "$who"
	is "$STATUS" 200 "${who%%:*} is none of the API's business here"
done
get "$P/incidents" -H 'Origin: https://good.example'
is "$STATUS $(field Access-Control-Allow-Origin)" "200 https://good.example" "CO-1 an origin of ours may read it"
get "$P/incidents" -H 'Origin: https://evil.example'
is "$STATUS $(cache) $(field Access-Control-Allow-Origin)" "200 HIT " "CO-1 another one gets the same answer, and may not"
get "$P/incidents" -H "Origin: https://localhost:$HTTPS"
is "$(cache) $(field Access-Control-Allow-Origin)" "HIT https://localhost:$HTTPS" "CO-1 each by its name"
like "$(field Vary)" Origin "CO-1 caches behind us are told"
get "$P/incidents" -X OPTIONS -H 'Origin: https://good.example' -H 'Access-Control-Request-Method: POST'
is "$STATUS" 204 "a preflight is the API's"
is "$(grep -ic '^access-control-allow-origin' "$HEADERS")" 0 "which does not know this origin"
# --- writing is the API's ---
api_user admin
get "$P/incidents" -X POST -H 'Content-Type: application/json' -d '{"title":"x"}'
is "$STATUS" 401 "SET-2 an incident is not made by anybody"
get "$P/incidents" -H "Authorization: Bearer $API_TOKEN" -H 'Content-Type: application/json' -d '{"title":"x"}' \
	-H "Origin: https://localhost:$HTTPS"
is "$STATUS $(cache)" "201 " "but by an administrator, through the same path"
is "$(grep -ic '^access-control-allow-origin' "$HEADERS")" 1 "with one header for its origin"

# --- who has it already ---
get "$P/history"
etag=$(field ETag)
like "$etag" '^"[0-9a-f]{32}"$' "an answer says which it is"
get "$P/history" -H "If-None-Match: $etag"
is "$STATUS" 304 "and is not sent twice"
get "$P/history" -H "If-None-Match: W/$etag" -H 'Accept-Encoding: gzip'
is "$STATUS" 304 "nor compressed"
get "$P/history" -H 'If-None-Match: "0123456789abcdef0123456789abcdef"'
is "$STATUS" 200 "another one is"

# --- an API that hangs ---
api_pids() { echo "$api_pid" && ps -o pid= --ppid "$api_pid"; }
# no-store is the prober's file; STALE alone may be a copy that is being renewed
is_file() { get "$P/services" -m 8; [ "$(field Cache-Control)" = no-store ]; }
is_asked() { get "$P/services" -m 8; [ "$(body '.services[0].status')" = operational ]; }
# shellcheck disable=SC2046 # a list
kill -STOP $(api_pids)
snapshot 0 degraded
wait_for 12 is_file
is "$STATUS $(cache) $(body '.services[0].status')" "200 STALE degraded" "an API that hangs is as good as none"
# shellcheck disable=SC2046 # a list
kill -CONT $(api_pids)
snapshot 0
wait_for 8 is_asked
isnt "$(field Cache-Control)" no-store "until it goes on"

# --- without the API ---
api_stop
snapshot 0 down
get "$P/metrics"
is "$STATUS" 200 "the API has stopped: what is fresh stays"
wait_for 5 is_file
is "$STATUS $(body '.services[0].status')" "200 down" "and then the prober's own words are read"
like "$(field Content-Type)" '^application/json' "as JSON"
is "$(field Cache-Control)" no-store "to be kept by nobody"
like "$(field X-Request-Id)" '^[0-9a-f-]{36}$' "with an id"
is "$(field X-Content-Type-Options) $(field Strict-Transport-Security | wc -l)" "nosniff 1" "HD-1 and the headers"
get "$P/services" -H 'Origin: https://good.example'
is "$(field Access-Control-Allow-Origin)" https://good.example "CO-1 for origins of ours"
get "$P/services" -I
is "$STATUS $(grep -c '^{' "$BODY")" "200 0" "HEAD has no body"
get "$P/services?x=1"
is "$STATUS" 200 "its arguments do not matter then"
get "$P/services" -X POST -d '{}'
is "$STATUS $(body .error.code)" "502 BAD_GATEWAY" "what is written is not taken for read"
snapshot 10
get "$P/services"
is "$STATUS $(body '.services[0].status')" "200 unknown" "a file that has become old knows nothing of services"
echo 'at x' >"$AS_RUN/status"
get "$P/services"
is "$STATUS $(body .error.code)" "502 BAD_GATEWAY" "one that is broken is none"
rm "$AS_RUN/status"
get "$P/services"
is "$STATUS $(body .error.code)" "502 BAD_GATEWAY" "and neither is none"
get "https://localhost:$HTTPS/api/status/x"
is "$STATUS" 502 "its neighbours are as ever"
api_run
chmod 666 "$AS_RUN/api.sock"
snapshot 0
get "$P/services"
is "$STATUS $(body '.services[0].status')" "200 operational" "the API is there again"
done_testing
