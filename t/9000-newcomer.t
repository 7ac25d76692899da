#!/bin/sh
# What a newcomer meets: quickstart deploys the sample site from a real git
# repository with a real generator from npm; a changed commit replaces it under
# load; a second run reuses all of it; stopping leaves nothing.
. "$(dirname "$0")/lib/tap.sh"
. "$abs_top_srcdir/t/lib/stack.sh"

STACK_FLAGS=
AS_PG=
stack_start
out=$(cat "$TMP/quickstart.out")
like "$out" "Panel +$AUTOSTACK_URL" "quickstart prints the panel's URL"
SAMPLE=$(sed -n 's/^ *Sample  *\(https:[^ ]*\)$/\1/p' "$TMP/quickstart.out")
like "$SAMPLE" '^https://sample.*localhost:[0-9]+$' "and the sample site's"
like "$out" 'test@example.com / testpass123' "and the demo login"
for name in URL CA DB STATE CONF SITES MAIL; do
	eval "value=\$AUTOSTACK_$name"
	isnt "$value" "" "DIR/env sets AUTOSTACK_$name"
done
ok "$(test -d "$AUTOSTACK_MAIL"; echo $?)" "the mail directory exists"
is "$(psql -AtX "$AUTOSTACK_DB" -c 'SELECT current_user')" autostack_owner \
	"AUTOSTACK_DB connects as the owner"

fetch_url "$SAMPLE/"
is "$STATUS" 200 "the sample site answers over TLS, checked against AUTOSTACK_CA"
like "$(cat "$BODY")" '<h1>Hello from Autostack</h1>' "Eleventy made it"
fetch_url "$SAMPLE/about/"
is "$STATUS" 200 "with a second page"

call POST /api/auth/login '{"email":"test@example.com","password":"testpass123"}'
is "$STATUS" 200 "the demo login works"
TOKEN=$(jget .accessToken)
call GET /api/deployments?limit=100
before=$(jget .pagination.totalItems)
call GET '/api/deployments?status=success&limit=1'
DEPLOYMENT=$(jget '.deployments[0].id')
call GET "/api/deployments/$DEPLOYMENT"
like "$(jget .repository)" . "the deployment names its repository"
call GET "/api/deployments/$DEPLOYMENT/logs?limit=100" '' -H 'Accept: text/plain'
like "$(cat "$BODY")" 'Writing ./_site/index.html' "its log holds the generator's own lines"

# --- a changed commit, while the site is read ---
GIT_SSL_CAINFO=$AUTOSTACK_CA
export GIT_SSL_CAINFO
try "the sample repository clones over https" \
	git clone -q "$(stack_url sample)" "$TMP/clone"
sed -i 's/^# Hello.*/# Second edition/' "$TMP/clone/src/index.md"
try "and takes a push" git -C "$TMP/clone" -c user.name=A -c user.email=a@example.org \
	-c core.hooksPath=/dev/null push -q origin \
	"$(git -C "$TMP/clone" -c user.name=A -c user.email=a@example.org commit-tree \
		-p HEAD -m 'Second edition' "$(git -C "$TMP/clone" add -A &&
			git -C "$TMP/clone" write-tree)"):refs/heads/main"
reader() { # one connection, until told to stop
	while [ ! -e "$TMP/stop" ]; do
		curl -sS --noproxy '*' --cacert "$AUTOSTACK_CA" -o "$TMP/body.$1" \
			-w '%{http_code}\n' "$SAMPLE/?[1-100]" >>"$TMP/codes.$1" 2>>"$TMP/errors.$1"
		grep -o '<h1>[^<]*' "$TMP/body.$1" >>"$TMP/titles.$1"
	done
}
for n in 1 2 3; do reader $n & done
call POST /api/deployments "{\"repository\":\"$(stack_url sample)\",\"branch\":\"main\",
	\"buildCommand\":\"npm run build\",\"outputDir\":\"_site\"}"
is "$STATUS" 201 "the changed commit is deployed"
DEPLOYMENT=$(jget .id)
is "$(stack_wait 240)" success "and succeeds"
fetch_url "$SAMPLE/"
like "$(cat "$BODY")" '<h1>Second edition</h1>' "the site has its content"
sleep 1
touch "$TMP/stop"
wait
isnt "$(cat "$TMP"/codes.* | wc -l)" 0 "the site was read all the time"
is "$(sort -u "$TMP"/codes.*)" 200 "PUB-4 PEER-6 no request failed"
is "$(cat "$TMP"/errors.*)" "" "PUB-4 and no connection broke"
is "$(sort -u "$TMP"/titles.*)" "<h1>Hello from Autostack
<h1>Second edition" "PUB-4 readers saw the old page, then the new one, nothing else"

# --- a second run ---
pids=$(cat "$AUTOSTACK_STATE"/run/*.pid | sort)
begin=$(date +%s)
# shellcheck disable=SC2086
try "a second run succeeds" stack_quickstart --detach $stack_sets
ok "$(($(date +%s) - begin > 60))" "without building or deploying again"
is "$(cat "$AUTOSTACK_STATE"/run/*.pid | sort)" "$pids" "and keeps what runs"
call GET /api/deployments?limit=100
is "$(jget .pagination.totalItems)" "$((before + 1))" "and deploys nothing again"

# --- stop, and up again ---
try "--stop succeeds" stack_quickstart --stop
ours() { # processes that have anything of this state
	for proc in /proc/[0-9]*; do
		case "$(readlink "$proc/exe") $(tr '\0' ' ' <"$proc/cmdline")" in
		*"stack_ours"*) ;;
		*"$AUTOSTACK_STATE"*) echo "${proc#/proc/}" ;;
		esac
	done 2>/dev/null
}
is "$(ours)" "" "nothing of the state runs any more"
is "$(ss -Hltn "sport = :$STACK_HTTPS or sport = :$STACK_HTTP")" "" "both ports are free"
# shellcheck disable=SC2086
try "it comes up again" stack_quickstart --detach $stack_sets
fetch_url "$SAMPLE/"
like "$(cat "$BODY")" '<h1>Second edition</h1>' "with the site as it was"
done_testing
