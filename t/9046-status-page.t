#!/bin/sh
# The status page of a whole Autostack: each part that stops is seen there within
# ten seconds, is in the history afterwards, and is seen again when it is back.
. "$(dirname "$0")/lib/tap.sh"
. "$abs_top_srcdir/t/lib/stack.sh"
. "$abs_top_srcdir/t/lib/status.sh"

services() { call GET /api/status/services && jget .services; }
end() { # SERVICE: all of its session, so that nobody starts anything again
	read -r pid _ <"$AUTOSTACK_STATE/run/$1.pid"
	# shellcheck disable=SC2046 # a list
	kill -KILL $(ps -s "$pid" -o pid=) 2>/dev/null
}
postgres() { # SIGNAL: its postmaster, then the sessions that there are
	pid=$(stack_pids postgres)
	# shellcheck disable=SC2046,SC2086 # lists
	kill "-$1" $pid $(ps -o pid= --ppid "${pid% }")
}
back() {
	# shellcheck disable=SC2086 # a list of words
	try "what has stopped is started again" stack_quickstart --detach --no-seed $stack_sets
}
today() { # SERVICE MEMBER: the page's own history, which may be half a minute old
	call GET /api/status/history
	jget ".history[89].services[] | select(.name == \"$1\") | .$2"
}
was() { [ "$(today "$1" "$2")" -gt "$3" ]; } # SERVICE MEMBER LEAST

stack_start
within 30 "a whole Autostack is operational" all_are operational
is "$(jget '[.services[].responseTime | type == "number"] | all')" true "with response times"
stack_user ada
within 60 "and so it was today" was 'API Gateway' unknownSeconds 0
is "$(jget '.history | length')" 90 "of the 90 days that the page shows"
is "$(jget '[.history[] | .services[].downSeconds] | add')" 0 "nothing was down on any"

# one who watches all of what follows, and comes back as a browser does
stream() { # PATH WS-CLIENT-ARG...
	st_path=$1
	shift
	"$abs_top_srcdir/t/helper/ws-client" --ca "$AUTOSTACK_CA" --no-subscribe "$@" \
		"wss://localhost:$STACK_HTTPS$st_path" 2>>"$TMP/stream.err" | sed -nu '/^{/p'
}
while :; do
	stream /api/status/stream --seconds 900
	sleep 0.5
done >watched &
watcher=$!
defer 'kill $watcher 2>/dev/null'
last() { tac watched | gojq -r --arg s "$1" 'select(.service == $s) | .status' | head -n 1; } # SERVICE
told() { # STATUS SERVICE...
	told_status=$1
	shift
	for told_name; do [ "$(last "$told_name")" = "$told_status" ] || return 1; done
}
within 5 "the live stream tells the same" told operational 'API Gateway' Database CDN 'Build Service'
call GET /api/status/metrics
is "$(jget '.metrics | keys | join(" ")')" \
	"$(gojq -r 'select(.type == "metrics_update") | .metrics | keys | join(" ")' watched | head -n 1)" "with the same metrics"
lines=$(wc -l <watched)
few() { [ "$(wc -l <watched)" -ge $((lines + 15)) ]; }
within 15 "every three seconds" few
stream /api/v1/status/stream --seconds 10 --messages 5 >late
is "$(gojq -r .type late | sort | uniq -c | xargs)" "1 metrics_update 4 service_update" "one that comes later gets all of it at once"

end api
within 10 "the API stops: the page says so within 10 s" are down 'API Gateway'
within 2 "and the stream" told down 'API Gateway'
call GET /api/status/services
is "$STATUS $(field x-cache)" "200 STALE" "without the API, and marked"
try "everything else goes on" are operational Database CDN 'Build Service'
call GET /api/deployments
is "$STATUS" 502 "other routes are away"
back
within 10 "it is back by itself within 10 s" are operational 'API Gateway'
within 60 "its absence is in the history, as down" was 'API Gateway' downSeconds 0

postgres STOP
within 10 "PostgreSQL stands still: the page says so within 10 s" are down Database 'Build Service'
try "everything else goes on" are operational 'API Gateway' CDN
# more users than the API has processes, and a scrape
asked=
for n in 1 2 3 4 5 6; do
	curl -sk -m 60 -o /dev/null -w '%{http_code}\n' -H "Authorization: Bearer $TOKEN" "$AUTOSTACK_URL/api/deployments" >"asked.$n" &
	asked="$asked $!"
done
sleep 1
call GET /api/status/services
is "$STATUS" 200 "the page is there while all processes of the API wait for PostgreSQL"
# shellcheck disable=SC2086 # a list of processes
wait $asked
is "$(cat asked.* | sort | uniq -c | xargs)" "6 503" "which is not for ever: users are told"
postgres CONT
within 10 "it goes on: so does the page" are operational Database 'Build Service'
within 60 "its absence is in the history, as down, though nothing could be written then" was Database downSeconds 0

end postgres
within 10 "PostgreSQL stops: the page says so within 10 s" are down Database 'Build Service'
within 2 "and the stream, which needs no database for that" told down Database 'Build Service'
is "$STATUS" 200 "from the API, which needs no database for that"
for part in metrics history incidents; do
	call GET "/api/status/$part"
	is "$STATUS" 200 "nor for $part"
done
try "everything else goes on" are operational 'API Gateway' CDN
back
within 10 "it is back by itself within 10 s" are operational Database 'Build Service'

unknown=$(today CDN unknownSeconds)
down=$(today CDN downSeconds)
end worker
within 10 "the worker stops: nobody looks, so within 10 s nothing is known" all_are unknown
is "$(jget '[.services[].responseTime] | unique | tojson')" '[null]' "of anything"
within 5 "the stream says so, too" told unknown 'API Gateway' Database CDN 'Build Service'
call GET /api/status/metrics
is "$STATUS" 200 "the figures are the last"
back
within 15 "when it is back all is operational again" all_are operational
within 5 "for the stream as well" told operational 'API Gateway' Database CDN 'Build Service'
within 60 "its absence is in the history, as unknown" was CDN unknownSeconds "$((unknown + 7))"
is "$(today CDN downSeconds)" "$down" "and not as down"

end certificates
end nginx
end api
end postgres
end worker
back
within 20 "all of it stops and starts" all_are operational
done_testing
