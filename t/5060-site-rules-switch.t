#!/bin/sh
# Switches between two releases whose rules nginx asks first, while readers load
# pages and the files that these name: the script meets no error either.
. "$(dirname "$0")/lib/tap.sh"
. "$abs_top_srcdir/t/lib/nginx.sh"

nginx_start
S=$NG/state/sites/one
n=0
for r in a:AfX2kQ9d b:Cw3nXy7e; do
	n=$((n + 1))
	out=$TMP/${r%:*}
	mkdir -p "$out/assets"
	printf '%s /assets/app-%s.js' "${r%:*}" "${r#*:}" >"$out/index.html"
	printf '%s' "${r%:*}" >"$out/assets/app-${r#*:}.js"
	printf '/*\n  X-Release: %s\n' "${r%:*}" >"$out/_headers"
	try "a release with headers" "$abs_top_builddir/t/helper/publish" \
		"$NG/state/sites" one "00000000-0000-4000-8000-00000000000$n" "$out"
done
a=00000000-0000-4000-8000-000000000001
b=00000000-0000-4000-8000-000000000002
[ -f "$S/current/.rules-first" ]
ok $? "which make nginx ask first"
get "https://one.localhost:$HTTPS/assets/app-AfX2kQ9d.js"
is "$STATUS $(cat "$BODY") $(field x-release)" "200 a b" \
	"a hashed file of the release before, under the rules of the live one"

readers=4
pids=
for i in $(seq $readers); do
	setpriv --pdeathsig TERM "$abs_top_builddir/t/helper/page-reader" \
		"https://one.localhost:$HTTPS" "$NG/cert" >"$TMP/reader.$i" 2>&1 &
	pids="$pids $!"
done
stop_readers() {
	# shellcheck disable=SC2086 # a list
	kill -TERM $pids 2>/dev/null
	# shellcheck disable=SC2086
	wait $pids
}
defer stop_readers
"$abs_top_builddir/t/helper/flip" "$NG/state/sites" one $a $b 600 >"$TMP/slowest"
ok $? "six hundred switches"
sleep 0.5 # some pages after the last one, whatever the machine does
stop_readers
is "$(grep -hv '^pages ' "$TMP"/reader.* | head -n 5)" "" \
	"PUB-4 no request failed, and no page was of two releases"
awk '{ pages += $2; words += $6 } END { exit !(pages > 100 && words > 20) }' "$TMP"/reader.*
ok $? "they saw many pages and many switches" || diag "$(cat "$TMP"/reader.*)"
is "$(grep -c 'js exception' "$NG/log/nginx-error.log")" 0 "the script never failed"
done_testing
