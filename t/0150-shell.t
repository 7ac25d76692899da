#!/bin/sh
# Runs shellcheck over every shell script of the tree.
. "$(dirname "$0")/lib/tap.sh"
developer_only # who only builds needs none of these tools

command -v shellcheck >/dev/null ||
	bail "shellcheck is missing: apt-get install shellcheck"

# 1091: sourced files are found at run time; 2034, 2154: their variables, which
# one file sets and another uses
flags='-f gcc -S warning -e SC1091,SC2034,SC2154 -s'
dozens() { # SHELL FILES, one a line
	# shellcheck disable=SC2086
	printf '%s\n' "$2" | xargs -d '\n' -n 12 -P "$(nproc)" shellcheck $flags "$1"
}

printf 'x=$1\nrm -rf $x/*\n[ $x == 1 ] && cd nowhere\n' >bad.sh
dozens sh bad.sh >out
is "$?" 123 "a bad script is refused" # xargs: a command failed
like "$(cat out)" "SC2115|SC3014|SC2164" "and shellcheck says why"

cd "$abs_top_srcdir" || exit 1
# Scripts by their first line, and libraries by their name: those name no shell
# and are POSIX sh, unless the line says that they are bash's. A dozen of them
# in one process: a process for each costs its start, and one for all of them
# ten times the time of these.
find . \( -name .git -o -name node_modules -o -name 'build*' -o -name 'var' \
	-o -name autom4te.cache \) -prune -o -type f -size -200k \
	! -name 'config*' ! -path '*/corpus/*' -exec awk 'FNR == 1 {
		if (/^#! ?\/(usr\/)?bin\/(env )?bash/ ||
		    (FILENAME ~ /\.sh$/ && /bash/))
			print "bash", FILENAME
		else if (/^#! ?\/(usr\/)?bin\/(env )?(da)?sh/ || FILENAME ~ /\.sh$/)
			print "sh", FILENAME
	}' {} + | sort >"$TMP/list"
for shell in sh bash; do
	files=$(sed -n "s/^$shell //p" "$TMP/list")
	[ -n "$files" ] || continue
	try "$(echo "$files" | wc -l) scripts of $shell" dozens $shell "$files"
done
like "$(cat "$TMP/list")" '^sh ./t/run$' "scripts were found by their first line"
like "$(cat "$TMP/list")" '^sh ./t/lib/tap.sh$' "and by their name"
done_testing
