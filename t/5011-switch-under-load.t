#!/bin/sh
# A thousand switches between two releases while readers load pages and the
# files that these name: nobody meets an error or half of each.
. "$(dirname "$0")/lib/tap.sh"
. "$abs_top_srcdir/t/lib/nginx.sh"

nginx_start
S=$NG/state/sites/one
for r in a:AfX2kQ9d b:Cw3nXy7e; do
	d=$S/releases/${r%:*}
	mkdir -p "$d/assets"
	printf '%s /assets/app-%s.js' "${r%:*}" "${r#*:}" >"$d/index.html"
	printf '%s' "${r%:*}" >"$d/assets/app-${r#*:}.js"
done
flip() { "$abs_top_builddir/t/helper/flip" "$NG/state/sites" one "$@"; }
flip a b 2 >/dev/null
ok $? "two releases, both were live"
is "$(readlink "$S/current") $(readlink "$S/previous")" "releases/b releases/a" \
	"what was live before is the one before"

readers=8
pids=
for i in $(seq $readers); do
	setpriv --pdeathsig TERM "$abs_top_builddir/t/helper/page-reader" \
		"https://one.localhost:$HTTPS" "$NG/cert" >"reader.$i" 2>&1 &
	pids="$pids $!"
done
stop_readers() {
	# shellcheck disable=SC2086 # a list
	kill -TERM $pids 2>/dev/null
	# shellcheck disable=SC2086
	wait $pids
}
defer stop_readers
slowest=$(flip a b 1000)
ok $? "a thousand switches"
diag "the slowest of them took $slowest ms"
sleep 0.5 # some pages after the last one, whatever the machine does
stop_readers
is "$(grep -hv '^pages ' reader.* | head -n 5)" "" \
	"PUB-4 no request failed, and no page was of two releases"
is "$(grep -c '^pages [1-9][0-9]* bad 0 words' reader.* | grep -c ':1$')" $readers \
	"PUB-4 for none of $readers readers"
awk '{ pages += $2; words += $6 } END { exit !(pages > 500 && words > 100) }' reader.*
ok $? "they saw many pages and many switches" || diag "$(cat reader.*)"
diag "$(awk '{ pages += $2; words += $6 } END { print pages " pages, another release " words " times" }' reader.*)"
is "$(readlink "$S/current") $(readlink "$S/previous")" "releases/b releases/a" \
	"an even number of switches later all is as before"
is "$(find "$S" -maxdepth 1 -name '.*.tmp')" "" "nothing is left half-done"
done_testing
