#!/bin/sh
# SQL text only in sql/ (src/tools/sqlonly.awk).
. "$(dirname "$0")/lib/tap.sh"

tools=$abs_top_srcdir/src/tools
sqlonly() {
	awk -f "$tools/csource.awk" -f "$tools/sqlonly.awk" "$@"
}

sin() {
	printf '%s\n' "$1" >a.c
	out=$(sqlonly a.c)
	like "$? $out" '^1 a.c:1: ' "refused: $1"
}
sin 'x("SELECT 1");'
sin 'x("select id from users");'
sin 'x("  INSERT INTO t VALUES ($1)");'
sin 'x("WITH a AS (DELETE FROM t RETURNING 1)");'
sin 'x("UPDATE deployments SET status = 5");'
sin 'x("DROP TABLE x");'
sin 'x("BEGIN");'
sin 'x("LISTEN jobs");'
good() {
	printf '%s\n' "$1" >a.c
	try "allowed: $1" sqlonly a.c
}
good 'x("Select a branch from the list"); /* SELECT 1 */'
good 'x("/api/projects/update"); E_CONFLICT; x("BEGINNING");'
good 'x("settings", "delete", "Set-Cookie");'

cd "$abs_top_srcdir" || exit 1
# shellcheck disable=SC2046
try "no SQL text in the sources" \
	sqlonly $(find src handlers -name '*.[ch]' | sort)
done_testing
