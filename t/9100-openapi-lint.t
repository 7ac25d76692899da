#!/bin/sh
# The API's description is judged by a public linter, not only by ourselves.
# It comes from npm, at a version that Debian's nodejs runs.
. "$(dirname "$0")/lib/tap.sh"
. "$abs_top_srcdir/t/lib/npm.sh"

npm_packages openapi @redocly/openapi-core@1.34.20
ln -s "$NPM_MODULES" node_modules
cp "$abs_top_srcdir/t/lib/openapi-lint.mjs" .

"$abs_top_builddir/autostack-api" -x openapi >openapi.json
node openapi-lint.mjs openapi.json >lint 2>&1
is $? 0 "OpenAPI 3.1: the linter finds no error, nor anything to warn of" || diag "$(head -60 lint)"
is "$(cat lint)" "" "and says nothing"
# A linter that finds nothing in a broken document would prove nothing.
gojq 'del(.info.title)' openapi.json >broken.json
node openapi-lint.mjs broken.json >lint 2>&1
is $? 1 "it does find what is broken"
is "$(cat lint)" 'error: struct: The field `title` must be present on this level. at #/info' "and says what"
gojq 'del(.paths["/health"].get.operationId, .paths["/health"].get.summary)' openapi.json >poor.json
node openapi-lint.mjs poor.json >lint 2>&1
like "$(cat lint)" '^(warn|error): ' "and what is poor"
done_testing
