#!/bin/sh
# Deploy tokens of projects: given to the API, never given back, and shown to
# the one server that they are for, by a real clone over HTTP. What a build
# could find of one is 3500's.
. "$(dirname "$0")/lib/tap.sh"
. "$abs_top_srcdir/t/lib/worker.sh"
. "$abs_top_srcdir/t/lib/api.sh"
# GitHub is nobody here; 127.0.0.1 and localhost are two servers
set -- github_url=http://127.0.0.1:1
worker_init "$@"
AS_CONF=$TMP/api.conf
api_start git_schemes=https,http git_private=127.0.0.1,localhost "$@"
PORT=$(cat "$TMP/git.port")
HERE=http://127.0.0.1:$PORT/auth
ELSEWHERE=http://localhost:$PORT/auth
mkdir "$TMP/site"
echo private >"$TMP/site/index.html"
repo site
cp -r "$GITROOT/site.git" "$GITROOT/two.git"
echo 'bot:canary-4711' >"$GITROOT/auth"
worker_up

deployed_as() { # NAME: deploys it; its status, and whether a credential was shown
	: >"$GITROOT/requests"
	api POST /api/deployments "{\"repository\":\"$1\"}" as bob
	id=$(jget .id)
	final "$id" >/dev/null
	echo "$(field "$id" status) $(grep -c credentials "$GITROOT/requests" | sed 's/[1-9].*/shown/; s/^0$/hidden/')"
}
sealed() { sql "SELECT (deploy_token_sealed IS NOT NULL)::text || ' ' || coalesce(deploy_token_origin, '-') FROM projects WHERE id = '$project'"; }
put() { api PUT "/api/projects/$project" "$1" as bob; }

api_case "create:"
api POST /api/projects "{\"repository\":\"$HERE/site.git\",\"deployToken\":\"bot:canary-4711\"}" as bob
status 201
project=$(jget .id)
json .hasDeployToken = true
json .deployToken = null "GIT-5 it does not come back"
unlike "$(cat "$API_BODY")" canary "GIT-5 in any form"
is "$(sealed)" "true http://127.0.0.1:$PORT" "GIT-5 it is for the repository's server"
is "$(deployed_as site)" "success shown" "GIT-5 the private repository is cloned with it" || diag "$(field "$id" error)"
is "$(deployed site index.html)" private "and published"
api GET "/api/projects/$project" as bob
json .hasDeployToken = true
api GET /api/projects as bob
json '.projects[0] | [.hasDeployToken, has("deployToken")] | tostring' = '[true,false]' "GIT-5 the list says no more"

api_case "change:"
put '{"branch":"main"}'
json .hasDeployToken = true "what is not named stays"
put '{"deployToken":"wrong"}'
status 200
unlike "$(cat "$API_BODY")" wrong "GIT-5 the answer does not repeat it"
is "$(deployed_as site)" "failed shown" "a wrong one is shown and refused"
put '{"deployToken":null}'
json .hasDeployToken = false "null clears it"
is "$(sealed)" "false -" "wholly"
is "$(deployed_as site)" "failed hidden" "GIT-5 without it nothing is shown"
put '{"deployToken":"bot:canary-4711"}'
json .hasDeployToken = true
is "$(deployed_as site)" "success shown" "set again it works again"

api_case "another server:"
put "{\"repository\":\"$ELSEWHERE/site.git\"}"
status 200
is "$(sealed)" "true http://127.0.0.1:$PORT" "GIT-5 a token stays what it was for"
is "$(deployed_as site)" "failed hidden" "GIT-5 and is not shown where the project went"
put "{\"repository\":\"$HERE/two.git\",\"deployToken\":\"bot:canary-4711\"}"
is "$(sealed)" "true http://127.0.0.1:$PORT" "GIT-5 given with a repository it is for that one's server"
put "{\"repository\":\"$ELSEWHERE/two.git\",\"deployToken\":\"bot:canary-4711\"}"
is "$(sealed)" "true http://localhost:$PORT" "GIT-5 also when that is another one"
is "$(deployed_as site)" "success shown" "GIT-5 and opens it there" || diag "$(field "$id" error)"

api_case "refused:"
for bad in '""' '":x"' '"x:"' '"a b"' '"a\nhost=evil.example"' '"\u00e9"' 5 "\"$(printf %0513d 0)\""; do
	put "{\"deployToken\":$bad}"
	is "$API_STATUS $(jget '.error.details.fields[0].name')" "422 deployToken" "GIT-5 the token $(printf %.24s "$bad")"
	api POST /api/projects "{\"name\":\"bad\",\"repository\":\"$HERE/site.git\",\"deployToken\":$bad}" as bob
	is "$API_STATUS $(jget '.error.details.fields[0].name')" "422 deployToken" "GIT-5 of a new project, too"
done
is "$(sql "SELECT count(*) FROM projects WHERE name = 'bad'")" 0 "GIT-5 which is not made then"
is "$(sealed)" "true http://localhost:$PORT" "GIT-5 and the present one stays"
api POST /api/projects "{\"name\":\"bad\",\"repository\":\"https://10.0.0.1/a/b\",\"deployToken\":\"x\"}" as bob
status 422 "a token opens no address"
api PUT "/api/projects/$project" '{"deployToken":"x"}' as eve
status 404 "SET-1 nobody sets that of somebody else's project"
# with its row or not at all: what cannot keep the token makes no project
sql "CREATE FUNCTION no_token() RETURNS trigger LANGUAGE plpgsql AS \$\$ BEGIN
		IF NEW.deploy_token_sealed IS NOT NULL THEN RAISE 'no token'; END IF; RETURN NEW; END \$\$;
	CREATE TRIGGER no_token BEFORE INSERT OR UPDATE ON projects FOR EACH ROW EXECUTE FUNCTION no_token()"
api POST /api/projects "{\"name\":\"half\",\"repository\":\"$HERE/site.git\",\"deployToken\":\"x\"}" as bob
status 500 "a token that cannot be kept"
is "$(sql "SELECT count(*) FROM projects WHERE name = 'half'")" 0 "leaves no project without it"

unlike "$(sql "SELECT p::text FROM projects p UNION ALL SELECT a::text FROM audit_logs a UNION ALL SELECT d::text FROM deployments d")" \
	canary "GIT-5 the database has no token in clear"
unlike "$(cat "$AS_LOG.api" "$WORKER_LOG")" canary "GIT-5 nor has a log"
done_testing
