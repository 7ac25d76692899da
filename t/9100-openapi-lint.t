#!/bin/sh
# The API's description is judged by a public linter, not only by ourselves.
# It comes from npm, at a version that Debian's nodejs runs.
. "$(dirname "$0")/lib/tap.sh"

linter=@redocly/cli@1.34.20
export REDOCLY_TELEMETRY=off REDOCLY_SUPPRESS_UPDATE_NOTICE=true \
	npm_config_update_notifier=false NO_COLOR=1 HOME="$TMP"

try "npm installs $linter" timeout 400 npm install --no-save --no-audit \
	--no-fund --ignore-scripts --prefix "$TMP" "$linter" ||
	bail "no linter, no judgement"
"$abs_top_builddir/autostack-api" -x openapi >openapi.json
cat >redocly.yaml <<'END'
extends:
  - recommended
rules:
  # a document that is read on many hosts has no server of its own
  no-server-example.com: off
  info-license-url: off
  # /deployments/recent beside /deployments/{id} is told apart: fixed wins
  no-ambiguous-paths: off
  # the way to a provider and back is made of redirects
  operation-2xx-response: off
END
node_modules/.bin/redocly lint --format=stylish openapi.json >lint 2>&1
is $? 0 "OpenAPI 3.1: the linter finds no error" || diag "$(head -60 lint)"
unlike "$(cat lint)" '[1-9][0-9]* warning' "nor anything to warn of" ||
	diag "$(head -60 lint)"
# A linter that finds nothing in a broken document would prove nothing.
gojq 'del(.info.title)' openapi.json >broken.json
node_modules/.bin/redocly lint broken.json >/dev/null 2>&1
isnt $? 0 "it does find what is broken"
done_testing
