#!/bin/sh
# What the pages of the panel are for, feature by feature, in a real browser:
# dashboard, lists, a deployment as it runs, status, analytics. (Without an
# account: 9205; wizard and account: 9210 to 9240; errors: 9250; the log: 9275;
# users and the audit log: 9285.)
. "$(dirname "$0")/lib/tap.sh"
. "$abs_top_srcdir/t/lib/stack.sh"
. "$abs_top_srcdir/t/lib/browser.sh"

stack_start
stack_user ada
svc sh -c 'printf "correct horse root\n" | "$1" -c "$2" admin create root@example.org Root admin' sh \
	"$AUTOSTACK_STATE/inst/usr/bin/autostack" "$AUTOSTACK_CONF" >"$TMP/admin.out" 2>&1 || bail "no administrator: $(cat "$TMP/admin.out")"
stack_repo site
stack_file site build.sh <<'EOF'
i=0
while [ $i -lt 300 ]; do
	i=$((i + 1))
	echo "step $i of 300"
	[ $((i % 15)) != 0 ] || sleep 0.5
done
echo 'warning: this is deprecated' >&2
mkdir -p out
echo '<h1>built</h1>' >out/index.html
EOF
stack_commit site first

browser features "$(stack_url site)"
