#!/bin/sh
# quickstart's promises beside the sample site: its flags, what it refuses, how
# it ends, two states side by side.
. "$(dirname "$0")/lib/tap.sh"
. "$abs_top_srcdir/t/lib/stack.sh"

stack_start log_debug=yes
# says TEXT COMMAND...: it fails and says so
says() {
	says_text=$1
	shift
	"$@" >out 2>&1
	isnt "$?" 0 "refused: $*"
	like "$(cat out)" "$says_text" "and says: $says_text"
}
Q=$abs_top_srcdir/quickstart
export AUTOSTACK_BUILD="$abs_top_builddir"
says 'unknown option' "$Q" --frobnicate
says 'not a port' "$Q" --https-port 0
says 'not a port' "$Q" --http-port x
says 'needs a value' "$Q" --state
says 'NAME=VALUE' "$Q" --set nonsense
says 'must differ' "$Q" --https-port 7 --http-port 7
try "--help" "$Q" --help
for flag in --detach --state --https-port --http-port --stop --fresh --no-seed \
	--no-install --set; do
	like "$(cat "$TMP/.try")" "$flag" "--help names $flag"
done

like "$(cat "$AUTOSTACK_CONF")" '^log_debug = yes$' "--set reaches autostack.conf"
mkdir -m 755 "$STACK/other" "$STACK/full"
date >"$STACK/full/file"
second() { # a state of its own on other ports
	"$Q" --state "$STACK/other/state" --no-install --no-seed \
		--set bcrypt_cost=10 --set rate_per_minute=10000000 "$@"
}
other_pids() {
	for proc in /proc/[0-9]*; do
		case "$(readlink "$proc/exe") $(tr '\0' ' ' <"$proc/cmdline")" in
		*"$STACK/other/state"*quickstart* | *quickstart*"$STACK/other/state"*) ;;
		*"$STACK/other/state"*) echo "${proc#/proc/}" ;;
		esac
	done 2>/dev/null
}
says 'not a quickstart state' "$Q" --no-install --state "$STACK/full" --https-port 1
is "$(ls "$STACK/full")" file "a directory with other things in it is left alone"
[ "$(id -u)" != 0 ] || chown autostack: "$STACK/other"
says 'choose another one with --state' "$Q" --no-install \
	--state "$STACK/other/a b" --https-port 1
ok "$(test ! -e "$STACK/other/a b"; echo $?)" "and no folder is left of it"
says 'no_such_setting' second --detach --set no_such_setting=1
says 'api_processes' second --detach --set api_processes=0
says "port $STACK_HTTPS is in use" second --detach --https-port "$STACK_HTTPS" \
	--http-port "$(new_port)"
is "$(other_pids)" "" "nothing was left running"

# what is missing is named
mkdir bin
printf '#!/bin/sh\necho not-installed\n' >bin/dpkg-query
chmod +x bin/dpkg-query
says '--no-install.*libfcgi-dev' env PATH="$TMP/bin:$PATH" "$Q" --no-install \
	--state "$STACK/other/state"

# --- side by side ---
H2=$(new_port)
P2=$(new_port)
try "a second state starts beside the first" second --detach \
	--https-port "$H2" --http-port "$P2"
stack_user ada
first=$AUTOSTACK_URL
(
	. "$STACK/other/state/env"
	curl -sS --cacert "$AUTOSTACK_CA" -o /dev/null -w '%{http_code} ' "$AUTOSTACK_URL/health"
	psql -AtX "$AUTOSTACK_DB" -c 'SELECT count(*) FROM users'
) >second
is "$(cat second)" "200 0" "each has its own database"
isnt "$(sed -n 's/.*AUTOSTACK_URL=//p' "$STACK/other/state/env")" "$first" "and URL"

# --- a deployment that waits while nothing runs ---
read -r pid _ boot <"$STACK/other/state/run/worker.pid"
worker=$(cat "/proc/$pid/task/$pid/children")
kill -KILL "$pid"
# shellcheck disable=SC2086 # a list
kill -KILL $worker
(
	. "$STACK/other/state/env"
	stack_user bob
	stack_repo waits
	echo page | stack_file waits index.html
	stack_commit waits first
	stack_deploy waits
	stack_status
	second --stop
	second --detach --https-port "$H2" --http-port "$P2"
	stack_wait 30
	call GET "/api/deployments/$DEPLOYMENT"
	jget .error
) >waited 2>&1
is "$(sed -n 1p waited)" queued "a deployment waits when all is stopped"
is "$(tail -n 2 waited | tr '\n' ' ')" "success null " \
	"and finds its repository's server when all is started again" ||
	diag "$(cat waited)"
try "stopping the second" second --stop
call GET /health
is "$STATUS" 200 "leaves the first alone"
is "$(ss -Hltn "sport = :$H2")" "" "and ends the second"

# --- in the foreground: Ctrl-C ---
foreground() {
	rm -f foreground.out
	env --default-signal=INT "$Q" --state "$STACK/other/state" --no-install \
		--no-seed --set bcrypt_cost=10 --https-port "$H2" --http-port "$P2" \
		>foreground.out 2>&1 &
	fg=$!
	defer 'kill -KILL $fg 2>/dev/null; second --stop >/dev/null 2>&1'
	wait_for 60 grep -qs 'Ctrl-C stops it' foreground.out
	ok $? "it stays in the foreground" || diag "$(cat foreground.out)"
}
foreground
isnt "$(other_pids)" "" "its programs run"
kill -INT $fg
wait $fg
is "$?" 0 "Ctrl-C ends it in good order"
is "$(other_pids)" "" "with everything that it started"
call GET /health
is "$STATUS" 200 "and nothing else"

# --- a crash of quickstart itself ---
foreground
kill -KILL $fg
wait $fg 2>/dev/null
isnt "$(other_pids)" "" "its programs outlive a SIGKILL of quickstart"
# supervisors may be killed as well
for name in api nginx postgres; do
	read -r pid _ <"$STACK/other/state/run/$name.pid"
	kill -KILL "$pid"
done
# a host that has lost it: nobody could be found
mkdir found
ln -s /usr/sbin/* /usr/bin/* found/ 2>/dev/null
rm found/pgrep
says 'pgrep.*procps' env PATH="$TMP/found" "$Q" --stop --state "$STACK/other/state"
isnt "$(ls "$STACK/other/state/run/"*.pid)" "" "and forgets none of them"
try "--stop still finds them" second --stop
is "$(other_pids)" "" "orphans of killed supervisors included"

# --- a long path: its sockets lie elsewhere ---
long=$STACK/other/$(printf '%0100d' 0)
svc mkdir -p "$long/run"
svc touch "$long/.autostack-state"
hash=$(printf %s "$long" | sha256sum | cut -c1-12)
try "--stop of a state with a long path" "$Q" --stop --state "$long"
is "$(ls -d "/tmp/autostack-$hash" "${XDG_RUNTIME_DIR:-/tmp}/autostack-$hash" 2>/dev/null)" \
	"" "leaves nothing in /tmp"

# --- an id that the kernel has given to somebody else ---
sleep 1000 &
stranger=$!
defer 'kill $stranger'
echo "$stranger 1 $boot" >"$STACK/other/state/run/api.pid"
try "--stop with a stale process id" second --stop
ok "$(kill -0 $stranger; echo $?)" "does not touch the stranger"
setsid sh -c 'sleep 1000 & echo $$ $!' >orphan
read -r leader orphan <orphan
defer 'kill $orphan'
echo "$leader 1 another-boot" >"$STACK/other/state/run/api.pid"
try "--stop with a process id of another boot" second --stop
ok "$(kill -0 "$orphan"; echo $?)" "does not touch who has that session now"

# --- --fresh ---
date >"$STACK/other/state/secrets/mark"
low_port() { # one that only root may bind
	while :; do
		low=$((600 + $(od -An -N2 -tu2 /dev/urandom) % 400))
		[ -n "$(ss -Hltn "sport = :$low")" ] || break
	done
	echo "$low"
}
if [ "$(id -u)" = 0 ]; then
	H2=$(low_port)
	until P2=$(low_port) && [ "$P2" != "$H2" ]; do :; done
fi
try "--fresh starts anew" second --detach --fresh --https-port "$H2" --http-port "$P2"
ok "$(test ! -e "$STACK/other/state/secrets/mark"; echo $?)" "without what was there"
is "$(curl -sS --cacert "$STACK/other/state/tls/ca.pem" -o /dev/null -w '%{http_code}' \
	"https://localhost:$H2/health")" 200 "on ports that only root may bind, if it is root"
second --stop >/dev/null
done_testing
