#!/bin/sh
# A site and the panel never share an origin: nothing of the API answers under
# the host of a site, nothing that was published under the panel's.
. "$(dirname "$0")/lib/tap.sh"
. "$abs_top_srcdir/t/lib/nginx.sh"

nginx_start
mkdir -p "$NG/state/sites/one/releases/a/api" \
	"$NG/state/sites/localhost/releases/a"
echo published >"$NG/state/sites/one/releases/a/page.html"
echo published >"$NG/state/sites/one/releases/a/api/health"
echo published >"$NG/state/sites/localhost/releases/a/page.html"
ln -s releases/a "$NG/state/sites/one/current"
ln -s releases/a "$NG/state/sites/localhost/current"
panel=https://localhost:$HTTPS
site=https://one.localhost:$HTTPS

# no program runs behind this nginx: 502 is what reaches for one
get "$panel/api/session"
is "$STATUS" 502 "TL-2 the panel's /api is the API"
for path in /api/session /api/deployments /api/auth/login /health/db \
	/ws/logs /api/deployments/1/logs/stream /api/status/stream /api/openapi.json; do
	get "$site$path"
	is "$STATUS" 404 "TL-2 $path of a site's host is nothing"
	get "$site$path" -H 'Upgrade: websocket' -H 'Connection: upgrade'
	is "$STATUS" 404 "TL-2 nor with an upgrade"
done
get "$site/api/auth/login" -X POST -d '{}' -H 'Content-Type: application/json'
like "$STATUS" '^(404|405)$' "TL-2 a site's host takes no login"
get "$site/api/health"
is "$STATUS $(cat "$BODY")" "200 published" \
	"TL-2 a published api/ is a folder like any other"
unlike "$(cat "$HEADERS")" '^[Ss]et-[Cc]ookie' "TL-2 and sets no cookie"
get "$site/page.html" -H "Host: localhost:$HTTPS"
isnt "$(cat "$BODY")" published "TL-2 another Host does not mix the two"
get "$panel/page.html"
isnt "$(cat "$BODY")" published "TL-2 the panel's host serves no site"
get "$panel/one/page.html"
isnt "$(cat "$BODY")" published "TL-2 nor below a path"
get "https://localhost.localhost:$HTTPS/page.html"
is "$(cat "$BODY")" published \
	"TL-2 a site named like the panel still has a host of its own"
done_testing
