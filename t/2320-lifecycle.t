#!/bin/sh
# A deployment's later life, as the API sees it: again, back, deleted, by
# itself. What a worker does is written into the rows here.
. "$(dirname "$0")/lib/tap.sh"
. "$abs_top_srcdir/t/lib/api.sh"
api_start queued_per_user=6 deploy_hooks_per_project=2

# a deployment that has succeeded, with its release; RELEASED_AT is SQL
released() {
	sql "UPDATE deployments SET status = 'building', lease_owner = 'w', lease_until = now() WHERE id = '$1';
		UPDATE deployments SET status = 'deploying' WHERE id = '$1';
		INSERT INTO releases (id, project_id, url, published_at)
			SELECT id, project_id, 'https://own.test/' || left('$1', 8), ${2:-now()} FROM deployments WHERE id = '$1';
		UPDATE deployments SET status = 'success', release_id = id, lease_owner = NULL, lease_until = NULL,
			completed_at = ${2:-now()}, commit_hash = repeat('${3:-a}', 40), commit_message = 'message ${3:-a}', author = 'Ada'
			WHERE id = '$1';
		UPDATE projects SET live_deployment_id = '$1' WHERE id = (SELECT project_id FROM deployments WHERE id = '$1')" ||
		bail "released"
}
of() { sql "SELECT $2 FROM deployments WHERE id = '$1'"; }

api POST /api/deployments '{"repository":"ada/site","buildCommand":"make","envVars":"KEY=first-secret"}' as ada
first=$(jget .id)
project=$(jget .projectId)
api POST /api/projects/$project/rollback '{}' as ada
status 409 "nothing is live and nothing was: there is nothing to go back to"
json .error.code = RELEASE_GONE
sql "UPDATE deployments SET status = 'building', lease_owner = 'w', lease_until = now() WHERE id = '$first';
	UPDATE deployments SET status = 'failed', lease_owner = NULL, lease_until = NULL, completed_at = now() WHERE id = '$first'"
api POST /api/projects/$project/rollback "{\"deploymentId\":\"$first\"}" as ada
status 409 "nor to one that failed"
json .error.code = RELEASE_GONE "which is not live where nothing is"
api POST /api/deployments '{"repository":"ada/site","buildCommand":"make","envVars":"KEY=first-secret"}' as ada
first=$(jget .id)
released "$first" "now() - interval '1 hour'" a
is "$(of "$first" spa)" auto "a deployment keeps whether it is a single-page application"
api PUT /api/projects/$project '{"spa":"on","buildCommand":"other","envVars":"KEY=second-secret","branch":"dev"}' as ada
api POST /api/deployments '{"repository":"site"}' as ada
second=$(jget .id)
released "$second" "now() - interval '1 minute'" b

api_case "redeploy:"
api POST /api/deployments/$first/redeploy as ada
status 201 "needs no body"
again=$(jget .id)
json .trigger = redeploy
json .status = queued
json .branch = main "with the branch that it had"
is "$(of "$second" spa)" on "which is the project's of that time"
is "$(of "$again" "commit_wanted, build_command, use_cache, spa")" "$(printf 'a%.0s' $(seq 40))|make|t|auto" \
	"the same commit and settings, whatever the project's are"
is "$(of "$again" env_sealed | tr -d "\n" | "$abs_top_builddir/t/helper/seal" -o "$TMP/secret" "deployment:$again:env")" \
	"KEY=first-secret" "and the same environment, sealed for its own row"
api POST /api/deployments/$first/redeploy '{"cache":false}' as ada
is "$(of "$(jget .id)" use_cache)" f "without the cache when asked"
api POST /api/deployments/$first/redeploy '{"cache":"no"}' as ada
status 422
api POST /api/deployments/$first/redeploy '{}' as bob
status 404 "not somebody else's"
api POST /api/deployments '{"repository":"site","cache":false}' as ada
is "$(of "$(jget .id)" use_cache)" f "a new one can do without the cache as well"
sql "DELETE FROM deployments WHERE status = 'queued'"

api_case "detail:"
api GET /api/deployments/$first as ada
json '[.live, .releaseKept, .previewUrl] | tostring' = "[false,true,\"https://own.test/$(echo "$first" | cut -c1-8)\"]" \
	"a kept release has an address of its own"
api GET /api/deployments/$second as ada
json '[.live, .releaseKept] | tostring' = '[true,true]'

api_case "rollback:"
api POST /api/deployments '{"repository":"site"}' as ada
waiting=$(jget .id)
api POST /api/deployments '{"repository":"site"}' as ada
running=$(jget .id)
sql "UPDATE deployments SET status = 'building', lease_owner = 'w', lease_until = now() WHERE id = '$running'"
api POST /api/projects/$project/rollback "{\"deploymentId\":\"$second\"}" as ada
status 409
json .error.code = RELEASE_LIVE "to what is live"
api POST /api/projects/$project/rollback "{\"deploymentId\":\"$waiting\"}" as ada
status 409
json .error.code = RELEASE_GONE "to what was never built"
api POST /api/projects/$project/rollback '{"deploymentId":"00000000-0000-4000-8000-000000000000"}' as ada
status 404
json .error.code = DEPLOYMENT_NOT_FOUND
api POST /api/projects/$project/rollback "{\"deploymentId\":\"$first\"}" as bob
status 404
json .error.code = PROJECT_NOT_FOUND "a stranger's project"
is "$(of "$waiting" status)" queued "a refusal leaves what waits"
is "$(sql "SELECT auto_deploy_paused_at IS NULL FROM projects WHERE id = '$project'")" t "and pauses nothing"
api POST /api/projects/$project/rollback '{}' as ada
status 201 "without a deployment: to the release before the live one"
back=$(jget .id)
json .trigger = rollback
json .status = queued
json .commit = aaaaaaa
json .commitMessage = "message a"
is "$(of "$back" release_id)" "$first" "it is a switch to that release"
is "$(of "$waiting" "status, superseded_by, error")" "superseded|$back|A rollback took its place." "what waits is superseded"
is "$(of "$running" "status, superseded_by, cancel_requested_at IS NOT NULL")" "building|$back|t" "what is built is cancelled"
api GET /api/deployments/$waiting as ada
json .supersededBy = "$back" "and says by what"
api GET /api/projects/$project as ada
like "$(jget .autoDeployPausedAt)" '^20' "automatic deployments are paused"
sql "UPDATE deployments SET status = 'cancelled', lease_owner = NULL, lease_until = NULL, completed_at = now() WHERE id = '$running';
	UPDATE deployments SET status = 'building', lease_owner = 'w', lease_until = now() WHERE id = '$back';
	UPDATE deployments SET status = 'deploying' WHERE id = '$back';
	UPDATE deployments SET status = 'success', lease_owner = NULL, lease_until = NULL, completed_at = now() WHERE id = '$back';
	UPDATE projects SET live_deployment_id = '$back' WHERE id = '$project'"
api POST /api/projects/$project/rollback '{}' as ada
status 409 "there is none before the first"
api POST /api/projects/$project/rollback "{\"deploymentId\":\"$second\"}" as ada
status 201 "and forward again, by name"
sql "DELETE FROM deployments WHERE status = 'queued'"
api POST /api/deployments/$back/redeploy as ada
status 201 "a rollback can be built again"
again=$(jget .id)
is "$(of "$again" "release_id IS NULL, left(commit_wanted, 4)")" "t|aaaa" "from its commit"
is "$(of "$again" env_sealed | tr -d "\n" | "$abs_top_builddir/t/helper/seal" -o "$TMP/secret" "deployment:$again:env")" \
	"KEY=first-secret" "with its environment"
sql "UPDATE releases SET retired_at = now() WHERE id = '$second'"
api POST /api/projects/$project/rollback "{\"deploymentId\":\"$second\"}" as ada
status 409 "not to a release that is on its way out"
json .error.code = RELEASE_GONE
api GET /api/deployments/$second as ada
json '[.releaseKept, .previewUrl] | tostring' = '[false,null]' "which its deployment says"

api_case "delete:"
api DELETE /api/deployments/$again as ada
status 409 "not while it waits"
api DELETE /api/deployments/$back as ada
status 409 "not while it is live"
api DELETE /api/deployments/$first as bob
status 404 "not somebody else's"
sql "INSERT INTO deployment_logs VALUES ('$first', 1, now(), 'info', '[00:00] x')"
api DELETE /api/deployments/$first as ada
status 204
api GET /api/deployments/$first as ada
status 404
is "$(sql "SELECT count(*) FROM deployment_logs WHERE deployment_id = '$first'")" 0 "its log goes"
is "$(sql "SELECT retired_at IS NULL FROM releases WHERE id = '$first'")" t "its release stays: a rollback made it live"
sql "UPDATE projects SET live_deployment_id = NULL WHERE id = '$project'"
api DELETE /api/deployments/$back as ada
status 204
is "$(sql "SELECT retired_at IS NOT NULL FROM releases WHERE id = '$first'")" t "and goes with the last that names it"
api GET /api/deployments as ada
json .pagination.totalItems = "$(sql "SELECT count(*) FROM deployments")" "the list's total follows"

api_case "deploy hooks:"
api POST /api/projects/$project/deploy-hooks '{"name":"cms","branch":"content"}' as ada
status 201
url=$(jget .url)
hook=$(jget .id)
like "$url" "/api/deploy-hooks/$hook\\?key=[A-Za-z0-9_-]{43}\$" "the address holds a key of 256 bits"
unlike "$(sql 'SELECT h::text FROM deploy_hooks h')" "${url##*=}" "which is stored as a hash only"
path=${url#"${url%%/api/*}"}
api GET /api/projects/$project/deploy-hooks as ada
json '.deployHooks | length' = 1
json_keys '.deployHooks[0]' = "id name branch createdAt lastUsedAt lastOutcome" "the key is not shown again"
api GET /api/projects/$project/deploy-hooks as bob
status 404
api POST /api/projects/$project/deploy-hooks '{"name":"two"}' as ada
two=$(jget .id)
api POST /api/projects/$project/deploy-hooks '{"name":"three"}' as ada
status 409 "no more than deploy_hooks_per_project"
json .error.code = DEPLOY_HOOKS_FULL
api DELETE /api/projects/$project/deploy-hooks/$two as bob
status 404
api DELETE /api/projects/$project/deploy-hooks/$two as ada
status 204
api GET /api/projects/$project/deploy-hooks as ada
json '.deployHooks | length' = 1
api POST "$path"
status 409 "after a rollback a hook deploys nothing"
json .error.code = DEPLOY_PAUSED
api GET /api/projects/$project/deploy-hooks as ada
json '.deployHooks[0].lastOutcome' = "Automatic deployments of this project are paused" "its owner sees why"
api PUT /api/projects/$project '{"autoDeployPaused":false}' as ada
json .autoDeployPausedAt = null "until they are resumed"
sql "DELETE FROM deployments WHERE status = 'queued'"
api POST "$path"
status 201 "no login, no body"
one=$(jget .deploymentId)
is "$(of "$one" "branch, trigger, status, project_id")" "content|webhook|queued|$project" "it deploys its branch"
api POST /api/deployments '{"repository":"site"}' as ada
mine=$(jget .id)
sql "INSERT INTO deployments (project_id, user_id, repository, branch, trigger)
	SELECT project_id, user_id, repository, branch, 'manual' FROM deployments, generate_series(1, 4) WHERE id = '$mine'"
api POST "$path" '{"anything":["a","sender","sends"]}'
status 201 "whatever the body is, and though the queue is full with the one whose place it takes"
is "$(of "$one" "status, superseded_by, error")" "superseded|$(jget .deploymentId)|A newer push took its place." \
	"PEER-3 a newer one takes the place of one that waits"
is "$(of "$mine" status)" queued "and never that of what a person asked for"
api POST "${path%?}x"
status 404 "a wrong key"
json .error.code = DEPLOY_HOOK_NOT_FOUND
api POST "${path%%\?*}"
status 422 "no key"
api GET "$path"
status 405 "a link that is followed deploys nothing"
sql "UPDATE users SET active = false WHERE name = 'ada'"
api POST "$path"
status 404 "nor does the hook of a disabled account"
sql "UPDATE users SET active = true WHERE name = 'ada'"
api DELETE /api/projects/$project/deploy-hooks/$hook as ada
api POST "$path"
status 404 "a removed one is gone at once"
unlike "$(cat "$AS_LOG".*; sql "SELECT a::text FROM audit_logs a")" "${url##*=}" "LOG-2 the key is in no log and no audit row"

api_case "settings:"
api PUT /api/projects/$project '{"keepReleases":3}' as ada
json .keepReleases = 3
api PUT /api/projects/$project '{"branch":"x"}' as ada
json .keepReleases = 3 "what is left out stays"
api PUT /api/projects/$project '{"keepReleases":null}' as ada
json .keepReleases = null
api PUT /api/projects/$project '{"keepReleases":0}' as ada
status 422
api PUT /api/projects/$project '{"watchPaths":"site/\n!*.md\n"}' as ada
json '.watchPaths | split("\n") | join(" ")' = "site/ !*.md "
api PUT /api/projects/$project '{"watchPaths":"/etc"}' as ada
status 422 "a pattern that no path has"
api PUT /api/projects/$project '{"watchPaths":null}' as ada
json .watchPaths = null
done_testing
