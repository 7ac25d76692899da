#!/bin/sh
# Secrets are planted everywhere that one can come from, a whole stack is driven
# with everything logged, and afterwards they are searched for.
. "$(dirname "$0")/lib/tap.sh"
. "$abs_top_srcdir/t/lib/stack.sh"
. "$abs_top_srcdir/t/lib/canary.sh"
canary_start rate_per_minute=100000 lock_after=5

login() { # NAME PASSWORD [CURL-ARG]...
	login_json="{\"email\":\"$1@example.org\",\"password\":\"$2\"}"
	shift 2
	call POST /api/auth/login "$login_json" "$@"
}

# --- what may be seen is found: the search itself works ---
canary visible_path
may visible_path '^log/access\.log$'
call GET "/api/$visible_path"
canary visible_name
may visible_name '^(pg/.*|searched (dump|answers)|mail/.*[.]eml)$'
canary hidden
forms "$hidden" >forms
for before in '' a ab abc abcd; do
	printf '%s%s and more' "$before" "$hidden" | base64 -w 0 | grep -qF -f forms
	ok $? "base64 after ${#before} bytes is found"
done

# --- passwords ---
canary password
TOKEN=
call POST /api/auth/signup "{\"name\":\"$visible_name\",\"email\":\"ada@example.org\",\"password\":\"$password\"}"
is "$STATUS" 201 "an account whose password is a canary" || diag "$(cat "$BODY")"
canary wrong_password
login ada "$wrong_password"
is "$STATUS" 401 "a wrong one" && keep
canary unknown_password
login nobody "$unknown_password"
keep
canary long_password
call POST /api/auth/signup "{\"name\":\"x\",\"email\":\"x@example.org\",\"password\":\"$(printf '%080d' 0)$long_password\"}"
is "$STATUS" 422 "one that is refused" && keep
canary broken_password
call POST /api/auth/login "{\"email\":\"ada@example.org\",\"password\":\"$broken_password"
is "$STATUS" 400 "one in broken JSON" && keep
canary typed_password
call POST /api/auth/login "{\"email\":\"ada@example.org\",\"password\":[\"$typed_password\"],\"more\":\"$typed_password\"}"
is "$STATUS" 422 "one of the wrong type" && keep
canary form_password
call POST /api/auth/login '' -d "email=ada@example.org&password=$form_password"
is "$STATUS" 415 "one in a form" && keep
canary locking_password
for n in 1 2 3 4 5 6; do login ada "$locking_password$n"; done
is "$(psql -AtX "$AUTOSTACK_DB" -c "SELECT count(*) FROM mails WHERE kind = 'locked'")" 1 "a lock and its mail"
canary admin_password
printf '%s\n' "$admin_password" | svc "$AUTOSTACK_STATE/inst/usr/bin/autostack" -c "$AUTOSTACK_CONF" \
	admin create root@example.org Root admin >>"$ANSWERS" 2>&1
is $? 0 "one that autostack admin was told"
psql -qAtX "$AUTOSTACK_DB" -c "UPDATE users SET locked_until = NULL, failed_logins = 0"

# --- tokens ---
login ada "$password"
is "$STATUS" 200 "a login"
plant access_token "$(jget .accessToken | cut -d. -f3)"
plant refresh_token "$(jget .refreshToken)"
first=$(jget .refreshToken)
call POST /api/auth/refresh "{\"refreshToken\":\"$first\"}"
plant second_refresh_token "$(jget .refreshToken)"
call POST /api/auth/refresh "{\"refreshToken\":\"$first\"}"
is "$STATUS" 401 "a refresh token that comes again" && keep
canary invented_refresh
call POST /api/auth/refresh "{\"refreshToken\":\"$invented_refresh\"}"
keep
canary bearer
call GET /api/auth/session '' -H "Authorization: Bearer $bearer"
keep
canary basic
call GET /api/auth/session '' -u "ada:$basic"
keep
canary api_key
call GET /api/auth/session '' -H "X-API-Key: $api_key"
keep
canary cookie
call GET /api/auth/session '' -H "Cookie: __Host-autostack=$cookie; x=$cookie" -H "X-CSRF-Token: $cookie"
keep
canary query
for path in /api/nope /api/auth/session /api/deployments /health /docs / /ws/logs/x; do
	call GET "$path?token=$query&code=$query&access_token=$query"
	keep
done
canary referer
call GET /api/auth/session '' -H "Referer: https://localhost/reset#code=$referer"

# --- a build with a secret, watched by token and by ticket ---
login ada "$password"
TOKEN=$(jget .accessToken)
plant build_access_token "$(printf %s "$TOKEN" | cut -d. -f3)"
plant build_refresh_token "$(jget .refreshToken)"
stack_repo site
echo '<h1>one</h1>' | stack_file site index.html
stack_commit site first
canary env_value
canary env_quoted
stack_deploy site "\"outputDir\":\".\",\"installCommand\":\"\",\"buildCommand\":\"echo \$SECRET; echo \$QUOTED; sleep 2\",\"envVars\":\"SECRET=$env_value\\nQUOTED=\\\"a \\\\\\\"$env_quoted\\\"\\n\""
is "$STATUS" 201 "a deployment with secrets in its environment" && keep
call POST /api/ws-ticket "{\"path\":\"/api/deployments/$DEPLOYMENT/logs/stream\"}"
ticket=$(jget .ticket)
plant ws_ticket "$ticket"
W=$abs_top_srcdir/t/helper/ws-client
for token in "$TOKEN" "$ticket" "$ticket"; do
	"$W" --ca "$AUTOSTACK_CA" --token "$token" --seconds 30 --messages 3 \
		"wss://localhost:$STACK_HTTPS/api/deployments/$DEPLOYMENT/logs/stream" >>"$ANSWERS" 2>&1
done
is "$(stack_wait 60)" success "it is built"
call GET "/api/deployments/$DEPLOYMENT/logs?limit=1000"
keep
like "$(cat "$BODY")" '\*\*\*' "and its log is masked"
call GET "/api/deployments/$DEPLOYMENT"
keep
canary git_password
call POST /api/deployments "{\"repository\":\"https://ada:$git_password@localhost/x.git\",\"branch\":\"main\"}"
keep
canary env_refused
call POST /api/deployments "{\"repository\":\"$(stack_url site)\",\"branch\":\"main\",\"envVars\":\"not a name=$env_refused\"}"
is "$STATUS" 422 "an environment that is refused" && keep

# --- what fails inside: PostgreSQL dies in the middle ---
canary away_password
kill -QUIT "$(head -n 1 "$AUTOSTACK_STATE/pg/postmaster.pid")"
for n in 1 2 3; do
	login ada "$away_password"
	keep
	call GET /api/auth/session
	keep
done
back() {
	login ada "$away_password"
	[ "$STATUS" = 401 ]
}
wait_for 60 back
ok $? "the database is back"
call POST /api/auth/logout '{}'
svc "$AUTOSTACK_STATE/inst/usr/bin/autostack" -c "$AUTOSTACK_CONF" config >>"$ANSWERS" 2>&1
svc "$AUTOSTACK_STATE/inst/usr/bin/autostack" -c "$AUTOSTACK_CONF" doctor >>"$ANSWERS" 2>&1
svc "$AUTOSTACK_STATE/inst/usr/bin/autostack" -c "$AUTOSTACK_CONF" cleanup >>"$ANSWERS" 2>&1

canary_search
done_testing
