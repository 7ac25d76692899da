#!/bin/sh
# Tickets for WebSockets: what the API hands out. t/4xxx uses them.
. "$(dirname "$0")/lib/tap.sh"
. "$abs_top_srcdir/t/lib/api.sh"
api_start

api POST /api/ws-ticket '{"path":"/api/deployments/1/logs/stream"}' as ada
status 201
json .expiresIn = 60
ticket=$(jget .ticket)
like "$ticket" '^[A-Za-z0-9_-]{43}$' "WS-3 256 random bits"
is "$(sql "SELECT t.path, t.expires_at - t.created_at, t.user_id = s.user_id
	FROM ws_tickets t JOIN sessions s ON s.id = t.session_id")" \
	"/api/deployments/1/logs/stream|00:01:00|t" \
	"WS-3 bound to the path, the user and the session, for a minute"
is "$(sql "SELECT hash FROM ws_tickets")" \
	"$(printf %s "$ticket" | sha256sum | cut -d' ' -f1)" \
	"WS-3 stored as a hash only"
api POST /api/ws-ticket '{"path":"/api/deployments/1/logs/stream"}' as ada
isnt "$(jget .ticket)" "$ticket" "each is another"
api POST /api/ws-ticket '{"path":"x"}' as ada
status 422
api POST /api/ws-ticket '{"path":"/a?token=x"}' as ada
status 422
unlike "$(cat "$AS_LOG.api")" "$ticket" "WS-3 the log does not hold it"
is "$(sql_as autostack_api 'SELECT hash FROM ws_tickets' 2>&1 | grep -c denied)" 1 \
	"the API cannot read them back"
done_testing
