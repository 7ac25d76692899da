#!/bin/sh
# Projects and their deployments in a real browser: cancelled, failed, deleted;
# variables, rollbacks, domains and certificates; what the figures say of it. And
# the panel by keyboard alone, and the reference of the API.
. "$(dirname "$0")/lib/tap.sh"
. "$abs_top_srcdir/t/lib/stack.sh"
. "$abs_top_srcdir/t/lib/browser.sh"

host=www.shop.example.net
# what the worker asks for the records of domains: it knows none at first
: >"$TMP/zone"
"$abs_top_srcdir/t/lib/dnsd.pl" "$TMP/zone" "$TMP/dns.port" 2>"$TMP/dns.log" &
defer "kill $! 2>/dev/null"
wait_for 10 test -s "$TMP/dns.port" || bail "no name server: $(cat "$TMP/dns.log")"
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$TMP/own.key" -out "$TMP/own.pem" -days 9 -subj /CN=x \
	-addext "subjectAltName=DNS:$host" 2>/dev/null || bail "no certificate"

stack_start "dns_server=127.0.0.1:$(cat "$TMP/dns.port")"
stack_user ada
stack_repo site
stack_file site build.sh <<'END'
echo "says ${GREETING-nobody}"
mkdir -p out
echo "greeting ${GREETING-nobody}" >out/index.html
END
stack_commit site first

browser projects "$(stack_url site)" $host "$TMP/own.pem" "$TMP/own.key" "$TMP/zone"
