#!/bin/sh
# Every named statement against a fresh database: that PostgreSQL prepares it,
# that its parameters and columns are those declared, and that the roles of its
# programs may run it.
. "$(dirname "$0")/lib/tap.sh"
. "$abs_top_srcdir/t/lib/pg.sh"

pg_start
# the helper prints this file's TAP
"$abs_top_builddir/t/helper/stmtcheck"
status=$?
tap_ended=1
exit $status
