#!/bin/sh
# src/tools/mkstmts.awk: what it makes of a block, and that a broken one stops
# the build by file and line.
. "$(dirname "$0")/lib/tap.sh"

mk() {
	${AWK:-awk} -v header=h -v source=c \
		-f "$abs_top_srcdir/src/tools/mkstmts.awk" \
		"$abs_top_srcdir/src/base/err.def" "$@" 2>err
}

cat >good.sql <<'END'
-- A file may begin with prose.
-- name: thing_by_id
-- doc: A "thing".
-- in: id uuid,
-- in: names text[]
-- out: one
-- cols: id uuid, at timestamptz
-- none: PROJECT_NOT_FOUND
-- on things_name_key: PROJECT_NAME_TAKEN
-- by: api worker
SELECT id, at FROM things -- why
-- a remark that is not sent
WHERE id = $1 AND name = ANY ($2) AND note <> 'a;"\';

-- name: thing_delete
-- doc: Forget all things.
-- in:
-- out: none
-- by: owner
DELETE FROM things;
END
mk good.sql
is $? 0 "a good file is taken"
like "$(cat h)" 'STMT_THING_BY_ID, /\* A "thing". \*/' "the id is in the header"
cat >main.c <<'END'
#include "ext/db.h"
#include "h"
int main(void)
{
	const struct stmt *s = &stmt_table[STMT_THING_BY_ID];

	printf("%d|%s|%u|%s %s|%u %u %u|%s %s|%d %d|%s %d|%s|%s", STMT_MAX, s->text,
		s->nin, s->in[0], s->in[1], s->types[0], s->types[1], s->types[2],
		s->out[0], s->out[1], s->one, s->none == E_PROJECT_NOT_FOUND,
		s->on[0].constraint, s->on[0].err == E_PROJECT_NAME_TAKEN, s->by,
		s[1].text);
	return s[1].nin || s[1].in[0] || s[1].out[0] || s[1].one || s[2].name;
}
END
sed 's/"stmt.h"/"h"/' c >c.c
try "its C compiles" ${CC:-cc} -I. -I"$abs_top_builddir" \
	-I"$abs_top_srcdir/src" -o main main.c c.c
is "$(./main; echo " $?")" '2|SELECT id, at FROM things -- why
WHERE id = $1 AND name = ANY ($2) AND note <> '"'"'a;"\'"'"'|2|id names|2950 1009 0|id at|1 1|things_name_key 1|api worker|DELETE FROM things 0' \
	"and the table says what the block says"

# broken DESCRIPTION LINE MESSAGE SED-EDIT
broken() {
	sed "$4" good.sql >bad.sql
	cmp -s good.sql bad.sql && bail "the edit changed nothing: $4"
	rm -f h c
	mk bad.sql
	isnt $? 0 "$1 stops the build"
	like "$(cat err)" "^bad\\.sql:$2: .*$3" "and is named with its line"
	[ ! -e h ] && [ ! -e c ]
	ok $? "and nothing is written"
}
broken "an unknown error" 8 "NO_SUCH" 's/PROJECT_NOT_FOUND/NO_SUCH/'
broken "an unknown type" 4 "'uuidd' is no type" 's/id uuid,$/id uuidd,/'
broken "a column without a type" 7 "not a name and a type" 's/, at timestamptz/, at/'
broken "a column twice" 7 "named twice" 's/ at timestamptz/ id uuid/'
broken "an unknown program" 10 "by:. takes" 's/by: api worker/by: apu/'
broken "an unknown line" 9 "no line of a block" 's/^-- on .*/-- one: x/'
broken "a missing doc" 2 "no '-- doc:'" '/^-- doc: A/d'
broken "a missing in" 15 "no '-- in:'" '/^-- in:$/d'
broken "a missing out" 2 "no '-- out:'" '/^-- out: one/d'
broken "a missing by" 2 "no '-- by:'" '/^-- by: api/d'
broken "missing columns" 2 "no '-- cols:'" '/^-- cols/d'
broken "a wrong out" 6 "one, many or none" 's/out: one/out: some/'
broken "none: beside many" 2 "with 'out: one' only" 's/out: one/out: many/'
broken "a parameter that is not used" 2 '\$2 .names. is not used' 's/AND name = ANY (\$2)//'
broken "a parameter too many" 2 '\$3 is used' 's/ANY (\$2)/ANY ($2) OR id = $3/'
broken "a missing semicolon" 15 "does not end with ';'" 's/^DELETE FROM things;/DELETE FROM things/'
broken "a name twice" 15 "exists already" 's/thing_delete/thing_by_id/'
broken "a bad name" 2 "no name for a statement" 's/name: thing_by_id/name: Thing-1/'
broken "a header line after the text" 21 "before the statement" '$a -- by: api'
done_testing
