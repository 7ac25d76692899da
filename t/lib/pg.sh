# pg.sh - a throwaway PostgreSQL for tests. Sourced by .t files after tap.sh
# (and by with-pg.sh, which runs many of them against one cluster):
#
#   . "$(dirname "$0")/lib/tap.sh"
#   . "$abs_top_srcdir/t/lib/pg.sh"
#
#   pg_start   a migrated database of this file's own. Uses the cluster of
#              with-pg.sh ($AS_PG), else starts one and stops it at the end.
#              Sets PGURL (a database_url that names no user).
#   pg_own     the same, in a cluster that this test may kill.
#   pg_db      one more migrated database; sets PGURL to it.
#   pg_db_empty  the same without a schema, owned by autostack_owner.
#   autostack URL COMMAND    the admin command, with URL as the database
#   sql 'SELECT ...'         as the superuser: rows as psql -At prints them, of
#                            the last statement; all of them are one transaction
#   sql_as ROLE 'SELECT ...' the same as autostack_api, autostack_owner, ...
#   pg_kill    SIGKILL every process of the cluster of pg_own
#   pg_up      start it again, wait until it takes connections
#   pg_pid     prints the pid of its postmaster
#
# The cluster listens on a unix socket only, in a short path of mode 0700. It
# runs as an unprivileged user, because PostgreSQL refuses to run as root, and
# it ends when the shell that started it does, however that ends.

unset PGHOST PGPORT PGUSER PGDATABASE PGOPTIONS PGSERVICE PGPASSWORD

pg_die() {
	echo "pg.sh: $*" >&2
	exit 1
}

pg_bindir() {
	[ -n "${PG_BINDIR:-}" ] && return 0
	for PG_BINDIR in $(ls -d /usr/lib/postgresql/*/bin 2>/dev/null |
		sort -t/ -k5 -rn) "$(pg_config --bindir 2>/dev/null)"; do
		[ -x "$PG_BINDIR/initdb" ] && return 0
	done
	pg_die "PostgreSQL's initdb is not installed"
}

# Sets pg_as, the words before a command that is run as the cluster's user.
pg_user() {
	pg_as=
	[ "$(id -u)" = 0 ] || return 0
	# The account that workers run as too: they enter its 0700 directory. On a
	# fresh machine it has to be made before the first cluster.
	pg_account=$(sh "$abs_top_srcdir/t/lib/service-user.sh") ||
		pg_die "no user to run PostgreSQL as"
	pg_as="setpriv --reuid=$pg_account --regid=$(id -g "$pg_account") --init-groups"
}

# pg_make DIR: a cluster in DIR (exists, empty).
pg_make() {
	[ -z "$pg_as" ] || chown "$pg_account" "$1"
	$pg_as "$PG_BINDIR/initdb" -D "$1/data" -U postgres -A trust -E UTF8 \
		--locale=C.UTF-8 --no-sync >"$1.log" 2>&1 ||
		pg_die "initdb: $(tail -n 3 "$1.log")"
	cat >>"$1/data/postgresql.conf" <<-END
		listen_addresses = ''
		unix_socket_directories = '$1'
		max_connections = 250
		shared_buffers = 64MB
		fsync = off
		full_page_writes = off
		log_min_messages = warning
		log_line_prefix = '%m %u@%d '
	END
}

# pg_copy FROM TO: the stopped cluster of one directory in another one.
pg_copy() {
	[ -z "$pg_as" ] || chown "$pg_account" "$2"
	$pg_as cp -R "$1/data" "$2/data" &&
		echo "unix_socket_directories = '$2'" >>"$2/data/postgresql.conf" ||
		pg_die "no copy of $1"
}

pg_ready() {
	"$PG_BINDIR/psql" -X -q -d "host=$1 user=postgres dbname=postgres" -c ';' \
		2>/dev/null
}

# pg_run DIR: start it as a child of this very shell (no function or subshell
# between, so that QUIT, an immediate shutdown, comes when the shell dies) and
# wait. After a SIGKILL old children may keep the shared memory for a moment,
# so the start is repeated.
pg_run() {
	pg_tries=0
	while :; do
		$pg_as setpriv --pdeathsig QUIT "$PG_BINDIR/postgres" -D "$1/data" \
			>>"$1.log" 2>&1 </dev/null &
		pg_child=$!
		pg_deadline=$(($(date +%s) + 30))
		while kill -0 $pg_child 2>/dev/null; do
			pg_ready "$1" && return 0
			[ "$(date +%s)" -lt $pg_deadline ] ||
				pg_die "PostgreSQL does not start: $(tail -n 5 "$1.log")"
			sleep 0.05
		done
		pg_tries=$((pg_tries + 1))
		[ $pg_tries -lt 20 ] ||
			pg_die "PostgreSQL does not start: $(tail -n 5 "$1.log")"
		sleep 0.1
	done
}

# pg_drop DIR: stop the cluster and remove it.
pg_drop() {
	if [ -s "$1/data/postmaster.pid" ]; then
		$pg_as "$PG_BINDIR/pg_ctl" -D "$1/data" -m immediate -t 20 stop \
			>/dev/null 2>&1
	fi
	rm -rf "$1" "$1.log"
}

# Sets PG_DIR to a running cluster with a migrated template, stopped at exit.
# The one of a whole run leaves a copy of its files, which others begin with,
# those of stack.sh too: initdb and the schema's files are seconds. So the
# template has the name that quickstart gives its database.
pg_cluster() {
	pg_user
	PG_DIR=$(mktemp -d "${TMPDIR:-/tmp}/as-pg.XXXXXX") || exit 1
	defer "pg_drop $PG_DIR"
	if [ -n "${AS_PG:-}" ]; then
		pg_copy "$AS_PG/seed" "$PG_DIR"
		pg_run "$PG_DIR"
		return 0
	fi
	pg_make "$PG_DIR"
	pg_run "$PG_DIR"
	pg_psql postgres postgres -q -c \
		'CREATE ROLE autostack_owner LOGIN CREATEROLE' -c \
		'CREATE DATABASE autostack OWNER autostack_owner' ||
		pg_die "no template database"
	pg_migrate autostack || pg_die "the schema does not apply"
}

# pg_seed: leave that copy, of this cluster.
pg_seed() {
	$pg_as "$PG_BINDIR/pg_ctl" -D "$PG_DIR/data" -m fast -t 20 stop >/dev/null &&
		wait "$pg_child" && $pg_as mkdir "$PG_DIR/seed" ||
		pg_die "PostgreSQL does not stop"
	pg_copy "$PG_DIR" "$PG_DIR/seed"
	pg_run "$PG_DIR"
}

pg_psql() { # ROLE DATABASE ARG...
	pg_role=$1
	pg_name=$2
	shift 2
	"$PG_BINDIR/psql" -X -v ON_ERROR_STOP=1 \
		-d "host=$PG_DIR user=$pg_role dbname=$pg_name" "$@"
}

# pg_migrate DATABASE: with the command that users run.
pg_migrate() {
	autostack "host=$PG_DIR dbname=$1" migrate >/dev/null
}

# autostack DATABASE_URL COMMAND ARG...: the admin command of the build tree,
# whatever configuration this host has.
autostack() {
	pg_url=$1
	shift
	DATABASE_URL=$pg_url "$abs_top_builddir/autostack" -c /dev/null \
		--data "$abs_top_srcdir" "$@"
}

pg_count=0
pg_new() { # SQL after CREATE DATABASE name
	pg_count=$((pg_count + 1))
	PG_DB=t$$_$pg_count
	[ -d "$TMP/sqld" ] || pg_sqld
	pg_psql postgres postgres -q -c "CREATE DATABASE $PG_DB $1" ||
		pg_die "no database"
	PGURL="host=$PG_DIR dbname=$PG_DB"
	export PGURL
}
pg_db() { pg_new "TEMPLATE autostack OWNER autostack_owner STRATEGY file_copy"; }
pg_db_empty() { pg_new "OWNER autostack_owner"; }

pg_start() {
	pg_bindir
	if [ -z "${AS_PG:-}" ]; then
		pg_cluster
	else
		PG_DIR=$AS_PG
		defer pg_forget
	fi
	pg_db
}
# The shared cluster lives on: give back this file's databases.
pg_forget() {
	while [ "$pg_count" -gt 0 ]; do
		pg_psql postgres postgres -q -c \
			"DROP DATABASE IF EXISTS t$$_$pg_count WITH (FORCE)" \
			>/dev/null 2>&1
		pg_count=$((pg_count - 1))
	done
}

pg_own() {
	pg_bindir
	pg_cluster
	pg_db
}
pg_pid() { head -n 1 "$PG_DIR/data/postmaster.pid"; }
pg_kill() {
	[ "$PG_DIR" != "${AS_PG:-}" ] || pg_die "pg_kill needs pg_own"
	pg_pm=$(pg_pid)
	# The postmaster first, or it would see its children die and clean up.
	# shellcheck disable=SC2046
	kill -KILL "$pg_pm" $(children "$pg_pm") 2>/dev/null
	wait_for 10 pg_gone "$pg_pm" || pg_die "PostgreSQL outlives SIGKILL"
	wait "$pg_child" 2>/dev/null
	return 0
}
pg_gone() { ! kill -0 "$1" 2>/dev/null || grep -q '^State:.Z' "/proc/$1/status"; }
pg_up() { pg_run "$PG_DIR"; }

# Statements go to one process that keeps its connections (sqld.pl), opened
# anew each time, so that no child inherits an end of them.
pg_sqld() {
	mkdir "$TMP/sqld" && mkfifo "$TMP/sqld/ask" "$TMP/sqld/answer" "$TMP/sqld/turn" ||
		pg_die "no pipes"
	setpriv --pdeathsig TERM "$abs_top_srcdir/t/lib/sqld.pl" "$TMP/sqld" &
	defer "kill $! 2>/dev/null"
}
pg_end=$(printf '\001')
sql_as() {
	{
		read -r pg_line <&7
		printf 'host=%s;user=%s;dbname=%s\n%s\n\001\n' \
			"$PG_DIR" "$1" "$PG_DB" "$2" >&8
		while IFS= read -r pg_line <&9; do
			case $pg_line in "$pg_end"*) break ;; esac
			printf '%s\n' "$pg_line"
		done
		echo >&7
	} 7<>"$TMP/sqld/turn" 8>"$TMP/sqld/ask" 9<"$TMP/sqld/answer"
	[ "$pg_line" = "$pg_end" ] || {
		printf '%s\n' "${pg_line#?}" >&2
		return 1
	}
}
sql() { sql_as postgres "$1"; }
