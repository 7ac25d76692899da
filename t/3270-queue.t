#!/bin/sh
# The queue with three workers at once, some of which are killed: one build per
# project, a global limit, every deployment built once, and no order lost.
. "$(dirname "$0")/lib/tap.sh"
. "$abs_top_srcdir/t/lib/worker.sh"
worker_init build_slots=2 builds_global=3 build_attempts=5
mkdir -p "$TMP/site"
echo x >"$TMP/site/index.html"
repo site

# what was wrong at any moment, seen by every change of a row itself
sql "CREATE TABLE seen (at timestamptz DEFAULT clock_timestamp(), id uuid, project uuid, status text,
		active int, total int);
	CREATE FUNCTION see() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS \$\$ BEGIN
		INSERT INTO seen (id, project, status, active, total) SELECT NEW.id, NEW.project_id, NEW.status,
			count(*) FILTER (WHERE project_id = NEW.project_id), count(*)
			FROM deployments WHERE status IN ('building', 'deploying');
		RETURN NULL; END \$\$;
	CREATE TRIGGER zz_see AFTER UPDATE OF status ON deployments FOR EACH ROW
		WHEN (OLD.status <> NEW.status) EXECUTE FUNCTION see();"

for p in 1 2 3 4 5 6; do
	project p$p "$GIT/site.git" 'build_command=mkdir o; echo $RANDOM >o/index.html; sleep 0.3' output_dir=o
	for d in 1 2 3; do deploy p$p; done
done
other() { # NAME: one more worker, with a state of its own
	mkdir "$TMP/$1"
	sed "s|^state_dir=.*|state_dir=$TMP/$1|; s|^worker_name=.*|worker_name=$1|; s|^slot_base=.*|slot_base=$((SLOT_BASE + $2))|" \
		"$CONF" >"$TMP/$1.conf"
	[ "$(id -u)" != 0 ] || chown "$worker_user:" "$TMP/$1" "$TMP/$1.conf"
}
other second 4
other third 8
worker_up
first_pid=$worker_pid
worker_up "$TMP/second.conf"
second_pid=$worker_pid
worker_up "$TMP/third.conf"

# kill one worker's parent again and again meanwhile
for kill in 1 2 3; do
	was=$(sql "SELECT count(*) FROM deployments WHERE status = 'success'")
	more() { [ "$(sql "SELECT count(*) FROM deployments WHERE status = 'success'")" -gt "$was" ]; }
	wait_for 20 more
	pid=$(ps -o pid= --ppid $second_pid | tr -d ' ')
	[ -z "$pid" ] || kill -KILL "$pid"
done
all_done() { [ "$(sql "SELECT count(*) FROM deployments WHERE completed_at IS NULL")" = 0 ]; }
wait_for 90 all_done
ok $? "all of them end" || diag "$(sql "SELECT status, count(*) FROM deployments GROUP BY 1")"
is "$(sql "SELECT count(*) FROM deployments WHERE status = 'success'")" 18 "as successes" ||
	diag "$(sql "SELECT id, status, attempt, error FROM deployments WHERE status <> 'success'")"
is "$(sql "SELECT max(active) FROM seen")" 1 "never two builds of a project"
is "$(sql "SELECT max(total) FROM seen")" 3 "three at once over all workers, never more"
is "$(sql "SELECT count(*) FROM (SELECT id FROM seen WHERE status = 'success' GROUP BY id HAVING count(*) <> 1) x")" 0 \
	"each succeeds once"
is "$(sql "SELECT count(*) FROM deployments d WHERE attempt <>
	(SELECT count(*) FROM seen s WHERE s.id = d.id AND s.status = 'building')")" 0 "every attempt is counted"
isnt "$(sql "SELECT count(*) FROM deployments WHERE attempt > 1")" 0 "some were lost and begun again"
is "$(sql "SELECT count(*) FROM deployments a JOIN deployments b USING (project_id)
	WHERE a.created_at < b.created_at AND a.completed_at > b.completed_at")" 0 \
	"a project's deployments end in the order in which they came"
is "$(sql "SELECT count(*) FROM projects p WHERE live_deployment_id <> (SELECT id FROM deployments d
	WHERE d.project_id = p.id ORDER BY created_at DESC, id DESC LIMIT 1)")" 0 "the newest of each is live"

# a second worker on the same state directory waits
kill -TERM $first_pid $second_pid
wait $first_pid $second_pid 2>/dev/null
worker_down
# the log has the starts of the workers above, too: wait for one more
starts() { grep -c '"event":"start"' "$WORKER_LOG"; }
before=$(starts)
more_starts() { [ "$(starts)" -gt "$before" ]; }
worker_up
wait_for 20 more_starts || bail "the worker does not start"
setpriv --pdeathsig KILL sh "$abs_top_srcdir/t/lib/service-user.sh" run \
	"$TMP/bin/autostack-worker" -c "$CONF" >"$TMP/waits.log" 2>&1 &
waits=$!
wait_for 20 grep -q worker.waits "$TMP/waits.log"
ok $? "a second worker on the same state waits"
unlike "$(cat "$TMP/waits.log")" '"start"' "and does not start"
kill -TERM $waits
wait $waits
is $? 0 "and can be told to stop"

# the configuration
sed 's/^build_slots=.*/build_slots=zero/' "$CONF" >"$TMP/bad.conf"
chmod 644 "$TMP/bad.conf"
as_service "$TMP/bin/autostack-worker" -c "$TMP/bad.conf" -t >"$TMP/out" 2>&1
isnt $? 0 "-t refuses a wrong setting"
like "$(cat "$TMP/out")" 'build_slots' "and names it"
as_service "$TMP/bin/autostack-worker" -c "$CONF" -t
is $? 0 "-t takes a good configuration"
like "$("$TMP/bin/autostack-worker" -c "$CONF" -x events)" '^job\.claimed	' "-x events"
like "$("$TMP/bin/autostack-worker" -c "$CONF" -x errors)" '^REPOSITORY_REFUSED	422	' "-x errors"
unlike "$("$TMP/bin/autostack-worker" -c "$CONF" -x config)" "$(cut -c1-16 "$TMP/secret" | tr '+' .)" \
	"-x config shows no secret"
worker_down
unlike "$(cat "$WORKER_LOG")" 'AddressSanitizer|runtime error|"assert"|job.failed' \
	"the workers' logs are clean" || diag "$(grep -v claimed "$WORKER_LOG" | tail)"
done_testing
