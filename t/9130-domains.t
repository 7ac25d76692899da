#!/bin/sh
# A custom domain through the whole stack: asked for, proved in DNS, served with
# its owner's certificate by an nginx that is not reloaded for it, given up.
. "$(dirname "$0")/lib/tap.sh"
. "$abs_top_srcdir/t/lib/stack.sh"

ZONE=$TMP/zone
: >"$ZONE"
"$abs_top_srcdir/t/lib/dnsd.pl" "$ZONE" "$TMP/dns.port" 2>"$TMP/dns.log" &
defer "kill $! 2>/dev/null"
wait_for 10 test -s "$TMP/dns.port" || bail "no name server: $(cat "$TMP/dns.log")"
stack_start "dns_server=127.0.0.1:$(cat "$TMP/dns.port")"
stack_user ada
stack_repo shop
echo shop | stack_file shop index.html
echo page | stack_file shop deep/page.html
stack_commit shop first
stack_deploy shop '"outputDir":".","installCommand":"","buildCommand":""'
is "$(stack_wait 60)" success "a site is live"
answers() { site shop / && [ "$STATUS" = 200 ]; }
wait_for 20 answers || bail "the site does not answer: $STATUS $(cat "$TMP/curl.err")"
call GET "/api/deployments/$DEPLOYMENT"
project=$(jget .projectId)
domains=/api/projects/$project/domains
H=shop.example.com
HTTPS=${AUTOSTACK_URL##*:}

visit() { # SCHEME:PORT PATH [CURL-ARG]...
	vi_url=${1%:*}://$H:${1##*:}$2
	vi_at=$H:${1##*:}:127.0.0.1
	shift 2
	fetch_url "$vi_url" --resolve "$vi_at" --cacert "$TMP/c" "$@"
}
shown() { # what a handshake shows of the certificate
	echo | openssl s_client -connect "127.0.0.1:$HTTPS" -servername "$H" 2>/dev/null | openssl x509 -noout "$1" 2>/dev/null
}
is_state() { call GET "$domains/$domain" && [ "$(jget .state)" = "$1" ]; }
pair() { # HOST: a new certificate and key as a body for the API
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$TMP/k" -out "$TMP/c" -days 2 \
		-subj "/CN=$1" -addext "subjectAltName=DNS:$1" 2>/dev/null || bail openssl
	gojq -n --rawfile c "$TMP/c" --rawfile k "$TMP/k" '{certificate: $c, privateKey: $k}'
}

# ---- asked for ----
echo "_autostack.$H TXT autostack=guessed" >"$ZONE"
call POST "$domains" "{\"host\":\"Shop.Example.com.\"}"
is "$STATUS $(jget .host) $(jget .state) $(jget .url)" "201 $H pending null" "a name is asked for" || diag "$(cat "$BODY")"
domain=$(jget .id)
proof="$(jget .proofName) TXT $(jget .proofValue)"
like "$proof" "^_autostack.$H TXT autostack=" "and it is told what DNS has to say"
is "$(shown -subject)" "" "TL-2 it has no certificate before that"
visit "http:$STACK_HTTP" /
is "$STATUS" 404 "nor is it known without TLS"

# ---- proved ----
looked() { call GET "$domains/$domain" && [ "$(jget .reason)" != null ]; }
wait_for 20 looked
like "$(jget '.state + ": " + .reason')" '^pending: The TXT record .* says something else' "TL-2 a guess proves nothing"
echo "$proof" >"$ZONE"
verified() { # it may be asked every ten seconds only
	is_state verified || { call POST "$domains/$domain/verify" '{}' && false; }
}
wait_for 30 verified
is "$(jget '.state')" verified "the right record proves it" || diag "$(cat "$BODY")"
is "$(shown -subject)" "" "without a certificate it is not served"

# ---- served ----
before=$(stack_pids nginx)
workers() { ps -o pid= --ppid "$(cat "$AUTOSTACK_STATE/run/nginx-master.pid")" | tr -d '\n'; }
was=$(workers)
call PUT "$domains/$domain/certificate" "$(pair other.example.com)"
is "$STATUS $(jget '.error.details.fields[0].name')" "422 certificate" "TL-2 a certificate for another name is refused"
call PUT "$domains/$domain/certificate" "$(pair "$H")"
is "$STATUS $(jget .certificateSource)" "200 own" "its owner's is taken" || diag "$(cat "$BODY")"
unlike "$(cat "$BODY")" 'PRIVATE' "and no key comes back"
wait_for 20 is_state active
is "$(jget '.state + " " + .url')" "active https://$H" "it becomes active"
visit "https:$HTTPS" /
is "$STATUS $(cat "$BODY")" "200 shop" "the site answers under it, by the certificate that was set" || diag "$(cat "$TMP/curl.err")"
visit "https:$HTTPS" /deep/page
is "$STATUS $(cat "$BODY")" "200 page" "with all its pages"
like "$(field strict-transport-security)" '^max-age=[0-9]+$' "HD-1 HSTS, for this name alone"
visit "http:$STACK_HTTP" '/deep/page?x=1'
is "$STATUS $(field location)" "301 https://$H:$HTTPS/deep/page?x=1" "without TLS one is sent to it"
site shop /
is "$STATUS $(cat "$BODY")" "200 shop" "the site's own name stays"
first=$(shown -serial)
call PUT "$domains/$domain/certificate" "$(pair "$H")"
is "$STATUS" 200 "another certificate"
other() { [ "$(shown -serial)" = "$(openssl x509 -in "$TMP/c" -noout -serial)" ]; }
wait_for 20 other
isnt "$(shown -serial)" "$first" "takes the first one's place"
visit "https:$HTTPS" /
is "$STATUS" 200 "and is used"
is "$(workers) $(stack_pids nginx)" "$was $before" "PEER-14 nginx has not been reloaded for any of it"

# a new deployment is served under both names at once
echo again | stack_file shop index.html
stack_commit shop second
stack_deploy shop '"outputDir":".","installCommand":"","buildCommand":""'
is "$(stack_wait 60)" success "the next deployment"
visit "https:$HTTPS" /
is "$STATUS $(cat "$BODY")" "200 again" "is live under the domain as well"

# ---- given up ----
TOKEN_ADA=$TOKEN
stack_user bob
call DELETE "$domains/$domain"
is "$STATUS" 404 "SET-1 nobody else gives it up"
TOKEN=$TOKEN_ADA
call DELETE "$domains/$domain"
is "$STATUS" 204 "its owner does"
gone() { [ -z "$(shown -subject)" ]; }
try "its certificate is shown no more" wait_for 20 gone
visit "http:$STACK_HTTP" /
is "$STATUS" 404 "nor is anybody sent there"
is "$(find "$AUTOSTACK_STATE/certs" "$AUTOSTACK_STATE/sites" -name "*$H*")" "" "nothing of it is left on disk"
site shop /
is "$STATUS $(cat "$BODY")" "200 again" "the site stays"
done_testing
