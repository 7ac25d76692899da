#!/bin/sh
# The description of the API is committed, so that a change of it is seen.
. "$(dirname "$0")/lib/tap.sh"

api=$abs_top_builddir/autostack-api
"$api" -x openapi >openapi.json
is $? 0 "autostack-api -x openapi"
diff -u "$abs_top_srcdir/t/expect/openapi.json" openapi.json >changes
ok $? "t/expect/openapi.json is what the code says (else: make update-openapi)" ||
	diag "$(head -40 changes)"
is "$(gojq -r .openapi openapi.json)" 3.1.0 "it is OpenAPI 3.1"
is "$(gojq '[.paths[][].operationId] | length == (unique | length)' openapi.json)" \
	true "operation ids are unique"

# IN-8, the table's side: each route of the binary, aliases too, is described.
"$api" -x routes | awk -F'\t' '$1 == "route" { print tolower($3), $4 }' |
	sort >routes
gojq -r '.paths | to_entries[] | .key as $p | .value | keys[] | "\(.) \($p)"' \
	openapi.json | sort >described
is "$(diff routes described)" "" \
	"IN-8 the route table and the description list the same routes"
is "$("$api" -x stmts | wc -l | tr -d ' ')" \
	"$(cat "$abs_top_srcdir"/sql/stmt/*.sql | grep -c '^-- name:')" \
	"-x stmts lists every statement"
for table in config errors events; do
	isnt "$("$api" -x "$table" | wc -l | tr -d ' ')" 0 "-x $table"
done
"$api" -x nonsense 2>/dev/null
is $? 2 "-x with an unknown table fails"
done_testing
