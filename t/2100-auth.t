#!/bin/sh
# Signing up, in and out.
. "$(dirname "$0")/lib/tap.sh"
. "$abs_top_srcdir/t/lib/api.sh"
api_start refresh_token_seconds=2h session_idle_seconds=1h

api_case "signup:"
api POST /api/auth/signup '{"name":"Ada Lovelace","email":" Ada@Example.COM ","password":" l8 zählt ☃ "}'
status 201
json .user.email = ada@example.com
json .user.name = "Ada Lovelace"
json .user.role = user
json .user.emailVerified = false
json .user.avatarUrl = null
json .tokenType = Bearer
json .expiresIn = 900
json_keys . = "user accessToken refreshToken tokenType expiresIn"
json_keys .user = "id name email avatarUrl role emailVerified createdAt"
like "$(jget .user.createdAt)" '^2[0-9]{3}-[01][0-9]-[0-3][0-9]T[0-9:]{8}Z$' \
	"times are RFC 3339 in UTC"
api POST /api/auth/signup '{"name":"X","email":"ada@example.com","password":"something else"}'
status 409
json .error.code = EMAIL_TAKEN
api POST /api/auth/signup '{"name":"X","email":"ADA@example.com","password":"something else"}'
status 409 "LG-3 an address in other case is the same account"
api POST /api/auth/signup '{"name":"X","email":"m\u0131ke@example.com","password":"something else"}'
status 422 "LG-3 a look-alike letter is refused"
api POST /api/auth/signup '{}'
status 422
json '.error.details.fields | map("\(.name) \(.code)") | join(",")' = \
	"name REQUIRED,email REQUIRED,password REQUIRED"
api POST /api/auth/signup '{"name":"X","email":"x@example.com","password":"something else","role":"admin","id":"1"}'
status 422 "SET-3 a role in the body is refused"
json '.error.details.fields | map(.name) | join(",")' = "role,id"

api_case "passwords:"
pass() { printf '{"name":"P","email":"%s@example.com","password":"%s"}' "$1" "$2"; }
p72=$(printf '%072d' 0)
api POST /api/auth/signup "$(pass p7 1234567)"
status 422 "PW-1 7 characters are refused"
json .error.details.fields[0].name = password
api POST /api/auth/signup "$(pass p8 8-charac)"
status 201 "PW-1 8 characters are accepted"
api POST /api/auth/signup "$(pass p64 "$(printf '%064d' 0)")"
status 201 "PW-1 64 characters are accepted"
api POST /api/auth/signup "$(pass p73 "${p72}x")"
status 422 "PW-2 73 bytes are refused"
like "$(jget .error.details.fields[0].message)" 72 "PW-2 the limit is named"
api POST /api/auth/signup "$(pass p72 "$p72")"
status 201 "PW-2 72 bytes are accepted"
api POST /api/auth/login "{\"email\":\"p72@example.com\",\"password\":\"${p72}x\"}"
status 401 "PW-2 the first 72 bytes of a longer one do not open the account"
emoji=$(printf '\360\237\230\200%.0s' 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19)
api POST /api/auth/signup "$(pass pe "$emoji")"
status 422 "PW-3 the limit counts bytes"
api POST /api/auth/signup "$(pass p0 'abc\u0000defgh')"
status 400 "PW-4 NUL in a password"
for word in autostack Autostack1 AUTOSTACK123! petunia99 petunia@example.com; do
	api POST /api/auth/signup "$(pass petunia "$word")"
	status 422 "PW-5 $word is refused"
done
json .error.details.fields[0].name = password

api_case "login:"
for path in /api/auth/login /api/login /api/v1/auth/login; do
	api POST $path '{"email":"aDa@example.com","password":" l8 zählt ☃ "}'
	status 200
done
api POST /api/auth/login '{"email":"ada@example.com","password":"l8 zählt ☃"}'
status 401 "PW-1 blanks of a password count"
cp "$API_BODY" wrong
json .error.code = INVALID_CREDENTIALS
sql "INSERT INTO users (name, email) VALUES ('O', 'oauth@example.com')"
sql "UPDATE users SET active = false WHERE email = 'p8@example.com'"
for body in '{"email":"nobody@example.com","password":"8-charac"}' \
	'{"email":"oauth@example.com","password":"8-charac"}' \
	'{"email":"p8@example.com","password":"8-charac"}'; do
	api POST /api/auth/login "$body"
	status 401 "LG-1 login with $body"
	is "$(cat "$API_BODY")" "$(cat wrong)" "LG-1 the same answer"
done

api_case "session:"
for path in /api/auth/session /api/auth/me /api/me /api/v1/auth/me; do
	api GET $path as bob
	status 200
	json .user.email = bob@example.com
done
for path in /api/auth/register /api/signup; do
	api POST $path "$(pass "${path##*/}" 'correct horse')"
	status 201
done

api_case "audit:"
is "$(sql "SELECT string_agg(DISTINCT event || ' ' || outcome, ',' ORDER BY event || ' ' || outcome) FROM audit_logs")" \
	"auth.login success,auth.login_failed failure,auth.signup failure,auth.signup success" \
	"LOG-1 successes and failures are in audit_logs"
is "$(sql "SELECT count(*) FROM audit_logs WHERE event = 'auth.login_failed'
	AND user_id = (SELECT id FROM users WHERE email = 'ada@example.com') AND ip = '127.0.0.1'
	AND request_id IS NOT NULL AND details->>'code' = 'INVALID_CREDENTIALS'")" 1 \
	"LOG-1 with actor, address, request id and code"
api POST /api/auth/login '{"email":"ada@example.com","password":" l8 zählt ☃ "}' \
	-H "User-Agent: $(printf '%0600d' 0)"
is "$(sql "SELECT length(user_agent) FROM audit_logs ORDER BY at DESC LIMIT 1")" 512 \
	"LOG-4 the User-Agent is stored cut to 512 characters"

api_case "stored:"
is "$(sql "SELECT count(*) FROM users WHERE password_hash !~ '^\\\$2b\\\$10\\\$'")" 0 \
	"PW-6 passwords are bcrypt hashes"
unlike "$(sql "SELECT u::text FROM users u UNION ALL SELECT a::text FROM audit_logs a UNION ALL SELECT s::text FROM sessions s")" \
	"zählt" "no password in the database"
unlike "$(cat "$AS_LOG.api")" "zählt|refreshToken|eyJ" "none, and no token, in the log"
done_testing
