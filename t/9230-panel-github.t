#!/bin/sh
# GitHub in a real browser: connect an account, deploy a private repository of
# it, pushes and pull requests, signing in with it, and what goes wrong there.
# GitHub is t/lib/githubd.pl; behind it are the repositories of the stack's git.
. "$(dirname "$0")/lib/tap.sh"
. "$abs_top_srcdir/t/lib/stack.sh"
AS_LOG=$TMP/log
. "$abs_top_srcdir/t/lib/oauth.sh"
. "$abs_top_srcdir/t/lib/browser.sh"

# GitHub is asked each time: what it says changes from test to test
oauth_stack_start github_cache_seconds=0 oauth_timeout=2000
stack_user ada

commit() { # PAGE REF: a commit that is there as REF
	echo "<h1>$1</h1>" | stack_file site index.html
	stack_git -C "$STACK/trees/site" add -A &&
		stack_git -C "$STACK/trees/site" commit -qm "$1" &&
		stack_git -C "$STACK/trees/site" push -q origin "HEAD:$2"
}
stack_repo site
commit one refs/heads/main
commit two refs/heads/next
stack_git -C "$STACK/trees/site" checkout -q -b stranger
commit stranger refs/pull/8/head
commit changed refs/pull/8/changed

browser github
