#!/bin/sh
# The panel's source: its types against the API's document, and its unit tests.
. "$(dirname "$0")/lib/tap.sh"
. "$abs_top_srcdir/t/lib/npm.sh"
developer_only # who only builds needs none of these tools

[ -d "$abs_top_builddir/web/panel/node_modules" ] || skip_all "this build has no panel"
mkdir -p "$TMP/web" "$TMP/t/expect"
cp "$abs_top_srcdir/t/expect/openapi.json" "$TMP/t/expect"
cp -R "$abs_top_srcdir"/web/package.json "$abs_top_srcdir"/web/package-lock.json "$abs_top_srcdir"/web/.npmrc \
	"$abs_top_srcdir"/web/tsconfig.json "$abs_top_srcdir"/web/src "$abs_top_srcdir"/web/test "$TMP/web"
cd "$TMP/web" || exit 1
export HOME="$TMP" npm_config_update_notifier=false NO_COLOR=1
# the build has only what it bundles
npm_locked web
ln -s "$NPM_MODULES" node_modules

npm run -s types >types.log 2>&1
is $? 0 "the API's document makes types" || diag "$(tail -n 20 types.log)"
# a checker that finds nothing in a wrong program would prove nothing: where an
# error is expected, none is one
cat >src/wrong.ts <<'END'
import {api} from './api/client';
// @ts-expect-error
void api.GET('/api/nothing');
END
node node_modules/typescript-native/bin/tsc --noEmit >tsc.log 2>&1
is $? 0 "the panel asks the API for what it has, and for nothing else" || diag "$(head -n 40 tsc.log)"
rm src/wrong.ts
npm run -s test >test.log 2>&1
is $? 0 "the unit tests pass" || diag "$(grep -v '^ok' test.log | head -n 60)"
like "$(cat test.log)" '^# pass [1-9][0-9]' "there are some"
unlike "$(cat "$abs_top_srcdir/web/package-lock.json" "$abs_top_srcdir/t/browser/package-lock.json")" '"resolved"' \
	"the lock files name no host"
unlike "$(cat src/*.ts* src/*/*.ts* src/*/*/*.ts*)" 'dangerouslySetInnerHTML|innerHTML|eval\(|new Function' \
	"CS-1 nothing becomes HTML that is not an element of ours"
done_testing
