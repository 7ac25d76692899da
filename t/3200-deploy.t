#!/bin/sh
# A deployment from the queue to the live site: static repositories and ones
# with a build command. Failures: 3210. npm: 3220.
. "$(dirname "$0")/lib/tap.sh"
. "$abs_top_srcdir/t/lib/worker.sh"
worker_init
mkdir -p "$TMP/static/css" "$TMP/built/sub"
echo '<h1>one</h1>' >"$TMP/static/index.html"
seq 1000 >"$TMP/static/css/a.css"
repo static "first: ünï"
worker_up

builds "$GIT/static.git" hello
is "$status" success "a static repository is deployed" || diag "$error $(the_log "$id") $(cat "$WORKER_LOG")"
is "$(deployed hello index.html)" '<h1>one</h1>' "its file is live"
is "$(gzip -dc "$STATE/sites/hello/current/css/a.css.gz" | tail -1)" 1000 \
	"a compressed file lies beside"
is "$(field "$id" url)" https://hello.test "url is the site's"
is "$(field "$id" commit_hash)" "$(git -C "$GITROOT/static.git" rev-parse main)" \
	"the commit is recorded"
is "$(field "$id" "commit_message || '/' || author")" 'first: ünï/Ada Author' \
	"and its message and author"
is "$(sql "SELECT updated_at = created_at FROM projects WHERE name = 'hello'")" t \
	"updatedAt is of the settings: going live does not move it"
is "$(sql "SELECT live_deployment_id FROM projects WHERE name = 'hello'")" "$id" \
	"the project knows what is live"
is "$(field "$id" "lease_owner IS NULL AND lease_until IS NULL AND attempt = 1
	AND deploying_at >= started_at AND completed_at >= deploying_at")" t \
	"the row is complete"
log=$(the_log "$id")
like "$log" '^\[00:0[0-9]\] Starting deployment\.\.\.$' "the log begins"
like "$log" '^\[00:[0-9]*\] Cloning repository http' "the log tells of the clone"
like "$log" '^\[00:[0-9]*\] Deployment successful! https://hello\.test$' "the log ends"
is "$(field "$id" "log_seq = (SELECT max(seq) FROM deployment_logs l WHERE l.deployment_id = deployments.id)
	AND log_seq = (SELECT count(*) FROM deployment_logs l WHERE l.deployment_id = deployments.id)
	AND log_bytes = (SELECT sum(octet_length(message) + 1) FROM deployment_logs l WHERE l.deployment_id = deployments.id)")" \
	t "log_seq and log_bytes agree with the lines"

# a second one replaces it, an older commit can be wanted
first=$id
first_commit=$(git -C "$GITROOT/static.git" rev-parse main)
echo '<h1>two</h1>' >"$TMP/static/index.html"
repo static second
deploy hello
is "$(final "$id")" success "a second deployment"
is "$(deployed hello index.html)" '<h1>two</h1>' "the second one is live"
is "$(readlink "$STATE/sites/hello/current")" "releases/$id" "current names the release"
is "$(readlink "$STATE/sites/hello/previous")" "releases/$first" \
	"PUB-4 previous names the one before"
deploy hello "commit_wanted=$first_commit"
is "$(final "$id")" success "a wanted commit is deployed"
is "$(deployed hello index.html)" '<h1>one</h1>' "it is that commit's file"

# a build command, an environment, a root directory
cat >"$TMP/built/sub/make.sh" <<'END'
mkdir -p out
echo "$GREETING from $(basename "$PWD"), $CI, $HOME" >out/index.html
echo building "$GREETING"
echo to stderr >&2
id -u
END
repo built
builds "$GIT/built.git" built root_dir=sub 'build_command=sh make.sh' \
	output_dir=out 'env=GREETING=hello-from-env'
is "$status" success "a build command" || diag "$error $(the_log "$id")"
is "$(deployed built index.html)" 'hello-from-env from sub, true, /build/home' \
	"the environment reaches the build, the root directory is respected"
log=$(the_log "$id")
like "$log" '^\[[0-9:]*\] Building: sh make.sh$' "the log names the command"
like "$log" '^\[[0-9:]*\] building \*\*\*$' "its output is in the log, masked"
like "$log" '^\[[0-9:]*\] to stderr$' "and its errors"
like "$log" '\] limits: [a-z]' "and the limits in force"
like "$(field "$id" limits)" '^[a-z].*time' "SB-7 which the row names too"

# nothing is left
nothing_left() { ! ls -d "$STATE"/builds/slot-* 2>/dev/null; }
wait_for 10 nothing_left
ok $? "SB-11 the slots are wiped" || diag "$(ls -lR "$STATE/builds")"
try "SB-2 no process is left" wait_for 5 no_slot_tasks
worker_down
unlike "$(cat "$WORKER_LOG")" 'AddressSanitizer|runtime error|assert' "the worker's log is clean" ||
	diag "$(cat "$WORKER_LOG")"
done_testing
