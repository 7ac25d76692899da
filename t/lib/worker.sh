# worker.sh - a worker, its database and a git server, for tests of builds.
# Sourced after tap.sh; brings pg.sh along. No API: rows are written here.
#
#   worker_init [SETTING=VALUE]...  database ($PGURL if there is one), git
#                 server ($GIT: its URL), configuration ($CONF)
#   worker_up     start the worker under multiwatch, as the service account
#   worker_down   stop it in good order
#   worker_again SETTING=VALUE...   stop it and start it with these besides $CONF
#   worker_parent prints the pid of autostack-worker itself; worker_jobs and
#                 worker_outbox, worker_archiver those of its children,
#                 worker_hooks of the senders of notifications
#   repo NAME     makes a repository of what lies in $TMP/NAME (or an empty
#                 one) and serves it as $GIT/NAME.git; called again: a commit
#   project NAME REPOSITORY [COLUMN=VALUE]...   sets $project (id); site = NAME
#   deploy NAME [COLUMN=VALUE]...   queues one; sets $id. env=TEXT is sealed.
#   final ID [SECONDS]   waits for a final state; prints it
#   field ID COLUMN      prints it
#   the_log ID           prints the log
#   deployed NAME PATH   prints the live file
#   builds REPOSITORY NAME [COLUMN=VALUE]...  project, deploy and final at
#                 once; sets $id, $status, $error

. "$abs_top_srcdir/t/lib/pg.sh"

STATE=$TMP/state
CONF=$TMP/autostack.conf
GITROOT=$TMP/git
WORKER_LOG=$TMP/worker.log
CRASH=$TMP/crash

service_as=$("$abs_top_srcdir/t/lib/service-user.sh" words) || bail "no service account"
# shellcheck disable=SC2086 # words
as_service() { $service_as "$@"; }

# commit dates and identities that do not depend on the machine
export GIT_AUTHOR_NAME='Ada Author' GIT_AUTHOR_EMAIL=ada@example.com \
	GIT_COMMITTER_NAME=C GIT_COMMITTER_EMAIL=c@example.com \
	GIT_CONFIG_NOSYSTEM=1 GIT_CONFIG_GLOBAL=/dev/null \
	GIT_CONFIG_COUNT=4 GIT_CONFIG_KEY_0=safe.directory \
	GIT_CONFIG_VALUE_0='*' GIT_CONFIG_KEY_1=init.defaultBranch \
	GIT_CONFIG_VALUE_1=main GIT_CONFIG_KEY_2=protocol.file.allow \
	GIT_CONFIG_VALUE_2=always GIT_CONFIG_KEY_3=maintenance.auto \
	GIT_CONFIG_VALUE_3=false

worker_init() {
	[ -n "${PGURL:-}" ] || pg_start
	chmod 711 "$TMP"
	mkdir -p "$TMP/bin" "$STATE" "$GITROOT" "$CRASH"
	cp "$abs_top_builddir/autostack-worker" \
		"$abs_top_builddir/autostack-sandbox" "$TMP/bin/"
	chmod -R a+rX "$TMP/bin"
	head -c 48 /dev/urandom | base64 -w 0 >"$TMP/secret"
	worker_user=$(sh "$abs_top_srcdir/t/lib/service-user.sh") ||
		bail "no service account"
	worker_first=$(sh "$abs_top_srcdir/t/lib/service-user.sh" first-id) ||
		bail "$worker_user has no range in /etc/subuid"
	"$abs_top_srcdir/t/lib/githttpd.pl" "$GITROOT" "$TMP/git.port" \
		2>>"$TMP/git.log" &
	git_pid=$!
	defer "kill $git_pid 2>/dev/null"
	wait_for 10 test -s "$TMP/git.port" || bail "no git server"
	GIT=http://127.0.0.1:$(cat "$TMP/git.port")/git
	# uids of our own, so that counts per uid are ours
	SLOT_BASE=$((2000 + $$ % 28000 * 2))
	{
		printf '%s\n' "database_url=$PGURL" "jwt_secret=$TMP/secret" \
			"state_dir=$STATE" "run_dir=$TMP" worker_name=test \
			"slot_base=$SLOT_BASE" build_slots=2 \
			git_schemes=https,http git_private=127.0.0.1,localhost \
			'site_url=https://%s.test' build_memory_max=1G \
			status_probes=no hook_senders=1 "$@"
	} | last_settings >"$CONF"
	if [ "$(id -u)" = 0 ]; then
		chown -R "$worker_user:" "$STATE" "$CRASH" "$TMP/secret" "$CONF"
	fi
	chmod 600 "$TMP/secret"
	sql "INSERT INTO users (id, name, email) VALUES
		('00000000-0000-4000-8000-00000000000a', 'ada', 'ada@example.com')
		ON CONFLICT DO NOTHING"
	defer worker_clean
}

worker_pid=
worker_up() {
	AS_CRASH=$CRASH \
		ASAN_OPTIONS="detect_leaks=0:abort_on_error=1${WORKER_ASAN:+:$WORKER_ASAN}" \
		setpriv --pdeathsig TERM sh \
		"$abs_top_srcdir/t/lib/service-user.sh" run \
		"$(command -v multiwatch)" -f 1 -r 1000000000 -- \
		"$TMP/bin/autostack-worker" -c "${1:-$CONF}" \
		>>"$WORKER_LOG" 2>&1 </dev/null &
	worker_pid=$!
	defer worker_down
	worker_starts=$((${worker_starts:-0} + 1))
	wait_for 20 worker_started || bail "no worker: $(tail "$WORKER_LOG")"
}
worker_started() {
	[ "$(grep -c '"event":"start"\|event=start\b' "$WORKER_LOG")" -ge "$worker_starts" ]
}
worker_down() {
	[ -n "$worker_pid" ] || return 0
	kill -TERM "$worker_pid" 2>/dev/null
	wait "$worker_pid" 2>/dev/null
	worker_pid=
}
worker_again() {
	worker_down
	{
		cat "$CONF"
		printf '%s\n' "$@"
	} | last_settings >"$TMP/again.conf"
	worker_up "$TMP/again.conf"
}
worker_parent() { children "$worker_pid" | tr -d " "; }
# worker_children PATTERN: those of the worker whose names match
worker_children() {
	for worker_child in $(children "$(worker_parent)"); do
		{ read -r worker_name <"/proc/$worker_child/comm"; } 2>/dev/null || continue
		# shellcheck disable=SC2254 # a pattern
		case $worker_name in $1) echo "$worker_child" ;; esac
	done
}
worker_jobs() { worker_children 'autostack-worke*'; }
worker_outbox() { worker_children outbox; }
worker_hooks() { worker_children hooks; }
worker_archiver() { worker_children archiver; }
# What builds have left belongs to slots' uids.
worker_clean() {
	for worker_n in 0 1; do
		for worker_d in "$STATE/builds/slot-$worker_n/job" \
			"$STATE/builds/slot-$worker_n/cache/c"; do
			[ ! -d "$worker_d" ] || as_service "$TMP/bin/autostack-sandbox" \
				own --slot $((SLOT_BASE + worker_n)) --to worker \
				"$worker_d" 2>/dev/null
		done
	done
}

repo() {
	mkdir -p "$TMP/$1"
	[ -d "$TMP/$1/.git" ] || git init -q "$TMP/$1"
	(
		cd "$TMP/$1" || exit 1
		git add -A
		git commit -q --allow-empty -m "${2:-a commit of $1}"
		if [ -d "$GITROOT/$1.git" ]; then
			git push -q "$GITROOT/$1.git" HEAD:main
		else
			git clone -q --bare . "$GITROOT/$1.git"
		fi
	) || bail "repository $1"
	chmod -R a+rX "$GITROOT/$1.git"
}

# COLUMN=VALUE words as two SQL lists; values are quoted.
worker_columns() {
	cols=
	vals=
	for worker_w; do
		case $worker_w in env=* | env_sealed=*) continue ;; esac
		cols="$cols, ${worker_w%%=*}"
		vals="$vals, '$(printf %s "${worker_w#*=}" | sed "s/'/''/g")'"
	done
}

project() {
	p_name=$1
	p_repo=$2
	shift 2
	worker_columns "$@"
	project=$(sql "INSERT INTO projects (user_id, name, site, repository$cols)
		VALUES ('00000000-0000-4000-8000-00000000000a', '$p_name', '$p_name', '$p_repo'$vals)
		RETURNING id") || bail "project $p_name"
}

deploy() {
	d_name=$1
	shift
	worker_columns "$@"
	id=$(cat /proc/sys/kernel/random/uuid)
	d_env=NULL
	for worker_w; do
		case $worker_w in
		env=*)
			d_env="'$(printf %s "${worker_w#env=}" |
				"$abs_top_builddir/t/helper/seal" "$TMP/secret" \
					"deployment:$id:env")'"
			;;
		env_sealed=*) d_env="'${worker_w#*=}'" ;;
		esac
	done
	sql "INSERT INTO deployments (id, project_id, user_id, repository, branch,
			root_dir, install_command, build_command, output_dir, env_sealed$cols)
		SELECT '$id', id, user_id, repository, branch, root_dir, install_command,
			build_command, output_dir, $d_env$vals FROM projects WHERE name = '$d_name'" ||
		bail "deployment of $d_name"
}

# The server looks again and again: a psql each time would cost more than
# what is being tested.
worker_is_final() {
	sql "DO \$\$ BEGIN
		FOR i IN 1..200 LOOP
			PERFORM FROM deployments WHERE id = '$1' AND completed_at IS NOT NULL;
			IF FOUND THEN RETURN; END IF;
			PERFORM pg_sleep(0.05);
		END LOOP;
		RAISE 'not yet';
	END \$\$"
}
final() {
	wait_for "${2:-60}" worker_is_final "$1"
	field "$1" status
}
field() { sql "SELECT $2 FROM deployments WHERE id = '$1'"; }
# By psql, for megabytes: sql() reads a byte at a time.
the_log() {
	pg_psql postgres "$PG_DB" -q -At -c \
		"SELECT message FROM deployment_logs WHERE deployment_id = '$1' ORDER BY seq"
}
deployed() { cat "$STATE/sites/$1/current/$2"; }

builds() {
	b_repo=$1
	shift
	b_name=$1
	shift
	b_env=
	for worker_w; do
		case $worker_w in env=*) b_env=$worker_w ;; esac
	done
	project "$b_name" "$b_repo" "$@"
	if [ -n "$b_env" ]; then deploy "$b_name" "$b_env"; else deploy "$b_name"; fi
	status=$(final "$id" 90)
	error=$(field "$id" error)
}

# Tasks of the slots' uids; while a build runs there are some. Zombies wait for an
# init that may take its time, and do nothing else. Status 1: there are none.
slot_tasks() {
	pgrep -a -u $((worker_first + SLOT_BASE)),$((worker_first + SLOT_BASE + 1)) \
		-r D,I,R,S,T,t
}
no_slot_tasks() {
	slot_tasks >/dev/null
	[ $? -eq 1 ]
}
