#!/bin/sh
# Custom domains: served by a link and a file that appear while nginx runs, the
# same as the site's own name, and nothing at all for names that are not ours.
. "$(dirname "$0")/lib/tap.sh"
. "$abs_top_srcdir/t/lib/nginx.sh"

nginx_start
CERTS=$NG/state/certs
S=$NG/state/sites/one
mkdir -p "$CERTS" "$S/releases/a/assets" "$S/releases/b/.well-known" "$NG/state/acme/.well-known/acme-challenge"
printf A >"$S/releases/a/index.html"
printf 'old app' >"$S/releases/a/assets/app-BfX2kQ9d.js"
printf B >"$S/releases/b/index.html"
printf page >"$S/releases/b/page.html"
printf secret >"$S/releases/b/.env"
printf canary >"$NG/canary"
ln -s "$NG/canary" "$S/releases/b/leak.txt"
ln -s releases/b "$S/current"
ln -s releases/a "$S/previous"
printf 'of the host' >"$NG/state/acme/.well-known/acme-challenge/token"

# pem HOST [SERIAL]: as the worker writes it
pem() {
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$NG/k" -out "$NG/c" -days 2 \
		-subj "/CN=$1" -addext "subjectAltName=DNS:$1" -set_serial "${2:-1}" 2>/dev/null || bail "openssl"
	cat "$NG/c" "$NG/k" >"$CERTS/$1.new"
	mv "$CERTS/$1.new" "$CERTS/$1.pem"
}
domain() { # HOST SITE
	pem "$1"
	ln -s "$2" "$NG/state/sites/$1"
}
visit() { # HOST PATH CURL-ARG...
	vi_host=$1 vi_path=$2
	shift 2
	get "https://$vi_host:$HTTPS$vi_path" --resolve "$vi_host:$HTTPS:127.0.0.1" --path-as-is "$@"
}
visit_http() {
	vi_host=$1 vi_path=$2
	shift 2
	get "http://$vi_host:$HTTP$vi_path" --resolve "$vi_host:$HTTP:127.0.0.1" --path-as-is "$@"
}
handshake() { # HOST: what a client sees of the certificate
	echo | openssl s_client -connect "127.0.0.1:$HTTPS" ${1:+-servername "$1"} 2>&1
}
serial() { handshake "$1" | openssl x509 -noout -serial 2>/dev/null; }

# --- names that are not ours ---
for name in www.example.com ../one.example.com 'a/b.example.com' ..%2fkey.example.com -x.example.com \
	none.example.com "$(printf 'a%.0s' $(seq 63)).example.com"; do
	hs=$(handshake "$name")
	unlike "$(printf '%s\n' "$hs" | grep '^subject' | grep -v 'CN *= *localhost$')" . "TL-2 $name: nobody else's certificate"
done
hs=$(handshake www.example.com)
unlike "$hs" 'BEGIN CERTIFICATE' "TL-2 an unknown name gets no certificate at all"
like "$hs" 'alert|no peer certificate' "its handshake fails"
is "$(grep -c www.example.com "$NG/log/nginx-error.log")" 0 "and leaves no line in the error log"
visit_http www.example.com /
is "$STATUS $(field location)" "404 " "without TLS it is 404, not sent on"
visit_http www.example.com /.well-known/acme-challenge/token
is "$STATUS $(cat "$BODY")" "200 of the host" "PUB-6 but an authority finds its file before anything is served"
for path in /.well-known/acme-challenge/../../canary /.well-known/acme-challenge/%2e%2e/%2e%2e/%2e%2e/canary \
	/.well-known/acme-challenge/ /.well-known/; do
	visit_http www.example.com "$path"
	like "$STATUS" '^40[034]$' "PUB-6 $path finds nothing"
done

# --- one that appears ---
domain www.example.com one
visit www.example.com / --cacert "$NG/c"
is "$STATUS $(cat "$BODY")" "200 B" "a link and a file, and the domain is served without a reload"
is "$(serial www.example.com)" serial=01 "with its own certificate"
visit www.example.com /page
is "$(cat "$BODY")" page "by the same rules"
visit www.example.com /assets/app-BfX2kQ9d.js
is "$(cat "$BODY")" 'old app' "with the assets of the release before"
is "$(field x-content-type-options) $(field server)" "nosniff nginx" "PUB-6 HD-1 and the same headers"
is "$(field strict-transport-security)" 'max-age=31536000' "HD-1 HSTS, but not for subdomains that are not ours"
get "https://one.localhost:$HTTPS/"
is "$(field strict-transport-security)" 'max-age=31536000; includeSubDomains' "HD-1 which the site's own name has"
for path in /.env /leak.txt /..%2f..%2f..%2fcanary /../../../canary; do
	visit www.example.com "$path"
	like "$STATUS" '^40[04]$' "PUB-1 $path finds nothing"
	unlike "$(cat "$BODY")" 'canary|secret' "PUB-1 $path leaks nothing"
done
visit www.example.com /.well-known/acme-challenge/token
is "$(cat "$BODY")" "of the host" "PUB-6 acme-challenge is the host's"
visit www.example.com / -d x
is "$STATUS" 405 "no POST"
visit_http www.example.com '/page?q'
is "$STATUS $(field location)" "301 https://www.example.com:$HTTPS/page?q" "TL-1 without TLS it is sent on"
domain xn--bcher-kva.example one
visit xn--bcher-kva.example /
is "$STATUS $(field x-robots-tag)" "200 " "a name with -- in it may be found"
visit WWW.Example.com /
is "$STATUS" 200 "capitals do not matter"

# --- one connection, one name ---
domain other.example.net one
visit www.example.com / -H 'Host: other.example.net'
is "$STATUS" 421 "TL-2 another name on the same connection is 421"
visit www.example.com / -H "Host: one.localhost"
unlike "$STATUS" '^5' "a site's name there is the site's business"
get "https://127.0.0.1:$HTTPS/" -H 'Host: www.example.com'
is "$STATUS" 421 "TL-2 nor is a domain served to who did not name it"
like "$(handshake '' | openssl x509 -noout -subject)" 'CN *= *localhost' "who names nobody gets the panel's certificate"

# --- changes ---
pem www.example.com 7
is "$(serial www.example.com)" serial=07 "another certificate is used at once"
ln -s releases/a "$S/new" && mv -T "$S/new" "$S/current"
visit www.example.com /
is "$(cat "$BODY")" A "a switch of the site is one of the domain"
rm "$NG/state/sites/www.example.com" "$CERTS/www.example.com.pem"
unlike "$(handshake www.example.com)" 'BEGIN CERTIFICATE' "what is removed is gone at once"
visit_http www.example.com /
is "$STATUS" 404 "without TLS, too"
domain gone.example.com nosuchsite
visit gone.example.com /
is "$STATUS" 404 "a domain whose site has no release is 404"
# reading the files is nginx's own user's part
if [ "$(id -u)" = 0 ]; then
	chmod 600 "$CERTS/other.example.net.pem"
	unlike "$(handshake other.example.net)" 'BEGIN CERTIFICATE' "a file that nginx's user cannot read is none"
	like "$(ps -o user= -C nginx | sort -u | tr '\n' ' ')" 'nobody|www-data' "whose user is not root"
fi
done_testing
