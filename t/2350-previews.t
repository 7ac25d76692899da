#!/bin/sh
# Previews of pull requests, as the API sees them. What a git host's webhook
# tells is written into the rows here.
. "$(dirname "$0")/lib/tap.sh"
. "$abs_top_srcdir/t/lib/api.sh"
api_start

api POST /api/projects '{"repository":"ada/site","envVars":"SECRET=of-production","previewEnvVars":"KEY=of-previews"}' as ada
project=$(jget .id)
json .previews = true "on unless turned off"
api GET /api/projects/$project/previews as ada
json '[.previews, .pagination.totalItems] | tostring' = '[[],0]'
whole() { printf "%040d" 0 | tr 0 "$1"; } # COMMIT-DIGIT
approve() { # ID COMMIT-DIGIT USER
	api POST /api/projects/$project/previews/$1/approve "{\"commit\":\"$(whole "$2")\"}" as "$3"
}
pull() { # NUMBER COMMIT-DIGIT FORK
	sql "INSERT INTO previews (project_id, number, title, author, branch, commit_hash, fork)
		VALUES ('$project', $1, 'Pull $1', 'eve', 'topic', repeat('$2', 40), $3)
		ON CONFLICT (project_id, number) DO UPDATE SET commit_hash = EXCLUDED.commit_hash RETURNING id"
}
of() { sql "SELECT $2 FROM deployments WHERE id = '$1'"; }
env_of() { of "$1" env_sealed | tr -d '\n' | "$abs_top_builddir/t/helper/seal" -o "$TMP/secret" "deployment:$1:env"; }

own=$(pull 1 a false)
fork=$(pull 2 b true)
api GET /api/projects/$project/previews as ada
json '[.previews[] | [.number, .state, .fork, .commit]] | tostring' = "[[2,\"waiting\",true,\"$(whole b)\"],[1,\"open\",false,\"$(whole a)\"]]" \
	"with the whole commit: it is what an approval names"
api GET /api/projects/$project/previews as bob
status 404
json .error.code = PROJECT_NOT_FOUND

api_case "a fork:"
approve "$fork" b bob
status 404 "is not a stranger's to approve"
approve "$fork" c bob
status 404 "whose guess at its commit tells nothing"
api POST /api/projects/$project/previews/$fork/approve "{}" as ada
status 422 "nor is it approved without saying which commit"
api POST /api/projects/$project/previews/$fork/approve '{"commit":"bbbbbbb"}' as ada
status 422 "or by a part of it"
# it is pushed to after its owner has looked
pull 2 e true >/dev/null
approve "$fork" b ada
status 409 "PEER-10 a commit that came between the look and the approval is not approved"
json .error.code = PREVIEW_CHANGED
like "$(jget .error.message)" 'newer commit' "which is said in words"
is "$(sql "SELECT count(*) FROM deployments WHERE target = 'pr-2'")" 0 "PEER-10 nor is anything built"
is "$(sql "SELECT approved_commit IS NULL FROM previews WHERE number = 2")" t "PEER-10 or approved"
pull 2 b true >/dev/null
approve "$fork" b ada
status 201 "is built once its owner approves"
id=$(jget .id)
is "$(of "$id" "target, trusted, branch, left(commit_wanted, 3), trigger")" "pr-2|f|topic|bbb|webhook" "that very commit, as a stranger's"
is "$(of "$id" "env_sealed IS NULL")" t "without any variable"
api GET /api/deployments/$id as ada
json .target = pr-2
api POST /api/deployments/$id/redeploy as ada
status 201
again=$(jget .id)
is "$(of "$again" "target, trusted, env_sealed IS NULL")" "pr-2|f|t" "a redeployment is the same stranger's"
api GET /api/projects/$project/previews as ada
json '.previews[0].state' = open
json '.previews[0].deploymentId' = "$again"
pull 2 c true >/dev/null
api GET /api/projects/$project/previews as ada
json '.previews[0].state' = waiting "the next commit waits again"

api_case "what is live:"
ended() { # NUMBER STATUS MINUTES-AGO: an ended deployment of a pull request
	sql "INSERT INTO deployments (project_id, user_id, status, target, repository, branch, attempt, started_at, completed_at)
		SELECT id, user_id, '$2', 'pr-$1', repository, 'topic', 1, now(), now() - interval '$3 minutes' FROM projects
		WHERE id = '$project' RETURNING id"
}
pull 3 d false >/dev/null
before=$(ended 3 success 3)
live=$(ended 3 success 2)
failed=$(ended 3 failed 1)
other=$(ended 4 success 0)
api GET /api/deployments/$live as ada
json '[.targetOpen, .live, .releaseKept] | tostring' = '[true,true,false]' "it is what the open preview shows, and no rollback's"
api GET /api/deployments/$before as ada
json '[.targetOpen, .live, .releaseKept] | tostring' = '[true,false,false]' "the one before it is not"
api DELETE /api/deployments/$live as ada
status 409 "the deployment that an open preview shows is not deleted"
json .error.code = CONFLICT
like "$(jget .error.message)" 'deployment is live' "as production's is not"
is "$(sql "SELECT count(*) FROM deployments WHERE id = '$live'")" 1 "it is still there"
for id in $before $failed; do
	api DELETE /api/deployments/$id as ada
	status 204 "another one of it is"
done
api DELETE /api/deployments/$other as ada
status 204 "as one whose pull request nobody knows"
sql "UPDATE previews SET closed_at = now() WHERE number = 3"
api GET /api/deployments/$live as ada
json '[.targetOpen, .live] | tostring' = '[false,false]' "closed, it shows nothing"
api DELETE /api/deployments/$live as ada
status 204 "and the last once it is closed"
sql "DELETE FROM previews WHERE number = 3"

api_case "of one's own repository:"
approve "$own" a ada
status 201
id=$(jget .id)
is "$(of "$id" "target, trusted")" "pr-1|t"
is "$(env_of "$id")" KEY=of-previews "has the variables of previews, and none of production's"
sql "UPDATE projects SET auto_deploy_paused_at = now()"
approve "$own" a ada
status 201 "a rollback of production does not stop previews"
is "$(of "$id" "status, superseded_by")" "superseded|$(jget .id)" "a newer commit takes the place of one that waits"
is "$(of "$again" status)" queued "that of another pull request waits on"
sql "UPDATE deployments SET status = 'building', lease_owner = 'w', lease_until = now() WHERE target = 'pr-1' AND status = 'queued';
	INSERT INTO releases (id, project_id, target, published_at) VALUES ('$id', '$project', 'pr-1', now())"
running=$(jget .id)

api_case "closed:"
api DELETE /api/projects/$project/previews/$own as bob
status 404
api DELETE /api/projects/$project/previews/$own as ada
status 204
is "$(of "$running" "status, cancel_requested_at IS NOT NULL")" "building|t" "what is built for it is cancelled"
is "$(sql "SELECT retired_at IS NOT NULL FROM releases WHERE id = '$id'")" t "its releases go"
api DELETE /api/projects/$project/previews/$own as ada
status 404 "it is not closed twice"
json .error.code = PREVIEW_NOT_FOUND
approve "$own" a ada
status 404 "nor approved"
api POST /api/deployments/$id/redeploy as ada
status 409 "nor redeployed"
json .error.code = PREVIEW_CLOSED
api DELETE /api/projects/$project/previews/$fork as ada
is "$(of "$again" "status, error")" "cancelled|Its pull request was closed." "what waits for it is cancelled"
api GET /api/projects/$project/previews as ada
json '[.previews[].state] | unique | tostring' = '["closed"]' "they are listed until they are off the disk"
sql "UPDATE previews SET removed_at = now() WHERE id = '$fork'"
api GET /api/projects/$project/previews as ada
json '[[.previews[].number], .pagination.totalItems] | tostring' = '[[1],1]' "and no longer"
api PUT /api/projects/$project '{"previews":false}' as ada
json .previews = false
done_testing
