#!/bin/sh
# PostgreSQL dies in the middle of a signup, a login, a refresh, a logout: the
# client is told to come back, and finds all of it done or nothing.
. "$(dirname "$0")/lib/tap.sh"
. "$abs_top_srcdir/t/lib/api.sh"
pg_own
api_start lock_after=3

waits() {
	[ "$(sql "SELECT count(*) FROM pg_stat_activity WHERE usename = 'autostack_api' AND wait_event_type = 'Lock'")" = 1 ]
}
# middle TABLE API-ARGUMENT...: the request gets as far as TABLE, where somebody
# else's lock makes it wait, and there the server is killed.
middle() {
	pg_psql postgres "$PG_DB" -qAtX -c BEGIN -c "LOCK TABLE $1" \
		-c 'SELECT pg_sleep(60)' >/dev/null 2>&1 &
	middle_holder=$!
	wait_for 10 held "$1" || bail "nobody holds $1"
	shift
	(
		wait_for 10 waits || diag "nobody waits"
		pg_kill
	) &
	middle_killer=$!
	api "$@"
	wait $middle_killer $middle_holder 2>/dev/null
	status 503
	json .error.code = SERVICE_UNAVAILABLE
	unlike "$(cat "$API_BODY")" "connect|socket|SELECT|INSERT|/tmp|sessions" \
		"IN-5 nor what went wrong inside"
	pg_up
}
held() {
	[ "$(sql "SELECT count(*) FROM pg_locks WHERE mode = 'AccessExclusiveLock' AND granted AND relation = '$1'::regclass")" = 1 ]
}
login='{"email":"ada@example.com","password":"correct horse ada"}'
wrong='{"email":"ada@example.com","password":"wrong horse ada"}'
ada() { sql "SELECT $1 FROM users WHERE email = 'ada@example.com'"; }

api POST /api/auth/signup \
	'{"name":"Ada","email":"ada@example.com","password":"correct horse ada"}'
status 201
token=$(jget .accessToken)
refresh=$(jget .refreshToken)
pool=$(ps -o pid= --ppid "$api_pid")

signup='{"name":"Bob","email":"bob@example.com","password":"correct horse bob"}'
api_case "signup:"
middle sessions POST /api/auth/signup "$signup"
is "$(sql 'SELECT count(*) FROM users')" 1 "there is no account without its session"
api POST /api/auth/signup "$signup"
status 201 "the same signup works afterwards"

api_case "login:"
was=$(ada password_hash)
middle sessions POST /api/auth/login "$login"
is "$(sql 'SELECT count(*) FROM sessions')" 2 "there is no new session"
is "$(ada password_hash)" "$was" "nor another hash"
middle users POST /api/auth/login "$wrong"
like "$(ada failed_logins)" '^[012]$' "what was not compared locks nobody"
api POST /api/auth/login "$login"
status 200
is "$(ada failed_logins)" 0 "the right password begins the count anew"

api_case "lock:"
api POST /api/auth/login "$wrong"
api POST /api/auth/login "$wrong"
middle mails POST /api/auth/login "$wrong"
is "$(sql "SELECT (SELECT count(*) FROM mails WHERE kind = 'locked') || ' ' || (SELECT count(*) FROM audit_logs WHERE event = 'auth.locked')")" \
	"0 0" "no mail without the audit row, no row without the mail"
sql "UPDATE users SET failed_logins = 2, locked_until = NULL WHERE email = 'ada@example.com'"
api POST /api/auth/login "$wrong"
status 401
is "$(sql "SELECT (SELECT count(*) FROM mails WHERE kind = 'locked') || ' ' || (SELECT count(*) FROM audit_logs WHERE event = 'auth.locked')")" \
	"1 1" "both come when it works"

api_case "refresh:"
middle sessions POST /api/auth/refresh "{\"refreshToken\":\"$refresh\"}"
is "$(sql "SELECT count(*) FROM refresh_tokens WHERE used_at IS NOT NULL")" 0 \
	"no token is used up"
api POST /api/auth/refresh "{\"refreshToken\":\"$refresh\"}"
status 200 "the same token works afterwards"
token=$(jget .accessToken)

api_case "logout:"
middle refresh_tokens POST /api/auth/refresh "{\"refreshToken\":\"$(jget .refreshToken)\"}"
api_ask GET /api/auth/session -H "Authorization: Bearer $token"
is "$API_STATUS" 200 "the session of a failed refresh lives"
middle sessions POST /api/auth/logout -H "Authorization: Bearer $token"
api_ask GET /api/auth/session -H "Authorization: Bearer $token"
is "$API_STATUS" 200 "who was told 503 is still signed in"
api POST /api/auth/logout -H "Authorization: Bearer $token"
status 204 "and can sign out"
is "$(ps -o pid= --ppid "$api_pid")" "$pool" "the processes are the same all the time"
done_testing
