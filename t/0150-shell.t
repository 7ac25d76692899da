#!/bin/sh
# Runs shellcheck over every shell script of the tree.
. "$(dirname "$0")/lib/tap.sh"

command -v shellcheck >/dev/null ||
	bail "shellcheck is missing: apt-get install shellcheck"

# 1091: sourced files are found at run time; 2034, 2154: their variables, which
# one file sets and another uses
check() {
	shellcheck -f gcc -S warning -e SC1091,SC2034,SC2154 "$@"
}

printf 'x=$1\nrm -rf $x/*\n[ $x == 1 ] && cd nowhere\n' >bad.sh
check -s sh bad.sh >out
is "$?" 1 "a bad script is refused"
like "$(cat out)" "SC2115|SC3014|SC2164" "and shellcheck says why"

cd "$abs_top_srcdir" || exit 1
# Scripts by their first line, and libraries by their name: those name no shell
# and are POSIX sh, unless the line says that they are bash's. All of a kind in
# one process: many would take a minute.
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
	# shellcheck disable=SC2086
	try "$(echo "$files" | wc -l) scripts of $shell" check -s $shell $files
done
like "$(cat "$TMP/list")" '^sh ./t/run$' "scripts were found by their first line"
like "$(cat "$TMP/list")" '^sh ./t/lib/tap.sh$' "and by their name"
done_testing
