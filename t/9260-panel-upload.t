#!/bin/sh
# What was built elsewhere, deployed from the panel: an archive, a directory that
# the browser packs, a drop; what is refused, and what one sees meanwhile.
. "$(dirname "$0")/lib/tap.sh"
. "$abs_top_srcdir/t/lib/stack.sh"
. "$abs_top_srcdir/t/lib/browser.sh"

stack_start upload_max=1M
stack_user ada
call POST /api/projects "{\"repository\":\"$(stack_url shop)\"}"
[ "$STATUS" = 201 ] || bail "no project: $(cat "$BODY")"
project=$(jget .id)
# shellcheck disable=SC2059 # the pattern holds the %s
site=$(printf "$AUTOSTACK_SITES" "$(jget .site)")/

mkdir -p archive built/deep
echo 'from an archive' >archive/index.html
tar -C archive -czf site.tar.gz .
echo 'from a directory' >built/index.html
echo 'body { color: teal }' >built/style.css
echo 'a long name' >"built/deep/$(printf 'long-%.0s' 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25)é.txt"
echo SECRET=x >built/.env
browser upload "$PWD/built" "$PWD/site.tar.gz" "$project" "$site"
