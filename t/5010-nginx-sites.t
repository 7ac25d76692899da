#!/bin/sh
# Published sites: which file answers which address, what is cached, and what
# must never be served whatever lies in a release.
. "$(dirname "$0")/lib/tap.sh"
. "$abs_top_srcdir/t/lib/nginx.sh"

nginx_start
S=$NG/state/sites/one
O=https://one.localhost:$HTTPS
file() { # PATH CONTENT
	mkdir -p "$(dirname "$S/releases/$1")"
	printf '%s' "$2" >"$S/releases/$1"
}
file a/index.html A
file a/only-a.html old
file a/plain.css old
file a/assets/app-BfX2kQ9d.js 'old app'
file a/app.0a1b2c3d.js 'old hashed'
file b/index.html B
file b/page.html page
file b/about/index.html about
file b/both.html file
file b/both/index.html folder
file b/empty/x.txt x
file b/style.css 'body{}'
file b/img/icon-1024x1024.png png
file b/assets/app-Cw3nXy7e.js app
file b/app.9f8e7d6c.js hashed
file b/.env secret
file b/.git/config secret
file b/.well-known/security.txt contact
file b/.well-known/acme-challenge/token "of the site"
file b/unknown.zzz bytes
file b/packed.js 'original'
printf packed | gzip -n >"$S/releases/b/packed.js.gz"
printf canary >"$NG/canary"
ln -s "$NG/canary" "$S/releases/b/abs.txt"
ln -s ../../../../../canary "$S/releases/b/rel.txt"
ln -s page.html "$S/releases/b/inside.html"
ln -s /etc "$S/releases/b/etc"
ln -s .. "$S/releases/b/up"
ln -s "$NG/canary" "$S/releases/b/index.html.gz"
ln -s "$NG/canary" "$S/releases/a/leak.0a1b2c3d.js"
mkfifo "$S/releases/b/fifo"
ln -s releases/b "$S/current"
ln -s releases/a "$S/previous"
mkdir -p "$NG/state/acme/.well-known/acme-challenge"
printf 'of the host' >"$NG/state/acme/.well-known/acme-challenge/token"

answers() { # PATH STATUS BODY DESCRIPTION CURL-ARG...
	an_path=$1 an_status=$2 an_body=$3 an_text=$4
	shift 4
	get "$O$an_path" --path-as-is "$@"
	is "$STATUS $(cat "$BODY")" "$an_status $an_body" "$an_text"
}
answers / 200 B "the index"
answers /index.html 200 B "the index by its name"
answers /page 200 page "/page is page.html"
answers /page?x=1 200 page "arguments do not matter"
get "$O/about"
is "$STATUS $(field location)" "301 /about/" "a folder gets its slash"
answers /about/ 200 about "/about/ is about/index.html"
answers /both 200 file "a file wins over a folder"
answers /packed.js 200 original "the original without Accept-Encoding"
get "$O/packed.js" -H 'Accept-Encoding: gzip'
is "$(field content-encoding) $(gunzip <"$BODY")" "gzip packed" "the precompressed file with it"
like "$(field vary)" 'Accept-Encoding' "and Vary says so"
get "$O/nope"
is "$STATUS" 404 "a missing page is 404"
like "$(cat "$BODY")" "Not found" "with a plain page"
unlike "$(cat "$HEADERS")" 'X-Robots-Tag' "a site may be found"
mkdir "$NG/state/sites/0123456789ab--one"
ln -s ../one/releases/a "$NG/state/sites/0123456789ab--one/current"
get "https://0123456789ab--one.localhost:$HTTPS/"
is "$STATUS $(cat "$BODY")" "200 A" "a release answers under its own name, live or not"
is "$(field x-robots-tag)" noindex "and wants not to be found"
get "https://0123456789ab--one.localhost:$HTTPS/app.9f8e7d6c.js"
is "$STATUS" 404 "it has nothing of another release"
get "https://two.localhost:$HTTPS/"
is "$STATUS" 404 "an unknown site is 404"
get "$O/" -d x
is "$STATUS $(field allow)" "405 GET, HEAD" "sites take no POST"
get "http://one.localhost:$HTTP/page?q"
is "$STATUS $(field location)" "301 $O/page?q" "sites are sent to HTTPS"

# --- PUB-1, second wall ---
for path in /abs.txt /rel.txt /inside.html /etc/passwd /etc/ /etc /up/ /up/a/index.html \
	/..%2f..%2f..%2fcanary /../../../canary /fifo /empty/ /leak.0a1b2c3d.js; do
	get "$O$path" --path-as-is -m 5
	like "$STATUS" '^(400|404)$' "PUB-1 GET $path finds nothing"
	unlike "$(cat "$BODY")" 'canary|root:' "PUB-1 GET $path leaks nothing"
done
get "$O/" -H 'Accept-Encoding: gzip'
unlike "$(cat "$BODY")" canary "PUB-1 a planted index.html.gz symlink is not followed"
for path in /.env /.git/config /.git/; do
	get "$O$path"
	is "$STATUS" 404 "HD-2 $path is hidden"
done
answers /.well-known/security.txt 200 contact ".well-known is the site's"
answers /.well-known/acme-challenge/token 200 "of the host" \
	"PUB-6 but acme-challenge is the host's"
get "http://one.localhost:$HTTP/.well-known/acme-challenge/token"
is "$STATUS $(cat "$BODY")" "200 of the host" "PUB-6 without TLS too"

# --- types and headers ---
get "$O/unknown.zzz"
is "$(field content-type)" application/octet-stream "PUB-6 an unknown type is bytes"
for path in / /nope /unknown.zzz /about /assets/app-Cw3nXy7e.js /assets/app-BfX2kQ9d.js; do
	get "$O$path"
	is "$(field x-content-type-options)" nosniff "PUB-6 HD-1 nosniff on $path"
	like "$(field strict-transport-security)" 'max-age=31536000' "HD-1 HSTS on $path"
	is "$(field server)" nginx "HD-2 no version on $path"
done

# --- caches and the release before ---
revalidate='public, max-age=0, must-revalidate'
for path in / /page /style.css /img/icon-1024x1024.png; do
	get "$O$path"
	is "$(field cache-control)" "$revalidate" "$path is asked for again"
done
for path in /assets/app-Cw3nXy7e.js /app.9f8e7d6c.js; do
	get "$O$path"
	is "$(field cache-control)" 'public, max-age=31536000, immutable' "$path is kept"
done
get "$O/"
get "$O/" -H "If-None-Match: $(field etag)"
is "$STATUS" 304 "an unchanged page is 304"
answers /assets/app-BfX2kQ9d.js 200 'old app' "a hashed asset outlives the switch"
answers /app.0a1b2c3d.js 200 'old hashed' "by its hash anywhere"
for path in /only-a.html /only-a /plain.css; do
	get "$O$path"
	is "$STATUS" 404 "$path does not come from the past"
done
get "$O/assets/app-ZZZZ2222.js"
is "$STATUS" 404 "a missing asset is 404 and not a page"
unlike "$(field cache-control)" immutable "and is not kept for a year"
file b/404.html 'own 404'
answers /nope 404 'own 404' "the site's own 404 page"
answers /abs.txt 404 'own 404' "hides symlinks as well"

# --- a switch needs no reload ---
ln -s releases/a "$S/new"
mv -T "$S/new" "$S/current"
answers / 200 A "another release is served at once"
done_testing
