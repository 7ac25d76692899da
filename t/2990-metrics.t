#!/bin/sh
# /metrics: every process's requests in every process's answer, exactly; without
# a database as well.
. "$(dirname "$0")/lib/tap.sh"
. "$abs_top_srcdir/t/lib/api.sh"
pg_own
api_start api_processes=3

# value METRIC: of the last answer, exactly that line; "none"
value() { awk -v m="$1" '$1 == m { print $2; found = 1 } END { if (!found) print "none" }' "$API_BODY"; }
requests() { value "autostack_http_requests_total{route=\"$1\",method=\"$2\",code=\"$3\"}"; }

api GET /metrics
status 200 "nobody has to sign in"
like "$(header content-type)" '^text/plain; version=0\.0\.4' "in Prometheus' format"
like "$(value 'autostack_build_info{version="0.1.0"}')" '^1$' "with the version"
is "$(requests healthRedis GET 200)" none "what never happened is left out"

api GET /api/projects as ada
for i in 1 2 3 4 5 6 7 8 9 10; do
	api GET /api/health/redis
	api GET /api/projects/00000000-0000-4000-8000-000000000000 as ada
	api GET "/nowhere/$i"
	api POST /api/auth/login '{"email":'
done
api GET /metrics
is "$(requests healthRedis GET 200)" 10 "requests of all processes are counted"
is "$(requests projectGet GET 404) $(requests projectGet GET 200)" "10 none" "by what was answered"
is "$(requests '' '' 404)" 10 "also what no route answers, under one name"
is "$(requests authLogin POST 400)" 10 "also what never came as far as its handler"
is "$(requests metrics GET 200)" 1 "and those for this very page"
is "$(value 'autostack_http_errors_total{error="PROJECT_NOT_FOUND"}')" 10 "errors by their code"
bucket() { value "autostack_http_request_duration_seconds_bucket{route=\"$1\",le=\"$2\"}"; }
is "$(bucket healthRedis +Inf) $(value 'autostack_http_request_duration_seconds_count{route="healthRedis"}')" "10 10" \
	"durations are a histogram"
is "$(grep '^autostack_http_request_duration_seconds_bucket{route="healthRedis"' "$API_BODY" | awk '{ if ($2 < last) print; last = $2 }')" "" \
	"whose buckets hold what the smaller ones hold"
like "$(value 'autostack_http_request_duration_seconds_sum{route="healthRedis"}')" '^0\.[0-9]*[1-9]' "and their sum"
is "$(awk '!/^#/ { sub(/\{.*/, "", $1); print $1 }' "$API_BODY" | sort -u | while read -r m; do
	grep -q "^# TYPE ${m%_bucket} \|^# TYPE ${m%_sum} \|^# TYPE ${m%_count} " "$API_BODY" || echo "$m"
done)" "" "every metric has its type"

# ---- queue ----
project=$(sql "INSERT INTO projects (user_id, name, site, repository)
	SELECT id, 'p', 'p', 'https://git.example/p' FROM users WHERE name = 'ada' RETURNING id")
for age in 90 10; do
	sql "INSERT INTO deployments (project_id, user_id, repository, branch, created_at)
		SELECT '$project', user_id, repository, 'main', now() - interval '$age seconds' FROM projects"
done
sql "INSERT INTO deployments (project_id, user_id, repository, branch, status, started_at, completed_at)
	SELECT '$project', user_id, repository, 'main', 'failed', now(), now() FROM projects"
api GET /metrics
is "$(value autostack_queue_length)" 2 "what waits is counted"
like "$(value autostack_queue_oldest_seconds)" '^9[0-9]' "with the age of the oldest"
is "$(value autostack_builds_active)" 0 "and what is being built"
is "$(value autostack_database_up) $(value autostack_database_errors_total)" "1 0" "the database is there"

# ---- who asks, and what for ----
api POST /metrics '{}'
status 405 "it can only be read"
api GET /metrics -p REQUEST_METHOD=HEAD
status 200 "or looked at"
api GET '/metrics?x=1'
status 422 "and takes nothing"

# ---- without the database ----
pg_kill
api GET /api/projects as ada
status 503 "the database is away"
api GET /metrics
status 200 "metrics are not"
is "$(value autostack_database_up)" 0 "and say so"
isnt "$(value autostack_database_errors_total)" 0 "with what failed"
is "$(value autostack_queue_length)" none "what only the database knows is missing"
is "$(requests projectList GET 503)" 1 "requests go on being counted"
pg_up
api GET /api/projects as ada
api GET /metrics
is "$(value autostack_database_up)" 1 "and it is back"
api_stop
api_start api_processes=3
api GET /metrics
is "$(requests healthRedis GET 200)" 10 "counters outlive a restart"
done_testing
