#!/bin/sh
# make install DESTDIR=..., what it puts where, and that it runs from there.
. "$(dirname "$0")/lib/tap.sh"
. "$abs_top_srcdir/t/lib/pg.sh"

inst=$TMP/inst
make_in() { make -s -C "$abs_top_builddir" DESTDIR="$inst" "$@"; }
prefix=$(sed -n 's/^prefix = //p' "$abs_top_builddir/Makefile")
try "make install DESTDIR=..." make_in install
top=$inst$prefix

for file in bin/autostack lib/autostack/autostack-api \
	lib/autostack/autostack-ws lib/autostack/autostack-worker \
	lib/autostack/autostack-sandbox share/autostack/sql/grants.sql \
	share/autostack/sql/version.sql share/autostack/sql/seed.sql \
	share/autostack/nginx/render share/autostack/web/index.html share/autostack/autostack.conf.sample \
	lib/systemd/system/autostack-api.service lib/sysusers.d/autostack.conf \
	lib/tmpfiles.d/autostack.conf share/man/man1/autostack.1 share/man/man5/autostack.conf.5 \
	share/man/man8/autostack.8; do
	try "$file is installed" test -s "$top/$file"
done
is "$(cd "$abs_top_srcdir" && ls sql/schema)" \
	"$(ls "$top/share/autostack/sql/schema")" \
	"every schema file is installed (the list in src/ctl/files.mk is whole)"
is "$(find "$inst" -type f -perm /6022)" "" \
	"nothing is set-uid or writable by others"

pg_start
pg_db_empty
out=$(DATABASE_URL=$PGURL "$top/bin/autostack" -c /dev/null migrate 2>&1)
is $? 0 "the installed command migrates with the installed schema" ||
	diag "$out"

# Nothing in a build depends on the host's configuration.
try "the sample is a valid configuration" \
	"$top/bin/autostack" -c "$top/share/autostack/autostack.conf.sample" config
grep -Eo '^CFG\([A-Z]+, [a-z0-9_]+' "$abs_top_srcdir/src/base/cfg.def" |
	sed 's/.*, //' | sort >"$TMP/settings"
sed -n 's/^#\([a-z0-9_]*\) = .*/\1/p' "$top/share/autostack/autostack.conf.sample" |
	sort >"$TMP/sample"
sed -n 's/^\.It Ic \([a-z0-9_]*\)$/\1/p' "$top/share/man/man5/autostack.conf.5" |
	sort >"$TMP/manual"
try "the sample has every setting" cmp "$TMP/settings" "$TMP/sample"
try "and so has the manual" cmp "$TMP/settings" "$TMP/manual"
for name in DATABASE_URL JWT_SECRET BUILD_TIMEOUT MAX_BUILD_SIZE; do
	try "autostack.conf(5) names the environment's $name" \
		grep -q "^\.Ev $name" "$top/share/man/man5/autostack.conf.5"
done

for page in "$top"/share/man/man*/*; do
	out=$(groff -mandoc -Tutf8 -rLL=200n -ww "$page" 2>&1 >/dev/null)
	is "$out" "" "${page##*/} is clean mdoc"
done

for program in "$top"/lib/autostack/autostack-* ; do
	name=${program##*/}
	[ -s "$top/share/man/man8/$name.8" ]
	ok $? "$name has a manual page"
done

try "make uninstall" make_in uninstall
is "$(find "$inst" -type f -o -type l)" "" "leaves nothing behind"
done_testing
