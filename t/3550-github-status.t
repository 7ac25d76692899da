#!/bin/sh
# Commit statuses: what GitHub hears of deployments, in which order, and what
# becomes of that when it does not listen.
. "$(dirname "$0")/lib/tap.sh"
. "$abs_top_srcdir/t/lib/worker.sh"
AS_LOG=$TMP/log
. "$abs_top_srcdir/t/lib/oauth.sh"
. "$abs_top_srcdir/t/lib/ghcalls.sh"
pg_start
oauth_github_start
# shellcheck disable=SC2046 # a list of settings
worker_init $(oauth_settings) app_url=https://panel.example oauth_timeout=60000 hook_attempts=3 hook_senders=4
[ "$(id -u)" != 0 ] || chown "$worker_user:" "$TMP/github.secret"
gh_repo ada/shop '"push":true'
gh_connect
project shop "$GITHUB_URL/ada/shop.git"
worker_up

# ---- the way of a deployment ----
gh_deploy
gh_settled "$d"
gh_moves building
gh_settled "$d"
gh_moves deploying
gh_moves success
gh_settled "$d"
ok $? "PEER-15 the calls of a deployment come to an end" || diag "$(gh_calls "$d")"
is "$(gh_said | gojq -r .description | tr '\n' '|')" "Waiting to be built|Being built|Deployed in 1m 15s|" "PEER-15 GitHub hears of the way"
is "$(gh_said | gojq -r .state | tr '\n' ' ')" "pending pending success " "PEER-15 pending at first, then success"
is "$(gh_said | tail -n 1 | gojq -c '[.state, .context, .target_url, .description]')" \
	"[\"success\",\"autostack/shop\",\"https://panel.example/deployments/$d\",\"Deployed in 1m 15s\"]" \
	"PEER-15 with the page of the log, the site's name and a word"
is "$(gh_said | gojq -r .sha | sort -u)" "$sha" "PEER-15 of the very commit"
is "$(gh_asked statuses | gojq -r '.headers.authorization' | sort -u)" "Bearer $gh_token" "by the owner's token"
is "$(sql "SELECT DISTINCT status FROM github_calls WHERE deployment_id = '$d' AND event = 'success'")" delivered "the row says so"
gh_ends failed failure 'The deployment failed'
gh_ends cancelled error 'The deployment was cancelled'
unlike "$(cat "$GITHUB/statuses/ada,shop")" 'canary' "LOG-2 why it failed is for who may see it"
target=pr-12 gh_deploy
gh_moves building
gh_settled "$d"
is "$(gh_said | tail -n 1 | gojq -r .context)" autostack/shop/preview "a preview has a context of its own"

# ---- a fork's pull request, before there is a deployment ----
gh_pull() { # NUMBER FORK [COLUMN=VALUE]: what a webhook told, of $sha
	sql "INSERT INTO previews (project_id, number, title, author, branch, commit_hash, fork)
		SELECT id, $1, 't', 'eve', 'topic', '$sha', $2 FROM projects WHERE name = 'shop'
		ON CONFLICT (project_id, number) DO UPDATE SET commit_hash = EXCLUDED.commit_hash, fork = EXCLUDED.fork, closed_at = NULL"
}
gh_none_waits() { [ "$(sql "SELECT count(*) FROM github_calls WHERE status = 'waiting'")" = 0 ]; }
gh_waits() { sql "SELECT count(*) FROM github_calls WHERE event = 'waits'"; }
gh_closed() { sql "SELECT count(*) FROM github_calls WHERE event = 'closed'"; }
gh_moves cancelled
gh_settled "$d"
gh_quiet
sha=$(printf 'f%039d' 1)
gh_pull 20 true
try "GitHub has heard all" wait_for 20 gh_none_waits
is "$(gh_said | tail -n 1 | gojq -c '[.sha, .state, .context, .target_url, .description]')" \
	"[\"$sha\",\"pending\",\"autostack/shop/preview\",\"https://panel.example/projects/$(sql "SELECT id FROM projects WHERE name = 'shop'")\",\"Waits for approval\"]" \
	"PEER-15 what waits for approval says so, at the repository that it is to be merged into"
gh_pull 20 true
is "$(gh_waits)" 1 "once"
sha=$(printf 'f%039d' 2)
gh_pull 20 true
is "$(gh_waits)" 2 "for each commit"
sql "UPDATE previews SET closed_at = now() WHERE number = 20"
try "GitHub has heard all" wait_for 20 gh_none_waits
is "$(gh_said | tail -n 1 | gojq -c '[.sha, .state, .context, .target_url, .description]')" \
	"[\"$sha\",\"error\",\"autostack/shop/preview\",\"https://panel.example/projects/$(sql "SELECT id FROM projects WHERE name = 'shop'")\",\"Closed without an approval\"]" \
	"PEER-15 closed, it does not go on waiting"
sql "UPDATE previews SET closed_at = now() WHERE number = 20"
is "$(gh_waits) $(gh_closed)" "2 1" "which is said once"
gh_pull 20 true
is "$(gh_waits)" 3 "opened again it waits again"
try "GitHub has heard all" wait_for 20 gh_none_waits
sql "UPDATE previews SET approved_commit = commit_hash WHERE number = 20"
gh_pull 20 true
sha=$(printf 'f%039d' 3)
gh_pull 21 false
is "$(gh_waits)" 3 "what is approved or the repository's own does not wait"
sql "UPDATE previews SET closed_at = now()"
is "$(gh_closed)" 1 "nor is it closed without an approval"
sql "UPDATE previews SET closed_at = NULL"
sha=$(printf 'f%039d' 2)
d=$(cat /proc/sys/kernel/random/uuid)
sql "INSERT INTO deployments (id, project_id, user_id, repository, branch, target, commit_wanted, trusted, cancel_requested_at)
	SELECT '$d', id, user_id, repository, 'topic', 'pr-20', '$sha', false, now() FROM projects WHERE name = 'shop'"
gh_settled "$d"
is "$(gh_said | tail -n 1 | gojq -c '[.sha, .context, .description]')" "[\"$sha\",\"autostack/shop/preview\",\"Waiting to be built\"]" "approved, it goes on as any other"
gh_moves cancelled
sql "UPDATE projects SET repository = 'https://gitlab.example/ada/shop.git' WHERE name = 'shop'"
sha=$(printf 'f%039d' 4)
gh_pull 22 true
is "$(gh_waits)" 3 "a project elsewhere tells GitHub nothing"
sql "UPDATE projects SET repository = '$GITHUB_URL/ada/shop.git' WHERE name = 'shop'; DELETE FROM previews"

# ---- when the commit is not known at first ----
gh_quiet
sql "INSERT INTO deployments (project_id, user_id, repository, branch, cancel_requested_at) SELECT id, user_id, repository, 'main', now() FROM projects"
d=$(sql "SELECT id FROM deployments WHERE commit_wanted IS NULL")
is "$(gh_calls "$d")" "" "what nobody knows the commit of is not told"
gh_moves building
is "$(gh_calls "$d")" "" "nor while it is being looked for"
sha=$(printf 'c%039d' 7)
sql "UPDATE deployments SET commit_hash = '$sha' WHERE id = '$d'"
gh_settled "$d"
is "$(gh_said | tail -n 1 | gojq -r '.sha + " " + .state')" "$sha pending" "then it is"
gh_moves failed

# ---- who is told ----
gh_quiet
sql "INSERT INTO projects (user_id, name, site, repository) VALUES ('$ADA', 'lab', 'lab', 'https://gitlab.example/ada/shop.git'),
	('$ADA', 'odd', 'odd', '$GITHUB_URL/ada/shop/x.git'), ('$ADA', 'near', 'near', '${GITHUB_URL}9/ada/shop.git')"
for name in lab odd near; do
	gh_deploy $name
	is "$(gh_calls "$d")" "" "a repository elsewhere tells GitHub nothing: $name"
	gh_moves cancelled
done
sql "UPDATE github_connections SET user_id = '$BOB'"
gh_deploy
is "$(gh_calls "$d")" "" "SET-1 nobody speaks by another's account"
gh_moves cancelled
sql "UPDATE github_connections SET user_id = '$ADA'"

# ---- order ----
worker_down
gh_deploy
gh_moves building
gh_moves deploying
gh_moves failed
first=$d
count=$(gh_count)
worker_up
gh_settled "$d"
is "$(gh_calls "$d")" "queued dropped 0|building dropped 0|failed delivered 1" "of what waits the newest goes out, the others are dropped"
is "$(($(gh_count) - count))" 1 "GitHub is asked once"
# the same commit again: an old failure may not hide it
worker_down
gh_n=$((gh_n - 1))
gh_deploy
second=$d
gh_moves building
sql "UPDATE github_calls SET status = 'waiting', ended_at = NULL, next_at = now() WHERE deployment_id = '$first' AND event = 'failed'"
worker_up
gh_settled "$second"
is "$(gh_said | tail -n 1 | gojq -r .state)" pending "an older deployment of the commit says nothing after a newer one"
is "$(gh_calls "$first")" "queued dropped 0|building dropped 0|failed dropped 1" "its row says why"
gh_moves failed
gh_settled "$second"
# one on its way: the newer waits for it
gh_odd 'pause'
rm -f "$GITHUB/go"
gh_deploy
wait_for 20 gh_leased "$d"
ok $? "one is on its way"
gh_moves building
gh_moves failed
sql "NOTIFY autostack, 'hook:x'"
wait_for 20 gh_dropped "$d"
is "$(gh_calls "$d")" "queued waiting 1|building dropped 0|failed waiting 0" "the newest of its lane waits for it"
touch "$GITHUB/go"
gh_odd
gh_settled "$d"
is "$(gh_said | tail -n 2 | gojq -r .state | tr '\n' ' ')" "pending failure " "and comes after it"
# given way to one of the same commit
gh_deploy
old=$d
new=$(cat /proc/sys/kernel/random/uuid)
sql "INSERT INTO deployments (id, project_id, user_id, repository, branch, commit_wanted, cancel_requested_at)
	SELECT '$new', project_id, user_id, repository, branch, commit_wanted, now() FROM deployments WHERE id = '$old';
	UPDATE deployments SET status = 'superseded', superseded_by = '$new', completed_at = now() WHERE id = '$old'"
d=$new
gh_settled "$new"
is "$(gh_said | tail -n 1 | gojq -r .state)" pending "what gives way to one of its commit does not say so"
gh_moves cancelled
gh_quiet

# ---- GitHub does not listen ----
gh_answer '502 Bad Gateway' '<html>octo'
gh_deploy
wait_for 20 gh_put_off "$d" 1
is "$(gh_row "$d" "status, response_code, error")" "waiting|502|GitHub did not answer as it should" "WH-11 a failure waits"
is "$(gh_row "$d" "next_at BETWEEN now() + interval '10 seconds' AND now() + interval '35 seconds'")" t "WH-11 for about twenty seconds"
gh_due
wait_for 20 gh_put_off "$d" 2
gh_odd
gh_due
gh_settled "$d"
is "$(gh_row "$d" "status, attempts, error IS NULL")" "delivered|3|t" "and goes out in the end"
gh_answer '500 Oops' '{}'
gh_moves building
for n in 1 2; do
	wait_for 20 gh_put_off "$d" $n
	gh_due
done
gh_settled "$d"
is "$(gh_row "$d" "status, attempts")" "failed|3" "WH-11 it is given up after hook_attempts"
gh_odd
gh_moves failed
gh_settled "$d"
gh_ends failed failure 'The deployment failed'
worker_down
cp -p "$CONF" "$TMP/impatient.conf"
sed 's/^oauth_timeout=.*/oauth_timeout=2000/' "$CONF" >"$TMP/impatient.conf"
worker_up "$TMP/impatient.conf"
for how in slow drip big headers; do
	gh_odd $how
	gh_deploy
	start=$(date +%s)
	wait_for 20 gh_put_off "$d" 1
	is "$(gh_row "$d" error)" "GitHub did not answer as it should" "IN-9 an answer that is $how is a failure"
	[ $(($(date +%s) - start)) -lt 10 ]
	ok $? "IN-9 in time"
	gh_odd
	gh_moves cancelled
	gh_due
	gh_settled "$d"
done
worker_down
worker_up
for status in '301 Moved Permanently' '307 Temporary Redirect'; do
	gh_answer "$status" '{"message":"Moved Permanently","url":"http://127.0.0.1:1/evil"}'
	gh_deploy
	gh_settled "$d"
	like "$(gh_row "$d" "status, error")" '^failed\|The repository has moved' "WH-5 ${status%% *} is not followed, and says what to do"
	gh_odd
	gh_moves cancelled
	gh_settled "$d"
done

# ---- limits ----
gh_limited() { # STATUS HEADERS BODY SECONDS
	gh_answer "$1" "$3" "$2"
	gh_deploy
	wait_for 20 gh_put_off "$d" 1
	is "$(gh_row "$d" "status, error")" "waiting|GitHub takes no more requests of your account for a while" "limited: $1 ${2%%:*}"
	is "$(sql "SELECT abs(extract(epoch FROM limited_until - now()) - $4) < 30 FROM github_connections")" t "for as long as it says: $4 s" ||
		diag "$(sql "SELECT limited_until - now() FROM github_connections")"
	count=$(gh_count)
	gh_moves building
	sql "UPDATE github_calls SET next_at = now() WHERE status = 'waiting'; NOTIFY autostack, 'hook:x'"
	wait_for 20 gh_dropped "$d"
	is "$(gh_count)" "$count" "nothing more is asked until then"
	gh_odd
	sql "UPDATE github_connections SET limited_until = now()"
	gh_due
	gh_settled "$d"
	is "$(gh_said | tail -n 1 | gojq -r .state)" pending "then it goes out"
	gh_moves cancelled
	gh_settled "$d"
}
gh_limited '429 Too Many Requests' 'Retry-After: 240' '{"message":"You have exceeded a secondary rate limit"}' 240
gh_limited '403 Forbidden' "X-RateLimit-Remaining: 0
X-RateLimit-Reset: $(($(date +%s) + 900))" '{"message":"octo"}' 900
gh_limited '403 Forbidden' 'Retry-After: 99999999' '{}' 3600
gh_limited '403 Forbidden' 'X-RateLimit-Reset: nonsense' '{"message":"API rate limit exceeded for user ID 42."}' 60

# ---- for good ----
gh_final() { # WORDS
	gh_deploy
	gh_settled "$d"
	is "$(gh_row "$d" "status, attempts, error")" "failed|1|$1" "$1"
}
gh_repo ada/shop '"push":true,"commits":[]'
gh_final 'GitHub knows no such commit in the repository'
gh_moves cancelled
gh_repo ada/shop '"push":false'
gh_final 'GitHub has no such repository for the connected account, or lets it set no statuses there'
rm "$GITHUB/repos/ada,shop.json"
gh_moves cancelled
gh_settled "$d"
is "$(gh_row "$d" response_code)" 404 "nor where there is none"
gh_repo ada/shop '"push":true'
gh_quiet
rm "$GITHUB/token.$gh_token"
gh_final 'GitHub does not accept the connection any more; connect again'
is "$(sql "SELECT refused_at IS NOT NULL FROM github_connections")" t "a token that was revoked is shown as such"
count=$(gh_count)
gh_moves cancelled
gh_settled "$d"
is "$(gh_row "$d" "status") $(gh_count)" "failed $count" "and not shown to GitHub any more"
gh_connect
sql "UPDATE github_connections SET token_sealed = 'v1.' || repeat('A', 80)"
gh_deploy
gh_settled "$d"
like "$(gh_row "$d" "status, error")" '^failed\|.*cannot be read any more' "OA-12 a token that does not open is none"
gh_moves cancelled
gh_connect
sql "UPDATE github_connections SET token_sealed = '$(printf %s "$gh_token" | "$abs_top_builddir/t/helper/seal" "$TMP/secret" "github:$BOB:token")'"
gh_deploy
gh_settled "$d"
like "$(gh_row "$d" "status, error")" '^failed\|.*cannot be read any more' "OA-12 nor is one of another row"
gh_moves cancelled
gh_connect
worker_down
gh_deploy
sql "UPDATE github_connections SET base_url = 'https://github.example'"
worker_up
gh_settled "$d"
is "$(gh_row "$d" error)" "The account is connected at another GitHub; connect again" "a token is for its own server only"
gh_moves cancelled
gh_connect
worker_down
gh_deploy
sql "DELETE FROM github_connections"
worker_up
gh_settled "$d"
is "$(gh_row "$d" error)" "No account at GitHub is connected any more" "one that is disconnected says nothing more"
gh_moves cancelled
gh_connect

# ---- a sender that dies ----
if developer_only "SB-13 a sender that dies is followed by another"; then
	for step in github-claimed github-told; do
		gh_quiet
		: >"$CRASH/$step.job"
		[ "$(id -u)" != 0 ] || chown "$worker_user:" "$CRASH/$step.job"
		count=$(gh_count)
		gh_deploy
		lost() { [ ! -e "$CRASH/$step.job" ]; }
		wait_for 20 lost
		is "$(gh_row "$d" "status, attempts, lease_until > now()")" "waiting|1|t" "SB-13 $step: a sender that dies leaves it to nobody for a while"
		has_hooks() { [ "$(worker_hooks | wc -l)" = 4 ]; }
		wait_for 10 has_hooks
		gh_due
		gh_settled "$d"
		is "$(gh_row "$d" "status, attempts")" "delivered|2" "SB-13 $step: then it is told"
		[ $step = github-claimed ] && want=1 || want=2
		is "$(($(gh_count) - count))" $want "SB-13 $step: GitHub has heard it so often: $want"
		gh_moves cancelled
		gh_settled "$d"
	done
fi
worker_down
gh_deploy
sql "UPDATE github_calls SET attempts = 3 WHERE deployment_id = '$d'"
worker_up
gh_settled "$d"
is "$(gh_row "$d" error)" "the worker was lost too often" "SB-13 one that kills its senders is given up"
gh_moves cancelled
gh_settled "$d"

# ---- many, by two workers ----
worker_down
n=0
gh_repo ada/shop '"push":true'
while [ $n -lt 20 ]; do
	gh_deploy
	n=$((n + 1))
done
count=$(gh_count)
mkdir "$TMP/second"
sed "s|^state_dir=.*|state_dir=$TMP/second|; s|^worker_name=.*|worker_name=second|; s|^slot_base=.*|slot_base=$((SLOT_BASE + 4))|" \
	"$CONF" >"$TMP/second.conf"
[ "$(id -u)" != 0 ] || chown "$worker_user:" "$TMP/second" "$TMP/second.conf"
sql "UPDATE deployments SET status = 'cancelled', completed_at = now() WHERE status = 'queued'"
worker_up
first=$worker_pid
worker_up "$TMP/second.conf"
none_waits() { [ "$(sql "SELECT count(*) FROM github_calls WHERE status = 'waiting'")" = 0 ]; }
try "two workers tell all" wait_for 60 none_waits
is "$(($(gh_count) - count))" 20 "each once"
kill -TERM "$first"
wait "$first" 2>/dev/null
worker_down

like "$(grep '"event":"github.sent"\|event=github.sent' "$WORKER_LOG" | head -n 1)" 'ada/shop' "the log names the repository"
unlike "$(cat "$WORKER_LOG")" 'gho_|canary|ada@example|AddressSanitizer|runtime error' "OA-11 LOG-2 no token, secret or person is in it"
done_testing
