#!/bin/sh
# The wizard of new deployments in a real browser, line by line: its steps, what
# may be set, what is kept and what is not, and that the build got all of it.
# (Repositories of GitHub: 9230; uploads: 9260; refusals: 9250.)
. "$(dirname "$0")/lib/tap.sh"
. "$abs_top_srcdir/t/lib/stack.sh"
. "$abs_top_srcdir/t/lib/browser.sh"

stack_start
stack_user ada
stack_user bob
stack_repo site
stack_file site app/build.sh <<'END'
mkdir -p public
echo "$(cat made) $GREETING" >public/index.html
END
echo '<h1>top</h1>' | stack_file site index.html
stack_commit site first
stack_git -C "$STACK/trees/site" push -q origin HEAD:next

browser wizard "$(stack_url site)"
