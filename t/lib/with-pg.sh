#!/bin/sh
# with-pg.sh COMMAND ARG... - run a command (prove) with one PostgreSQL cluster
# that all tests of the run share through $AS_PG. Called by t/run.

abs_top_srcdir=${abs_top_srcdir:-$(cd "$(dirname "$0")/../.." && pwd)}
if [ -z "$abs_top_builddir" ]; then
	abs_top_builddir=$abs_top_srcdir
	[ -f "$abs_top_srcdir/build/config.status" ] &&
		abs_top_builddir=$abs_top_srcdir/build
fi
# What pg.sh takes from tap.sh in a test.
with_end=
defer() {
	with_end="$1
$with_end"
}
trap 'with_status=$?; trap - EXIT; eval "$with_end"; exit $with_status' EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM

. "$abs_top_srcdir/t/lib/pg.sh"
pg_bindir
pg_cluster
pg_seed
AS_PG=$PG_DIR
export AS_PG PG_BINDIR

setpriv --pdeathsig TERM "$@" &
with_pid=$!
defer 'kill -TERM $with_pid 2>/dev/null && wait $with_pid'
wait $with_pid
