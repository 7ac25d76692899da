#!/bin/sh
# Every fuzz harness takes every input of its corpus: what once broke stays
# mended, with whatever compiler and sanitizers the build has.
. "$(dirname "$0")/lib/tap.sh"

bin=$abs_top_builddir/t/fuzz
corpus=$abs_top_srcdir/t/fuzz/corpus

for source in "$abs_top_srcdir"/t/fuzz/fuzz_*.c; do
	name=$(basename "$source" .c)
	dir=$corpus/${name#fuzz_}
	if [ ! -x "$bin/$name" ]; then
		ok 1 "$name is built"
		continue
	fi
	set -- "$dir"/*
	if [ ! -f "$1" ]; then
		ok 1 "$name has a corpus"
		continue
	fi
	try "$name takes the $# inputs of its corpus" "$bin/$name" "$@"
done
for dir in "$corpus"/*; do
	test -f "$abs_top_srcdir/t/fuzz/fuzz_${dir##*/}.c"
	ok $? "the corpus ${dir##*/} has a harness"
done
done_testing
