#!/bin/sh
# What there is without an account, in a real browser: landing, the ways in, what
# is behind them, what is coming, and what is not there.
. "$(dirname "$0")/lib/tap.sh"
. "$abs_top_srcdir/t/lib/stack.sh"
. "$abs_top_srcdir/t/lib/browser.sh"

stack_start
stack_user ada
browser public
