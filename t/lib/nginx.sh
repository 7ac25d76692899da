# nginx.sh - the rendered nginx alone, without the programs behind it. Sourced
# after tap.sh by 5xxx.
#
#   nginx_start [NAME=VALUE]...   on random loopback ports, with a certificate
#                 for localhost and one.localhost (and what $NG_NAMES adds,
#                 ",DNS:two.localhost"); settings as for nginx/render.
#                 Sets NG (its directory; sites are in $NG/state/sites), HTTPS
#                 and HTTP (ports)
#   get URL [CURL-ARG]...   sets STATUS, $BODY, $HEADERS; site names resolve
#   field NAME    a header of the last answer

BODY=$TMP/body
HEADERS=$TMP/headers

# autostack-api -x routes, in short
nginx_routes() {
	printf '%s\n' 'route authLogin POST /api/auth/login public auth auth.login 200' \
		'route authLogin POST /api/login public auth auth.login 200' \
		'route authGithub GET /api/auth/github public auth - 302' \
		'route deploymentList GET /api/deployments user general - 200'
}

nginx_start() {
	NG=$(mktemp -d "${TMPDIR:-/tmp}/as-nginx.XXXXXX") || exit 1
	defer 'rm -rf "$NG"'
	chmod 755 "$NG"
	mkdir -p "$NG/state/sites" "$NG/log" "$NG/run" "$NG/tmp" "$NG/web"
	# nginx's workers are nobody when this is root
	chmod 777 "$NG/tmp"
	HTTPS=$(new_port)
	HTTP=$(new_port)
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes \
		-keyout "$NG/key" -out "$NG/cert" -days 2 -subj /CN=localhost \
		-addext "subjectAltName=DNS:localhost,DNS:one.localhost${NG_NAMES:-}" \
		2>/dev/null ||
		bail "openssl makes no certificate"
	nginx_routes | "$abs_top_srcdir/nginx/render" -q "$NG/conf" \
		RUN_DIR="$NG/run" STATE_DIR="$NG/state" LOG_DIR="$NG/log" \
		CACHE_DIR="$NG/cache" \
		WEB_DIR="$NG/web" BIND4=127.0.0.1: BIND6=no HTTPS_PORT="$HTTPS" \
		HTTP_PORT="$HTTP" PANEL_ORIGIN="https://localhost:$HTTPS" \
		PANEL_CERT="$NG/cert" PANEL_KEY="$NG/key" SITE_CERT="$NG/cert" \
		SITE_KEY="$NG/key" ORIGINS=https://good.example "$@" ||
		bail "render fails"
	setpriv --pdeathsig TERM /usr/sbin/nginx -e "$NG/log/start.log" \
		-c "$NG/conf/nginx.conf" &
	ng_pid=$!
	defer 'kill -TERM $ng_pid 2>/dev/null; wait $ng_pid'
	wait_for 10 curl -sk -o /dev/null "https://localhost:$HTTPS/" ||
		bail "nginx does not start: $(cat "$NG/log/start.log" "$NG/log/nginx-error.log")"
}

get() { # URL CURL-ARG...
	ng_url=$1
	shift
	STATUS=$(curl -sSk -m 20 --noproxy '*' -o "$BODY" -D "$HEADERS" \
		-w '%{http_code}' "$@" "$ng_url" 2>"$TMP/curl.err") ||
		diag "curl $ng_url: $(cat "$TMP/curl.err")"
}
field() { sed -n "s/^$1: *//Ip" "$HEADERS" | tr -d '\r'; }
