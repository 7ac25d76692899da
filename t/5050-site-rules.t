#!/bin/sh
# _redirects, _headers and single-page applications, as nginx answers with
# them: releases are published as the worker does it, nginx is never reloaded.
. "$(dirname "$0")/lib/tap.sh"
. "$abs_top_srcdir/t/lib/nginx.sh"

nginx_start
S=$NG/state/sites/one
O=https://one.localhost:$HTTPS
OUT=$TMP/out

begin() { rm -rf "$OUT" && mkdir -p "$OUT"; }
file() { # PATH CONTENT
	mkdir -p "$(dirname "$OUT/$1")"
	printf '%s' "$2" >"$OUT/$1"
}
release=0
publish() { # [-s SPA]
	release=$((release + 1))
	said=$("$abs_top_builddir/t/helper/publish" "$@" "$NG/state/sites" one \
		"00000000-0000-4000-8000-$(printf %012d $release)" "$OUT")
}
answers() { # PATH STATUS BODY DESCRIPTION CURL-ARG...
	an_path=$1 an_status=$2 an_body=$3 an_text=$4
	shift 4
	get "$O$an_path" --path-as-is "$@"
	is "$STATUS $(cat "$BODY")" "$an_status $an_body" "$an_text"
}
leads() { # PATH STATUS LOCATION DESCRIPTION
	get "$O$1" --path-as-is
	is "$STATUS $(field location)" "$2 $3" "$4"
}
revalidate='public, max-age=0, must-revalidate'
immutable='public, max-age=31536000, immutable'

# --- _redirects ---
begin
file index.html index
file real.html real
file about/index.html about
file new/page.html 'new page'
file gone.html gone
file docs/a.css 'css'
file "$(printf 'caf\303\251.html')" cafe
file _redirects '# all kinds
/old                /new/page
/real               /elsewhere
/index              /elsewhere
/forced             /elsewhere      302
/b302               /to             302
/b303               /to?own=1       303
/b307               https://example.com/x#frag 307
/b308               /to             308
/blog/:year/:id     /b/:id/:year    301
/ext/*              https://example.com/:splat?from=ext
/move/*             /new/:splat     302
/app/*              /index.html     200
/file               /new/page       200
/nofile             /nothing        200
/gone               /gone           404
/secret             /new/page.html  404
/*.php              /:splat         301
/caf%C3%A9/x        /ok
/z%20z              /ok2
/loop/*             /loop/:splat
/slash              /slash/
/empty/*            /:splat/x
'
publish
is "$said" "" "the release is taken"
is "$(find "$S/current/" -name '*redirects*' -o -name '.*' -type f | sort | sed 's,.*/,,')" .rules \
	"the file of rules is not published, what it became is hidden"
for path in /.rules /.rules-first /_redirects; do
	get "$O$path"
	is "$STATUS" 404 "PUB-6 $path is not served"
done
leads /old 301 /new/page "a redirect"
leads /old/ 301 /new/page "a slash at the end does not matter"
leads '/old?a=1&b' 301 '/new/page?a=1&b' "the query goes along"
answers /real 200 real "a file wins over a rule"
answers /about/ 200 about "a folder's index as well"
leads /forced 302 /elsewhere "status 302"
leads /b302 302 /to "302 again"
leads '/b303?x=1' 303 '/to?own=1' "303, and a target's own query stays"
leads '/b307?x=1' 307 'https://example.com/x?x=1#frag' "307 to another host, the query before the fragment"
leads /b308 308 /to "308"
leads /blog/2024/hello 301 /b/hello/2024 "placeholders"
leads /blog/2024/hello/ 301 /b/hello/2024 "with a slash at the end"
get "$O/blog/2024"
is "$STATUS" 404 "a placeholder needs its part"
get "$O/blog/2024/a/b"
is "$STATUS" 404 "and takes one only"
leads /ext/a/b 301 'https://example.com/a/b?from=ext' "a splat"
leads /ext 301 'https://example.com/?from=ext' "that finds nothing"
leads /move/page 302 /new/page "a splat to a path"
answers /app/deep/link 200 index "a rewrite is 200 with the other file"
answers /app 200 index "also without the rest"
get "$O/app/main.js"
is "$STATUS" 404 "a splat rewrite to a page does not answer for an asset"
answers /file 200 'new page' "a rewrite finds x.html for x"
get "$O/nofile"
is "$STATUS" 404 "a rewrite to nothing is 404"
answers /secret 404 'new page' "status 404 with a file"
leads /x/y.php 301 /x/y "a star before an ending"
leads /caf%C3%A9/x 301 /ok "paths are compared decoded"
leads /z%20z 301 /ok2 "blanks too"
get "$O/loop/x"
is "$STATUS" 404 "a redirect to itself does not act"
get "$O/slash"
is "$STATUS" 404 "nor does one that only adds a slash"
leads /empty 301 /x "an empty splat makes no //host"
answers / 200 index "the index"
is "$(field cache-control)" "$revalidate" "is asked for again"
get "$O/app/x"
is "$(field cache-control)" "$revalidate" "so is what a rewrite found"
is "$(field content-type)" 'text/html; charset=utf-8' "with its own type"
get "$O/old" -d x
is "$STATUS $(field allow)" "405 GET, HEAD" "POST meets no rule"
get "$O/app/x" -I
is "$STATUS $(field content-length)" "200 5" "HEAD does"
get "$O/app/x" -H 'Range: bytes=1-2'
is "$STATUS $(cat "$BODY")" "206 nd" "and ranges"
get "$O/app/x"
get "$O/app/x" -H "If-None-Match: $(field etag)"
is "$STATUS" 304 "and validators"
get "$O/nope"
is "$STATUS" 404 "a path without file and rule is 404"
like "$(cat "$BODY")" "Not found" "with nginx's page"

# --- hostile requests ---
for path in '/ext/%0d%0aSet-Cookie:x=y' '/move/%0aX:y' '/blog/%0d/%0a' '/move/%22%3e'; do
	get "$O$path" --path-as-is
	like "$STATUS" '^(301|302|400)$' "PUB-6 GET $path"
	is "$(field set-cookie)$(field x)" "" "PUB-6 splits no header"
	unlike "$(field location)" '["<> ]' "PUB-6 and is encoded"
done
get "$O/empty/%5cevil.example" --path-as-is
is "$(field location)" '/%5Cevil.example/x' "PUB-6 a backslash begins no host"
get "$O/empty//evil.example" --path-as-is
is "$(field location)" '/evil.example/x' "PUB-6 nor do slashes"
get "$O/empty/%2f%2fevil.example" --path-as-is
is "$(field location)" '/evil.example/x' "PUB-6 encoded ones neither"
get "$O/%ff%fe" --path-as-is
like "$STATUS" '^(400|404)$' "PUB-6 bytes that are no UTF-8 are not found"
get "$O/move/%ff" --path-as-is
like "$STATUS" '^(302|400|404)$' "PUB-6 nor do they break a rule"

# --- forced ---
begin
file index.html index
file real.html real
file 404.html 'own 404'
file about/index.html about
file bare/x.txt x
file assets/app-BfX2kQ9d.js app
file assets/old-BfX2kQ9d.js old
file _redirects '/real /elsewhere 301!
/all/* /real.html 200!
/.well-known/other /x 301!
/* /early 302'
publish
[ -f "$S/current/.rules-first" ]
ok $? "forced rules make nginx ask first"
leads /real 301 /elsewhere "a forced rule wins over the file"
answers /all/x.js 200 real "and rewrites assets too"
answers / 200 index "files without such a rule are served"
is "$(field cache-control)" "$revalidate" "asked for again"
is "$(field x-content-type-options)" nosniff "PUB-6 with nosniff"
leads '/about?q' 301 '/about/?q' "a folder gets its slash"
leads /bare 302 /early "a folder without index is no file"
get "$O/assets/app-BfX2kQ9d.js"
is "$(cat "$BODY") $(field cache-control)" "app $immutable" "hashed assets are kept"
leads /.well-known/other 301 /x ".well-known has rules"
get "$O/.well-known/acme-challenge/token"
is "$STATUS" 404 "PUB-6 acme-challenge has none"
get "$O/.env"
is "$STATUS $(cat "$BODY")" "404 own 404" "HD-2 hidden files have none, and the site's 404 page"
begin
file index.html index2
file 404.html 'own 404'
file _redirects '/index /x 301!'
publish
answers /assets/old-BfX2kQ9d.js 200 old "a hashed asset of the release before is still there"
is "$(field cache-control)" "$immutable" "and kept"
answers /nope 404 'own 404' "a missing page is the site's 404.html"
is "$(field cache-control)" no-cache "which is not kept"

# --- _headers ---
begin
file index.html index
file a.css css
file 404.html 'own 404'
file assets/app-BfX2kQ9d.js app
file _redirects '/gone / 301'
file _headers '# every page
/*
  X-Frame-Options: DENY
  X-Many: one
  Referrer-Policy: no-referrer
  X-Quote: a "b" \ %0d%0a $uri ${host}
/*.css
  X-Many: two
  Cache-Control: public, max-age=60
  Content-Type: text/css; charset=us-ascii
/
  ! X-Frame-Options
/assets/:file
  ! Cache-Control
  X-File: yes
'
publish
get "$O/a.css"
is "$STATUS $(cat "$BODY")" "200 css" "a file with headers"
is "$(field x-frame-options)" DENY "the site's header"
is "$(field x-many)" "one, two" "values of several rules are joined"
is "$(field cache-control)" 'public, max-age=60' "Cache-Control is the site's, once"
is "$(field referrer-policy)" no-referrer "Referrer-Policy too"
is "$(field content-type)" 'text/css; charset=us-ascii' "and Content-Type"
is "$(field x-quote)" 'a "b" \ %0d%0a $uri ${host}' "PUB-6 nothing in a value is more than text"
is "$(field x-content-type-options)" nosniff "PUB-6 nosniff stays"
like "$(field strict-transport-security)" 'max-age=31536000; includeSubDomains' "HD-1 and HSTS"
get "$O/"
is "$(field x-frame-options)" "" "! takes away what an earlier rule set"
is "$(field cache-control)" "$revalidate" "the default stays where no rule speaks of it"
get "$O/assets/app-BfX2kQ9d.js"
is "$(field cache-control)|$(field x-file)" "|yes" "! takes away a default"
get "$O/nope"
is "$STATUS $(cat "$BODY")|$(field x-frame-options)" "404 own 404|DENY" "missing pages have headers too"
get "$O/gone"
is "$STATUS $(field location)|$(field x-frame-options)" "301 /|" "redirects have not"
get "$O/a.css" -I
is "$(field x-many)" "one, two" "HEAD has them"
get "$O/"
get "$O/" -H "If-None-Match: $(field etag)"
is "$STATUS $(field x-many)" "304 one" "304 has them"

# --- what is refused, while the live site stays ---
live=$(readlink "$S/current")
for bad in '_redirects|/ok /fine~/a /b 999|_redirects line 2: the status' \
	'_redirects|/a https://u:p@x.example/|_redirects line 1: the target' \
	'_headers|/*~  Set-Cookie: a=b|_headers line 2: Set-Cookie is not' \
	'_headers|/*~  X-Content-Type-Options: x|_headers line 2: X-Content-Type-Options is not' \
	'_headers|/*~  Strict-Transport-Security: max-age=0|_headers line 2:' \
	'_headers|/*~  X-Accel-Redirect: /etc/passwd|_headers line 2:'; do
	begin
	file index.html new
	printf '%s' "$bad" | cut -d'|' -f2 | tr '~' '\n' >"$OUT/${bad%%|*}"
	publish
	like "$said" "^${bad##*|}" "PUB-6 refused: ${bad#*|}"
done
is "$(readlink "$S/current")" "$live" "PUB-4 and what was live stays live"
begin
file index.html new
ln -s index.html "$OUT/_redirects"
publish
is "$said" "_redirects is not a file that can be read" "PUB-1 a symbolic link is no file of rules"
answers / 200 index "the site still answers"

# --- single-page applications ---
begin
file index.html app
file main.js js
file images/x.png png
publish
answers /deep/link 200 app "PEER-13 one page and a script: other paths are the page"
is "$(field cache-control)" "$revalidate" "asked for again"
answers /images/ 200 app "a folder without index as well"
for path in /missing.js /a/b.css /x.png /old.html; do
	get "$O$path"
	is "$STATUS" 404 "PEER-13 a missing asset is 404: $path"
done
answers /v1.2 200 app "a number behind a dot is no asset"
answers /main.js 200 js "files are files"
[ ! -e "$S/current/.rules-first" ]
ok $? "files of an application are served without asking"
publish -s off
get "$O/deep/link"
is "$STATUS" 404 "PEER-13 spa off"
file other.html other
publish
get "$O/deep/link"
is "$STATUS" 404 "PEER-13 several pages are no application"
publish -s on
answers /deep/link 200 app "unless spa is on"
rm "$OUT/other.html"
file 404.html 'own 404'
publish
answers /deep/link 404 'own 404' "PEER-13 a 404.html: a missing page is 404"
publish -s on
answers /deep/link 200 app "spa on is stronger than a 404.html"
get "$O/missing.js"
is "$STATUS $(cat "$BODY")" "404 own 404" "which missing assets still get"
rm "$OUT/404.html" "$OUT/main.js"
publish
get "$O/deep/link"
is "$STATUS" 404 "a page without a script is no application"
begin
file page.html x
publish -s on
like "$said" 'no index.html' "spa on needs an index.html"

# --- rules go with their release ---
begin
file index.html first
file main.js js
file _redirects '/where /first'
publish
first=$(readlink "$S/current")
file _redirects '/where /second'
publish
leads /where 301 /second "the rules of the new release"
ln -s "$first" "$S/new" && mv -T "$S/new" "$S/current"
leads /where 301 /first "PUB-4 back again, and the rules with it"
rm "$OUT/_redirects" "$OUT/main.js"
publish
get "$O/where"
is "$STATUS" 404 "and without rules none"

# --- the full measure of rules ---
begin
file index.html index
i=0
while [ $i -lt 2000 ]; do
	echo "/s$i /t$i"
	i=$((i + 1))
done >"$OUT/_redirects"
printf '/\303\251 /e\n/\360\237\230\200 /smile\n/\357\277\275 /fffd\n' >"$TMP/more"
head -n 1997 "$OUT/_redirects" >>"$TMP/more"
cp "$TMP/more" "$OUT/_redirects"
i=0
while [ $i -lt 100 ]; do
	echo "/d$i/:a/* /e$i/:splat/:a"
	i=$((i + 1))
done >>"$OUT/_redirects"
publish
is "$said" "" "2,000 static and 100 dynamic rules are taken"
for i in 0 1 2 77 999 1000 1001 1995 1996; do
	leads /s$i 301 /t$i "static rule $i of 2,000"
done
for i in 0 50 99; do
	leads /d$i/x/y/z 301 /e$i/y/z/x "dynamic rule $i of 100"
done
leads /%C3%A9 301 /e "a letter of two bytes is found among them"
leads /%F0%9F%98%80 301 /smile "one of four"
leads /%EF%BF%BD 301 /fffd "one of three"
get "$O/s"
is "$STATUS" 404 "what is not in it is not found"
is "$(grep -c 'js exception\|SyntaxError\|TypeError\|\[alert\]\|\[emerg\]' "$NG/log/nginx-error.log")" 0 \
	"the script never failed" || diag "$(cat "$NG/log/nginx-error.log")"
done_testing
