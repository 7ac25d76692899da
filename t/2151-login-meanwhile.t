#!/bin/sh
# A lock outlives what happens around it; what changes during a login counts.
. "$(dirname "$0")/lib/tap.sh"
. "$abs_top_srcdir/t/lib/api.sh"
api_start lock_after=5 lock_seconds=90s

login() { # NAME PASSWORD
	api POST /api/auth/login "{\"email\":\"$1@example.com\",\"password\":\"$2\"}"
}
user() { sql "SELECT $2 FROM users WHERE email = '$1@example.com'"; }

api_case "restart:"
api GET /api/auth/session as ada
for i in 1 2 3; do login ada wrong; done
api_stop
api_run
for i in 4 5; do login ada wrong; done
is "$(user ada "locked_until BETWEEN now() + interval '80 s' AND now() + interval '90 s'")" t \
	"LG-5 the count outlives a restart: 3 and 2 wrong passwords lock for lock_seconds"
login ada "correct horse ada"
status 401 "LG-4 the right password is refused while the lock lasts"
api GET /api/auth/session as ada
status 200 "LG-7 a live session goes on"
out=$(printf 'another horse ada\n' | autostack "$PGURL" admin reset-password ada@example.com 2>&1)
is $? 0 "LG-6 a reset password" || diag "$out"
login ada "another horse ada"
status 200 "LG-6 ends the lock"
api_stop

# A cost of 13 takes long enough to do something meanwhile, and not so long that
# beside other tests nobody waits for the answer.
if developer_only "what changes while a password is compared counts"; then
	api_case "meanwhile:"
	as_conf bcrypt_cost=13 log_debug=yes
	api_run
	api_user slow
	compared() { [ "$(grep -c "compared with the account" "$AS_LOG.api")" -gt "$lines" ]; }
	for what in "active = false" "password_hash = password_hash || ''" "password_hash = '!'"; do
		was=$(user slow password_hash)
		sessions=$(sql "SELECT count(*) FROM sessions")
		lines=$(grep -c "compared with the account" "$AS_LOG.api")
		login slow "correct horse slow" &
		wait_for 20 compared
		sql "UPDATE users SET $what WHERE email = 'slow@example.com'"
		wait $!
		[ "$what" = "password_hash = password_hash || ''" ] && more=1 || more=0
		is "$(sql "SELECT count(*) FROM sessions")" $((sessions + more)) \
			"of a login during which $what come $more sessions"
		sql "UPDATE users SET active = true, failed_logins = 0, password_hash = '$was' WHERE email = 'slow@example.com'"
	done
fi
done_testing
