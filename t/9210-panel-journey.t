#!/bin/sh
# The whole journey in a real browser: sign up, deploy with the wizard, watch
# the log live over a lost network, visit, redeploy, roll back, sign out and in.
. "$(dirname "$0")/lib/tap.sh"
. "$abs_top_srcdir/t/lib/stack.sh"
. "$abs_top_srcdir/t/lib/browser.sh"

stack_start
stack_repo site
stack_file site build.sh <<'END'
for i in 1 2 3 4 5 6 7 8 9; do
	printf '\033[32mstep %s of 9\033[0m <b>bold</b>\n' $i
	sleep 1
done
mkdir -p out
echo "$GREETING 1" >out/index.html
END
stack_commit site first
browser journey "$(stack_url site)" "$AUTOSTACK_SITES"
