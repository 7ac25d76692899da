#!/bin/sh
# Managing accounts and incidents, and reading what was done, in a real browser:
# the lists with all of their filters and files, accounts made, changed, locked out
# and deleted one by one and many at once.
. "$(dirname "$0")/lib/tap.sh"
. "$abs_top_srcdir/t/lib/stack.sh"
. "$abs_top_srcdir/t/lib/browser.sh"

stack_start
for name in bob ada; do stack_user $name; done
call POST /api/projects "{\"name\":\"shop\",\"repository\":\"$(stack_url shop)\"}"
[ "$STATUS" = 201 ] || bail "no project: $(cat "$BODY")"
svc sh -c 'printf "correct horse root\n" | "$1" -c "$2" admin create root@example.org Root admin' sh \
	"$AUTOSTACK_STATE/inst/usr/bin/autostack" "$AUTOSTACK_CONF" >"$TMP/admin.out" 2>&1 || bail "no administrator: $(cat "$TMP/admin.out")"

browser managing
