#!/bin/sh
# What nginx passes on to the API of credentials and of a request's origin, and
# that both judge origins alike.
. "$(dirname "$0")/lib/tap.sh"
. "$abs_top_srcdir/t/lib/api.sh"
. "$abs_top_srcdir/t/lib/nginx.sh"

nginx_start "ORIGINS=https://www.example https://Good.example/  http://dev.example:3000"
P=https://localhost:$HTTPS

# --- what comes through: a FastCGI responder that says what it was given ---
cat >dump.pl <<'EOF'
use IO::Socket::UNIX;
my $s = IO::Socket::UNIX->new(Local => $ARGV[0], Listen => 5) or die;
chmod 0777, $ARGV[0];
while (my $c = $s->accept) {
	my $params = '';
	while (read $c, my $head, 8) {
		my (undef, $type, undef, $n, $pad) = unpack 'CCnnC', $head;
		my $data = '';
		read $c, $data, $n + $pad if $n + $pad;
		$params .= substr $data, 0, $n if $type == 4;
		last if $type == 5 && $n == 0;
	}
	my $out = '';
	while (length $params) {
		my @n;
		for (1, 2) {
			my $n = ord substr $params, 0, 1;
			if ($n < 128) { substr $params, 0, 1, '' }
			else { $n = unpack('N', substr $params, 0, 4, '') & 0x7fffffff }
			push @n, $n;
		}
		my $name = substr $params, 0, $n[0], '';
		$out .= "$name=" . substr($params, 0, $n[1], '') . "\n";
	}
	$out = "Content-Type: text/plain\r\n\r\n$out";
	print $c pack('CCnnCC', 1, 6, 1, length $out, 0, 0) . $out, pack('CCnnCCx8', 1, 3, 1, 8, 0, 0);
	close $c;
}
EOF
setpriv --pdeathsig TERM perl dump.pl "$NG/run/api.sock" &
dump_pid=$!
defer 'kill $dump_pid 2>/dev/null; wait $dump_pid 2>/dev/null'
wait_for 5 test -S "$NG/run/api.sock"
canary=ask_canary-of-a-key
for version in --http1.1 --http2; do
	get "$P/api/x" $version -X POST -d '{}' -H "X-API-Key: $canary" -H 'X-CSRF-Token: c.t' \
		-H 'X-Client: web' -H 'Origin: https://www.example' -H 'Referer: https://www.example/x' \
		-H 'Sec-Fetch-Site: cross-site' -H 'Authorization: Bearer b' -H 'Cookie: a=b; __Host-autostack=c' \
		-H 'Access-Control-Request-Method: PUT' -H 'Keep-Alive: 5' -H 'Proxy-Authorization: Basic eDp5' \
		-H 'Trailer: X' -H 'Expect:'
	for line in "HTTP_X_API_KEY=$canary" HTTP_X_CSRF_TOKEN=c.t HTTP_X_CLIENT=web HTTP_ORIGIN=https://www.example \
		HTTP_REFERER=https://www.example/x HTTP_SEC_FETCH_SITE=cross-site 'HTTP_AUTHORIZATION=Bearer b' \
		'HTTP_COOKIE=a=b; __Host-autostack=c' HTTP_ACCESS_CONTROL_REQUEST_METHOD=PUT; do
		is "$(grep -c "^${line%%=*}=" "$BODY") $(grep -cFx "$line" "$BODY")" "1 1" \
			"$version: ${line%%=*} comes through, once"
	done
	is "$(grep -E '^HTTP_(CONNECTION|KEEP_ALIVE|PROXY_AUTHORIZATION|TE|TRAILER|TRANSFER_ENCODING|UPGRADE|EXPECT|PROXY)=.' "$BODY")" \
		"" "HD-4 $version: nothing hop by hop does"
done
get "$P/api/x" --http1.1 -H 'Connection: keep-alive, X-API-Key' -H 'X-API-Key: k' -H 'TE: trailers'
is "$(grep -E '^HTTP_(CONNECTION|TE)=.' "$BODY")" "" "HD-4 nor when it is asked for"
get "$P/api/x" -H 'X_API_KEY: k' -H 'X-API.Key: k'
unlike "$(cat "$BODY")" '^HTTP_X_API_KEY=' "a header that only looks like another is dropped"
kill $dump_pid
wait $dump_pid 2>/dev/null
rm -f "$NG/run/api.sock"

# --- the API itself ---
AS_RUN=$NG/run
api_start app_url="$P" frontend_url=https://www.example \
	"allowed_origins=https://good.example, http://dev.example:3000"
chmod 666 "$AS_RUN/api.sock"
acao() { field access-control-allow-origin; }
for origin in "$P" https://www.example https://good.example http://dev.example:3000; do
	get "$P/api/openapi.json" -H "Origin: $origin"
	is "$STATUS $(acao)" "200 $origin" "CO-1 the API lets $origin read"
	is "$(grep -ci '^vary: origin' "$HEADERS")" 1 "CO-1 with one Vary"
	exposed=$(field access-control-expose-headers)
	get "$P/nothing.txt" -H "Origin: $origin"
	is "$STATUS $(acao)" "404 $origin" "CO-1 and so does nginx in its own errors"
	is "$(field access-control-allow-credentials) $(field access-control-expose-headers)" "true $exposed" \
		"CO-1 on the same terms"
done
for origin in null https://good.example.evil https://evilgood.example http://good.example https://good.example:444 \
	https://GOOD.example https://goodxexample HTTPS://www.example https://www.example/ https://sub.good.example \
	https://localhost "https://one.localhost:$HTTPS" '*' 'https://good.example https://www.example'; do
	get "$P/api/openapi.json" -H "Origin: $origin"
	is "$STATUS $(grep -ci '^access-control' "$HEADERS")" "200 0" "CO-1 the API does not let '$origin' read"
	get "$P/nothing.txt" -H "Origin: $origin"
	is "$STATUS $(grep -ci '^access-control' "$HEADERS")" "404 0" "CO-1 nor does nginx"
done
get "$P/api/projects" -X OPTIONS -H 'Origin: https://good.example' -H 'Access-Control-Request-Method: POST'
is "$STATUS $(acao) $(field access-control-allow-methods)" "204 https://good.example GET, HEAD, POST, OPTIONS" \
	"CO-1 a preflight comes through nginx"

# --- a browser's cookie through nginx ---
browser() { # METHOD PATH [CURL-ARG]...
	b_method=$1 b_path=$2
	shift 2
	get "$P$b_path" -X "$b_method" -b jar -c jar -H "Origin: $P" -H 'Sec-Fetch-Site: same-origin' \
		-H 'X-Client: web' -H 'Content-Type: application/json' "$@"
}
browser POST /api/auth/signup -d '{"name":"ada","email":"ada@example.com","password":"correct horse ada"}'
is "$STATUS" 201 "a browser signs up"
like "$(cat jar)" '#HttpOnly_localhost	FALSE	/	TRUE	[0-9]*	__Host-autostack	' "SE-11 and keeps the cookie"
csrf=$(gojq -r .csrfToken "$BODY")
browser GET /api/auth/session
is "$STATUS" 200 "the cookie authenticates"
browser POST /api/projects -d '{"repository":"a/b"}'
is "$STATUS" 403 "CS-1 a write without its token is refused"
browser POST /api/projects -d '{"repository":"a/b"}' -H "X-CSRF-Token: $csrf"
is "$STATUS" 201 "CS-1 with it, it is done"
get "$P/api/projects" -X POST -b jar -d '{"repository":"a/c"}' -H 'Content-Type: application/json' \
	-H "X-CSRF-Token: $csrf" -H "Origin: https://one.localhost:$HTTPS" -H 'Sec-Fetch-Site: same-site'
is "$STATUS" 403 "CS-2 a published site is a stranger"
browser POST /api/auth/logout -H "X-CSRF-Token: $csrf" -d '{}'
is "$STATUS" 204 "logout"
unlike "$(cat jar)" '__Host-autostack' "SE-11 takes the cookie away"

is "$(grep -rl "$canary" "$NG/log" "$TMP"/log.* 2>/dev/null)" "" "no log holds a key"
done_testing
