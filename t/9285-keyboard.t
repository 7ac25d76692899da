#!/bin/sh
# The panel without a mouse: where the focus is when something has closed, ended
# or gone, what a dialog does while it works, and that nothing typed or shown once
# is lost by a key.
. "$(dirname "$0")/lib/tap.sh"
. "$abs_top_srcdir/t/lib/stack.sh"
. "$abs_top_srcdir/t/lib/browser.sh"

stack_start
stack_user ada
stack_user bob
svc sh -c 'printf "correct horse %s\n" "$1" | "$2" -c "$3" admin create "$1@example.org" "$1" admin' sh root \
	"$AUTOSTACK_STATE/inst/usr/bin/autostack" "$AUTOSTACK_CONF" >"$TMP/admin.out" 2>&1 ||
	bail "no administrator: $(cat "$TMP/admin.out")"
stack_repo site
echo '<h1>one</h1>' | stack_file site index.html
stack_commit site first

browser keyboard "$(stack_url site)"
