#!/bin/sh
# with-pg.sh COMMAND ARG... - run a command (prove) with one PostgreSQL cluster
# that all tests of the run share through $AS_PG. Called by `make check`.
AS_SRCDIR=${AS_SRCDIR:-$(cd "$(dirname "$0")/../.." && pwd)}
export AS_SRCDIR
. "$AS_SRCDIR/t/lib/pg.sh"

pg_bindir
pg_cluster
AS_PG=$PG_DIR
export AS_PG
"$@" &
with_pid=$!
trap 'kill -TERM $with_pid 2>/dev/null; wait $with_pid; exit 143' INT TERM HUP
wait $with_pid
