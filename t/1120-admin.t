#!/bin/sh
# autostack admin: accounts from the host's side; and the command itself.
. "$(dirname "$0")/lib/tap.sh"
. "$abs_top_srcdir/t/lib/pg.sh"
pg_start
BCRYPT_COST=10
export BCRYPT_COST

admin() { # PASSWORD ARG...
	admin_password=$1
	shift
	out=$(printf '%s\n' "$admin_password" | autostack "$PGURL" admin "$@" 2>&1)
}
user() { sql "SELECT $1 FROM users WHERE email = 'ada@example.com'"; }

is "$(sql 'SELECT count(*) FROM users')" 0 "LG-9 a new database has no account"
is "$(grep -rlw seed "$abs_top_srcdir/systemd" "$abs_top_srcdir/nginx" "$abs_top_srcdir/handlers" "$abs_top_srcdir/src/api")" "" \
	"LG-9 no unit, cron line or route makes the demo's"
admin 'correct horse battery' create first@example.com First admin
is "$? $(sql "SELECT string_agg(email || ' ' || role, ',') FROM users")" "0 first@example.com admin" \
	"LG-9 the first administrator is made by whoever runs the host"
sql "ALTER TABLE users DISABLE TRIGGER users_last_admin; DELETE FROM users; DELETE FROM audit_logs"
sql "ALTER TABLE users ENABLE TRIGGER users_last_admin"

admin 'correct horse battery' create ' Ada@Example.com ' 'Ada L.'
is $? 0 "an account is made" || diag "$out"
is "$(user "name || ' ' || role || ' ' || email_verified")" "Ada L. user true" \
	"with the address folded to lower case, as a user"
is "$(user "password_hash ~ '^\\\$2b\\\$10\\\$'")" t "PW-6 its password is hashed"
admin 'correct horse battery' create ada@example.com Ada
is $? 1 "not twice"
like "$out" 'An account with this email exists|users_email_key' "with the reason"
admin 'short' create bob@example.com Bob
is $? 1 "PW-1 a short password is refused"
like "$out" 'at least 8 characters' "with the rule"
admin 'password1' create bob@example.com Bob
is $? 1 "PW-5 a common one, too"
like "$out" 'most common' "with the reason"
admin "$(printf '%073d' 0)" create bob@example.com Bob
is $? 1 "PW-2 one that bcrypt would cut is refused"
admin 'correct horse battery' create bob@example.com Bob king
like "$out" 'user, manager or admin' "a role is one of three"
admin 'correct horse battery' create bob Bob
like "$out" 'no email address' "an address has an @"
admin 'correct horse battery' create 'mıke@example.com' Mike
like "$out" 'no email address' "LG-3 and no look-alike letter, as in the API"
admin 'correct horse battery' create bob@example.com ' '
like "$out" 'name must not be blank' "a name is not blank"
admin 'correct horse battery' create bob@example.com "$(printf 'Bob\033[2J')"
like "$out" 'the name must' "nor does it steer a terminal"
is "$(sql 'SELECT count(*) FROM users')" 1 "none of these made an account"

admin '' promote ada@example.com
is "$(user role)" admin "promote makes an admin"
admin '' promote ada@example.com manager
is $? 1 "SET-4 the last administrator is not demoted"
like "$out" 'last administrator' "SET-4 and why"
is "$(user role)" admin "SET-4 nothing has changed"
sql "INSERT INTO users (name, email, role) VALUES ('Eve', 'eve@example.com', 'admin')"
admin '' promote ada@example.com manager
is "$(user role)" manager "or what is said"
admin '' promote nobody@example.com
is $? 1 "an unknown account is a failure"

sql "INSERT INTO sessions (user_id, expires_at) SELECT id, now() + interval '1 day' FROM users, generate_series(1, 3) WHERE email = 'ada@example.com';
	UPDATE users SET failed_logins = 7, locked_until = now() + interval '1 hour'"
was=$(user password_hash)
admin 'another horse battery' reset-password ada@example.com
is $? 0 "reset-password"
like "$out" '3 sessions ended' "ends the sessions"
is "$(sql 'SELECT count(*) FROM sessions WHERE revoked_at IS NULL')" 0 "all of them"
isnt "$(user password_hash)" "$was" "changes the hash"
is "$(user "failed_logins || ' ' || coalesce(locked_until::text, '-')")" "0 -" \
	"and unlocks the account"

is "$(sql "SELECT string_agg(event || ' ' || outcome || ' ' || (details->>'by'), ', ' ORDER BY at) FROM audit_logs")" \
	"user.create success autostack admin, user.role success autostack admin, user.role success autostack admin, user.password_reset success autostack admin" \
	"LOG-1 each change left its audit row"
is "$("$PG_BINDIR/pg_dump" -d "user=postgres $PGURL" | grep -c 'horse')" 0 \
	"PW-6 no password is anywhere in the database"

cmd() { out=$("$abs_top_builddir/autostack" "$@" 2>&1); }
cmd help
is $? 0 "help"
for word in migrate seed admin cleanup doctor openapi config version; do
	like "$out" "autostack $word" "help names $word"
done
cmd
is $? 2 "no command: usage"
cmd frobnicate
is $? 2 "an unknown command: usage"
cmd -c /dev/null migrate now
is $? 2 "an unknown argument: usage"
cmd -c "$TMP/none" config
is $? 1 "a configuration that is not there is a failure"
cmd version
like "$out" '^autostack [0-9]' "version"
printf 'jwt_secret = %s\n' "$TMP/secret" >"$TMP/conf"
(umask 077 && echo 0123456789012345678901234567890123456789 >"$TMP/secret")
cmd -c "$TMP/conf" config
is $? 0 "config"
like "$out" 'build_slots *= *2' "shows what is in force"
unlike "$out" 0123456789 "and no secret"
done_testing
