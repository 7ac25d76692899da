#!/bin/sh
# SIGKILL of the job's process and of the worker at every step of a deployment,
# and of the sandbox while it builds.
. "$(dirname "$0")/lib/tap.sh"
. "$abs_top_srcdir/t/lib/worker.sh"
. "$abs_top_srcdir/t/lib/crash.sh"
worker_init build_slots=1
worker_again build_attempts=10
crash_init
# Each attempt comes one step further than the one before, until the release is
# live: then the deployment has succeeded, whatever happens to its process.
if developer_only "SB-13 SIGKILL of the job and of the worker at each step"; then
	for who in job worker; do
		# shellcheck disable=SC2046 # a list
		crash_deploy $(printf "%s.$who " $STEPS_TO_LIVE)
		crash_good "SIGKILL of the $who at each step up to the switch" \
			"$(echo "$STEPS_TO_LIVE" | wc -w)"
		for step in $STEPS_LIVE; do
			crash_deploy $step.$who
			crash_good "SIGKILL of the $who at '$step'" 1
		done
		is "$(ls "$CRASH")" "" "and the $who was killed at every one of them"
	done
fi
worker_down
worker_up

# lost every time: it fails, and says why
build_is_dead() { ! is_running '^sleep.1009'; }
sql "UPDATE projects SET build_command = 'sleep 1009' WHERE name = 'site'"
deploy site
for i in 1 2; do
	wait_for 20 is_running '^sleep.1009'
	job=$(worker_jobs | head -n 1)
	kill -KILL $job
	wait_for 10 build_is_dead
	ok $? "SB-2 the build dies with its worker"
done
is "$(final "$id" 20)" failed "SB-13 lost twice: failed"
is "$(field "$id" error)" "the build's worker was lost too often" "and it says why"
# the sandbox alone: the build has failed, its worker lives
deploy site
wait_for 20 is_running '^sleep.1009'
job=$(worker_jobs | head -n 1)
kill -KILL "$(ps -o pid= --ppid $job | head -n 1)"
is "$(final "$id" 20)" failed "SIGKILL of the sandbox: failed"
like "$(field "$id" error)" '^the sandbox failed while the build command ran' "and it says why"
try "SB-2 and nothing of it runs" no_slot_tasks
sql "DELETE FROM deployments WHERE status = 'failed'"

# a stop in good order costs no attempt
deploy site
wait_for 20 is_running '^sleep.1009'
sql "UPDATE projects SET build_command = 'mkdir dist; cp a.html dist/index.html; cp a.html dist/b.html'"
began=$(date +%s)
worker_down
[ $(($(date +%s) - began)) -le 5 ]
ok $? "a worker that is told to stop does so within 5 seconds"
is "$(field "$id" "concat_ws(' ', status, attempt, lease_owner IS NULL)")" "queued 0 t" \
	"what it was doing waits again, no attempt is counted"
try "SB-2 and nothing of it runs" no_slot_tasks
like "$(the_log "$id" | tail -n 1)" 'worker is stopping' "the log says so"
sql "UPDATE deployments SET build_command = 'mkdir dist; cp a.html dist/index.html; cp a.html dist/b.html' WHERE id = '$id'"
worker_up
is "$(final "$id" 20)" success "SB-13 it is built after the restart"
crash_over
done_testing
