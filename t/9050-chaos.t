#!/bin/sh
# Random SIGKILLs of jobs, the worker and PostgreSQL over a queue of builds and
# rollbacks: each ends once, nothing is left over, what is live is what the
# database says.
. "$(dirname "$0")/lib/tap.sh"
. "$abs_top_srcdir/t/lib/stack.sh"
. "$abs_top_srcdir/t/lib/chaos.sh"

CHAOS_SEED=${CHAOS_SEED:-$(od -An -N3 -tu4 /dev/urandom | tr -d ' ')}
diag "CHAOS_SEED=$CHAOS_SEED"
stack_start lease_seconds=5 build_attempts=10
stack_user ada
stack_repo chaos
chaos_script | stack_file chaos chaos.pl
stack_commit chaos chaos
chaos_init "$(stack_url chaos)" 4 || bail "the first releases do not come"
chaos_queue 14
ok $? "a queue of builds and rollbacks"
chaos_kill 20
defer chaos_done
diag "killed: jobs $chaos_job, worker $chaos_worker, backends $chaos_backend, PostgreSQL $chaos_postgres"
chaos_wait 120
ok $? "SB-13 after 20 SIGKILLs every deployment ends and nothing is left over"
is "$(chaos_faults)" "" "SB-13 each ended once, with a reason and a whole log; disk and database agree"
is "$(chaos_sql "SELECT count(DISTINCT id) FROM chaos_ends")" 14 "all of the queue"
diag "$(chaos_ends)"
isnt "$(chaos_sql "SELECT count(*) FROM chaos_ends WHERE status = 'success'")" 0 "some of them were good"
isnt "$(chaos_sql "SELECT count(*) FROM deployments WHERE attempt > 1")" 0 "some were begun more than once"
call GET /api/health
is "$STATUS" 200 "the API is well"
done_testing
