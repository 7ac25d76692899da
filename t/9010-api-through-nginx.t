#!/bin/sh
# The API as the network sees it: headers that nginx adds exactly once, addresses
# that cannot be forged, limits of the real routes, smuggling.
. "$(dirname "$0")/lib/tap.sh"
. "$abs_top_srcdir/t/lib/stack.sh"

stack_start auth_rate_per_minute=5
api_pids=$(stack_pids api)

once() { # HEADER VALUE DESCRIPTION
	is "$(field "$1")" "$2" "$3"
}
for path in /health /health/db /health/redis /api/health /api/openapi.json \
	/api/deployments /api/nope /api/auth/session; do
	call GET "$path"
	once strict-transport-security 'max-age=31536000; includeSubDomains' "HD-1 HSTS once on $path"
	once x-content-type-options nosniff "HD-1 nosniff once on $path"
	once referrer-policy no-referrer "HD-1 Referrer-Policy once on $path"
	like "$(field content-security-policy)" "object-src 'none'; base-uri 'none'; frame-ancestors 'none'" \
		"HD-1 CSP on $path"
	like "$(field content-type)" '^application/json; charset=utf-8$' "HD-2 $path is JSON"
	is "$(field server)$(field x-powered-by)" nginx "HD-2 no version on $path"
	like "$(field x-request-id)" '^[0-9a-f-]{36}$' "one X-Request-Id on $path"
done
call GET /api/deployments
is "$STATUS $(jget .error.code)" "401 UNAUTHORIZED" "the API answers through nginx"
is "$(field cache-control)" no-store "HD-1 no-store under /api"
isnt "$(field www-authenticate)" "" "401 carries WWW-Authenticate"
call GET /api/nope
is "$STATUS $(jget .error.code)" "404 NOT_FOUND" "an unknown address is the contract's 404"
id=$(field x-request-id)
grep -q "$id" "$AUTOSTACK_STATE/log/access.log"
ok $? "the request id is in nginx's log"
grep -q "$id" "$AUTOSTACK_STATE/log/api.log"
ok $? "and in the API's"

# --- RL-1 with the API's own routes ---
body='{"email":"nobody@example.org","password":"wrong password"}'
codes=
for path in /api/auth/login /api/login /api/v1/auth/login /api/auth/signup /api/auth/login; do
	call POST "$path" "$body"
	codes="$codes $STATUS"
done
unlike "$codes" 429 "RL-1 five requests to routes of rate class auth pass:$codes"
for path in /api/auth/login /api/auth/signup /api/signup /api/auth/reset-password /api/v1/login; do
	call POST "$path" "$body"
	is "$STATUS $(jget .error.code)" "429 RATE_LIMIT_EXCEEDED" "RL-1 $path is refused then"
done
wait_s=$(field retry-after)
like "$wait_s" '^[1-9][0-9]*$' "RL-1 Retry-After is an integer"
call POST /api/auth/login "$body" -H 'X-Forwarded-For: 192.0.2.7' -H 'Forwarded: for=192.0.2.7' \
	-H 'X-Real-IP: 192.0.2.7' -H 'X-Real_IP: 192.0.2.7' -H 'Proxy: http://192.0.2.7'
is "$STATUS" 429 "HD-3 no header opens another bucket"
call POST /api/auth/login "$body" --interface 127.0.0.3 --ipv4
is "$STATUS" 401 "RL-1 another address is fine"
call GET /api/health
is "$STATUS" 200 "other routes are not limited by it"
call POST /api/auth/refresh '{"refreshToken":"guessed"}'
is "$STATUS" 401 "nor is refreshing, which each page of the panel does when it is opened"
sleep "$wait_s"
call POST /api/auth/login "$body" -H 'X-Forwarded-For: 192.0.2.7'
is "$STATUS" 401 "RL-1 after Retry-After it works again"
codes=
for path in signup login login login login login; do
	[ "$path" = signup ] && name='"name":"L",' || name=
	call POST "/api/auth/$path" "{$name\"email\":\"lg6@example.org\",\"password\":\"correct horse lg6\"}" \
		--interface 127.0.0.6 --ipv4
	codes="$codes $STATUS"
done
is "$codes" " 201 200 200 200 200 429" "LG-6 successes do not clear the limit of an address"
is "$(psql -AtX "$AUTOSTACK_DB" -c "SELECT count(*) FROM audit_logs WHERE ip = '192.0.2.7'")" 0 \
	"HD-3 the audit log has the peer's address"
isnt "$(psql -AtX "$AUTOSTACK_DB" -c "SELECT count(*) FROM audit_logs WHERE ip <<= '127.0.0.0/8' OR ip = '::1'")" 0 \
	"HD-3 really"

# --- HD-4: two requests in one, seen from the API ---
raw() {
	printf "$1" | timeout 5 openssl s_client -quiet -connect "localhost:$STACK_HTTPS" \
		-servername localhost 2>/dev/null | tr -d '\r'
}
answer=$(raw 'POST /api/nope HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /api/smuggled HTTP/1.1\r\nHost: localhost\r\n\r\n')
like "$(echo "$answer" | head -n 1)" '^HTTP/1.1 400 ' "HD-4 CL with TE is 400"
is "$(echo "$answer" | grep -c '^HTTP/1.1')" 1 "HD-4 and what followed is not a request"
! grep -q smuggled "$AUTOSTACK_STATE/log/access.log" "$AUTOSTACK_STATE/log/api.log"
ok $? "HD-4 nobody saw it"

# --- TL-2: the names differ, and neither answers for the other ---
call GET /api/health '' -H 'Host: sample.localhost'
isnt "$STATUS" 200 "TL-2 the API does not answer under a site's name"
site sample /api/health -k
is "$STATUS" 404 "TL-2 nor below a site"

# --- JSON from nginx itself ---
head -c 3000000 /dev/zero | tr '\0' a >big
call POST /api/auth/login '' --data-binary @big -H 'Content-Type: application/json'
is "$STATUS $(jget .error.code)" "413 PAYLOAD_TOO_LARGE" "IN-2 a body over the limit"
call GET /api/deployments '' -X TRACE
is "$STATUS" 405 "IN-2 TRACE is refused"
is "$(stack_pids api)" "$api_pids" "every API process is still the same"

# --- a dying API process costs no read ---
codes=
for pid in $api_pids; do
	kill -KILL "$pid"
	call GET /api/health
	codes="$codes $STATUS"
done
unlike "$codes" '50[0-9]' "reads survive SIGKILLs of API processes:$codes"
stack_api_full() { [ "$(stack_pids api | wc -w)" -eq "$(echo "$api_pids" | wc -w)" ]; }
wait_for 10 stack_api_full
ok $? "the pool is full again"
done_testing
