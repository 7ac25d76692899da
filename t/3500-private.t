#!/bin/sh
# Private repositories: the clone proves itself by the project's deploy token
# or by the account at GitHub, to that server alone, and nothing of it is left
# for anybody to find (GIT-5).
. "$(dirname "$0")/lib/tap.sh"
. "$abs_top_srcdir/t/lib/worker.sh"
# GitHub is 127.0.0.1 here, and localhost is somebody else
worker_init build_slots=2 github_url=http://127.0.0.1:1
PORT=$(cat "$TMP/git.port")
sed -i "s|^github_url=.*|github_url=http://127.0.0.1:$PORT|" "$CONF"
HERE=http://127.0.0.1:$PORT/auth
ELSEWHERE=http://localhost:$PORT/auth
mkdir "$TMP/secret-site"
echo private >"$TMP/secret-site/index.html"
repo secret-site
cp -r "$GITROOT/secret-site.git" "$GITROOT/ada.git"
worker_up

token=gho_CanaryCanaryCanaryCanaryCanaryCanary
sealed() { printf %s "$1" | "$abs_top_builddir/t/helper/seal" "$TMP/secret" "$2"; }
ada=00000000-0000-4000-8000-00000000000a
connect() { # TOKEN
	sql "INSERT INTO github_connections (user_id, github_id, login, token_sealed)
		VALUES ('$ada', '1', 'ada', '$(sealed "$1" "github:$ada:token")')
		ON CONFLICT (user_id) DO UPDATE SET token_sealed = EXCLUDED.token_sealed"
}
deploy_token() { # NAME ORIGIN TOKEN
	dt_id=$(sql "SELECT id FROM projects WHERE name = '$1'")
	sql "UPDATE projects SET deploy_token_origin = '$2',
		deploy_token_sealed = '$(sealed "$3" "project:$dt_id:deploy_token")' WHERE id = '$dt_id'"
}
asked() { sed -n "s|^[A-Z]* /auth/\(.*\)|\1|p" "$GITROOT/requests"; }
forget() { : >"$GITROOT/requests"; }
# Words by which a build looks for the token, without holding it.
look='a=gho_Canary; t=${a}CanaryCanaryCanaryCanaryCanary
	echo "$t" | timeout 30 grep -rlF -f - /build /cache /tmp .git /proc/[0-9]*/environ /proc/[0-9]*/cmdline 2>/dev/null | sed "s/^/FO""UND /"
	ls -l /proc/[0-9]*/fd 2>/dev/null | grep memfd | sed "s/^/FO""UND /"
	env | grep -F "$t" | sed "s/^/FO""UND /"; echo "loo""ked"; true'

# ---- without, and with, a connection ----
echo "x-access-token:$token" >"$GITROOT/auth"
builds "$HERE/secret-site.git" none
is "$status" failed "without a connection a private repository is not cloned"
like "$error" 'asked for credentials: it is private or does not exist' "and its owner hears why"
connect "$token"
builds "$HERE/secret-site.git" mine "build_command=$look"
is "$status" success "GIT-5 with a connection it is cloned" || diag "$error $(the_log "$id")"
is "$(deployed mine index.html)" private "and deployed"
like "$(asked)" credentials "GIT-5 the server was shown the token"
like "$(the_log "$id")" looked "GIT-5 the build has looked for it"
unlike "$(the_log "$id")" FOUND "GIT-5 in its files, its environment, every process and descriptor, and not found it"
like "$(the_log "$id")" 'by the connected account at GitHub' "the log says what was shown"
mine=$id

# ---- while git has it ----
touch "$GITROOT/hold"
project held "$HERE/secret-site.git"
deploy held
try "a clone is held by the server" wait_for 30 test -e "$GITROOT/held"
printf %s "$token" >"$TMP/pattern"
is "$(cat /proc/[0-9]*/cmdline 2>/dev/null | grep -acF -f "$TMP/pattern")" 0 "GIT-5 no process has it in its arguments"
is "$(cat /proc/[0-9]*/environ 2>/dev/null | grep -acF -f "$TMP/pattern")" 0 "GIT-5 nor in its environment"
is "$(grep -rlF "$token" "$STATE" "$WORKER_LOG" 2>/dev/null | head -3)" "" "GIT-5 nor is it in any file"
rm "$GITROOT/hold"
is "$(final "$id")" success "it goes on" || diag "$(field "$id" error)"

# ---- other servers ----
forget
builds "$ELSEWHERE/secret-site.git" elsewhere
is "$status" failed "GIT-5 another server that asks for credentials"
unlike "$(asked)" credentials "GIT-5 is not shown the token"
forget
builds "${GIT%/git}/moved/secret-site.git" moved
is "$status" failed "GIT-5 a redirect"
unlike "$(cat "$GITROOT/requests")" credentials "GIT-5 takes no token along"
forget
builds "$GIT/secret-site.git" public
is "$status" success "a public repository of the same server is cloned"
unlike "$(cat "$GITROOT/requests")" credentials "GIT-5 and is not shown the token, since it does not ask"
sql "UPDATE github_connections SET token_sealed = '$(sealed "$token" "github:$ada:other")'"
builds "$HERE/secret-site.git" bent
is "$status" failed "OA-12 a token that does not open is a clean failure"
unlike "$error" 'gho_|seal|github:' "OA-12 that says nothing of it"
connect gho_WrongWrongWrong
builds "$HERE/secret-site.git" wrong
like "$error" 'does not exist, or the connected account at GitHub may not read it$' "a token that may not read is told apart"
sql "DELETE FROM github_connections"

# ---- deploy tokens ----
echo "bot:$token" >"$GITROOT/auth"
project token "$ELSEWHERE/ada.git" "build_command=$look"
deploy_token token "http://localhost:$PORT" "bot:$token"
deploy token
is "$(final "$id")" success "GIT-5 a deploy token clones from its server, with its user" || diag "$(field "$id" error)"
unlike "$(the_log "$id")" FOUND "GIT-5 the build does not find it"
like "$(the_log "$id")" looked "GIT-5 though it looks"
forget
sql "UPDATE projects SET repository = '$HERE/ada.git' WHERE name = 'token'"
deploy token
is "$(final "$id")" failed "GIT-5 a project that moves to another server"
unlike "$(asked)" credentials "GIT-5 does not take its deploy token along"
sql "UPDATE projects SET repository = '$ELSEWHERE/ada.git' WHERE name = 'token'"
deploy_token token "http://localhost:$PORT" "bot:wrong"
deploy token
is "$(final "$id")" failed "a wrong deploy token"
like "$(field "$id" error)" "or the project's deploy token may not read it" "is told"
# a commit that no branch points to is asked for twice
old=$(git -C "$GITROOT/ada.git" rev-parse HEAD)
deploy_token token "http://localhost:$PORT" "bot:$token"
deploy token "commit_wanted=$old"
is "$(final "$id")" success "a certain commit is cloned with it as well"
deploy token "commit_wanted=0123456789012345678901234567890123456789"
is "$(final "$id")" failed "one that is not there is looked for twice"
like "$(field "$id" error)" 'does not exist in' "with the token both times"

is "$(grep -c "$token" "$WORKER_LOG")" 0 "OA-11 the worker's log has not seen a token"
unlike "$(the_log "$mine")" "$token" "GIT-5 nor has a deployment's"
done_testing
