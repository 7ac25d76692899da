#!/bin/sh
# Pull requests through the whole stack: a git host's webhooks make previews at
# addresses of their own, a fork's waits for approval and gets no variables,
# and what is closed is gone.
. "$(dirname "$0")/lib/tap.sh"
. "$abs_top_srcdir/t/lib/stack.sh"

stack_start
stack_user ada
stack_repo shop
echo main | stack_file shop page
stack_commit shop main
# the build writes what it was given
# shellcheck disable=SC2016 # the build's shell expands
build='mkdir dist && echo "$(cat page) ${OF_PRODUCTION:-none} ${OF_PREVIEWS:-none}" >dist/index.html'
call POST /api/projects "$(gojq -n --arg url "$(stack_url shop)" --arg build "$build" '{name: "shop", repository: $url,
	installCommand: "", buildCommand: $build, outputDir: "dist", envVars: "OF_PRODUCTION=p1", previewEnvVars: "OF_PREVIEWS=p2"}')"
is "$STATUS" 201 "a project" || diag "$(cat "$BODY")"
project=$(jget .id)
call POST "/api/projects/$project/webhook-secret" '{}'
is "$STATUS" 201 "with a webhook"
secret=$(jget .secret)
webhook=$(jget .url)
is "${webhook%%\?*}" "$AUTOSTACK_URL/api/github/webhook" "at the panel's address"

deliveries=0
deliver() { # EVENT JSON: as the git host does, which knows no login
	deliveries=$((deliveries + 1))
	printf %s "$2" >"$TMP/delivery"
	fetch_url "$webhook" -X POST -H 'Content-Type: application/json' -H "X-GitHub-Event: $1" -H "X-GitHub-Delivery: d-$deliveries" \
		-H "X-Hub-Signature-256: sha256=$(openssl dgst -sha256 -hmac "$secret" -r "$TMP/delivery" | cut -d' ' -f1)" \
		--data-binary "@$TMP/delivery"
	DEPLOYMENT=$(jget '.deploymentId // empty')
}
commit() { # PAGE REF: a commit that the git server has there; sets SHA
	echo "$1" | stack_file shop page
	stack_git -C "$STACK/trees/shop" commit -qam "$1" && stack_git -C "$STACK/trees/shop" push -q origin "HEAD:$2"
	SHA=$(stack_git -C "$STACK/trees/shop" rev-parse HEAD)
}
pull() { # ACTION NUMBER REPOSITORY
	deliver pull_request "{\"action\":\"$1\",\"number\":$2,\"repository\":{\"full_name\":\"git/shop\"},\"pull_request\":{\"title\":\"Pull $2\",
		\"updated_at\":\"2026-01-20T10:00:$(printf %02d $deliveries)Z\",\"user\":{\"login\":\"eve\"},\"head\":{\"ref\":\"topic\",\"sha\":\"$SHA\",\"repo\":{\"full_name\":\"$3\"}}}}"
}
shows() { # SITE: what it answers, once it has its certificate
	sh_site=$1
	sh_ok() { site "$sh_site" / && [ -s "$HEADERS" ]; }
	wait_for 20 sh_ok
	echo "$STATUS $(cat "$BODY")"
}

# ---- a push is production ----
commit pushed refs/heads/main
deliver push "{\"ref\":\"refs/heads/main\",\"after\":\"$SHA\",\"repository\":{\"full_name\":\"git/shop\"},\"head_commit\":{\"message\":\"pushed\"}}"
is "$STATUS $(jget .verdict)" "200 deployed" "a push by webhook deploys" || diag "$(cat "$BODY")"
is "$(stack_wait 60)" success "its build"
is "$(shows shop)" "200 pushed p1 none" "is live, with production's variables"

# ---- a branch of one's own ----
commit topic refs/heads/topic
pull opened 7 git/shop
is "$(jget .verdict)" deployed "a pull request is deployed" || diag "$(cat "$BODY")"
is "$(stack_wait 60)" success "its build"
jget .url >url
is "$(cat url)" "$(printf "$AUTOSTACK_SITES" pr-7--shop)" "it has an address of its own"
is "$(shows pr-7--shop)" "200 topic none p2" "that answers, with the variables of previews alone"
like "$(field x-robots-tag)" noindex "which search engines leave alone"
is "$(shows shop)" "200 pushed p1 none" "production is what it was"
commit newer refs/heads/topic
pull synchronize 7 git/shop
is "$(stack_wait 60)" success "its next commit"
is "$(shows pr-7--shop)" "200 newer none p2" "takes its address"

# ---- a stranger's ----
commit stranger refs/pull/8/head
pull opened 8 eve/shop
is "$(jget .verdict) $DEPLOYMENT" "waits_for_approval " "PEER-10 a fork's waits"
call GET "/api/projects/$project/previews"
is "$(jget '.previews[] | select(.number == 8) | .state + " " + (.url // "none")')" "waiting none" "its owner sees it"
fork=$(jget '.previews[] | select(.number == 8) | .id')
is "$(find "$AUTOSTACK_STATE/sites" -name '*pr-8*')" "" "nothing of it is on disk"
approve() { call POST "/api/projects/$project/previews/$fork/approve" "{\"commit\":\"$1\"}"; }
seen=$(jget '.previews[] | select(.number == 8) | .commit')
is "$seen" "$SHA" "which commit that would be"
commit pushed-meanwhile refs/pull/8/head
pull synchronize 8 eve/shop
approve "$seen"
is "$STATUS $(jget .error.code)" "409 PREVIEW_CHANGED" "PEER-10 what was pushed since is not what was approved"
approve "$SHA"
is "$STATUS" 201 "it is approved"
DEPLOYMENT=$(jget .id)
is "$(stack_wait 60)" success "and built" || diag "$(jget .error)"
is "$(shows pr-8--shop)" "200 pushed-meanwhile none none" "SB-11 PEER-10 without any variable"
commit changed refs/pull/8/head
pull synchronize 8 eve/shop
is "$(jget .verdict)" waits_for_approval "PEER-10 its next commit waits again"
is "$(shows pr-8--shop)" "200 pushed-meanwhile none none" "and what was approved stays"

# ---- the end ----
pull closed 7 git/shop
is "$(jget .verdict)" preview_closed "it is closed"
pull closed 8 eve/shop
is "$(jget .verdict)" preview_closed "as is the other"
gone() { [ -z "$(find "$AUTOSTACK_STATE/sites" -name 'pr-*')" ]; }
try "their addresses are gone from disk" wait_for 20 gone
site pr-7--shop / -k
is "$STATUS" 404 "and answer no more"
is "$(shows shop)" "200 pushed p1 none" "production stays"
call GET '/api/webhook-deliveries?limit=100'
is "$(jget '[.webhookDeliveries[].verdict] | group_by(.) | map("\(length) \(.[0])") | join(", ")')" \
	"3 deployed, 2 preview_closed, 3 waits_for_approval" "the owner has read of all that came"
done_testing
