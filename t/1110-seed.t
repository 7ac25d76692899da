#!/bin/sh
# autostack seed: the demo logins and data, once.
. "$(dirname "$0")/lib/tap.sh"
. "$abs_top_srcdir/t/lib/pg.sh"
pg_start

BCRYPT_COST=10
export BCRYPT_COST
out=$(autostack "$PGURL" seed 2>&1)
is $? 0 "an empty database is seeded" || diag "$out"
like "$out" 'test@example.com / testpass123' "it prints the user's login"
like "$out" 'admin@example.com / adminpass123' "and the administrator's"
is "$(sql "SELECT string_agg(email || ' ' || role, ', ' ORDER BY email) FROM users")" \
	"admin@example.com admin, test@example.com user" "with these roles"
is "$(sql "SELECT count(*) FROM users WHERE password_hash ~ '^\\\$2b\\\$10\\\$'")" 2 \
	"PW-6 passwords are bcrypt"
is "$(sql "SELECT count(DISTINCT password_hash) FROM users")" 2 \
	"PW-6 with a salt each"
is "$(sql "SELECT string_agg(DISTINCT status, ' ' ORDER BY status) FROM deployments")" \
	"cancelled failed success superseded" \
	"deployments in every final state, and none that a worker would begin"
is "$(sql "SELECT count(*) > 40 FROM deployments")" t "enough to see a trend"
is "$(sql "SELECT count(*) FROM deployments WHERE created_at > now() OR completed_at > now()
	OR completed_at < created_at OR started_at > completed_at")" 0 \
	"times are in the past and in order"
is "$(sql "SELECT count(*) FROM deployments WHERE status = 'failed' AND error IS NULL")" 0 \
	"what failed says why"
is "$(sql "SELECT count(*) FROM deployments d WHERE log_seq <> (
	SELECT count(*) FROM deployment_logs WHERE deployment_id = d.id)")" 0 \
	"logs run from 1 without gaps"
is "$(sql "SELECT count(*) FROM deployment_logs WHERE message !~ '^\\[\\d\\d:\\d\\d\\] .'")" 0 \
	"each line has its time in front"
is "$(sql "SELECT count(*) > 10 FROM audit_logs")" t "there are audit rows"
is "$(sql "SELECT count(DISTINCT event) > 15 FROM audit_logs")" t "of many kinds"
"$abs_top_builddir/autostack-api" -x events | awk -F'\t' '$3 == "audit" { print $1 }' | sort >"$TMP/events"
sql "SELECT DISTINCT event FROM audit_logs" | sort >"$TMP/seeded"
is "$(comm -13 "$TMP/events" "$TMP/seeded")" "" "and only such as there are"
is "$(sql "SELECT count(*) FROM audit_logs WHERE at > now()")" 0 "all of the past"
is "$(sql "SELECT count(*) FROM api_keys")" 5 "there are API keys"
is "$(sql "SELECT count(*) FROM api_keys WHERE revoked_at IS NULL AND coalesce(expires_at > now(), true)")" 3 \
	"some have ended"
is "$(sql "SELECT count(*) FROM api_keys WHERE created_at > last_used_at OR revoked_at > now()
	OR revoked_at < last_used_at")" 0 "their times are in order"
is "$(sql "SELECT count(*) FROM sessions WHERE revoked_at IS NULL AND expires_at > now()")" 4 \
	"there are sessions on several devices"
is "$(sql "SELECT count(*) FROM refresh_tokens")" 0 "which nobody has the tokens of"
is "$(sql "SELECT count(*) FROM users WHERE last_login_at < now()")" 2 "the accounts were used"

everything() {
	"$PG_BINDIR/pg_dump" -d "user=postgres $PGURL" | grep -v '^\\'
}
everything >"$TMP/first"
try "a second time is no error" autostack "$PGURL" seed
everything >"$TMP/second"
try "and changes nothing" cmp "$TMP/first" "$TMP/second"

sql "INSERT INTO users (name, email) VALUES ('Real', 'real@example.net')"
out=$(autostack "$PGURL" seed 2>&1)
is $? 1 "a database that somebody uses is refused"
like "$out" '1 other accounts.*--force' "with the reason"
try "unless it is meant" autostack "$PGURL" seed --force
done_testing
