# shellcheck shell=bash disable=SC2015,SC2034,SC2086,SC2154 # shares variables with the other parts
# services.sh - starts and ends the processes of a state. Sourced by
# ./quickstart. Each program has a supervisor (multiwatch) in a session of its
# own; run/NAME.pid holds its process id, its start time and the boot that both
# belong to, so that an id that the kernel gave to somebody else is never
# signalled.

# In this order they are stopped.
services='nginx certificates git api ws worker postgres'

# start_time PID: when the kernel made it, in ticks since boot; also sets
# proc_state. Fails when there is no such process.
start_time() {
	local stat=''
	{ read -r -d '' stat <"/proc/$1/stat"; } 2>/dev/null
	[ -n "$stat" ] || return 1
	# the name in parentheses may hold blanks
	# shellcheck disable=SC2086 # fields
	set -- ${stat##*) }
	proc_state=$1
	proc_start=${20}
}

# Process ids mean something in this boot of the machine or container only.
this_boot() {
	local id
	read -r id </proc/sys/kernel/random/boot_id
	proc_start=
	start_time 1 # some hosts hide it
	printf '%s.%s\n' "$id" "$proc_start"
}

# recorded NAME: sets pid and start; fails when there is no such file or it is
# from before a boot
recorded() {
	local boot
	{ read -r pid start boot <"$run/$1.pid"; } 2>/dev/null &&
		[ "$boot" = "$(this_boot)" ]
}

# running NAME: its supervisor is the very process that we started
running() {
	local pid start
	recorded "$1" || return 1
	start_time "$pid" && [ "$proc_start" = "$start" ] && [ "$proc_state" != Z ]
}

any_running() {
	local s
	for s in $services; do running "$s" && return 0; done
	return 1
}

all_running() {
	local s
	for s in $services; do running "$s" || return 1; done
}

# start NAME COMMAND...: as the account, in a session of its own, without the
# lock and without a terminal's signals
start() {
	local name=$1 pid
	shift
	# all of these become the next one, so $! stays the supervisor
	(
		exec </dev/null 9>&-
		exec env -i "${clean_env[@]}" "${become[@]}" \
			setsid sh -c "$log_to" "$state/log/$name.log" \
			env --default-signal=INT,QUIT,PIPE "$@"
	) &
	pid=$!
	start_time "$pid" || die "$name does not start"
	printf '%s %s %s\n' "$pid" "$proc_start" "$(this_boot)" | write_file 644 "$run/$name.pid"
}

# supervise NAME FORKS COMMAND... Debian's multiwatch 1.0.0 mixes up the names
# of -s (INT sends HUP, TERM sends QUIT, USR1 sends ILL), so its default USR1
# stays, and stop() tells the children itself.
supervise() {
	start "$1" "${prefix[@]}" /usr/bin/multiwatch -f "$2" -r 1000000000 \
		-- "${@:3}"
}

# Sets members, those of a supervisor's session, the supervisor included, and
# succeeds when there are none, or its id belongs to another process by now.
# Zombies that nobody waits for do not count. pgrep reads all of /proc; but none
# of ours leaves its supervisor's process group (only PostgreSQL's processes,
# and the session too), and whether that one is there is quickly asked.
session_gone() { # PID START
	members=
	if start_time "$1" && [ "$proc_start" != "$2" ]; then return 0; fi
	kill -0 -- "-$1" 2>/dev/null || return 0
	members=$(pgrep -s "$1" -r D,I,R,S,T,t)
	[ $? -eq 1 ]
}

# stop NAME: first the supervisor, so that it replaces nobody, then all of its
# session, and what does not listen is killed. The same way finds the orphans
# of a supervisor that was killed.
stop() {
	local name=$1 pid start member members signal=TERM ended=no
	# PostgreSQL takes TERM as "when all clients have gone" and INT as "now"
	[ "$name" != postgres ] || signal=INT
	recorded "$name" || {
		rm -f "$run/$name.pid"
		return 0
	}
	if running "$name"; then
		kill -TERM "$pid" 2>/dev/null
		sleep 0.05
	fi
	for signal in $signal KILL; do
		session_gone "$pid" "$start" && ended=yes && break
		for member in $members; do
			[ "$member" = "$pid" ] || kill "-$signal" "$member" 2>/dev/null
		done
		wait_until 10 session_gone "$pid" "$start" && ended=yes && break
		! running "$name" || kill -KILL "$pid" 2>/dev/null
	done
	[ "$ended" = yes ] || session_gone "$pid" "$start" || say "$name does not end"
	rm -f "$run/$name.pid"
}

stop_all() {
	local s
	command -v pgrep >/dev/null ||
		die "cannot find what runs: pgrep is missing (apt-get install procps)"
	for s in $services; do stop "$s"; done
	rm -f "$run"/config.sum
}

# The same when nothing is to be started again.
end_all() {
	stop_all
	[ "$sockets" = "$run" ] || as_user rm -rf "$sockets"
}

# psql as the cluster's superuser
db() {
	as_user "$pg_bin/psql" -X -q -A -t -v ON_ERROR_STOP=1 \
		-d "host=$sockets user=postgres dbname=${db_name:-postgres}" "$@"
}

find_postgres() {
	local dir
	for dir in $(printf '%s\n' /usr/lib/postgresql/*/bin | sort -t/ -k5 -rn); do
		# a cluster that exists stays with its own version
		[ -s "$state/pg/PG_VERSION" ] &&
			[ "$dir" != "/usr/lib/postgresql/$(cat "$state/pg/PG_VERSION")/bin" ] &&
			continue
		[ -x "$dir/postgres" ] && pg_bin=$dir && return
	done
	die "no PostgreSQL here that fits $state/pg"
}

# The private cluster: a unix socket in a directory that nobody else can enter
# is its only door, hence trust.
make_cluster() {
	[ -s "$state/pg/PG_VERSION" ] && return
	rm -rf "$state/pg.new"
	logged initdb "$pg_bin/initdb" -D "$state/pg.new" -U postgres -A trust -E UTF8 \
		--locale=C.UTF-8 || {
		tail -n 5 "$state/log/initdb.log" >&2
		die "initdb failed"
	}
	as_user mv "$state/pg.new" "$state/pg"
}

start_postgres() {
	prefix=()
	supervise postgres 1 "$pg_bin/postgres" -D "$state/pg" \
		-c listen_addresses= -c "unix_socket_directories=$sockets" \
		-c unix_socket_permissions=0700 -c max_connections=200 \
		-c log_min_messages=warning -c "log_line_prefix=%m [%p] %u "
	await postgres 60 db -c ';'
}

make_database() {
	db -c "DO \$\$ BEGIN
		IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'autostack_owner') THEN
			CREATE ROLE autostack_owner LOGIN CREATEROLE;
		END IF;
	END \$\$" || die "cannot make the database's owner"
	[ "$(db -c "SELECT 1 FROM pg_database WHERE datname = 'autostack'")" = 1 ] ||
		db -c 'CREATE DATABASE autostack OWNER autostack_owner' ||
		die "cannot make the database"
	logged migrate "$ctl" -c "$conf" migrate || {
		tail -n 5 "$state/log/migrate.log" >&2
		die "autostack migrate failed"
	}
	# once: it refuses a database in which people have accounts
	[ "$seed" = yes ] && [ ! -e "$state/.seeded" ] || return 0
	logged seed "$ctl" -c "$conf" seed --force || {
		tail -n 5 "$state/log/seed.log" >&2
		die "autostack seed failed"
	}
	as_user touch "$state/.seeded"
}

# A port that somebody else holds is named before anything starts.
check_ports() {
	local flag port
	for flag in https http; do
		port=${flag}_port
		port=${!port}
		[ -z "$(ss -Hltn "sport = :$port")" ] ||
			die "port $port is in use; choose another one with --$flag-port"
	done
}

start_programs() {
	prefix=()
	supervise ws 1 "$libexec/autostack-ws" -c "$conf"
	prefix=(spawn-fcgi -n -s "$sockets/api.sock" -M 0660 --)
	supervise api "$(setting api_processes)" "$libexec/autostack-api" -c "$conf"
	prefix=(spawn-fcgi -n -s "$sockets/git.sock" -M 0660 --)
	supervise git 2 /usr/sbin/fcgiwrap
	prefix=()
	supervise certificates 1 "$state/inst/tools/watch-sites" "$state"
	with_ports supervise nginx 1 "$state/inst/tools/run-nginx" "$state/nginx/nginx.conf"
}

# Deployments may be waiting, and their repositories lie behind nginx here: a
# worker that is up before it finds no server and fails them.
start_worker() {
	await nginx 30 ask /
	prefix=()
	supervise worker 1 "$libexec/autostack-worker" -c "$conf"
}

# await NAME SECONDS COMMAND...: until it works, or say which part does not and
# why, and take everything down again
await() {
	local name=$1
	shift
	wait_until "$@" && return
	say "quickstart: $name does not come up. The end of $state/log/$name.log:" >&2
	tail -n 10 "$state/log/$name.log" >&2
	end_all
	exit 1
}

ask() { # PATH: our nginx, over TLS, checked against our own authority
	curl -fsS -m 10 --noproxy '*' --cacert "$state/tls/ca.pem" \
		"https://localhost:$https_port$1"
}

ws_answers() {
	[ "$(curl -sS -m 5 --noproxy '*' -o /dev/null -w '%{http_code}' \
		--unix-socket "$sockets/ws.sock" http://localhost/)" != 000 ]
}

# The worker has nothing to ask: it must have run for a second without dying.
worker_lives() {
	local pid start child
	recorded worker || return 1
	child=$(cat "/proc/$pid/task/$pid/children") || return 1
	[ -n "$child" ] || return 1
	sleep 1
	[ "$(cat "/proc/$pid/task/$pid/children")" = "$child" ]
}

await_health() {
	await nginx 30 ask /
	await api 30 ask /health
	await api 30 ask /health/db
	await ws 30 ws_answers
	await worker 30 worker_lives
}
