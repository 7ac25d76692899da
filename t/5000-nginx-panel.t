#!/bin/sh
# nginx's part of the panel and the API: headers, refusals, limits, TLS. Nothing
# runs behind it but a socket that writes down what it gets.
. "$(dirname "$0")/lib/tap.sh"
. "$abs_top_srcdir/t/lib/nginx.sh"

echo '<p>panel' >page
nginx_start
cp page "$NG/web/index.html"
echo secret >"$NG/web/.env"
echo old >"$NG/web/index.html~"
mkdir "$NG/web/.git" "$NG/web/folder"
echo config >"$NG/web/.git/config"
P=https://localhost:$HTTPS

# --- HD-1: the headers of every kind of answer ---
headers_of() { # WHAT URL STATUS CURL-ARG...
	hd_what=$1
	hd_url=$2
	hd_status=$3
	shift 3
	get "$hd_url" "$@"
	is "$STATUS" "$hd_status" "$hd_what is $hd_status"
	is "$(field strict-transport-security)" \
		'max-age=31536000; includeSubDomains' "HD-1 HSTS on $hd_what"
	is "$(field x-content-type-options)" nosniff "HD-1 nosniff on $hd_what"
	is "$(field content-security-policy)" \
		"default-src 'self'; object-src 'none'; base-uri 'none'; frame-ancestors 'none'" \
		"HD-1 CSP on $hd_what"
	is "$(field referrer-policy)" no-referrer \
		"HD-1 Referrer-Policy on $hd_what"
	is "$(field server)" nginx "HD-2 no version on $hd_what"
}
# json_error STATUS CODE: the body is the contract's error
json_error() {
	is "$(field content-type)" 'application/json; charset=utf-8' \
		"RL-5 HD-2 $1 is JSON"
	is "$(gojq -c '[.error.statusCode, .error.code, (.error.message | length > 0),
		(.error.details | type), (. | length)]' "$BODY")" \
		"[$1,\"$2\",true,\"object\",1]" "RL-5 $1 has the contract's shape"
	like "$(field x-request-id)" \
		'^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$' \
		"$1 carries X-Request-Id"
	is "$(field cache-control)" no-store "HD-1 no-store on $1"
}

headers_of "a page" "$P/" 200
is "$(cat "$BODY")" '<p>panel' "the page is served"
headers_of "a missing file" "$P/nope.css" 404
json_error 404 NOT_FOUND
headers_of "a redirect" "http://localhost:$HTTP/x?y" 301
is "$(field location)" "$P/x?y" "TL-1 pages without TLS are sent to HTTPS"
for path in /api /api/auth/login /api/v1/x /ws/logs/1 /health; do
	get "http://localhost:$HTTP$path"
	is "$STATUS" 403 "TL-1 $path is refused without TLS"
done
headers_of "the API without TLS" "http://localhost:$HTTP/api/x" 403
json_error 403 FORBIDDEN
headers_of "a dead API" "$P/api/deployments" 502
json_error 502 BAD_GATEWAY
headers_of "a dead API's health" "$P/health/db" 502
head -c 1100000 /dev/zero >big
headers_of "a large body" "$P/api/deployments" 413 --data-binary @big
json_error 413 PAYLOAD_TOO_LARGE
headers_of "TRACE" "$P/" 405 -X TRACE
json_error 405 METHOD_NOT_ALLOWED
isnt "$(field allow)" "" "405 carries Allow"
headers_of "a POST to a page" "$P/" 405 -d x
long=$(head -c 9000 /dev/zero | tr '\0' a)
headers_of "a long address" "$P/$long" 414 --http1.1
json_error 414 URI_TOO_LONG
headers_of "a large header" "$P/" 431 --http1.1 -H "X-Long: $long"
json_error 431 HEADERS_TOO_LARGE
headers_of "HTTP on the TLS port" "http://localhost:$HTTPS/" 400
json_error 400 BAD_REQUEST
headers_of "a foreign name" "https://evil:$HTTPS/api/x" 404 \
	--resolve "evil:$HTTPS:127.0.0.1"
json_error 404 NOT_FOUND
headers_of "a WebSocket address without Upgrade" "$P/ws/logs/1" 426 --http1.1
json_error 426 UPGRADE_REQUIRED

# --- HD-2: hidden files, backups, listings ---
for path in /.env /.git/config /.git/ /index.html~ /folder/.x /nothing.txt /assets/nothing /a.b/c; do
	get "$P$path" -L
	is "$STATUS" 404 "HD-2 $path is not there"
done
# what has no file is a page of the panel, whose router says what it is
for path in /projects/0b9e/settings /deployments/ /folder /folder/ /nothing; do
	get "$P$path"
	is "$STATUS $(cat "$BODY")" "200 <p>panel" "$path is the panel"
	is "$(field cache-control)" no-cache "and asked for each time"
done
mkdir "$NG/web/assets"
echo 1 >"$NG/web/assets/main-ABC.js"
headers_of "a file of the panel" "$P/assets/main-ABC.js" 200
is "$(field cache-control)" 'public, max-age=31536000, immutable' "a file with a hash in its name is good for ever"

# --- HD-4: smuggling; raw bytes over TLS ---
raw() {
	printf "$1" | timeout 5 openssl s_client -quiet -connect "localhost:$HTTPS" \
		-servername localhost 2>/dev/null | head -n 1 | tr -d '\r'
}
H='Host: localhost\r\n'
for probe in \
	"Content-Length with Transfer-Encoding|POST /api/x HTTP/1.1\r\n${H}Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" \
	"two Transfer-Encodings|POST /api/x HTTP/1.1\r\n${H}Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n" \
	"two Content-Lengths|POST /api/x HTTP/1.1\r\n${H}Content-Length: 4\r\nContent-Length: 5\r\n\r\nabcde" \
	"a bad chunk size|POST /api/x HTTP/1.1\r\n${H}Transfer-Encoding: chunked\r\n\r\n0x4\r\nabcd\r\n0\r\n\r\n" \
	"a negative Content-Length|POST /api/x HTTP/1.1\r\n${H}Content-Length: -1\r\n\r\n" \
	"two Hosts|GET /api/x HTTP/1.1\r\n${H}Host: evil\r\n\r\n" \
	"no Host|GET /api/x HTTP/1.1\r\n\r\n" \
	"garbage|GARBAGE\r\n\r\n"; do
	like "$(raw "${probe#*|}")" '^HTTP/1.1 (400|501) ' "HD-4 ${probe%%|*} is refused"
done

# --- rate limit ---
codes=
for i in 1 2 3 4 5 6; do
	get "$P/api/auth/login" -d '{}'
	codes="$codes $STATUS"
done
is "$codes" " 502 502 502 502 502 429" "RL-1 the sixth login in a minute is refused"
json_error 429 RATE_LIMIT_EXCEEDED
is "$(field retry-after)" 12 "RL-1 Retry-After is an integer"
headers_of "a refused login" "$P/api/auth/login" 429 -d '{}'
get "$P/api/auth/login" -d '{}' -H 'Origin: https://good.example'
is "$(field access-control-allow-origin)" https://good.example \
	"RL-5 nginx's 429 can be read by an allowed origin"
get "$P/api/auth/login" -d '{}' -H 'Origin: https://good.example.evil'
is "$(field access-control-allow-origin)" "" "CO-1 and not by another one"
for path in /api/auth/login/ //api//auth/login /api/auth/%6Cogin /api/auth/login?x=1 \
	/api/v1/auth/login /api/login /api/x/../auth/login; do
	get "$P$path" -d '{}' --path-as-is
	is "$STATUS" 429 "RL-7 $path shares the bucket"
done
get "$P/api/auth/login" -d '{}' -H 'X-Forwarded-For: 192.0.2.9' -H 'X-Real-IP: 192.0.2.9'
is "$STATUS" 429 "HD-3 forwarded addresses do not open another bucket"
get "$P/api/auth/login" -d '{}' --http1.1
is "$STATUS" 429 "RL-2 both versions of HTTP share the bucket"
get "$P/api/auth/login" -X OPTIONS
is "$STATUS" 502 "RL-7 preflights are not counted"
get "$P/api/auth/github"
is "$STATUS $(field location)" "302 $P/oauth#error=rate_limit_exceeded" \
	"RL-1 a browser on its way to a provider reads the panel's words"
get "$P/api/deployments"
is "$STATUS" 502 "RL-1 other routes are not limited by it"
get "$P/api/auth/login" -d '{}' --interface 127.0.0.2 --resolve "localhost:$HTTPS:127.0.0.1"
is "$STATUS" 502 "RL-1 another address is not limited"

# --- WebSockets: what reaches the program behind ---
cat >ws.pl <<'EOF'
use IO::Socket::UNIX;
my $s = IO::Socket::UNIX->new(Local => $ARGV[0], Listen => 5) or die;
chmod 0777, $ARGV[0];
while (my $c = $s->accept) {
	open my $f, '>>', $ARGV[1];
	while (<$c>) { print $f $_; last if /^\r$/ }
	close $f;
	print $c "HTTP/1.1 101 x\r\nUpgrade: websocket\r\nConnection: upgrade\r\n\r\nhello";
	close $c;
}
EOF
setpriv --pdeathsig TERM perl ws.pl "$NG/run/ws.sock" "$TMP/seen" &
ws_pid=$!
defer 'kill $ws_pid 2>/dev/null; wait $ws_pid'
wait_for 5 test -S "$NG/run/ws.sock"
D=/api/deployments/00000000-0000-0000-0000-000000000000/logs/stream
long4k=$(head -c 4000 /dev/zero | tr '\0' a)
for value in h2c foo 'websocket, h2c' 'h2c, websocket' "$long4k"; do
	get "$P$D" --http1.1 -H "Upgrade: $value" -H 'Connection: Upgrade, HTTP2-Settings' \
		-H 'HTTP2-Settings: AAMAAABkAAQCAAAAAAIAAAAA'
	is "$STATUS" 426 "WS-H2C Upgrade: $(printf %.20s "$value") is refused"
done
is "$(cat "$TMP/seen" 2>/dev/null)" "" "WS-H2C and nothing of it reaches autostack-ws"
for path in "$D" /api/v1${D#/api} /ws/logs/1 /api/ws/logs/1 /api/status/stream /api/v1/status/stream; do
	rm -f "$TMP/seen"
	get "$P$path?token=canary-in-a-query" --http1.1 -H 'Upgrade: WebSocket' \
		-H 'Connection: keep-alive, Upgrade' -H 'X-Forwarded-For: 192.0.2.9' \
		-H 'X-Real-IP: 192.0.2.9' -m 5
	is "$STATUS" 101 "$path is passed on"
	like "$(tr -d '\r' <"$TMP/seen")" '^Upgrade: websocket$' \
		"WS-H2C $path: the Upgrade header is ours"
	unlike "$(cat "$TMP/seen")" '192\.0\.2\.9' "HD-3 $path: the peer's address is nginx's"
done
kill $ws_pid
wait_for 5 sh -c "! kill -0 $ws_pid"
rm -f "$NG/run/ws.sock"
get "$P$D?token=canary-in-a-query" --http1.1 -H 'Upgrade: websocket' -H 'Connection: Upgrade'
is "$STATUS" 502 "a dead autostack-ws is a 502"
like "$(cat "$NG/log/access.log")" 'logs/stream HTTP/1.1" 502' "and is in the access log"
is "$(grep -rl canary-in-a-query "$NG/log")" "" "WS-3 no log of nginx holds a token"

# --- a browser on its way to a provider and back; no API is there to take it ---
for path in /api/auth/github /api/v1/auth/google /api/auth/github/callback /api/v1/auth/google/callback; do
	get "$P$path?code=canary-in-a-query&state=canary-in-a-query" --interface 127.0.0.3 --resolve "localhost:$HTTPS:127.0.0.1"
	is "$STATUS $(field location)" "302 $P/oauth#error=bad_gateway" "$path without an API leads to the panel's words"
done
get "$P/api/deployments?plain-query"
like "$(cat "$NG/log/nginx-error.log")" 'plain-query' \
	"the error log does print whole request lines"
is "$(grep -rl canary-in-a-query "$NG/log")" "" \
	"OA-11 no log of nginx holds a code or a state"

# --- TL-1 ---
sslscan --no-colour "localhost:$HTTPS" >scan 2>&1
for version in SSLv2 SSLv3 TLSv1.0 TLSv1.1; do
	like "$(cat scan)" "^$version +disabled" "TL-1 $version is off"
done
for version in TLSv1.2 TLSv1.3; do
	like "$(cat scan)" "^$version +enabled" "TL-1 $version is on"
done
for version in tls1_2 tls1_3; do
	like "$(timeout 5 openssl s_client -connect "localhost:$HTTPS" -$version \
		-servername localhost </dev/null 2>/dev/null)" '^Compression: NONE' \
		"TL-1 no compression with $version"
done
like "$(cat scan)" 'Session renegotiation not supported' "TL-1 no renegotiation"
is "$(grep -E '^(Preferred|Accepted) ' scan | grep -vcE 'TLSv1.3|ECDHE')" 0 \
	"TL-1 every suite is forward-secret"
is "$(grep -E '^(Preferred|Accepted) ' scan | grep -vcE 'GCM|POLY1305')" 0 \
	"TL-1 every suite is an AEAD"
done_testing
