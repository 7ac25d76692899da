#!/bin/sh
# PostgreSQL goes away before and in the middle of what accounts do: 503, and
# either all of it has happened or nothing.
. "$(dirname "$0")/lib/tap.sh"
. "$abs_top_srcdir/t/lib/api.sh"
pg_own
api_start hash_slots=2 api_processes=4

api GET /api/user/profile as ada
status 200
api GET /api/users as admin
status 200
ada=$(sql "SELECT id FROM users WHERE name = 'ada'")
everything() {
	sql "SELECT u::text FROM users u UNION ALL SELECT s::text FROM sessions s
		UNION ALL SELECT m::text FROM mails m UNION ALL SELECT c::text FROM codes c
		UNION ALL SELECT p::text FROM projects p UNION ALL SELECT d::text FROM deployments d ORDER BY 1"
}
everything >"$TMP/before"
pids=$(ps -o pid= --ppid "$api_pid")

pg_kill
away() { # WHO VERB PATH [JSON]
	away_who=$1
	shift
	api "$@" as "$away_who"
	status 503 "$1 $2 answers 503 without a database"
	json .error.code = SERVICE_UNAVAILABLE "$1 $2: in the contract's shape"
}
away ada GET /api/auth/sessions
away ada DELETE "/api/auth/sessions/$ada"
away ada GET /api/user/profile
away ada PUT /api/user/profile '{"name":"x"}'
away ada GET /api/user/preferences
away ada PUT /api/user/preferences '{"theme":"dark"}'
away ada DELETE /api/user/account '{"password":"correct horse ada"}'
away ada GET /api/user/export
away ada GET /api/audit-logs
away ada GET '/api/audit-logs?format=csv'
away admin GET /api/users
away admin POST /api/users '{"name":"x","email":"x@example.com"}'
away admin GET "/api/users/$ada"
away admin PUT "/api/users/$ada" '{"role":"manager"}'
away admin DELETE "/api/users/$ada"
away admin POST /api/users/bulk "{\"action\":\"delete\",\"ids\":[\"$ada\"]}"
away admin GET '/api/users/export?format=csv'
pg_up
everything >"$TMP/after"
try "nothing of it was done" cmp "$TMP/before" "$TMP/after"
api GET /api/users as admin
status 200 "and it works again"

# ---- in the middle ----
# begin WHO VERB PATH JSON: the request waits for the lock that a session of
# its own holds; `held` says that it does.
begin() {
	api_user "$1"
	printf %s "$4" >"$TMP/body.$2"
	"$abs_top_builddir/t/helper/fcgi-request" "$AS_RUN/api.sock" "$2" "$3" \
		-b "$TMP/body.$2" 'Content-Type: application/json' \
		"Authorization: Bearer $API_TOKEN" >"$TMP/middle" 2>&1 &
	request=$!
}
lock() {
	pg_psql postgres "$PG_DB" -c "BEGIN; LOCK TABLE $1; SELECT pg_sleep(30)" >/dev/null 2>&1 &
	wait_for 10 locked "$1" || bail "no lock"
}
locked() {
	[ "$(sql "SELECT count(*) FROM pg_locks WHERE granted AND mode = 'AccessExclusiveLock'
		AND relation = '$1'::regclass")" = 1 ]
}
held() {
	[ "$(sql "SELECT count(*) FROM pg_stat_activity WHERE usename = 'autostack_api' AND wait_event_type = 'Lock'")" = 1 ]
}
answered() { sed -n 's/^Status: *\([0-9]*\).*/\1/p' "$TMP/middle"; }

api POST /api/projects '{"repository":"ada/x"}' as ada
everything >"$TMP/before"
lock mails
begin admin POST /api/users '{"name":"Ina","email":"ina@example.com"}'
try "an invitation is half-way" wait_for 10 held
pg_kill
wait "$request"
is "$(answered)" 503 "a database that dies then is 503"
pg_up
everything >"$TMP/after"
try "IN-6 and there is neither an account, a code nor a mail" cmp "$TMP/before" "$TMP/after"

lock projects
begin ada DELETE /api/user/account '{"password":"correct horse ada"}'
try "a deletion is half-way" wait_for 10 held
pg_kill
wait "$request"
is "$(answered)" 503 "a database that dies then is 503"
pg_up
everything >"$TMP/after"
try "PR-2 and the account is whole" cmp "$TMP/before" "$TMP/after"
api GET /api/user/profile as ada
status 200 "PR-2 its session, too"

# a lock that is held for long
lock mails
api POST /api/users '{"name":"Ina","email":"ina@example.com"}' as admin
status 503 "what cannot be done in time is 503"
sql "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE '%pg_sleep(30)%' AND pid <> pg_backend_pid()" >/dev/null
api POST /api/users '{"name":"Ina","email":"ina@example.com"}' as admin
status 201 "and can be done again"
is "$(ps -o pid= --ppid "$api_pid")" "$pids" "the processes are the same"
done_testing
