#!/bin/sh
# The database goes away in the middle of a reset, a change or a signup: 503,
# and nothing of it has happened.
. "$(dirname "$0")/lib/tap.sh"
. "$abs_top_srcdir/t/lib/api.sh"
pg_own
api_start
code_for() { # PURPOSE ADDRESS: sets code
	code=$(head -c 32 /dev/urandom | base64 -w 0 | tr '+/' '-_' | tr -d =)
	sql "INSERT INTO codes (hash, purpose, user_id, email, expires_at)
		SELECT '$(printf %s "$code" | sha256sum | cut -c1-64)', '$1', id, '$2', now() + interval '1 hour'
		FROM users WHERE name = 'ada'"
}
# All that may have been touched, but what the attempt itself leaves: the count
# before a password is compared.
state() {
	sql "SELECT md5(string_agg(x, '|' ORDER BY x)) FROM (
		SELECT u.id || u.email || coalesce(u.pending_email, '-') || coalesce(u.password_hash, '-') || u.email_verified FROM users u
		UNION ALL SELECT c.hash || coalesce(c.used_at::text, '-') FROM codes c
		UNION ALL SELECT s.id || coalesce(s.revoked_at::text, '-') FROM sessions s
		UNION ALL SELECT m.id::text FROM mails m) t (x)"
}
# die_at TABLE: whoever writes there loses the connection, as the last thing of
# its statement
die_at() {
	sql "CREATE FUNCTION die() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS \$\$ BEGIN
			PERFORM pg_terminate_backend(pg_backend_pid()); RETURN NULL; END \$\$;
		CREATE TRIGGER zz_die AFTER INSERT OR UPDATE ON $1 FOR EACH ROW EXECUTE FUNCTION die();"
}
live() { sql "DROP FUNCTION die() CASCADE" 2>/dev/null; }
api_user ada
# halfway WHAT TABLE... -- PATH [JSON] [as USER]: breaks at each table, then not
halfway() {
	h_what=$1
	h_tables=
	shift
	while [ "$1" != -- ]; do
		h_tables="$h_tables $1"
		shift
	done
	shift
	for table in $h_tables; do
		before=$(state)
		die_at "$table"
		api POST "$@"
		live
		status 503 "$h_what: 503 when the connection breaks at $table"
		is "$(state)" "$before" "$h_what: nothing of it has happened"
	done
	api POST "$@"
	like "$API_STATUS" '^20[012]$' "$h_what: it works when the database is back"
	isnt "$(state)" "$before" "$h_what: and does something"
}

code_for reset ada@example.com
halfway reset users codes sessions mails -- /api/auth/reset-password \
	'{"token":"'$code'","password":"a new password 1"}'
api POST /api/auth/login '{"email":"ada@example.com","password":"a new password 1"}'
status 200
jget .accessToken >"$TMP/token.ada"
api POST /api/auth/login '{"email":"ada@example.com","password":"a new password 1"}'
code_for invite ada@example.com
halfway change users codes sessions mails -- /api/auth/change-password \
	'{"currentPassword":"a new password 1","newPassword":"a new password 2"}' as ada
halfway forgotten codes mails -- /api/auth/forgot-password '{"email":"ada@example.com"}'
halfway signup users codes mails sessions -- /api/auth/signup \
	'{"name":"bob","email":"bob@example.com","password":"correct horse bob"}'
sql "UPDATE users SET pending_email = 'new@example.com' WHERE name = 'ada'"
code_for verify new@example.com
halfway "another address" users codes -- /api/auth/verify-email '{"token":"'$code'"}'
is "$(sql "SELECT email FROM users WHERE name = 'ada'")" new@example.com "which is the account's then"
sql "UPDATE users SET email_verified = false WHERE name = 'ada'"
halfway resend codes mails -- /api/auth/resend-verification as ada

pg_kill
for who in ada nobody; do
	api POST /api/auth/forgot-password "{\"email\":\"$who@example.com\"}"
	status 503 "FP-1 without a database the answer is 503 for $who"
	grep -v -i 'x-request-id\|date:' "$API_HEADERS" | cat - "$API_BODY" >"$TMP/away.$who"
done
cmp -s "$TMP/away.ada" "$TMP/away.nobody"
ok $? "FP-1 the same one"
pg_up
done_testing
