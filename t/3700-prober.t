#!/bin/sh
# The prober: what it sees of the API, the database, the sites and the worker,
# what it writes for the status page, and what the database keeps of it.
. "$(dirname "$0")/lib/tap.sh"
. "$abs_top_srcdir/t/lib/api.sh"
. "$abs_top_srcdir/t/lib/nginx.sh"
. "$abs_top_srcdir/t/lib/status.sh"
NG_NAMES=,DNS:autostack--status-probe.localhost
nginx_start STATE_DIR="$AS_STATE"
AS_RUN=$NG/run
pg_own
api_start app_url="https://localhost:$HTTPS" site_url="https://%s.localhost:$HTTPS" \
	probe_ca_file="$NG/cert" status_probes=yes incident_draft_seconds=5
api_let_in() { chmod 666 "$AS_RUN/api.sock"; }
api_let_in

part() { sed -n "s/^$1 //p" "$AS_RUN/status"; } # NAME
of() { part services | gojq -r ".[] | select(.name == \"$1\") | .$2"; } # SERVICE MEMBER
services() { part services; }
sum() { sql "SELECT coalesce(sum($1), 0) FROM service_days WHERE service = '$2'"; }
has() { [ "$(sum "$1" "$2")" -gt 0 ]; }

# --- who keeps the history ---
# the lock is a session's, so the session has to last
"$PG_BINDIR/psql" -X -q -h "$PG_DIR" -U postgres -d "$PG_DB" -c "SELECT pg_advisory_lock(4717, 20)" \
	-c "SELECT pg_sleep(600)" >/dev/null 2>&1 &
holder=$!
defer "kill $holder 2>/dev/null"
lock_held() { [ "$(sql "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND objid = 20")" = 1 ]; }
wait_for 10 lock_held || bail "the lock is not held"
worker_start
within 20 "all that is there is operational" all_are operational
is "$(stat -c %a "$AS_RUN/status")" 644 "nginx may read what the status page shows"
is "$(part services | gojq -r '[.[].name] | join(", ")')" "API Gateway, Database, CDN, Build Service" "in the contract's order"
is "$(part services | gojq '[.[].responseTime | type == "number" and . >= 0] | all')" true "with their response times"
for name in services stale metrics history incidents; do
	try "$name is JSON" gojq -e . <<-EOT
		$(part $name)
	EOT
done
is "$(part stale | gojq -r '[.[].status] | unique | join(" ")')" unknown "what holds when nobody looks any more lies beside"
# the messages of the stream say what the page says
cp "$AS_RUN/status" one
one() { sed -n "s/^$1 //p" one; } # NAME
for pair in service_update:services stale_update:stale; do
	is "$(one "${pair%:*}" | jq -cS '.type = "service_update" | .name = .service | del(.type, .service)')" \
		"$(one "${pair#*:}" | jq -cS '.[]')" "${pair%:*}: a message for each service, as it is in ${pair#*:}"
	is "$(one "${pair%:*}" | gojq -r .type | uniq)" service_update "by the contract's type"
done
is "$(one metrics_update | jq -c '[.type, .metrics]')" "[\"metrics_update\",$(one metrics)]" "and one for the metrics"
is "$(cat "$AS_STATE/sites/autostack--status-probe/current/index.html")" "autostack status probe" \
	"the site that is looked at is published like any other"
sleep_rounds() { sr=$(part at); wait_for 10 newer "$sr" && wait_for 10 newer "$((sr + 4000))"; }
newer() { [ "$(part at)" -gt "$1" ]; }
wait_for 30 newer "$(($(part at) + 11000))"
is "$(sql 'SELECT count(*) FROM service_days')" 0 "another session holds the lock: this one keeps no history"
sql "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND objid = 20" >/dev/null
within 30 "when that one is gone, this one does" has up_ms 'API Gateway'
is "$(sql "SELECT string_agg(DISTINCT service, ', ' ORDER BY service) FROM service_days WHERE up_ms > 0")" \
	"API Gateway, Build Service, CDN, Database" "of each service"
is "$(sql "SELECT count(*) FROM service_days WHERE down_ms > 0")" 0 "nothing was down"
within 15 "the page shows it" sh -c "sed -n 's/^history //p' '$AS_RUN/status' | gojq -e '.[89].uptime == 100 and .[89].services[0].downSeconds == 0' >'$TMP/jq'"

# --- each that goes away, and comes back ---
rm -rf "$AS_STATE/sites/autostack--status-probe"
within 10 "a probe site that was removed is made again" test -f "$AS_STATE/sites/autostack--status-probe/current/index.html"
within 10 "and found" are operational CDN

api_stop
within 10 "the API stops: it is down" are down 'API Gateway'
try "nothing else is" are operational Database CDN 'Build Service'
is "$(grep -c '" 200 ' "$NG/log/access.log")" 0 "what the prober asks and is well is not in the access log"
like "$(cat "$NG/log/access.log")" '"GET /health HTTP/[0-9.]*" 502 ' "what is not well is"
is "$(of 'API Gateway' responseTime)" null "it has no response time"
drafts() { [ "$(sql 'SELECT count(*) FROM incidents')" = "$1" ]; }
within 20 "an outage that lasts gets a draft of an incident" drafts 1
is "$(sql "SELECT title, status, severity, affected_services, recovered_at IS NULL FROM incidents")" \
	"API Gateway is down|investigating|major|{\"API Gateway\"}|t" "which says what is down"
is "$(part incidents)" "[]" "the public page shows nothing of it"
api_run
api_let_in
within 10 "the API is there again" are operational 'API Gateway'
recovered() { [ "$(sql "SELECT count(*) FROM incidents WHERE recovered_at IS NOT NULL AND service = '$1'")" = 1 ]; }
within 10 "the draft is told" recovered 'API Gateway'
is "$(sql "SELECT string_agg(status || ': ' || message, ', ' ORDER BY id) FROM incident_updates")" \
	"investigating: Its probes fail., monitoring: Its probes succeed again." "in its updates"
within 20 "its absence is in the history" has down_ms 'API Gateway'

metrics=$(part metrics)
pg_kill
within 10 "the database stops: it is down, and nothing can be built" are down Database 'Build Service'
try "nothing else is" are operational 'API Gateway' CDN
is "$(part metrics)" "$metrics" "the figures are the last that are known"
at=$(part at)
within 10 "the page is written all the same" newer "$at"
# long enough for a draft, which can only be written afterwards
wait_for 20 newer "$((at + 6000))"
pg_up
within 12 "it is back" are operational Database 'Build Service'
within 15 "its absence is in the history, added when it was back" has down_ms Database
within 10 "and it has got its draft" recovered Database
is "$(sql "SELECT count(*) FROM incidents WHERE service = 'Database' AND started_at < now() - interval '5 seconds'")" 1 \
	"which begins when it went"

# --- a draft is published, and there is another outage ---
sql "UPDATE incidents SET published_at = now() WHERE service = 'API Gateway'"
within 10 "what is published is on the page" sh -c "sed -n 's/^incidents //p' '$AS_RUN/status' | grep -q 'API Gateway is down'"
is "$(part incidents | gojq -c '.[0] | [length, .affectedServices, (.updates | length), .updates[0].status, (.startedAt | length)]')" \
	'[10,["API Gateway"],2,"monitoring",20]' "with its updates, newest first"
is "$(part incidents | gojq length)" 1 "the other draft is not"
is "$(part history | gojq '.[89].incidents')" 1 "and the day counts it"

# --- the build service ---
api POST /api/projects '{"repository":"https://git.example/ada/site.git"}' as ada
project=$(jget .id)
sql "INSERT INTO deployments (project_id, user_id, repository, branch, created_at, status, lease_owner, lease_until)
	SELECT id, user_id, repository, 'main', now(), 'building', 'elsewhere:1', now() + interval '1 hour' FROM projects WHERE id = '$project';
	INSERT INTO deployments (project_id, user_id, repository, branch, created_at, target)
	SELECT id, user_id, repository, 'main', now() - interval '1 hour', 'production' FROM projects WHERE id = '$project'"
sleep_rounds
try "what waits for its own project's build is not late" are operational 'Build Service'
parent=$(ps -o pid= --ppid "$worker_pid" | tr -d ' ')
kill -STOP "$parent"
within 30 "a worker that does nothing any more is seen" are down 'Build Service'
try "by a child of its own" are operational 'API Gateway' Database CDN
kill -CONT "$parent"
within 10 "and when it goes on" are operational 'Build Service'

# --- the end ---
pid=$(ps -o comm=,pid= --ppid "$parent" | sed -n 's/^prober *//p')
kill -KILL "$pid"
at=$(part at)
within 10 "a prober that is killed is replaced" newer "$((at + 1000))"
like "$(cat "$AS_LOG.worker")" 'prober.lost' "and that is told"
ms=$(sum 'up_ms + degraded_ms + down_ms' CDN)
worker_stop
ok $(($(sum 'up_ms + degraded_ms + down_ms' CDN) > ms ? 0 : 1)) "at its end it writes what it has"
is "$(sql "SELECT count(*) FROM service_days WHERE up_ms + degraded_ms + down_ms > 86400000")" 0 "no day has more than a day"

# --- whom it trusts ---
sed -i '/^probe_ca_file=/d' "$AS_CONF"
worker_start
within 20 "a certificate of an authority that the system does not know is none" are down 'API Gateway' CDN
try "nothing else is" are operational Database 'Build Service'
done_testing
