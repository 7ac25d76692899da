#!/bin/sh
# The public status page's routes, from the file that the worker's prober writes
# (3700 has the prober). No worker runs here.
. "$(dirname "$0")/lib/tap.sh"
. "$abs_top_srcdir/t/lib/api.sh"
pg_own
api_start

names='API Gateway, Database, CDN, Build Service'
# snapshot AGE_SECONDS [LINE]: what the prober would have written then
snapshot() {
	sn_services='[{"lastCheckedAt":"2026-01-20T10:30:00Z","name":"API Gateway","responseTime":45,"status":"operational","uptime":99.98}]'
	{
		echo "at $((($(date +%s) - $1) * 1000))"
		echo "services $sn_services"
		echo "stale $(echo "$sn_services" | sed 's/operational/unknown/; s/45/null/')"
		echo 'metrics {"totalDeployments":12458,"deploymentChange":15.3,"activeProjects":3247,"projectChange":8.2,"avgDeployTime":"42s","timeChange":-12.5,"successRate":"99.8%","successChange":0.3}'
		echo 'history [{"date":"30 days ago","day":"2026-01-01","uptime":99.95,"incidents":2,"services":[{"name":"CDN","uptime":100,"downSeconds":0,"unknownSeconds":7}]}]'
		echo 'incidents []'
	} | sed "${2:-}" >"$AS_RUN/status.new" && mv "$AS_RUN/status.new" "$AS_RUN/status"
}

# --- before anybody has looked ---
api_case 'no file:'
api GET /api/status/services
status 200
json '[.services[].name] | join(", ")' = "$names"
json '[.services[] | .status, .uptime, .responseTime] | unique | tojson' = '[null,"unknown"]'
api GET /api/status/metrics
json '.metrics | tojson' = '{"activeProjects":0,"avgDeployTime":null,"deploymentChange":null,"projectChange":null,"successChange":null,"successRate":null,"timeChange":null,"totalDeployments":0}'
api GET /api/status/history
json '.history | length' = 90
json '.history | map(.date) | [.[0], .[59], .[88], .[89]] | join(", ")' = '89 days ago, 30 days ago, 1 day ago, Today'
json '.history[89].day' = "$(date -u +%F)"
json '[.history[] | .uptime, .services[].uptime] | unique | tojson' = '[null]'
json '.history[10].services[0].unknownSeconds' = 86400
json '.history[10].incidents' = 0
api GET /api/status/incidents
json '.incidents | tojson' = '[]'

# --- with a file ---
api_case 'a fresh file:'
snapshot 0
api GET /api/v1/status/services
status 200
json '.services | tojson' = '[{"lastCheckedAt":"2026-01-20T10:30:00Z","name":"API Gateway","responseTime":45,"status":"operational","uptime":99.98}]'
api GET /api/status/metrics
json '.metrics.totalDeployments' = 12458
json '.metrics.successRate' = 99.8%
api GET /api/status/history
json '.history[0] | [.date, .uptime, .incidents] | tojson' = '["30 days ago",99.95,2]'
snapshot 5
api GET /api/status/services
json '.services[0].status' = operational
api_case 'an old file:'
snapshot 10
api GET /api/status/services
json '.services[0] | [.status, .responseTime, .uptime] | tojson' = '["unknown",null,99.98]' "nobody has looked: unknown, not down"
api GET /api/status/metrics
json '.metrics.totalDeployments' = 12458
api_case 'a broken file:'
snapshot 0 '/^history/d'
api GET /api/status/services
json '[.services[].status] | unique | join(",")' = unknown
snapshot 0
head -c 3000000 /dev/zero >>"$AS_RUN/status"
api GET /api/status/services
status 200
json '[.services[].status] | unique | join(",")' = unknown "it is not read beyond its limit"
snapshot 0
api GET '/api/status/services?x=1'
status 422
api POST /api/status/services '{}' as ada
status 405

# --- the database is away ---
pg_kill
api_case 'no database:'
for part in services metrics history incidents; do
	api GET /api/status/$part
	status 200
done
pg_up

# --- incidents ---
api_case ''
api POST /api/status/incidents '{"title":"x"}'
status 401
for who in ada manager; do
	api POST /api/status/incidents '{"title":"x"}' as $who
	status 403 "an incident is not made by a $who"
	api GET /api/incidents as $who
	status 403 "nor are drafts seen"
done
api POST /api/status/incidents '{"title":"Sites are slow","description":"One line.\nAnother.","severity":"major",
	"affectedServices":["CDN","API Gateway"],"published":false,"startedAt":"2026-01-20T10:00:00Z"}' as admin
status 201
id=$(jget .id)
json '[.title, .status, .severity, .published, .publishedAt, .service, .startedAt, .resolvedAt] | tojson' = \
	'["Sites are slow","investigating","major",false,null,null,"2026-01-20T10:00:00Z",null]'
json '.affectedServices | join(", ")' = 'CDN, API Gateway'
json '.updates | length' = 0
api POST "/api/status/incidents/$id/updates" '{"status":"identified","message":"A disk."}' as admin
status 201
json '[.status, .updates[0].status, .updates[0].message] | join("/")' = 'identified/identified/A disk.'
api PATCH "/api/status/incidents/$id" '{"published":true,"description":null}' as admin
status 200
json '[.published, .description, .title, .status, (.publishedAt != null)] | tojson' = '[true,null,"Sites are slow","identified",true]'
api PATCH "/api/status/incidents/$id" '{"affectedServices":[],"severity":"critical"}' as admin
json '[.affectedServices, .severity] | tojson' = '[[],"critical"]'
api POST "/api/status/incidents/$id/updates" '{"status":"resolved","message":"Replaced."}' as admin
json '[.status, (.resolvedAt != null), (.updates | map(.status) | join(","))] | tojson' = '["resolved",true,"resolved,identified"]' \
	"what was told comes newest first, and it is over"
ended=$(jget .resolvedAt)
api PATCH "/api/status/incidents/$id" '{"title":"Sites were slow"}' as admin
json .resolvedAt = "$ended" "a change moves its end not"
api PATCH "/api/status/incidents/$id" '{"startedAt":"2126-01-01"}' as admin
status 409 "it does not begin after its end"
api PATCH "/api/status/incidents/$id" '{"status":"monitoring"}' as admin
json .resolvedAt = null "it may go on"
for bad in '{"affectedServices":["Everything"]}' '{"affectedServices":["CDN","CDN"]}' '{"affectedServices":"CDN"}' '{"status":"gone"}' \
	'{"severity":null}' '{"title":""}' '{"title":"a\nb"}' '{"description":"\u001b[2J"}' '{"description":"a\u202eb"}' '{"service":"CDN"}'; do
	api PATCH "/api/status/incidents/$id" "$bad" as admin
	status 422 "IN-1 a change is refused by its fields"
done

for bad in 0001-01-01T00:00:00+14:00 9999-12-31T23:59:59-14:00; do
	api POST /api/status/incidents "{\"title\":\"x\",\"startedAt\":\"$bad\"}" as admin
	status 422 "IN-1 it began at no time like $bad"
done
odd=$(sql "INSERT INTO incidents (title, started_at) VALUES ('Long ago', '0044-03-15 12:00:00+00 BC'), ('Ever', '-infinity'),
	('Far off', '10000-01-01 00:00:00+00'), ('Never', 'infinity') RETURNING id")
api GET /api/incidents as admin
json '[.incidents[] | "\(.title) \(.startedAt)"] | join(", ")' = "Never 9999-12-31T23:59:59Z, Far off 9999-12-31T23:59:59Z, \
Sites were slow 2026-01-20T10:00:00Z, Long ago 0001-01-01T00:00:00Z, Ever 0001-01-01T00:00:00Z" \
	"a row that has such a time is answered with the nearest that can be written"
for one in $odd; do
	api DELETE "/api/status/incidents/$one" as admin
	status 204
done

api POST /api/status/incidents '{"title":"Now"}' as admin
status 201
json '[.status, .severity, .published] | tojson' = '["investigating","minor",true]'
# one that the prober has drafted, and that it found over
draft=$(sql "INSERT INTO incidents (title, severity, affected_services, service, started_at, recovered_at)
	VALUES ('Database is down', 'major', '{Database}', 'Database', now() - interval '2 hours', now() - interval '1 hour') RETURNING id")
api GET /api/incidents as admin
json '[.pagination.totalItems, (.incidents | map(.title) | join(", "))] | tojson' = '[3,"Now, Database is down, Sites were slow"]'
api GET '/api/incidents?state=draft' as admin
json '[.incidents[] | .id, .service, .published] | tojson' = "[\"$draft\",\"Database\",false]"
api GET '/api/incidents?state=published&limit=1&page=2' as admin
json '[.pagination.totalItems, .incidents[0].id] | tojson' = "[2,\"$id\"]"
api GET '/api/incidents?page=9' as admin
json '[.pagination.totalItems, (.incidents | length)] | tojson' = '[3,0]'
api PATCH "/api/status/incidents/$draft" '{"published":true,"status":"resolved"}' as admin
is "$(sql "SELECT resolved_at = recovered_at AND published_at IS NOT NULL FROM incidents WHERE id = '$draft'")" t \
	"a draft that is published as resolved ended when its service was there again"
api POST "/api/status/incidents/$draft/updates" '{"status":"monitoring","message":"Is it over?"}' as admin
json .resolvedAt = null
api POST "/api/status/incidents/$draft/updates" '{"status":"resolved","message":"It is."}' as admin
json '.status == "resolved" and .resolvedAt == .recoveredAt' = true "so it did when that is told of"
sql "INSERT INTO incidents (title, service) VALUES ('Database is down', 'Database')"
api PATCH "/api/status/incidents/$draft" '{"published":false}' as admin
status 409 "there is one draft a service"
api GET "/api/incidents/$draft" as admin
json .published = true
api DELETE "/api/status/incidents/$id" as admin
status 204
for what in "GET /api/incidents/$id" "DELETE /api/status/incidents/$id"; do
	api "${what%% *}" "${what#* }" as admin
	status 404
	json .error.code = INCIDENT_NOT_FOUND
done
api PATCH "/api/status/incidents/$id" '{"title":"x"}' as admin
status 404
api POST "/api/status/incidents/$id/updates" '{"status":"resolved","message":"x"}' as admin
status 404
is "$(sql "SELECT count(*) FROM incident_updates WHERE incident_id = '$id'")" 0 "what was told of it went with it"
for event in incident.create incident.note incident.update incident.delete; do
	is "$(sql "SELECT count(*) FROM audit_logs a JOIN users u ON u.id = a.user_id
		WHERE a.event = '$event' AND a.outcome = 'success' AND a.target = '$id' AND u.role = 'admin'")" \
		"$(case $event in incident.note) echo 2 ;; incident.update) echo 4 ;; *) echo 1 ;; esac)" "LOG-1 $event leaves its rows"
	ok $(($(sql "SELECT count(*) FROM audit_logs WHERE event = '$event' AND outcome = 'failure'") > 0 ? 0 : 1)) \
		"LOG-1 $event, refused, too"
done
done_testing
