#!/bin/sh
# Every page of the panel in a real browser, in both themes and at many widths:
# drawn without a complaint, accessible, as light as promised.
. "$(dirname "$0")/lib/tap.sh"
. "$abs_top_srcdir/t/lib/stack.sh"
. "$abs_top_srcdir/t/lib/browser.sh"

# with the demo accounts and the sample site
STACK_FLAGS=
stack_start
browser pages
