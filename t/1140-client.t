#!/bin/sh
# The client's commands against a real API behind nginx with TLS: settings,
# lists, outcomes as exit statuses, logs over lost connections.
. "$(dirname "$0")/lib/tap.sh"
. "$abs_top_srcdir/t/lib/api.sh"
. "$abs_top_srcdir/t/lib/nginx.sh"
nginx_start
AS_RUN=$NG/run
api_start app_url="https://localhost:$HTTPS"
chmod 666 "$AS_RUN/api.sock"

api_user ada
api POST /api/api-keys '{"name":"ci"}' as ada
KEY=$(jget .key)
api_user bob
api POST /api/api-keys '{"name":"ci"}' as bob
BOB=$(jget .key)
URL=https://localhost:$HTTPS
export HOME="$TMP/home"
unset XDG_CONFIG_HOME AUTOSTACK_URL AUTOSTACK_API_KEY AUTOSTACK_CA AUTOSTACK_CLIENT_CONF AUTOSTACK_PATIENCE NO_COLOR
mkdir -p "$HOME/.config/autostack"

# run ARG...: sets $code, $out, $err
run() {
	"$abs_top_builddir/autostack" "$@" >out 2>err
	code=$?
	out=$(cat out)
	err=$(cat err)
}
good() { # DESCRIPTION
	is "$code/$err" "0/" "$1"
}

# ---- settings ----

run projects
is "$code" 2 "without settings nothing is asked"
like "$err" 'AUTOSTACK_URL' "and it says which is missing"
AUTOSTACK_URL=$URL run projects
is "$code" 2 "without a key neither"
like "$err" 'AUTOSTACK_API_KEY' "and it says that"
export AUTOSTACK_API_KEY="$KEY"
for bad in http://deploy.example.org "https://user:pass@localhost:$HTTPS" ftp://localhost localhost \
	"https://localhost/?x=" "https://localhost/#x" 'https://local host'; do
	AUTOSTACK_URL=$bad run projects
	is "$code" 2 "an address that is refused: $bad"
	unlike "$err" "$KEY" "LOG-2 without telling the key"
done
AUTOSTACK_API_KEY="a
X-Evil: 1" AUTOSTACK_URL=$URL run projects
is "$code" 2 "a key cannot bring a header along"
AUTOSTACK_URL=$URL AUTOSTACK_PATIENCE=never run projects
is "$code" 2 "patience is a number"
unset AUTOSTACK_API_KEY

CLIENT=$HOME/.config/autostack/client.conf
printf '# mine\n\nurl = %s/\n  api_key=%s\nca = %s\n' "$URL" "$KEY" "$NG/cert" >"$CLIENT"
for mode in 644 640 604 660; do
	chmod $mode "$CLIENT"
	run projects
	is "$code" 2 "a settings file of mode $mode is refused"
done
like "$err" 'chmod 600' "and it says what mends it"
chmod 600 "$CLIENT"
run projects
good "a file of one's own is read"
for line in 'colour = red' 'url' '= x' 'patience = 0'; do
	printf '%s\n' "$line" >bad.conf
	chmod 600 bad.conf
	AUTOSTACK_CLIENT_CONF=bad.conf run projects
	is "$code" 2 "a bad line: $line"
	like "$err" 'bad.conf: line 1: ' "and it says where"
done
AUTOSTACK_CLIENT_CONF=$TMP run projects
is "$code" 2 "a directory is no settings file"
mkfifo pipe
AUTOSTACK_CLIENT_CONF=pipe run projects
is "$code" 2 "a pipe neither, and it does not wait"
rm "$CLIENT"

export AUTOSTACK_URL="$URL" AUTOSTACK_API_KEY="$KEY"
run projects
is "$code" 4 "a certificate that nobody vouches for is refused"
export AUTOSTACK_CA="$NG/cert"
AUTOSTACK_URL=https://127.0.0.1:$HTTPS run projects
is "$code" 4 "and one of another name"
AUTOSTACK_URL=http://127.0.0.1:$HTTP run projects
is "$code" 4 "what answers in clear is no API"
AUTOSTACK_API_KEY=ask_wrong run projects
is "$code" 4 "a key that is none"
like "$err" 'UNAUTHORIZED' "is told so"
run projects --key "$KEY"
is "$code" 2 "no option takes a key"

# ---- command lines ----

run nothing
is "$code" 2 "an unknown command"
for line in 'deploy' 'deploy .' 'deploy --git x --project y' 'deploy . --git x' 'deploy . --project' 'logs' 'logs x' \
	'logs -f x' 'logs a b' 'cancel' 'cancel x' 'redeploy --all' 'rollback' 'rollback p x' 'rollback a b c' \
	'projects more' 'deployments --limit 0' 'deployments --limit' 'deploy . --project a --project b'; do
	# shellcheck disable=SC2086 # a line of words
	run $line
	is "$code" 2 "2 for: $line"
done
run help exit
is "$(echo "$out" | awk '{ print $1 }' | tr '\n' ' ')" "0 1 2 3 4 " "the exit statuses are listed"
is "$(sed -n '/^.Sh EXIT STATUS/,/^.El/s/^.It //p' "$abs_top_builddir/man/autostack.1" | tr '\n' ' ')" \
	"0 1 2 3 4 " "and the manual has the same"
run help
for command in projects deployments deploy logs cancel redeploy rollback; do
	like "$out" "^  autostack $command" "help knows $command"
	try "and the manual" grep -q "^.Cm $command" "$abs_top_srcdir/man/autostack.1.in"
done

# ---- lists ----

run projects
is "$(echo "$out" | wc -l)" 1 "no projects: only the titles"
run projects --json
is "$out" '[]' "an empty array"
sql "INSERT INTO projects (user_id, name, site, repository)
	SELECT u.id, 'site' || n, 'site' || n, 'https://git.example/x.git'
	FROM users u, generate_series(1, 230) n WHERE u.email = 'ada@example.com'"
api POST /api/projects '{"name":"site","repository":"https://git.example/ada/site.git"}' as ada
project=$(jget .id)
sql "UPDATE projects SET created_at = now() - interval '1 year' WHERE name = 'site'"
run projects --json
is "$(echo "$out" | gojq 'length')" 231 "all pages come"
is "$(echo "$out" | gojq -r '.[-1].name')" site "in order"
run projects
like "$out" "^site +main +$project +-" "and for people"

# row STATUS [MORE-COLUMNS VALUES]: a deployment; sets $id
row() {
	id=$(cat /proc/sys/kernel/random/uuid)
	sql "INSERT INTO deployments (id, project_id, user_id, repository, branch, status, lease_owner, lease_until, attempt, error)
		SELECT '$id', id, user_id, repository, branch, '$1', 'x', now() + interval '1 hour', 1, NULL
		FROM projects WHERE name = 'site'"
}
log() { # FROM TO [TEXT-SQL]: lines of the log
	sql "INSERT INTO deployment_logs SELECT '$id', n, now(), 'info', ${3:-'line ' || n} FROM generate_series($1, $2) n;
		UPDATE deployments SET log_seq = $2 WHERE id = '$id'"
}
ends() { # STATUS [ERROR]
	sql "UPDATE deployments SET status = 'deploying' WHERE id = '$id' AND '$1' = 'success';
		UPDATE deployments SET status = '$1', error = nullif('${2-}', ''), completed_at = now(), lease_owner = NULL,
			lease_until = NULL WHERE id = '$id'"
}
row building
log 1 1300
ends failed 'the build command failed with exit code 7'
run deployments site
like "$out" "^$id failed +site +main" "a project's deployments, by its exact name"
run deployments "$project" --json --limit 1
is "$(echo "$out" | gojq -r '.[0].id')" "$id" "or by its id"
run deployments no-such
is "$code" 4 "a project that is not there"
AUTOSTACK_API_KEY=$BOB run deployments site
is "$code" 4 "SET-1 or somebody else's"

# ---- logs ----

run logs "$id"
good "a log that is over several pages"
is "$out" "$(seq -f 'line %g' 1 1300)" "comes whole, once, in order"
run logs -f "$id"
is "$code" 1 "-f: 1 when the deployment failed"
is "$(tail -1 out)" "$id site failed: the build command failed with exit code 7" "the last line says why"
AUTOSTACK_API_KEY=$BOB run logs "$id"
is "$code/$out" "4/" "SET-1 somebody else's log is not there"
row building
log 1 3 "chr(27) || '[31mred' || chr(7) || ' ' || chr(155) || '2J ' || chr(8238) || 'x' || n"
ends success
run logs "$id" --follow
is "$code" 0 "0 when it succeeded"
is "$(LC_ALL=C grep -c "$(printf '[\033\007]\|\302\233\|\342\200\256')" out)" 0 "LOG-3 no character steers the terminal"
like "$out" '^red\? \?2J \?x3$' "LOG-3 it is shown as a question mark, and colours not at all"
# on_terminal ARG...: sets $out to what a terminal is given, without CR
on_terminal() {
	out=$(script -qec "'$abs_top_builddir/autostack' $*" /dev/null </dev/null | tr -d '\r')
}
E=$(printf '\033')
log 4 4 "'plain ' || chr(27) || '[2Jx'"
on_terminal logs "$id"
like "$out" "^$E\[31mred\? \?2J \?x3$E\[0m$" "LOG-3 a terminal is given colours, until the end of the line"
like "$out" '^plain \?\[2Jx$' "LOG-3 and nothing else that acts on it"
NO_COLOR=1 on_terminal logs "$id"
like "$out" '^red\? \?2J \?x3$' "LOG-3 but not with NO_COLOR"
NO_COLOR='' on_terminal logs "$id"
like "$out" "^$E\[31mred" "which has to say something"
row building
log 1 1
"$abs_top_builddir/autostack" logs -f "$id" >follow.out 2>follow.err &
follower=$!
wait_for 10 grep -q '^line 1$' follow.out || bail "nothing is followed"
log 2 2
wait_for 10 grep -q '^line 2$' follow.out
ok $? "new lines come while it runs"
api_stop
sleep 0.1
log 3 4
api_run
chmod 666 "$AS_RUN/api.sock"
wait_for 30 grep -q '^line 4$' follow.out
ok $? "it goes on when the API was away"
kill "$ng_pid"
wait "$ng_pid"
log 5 600
setpriv --pdeathsig TERM /usr/sbin/nginx -e "$NG/log/start.log" -c "$NG/conf/nginx.conf" &
ng_pid=$!
wait_for 30 grep -q '^line 600$' follow.out
ok $? "and when the server was"
log 601 601
ends cancelled
wait $follower
is $? 3 "3 when it was cancelled"
is "$(sed '$d' follow.out)" "$(seq -f 'line %g' 1 601)" "nothing is lost or doubled"
is "$(cat follow.err)" "" "and nobody is bothered"
row building
log 1 1
kill "$ng_pid"
wait "$ng_pid"
before=$(date +%s)
AUTOSTACK_PATIENCE=2 run logs -f "$id"
is "$code" 4 "4 when patience is at its end"
[ $(($(date +%s) - before)) -lt 20 ]
ok $? "which is not long after"
setpriv --pdeathsig TERM /usr/sbin/nginx -e "$NG/log/start.log" -c "$NG/conf/nginx.conf" &
ng_pid=$!
wait_for 10 curl -sk -o /dev/null "https://localhost:$HTTPS/"
sql "DELETE FROM deployment_logs WHERE deployment_id = '$id';
	UPDATE deployments SET log_seq = 0, log_removed_at = now() WHERE id = '$id'"
ends failed x
run logs -f "$id"
is "$code" 1 "a log that was removed is no reason to wait"

# ---- what changes something ----

run deploy --git site --branch trunk --json
good "a repository is queued"
id=$(echo "$out" | gojq -r .id)
is "$(echo "$out" | gojq -r '.status + .branch')" queuedtrunk "and the answer is JSON"
run cancel "$id"
good "cancel"
like "$out" "^$id site cancelled$" "says what became of it"
run cancel "$id"
is "$code" 4 "what has ended cannot be cancelled"
like "$err" DEPLOYMENT_FINISHED "which is the API's word"
run redeploy "$id" --no-cache
good "redeploy"
is "$(sql "SELECT use_cache || trigger FROM deployments ORDER BY created_at DESC LIMIT 1")" falseredeploy \
	"without the cache, as asked"
again=${out%% *}
"$abs_top_builddir/autostack" redeploy "$again" --wait --json >wait.out 2>wait.err &
waiter=$!
waits() { [ "$(sql "SELECT count(*) FROM deployments WHERE status = 'queued'")" = 2 ]; }
wait_for 10 waits || bail "no second redeploy"
run cancel "$(sql "SELECT id FROM deployments ORDER BY created_at DESC LIMIT 1")"
wait $waiter
is "$?/$(gojq -r .status wait.out)" 3/cancelled "--wait --json ends with the deployment alone"
run rollback site
is "$code" 4 "there is nothing to go back to"
like "$err" RELEASE_GONE "and it says so"
run deploy --git 'file:///etc'
is "$code" 4 "a repository that is refused"
like "$err" REPOSITORY_REFUSED "by the API"
run deploy --git "$(printf 'x%.0s' $(seq 3000))"
is "$code" 4 "a name that is too long"
like "$err" 'VALIDATION_ERROR.*repository:' "is blamed on its field"
run deployments >/dev/full
"$abs_top_builddir/autostack" deployments >/dev/full 2>err
is $? 4 "what cannot be written is no success"
done_testing
