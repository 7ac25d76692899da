#!/bin/sh
# Each archive links with those below it alone. Needs the build.
. "$(dirname "$0")/lib/tap.sh"

# the check itself: a base that calls ext is caught
mkdir -p src/base src/ext
echo 'int above(void); int below(void); int below(void) { return above(); }' \
	>base.c
echo 'int above(void); int above(void) { return 1; }' >ext.c
for layer in base ext; do
	${CC:-cc} -c -o $layer.o $layer.c &&
		ar rc src/$layer/lib$layer.a $layer.o ||
		bail "no compiler"
done
out=$(LINK="${CC:-cc}" LIBS='' sh "$abs_top_srcdir/src/tools/linkcheck" \
	src/base/libbase.a)
is "$?" 1 "a call upwards is an error"
like "$out" "undefined reference to .above'" "and is named"

try "every archive of the build links with those below it" \
	make -s -C "$abs_top_builddir" link-check
done_testing
