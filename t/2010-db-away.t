#!/bin/sh
# PostgreSQL goes away and comes back under a running API.
. "$(dirname "$0")/lib/tap.sh"
. "$abs_top_srcdir/t/lib/api.sh"
pg_own
api_start

api GET /api/deployments as ada
status 200
before=$(ps -o pid= --ppid "$api_pid")
api POST /api/api-keys '{"name":"k"}' as ada
key=$(jget .key)
api POST /api/auth/login '{"email":"ada@example.com","password":"correct horse ada"}' \
	-H 'Origin: https://localhost' -H 'X-Client: web'
cookie=$(header Set-Cookie)
cookie=${cookie%%;*}

pg_kill
for credential in "X-API-Key: $key" "Cookie: $cookie"; do
	api GET /api/deployments -H "$credential"
	status 503 "a good ${credential%%:*} is not refused for it"
done
for what in "GET /api/deployments" "POST /api/ws-ticket" "GET /health/db"; do
	verb=${what%% *}
	if [ "$verb" = POST ]; then
		api POST "${what#* }" '{"path":"/x"}' as ada
	else
		api "$verb" "${what#* }" as ada
	fi
	status 503 "$what answers 503 without a database"
	json .error.code = SERVICE_UNAVAILABLE
	json .error.statusCode = 503
	unlike "$(cat "$API_BODY")" "connect|socket|SELECT|/tmp" \
		"IN-5 the answer tells nothing of the inside"
	like "$(header Retry-After)" '^[1-9][0-9]*$' "503 says when to come back"
done
api GET /health
status 200 "/health answers without a database"
api POST /api/auth/login '{"email":"ada@example.com","password":"correct horse ada"}'
status 503

pg_up
api GET /api/deployments as ada
status 200 "it works again without a restart"
for credential in "X-API-Key: $key" "Cookie: $cookie"; do
	api GET /api/deployments -H "$credential"
	status 200 "so does the ${credential%%:*}"
done
is "$(ps -o pid= --ppid "$api_pid")" "$before" "the processes are the same"
like "$(cat "$AS_LOG.api")" '"event":"db.down"' "the log says that it went"
like "$(cat "$AS_LOG.api")" '"event":"db.up"' "the log says that it came back"

api_stop
pg_kill
api_run
api GET /health/db
status 503 "the API starts without a database"
pg_up
api GET /api/deployments as ada
status 200
done_testing
