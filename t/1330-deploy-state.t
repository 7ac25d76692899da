#!/bin/sh
# The states of a deployment are named twice: for C in deploy_state.def, and
# in the database. Both have to be the same.
. "$(dirname "$0")/lib/tap.sh"
. "$abs_top_srcdir/t/lib/pg.sh"
pg_start

def=$abs_top_srcdir/src/svc/deploy_state.def
names=$(sed -n 's/^STATE([A-Z]*, "\([a-z]*\)".*/\1/p' "$def")
final=$(sed -n 's/^STATE([A-Z]*, "\([a-z]*\)", true.*/\1/p' "$def" | sort)

is "$(sql "SELECT s FROM regexp_matches((SELECT pg_get_constraintdef(oid) FROM pg_constraint
	WHERE conname = 'deployments_status'), '''([a-z]+)''', 'g') AS m, unnest(m) AS s")" \
	"$names" "the CHECK list of deployments.status is that of C"
is "$(sql "SELECT DISTINCT s FROM deployment_moves, unnest(ARRAY[old, new]) AS s ORDER BY s")" \
	"$(echo "$names" | sort)" "deployment_moves knows the same states"
is "$(sql "SELECT DISTINCT new FROM deployment_moves m
	WHERE NOT EXISTS (SELECT FROM deployment_moves n WHERE n.old = m.new) ORDER BY new")" \
	"$final" "final states are those that no move leaves"
is "$(sql "SELECT s FROM regexp_matches((SELECT pg_get_constraintdef(oid) FROM pg_constraint
	WHERE conname = 'deployments_completed'), '''([a-z]+)''', 'g') AS m, unnest(m) AS s ORDER BY s")" \
	"$final" "completed_at belongs to the final states"
done_testing
