#!/bin/sh
# Runs shellcheck over every shell script of the tree.
. "$(dirname "$0")/lib/tap.sh"

command -v shellcheck >/dev/null ||
	bail "shellcheck is missing: apt-get install shellcheck"

# 1091: sourced files are found at run time; 2034, 2154: their variables, which
# one file sets and another uses
check() {
	shellcheck -x -S warning -e SC1091,SC2034,SC2154 "$@"
}
# sourced files name no shell: POSIX sh unless they say that they are bash's
check_file() {
	if head -n 1 "$1" | grep -q bash; then
		check -s bash "$1"
	else
		check -s sh "$1"
	fi
}

printf 'x=$1\nrm -rf $x/*\n[ $x == 1 ] && cd nowhere\n' >bad.sh
check -s sh bad.sh >out
is "$?" 1 "a bad script is refused"
like "$(cat out)" "SC2115|SC3014|SC2164" "and shellcheck says why"

cd "$abs_top_srcdir" || exit 1
# by their first line, wherever they are, or as a library of ours
find . \( -name .git -o -name node_modules -o -name 'build*' -o -name 'var' \
	-o -name build-aux -o -name autom4te.cache \) -prune -o \
	-type f -size -200k -print | sort |
	while read -r file; do
		case $file in
		*.sh) echo "$file" ;;
		./configure* | ./config.*) ;;
		*)
			head -c 64 "$file" | LC_ALL=C grep -aqE '^#! ?/(bin/(ba)?sh|usr/bin/env bash)' &&
				echo "$file"
			;;
		esac
	done >"$TMP/list"
isnt "$(wc -l <"$TMP/list")" 0 "there are scripts"
while read -r file; do
	try "shellcheck $file" check_file "$file"
done <"$TMP/list"
done_testing
