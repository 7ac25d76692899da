#!/bin/sh
# The C of the tree has the form of .clang-format; `make format` gives it.
# Forms differ between versions of clang-format: ours is Debian 12's 14.
. "$(dirname "$0")/lib/tap.sh"
developer_only # who only builds needs none of these tools

for format in clang-format-14 clang-format ''; do
	command -v "$format" >/dev/null && break
done
[ -n "$format" ] ||
	bail "clang-format is missing: apt-get install clang-format-14"
version=$($format --version)
case $version in
*version\ 14.*) ;;
*) skip_all "forms are those of clang-format 14, here is: $version" ;;
esac

cp "$abs_top_srcdir/.clang-format" .
printf 'int\nmain( void ) {\n    return 0; }\n' >bad.c
$format --dry-run -Werror bad.c 2>/dev/null
is "$?" 1 "another form is refused"

cd "$abs_top_srcdir" || exit 1
# one process for all: many would take a minute
find src handlers t bench -name '*.[ch]' ! -path '*/.*' \
	-exec $format --dry-run -Werror {} + >"$TMP/said" 2>&1
status=$?
sed -n 's/:[0-9]*:[0-9]*: error: code should.*//p' "$TMP/said" | sort -u \
	>"$TMP/others"
is "$status $(cat "$TMP/others")" "0 " \
	"the sources have the form of .clang-format (make format)"
done_testing
