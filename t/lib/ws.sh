# ws.sh - a running autostack-ws for tests. Sourced after tap.sh and pg.sh:
#
#   pg_start; ws_start     one process, one user with a session; exports
#                          WS_SOCK, WS_USER, WS_SESSION, WS_PIDFILE, JWT_SECRET
#   ws_stop                TERM, and wait; its exit code is the status
#   ws_perl <<'END' ... END  run perl with t/lib/Ws.pm; it prints all of the TAP
#
# Settings are set by their environment names before ws_start
# (WS_QUEUE_MAX=65536). The log is $TMP/ws.log.

ws_program=${AUTOSTACK_WS:-$abs_top_builddir/autostack-ws}

ws_spawn() {
	# the loop reads nothing from the environment but settings
	"$ws_program" -c /dev/null >>"$TMP/ws.log" 2>&1 </dev/null &
	ws_pid=$!
	echo "$ws_pid" >"$WS_PIDFILE"
	wait_for 20 grep -q '"start"' "$TMP/ws.log" ||
		bail "autostack-ws does not start: $(tail -n 5 "$TMP/ws.log")"
}

ws_start() {
	[ -x "$ws_program" ] || bail "autostack-ws is not built"
	mkdir -p "$TMP/run"
	export RUN_DIR="$TMP/run" DATABASE_URL="$PGURL" APP_URL=https://panel.example
	export JWT_SECRET=a-secret-for-tests-of-at-least-32-bytes
	export ALLOWED_ORIGINS='https://other.example, https://third.example:8443'
	export WS_SOCK="$TMP/run/ws.sock" WS_PIDFILE="$TMP/ws.pid"
	export PG_BINDIR PG_DIR PG_DB abs_top_srcdir TMP
	WS_USER=$(sql "INSERT INTO users (name, email) VALUES ('U', 'u@example.com') RETURNING id")
	WS_SESSION=$(sql "INSERT INTO sessions (user_id, expires_at)
		VALUES ('$WS_USER', now() + interval '1 day') RETURNING id")
	export WS_USER WS_SESSION
	ws_spawn
	defer 'kill -KILL "$(cat "$WS_PIDFILE")" 2>/dev/null'
}

ws_stop() {
	kill -TERM "$ws_pid"
	wait "$ws_pid"
}

ws_perl() {
	perl -I"$abs_top_srcdir/t/lib" -
	ws_status=$?
	tap_ended=1
	[ "$ws_status" -eq 0 ] || {
		diag "the end of autostack-ws's log:"
		diag "$(tail -n 20 "$TMP/ws.log")"
		exit 1
	}
}
