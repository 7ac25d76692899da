#!/bin/sh
# _redirects, _headers and `spa` through a deployment: what the log says, what
# fails it, and what stays live.
. "$(dirname "$0")/lib/tap.sh"
. "$abs_top_srcdir/t/lib/worker.sh"
worker_init
worker_up

mkdir -p "$TMP/app"
echo app >"$TMP/app/index.html"
echo js >"$TMP/app/main.js"
repo app
builds "$GIT/app.git" app output_dir=.
is "$status" success "an application without rules of its own" || diag "$error"
like "$(the_log "$id")" 'Single-page application \(spa is auto\)' "the log says what it is taken for"
like "$(deployed app .rules)" '/index.html' "its release has the rule"
release=$(readlink "$STATE/sites/app/current")
is "$(cd "$STATE/sites/app/$release" && find . -type f ! -perm 644)" "" "PUB-3 with the mode of all files"

sql "UPDATE projects SET spa = 'off' WHERE name = 'app'"
deploy app
is "$(final "$id")" success "spa off"
unlike "$(the_log "$id")" 'Single-page' "is said by saying nothing"
[ ! -e "$STATE/sites/app/current/.rules" ]
ok $? "and makes no rule"
sql "UPDATE projects SET spa = 'on' WHERE name = 'app'"
deploy app
is "$(final "$id")" success "spa on"
like "$(the_log "$id")" 'Single-page application \(spa is on\)' "is said"
deploy app spa=off
is "$(final "$id")" success "a deployment from before that"
unlike "$(the_log "$id")" 'Single-page' "is what it was asked for as"

printf '/a /b\n/c/* /d/:splat 302\n' >"$TMP/app/_redirects"
printf '/*\n  X-Frame-Options: DENY\n' >"$TMP/app/_headers"
repo app rules
deploy app
is "$(final "$id")" success "with both files"
log=$(the_log "$id")
like "$log" '_redirects: 2 rules' "the log counts redirects"
like "$log" '_headers: headers for 1 paths' "and paths with headers"
is "$(cd "$STATE/sites/app/current/" && find . -type f | sort | tr '\n' ' ')" \
	'./.rules ./.rules-first ./index.html ./main.js ' "the files themselves are not published"
live=$(readlink "$STATE/sites/app/current")

{
	echo '# first'
	i=2
	while [ $i -lt 12 ]; do
		echo "/p$i /q$i"
		i=$((i + 1))
	done
	printf '/x /y 999 \n'
} >"$TMP/app/_redirects"
repo app "a bad line"
deploy app
is "$(final "$id")" failed "a bad line fails the deployment"
like "$(field "$id" error)" '^_redirects line 12: the status must be' "with file and line"
like "$(the_log "$id")" 'Deployment failed: _redirects line 12' "in the log too"
is "$(readlink "$STATE/sites/app/current")" "$live" "PUB-4 what was live stays live"

printf '/*\n  Set-Cookie: \033[31mcanary\n' >"$TMP/app/_headers"
rm "$TMP/app/_redirects"
repo app hostile
deploy app
is "$(final "$id")" failed "control characters fail it"
is "$(field "$id" error)" '_headers line 2: control characters are not allowed' "PUB-6 and are not repeated"
rm "$TMP/app/_headers" "$TMP/app/index.html"
echo page >"$TMP/app/page.html"
repo app "no index"
deploy app
is "$(final "$id")" failed "spa on without an index.html fails"
like "$(field "$id" error)" "no index.html" "and says why"
is "$(readlink "$STATE/sites/app/current")" "$live" "PUB-4 what was live is still there"
worker_down
done_testing
