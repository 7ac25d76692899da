#!/bin/sh
# Deployments as their owners see them: asking, listing, detail, cancelling.
. "$(dirname "$0")/lib/tap.sh"
. "$abs_top_srcdir/t/lib/api.sh"
api_start queued_per_user=4

item="id repo branch status author commit duration timestamp url projectId commitMessage createdAt trigger durationSeconds uploaded"

api_case "create:"
api POST /api/deployments '{"repository":"octocat/my-awesome-app","branch":"dev","buildCommand":"npm run build","outputDir":"dist","envVars":"NODE_ENV=production\nAPI_URL=https://api.example.com"}' as ada
status 201
json_keys . = "$item"
json .status = queued
json .repo = my-awesome-app
json .branch = dev
json .trigger = manual
json '[.author, .commit, .duration, .durationSeconds, .url, .commitMessage] | tostring' = \
	'[null,null,null,null,null,null]'
first=$(jget .id)
project=$(jget .projectId)
api GET /api/projects/$project as ada
json .buildCommand = "npm run build" "the settings became the project's"
json .branch = dev
json '.envVarNames | join(",")' = NODE_ENV,API_URL

api POST /api/deploy '{"repository":"my-awesome-app","branch":"other","buildCommand":"make","commit":"ABCDEF0123456789abcdef0123456789abcdef01"}' as ada
status 201 "an existing project by its name; /deploy is the same"
json .projectId = $project
json .branch = other
second=$(jget .id)
api GET /api/projects/$project as ada
json .buildCommand = "npm run build" "settings of one deployment leave the project alone"
json .branch = dev
is "$(sql "SELECT branch, build_command, output_dir, commit_wanted, env_sealed IS NOT NULL FROM deployments WHERE id = '$second'")" \
	"other|make|dist|abcdef0123456789abcdef0123456789abcdef01|t" \
	"the snapshot: what was given, else the project's"
isnt "$(sql "SELECT env_sealed FROM deployments WHERE id = '$second'")" \
	"$(sql "SELECT env_sealed FROM projects WHERE id = '$project'")" \
	"the environment is sealed for its row"
api POST /api/deployments '{"repository":"https://github.com/octocat/my-awesome-app"}' as ada
status 201
json .projectId = $project "the repository's address finds the project, with .git or without"
api POST /api/deployments '{"repository":"nothing-of-mine"}' as ada
status 422
json .error.code = REPOSITORY_REFUSED
like "$(jget .error.message)" "no project of this name" "the message helps"

api POST /api/deployments '{"repository":"octocat/fourth"}' as ada
status 201
api POST /api/deployments '{"repository":"octocat/fifth"}' as ada
status 429 "no more than queued_per_user wait"
json .error.code = QUEUE_FULL
like "$(header Retry-After)" '^[1-9][0-9]*$' "429 says when to come back"
is "$(sql "SELECT count(*) FROM projects WHERE name = 'fifth'")" 0 \
	"a refused wish leaves no project behind"
api POST /api/deployments '{"repository":"octocat/fifth"}' as bob
status 201 "another user has a queue of their own"

api_case "fields:"
for bad in '"branch":"--upload-pack=id"' '"branch":"a b"' '"rootDir":"../x"' '"outputDir":"/etc"' \
	'"commit":"abc"' '"buildCommand":"a\nb"' '"envVars":"LD_PRELOAD=/x"' '"status":"success"'; do
	api POST /api/deployments "{\"repository\":\"a/b\",$bad}" as ada
	status 422 "GIT-2 {$bad} is refused"
	json '.error.details.fields[0].name' = "$(echo "$bad" | cut -d'"' -f2)"
done

api_case "detail:"
api GET /api/deployments/$first as ada
status 200
json_keys . = "$item error previewUrl target targetOpen live releaseKept supersededBy logRemovedAt limits startedAt completedAt githubStatus githubError settings stages logs"
json .uploaded = false
json '.settings | tojson' = '{"buildCommand":"npm run build","installCommand":null,"outputDir":"dist","rootDir":null,"spa":"auto"}' "PEER-7 with the settings that it was queued with"
json '.stages | map("\(.name) \(.status)") | join(",")' = \
	"Queued in_progress,Building pending,Deploying pending,Success pending"
json '.stages[1].timestamp' = null
json '[.githubStatus, .githubError] | tostring' = '[null,null]'
sql "INSERT INTO github_calls (what, lane, user_id, project_id, repository, deployment_id, event, context, commit_hash, status, error, ended_at)
	SELECT 'status', 'x', user_id, project_id, 'a/b', id, 'queued', 'x', repeat('a', 40), v.status, v.error, now()
	FROM deployments, (VALUES ('delivered', NULL), ('failed', 'words')) v (status, error) WHERE id = '$first'"
api GET /api/status/$first as ada
status 200 "/status/{id} is the same"
json '[.githubStatus, .githubError] | tostring' = '["failed","words"]' "PEER-15 it says what became of what GitHub was to hear last"

# What the worker would write.
lease="lease_owner = 'w:0', lease_until = now() + interval '1 minute'"
sql "UPDATE deployments SET status = 'building', $lease, started_at = '2026-01-20 10:30:15+00',
	created_at = '2026-01-20 10:30:00+00' WHERE id = '$first'"
api GET /api/deployments/$first as ada
json '.stages | map("\(.name) \(.status)") | join(",")' = \
	"Queued completed,Building in_progress,Deploying pending,Success pending"
sql "UPDATE deployments SET status = 'deploying', deploying_at = '2026-01-20 10:32:00+00' WHERE id = '$first'"
api GET /api/deployments/$first as ada
json '.stages | map("\(.name) \(.status)") | join(",")' = \
	"Queued completed,Building completed,Deploying in_progress,Success pending"
sql "UPDATE deployments SET status = 'success', lease_owner = NULL, lease_until = NULL,
	completed_at = '2026-01-20 10:32:49.9+00', commit_hash = 'a7f8c9d000000000000000000000000000000000',
	author = 'john.doe', commit_message = 'Fix \"it\"', url = 'https://x.localhost', limits = 'memory'
	WHERE id = '$first'"
api GET /api/deployments/$first as ada
json '.stages | tostring' = '[{"name":"Queued","status":"completed","timestamp":"2026-01-20T10:30:00Z"},{"name":"Building","status":"completed","timestamp":"2026-01-20T10:30:15Z"},{"name":"Deploying","status":"completed","timestamp":"2026-01-20T10:32:00Z"},{"name":"Success","status":"completed","timestamp":"2026-01-20T10:32:49Z"}]'
json .commit = a7f8c9d
json .durationSeconds = 155
json .duration = "2m 35s"
json .url = https://x.localhost
json .commitMessage = 'Fix "it"'
json .timestamp = 2026-01-20T10:30:00Z
json .limits = memory
sql "UPDATE deployments SET status = 'building', $lease, started_at = now() WHERE id = '$second'"
sql "UPDATE deployments SET status = 'failed', lease_owner = NULL, completed_at = now(), error = 'npm failed' WHERE id = '$second'"
api GET /api/deployments/$second as ada
json '.stages | map("\(.name) \(.status)") | join(",")' = \
	"Queued completed,Building failed,Deploying pending,Failed failed"
json .error = "npm failed"

api_case "list:"
api GET /api/deployments as ada
status 200
json '.pagination | tostring' = '{"currentPage":1,"totalItems":4,"totalPages":1}' "PEER-16 the history is all there"
json_keys '.deployments[0]' = "$item"
json '.deployments | map(.timestamp) | . == (sort | reverse)' = true "newest first"
api GET '/api/deployments?status=success' as ada
json '.deployments | map(.status) | join(",")' = success
json .pagination.totalItems = 1
api GET '/api/deployments?status=all' as ada
json .pagination.totalItems = 4
api GET '/api/deployments?status=superseded' as ada
json .pagination.totalItems = 0
json '.deployments | length' = 0
api GET '/api/deployments?search=AWESOME&limit=2&page=2' as ada
json '.pagination | tostring' = '{"currentPage":2,"totalItems":3,"totalPages":2}'
json '.deployments | length' = 1
api GET '/api/deployments?search=' as ada
json .pagination.totalItems = 4 "an empty search is none"
api GET "/api/deployments?projectId=$project&branch=dev&status=success" as ada
json .pagination.totalItems = 1
api GET '/api/deployments?page=1000000&limit=100' as ada
status 200 "IN-4 a page far beyond the end is empty"
json '.deployments | length' = 0
json .pagination.totalItems = 4
for bad in limit=0 limit=101 limit=-1 limit=1e9 limit=x page=0 page=-1 page=1000001 status=bad \
	projectId=1 sort=name limit=5\&limit=6; do
	api GET "/api/deployments?$bad" as ada
	status 422 "IN-4 ?$bad is 422"
done
api GET /api/deployments/recent as ada
status 200
json '.recentDeployments | length' = 4
json_keys '.recentDeployments[0]' = "$item"

api_case "cancel:"
api GET '/api/deployments?status=queued' as ada
waiting=$(jget '.deployments[0].id')
running=$(jget '.deployments[1].id')
api POST /api/deployments/$waiting/cancel as ada
status 200
json .status = cancelled "a waiting one ends at once"
api GET /api/deployments/$waiting as ada
json '.stages | map("\(.name) \(.status)") | join(",")' = \
	"Queued failed,Building pending,Deploying pending,Cancelled failed"
isnt "$(jget .error)" null "it says why it did not deploy"
sql "UPDATE deployments SET status = 'building', $lease, started_at = now() WHERE id = '$running'"
api POST /api/deployments/$running/cancel '{}' as ada
status 200
json .status = building "a running one ends when its worker has killed it"
isnt "$(sql "SELECT cancel_requested_at FROM deployments WHERE id = '$running'")" "" \
	"the worker is asked to"
api POST /api/deployments/$running/cancel as ada
status 200 "asking again is fine"
api POST /api/deployments/$waiting/cancel as ada
status 409
json .error.code = DEPLOYMENT_FINISHED
api POST /api/deployments/00000000-0000-4000-8000-000000000000/cancel as ada
status 404
is "$(sql "SELECT string_agg(DISTINCT event || ' ' || outcome, ',' ORDER BY event || ' ' || outcome) FROM audit_logs WHERE event LIKE 'deployment%'")" \
	"deployment.cancel failure,deployment.cancel success,deployment.create failure,deployment.create success" \
	"LOG-1 asking and cancelling are audited"
done_testing
