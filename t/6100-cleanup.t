#!/bin/sh
# autostack cleanup: what has expired goes, in batches; nothing else does.
. "$(dirname "$0")/lib/tap.sh"
. "$abs_top_srcdir/t/lib/pg.sh"
pg_start

sql "INSERT INTO users (name, email) VALUES ('A', 'a@example.com')"
session() { # REASON CREATED LAST_USED EXPIRES REVOKED
	sql "WITH s AS (INSERT INTO sessions (user_id, created_at, last_used_at, expires_at, revoked_at, revoke_reason)
			SELECT id, now() + interval '$2', now() + interval '$3', now() + interval '$4', now() + $5::interval, '$1' FROM users RETURNING id)
		INSERT INTO refresh_tokens (hash, session_id)
		SELECT encode(sha256(id::text::bytea), 'hex'), id FROM s"
}
session live '-1 d' '-1 h' '29 d' NULL
session expired '-40 d' '-3 d' '-2 d' NULL
session 'just expired' '-30 d' '-1 h' '-1 h' NULL
session idle '-20 d' '-16 d' '10 d' NULL
session 'logged out' '-5 d' '-3 d' '25 d' "'-2 d'"
session 'just logged out' '-5 d' '-3 d' '25 d' "'-1 h'"

sql "INSERT INTO ws_tickets (hash, user_id, session_id, path, expires_at)
	SELECT encode(sha256(n::text::bytea), 'hex'), user_id, id, '/x', now() + n * interval '1 minute'
	FROM sessions, unnest(ARRAY[-1, 1]) n WHERE revoke_reason = 'live'"

out=$(autostack "$PGURL" cleanup 2>&1)
is $? 0 "cleanup" || diag "$out"
like "$out" "^expired sessions: 3 removed" "says what it removed"
like "$out" "^expired tickets: 1 removed" "WS-3 unused tickets go"
is "$(sql 'SELECT count(*) FROM ws_tickets')" 1 "WS-3 those in their time stay"
is "$(sql "SELECT string_agg(revoke_reason, ', ' ORDER BY revoke_reason) FROM sessions")" \
	"just expired, just logged out, live" \
	"SE-10 a session stays a day longer than any access token of it"
is "$(sql 'SELECT count(*) FROM refresh_tokens')" 3 "refresh tokens go with it"

sql "INSERT INTO sessions (user_id, created_at, expires_at, revoked_at)
	SELECT id, now() - interval '9 d', now() + interval '1 d', now() - interval '2 d' FROM users, generate_series(1, 10000)"
out=$(autostack "$PGURL" cleanup --batch 3000 2>&1)
like "$out" "^expired sessions: 10000 removed" \
	"SE-10 10000 logouts do not stay; several batches in one call"
try "two at once do no harm" sh -c "
	DATABASE_URL='$PGURL' '$abs_top_builddir/autostack' -c /dev/null cleanup & first=\$!
	DATABASE_URL='$PGURL' '$abs_top_builddir/autostack' -c /dev/null cleanup && wait \$first"
autostack "$PGURL" cleanup --batch 0 >/dev/null 2>&1
is $? 2 "a batch of 0 is refused"
done_testing
