#!/bin/sh
# Projects: a repository and its settings.
. "$(dirname "$0")/lib/tap.sh"
. "$abs_top_srcdir/t/lib/api.sh"
api_start

api_case "create:"
api POST /api/projects '{"repository":"octocat/Hello-World"}' as ada
status 201
json .name = Hello-World
json .site = hello-world
json .repository = https://github.com/octocat/Hello-World.git
json .branch = main
json .url = null
json '[.rootDir, .installCommand, .buildCommand, .outputDir] | tostring' = \
	'[null,null,null,null]'
json .hasEnvVars = false
id=$(jget .id)
like "$id" '^[0-9a-f-]{36}$' "the id is a UUID"

api POST /api/projects '{"repository":"https://git.example.com/x/y","name":"Hello-World"}' as ada
status 409
json .error.code = PROJECT_NAME_TAKEN
api POST /api/projects '{"repository":"https://github.com/other/Hello-World"}' as ada
status 201
json .name = Hello-World-2 "a name that was not given gets a number"
api POST /api/projects '{"repository":"octocat/Hello-World"}' as bob
status 201
json .name = Hello-World "another user may have the name"
isnt "$(jget .site)" hello-world "but not the site"
like "$(jget .site)" '^[a-z0-9]([a-z0-9-]*[a-z0-9])?$' "a site is a host label"
api POST /api/projects '{"repository":"https://git.example.com/a/..weird%20--Na_me!.git","name":"A.b_C--d."}' as ada
status 422 "a repository address with escapes is refused"
json .error.code = REPOSITORY_REFUSED
api POST /api/projects '{"repository":"https://git.example.com/a/b","name":"A.b_C--d."}' as ada
status 201
json .site = a-b-c-d

for bad in ext::sh file:///etc ssh://git@github.com/a/b git@github.com:a/b \
	http://github.com/a/b https://127.0.0.1/a/b https://u:p@github.com/a/b -x \
	'$(id)' https://github.com:22/a/b; do
	api POST /api/projects "{\"repository\":\"$bad\"}" as ada
	status 422 "GIT-1 $bad is refused"
	json .error.code = REPOSITORY_REFUSED "GIT-1 by name"
done

api_case "environment:"
api POST /api/projects '{"repository":"a/env","envVars":"KEY=canary-4711\nOTHER=x"}' as ada
status 201
json '.envVarNames | join(",")' = KEY,OTHER
env=$(jget .id)
unlike "$(cat "$API_BODY")" canary "values never come back"
unlike "$(sql "SELECT p::text FROM projects p UNION ALL SELECT a::text FROM audit_logs a")" \
	canary "nor are they in the database as they are"
unlike "$(cat "$AS_LOG.api")" canary "nor in the log"
api POST /api/projects '{"repository":"a/env2","envVars":"1BAD=x"}' as ada
status 422
json .error.details.fields[0].name = envVars
unlike "$(cat "$API_BODY")" '=x' "an error does not repeat a value"

api_case "without a repository:"
api POST /api/projects '{}' as ada
status 422 "it has to be called something then"
json '.error.details.fields | map(.name + " " + .message) | join(",")' = 'name is needed without a repository'
api POST /api/projects '{"name":"bare","deployToken":"x"}' as ada
status 409 "there is nothing to clone"
json .error.code = NO_REPOSITORY
api POST /api/projects '{"name":"bare"}' as ada
status 201
json '[.repository, .branch, .site] | tostring' = '[null,"main","bare"]'
bare=$(jget .id)
api POST /api/projects '{"name":"bare"}' as ada
status 409
json .error.code = PROJECT_NAME_TAKEN
api PUT "/api/projects/$bare" '{"deployToken":"x"}' as ada
status 409
json .error.code = NO_REPOSITORY
api POST /api/deployments '{"repository":"bare"}' as ada
status 409 "nor to build"
json .error.code = NO_REPOSITORY
api POST "/api/projects/$bare/deploy-hooks" '{"name":"x"}' as ada
hook=$(jget .url)
api POST "/${hook#https://*/}"
status 409 "whoever asks"
json .error.code = NO_REPOSITORY
is "$(sql "SELECT count(*) FROM deployments WHERE project_id = '$bare'")" 0 "so nothing waits for a worker"
api GET /api/projects as ada
json '.projects[0].repository' = null
api POST /api/auth/login '{"email":"ada@example.com","password":"correct horse ada"}'
api GET /api/user/export -H "Authorization: Bearer $(jget .accessToken)"
json '.projects | map(select(.name == "bare")) | .[0].repository' = null "the account's data, too"
api PUT "/api/projects/$bare" '{"repository":"a/bare"}' as ada
json .repository = https://github.com/a/bare.git "it may get one later"
api DELETE "/api/projects/$bare" as ada
status 204

api_case "get:"
api GET /api/projects/$env as ada
status 200
json .hasEnvVars = true
api GET /api/projects/00000000-0000-4000-8000-000000000000 as ada
status 404
json .error.code = PROJECT_NOT_FOUND
api GET /api/projects/nonsense as ada
status 422
json .error.details.fields[0].name = id

api_case "list:"
api GET /api/projects as ada
status 200
json '.projects | length' = 4
json .pagination.totalItems = 4
json '.projects[0].name' = env
api GET '/api/projects?search=HELLO&limit=1&page=2' as ada
json '.projects[0].name' = Hello-World
json '.pagination | tostring' = '{"currentPage":2,"totalItems":2,"totalPages":2}'
api GET '/api/projects?page=9' as ada
json '.projects | length' = 0
json .pagination.totalItems = 4

api_case "last deployment:"
api GET "/api/projects/$env" as ada
json .lastDeployment = null "there is none yet"
api POST /api/deployments '{"repository":"env"}' as ada
older=$(jget .id)
api POST /api/deployments '{"repository":"env"}' as ada
newer=$(jget .id)
sql "UPDATE deployments SET created_at = created_at - interval '1 hour', status = 'cancelled', completed_at = now() WHERE id = '$older'"
api GET "/api/projects/$env" as ada
json .lastDeployment.id = "$newer"
json '.lastDeployment | keys | join(",")' = createdAt,id,status
api GET '/api/projects?search=env' as ada
json '.projects[0].lastDeployment | .id + " " + .status' = "$newer queued" "the list has it, too"
like "$(jget '.projects[0].lastDeployment.createdAt')" '^20[0-9-]+T[0-9:]+Z$' "with its time"
api GET '/api/projects?search=HELLO' as ada
json '[.projects[].lastDeployment] | tostring' = '[null,null]' "of each project its own"
api DELETE "/api/projects/$newer" as ada
status 404
sql "UPDATE deployments SET status = 'cancelled', completed_at = now() WHERE id = '$newer'"
# the page is chosen first: a project that is not on it costs nothing
ada=$(sql "SELECT user_id FROM projects WHERE id = '$env'")
list=$(sed -n '/^-- name: project_list$/,/;$/{/^--/d;p}' "$abs_top_srcdir/sql/stmt/project.sql")
plan=$(pg_psql postgres "$PG_DB" -qAt <<END
BEGIN;
INSERT INTO projects (user_id, name, site, repository) SELECT '$ada', 'many' || n, 'many' || n, 'r' FROM generate_series(1, 2000) n;
SET session_replication_role = replica;
INSERT INTO deployments (project_id, user_id, repository, branch, status, completed_at)
	SELECT p.id, user_id, 'r', 'main', 'cancelled', now() FROM projects p, generate_series(1, 5) WHERE name LIKE 'many%';
ANALYZE projects, deployments;
SET plan_cache_mode = force_generic_plan;
PREPARE list (uuid, text, bigint, bigint) AS $list
EXPLAIN (ANALYZE, COSTS off, TIMING off) EXECUTE list ('$ada', NULL, 20, 0);
ROLLBACK;
END
)
like "$plan" 'deployments_project_id_idx' "the index finds it"
unlike "$plan" 'Seq Scan on deployments' "and no table is read through"
unlike "$plan" 'loops=2[0-9][0-9][0-9]' "nor anything done once for each of 2,000 projects"

api_case "update:"
api PUT /api/projects/$env '{"buildCommand":"npm run x","outputDir":"dist","rootDir":"web"}' as ada
status 200
json .buildCommand = "npm run x"
json .branch = main
json .hasEnvVars = true
api PUT /api/projects/$env '{"buildCommand":null,"installCommand":"","envVars":null,"branch":"dev","name":"renamed"}' as ada
status 200
json .buildCommand = null "null means: detect it"
json .installCommand = "" "empty means: none"
json .outputDir = dist "what is left out stays"
json .hasEnvVars = false
json .name = renamed
json .site = env "the site keeps its name"
api PUT /api/projects/$env '{"name":"Hello-World"}' as ada
status 409
api PUT /api/projects/$env '{"name":null}' as ada
status 422 "a name cannot be null"
api PUT /api/projects/$env '{"repository":"file:///etc"}' as ada
status 422
api PUT /api/projects/$env '{"userId":"1","site":"x","liveDeploymentId":null}' as ada
status 422 "SET-3 what is not a setting is refused"
json '.error.details.fields | map(.name) | join(",")' = userId,site,liveDeploymentId

api_case "delete:"
api POST /api/deployments '{"repository":"renamed"}' as ada
dep=$(jget .id)
sql "UPDATE deployments SET status = 'building', lease_owner = 'w:0', lease_until = now() + interval '1 minute',
	started_at = now() WHERE id = '$dep'"
api DELETE /api/projects/$env as ada
status 409 "a project that is being built is not deleted"
sql "UPDATE deployments SET status = 'failed', lease_owner = NULL, completed_at = now() WHERE id = '$dep'"
api DELETE /api/projects/$env as ada
status 204
is "$(cat "$API_BODY")" "" "204 has no body"
api DELETE /api/projects/$env as ada
status 404
api GET /api/deployments/$dep as ada
status 404 "its deployments are gone with it"
api GET /api/deployments as ada
json .pagination.totalItems = 0

is "$(sql "SELECT string_agg(DISTINCT event, ',' ORDER BY event) FROM audit_logs WHERE event LIKE 'project.%' AND target IS NOT NULL")" \
	project.create,project.delete,project.update "LOG-1 changes are audited"

api_case "variables:"
api POST /api/projects '{"repository":"octocat/vars","envVars":"A=1\nB=two words","previewEnvVars":"P=x"}' as ada
vars=$(jget .id)
json '[.envVarNames, .previewEnvVarNames] | tostring' = '[["A","B"],["P"]]' "production and previews have their own"
env_of() { # COLUMN AAD
	sql "SELECT $1 FROM projects WHERE id = '$vars'" | tr -d '\n' | "$abs_top_builddir/t/helper/seal" -o "$TMP/secret" "project:$vars:$2"
}
api PUT /api/projects/$vars/env/KEY '{"value":"a \"b\" $c\\\nline two"}' as ada
status 204 "one variable is set"
is "$(env_of env_sealed env)" 'A="1"
B="two words"
KEY="a \"b\" \$c\\\nline two"' "the others stay, and the value is what it was"
api PUT /api/projects/$vars/env/A '{"value":""}' as ada
api PUT /api/projects/$vars/env/A '{"scope":"preview","value":"of previews"}' as ada
status 204
api GET /api/projects/$vars as ada
json '[.envVarNames, .previewEnvVarNames] | tostring' = '[["B","KEY","A"],["P","A"]]' "a name may be in both"
is "$(env_of preview_env_sealed preview_env)" 'P="x"
A="of previews"' "previews have theirs"
api DELETE "/api/projects/$vars/env/P?scope=preview" as ada
status 204 "one is removed"
api DELETE /api/projects/$vars/env/P as ada
status 404 "not twice, and not from the other"
json .error.code = ENV_VAR_NOT_FOUND
api PUT /api/projects/$vars/env/PATH '{"value":"x"}' as ada
status 422 "a reserved name"
like "$(jget '.error.details.fields[0].message')" reserved "and says so"
api PUT /api/projects/$vars/env/A-B '{"value":"x"}' as ada
status 422 "a bad name"
api PUT /api/projects/$vars/env/A '{"value":"\u0007"}' as ada
status 422 "a bad value"
api PUT /api/projects/$vars/env/A "{\"value\":\"$(printf '%16385s' x)\"}" as ada
status 422 "a long value"
for i in 1 2 3 4; do
	api PUT /api/projects/$vars/env/BIG$i "{\"value\":\"$(printf '%016000d' 1)\"}" as ada
	status 204
done
api PUT /api/projects/$vars/env/BIG5 "{\"value\":\"$(printf '%016000d' 1)\"}" as ada
status 422 "too much in all"
api PUT /api/projects/$vars/env/A '{"value":"x"}' as bob
status 404 "not a stranger's"
unlike "$(sql "SELECT a::text FROM audit_logs a"; cat "$AS_LOG".*)" "line two|of previews" "LOG-2 no value is in audit rows or logs"

# What was sealed before a rotation of the key opens as long as tokens hold.
api_case "rotation:"
api POST /api/projects '{"repository":"octocat/sealed","envVars":"A=1\nB=2"}' as ada
sealed=$(jget .id)
api_stop
head -c 48 /dev/urandom | base64 -w 0 >"$TMP/secret.next"
chmod 600 "$TMP/secret.next"
as_conf jwt_secret="$TMP/secret.next" jwt_secret_previous="$TMP/secret"
api_run
api GET /api/projects/$sealed as ada
status 200 "JW-8 the previous secret opens environments, too"
json '.envVarNames | join(",")' = A,B
api POST /api/deployments '{"repository":"sealed"}' as ada
status 201 "JW-8 and what is sealed under it can be deployed"

# --- single-page applications ---
api GET /api/projects/$vars as ada
json .spa = auto "the output decides unless told"
api PUT /api/projects/$vars '{"spa":"on"}' as ada
status 200
json .spa = on
api PUT /api/projects/$vars '{"branch":"main"}' as ada
json .spa = on "what is not given stays"
api PUT /api/projects/$vars '{"spa":"maybe"}' as ada
status 422
done_testing
