#!/bin/sh
# From an account at GitHub to a site that follows its repository, through nginx
# with all programs: connect, deploy, push, pull request, roll back, disconnect.
# GitHub is t/lib/githubd.pl; behind it are the repositories of the stack's git.
. "$(dirname "$0")/lib/tap.sh"
. "$abs_top_srcdir/t/lib/stack.sh"
AS_LOG=$TMP/log
. "$abs_top_srcdir/t/lib/oauth.sh"

oauth_stack_start
stack_repo site
echo '<h1>one</h1>' | stack_file site index.html
stack_commit site first
head_of() { stack_git -C "$STACK/trees/site" rev-parse HEAD; }
one=$(head_of)
echo "{\"private\":true,\"push\":true,\"admin\":true,\"git\":\"$AUTOSTACK_STATE/git/site.git\"}" >"$GITHUB/repos/ada,site.json"
gojq -nc '[{id: 1, full_name: "ada/site", private: true, default_branch: "main", description: "A site", language: "HTML"}]' \
	>"$GITHUB/lists/user,repos.json"
gojq -nc --arg sha "$one" '[{name: "main", commit: {sha: $sha}, protected: false}]' >"$GITHUB/lists/repos,ada,site,branches.json"
gojq -nc '{id: 42, login: "ada", name: "Ada", avatar_url: "https://avatars.githubusercontent.com/u/42"}' >"$GITHUB/user.json"
echo '[{"email":"ada@example.org","primary":true,"verified":true}]' >"$GITHUB/emails.json"

# what GitHub was told of a commit in a context: its states
told() { gojq -r "select(.sha == \"$1\" and .context == \"$2\") | .state" "$GITHUB/statuses/ada,site" 2>/dev/null | uniq | tr '\n' ' '; }
told_last() { [ "$(gojq -rs "map(select(.sha == \"$1\" and .context == \"$2\")) | last | .state" "$GITHUB/statuses/ada,site" 2>/dev/null)" = "$3" ]; }
hook() { gojq -r "$1" "$GITHUB/hooks/ada,site.json" 2>/dev/null; }
# event KIND JSON: as GitHub delivers it to the webhook that is registered there
event() {
	event_secret=$(hook '.[0].config.secret')
	event_mac=$(printf %s "$2" | openssl dgst -sha256 -hmac "$event_secret" | sed 's/.* //')
	fetch_url "$(hook '.[0].config.url')" -X POST -H 'Content-Type: application/json' -H "X-GitHub-Event: $1" \
		-H "X-GitHub-Delivery: $(cat /proc/sys/kernel/random/uuid)" -H "X-Hub-Signature-256: sha256=$event_mac" \
		--data-binary "$2"
}
shows() { site "$1" / && [ "$STATUS $(cat "$BODY")" = "200 <h1>$2</h1>" ]; }

# ---- connect ----
stack_user ada
call POST /api/github/connect '{"next":"/settings"}'
is "$STATUS" 200 "a connection begins"
cookie=$(field set-cookie | sed 's/;.*//')
back=$(curl -sS -o /dev/null -w '%{redirect_url}' "$(jget .url)")
like "$back" "^$AUTOSTACK_URL/api/auth/github/callback\\?" "GitHub sends the browser back"
fetch_url "$back" -H "Cookie: $cookie"
like "$STATUS $(field location)" "^302 $AUTOSTACK_URL/oauth#.*connected=github" "and it is connected"
call GET /api/github/connection
is "$(jget '[.connected, .username] | tostring')" '[true,"ada"]' "as the account there"
call GET /api/github/repos
is "$(jget '.repos | map([.fullName, .private]) | tostring')" '[["ada/site",true]]' "its repositories are listed"
call GET /api/github/repos/ada/site/branches
is "$(jget '.branches | map([.name, .commit]) | tostring')" "[[\"main\",\"$one\"]]" "and their branches"

# ---- deploy ----
call POST /api/projects '{"repository":"ada/site","outputDir":".","installCommand":"","buildCommand":""}'
is "$STATUS" 201 "a project of one of them"
project=$(jget .id)
call POST /api/deployments '{"repository":"site"}'
DEPLOYMENT=$(jget .id)
first=$DEPLOYMENT
is "$(stack_wait 90)" success "is deployed, though it is private" || { call GET "/api/deployments/$first"; diag "$(jget '.error, .logs[]')"; }
# the certificate gets the name a moment later (src/quickstart/watch-sites)
try "its site answers" wait_for 30 shows site one
try "PEER-15 GitHub hears success" wait_for 30 told_last "$one" autostack/site success
like "$(told "$one" autostack/site)" '^pending success $' "PEER-15 after pending"
is "$(gojq -rs 'last | .target_url' "$GITHUB/statuses/ada,site")" "$AUTOSTACK_URL/deployments/$first" "with the page of the log"
registered() { call GET "/api/projects/$project/webhook" && [ "$(jget .state)" = registered ]; }
try "its webhook was registered" wait_for 30 registered
is "$(hook '[length, .[0].id, .[0].config.url] | tostring')" "[1,$(jget .hookId),\"$(jget .url)\"]" "once, with the address that the project says"

# ---- push ----
echo '<h1>two</h1>' | stack_file site index.html
stack_commit site second
two=$(head_of)
event ping '{"zen":"Keep it logically awesome."}'
is "$STATUS $(jget .verdict)" "200 pong" "GitHub's ping is answered"
push=$(gojq -nc --arg sha "$two" --arg before "$one" '{ref: "refs/heads/main", before: $before, after: $sha, deleted: false,
	repository: {full_name: "ada/site"}, head_commit: {id: $sha, message: "second"}, commits: [{id: $sha, modified: ["index.html"]}]}')
event push "$push"
is "$STATUS $(jget .verdict)" "200 deployed" "a push is delivered, signed, and deploys"
DEPLOYMENT=$(jget .deploymentId)
is "$(stack_wait 90)" success "it succeeds"
try "the site is the new one" shows site two
try "PEER-15 GitHub hears success of the new commit" wait_for 30 told_last "$two" autostack/site success
like "$(told "$two" autostack/site)" '^pending success $' "PEER-15 after pending"
call GET "/api/deployments/$DEPLOYMENT"
is "$(jget .githubStatus)" delivered "PEER-15 the deployment says so"
event push "$push"
is "$(jget .verdict)" duplicate "WH-10 the same delivery again deploys nothing"

# ---- a pull request ----
stack_git -C "$STACK/trees/site" checkout -q -b topic
echo '<h1>topic</h1>' | stack_file site index.html
stack_git -C "$STACK/trees/site" commit -q -a -m topic
stack_git -C "$STACK/trees/site" push -q origin topic
topic=$(head_of)
pull() {
	event pull_request "$(gojq -nc --arg sha "$topic" --arg action "$1" --arg at "$(date -u +%FT%TZ)" '{action: $action, number: 3, repository: {full_name: "ada/site"},
		pull_request: {title: "Topic", updated_at: $at, user: {login: "ada"}, head: {ref: "topic", sha: $sha, repo: {full_name: "ada/site"}}}}')"
}
pull opened
is "$STATUS $(jget .verdict)" "200 deployed" "a pull request is deployed"
DEPLOYMENT=$(jget .deploymentId)
is "$(stack_wait 90)" success "as its preview"
try "which answers at an address of its own" wait_for 30 shows pr-3--site topic
try "beside the site" shows site two
try "PEER-15 GitHub hears of it in a context of its own" wait_for 30 told_last "$topic" autostack/site/preview success
is "$(told "$topic" autostack/site)" "" "PEER-15 and not as if it were the site"
pull closed
is "$STATUS $(jget .verdict)" "200 preview_closed" "it is closed"
# -k: the certificate may have lost the name by then
gone() { site pr-3--site / -k && [ "$STATUS" = 404 ]; }
try "and its preview is gone" wait_for 30 gone

# ---- roll back ----
call POST "/api/projects/$project/rollback" '{}'
is "$STATUS" 201 "it is rolled back"
DEPLOYMENT=$(jget .id)
is "$(stack_wait 60)" success "without a build"
try "the site is the first one again" shows site one
told_rollback() { [ "$(gojq -rs "map(select(.target_url | endswith(\"$DEPLOYMENT\"))) | last | [.sha, .state] | join(\" \")" "$GITHUB/statuses/ada,site")" = "$one success" ]; }
try "PEER-15 which GitHub hears of that commit" wait_for 30 told_rollback

# ---- disconnect ----
call DELETE /api/github/disconnect
is "$STATUS" 204 "the account is disconnected"
is "$(hook length)" 0 "the webhook is gone from GitHub"
is "$(find "$GITHUB" -name 'token.*' | wc -l)" 0 "the token is revoked"
call GET /api/github/connection
is "$(jget .connected)" false "nothing is connected"
call GET "/api/projects/$project/webhook"
is "$(jget '[.state, .hookId, .error] | tostring')" '["manual",null,null]' "the project says that its webhook is not registered"
try "the site stays" shows site one
count=$(wc -l <"$GITHUB/requests")
call POST "/api/deployments/$first/redeploy" '{}'
DEPLOYMENT=$(jget .id)
is "$(stack_wait 90)" failed "what is private cannot be cloned any more"
is "$(tail -n +$((count + 1)) "$GITHUB/requests" | gojq -r 'select(.path | test("/(statuses|hooks)")) | .path')" "" \
	"and GitHub is told nothing more"

leaks=$(svc grep -rlE 'gho_[A-Za-z0-9]{36}|canary-github-secret' "$AUTOSTACK_STATE/log" 2>/dev/null)
is "$leaks" "" "OA-11 LOG-2 no log has a token or secret"
done_testing
