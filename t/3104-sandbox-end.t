#!/bin/sh
# However a build, its supervisor or the supervisor's starter ends: nothing of it
# lives on.
. "$(dirname "$0")/lib/tap.sh"
. "$abs_top_srcdir/t/lib/sandbox.sh"
sandbox_start

mkdir "$TMP/p"
cp "$abs_top_builddir/t/helper/hostile" "$TMP/p/" &&
	chmod -R a+rX "$TMP/p" || bail "hostile is not built"
mkfifo "$TMP/control" "$TMP/started"

ms() {
	date +%s%3N
}

# start WORD OPTION... - and wait until it says that it is ready
start() {
	what=$1
	shift
	box_bg "$@" --ro-bind "$TMP/p:/p" -- /p/hostile "$what"
	wait_for 10 grep -q ready "$TMP/out"
	ok $? "$what is running" || diag "$(cat "$TMP/result" "$TMP/out")"
}

# gone SECONDS WHAT - since $t
gone() {
	wait_for 10 no_slot_tasks
	ok $? "$2: no process is left" || ps -eo uid,pid,stat,args |
		grep "^ *$(slot_uid)" | sed 's/^/# /' >&2
	took=$(($(ms) - t))
	[ $took -lt $(($1 * 1000)) ]
	ok $? "$2: within $1 s" || diag "$took ms"
}

for word in daemons stopped churn; do
	start $word --net none
	isnt "$(slot_tasks)" 0 "$word: its processes are seen"
	t=$(ms)
	kill -TERM "$pid"
	box_wait 10
	gone 1 "SB-9 SIGTERM, $word"
	like "$result" '^cancelled ' "SB-9 SIGTERM, $word: says so"
done
start daemons --net isolated
t=$(ms)
kill -TERM "$pid"
box_wait 10
gone 1 "SB-9 SIGTERM with a network"

start leaver --net isolated
t=$(ms)
box_wait 10
like "$result" '^exit 0 ' "SB-2 daemons do not keep a build that has ended"
gone 2 "SB-2 the build left daemons behind"

t=$(ms)
start stopped --net none --time 1000
box_wait 10
like "$result" '^limit time ' "SB-9 a stopped build runs into its time"
gone 4 "SB-9 a stopped build"

# the worker's end of --control-fd, which survives a change of ids
exec 8<>"$TMP/control"
start daemons --net none --control-fd 5 5<"$TMP/control"
t=$(ms)
exec 8>&-
box_wait 10
gone 1 "SB-13 the control descriptor is closed"
like "$result" '^cancelled ' "SB-13 the control descriptor is closed: says so"

# --- SB-13: SIGKILL of the supervisor, of its starter ---
for net in none isolated; do
	for word in daemons stopped churn; do
		start $word --net $net
		t=$(ms)
		kill -KILL "$pid"
		wait "$pid" 2>/dev/null
		gone 1 "SB-13 SIGKILL of the supervisor, $word, $net"
	done
done

# starter DELAY OPTION... - an sh starts the sandbox and is killed DELAY seconds
# later, or when the build is ready. As a worker would, it holds the other end
# of the control descriptor: a starter that is dead before the sandbox's first
# instruction cannot be noticed otherwise.
starter() {
	delay=$1
	shift
	: >"$TMP/out"
	exec 8<>"$TMP/control"
	as_worker sh -c 'echo $$ >&6; "$@" 6>&- 8>&- & exec 5<&- 6>&-; wait' \
		sh "$BOX" run --slot "$SLOT" --control-fd 5 --watch "$WORK" "$@" \
		--ro-bind "$TMP/p:/p" -- /p/hostile daemons \
		>"$TMP/out" 2>/dev/null 5<"$TMP/control" 6>"$TMP/started" &
	pid=$!
	exec 8>&-
	# not $pid: a shell of ours may stand between
	read -r starter <"$TMP/started"
	if [ "$delay" = ready ]; then
		wait_for 10 grep -q ready "$TMP/out"
	else
		sleep "$delay"
	fi
	t=$(ms)
	kill -KILL "$starter"
	wait "$pid" 2>/dev/null
}
starter ready --net isolated
gone 1 "SB-13 SIGKILL of the starter"

# At every moment of the set-up, which takes some 50 ms.
left=0
for i in 0 1 2 3 4 5 6 7 8 9; do
	for net in none isolated; do
		starter "0.0$i" --net $net
		wait_for 5 no_slot_tasks || left=$((left + 1))
		box_bg --net $net --watch "$WORK" --ro-bind "$TMP/p:/p" -- \
			/p/hostile daemons
		sleep "0.0$i"
		kill -KILL "$pid"
		wait "$pid" 2>/dev/null
		wait_for 5 no_slot_tasks || left=$((left + 1))
	done
done
is $left 0 "SB-13 SIGKILL at any moment of the set-up leaves nothing"
sleeping=$(ps -eo args= | grep -c "^$BOX ")
is "$sleeping" 0 "SB-13 no supervisor is left either"
# Nothing is written by a program that was not there yet; how long that takes is
# the machine's affair. From its first word on it says that it was cancelled.
# Without our trap: a child that is not a program of its own yet would take
# SIGTERM into it, and go on.
trap - TERM
# Zombies too: the supervisor leaves none of its own to init. Those that are
# there by now are of the killed supervisors above.
slot_entries() {
	find /proc -maxdepth 1 -uid "$(slot_uid)" 2>/dev/null
}
slot_entries >"$TMP/before"
i=0 seen=0 left=0
bad=''
while [ $seen -lt 5 ] && [ $i -lt 60 ]; do
	box_bg --net isolated --ro-bind "$TMP/p:/p" -- /p/hostile daemons
	sleep "$(printf '0.%02d' $i)"
	kill -TERM "$pid"
	wait "$pid" 2>/dev/null
	case $(cat "$TMP/result") in
	'') seen=0 ;;
	cancelled\ *) seen=$((seen + 1)) ;;
	*) bad="$bad $i: $(cat "$TMP/result")" ;;
	esac
	slot_entries | grep -qvxFf "$TMP/before" && {
		left=$((left + 1))
		diag "after $i: $(ps -o pid,ppid,stat,comm -u "$(slot_uid)")"
	}
	i=$((i + 1))
done
trap 'exit 143' TERM
is "$bad" "" "SB-9 SIGTERM at any moment of the set-up cancels"
is $seen 5 "SB-9 and it is said, from the first word on"
is $left 0 "SB-9 with nothing left"
for sig in INT HUP; do
	start daemons --net none
	kill -$sig "$pid"
	box_wait 10
	like "$result" '^cancelled ' "SB-9 SIG$sig cancels"
done
done_testing
