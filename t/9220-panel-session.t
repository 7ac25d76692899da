#!/bin/sh
# The panel's session in a real browser: tabs, expiry, sign-out, a server that
# is away.
. "$(dirname "$0")/lib/tap.sh"
. "$abs_top_srcdir/t/lib/stack.sh"
. "$abs_top_srcdir/t/lib/browser.sh"

stack_start
stack_user ada
stack_user bob
browser session
