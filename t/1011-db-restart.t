#!/bin/sh
# A program's connection while PostgreSQL is killed and started again.
. "$(dirname "$0")/lib/tap.sh"
. "$abs_top_srcdir/t/lib/pg.sh"

pg_own
mkfifo ask answer
"$abs_top_builddir/t/helper/dbping" <ask >answer &
dbping=$!
exec 3>ask 4<answer
ping() {
	echo "$1" >&3
	read -r said <&4 || said="nothing"
}

ping query
is "$said" ok "a query"
pg_kill
ping query
is "$said" SERVICE_UNAVAILABLE "a query after SIGKILL of PostgreSQL fails"
ping query
is "$said" SERVICE_UNAVAILABLE "and fails as long as it is away"
pg_up
ping query
is "$said" ok "the first query after its start is answered"

ping begin
is "$said" ok "a transaction"
pg_kill
pg_up
ping query
is "$said" SERVICE_UNAVAILABLE "a transaction does not go on in another session"
ping rollback
ping query
is "$said" ok "after its rollback the connection is opened again"

ping send
pg_kill
pg_up
ping recv
is "$said" SERVICE_UNAVAILABLE "what was sent to the old server fails"
ping query
is "$said" ok "and what follows does not"

ping listen
is "$said" ok "listening"
pg_kill
pg_up
ping query
ping notice
is "$said" lost "the listener is told that it missed something"
ping notify
ping notice
is "$said" "log:1" "and listens again"
"$PG_BINDIR/psql" -X -q -d "host=$PG_DIR user=postgres dbname=postgres" \
	-c "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE application_name = 'autostack-api'" >/dev/null
ping query
is "$said" ok "a connection that the administrator ended is opened again"
echo quit >&3 # no end of file: PostgreSQL inherited the pipe
wait $dbping
is $? 0 "and nothing leaks"
done_testing
