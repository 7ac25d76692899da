#!/bin/sh
# src/ext/db.c against a server that is ended and crashed: t/helper/dbtest.c
. "$(dirname "$0")/lib/tap.sh"
. "$abs_top_srcdir/t/lib/pg.sh"

pg_own
# the helper prints this file's TAP
"$abs_top_builddir/t/helper/dbtest"
status=$?
tap_ended=1
exit $status
