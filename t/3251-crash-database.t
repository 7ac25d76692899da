#!/bin/sh
# SIGKILL of PostgreSQL at every step of a deployment, a database that stays
# away, and one that hangs.
. "$(dirname "$0")/lib/tap.sh"
. "$abs_top_srcdir/t/lib/worker.sh"
. "$abs_top_srcdir/t/lib/crash.sh"
pg_own
worker_init build_slots=1 lease_seconds=6
# at first longer than any restart takes on a busy machine
worker_again lease_seconds=60
crash_init
killed_at() { # STEP...: of one deployment
	# shellcheck disable=SC2046 # a list
	crash_deploy $(printf '%s.pause ' "$@")
	for step; do
		wait_for 60 test -e "$CRASH/$step.paused" ||
			bail "step $step is not reached"
		pg_kill
		rm -f "$CRASH/$step.paused"
		pg_up
	done
	crash_good "SIGKILL of PostgreSQL at $*, and it is back within the lease" 1
}
if developer_only "SB-13 SIGKILL of PostgreSQL at each step"; then
	# shellcheck disable=SC2086 # a list
	killed_at $STEPS_TO_LIVE
	for after in $STEPS_LIVE; do
		killed_at $after
	done
fi

worker_down
worker_up

# away while a build prints: nothing is lost, nothing is doubled
sql "UPDATE projects SET build_command =
	'for i in \$(seq 40); do echo line \$i; sleep 0.11; done; mkdir dist; cp a.html dist/index.html; cp a.html dist/b.html'"
crash_deploy
wait_for 20 is_running '^sleep.0.11'
pg_kill
sleep 1
pg_up
crash_good "PostgreSQL is away for a second while lines come" 1
is "$(the_log "$id" | sed -n 's/.*\] line //p' | tr '\n' ' ')" "$(seq 40 | tr '\n' ' ')" \
	"the log has each line once, in order"

# away for longer than the lease: the build is ended, and done again
sql "UPDATE projects SET build_command = 'sleep 8; mkdir dist; cp a.html dist/index.html; cp a.html dist/b.html'"
crash_deploy
wait_for 20 is_running '^sleep.8'
pg_kill
wait_for 15 no_slot_tasks
ok $? "SB-13 a build whose lease cannot be kept is ended"
pg_up
crash_good "PostgreSQL is away for longer than the lease" 2

# hung: only the timer can end the build then
sql "UPDATE projects SET build_command = 'sleep 8; mkdir dist; cp a.html dist/index.html; cp a.html dist/b.html'"
crash_deploy
wait_for 20 is_running '^sleep.8'
backends=$(ps -o pid= --ppid "$(pg_pid)")
# shellcheck disable=SC2086
kill -STOP $backends "$(pg_pid)"
wait_for 12 no_slot_tasks
ok $? "SB-13 with a database that hangs, too"
# shellcheck disable=SC2086
kill -CONT "$(pg_pid)" $backends
crash_good "PostgreSQL hangs for longer than the lease" 2
crash_over
done_testing
