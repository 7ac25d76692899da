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

sql "INSERT INTO codes (hash, purpose, user_id, email, created_at, expires_at, used_at)
	SELECT encode(sha256(v.name::bytea), 'hex'), 'reset', u.id, v.name, now() + made::interval, now() + ends::interval, now() + used::interval
	FROM users u, (VALUES ('live', '-1 m', '9 m', NULL), ('just over', '-2 h', '-1 h', NULL), ('just used', '-2 m', '8 m', '-1 m'),
		('over', '-3 d', '-2 d', NULL), ('used', '-3 d', '5 d', '-25 h'), ('used and over', '-3 d', '-2 d', '-2 d')) v (name, made, ends, used);
	INSERT INTO oauth_states (hash, provider, browser_hash, verifier_sealed, nonce, next, expires_at)
	SELECT encode(sha256(n::text::bytea), 'hex'), 'github', 'x', 'x', 'x', '/', now() + n * interval '1 minute' FROM unnest(ARRAY[-1, 1]) n;
	INSERT INTO api_keys (user_id, name, prefix, hash, expires_at, revoked_at)
	SELECT u.id, v.name, 'ask_', encode(sha256(v.name::bytea), 'hex'), now() + ends::interval, now() + revoked::interval
	FROM users u, (VALUES ('endless', NULL, NULL), ('live', '1 d', NULL), ('just over', '-29 d', NULL), ('over', '-31 d', NULL),
		('revoked', NULL, '-31 d'), ('just revoked', '1 d', '-29 d'), ('revoked, then over', '-1 d', '-31 d')) v (name, ends, revoked);
	INSERT INTO mails (kind, recipient, message_sealed, sent_at, failed_at, created_at)
	SELECT v.kind, 'a@example.com', v.message, now() + sent::interval, now() + failed::interval, now() - interval '90 d'
	FROM (VALUES ('waits', 'x', NULL, NULL), ('sent', NULL, '-31 d', NULL), ('just sent', NULL, '-29 d', NULL),
		('failed', NULL, NULL, '-31 d'), ('just failed', NULL, NULL, '-29 d')) v (kind, message, sent, failed);
	INSERT INTO notifications (means, event, user_id, error, status, created_at, ended_at)
	SELECT 'mail', 'channel.disabled', u.id, v.name, v.status, now() - interval '90 d', now() + ended::interval
	FROM users u, (VALUES ('waits', 'waiting', NULL), ('told', 'delivered', '-31 d'), ('just told', 'delivered', '-29 d'),
		('dead', 'failed', '-31 d'), ('just dead', 'failed', '-29 d')) v (name, status, ended);
	INSERT INTO github_calls (what, lane, user_id, project_id, repository, status, created_at, ended_at)
	SELECT 'unhook', v.name, u.id, u.id, 'a/b', v.status, now() - interval '90 d', now() + ended::interval
	FROM users u, (VALUES ('waits', 'waiting', NULL), ('told', 'delivered', '-31 d'), ('just told', 'delivered', '-29 d'),
		('dropped', 'dropped', '-31 d'), ('just dropped', 'dropped', '-29 d')) v (name, status, ended);
	INSERT INTO certificate_orders (host, ended_at) SELECT h, now() + h::interval FROM unnest(ARRAY['-31 d', '-29 d', '0']) h;
	INSERT INTO service_days (service, day) SELECT 'CDN', current_date - n FROM unnest(ARRAY[0, 399, 402, 403]) n;
	INSERT INTO incidents (title, status, started_at, resolved_at, published_at, updated_at)
	SELECT v.title, v.status, now() - interval '500 d', now() + v.resolved::interval, now() + v.published::interval, now() + v.updated::interval
	FROM (VALUES ('open', 'monitoring', NULL, '-500 d', '-500 d'), ('over', 'resolved', '-401 d', '-500 d', '-401 d'),
		('just over', 'resolved', '-399 d', '-500 d', '-399 d'), ('forgotten', 'investigating', NULL, NULL, '-401 d'),
		('draft', 'investigating', NULL, NULL, '-399 d')) v (title, status, resolved, published, updated);
	INSERT INTO audit_logs (event, outcome, at)
	SELECT v.event, 'success', now() + v.at::interval FROM (VALUES ('old', '-366 d'), ('young', '-364 d'), ('new', '0')) v (event, at)"
out=$(autostack "$PGURL" cleanup --batch 1 2>&1)
is $? 0 "all kinds at once, one a transaction" || diag "$out"
is "$out" "expired sessions: 0 removed
expired tickets: 0 removed
old codes: 3 removed
lost sign-ins: 1 removed
dead API keys: 3 removed
old orders of certificates: 1 removed
old mails: 2 removed
old notifications: 2 removed
old calls to GitHub: 2 removed
old webhook deliveries: 0 removed
old audit rows: 1 removed
stale uploads: 0 removed
old build logs: 0 removed
old days of the status page: 2 removed
old incidents: 2 removed" "each kind says what went"
is "$(sql "SELECT string_agg(title, ', ' ORDER BY title) FROM incidents")" "draft, just over, open" \
	"incidents stay until they have been over for long"
is "$(sql "SELECT string_agg(email, ', ' ORDER BY email) FROM codes")" "just over, just used, live" \
	"codes stay a day"
is "$(sql "SELECT count(*) FROM oauth_states WHERE expires_at > now()")" 1 "a sign-in on its way stays"
is "$(sql "SELECT string_agg(name, ', ' ORDER BY name) FROM api_keys")" "endless, just over, just revoked, live" \
	"API keys stay a month after their end"
is "$(sql "SELECT count(*) FROM certificate_orders")" 2 "the ledger of orders keeps a month"
is "$(sql "SELECT string_agg(kind, ', ' ORDER BY kind) FROM mails")" "just failed, just sent, waits" \
	"mails stay for mail_keep_days, those that wait for ever"
is "$(sql "SELECT string_agg(error, ', ' ORDER BY error) FROM notifications")" "just dead, just told, waits" \
	"notifications stay for notification_keep_days, dead ones too, those that wait for ever"
is "$(sql "SELECT string_agg(lane, ', ' ORDER BY lane) FROM github_calls")" "just dropped, just told, waits" \
	"so does what GitHub was told"
is "$(sql "SELECT string_agg(event, ', ' ORDER BY event) FROM audit_logs")" "new, young" "LOG-1 audit rows stay for audit_keep_days"
AUDIT_KEEP_DAYS=30 MAIL_KEEP_DAYS=7 NOTIFICATION_KEEP_DAYS=7
export AUDIT_KEEP_DAYS MAIL_KEEP_DAYS NOTIFICATION_KEEP_DAYS
out=$(autostack "$PGURL" cleanup 2>&1)
like "$out" "^old audit rows: 1 removed" "audit_keep_days says how long"
like "$out" "^old mails: 2 removed" "mail_keep_days says how long"
like "$out" "^old notifications: 2 removed" "notification_keep_days says how long"
unset AUDIT_KEEP_DAYS MAIL_KEEP_DAYS NOTIFICATION_KEEP_DAYS

sql "INSERT INTO sessions (user_id, created_at, expires_at, revoked_at)
	SELECT id, now() - interval '9 d', now() + interval '1 d', now() - interval '2 d' FROM users, generate_series(1, 10000)"
out=$(autostack "$PGURL" cleanup --batch 3000 2>&1)
like "$out" "^expired sessions: 10000 removed" \
	"SE-10 10000 logouts do not stay; several batches in one call"
try "two at once do no harm" sh -c "
	DATABASE_URL='$PGURL' '$abs_top_builddir/autostack' -c /dev/null cleanup & first=\$!
	DATABASE_URL='$PGURL' '$abs_top_builddir/autostack' -c /dev/null cleanup && wait \$first"
# build logs: "old" is over its days, "big" and what is older over the project's size
sql "INSERT INTO projects (user_id, name, site, repository) SELECT id, 'p', 'p', 'x' FROM users WHERE email = 'a@example.com';
	INSERT INTO deployments (project_id, user_id, repository, branch, status, completed_at, commit_message, log_seq, log_bytes)
	SELECT p.id, p.user_id, 'x', 'main', 'failed', now() - v.age::interval, v.name, 2, v.bytes
	FROM projects p, (VALUES ('old', '91 d', 10), ('live', '92 d', 10), ('over', '3 d', 10), ('big', '2 d', 1048570), ('new', '1 d', 10)) v (name, age, bytes);
	INSERT INTO deployment_logs SELECT id, n, now(), 'info', 'x' FROM deployments, unnest(ARRAY[1, 2]) n;
	UPDATE projects SET live_deployment_id = (SELECT id FROM deployments WHERE commit_message = 'live')"
out=$(BUILD_LOGS_MAX=1M autostack "$PGURL" cleanup --batch 2)
like "$out" "old build logs: 3 removed" "build logs go by age and by size"
is "$(sql "SELECT string_agg(commit_message, ' ' ORDER BY completed_at) FROM deployments WHERE log_removed_at IS NULL AND log_seq = 2")" \
	"live new" "the newest stay, and the live one's"
is "$(sql "SELECT count(*) FROM deployment_logs")" 4 "with their lines, and no others"

autostack "$PGURL" cleanup --batch 0 >/dev/null 2>&1
is $? 2 "a batch of 0 is refused"

sql "INSERT INTO webhook_deliveries (project_id, event, verdict, reason, received_at)
	SELECT p.id, 'push', 'deployed', v.name, now() + v.at::interval FROM projects p,
		(VALUES ('old', '-31 d'), ('older', '-40 d'), ('young', '-29 d')) v (name, at) WHERE p.name = 'p'"
like "$(autostack "$PGURL" cleanup 2>&1)" "^old webhook deliveries: 2 removed" "deliveries of webhooks go after webhook_keep_days"
is "$(sql 'SELECT reason FROM webhook_deliveries')" young "younger ones stay"
is "$(sql 'SELECT count(*) FROM webhook_seen')" 0 "nothing is left of one that has no body"
done_testing
