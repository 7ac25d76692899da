# chaos.sh - a queue of deployments whose worker and database are killed again
# and again. For a stack that runs (its env was read); sourced by t/9050 and
# bench/chaos.
#
#   chaos_init REPOSITORY PROJECTS   projects of the first user that build
#                 REPOSITORY, which holds an index.html and chaos.pl, each with
#                 one good release. CHAOS_SEED makes choices repeatable.
#   chaos_script  prints chaos.pl
#   chaos_queue N the deployments, in turn over the projects: every fifth a
#                 rollback to the first release, every seventh of the others
#                 fails by itself, the rest build for up to CHAOS_BUILD_MS
#                 milliseconds (default 1500). One in ten gets a cancel.
#   chaos_kill N  so many SIGKILLs, one each 50 to CHAOS_GAP_MS milliseconds
#                 (default 600): of a job, of the worker, of a backend of
#                 PostgreSQL, of all of it. Sets chaos_killed.
#   chaos_wait SECONDS   until every deployment has ended and what is left of
#                 them has been cleared up
#   chaos_faults  prints what must not be, a line each; nothing when all is well
#   chaos_ends    prints how they have ended, "STATUS COUNT" a line

chaos_sql() {
	psql -XAtq -v ON_ERROR_STOP=1 \
		"$(printf %s "$AUTOSTACK_DB" | sed 's/user=[a-z_]*/user=postgres/')" \
		-c "$1" 2>/dev/null
}
chaos_retry() { # SQL: however often the database is away
	until chaos_sql "$1"; do sleep 0.1; done
}

chaos_rand() { # N: sets chaos_r to 0 .. N-1
	chaos_state=$(((${chaos_state:-${CHAOS_SEED:-1}} * 1103515245 + 12345) % 2147483648))
	chaos_r=$((chaos_state / 65536 % $1))
}

# Waits as a process of its own, whose name tells the project; then a page.
chaos_script() {
	cat <<'END'
my ($project, $ms, $code) = @ARGV;
for my $i (1 .. 5) {
	print "step $i of $project\n";
	select undef, undef, undef, $ms / 5000;
}
exit $code if $code;
mkdir 'dist';
open my $f, '>', 'dist/index.html' or die;
print $f "$project $$ $ms\n" x 200;
END
}

chaos_init() {
	chaos_first="INSERT INTO deployments (project_id, user_id, repository, branch, install_command, build_command, output_dir)
		SELECT id, user_id, repository, branch, '', 'perl chaos.pl ' || site || ' 1 0', 'dist' FROM projects
		WHERE name LIKE 'chaos-%'"
	chaos_sql "CREATE TABLE chaos_ends (id uuid, status text, at timestamptz DEFAULT now());
		CREATE FUNCTION chaos_note() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS \$\$
		BEGIN
			IF NEW.completed_at IS NOT NULL OR OLD.completed_at IS NOT NULL THEN
				INSERT INTO public.chaos_ends (id, status) VALUES (NEW.id, NEW.status);
			END IF;
			RETURN NULL;
		END \$\$;
		INSERT INTO projects (user_id, name, site, repository)
			SELECT (SELECT id FROM users ORDER BY created_at LIMIT 1), 'chaos-' || n, 'chaos-' || n, '$1'
			FROM generate_series(1, $2) n;
		$chaos_first" || return 1
	chaos_until=$(($(date +%s) + 120))
	until [ "$(chaos_sql "SELECT count(*) FROM deployments WHERE status = 'success' AND build_command LIKE 'perl chaos.pl%'")" = "$2" ]; do
		[ "$(date +%s)" -lt $chaos_until ] || return 1
		sleep 0.2
	done
	chaos_sql "CREATE TRIGGER chaos_note AFTER UPDATE OF status ON deployments FOR EACH ROW
		WHEN (OLD.status IS DISTINCT FROM NEW.status) EXECUTE FUNCTION chaos_note()"
	chaos_projects=$2
}

chaos_queue() {
	chaos_n=$1
	chaos_i=0
	chaos_all=
	while [ $chaos_i -lt "$1" ]; do
		chaos_i=$((chaos_i + 1))
		chaos_p=chaos-$((chaos_i % chaos_projects + 1))
		chaos_rand "${CHAOS_BUILD_MS:-1500}"
		chaos_code=0
		[ $((chaos_i % 7)) != 0 ] || chaos_code=3
		if [ $((chaos_i % 5)) = 0 ]; then
			chaos_all="$chaos_all
				INSERT INTO deployments (project_id, user_id, trigger, repository, branch, release_id)
				SELECT project_id, user_id, 'rollback', repository, branch, release_id FROM deployments
				WHERE status = 'success' AND project_id = (SELECT id FROM projects WHERE site = '$chaos_p') AND release_id = id
				ORDER BY created_at LIMIT 1;"
		else
			chaos_all="$chaos_all
				INSERT INTO deployments (project_id, user_id, repository, branch, install_command, build_command, output_dir)
				SELECT id, user_id, repository, branch, '', 'perl chaos.pl $chaos_p $chaos_r $chaos_code', 'dist'
				FROM projects WHERE site = '$chaos_p';"
		fi
	done
	chaos_sql "$chaos_all"
}

# A child of PROCESS, at random; nothing when it has none.
chaos_child() {
	read -r chaos_list <"/proc/$1/task/$1/children" 2>/dev/null
	# shellcheck disable=SC2086 # a list
	set -- $chaos_list
	[ $# -gt 0 ] || return 1
	chaos_rand $#
	shift "$chaos_r"
	echo "$1"
}
chaos_service() { # worker or postgres: the process below its supervisor
	read -r chaos_pid chaos_rest <"$AUTOSTACK_STATE/run/$1.pid" && chaos_child "$chaos_pid"
}

# One of the worker's children that has a job: there may be none for a while
# after other kills, so it is waited for, but not for ever.
chaos_a_job() {
	for chaos_i in 1 2 3 4 5 6 7 8 9 10; do
		chaos_parent=$(chaos_service worker) &&
			chaos_list=$(ps -o comm=,pid= --ppid "$chaos_parent" | sed -n '/^outbox /!s/.* //p')
		# shellcheck disable=SC2086 # a list
		set -- $chaos_list
		[ $# = 0 ] || break
		sleep 0.2
	done
	[ $# -gt 0 ] || return 1
	chaos_rand $#
	shift "$chaos_r"
	echo "$1"
}

# What must never be, looked for all the time: more builds than slots, and two
# builds of one project.
chaos_watch() {
	while [ ! -e "$CHAOS_DIR/stop" ]; do
		ps -eo args= | sed -n 's/^perl chaos.pl \(chaos-[0-9]*\) .*/\1/p' | sort >"$CHAOS_DIR/now"
		uniq -d "$CHAOS_DIR/now" | sed 's/^/two builds at once of /' >>"$CHAOS_DIR/faults"
		[ "$(wc -l <"$CHAOS_DIR/now")" -le "$CHAOS_SLOTS" ] ||
			echo "more than $CHAOS_SLOTS builds at once" >>"$CHAOS_DIR/faults"
		chaos_sql "SELECT 'too many leases: ' || count(*) FROM deployments
			WHERE status IN ('building', 'deploying') AND release_id IS NULL HAVING count(*) > $CHAOS_SLOTS" \
			>>"$CHAOS_DIR/faults"
		sleep 0.2
	done
}

chaos_kill() {
	CHAOS_DIR=$(mktemp -d "${TMPDIR:-/tmp}/as-chaos.XXXXXX")
	CHAOS_SLOTS=$(sed -n 's/^build_slots *= *//p' "$AUTOSTACK_CONF")
	CHAOS_SLOTS=${CHAOS_SLOTS:-2}
	chaos_watch &
	chaos_watcher=$!
	chaos_job=0 chaos_worker=0 chaos_backend=0 chaos_postgres=0
	chaos_killed=0
	while [ $chaos_killed -lt "$1" ]; do
		chaos_rand $((${CHAOS_GAP_MS:-600} - 50))
		sleep "$(printf '%d.%03d' $(((chaos_r + 50) / 1000)) $(((chaos_r + 50) % 1000)))"
		chaos_rand 10
		case $chaos_r in
		[0-5])
			chaos_what=job
			chaos_at=$(chaos_a_job)
			;;
		[6-7])
			chaos_what=worker
			chaos_at=$(chaos_service worker)
			;;
		8)
			chaos_what=backend
			chaos_at=$(chaos_service postgres) && chaos_at=$(chaos_child "$chaos_at")
			;;
		*)
			chaos_what=postgres
			chaos_at=$(chaos_service postgres)
			;;
		esac
		[ -n "$chaos_at" ] && kill -KILL "$chaos_at" 2>/dev/null || continue
		chaos_killed=$((chaos_killed + 1))
		eval "chaos_$chaos_what=\$((chaos_$chaos_what + 1))"
		chaos_rand 5
		[ "$chaos_r" != 0 ] || chaos_sql "UPDATE deployments SET cancel_requested_at = now()
			WHERE id = (SELECT id FROM deployments WHERE status IN ('building', 'deploying') AND cancel_requested_at IS NULL
				ORDER BY created_at, id DESC LIMIT 1)"
	done
	touch "$CHAOS_DIR/stop"
	wait $chaos_watcher
}

chaos_left() { # what is on disk or runs and has to go
	find "$AUTOSTACK_STATE/builds" -maxdepth 1 -name 'slot-*'
	find "$AUTOSTACK_STATE/sites" -name '.*.tmp'
	ps -eo args= | grep '^perl chaos.pl'
	ps -eo uid=,stat=,args= | awk -v a="$chaos_uid" -v n="$CHAOS_SLOTS" '$1 >= a && $1 < a + n && $2 !~ /^Z/'
	chaos_releases
}

# Directories below releases beside the rows.
chaos_releases() {
	find "$AUTOSTACK_STATE/sites" -mindepth 3 -maxdepth 3 -path '*/releases/*' -printf '%P\n' |
		sed 's|/releases/| |' | sort >"$CHAOS_DIR/disk"
	chaos_sql "SELECT p.site || ' ' || r.id FROM releases r JOIN projects p ON p.id = r.project_id
		WHERE r.retired_at IS NULL" | sort >"$CHAOS_DIR/rows" || echo "no database"
	comm -23 "$CHAOS_DIR/disk" "$CHAOS_DIR/rows" | sed 's/^/a directory without a release: /'
	comm -13 "$CHAOS_DIR/disk" "$CHAOS_DIR/rows" | sed 's/^/a release without its directory: /'
	chaos_sql "SELECT 'a retired release stays: ' || id FROM releases WHERE retired_at IS NOT NULL"
}

chaos_wait() {
	chaos_until=$(($(date +%s) + $1))
	chaos_uid=$("$abs_top_srcdir/t/lib/service-user.sh" first-id) || return 1
	chaos_uid=$((chaos_uid + $(sed -n 's/^slot_base *= *//p' "$AUTOSTACK_CONF" | grep . || echo 0)))
	until [ "$(chaos_sql "SELECT count(*) FROM deployments WHERE completed_at IS NULL")" = 0 ] &&
		[ -z "$(chaos_left)" ]; do
		[ "$(date +%s)" -lt $chaos_until ] || return 1
		sleep 0.2
	done
}

chaos_faults() {
	sort "$CHAOS_DIR/faults" | uniq -c
	chaos_left
	chaos_sql "SELECT 'never ended: ' || id || ' ' || status FROM deployments WHERE completed_at IS NULL
		UNION ALL
		SELECT 'ended as ' || string_agg(status, ' and ' ORDER BY at) || ': ' || id FROM chaos_ends GROUP BY id HAVING count(*) <> 1
		UNION ALL
		SELECT 'no word why: ' || id FROM deployments WHERE status = 'failed' AND error IS NULL
		UNION ALL
		SELECT 'a lease stays: ' || id FROM deployments WHERE lease_owner IS NOT NULL
		UNION ALL
		SELECT 'a log with gaps: ' || d.id FROM deployments d LEFT JOIN deployment_logs l ON l.deployment_id = d.id
			GROUP BY d.id HAVING d.log_seq <> count(l) OR d.log_seq <> coalesce(max(l.seq), 0)" ||
		echo "no database"
	chaos_sql "SELECT p.site, d.release_id FROM projects p JOIN deployments d ON d.id = p.live_deployment_id
		WHERE p.name LIKE 'chaos-%'" | while IFS='|' read -r chaos_s chaos_r; do
		[ "$(readlink "$AUTOSTACK_STATE/sites/$chaos_s/current")" = "releases/$chaos_r" ] ||
			echo "$chaos_s shows $(readlink "$AUTOSTACK_STATE/sites/$chaos_s/current") and not $chaos_r"
	done
	find "$AUTOSTACK_STATE/sites" -maxdepth 2 -name current -xtype l | sed 's/^/a dead link: /'
	grep -hE 'AddressSanitizer|runtime error|"assert"' "$AUTOSTACK_STATE"/log/*.log
	for chaos_s in api ws worker postgres; do
		chaos_service "$chaos_s" >/dev/null || echo "$chaos_s does not run"
	done
}

chaos_ends() {
	chaos_sql "SELECT CASE WHEN trigger = 'rollback' THEN 'rollback ' ELSE 'build ' END || status || ' ' || count(*)
		FROM deployments d JOIN chaos_ends USING (id, status) GROUP BY trigger = 'rollback', status ORDER BY 1"
}
chaos_done() { rm -rf "$CHAOS_DIR"; }
