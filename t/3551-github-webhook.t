#!/bin/sh
# Webhooks at GitHub: registered, taken over, moved and removed by the worker,
# and what their owner reads when GitHub does not want that.
. "$(dirname "$0")/lib/tap.sh"
. "$abs_top_srcdir/t/lib/worker.sh"
AS_LOG=$TMP/log
. "$abs_top_srcdir/t/lib/oauth.sh"
. "$abs_top_srcdir/t/lib/ghcalls.sh"
pg_start
oauth_github_start
# shellcheck disable=SC2046 # a list of settings
worker_init $(oauth_settings) app_url=https://panel.example oauth_timeout=2000 hook_attempts=3
[ "$(id -u)" != 0 ] || chown "$worker_user:" "$TMP/github.secret"
gh_connect
worker_up

secret=canary-hook-secret-0123456789
# fresh NAME: a project of ada/NAME and what its webhook delivers to ($url)
fresh() {
	gh_repo "ada/$1" "${2:-\"admin\":true}"
	project "$1" "$GITHUB_URL/ada/$1.git"
	name=$1
	url="https://panel.example/api/github/webhook?project=$project"
}
wish() { # [REPOSITORY]: it is to be registered, as the API says it
	sql "INSERT INTO project_webhooks AS w (project_id, secret_sealed, state, repository) VALUES ('$project',
			'$(printf %s "$secret" | "$abs_top_builddir/t/helper/seal" "$TMP/secret" "project:$project:webhook")', 'waiting', '${1:-ada/$name}')
		ON CONFLICT (project_id) DO UPDATE SET secret_sealed = EXCLUDED.secret_sealed, state = 'waiting', repository = EXCLUDED.repository,
			error = NULL, updated_at = now()"
}
hook_row() { sql "SELECT $1 FROM project_webhooks WHERE project_id = '$project'"; }
in_state() { [ "$(hook_row state)" = "$1" ]; }
at_github() { gojq -c "${2:-.}" "$GITHUB/hooks/ada,$1.json" 2>/dev/null; }
put_hooks() { mkdir -p "$GITHUB/hooks" && echo "$2" >"$GITHUB/hooks/ada,$1.json"; }
quiet() { [ "$(sql "SELECT count(*) FROM github_calls WHERE status = 'waiting'")" = 0 ]; }
odd() { # METHOD PATH STATUS BODY
	printf 'HTTP/1.1 %s\r\nConnection: close\r\nContent-Length: %s\r\n\r\n%s' "$3" "${#4}" "$4" >"$GITHUB/odd.http"
	echo "$1 $2 odd.http" >"$GITHUB/odd"
}
kept_off() { [ "$(sql "SELECT error IS NOT NULL AND lease_until IS NULL AND attempts = $1 FROM github_calls WHERE status = 'waiting'")" = t ]; }

# ---- registered ----
fresh shop
wish
wait_for 20 in_state registered
ok $? "a webhook is registered" || diag "$(hook_row '*') $(tail -n 3 "$WORKER_LOG")"
is "$(at_github shop '[length, .[0].name, .[0].active, .[0].events]')" '[1,"web",true,["push","pull_request"]]' "for pushes and pull requests"
is "$(at_github shop '.[0].config')" "{\"content_type\":\"json\",\"insecure_ssl\":\"0\",\"secret\":\"$secret\",\"url\":\"$url\"}" \
	"with the project's address and secret, as JSON, and by a certificate that is checked"
is "$(hook_row "hook_id, registered_at IS NOT NULL, error")" "$(at_github shop '.[0].id')|t|" "its id is kept"
id=$(hook_row hook_id)
secret=canary-another-secret-0123456
wish
wait_for 20 in_state registered
is "$(at_github shop '[length, .[0].id, .[0].config.secret]')" "[1,$id,\"$secret\"]" "another secret is given to the same webhook"

# ---- taken over ----
fresh old
put_hooks old "[{\"id\":5,\"name\":\"web\",\"active\":true,\"events\":[\"push\"],\"config\":{\"url\":\"https://elsewhere.example/x\"}},
	{\"id\":6,\"name\":\"web\",\"active\":false,\"events\":[\"push\"],\"config\":{\"url\":\"$url\",\"content_type\":\"form\"}},
	{\"id\":7,\"name\":\"web\",\"active\":true,\"events\":[\"push\"],\"config\":{\"url\":\"$url\"}},
	{\"id\":8,\"config\":null},{\"id\":\"x\",\"config\":{\"url\":\"$url\"}},5,null]"
wish
wait_for 20 in_state registered
ok $? "one that was entered by hand is taken over"
is "$(at_github old '[.[] | objects | select(.config.content_type == "json") | .id, .active, .events, .config.secret]')" \
	"[6,true,[\"push\",\"pull_request\"],\"$secret\"]" "and set right"
is "$(hook_row hook_id)" 6 "it is the project's now"
is "$(at_github old '[.[] | objects | .id]')" '[5,6,8,"x"]' "of two one stays; others' stay, and IN-9 what is none"
fresh many
put_hooks many "$(gojq -nc --arg url "$url" '[range(1; 140) | {id: ., config: {url: "https://elsewhere.example/\(.)"}}] + [{id: 500, config: {url: $url}}]')"
wish
wait_for 20 in_state registered
is "$(hook_row hook_id) $(at_github many length)" "500 140" "it is found on any page"

# ---- moved and removed ----
name=shop
project=$(sql "SELECT id FROM projects WHERE name = 'shop'")
gh_repo ada/shop2 '"admin":true'
sql "UPDATE projects SET repository = '$GITHUB_URL/ada/shop2.git' WHERE id = '$project'"
wait_for 20 in_state registered
try "GitHub has heard all" wait_for 20 quiet
is "$(at_github shop length) $(at_github shop2 length)" "0 1" "with another repository it moves"
sql "DELETE FROM project_webhooks WHERE project_id = '$project'"
try "GitHub has heard all" wait_for 20 quiet
is "$(at_github shop2 length)" 0 "removed, it goes"
wish ada/shop2
wait_for 20 in_state registered
sql "DELETE FROM projects WHERE id = '$project'"
try "GitHub has heard all" wait_for 20 quiet
is "$(at_github shop2 length)" 0 "as with its project"
is "$(sql "SELECT status FROM github_calls WHERE what = 'unhook' ORDER BY seq DESC LIMIT 1")" delivered "which the row says"
fresh vanished
wish
wait_for 20 in_state registered
rm "$GITHUB/repos/ada,vanished.json"
sql "DELETE FROM project_webhooks WHERE project_id = '$project'"
try "GitHub has heard all" wait_for 20 quiet
is "$(sql "SELECT status, response_code FROM github_calls ORDER BY seq DESC LIMIT 1")" "delivered|404" "where the repository is gone, so is its webhook"

# ---- order: what is wanted last is what is ----
worker_down
fresh flip
wish
sql "DELETE FROM project_webhooks WHERE project_id = '$project'"
wish
sql "DELETE FROM project_webhooks WHERE project_id = '$project'"
worker_up
try "GitHub has heard all" wait_for 20 quiet
is "$(at_github flip '[.[].id]')" "" "wanted and not wanted again: it is not there, and never was"
is "$(sql "SELECT string_agg(what || ' ' || status, ', ' ORDER BY seq) FROM github_calls WHERE project_id = '$project'")" \
	"hook dropped, unhook dropped, hook dropped, unhook delivered" "the newest alone is told"
# removed while it is being registered
echo "POST /repos/ada/flip/hooks pause" >"$GITHUB/odd"
rm -f "$GITHUB/go"
wish
posted() { [ -n "$(gh_asked flip/hooks | gojq 'select(.method == "POST")')" ]; }
wait_for 20 posted
sql "DELETE FROM project_webhooks WHERE project_id = '$project'"
touch "$GITHUB/go"
try "GitHub has heard all" wait_for 20 quiet
: >"$GITHUB/odd"
is "$(at_github flip length)" 0 "removed while it was registered: it goes right after"

# ---- GitHub does not want it ----
refused() { # WORDS
	wait_for 20 in_state failed
	is "$(hook_row error)" "$1" "its owner reads: $1"
}
fresh noadmin '"push":true'
wish
refused 'GitHub has no such repository for the connected account, or lets it manage no webhooks there'
is "$(sql "SELECT count(*) FROM projects WHERE id = '$project'")" 1 "the project is there all the same"
gh_repo ada/noadmin '"admin":true'
wish
wait_for 20 in_state registered
is "$(hook_row "error, hook_id IS NOT NULL")" "|t" "asked again it is registered, and the words are gone"
fresh local
odd POST /repos/ada/local/hooks '422 Unprocessable Entity' '{"message":"Validation Failed","errors":[{"message":"url is not supported because octo"}]}'
wish
wait_for 20 kept_off 1
is "$(hook_row "state, error")" "waiting|GitHub does not take the webhook: the address of this server has to be reachable from the internet" \
	"an address that GitHub does not take is told at once, and tried once more"
gh_due
refused 'GitHub does not take the webhook: the address of this server has to be reachable from the internet'
is "$(sql "SELECT attempts FROM github_calls ORDER BY seq DESC LIMIT 1")" 2 "then that is all"
: >"$GITHUB/odd"
# somebody else enters it between the question and the answer
fresh race
odd GET /repos/ada/race/hooks '200 OK' '[]'
put_hooks race "[{\"id\":70,\"name\":\"web\",\"active\":true,\"events\":[\"push\"],\"config\":{\"url\":\"$url\"}}]"
wish
wait_for 20 kept_off 1
: >"$GITHUB/odd"
gh_due
wait_for 20 in_state registered
is "$(hook_row hook_id) $(at_github race length)" "70 1" "one that was entered meanwhile is not doubled"
for body in '{}' '[]' 'octo' '{"id":"7"}' '{"id":-1}'; do
	fresh "odd$(printf %s "$body" | cksum | cut -c1-5)"
	odd POST "/repos/ada/$name/hooks" '201 Created' "$body"
	wish
	wait_for 20 kept_off 1
	is "$(hook_row "state, error")" "waiting|GitHub did not answer as it should" "IN-9 an answer that is $body registers nothing"
	: >"$GITHUB/odd"
	gh_due
	wait_for 20 in_state registered
done
fresh limited
printf 'HTTP/1.1 403 Forbidden\r\nRetry-After: 90\r\nConnection: close\r\nContent-Length: 2\r\n\r\n{}' >"$GITHUB/odd.http"
echo "GET /repos/ada/limited/hooks odd.http" >"$GITHUB/odd"
wish
wait_for 20 kept_off 1
is "$(hook_row "state, error")" "waiting|GitHub takes no more requests of your account for a while" "a limit puts it off"
: >"$GITHUB/odd"
sql "UPDATE github_connections SET limited_until = NULL"
gh_due
wait_for 20 in_state registered
ok $? "and it is registered in the end"
fresh sealed
wish
worker_down
sql "UPDATE project_webhooks SET secret_sealed = (SELECT secret_sealed FROM project_webhooks WHERE project_id <> '$project' LIMIT 1),
	state = 'waiting', updated_at = now() WHERE project_id = '$project'"
worker_up
wait_for 20 in_state failed
like "$(hook_row error)" 'cannot be read any more' "OA-12 another project's secret is none"
fresh revoked
rm "$GITHUB/token.$gh_token"
wish
refused 'GitHub does not accept the connection any more; connect again'
is "$(sql "SELECT refused_at IS NOT NULL FROM github_connections")" t "and the connection is shown as refused"
gh_connect

# ---- a sender that dies ----
if developer_only "SB-13 a sender that dies is followed by another"; then
	for step in github-claimed github-told; do
		fresh "$step"
		: >"$CRASH/$step.job"
		[ "$(id -u)" != 0 ] || chown "$worker_user:" "$CRASH/$step.job"
		wish
		lost() { [ ! -e "$CRASH/$step.job" ]; }
		wait_for 20 lost
		is "$(hook_row state)" waiting "SB-13 $step: it waits"
		has_hooks() { [ -n "$(worker_hooks)" ]; }
		wait_for 10 has_hooks
		gh_due
		wait_for 20 in_state registered
		is "$(at_github "$step" '[.[] | .id == '"$(hook_row hook_id)"']')" '[true]' "SB-13 $step: there is one in the end, and the right one"
	done
fi

worker_down
unlike "$(cat "$WORKER_LOG")" 'gho_|canary|octo|AddressSanitizer|runtime error' "OA-11 LOG-2 no token, secret or word of GitHub's is in the log"
done_testing
