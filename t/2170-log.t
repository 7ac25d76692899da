#!/bin/sh
# The log of the API: a line a request, for machines or for people, whatever
# strangers send.
. "$(dirname "$0")/lib/tap.sh"
. "$abs_top_srcdir/t/lib/api.sh"
api_start

last() { # EVENT: the last line of it
	grep -F "\"event\":\"$1\"" "$AS_LOG.api" | tail -n 1
}
api_case "json:"
api GET /api/auth/session as ada
status 200
id=$(header X-Request-Id)
is "$(last request | jq -r 'keys_unsorted | join(" ")')" \
	"time priority program event id method op status ms user ip" "a request's line has these members"
is "$(last request | gojq -r '[.id, .method, .op, .status, .ip] | join(" ")')" \
	"$id GET authSession 200 127.0.0.1" "its id is the answer's"
is "$(last request | gojq -r .user)" "$(sql 'SELECT id FROM users')" "and its user"
like "$(last request | gojq -r .ms)" '^[0-9]+$' "and its time"
api GET "/api/nope?token=planted-in-query"
status 404
is "$(last request | gojq -r '[.status, .op // "none"] | join(" ")')" "404 none" "a request without a route as well"
before=$(grep -c '"event":"request"' "$AS_LOG.api")
for i in 1 2 3 4 5; do api GET /api/projects as ada; done
logged() { [ "$(grep -c '"event":"request"' "$AS_LOG.api")" = $((before + $1)) ]; }
try "one line each" wait_for 5 logged 5
api GET /api/health
status 200
api GET /health/db
status 200
try "none for a monitor's that went well" logged 5
api POST /api/health '{}'
status 405
try "but for what did not" wait_for 5 logged 6 # written when the answer is out

# names, addresses and user agents that want to be more than a value
esc=$(printf '\033')
bidi=$(printf '\342\200\256')
api POST /api/auth/signup '{"name":"x\u001b]0;t\u0007","email":"e@example.com","password":"correct horse"}'
status 422 "LOG-3 a name with an escape sequence"
api POST /api/auth/login '{"email":"x\r\n{\"event\":\"auth.login\"}@example.com","password":"wrong"}' \
	-H "User-Agent: ${esc}]52;c;aGk=${esc}\\ ${esc}[31m${bidi}evil"
status 422
api GET "/api/%0d%0a%1b%5b31m/${esc}[2J/${bidi}" -H "X-Request-Id: forged" -p "REQUEST_METHOD=G${esc}T"
api GET /api/auth/session -p "REMOTE_ADDR=127.0.0.1${esc}[2J" as ada
is "$(gojq -e . <"$AS_LOG.api" 2>&1 >/dev/null)" "" "LOG-3 every line is JSON"
is "$(grep -c "[$(printf '\001-\010\013-\037\177')]\|$bidi" "$AS_LOG.api")" 0 \
	"LOG-3 without a control character or an override of direction"
unlike "$(cat "$AS_LOG.api")" 'forged|planted-in-query' "LOG-2 the query is not in it, nor an id that the client made up"
api POST /api/auth/login '{"email":"ada@example.com","password":"correct horse ada"}' \
	-H "User-Agent: ${esc}]52;c;aGk=${esc}\\ ${bidi}evil $(printf '%0600d' 0)"
status 200
is "$(sql "SELECT length(user_agent) <= 512 FROM audit_logs ORDER BY at DESC LIMIT 1")" t \
	"LOG-4 a User-Agent is stored cut"
api_stop

api_case "text:"
as_conf log_format=text
api_run
api GET /api/auth/session as ada
id=$(header X-Request-Id)
try "a line in columns" wait_for 5 grep -q " request $id " "$AS_LOG.api" # written when the answer is out
like "$(grep " request $id " "$AS_LOG.api")" \
	"^20[0-9-]{8}T[0-9:.]{12}Z info    autostack-api request $id method=GET op=authSession status=200 ms=[0-9]+ user=[0-9a-f-]{36} ip=127.0.0.1\$" \
	"columns and key=value"
api_stop

# the option is stronger than the setting
for program in api ws worker; do
	for format in json text; do
		out=$("$abs_top_builddir/autostack-$program" -t -c "$AS_CONF" --log-format $format 2>&1)
		is $? 0 "autostack-$program takes --log-format $format" || diag "$out"
	done
	"$abs_top_builddir/autostack-$program" -t -c "$AS_CONF" --log-format xml >/dev/null 2>&1
	is $? 2 "autostack-$program: another one is a usage error"
done
out=$("$abs_top_builddir/autostack-api" -c "$AS_CONF" --log-format json 2>&1 </dev/null)
like "$(printf '%s\n' "$out" | tail -n 1)" '^{"time":.*"event":"stop"' "the option is stronger than the setting"
done_testing
