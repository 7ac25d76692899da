#!/bin/sh
# Cancel: whatever the build does, within 5 seconds it is cancelled, none of it
# is left, and the old site is still there.
. "$(dirname "$0")/lib/tap.sh"
. "$abs_top_srcdir/t/lib/worker.sh"
worker_init build_timeout=60s
mkdir -p "$TMP/site"
echo one >"$TMP/site/index.html"
repo site
worker_up
builds "$GIT/site.git" site
is "$status" success "a site is live"

cancel() {
	sql "UPDATE deployments SET cancel_requested_at = now() WHERE id = '$1'"
}
# Cancels $id now; tests how that ends.
cancelled() {
	cancel "$id"
	is "$(final "$id" 10)" cancelled "$1: cancelled" || diag "$(the_log "$id")"
	is "$(field "$id" "completed_at - cancel_requested_at < interval '5 s'")" t \
		"$1: within 5 seconds" ||
		diag "$(field "$id" 'completed_at - cancel_requested_at')"
	try "PEER-2 $1: nothing of it runs when the row says so" no_slot_tasks ||
		diag "$(slot_tasks)"
	like "$(the_log "$id" | tail -n 1)" 'Deployment cancelled\.$' "$1: the log says so"
	is "$(deployed site index.html)" one "SB-9 $1: the old site is served"
	is "$(field "$id" "error IS NULL AND lease_owner IS NULL")" t "$1: no error, no lease"
}
running() { slot_tasks | grep -q "$1"; }

# ignores SIGTERM, double-forks, leaves its session, stops itself
cat >"$TMP/hard.sh" <<'END'
trap '' TERM INT HUP
(setsid sh -c 'trap "" TERM HUP; (setsid sleep 1001 &); sleep 1002' &)
perl -e 'if (!fork) { if (!fork) { $SIG{$_} = "IGNORE" for keys %SIG;
	$0 = "sleep 1003"; open STDOUT, ">/dev/null"; sleep 1 while 1 } exit }' &
sh -c 'kill -STOP $$' &
sleep 1004 & sleep 1005
sleep 1006
END
sql "UPDATE projects SET build_command = '$(sed "s/'/''/g" "$TMP/hard.sh")', output_dir = '.'
	WHERE name = 'site'"
deploy site
try "the build runs" wait_for 20 running '[s]leep 1003'
wait_for 20 running '[s]leep 1001'
cancelled "SB-2 a build that ignores SIGTERM and double-forks"

sql "UPDATE projects SET build_command = 'yes' WHERE name = 'site'"
deploy site
wait_for 20 running '[y]es'
cancelled "a build that floods the log"

sql "UPDATE projects SET build_command = NULL, install_command = 'sleep 1007' WHERE name = 'site'"
deploy site
wait_for 20 running '[s]leep 1007'
cancelled "an install"

sql "UPDATE projects SET install_command = NULL WHERE name = 'site'"
project slow "${GIT%/git}/slow/x.git"
deploy slow
wait_for 20 running '[g]it'
cancel "$id"
is "$(final "$id" 10)" cancelled "SB-9 a clone is cancelled"

# while it is being published, and too late
if developer_only "SB-9 cancelled while it is published, and too late"; then
	for at in deploying copied; do
		touch "$CRASH/$at.pause"
		chmod 666 "$CRASH/$at.pause"
		deploy site
		wait_for 20 test -e "$CRASH/$at.paused"
		cancel "$id"
		rm -f "$CRASH/$at.paused"
		is "$(final "$id" 10)" cancelled "SB-9 cancel at '$at'"
		is "$(find "$STATE/sites/site/releases" -name '*.tmp')" "" "SB-9 nothing half-written"
		is "$(deployed site index.html)" one "SB-9 the old site is served"
	done
	touch "$CRASH/switched.pause"
	deploy site
	wait_for 20 test -e "$CRASH/switched.paused"
	cancel "$id"
	rm -f "$CRASH/switched.paused"
	is "$(final "$id" 10)" success "a cancel after the switch comes too late"
	is "$(sql "SELECT live_deployment_id FROM projects WHERE name = 'site'")" "$id" \
		"the row agrees with what is live"
fi

# without the notification
deploy_quietly() {
	sql "ALTER TABLE deployments DISABLE TRIGGER deployments_notify_update"
	cancel "$id"
	sql "ALTER TABLE deployments ENABLE TRIGGER deployments_notify_update"
}
sql "UPDATE projects SET build_command = 'sleep 1008' WHERE name = 'site'"
deploy site
wait_for 20 running '[s]leep 1008'
deploy_quietly
is "$(final "$id" 10)" cancelled "a lost notification does not matter"
is "$(field "$id" "completed_at - cancel_requested_at < interval '5 s'")" t "within 5 seconds"

# while its worker is being stopped: it does not wait for ever
stopping() { # STEP: stops the worker while $id is held there
	wait_for 20 test -e "$CRASH/$1.paused"
	kill -TERM "$worker_pid"
	[ -z "${2:-}" ] || "$2" "$id"
	rm -f "$CRASH/$1.paused"
	wait "$worker_pid"
	worker_pid=
}
if developer_only "SB-9 cancelled while the worker stops, and before it is back"; then
	sql "UPDATE projects SET build_command = NULL WHERE name = 'site'"
	touch "$CRASH/ending.pause" "$CRASH/copied.pause"
	chmod 666 "$CRASH/ending.pause" "$CRASH/copied.pause"
	deploy site
	wait_for 20 test -e "$CRASH/copied.paused"
	kill -TERM "$worker_pid"
	rm -f "$CRASH/copied.paused"
	stopping ending cancel
	is "$(field "$id" "status, completed_at IS NOT NULL, lease_owner IS NULL")" "cancelled|t|t" \
		"SB-9 a cancel that comes while the worker stops"
	worker_up
	# what waits again has a release on disk, and even an address
	touch "$CRASH/copied.pause"
	chmod 666 "$CRASH/copied.pause"
	deploy site
	stopping copied
	is "$(field "$id" status)" queued "a deployment waits for its worker"
	is "$(find "$STATE/sites/site/releases" -maxdepth 1 -name "$id" | wc -l)" 1 "with a release on disk"
	sql "UPDATE deployments SET status = 'cancelled', cancel_requested_at = now(), completed_at = now() WHERE id = '$id'"
	worker_up
	given_up() {
		[ "$(sql "SELECT count(*) FROM releases WHERE id = '$id'")" = 0 ] && [ ! -e "$STATE/sites/site/releases/$id" ]
	}
	try "PEER-4 cancelled before the worker is back, nothing of it stays on disk" wait_for 10 given_up ||
		diag "$(sql "SELECT * FROM releases") $(ls -R "$STATE/sites")"
	is "$(find "$STATE/sites" -maxdepth 1 -name '*--site' | wc -l)" "$(sql "SELECT count(*) FROM releases WHERE url IS NOT NULL")" \
		"nor an address of its own"
fi
worker_down
unlike "$(cat "$WORKER_LOG")" 'AddressSanitizer|runtime error|"assert"|job.failed|job.lost' \
	"the worker's log is clean" || diag "$(cat "$WORKER_LOG")"
done_testing
