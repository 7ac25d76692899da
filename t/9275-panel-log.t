#!/bin/sh
# The log of a deployment in a real browser: followed and paused while it comes,
# searched, wrapped, with times or without, copied, downloaded; and what stands
# about it on its page and in the list. (A lost connection: 9210.)
. "$(dirname "$0")/lib/tap.sh"
. "$abs_top_srcdir/t/lib/stack.sh"
. "$abs_top_srcdir/t/lib/browser.sh"

stack_start
stack_user ada
stack_repo site
stack_file site build.sh <<'EOF'
i=0
while [ $i -lt 120 ]; do
	i=$((i + 1))
	echo "row $i of 120"
done
printf '\033[31mone Needle\033[0m <b>in a stack</b>\n'
printf 'long:%0500d\n' 0
echo 'error: the first one' >&2
i=0
while [ $i -lt 60 ]; do
	i=$((i + 1))
	echo "slow $i of 60"
	sleep 0.25
done
echo 'another needle'
echo 'error: the second one' >&2
echo 'the last needle of them'
mkdir -p out
echo '<h1>built</h1>' >out/index.html
EOF
stack_commit site 'the first of many'

browser log "$(stack_url site)"
