#!/bin/sh
# What holds for every route: verbs, headers, errors, media types, health.
. "$(dirname "$0")/lib/tap.sh"
. "$abs_top_srcdir/t/lib/api.sh"
api_start request_body_max=64K

api_case "health:"
for path in /health /api/health /api/v1/health; do
	api GET $path
	status 200
	json .status = ok
done
api GET /health
isnt "$(jget .version)" null "/health names the version"
api GET /health/db
status 200
json .status = ok
json '.responseTimeMs | type' = number
api GET /api/health/redis
status 200
json .status = disabled

api_case "headers:"
api GET /api/deployments
status 401
is "$(header Content-Type)" "application/json; charset=utf-8" \
	"HD-2 errors are JSON in UTF-8"
is "$(header Cache-Control)" no-store "HD-1 nothing under /api is stored"
like "$(header WWW-Authenticate)" '^Bearer ' "401 comes with WWW-Authenticate"
json .error.code = UNAUTHORIZED
json .error.statusCode = 401
json_keys .error = "code message statusCode details"
first=$(header X-Request-Id)
api GET /api/deployments -H 'X-Request-Id: 00000000-0000-4000-8000-000000000000'
like "$(header X-Request-Id)" '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' \
	"X-Request-Id is a UUID"
isnt "$(header X-Request-Id)" "$first" "each answer has its own"
isnt "$(header X-Request-Id)" 00000000-0000-4000-8000-000000000000 \
	"the client's is not taken"
like "$(cat "$AS_LOG.api")" "\"id\":\"$first\"" "the log has the same id"

api_case "verbs:"
api DELETE /api/deployments
status 405 "IN-2 another verb is 405"
is "$(header Allow)" "GET, HEAD, POST, OPTIONS" "IN-2 405 comes with Allow"
api TRACE /api/health
status 405 "IN-2 TRACE is refused"
api BREW /api/health
status 405 "IN-2 an invented verb is refused"
api OPTIONS /api/projects
status 204
is "$(header Allow)" "GET, HEAD, POST, OPTIONS" "OPTIONS says what is allowed"
api HEAD /api/health
status 200
is "$(cat "$API_BODY")" "" "IN-2 HEAD has no body"
api HEAD /api/deployments as ada
status 200
api POST /api/deployments/recent '{}' as ada
status 405 "a fixed segment wins over {id}, for all verbs"
api GET /api/health -H 'X-HTTP-Method-Override: DELETE'
status 200 "a method override is not heard"

api_case "addresses:"
for path in / /api /api/ /api/nope /api/health/ /api//health /API/health \
	/api/v2/health '/api/health;x=1' /api/%2e%2e/health /health/x; do
	api GET "$path"
	status 404 "IN-8 GET $path is a JSON 404"
	[ "$(jget .error.code)" = NOT_FOUND ] || ok 1 "GET $path: its code"
done
api GET '/api/%zz'
status 400
api GET '/api/health?x=1'
status 422 "unknown parameters are 422"

api_case "bodies:"
api POST /api/projects as ada -d '{"repository":"a/b"}'
status 415 "IN-2 CS-3 a body without a type is 415"
for type in text/plain application/x-www-form-urlencoded 'multipart/form-data; boundary=x' \
	application/jsonp application/xml; do
	api POST /api/projects as ada -d '{"repository":"a/b"}' -H "Content-Type: $type"
	status 415 "IN-2 CS-3 $type is 415"
done
api POST /api/projects as ada -d '{"repository":"a/b"}' \
	-H 'Content-Type: Application/JSON; charset=UTF-8'
status 201 "application/json in any spelling is fine"
head -c 70000 /dev/zero | tr '\0' ' ' >big
printf '{}' >>big
api POST /api/projects as ada -d "$(cat big)" -H 'Content-Type: application/json'
status 413 "IN-2 a body over request_body_max is 413"
json .error.code = PAYLOAD_TOO_LARGE
api POST /api/projects as ada -d '{}' -H 'Content-Type: application/json' \
	-p CONTENT_LENGTH=99999999999
status 413 "IN-2 an announced one, too"

api_case "openapi:"
api GET /api/openapi.json
status 200
json .openapi = 3.1.0
is "$(jq -S . "$API_BODY")" "$(jq -S . "$abs_top_srcdir/t/expect/openapi.json")" \
	"IN-8 what is served is what is committed"
done_testing
