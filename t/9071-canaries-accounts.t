#!/bin/sh
# The same search as 9070's, for what comes by mail, lives in a browser, or
# belongs to programs: codes, cookies, API keys, sign-ins at GitHub.
. "$(dirname "$0")/lib/tap.sh"
. "$abs_top_srcdir/t/lib/stack.sh"
. "$abs_top_srcdir/t/lib/canary.sh"
canary_start rate_per_minute=100000 github_client_id=canaries
ada=ada@example.org

# The code of the newest mail to ADDRESS of a kind: sets CODE and EML.
mail_code() { # NAME KIND ADDRESS
	CODE='' EML=''
	wait_for 30 mail_sent "$2" "$3" ||
		diag "no $2 mail to $3: $(ls "$AUTOSTACK_MAIL")"
	EML=$(grep -lr "^To: .*$3" "$AUTOSTACK_MAIL" | sort | tail -n 1)
	[ -z "$EML" ] || CODE=$(sed -n 's/.*#code=\([A-Za-z0-9_-]*\).*/\1/p' "$EML" | head -n 1)
	plant "$1" "$CODE" && may "$1" "^mail/$(basename "$EML")\$"
}
mail_sent() {
	[ "$(psql -AtX "$AUTOSTACK_DB" -c "SELECT sent_at IS NOT NULL FROM mails WHERE kind = '$1' AND recipient = '$2' ORDER BY created_at DESC LIMIT 1")" = t ]
}

# --- signup and confirmation ---
canary password
TOKEN=
call POST /api/auth/signup "{\"name\":\"ada\",\"email\":\"$ada\",\"password\":\"$password\"}"
is "$STATUS" 201 "an account"
TOKEN=$(jget .accessToken)
plant access_token "$(printf %s "$TOKEN" | cut -d. -f3)"
mail_code verify_code verify $ada
call POST /api/auth/verify-email "{\"token\":\"$CODE\"}"
is "$STATUS" 200 "its address is confirmed" && keep
canary invented_code
call POST /api/auth/verify-email "{\"token\":\"$invented_code\"}"
is "$STATUS" 400 "an invented code is refused" && keep

# --- a change, a reset ---
canary changed_password
canary not_current
call POST /api/auth/change-password "{\"currentPassword\":\"$not_current\",\"newPassword\":\"$changed_password\"}"
isnt "$STATUS" 200 "a change with a wrong password" && keep
call POST /api/auth/change-password "{\"currentPassword\":\"$password\",\"newPassword\":\"$changed_password\"}"
is "$STATUS" 200 "a change" && keep
call POST /api/auth/forgot-password "{\"email\":\"$ada\"}"
is "$STATUS" 200 "a reset is asked for" && keep
mail_code reset_code reset $ada
canary reset_password
call POST /api/auth/reset-password "{\"token\":\"$CODE\",\"password\":\"short\"}"
is "$STATUS" 422 "a reset to a password that is too short" && keep
call POST /api/auth/reset-password "{\"token\":\"$CODE\",\"password\":\"$reset_password\"}"
is "$STATUS" 200 "a reset" && keep
call POST /api/auth/reset-password "{\"token\":\"$CODE\",\"password\":\"$reset_password\"}"
is "$STATUS" 400 "not twice" && keep

# --- a browser ---
TOKEN=
web() { # PATH JSON [CURL-ARG]...
	web_path=$1
	web_json=$2
	shift 2
	call POST "$web_path" "$web_json" -H 'X-Client: web' -H "Origin: $AUTOSTACK_URL" \
		-H 'Sec-Fetch-Site: same-origin' -b jar -c jar "$@"
}
: >jar
web /api/auth/login "{\"email\":\"$ada\",\"password\":\"$reset_password\"}"
is "$STATUS" 200 "a login in a browser"
plant cookie "$(awk '$6 == "__Host-autostack" { print $7 }' jar)"
csrf=$(jget .csrfToken)
plant csrf_token "$csrf"
TOKEN=$(jget .accessToken)
plant browser_access_token "$(printf %s "$TOKEN" | cut -d. -f3)"
web /api/auth/refresh '{}' -H "X-CSRF-Token: $csrf"
plant second_cookie "$(awk '$6 == "__Host-autostack" { print $7 }' jar)"
canary csrf_wrong
with_token=$TOKEN
TOKEN= # beside a bearer token the cookie and its guard mean nothing
web /api/auth/logout '{}' -H "X-CSRF-Token: $csrf_wrong"
is "$STATUS" 403 "a logout by cookie with a wrong token" && keep
TOKEN=$with_token

# --- an API key ---
call POST /api/api-keys '{"name":"canary"}'
is "$STATUS" 201 "an API key"
key=$(jget .key)
plant api_key "$key"
call GET /api/api-keys
keep
TOKEN=
for path in /api/projects /api/auth/session /api/api-keys /api/user/profile; do
	call GET "$path" '' -H "X-API-Key: $key"
	keep
done
call GET /api/projects '' -H "X-API-Key: ${key}x"
keep

# --- a sign-in that is on its way ---
call GET /api/auth/github '' -b jar -c jar
is "$STATUS" 302 "to GitHub"
plant oauth_cookie "$(awk '$6 == "__Host-autostack-oauth" { print $7 }' jar)"
state=$(sed -n 's/^location:.*[?&]state=\([^&]*\).*/\1/Ip' "$HEADERS" | tr -d '\r')
plant oauth_state "$state"
canary oauth_code
call GET "/api/auth/github/callback?code=$oauth_code&state=$state"
keep
call GET "/api/auth/github/callback?code=$oauth_code&state=$state" '' -b jar -c jar
keep
call POST /api/auth/oauth/finish "{\"code\":\"$oauth_code\"}"
keep

# --- what an administrator and the owner take out ---
psql -qAtX "$AUTOSTACK_DB" -c "UPDATE users SET role = 'admin' WHERE email = '$ada'"
call POST /api/auth/login "{\"email\":\"$ada\",\"password\":\"$reset_password\"}"
TOKEN=$(jget .accessToken)
call POST /api/users '{"name":"Bob","email":"bob@example.org"}'
is "$STATUS" 201 "an invitation" && keep
mail_code invite_code invite bob@example.org
canary given_password
call POST /api/users "{\"name\":\"Eve\",\"email\":\"eve@example.org\",\"password\":\"$given_password\"}"
is "$STATUS" 201 "an account with a first password" && keep
for path in /api/user/export /api/users/export?format=csv /api/audit-logs /api/audit-logs?format=csv /api/auth/sessions /api/users; do
	call GET "$path"
	is "$STATUS" 200 "$path is there" && keep
done
canary delete_password
call DELETE /api/user/account "{\"password\":\"$delete_password\"}"
keep

canary_search
done_testing
