#!/bin/sh
# Every security requirement has a test that names it, or says why not.
. "$(dirname "$0")/lib/tap.sh"

check() {
	awk -f "$abs_top_srcdir/src/tools/requirements.awk" "$@"
}

# The check itself. The letters come apart here, because this file is one of
# those that are searched for IDs.
x=XY
printf '# of\n%s-1 one\n%s-2 two\n%s-10 ten\n' $x $x $x >requirements.txt
: >exceptions.txt
printf 'ok 0 "%s-1 is so"\n# %s-2 is a comment\nok 0 "%s-10: z"\n' $x $x $x >a.t
out=$(check requirements.txt exceptions.txt a.t)
is "$? $out" "1 $x-2 has neither a test nor an exception" \
	"an ID without a test, or with a comment alone, is missing"
echo "$x-2 comes with the next part" >exceptions.txt
try "an exception with a reason is taken" \
	check requirements.txt exceptions.txt a.t
echo "$x-1 comes with the next part" >>exceptions.txt
out=$(check requirements.txt exceptions.txt a.t)
is "$? $out" "1 $x-1 has a test in a.t and an exception" \
	"an exception that is not needed any more is an error"
printf '%s-2\n%s-3 is no ID of ours\n' $x $x >exceptions.txt
out=$(check requirements.txt exceptions.txt a.t)
like "$out" "$x-2 has no reason" "an exception needs a reason"
like "$out" "for $x-3, which" "an exception needs a requirement"

printf '%s-1 partly: the rest comes later\n%s-2 is not so here\n' $x $x \
	>exceptions.txt
try "an exception may be for a part of what is tested" \
	check requirements.txt exceptions.txt a.t
printf '%s-2 partly: the rest comes later\n' $x >exceptions.txt
out=$(check requirements.txt exceptions.txt a.t)
is "$? $out" "1 $x-2 has no test, not even for a part" \
	"but then there is a test"

cd "$abs_top_srcdir" || exit 1
is "$(grep -c '^[A-Z]' t/requirements.txt)" 169 "there are 169 requirements"
find t bench -type f \( -name '*.t' -o -name '*.sh' -o -name '*.pl' -o \
	-name '*.pm' -o -name '*.c' -o -name '*.py' -o -name '*.js' -o \
	-name '*.mjs' -o -name '*.ts' \) ! -path '*/corpus/*' \
	! -path '*/node_modules/*' | sort >"$TMP/tests"
# shellcheck disable=SC2046
try "each has a test or an exception" \
	check t/requirements.txt t/exceptions.txt $(cat "$TMP/tests")
done_testing
