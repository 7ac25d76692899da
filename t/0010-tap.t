#!/bin/sh
# t/lib/tap.sh itself: that a failure is one, and that nothing stays behind.
. "$(dirname "$0")/lib/tap.sh"

# inner TEXT - run TEXT as a test script; its output in $out, its status $status
mkdir -p t
inner() {
	printf '. "%s/t/lib/tap.sh"\n%s\n' "$abs_top_srcdir" "$1" >t/inner.t
	out=$(TMPDIR=$TMP sh t/inner.t 2>err)
	status=$?
}

inner 'ok 0 yes; is a a same; isnt a b other; like abc "^a.c$" l
	unlike abc x u; try run true; skip because s; done_testing'
is "$status" 0 "passing tests pass"
is "$out" "ok 1 - yes
ok 2 - same
ok 3 - other
ok 4 - l
ok 5 - u
ok 6 - run
ok 7 - s # SKIP because
1..7" "and are printed as TAP"

for bad in 'ok 1 x' 'is a b x' 'isnt a a x' 'like abc b.x x' \
	'unlike abc b x' 'try x false' 'try x sh -c "echo hi; exit 3"'; do
	inner "$bad; done_testing"
	is "$status $out" "1 not ok 1 - x
1..1" "a failure is one: $bad"
done
like "$(cat err)" '^#   hi$' "try shows what the command said"

inner 'ok 0 x'
is "$status" 1 "a script that ends before done_testing fails"
inner 'ok 0 x; exit 7; done_testing'
is "$status" 7 "an exit status is kept"
inner 'bail no database; ok 0 x'
like "$out" '^not ok 1' "bail fails"
unlike "$out" '^ok' "bail ends the script"
inner 'skip_all no bwrap here'
is "$status $out" "0 1..0 # SKIP no bwrap here" "skip_all says why"
for build in '' 1; do
	inner "AS_DEVELOPER=$build"'; if developer_only "a switch"; then ok 0 turned; fi; ok 0 rest; done_testing'
	is "$status $(echo "$out" | grep -c 'a switch # SKIP needs a developer build')$(echo "$out" | grep -c turned)" \
		"0 $([ -n "$build" ] && echo 01 || echo 10)" "developer_only skips its block in other builds, and says so: '$build'"
	inner "AS_DEVELOPER=$build"'; developer_only; ok 0 turned; done_testing'
	like "$out" "$([ -n "$build" ] && echo '^ok 1 - turned' || echo '^1..0 # SKIP needs')" "or the whole file: '$build'"
done

inner 'defer "echo one"; defer "echo two"; mkdir -m 0 closed; done_testing'
is "$out" "1..0
two
one" "what was deferred runs last first"
is "$(echo autostack-test.*)" "autostack-test.*" "no directory stays behind"

inner 'wait_for 1 false; is $? 1 x; wait_for 1 true; is $? 0 y; done_testing'
is "$status" 0 "wait_for ends at its deadline, or when the command succeeds"

inner 'n=0; again() { n=$((n + 1)); wait_for 0 false; [ $n = 3 ]; }
	wait_for 20 again; is "$? $n" "0 3" x; done_testing'
is "$status" 0 "a wait_for within another has a deadline of its own"

inner 'defer "echo cleaned"; kill -TERM $$; ok 0 x; done_testing'
is "$status $out" "143 cleaned" "a signal cleans up"

# chance says 0 0 1 1 2 2; another test was given 0, somebody listens on 1
mkdir as-port.20000
inner 'od() { echo >>asked; echo $(($(wc -l <asked) / 2)); }
	ss() { case $2 in *:20001) echo listens ;; esac; }
	is "$(new_port) $(new_port)" "20002 20003" x; done_testing'
is "$status" 0 "a new port is nobody's, also when chance says the same twice"
is "$(echo as-port.*)" "as-port.20000" "and is given back at the end"
# what is said of a process must not be what was said of another one before
sleep 60 &
alive=$!
has_ended $alive
is $? 1 "has_ended: a process that runs has not"
is "$(children $$ | tr ' ' '\n' | grep -cx $alive)" 1 "children: it is one of ours"
kill $alive
wait $alive 2>/dev/null
is "$(children $alive)" "" "children: one that is gone has none"
has_ended $alive
is $? 0 "has_ended: and it has"
done_testing
