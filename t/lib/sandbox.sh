# sandbox.sh - for tests of autostack-sandbox. Sourced after tap.sh; works for
# root (through the service account) and for an ordinary user with subordinate
# ids.
#
#   sandbox_start             prepares $BOX (the program), $WORK (a directory
#                             of the worker's), $SLOT (one that nobody else uses)
#   box OPTION... -- CMD...   runs it; sets $out (output), $result (the result
#                             line), $code (exit code)
#   box_sh OPTION... TEXT     the same for a shell text
#   box_bg OPTION... -- CMD   starts it, sets $pid (of autostack-sandbox itself);
#                             output and result go to $TMP/out and $TMP/result
#   box_wait SECONDS          waits for its result line; sets the same as box
#   slot_uid                  the host's uid of $SLOT
#   slot_tasks                how many processes that uid has
#   as_worker COMMAND...      runs it as the worker

sandbox_user=$abs_top_srcdir/t/lib/service-user.sh

sandbox_as=$(sh "$sandbox_user" words) || bail "no service account"
# shellcheck disable=SC2086 # words
as_worker() { $sandbox_as "$@"; }

sandbox_start() {
	sandbox_name=$(sh "$sandbox_user") || bail "no service account"
	sandbox_first=$(sh "$sandbox_user" first-id) ||
		bail "$sandbox_name has no range in /etc/subuid"
	chmod 711 "$TMP"
	cp "$abs_top_builddir/autostack-sandbox" "$TMP/" &&
		chmod 755 "$TMP/autostack-sandbox"
	BOX=$TMP/autostack-sandbox
	WORK=$TMP/work
	mkdir "$WORK"
	[ "$(id -u)" != 0 ] || chown "$sandbox_name:" "$WORK"
	# a uid of our own, so that counts per uid are ours
	SLOT=$((1000 + $$ % 60000))
	# a developer build's sanitizer would use what is forbidden inside
	export ASAN_OPTIONS=detect_leaks=0
	defer 'sandbox_end'
}

# What builds have left belongs to the slot.
sandbox_end() {
	as_worker "$BOX" own --slot "$SLOT" --to worker "$WORK" 2>/dev/null
}

box() {
	: >"$TMP/result"
	as_worker "$BOX" run --slot "$SLOT" --status-fd 3 "$@" \
		>"$TMP/out" 2>&1 3>"$TMP/result"
	code=$?
	out=$(cat "$TMP/out")
	result=$(cat "$TMP/result")
}

box_sh() {
	box_n=$#
	for box_text; do :; done
	# the options are all but the last argument
	while [ "$box_n" -gt 1 ]; do
		set -- "$@" "$1"
		shift
		box_n=$((box_n - 1))
	done
	shift
	box "$@" -- /bin/sh -c "$box_text"
}

box_bg() {
	# at once: the one before may have left a "ready" there
	: >"$TMP/result"
	: >"$TMP/out"
	# no function of the shell's own here: the pid is wanted of the program
	# shellcheck disable=SC2086 # words
	$sandbox_as "$BOX" run --slot "$SLOT" --status-fd 3 "$@" \
		>"$TMP/out" 2>&1 3>"$TMP/result" &
	pid=$!
}

box_wait() {
	wait_for "$1" test -s "$TMP/result" || return 1
	wait "$pid"
	code=$?
	out=$(cat "$TMP/out")
	result=$(cat "$TMP/result")
}

slot_uid() {
	echo $((sandbox_first + SLOT))
}

# zombies wait for an init that may take its time, and do nothing else
slot_tasks() {
	pgrep -c -u "$(slot_uid)" -r D,I,R,S,T,t
}

no_slot_tasks() {
	[ "$(slot_tasks)" = 0 ]
}
