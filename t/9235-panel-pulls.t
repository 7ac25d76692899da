#!/bin/sh
# What GitHub tells of, in a real browser: a fork's pull request that is pushed
# to while its owner is about to approve it.
. "$(dirname "$0")/lib/tap.sh"
. "$abs_top_srcdir/t/lib/stack.sh"
. "$abs_top_srcdir/t/lib/browser.sh"

stack_start
stack_user ada
stack_repo shop
echo hello | stack_file shop index.html
stack_commit shop first
browser pulls "$(stack_url shop)"
