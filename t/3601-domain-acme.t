#!/bin/sh
# Certificates from an authority: Pebble, the ACME test server of Let's Encrypt,
# asked by the real client through the real nginx.
. "$(dirname "$0")/lib/tap.sh"
. "$abs_top_srcdir/t/lib/domains.sh"

# the authority's own certificate, and its settings
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$TMP/acme.key" -out "$TMP/acme.pem" -days 2 \
	-subj /CN=localhost -addext subjectAltName=DNS:localhost,IP:127.0.0.1 2>/dev/null || bail openssl
chmod 644 "$TMP/acme.pem"
ACME=$(new_port)
MANAGE=$(new_port)
domains_init acme_directory="https://localhost:$ACME/dir" acme_ca_file="$TMP/acme.pem" acme_contact=ops@example.com \
	public_addresses='192.0.2.9, 127.0.0.1' acme_failures_per_hour=2 acme_issued_per_week=2
cat >"$TMP/pebble.json" <<END
{"pebble": {"listenAddress": "127.0.0.1:$ACME", "managementListenAddress": "127.0.0.1:$MANAGE",
	"certificate": "$TMP/acme.pem", "privateKey": "$TMP/acme.key", "httpPort": $HTTP, "tlsPort": 1, "ocspResponderURL": ""}}
END
pebble_start() {
	PEBBLE_VA_NOSLEEP=1 setpriv --pdeathsig TERM pebble -config "$TMP/pebble.json" -dnsserver "$DNS" >>"$TMP/pebble.log" 2>&1 &
	pebble_pid=$!
	wait_for 20 curl -s --cacert "$TMP/acme.pem" -o /dev/null "https://localhost:$ACME/dir" ||
		bail "pebble does not start: $(cat "$TMP/pebble.log")"
}
pebble_stop() { kill "$pebble_pid" 2>/dev/null; wait "$pebble_pid" 2>/dev/null; }
defer pebble_stop
pebble_start
worker_up
again() { # have an order made now
	sql "UPDATE domains SET certificate_next_try_at = now() - interval '1 second', certificate_error = NULL WHERE id = '$id'"
}
failed_with() { # WORDS DESCRIPTION
	wait_for 90 domains_have "certificate_error IS NOT NULL" "$id"
	like "$(of certificate_error)" "$1" "$2"
}
# Two looks: the worker has been through all that is due between them.
rounds() { look; look; }
ledger() { sql "SELECT count(*) FILTER (WHERE error IS NULL) || ' ' || count(*) FILTER (WHERE error IS NOT NULL) FROM certificate_orders WHERE host = '$1'"; }

# --- one that works ---
site blog
domain www.example.com
zone 'www.example.com A 127.0.0.1' "$(proof_of)"
look
is_state active "$id" 120 "a proved domain gets a certificate and is served, all by itself"
[ "$(of state)" = active ] || diag "$(of "row_to_json(domains)")"
is "$(of certificate_source)" acme "from the authority"
like "$(cert_of www.example.com)" 'Issuer: CN *= *Pebble Intermediate' "which nginx shows"
curl -s --cacert "$TMP/acme.pem" "https://localhost:$MANAGE/roots/0" >"$TMP/root.pem"
is "$(echo | openssl s_client -connect "127.0.0.1:$HTTPS" -servername www.example.com -verify_hostname www.example.com \
	-CAfile "$TMP/root.pem" 2>&1 | sed -n 's/^Verify return code: //p' | head -1)" "0 (ok)" "TL-1 with a chain that clients accept"
visit www.example.com / --cacert "$TMP/root.pem"
is "$(cat "$BODY")" "site blog" "the site answers"
is "$(of "certificate_expires_at > now() + interval '1 day' AND certificate_next_try_at < certificate_expires_at
	AND certificate_next_try_at > now() AND certificate_error IS NULL AND certificate_failures = 0")" t \
	"when it ends and when it is renewed is known"
is "$(of "round((extract(epoch FROM certificate_next_try_at - now()) / extract(epoch FROM certificate_expires_at - now()))::numeric, 2)")" \
	0.67 "after two thirds of its life"
is "$(ledger www.example.com)" "1 0" "the ledger has the order"
is "$(find "$STATE/acme/.well-known/acme-challenge" -type f | wc -l)" 0 "no challenge is left"
is "$(stat -c '%a' "$STATE/acme-account" "$STATE/acme-account/key" | tr '\n' ' ')" "700 600 " "the account's key is the worker's alone"
unlike "$(of key_sealed)" PRIVATE "the domain's key is stored sealed"
first=$(cert_of www.example.com -serial)

# --- renewal ---
again
wait_for 120 sh -c "[ \"\$(echo | openssl s_client -connect 127.0.0.1:$HTTPS -servername www.example.com 2>/dev/null |
	openssl x509 -noout -serial)\" != '$first' ]"
second=$(cert_of www.example.com -serial)
ok "$([ -n "$second" ] && [ "$second" != "$first" ]; echo $?)" "a renewal takes its place without a reload"
is "$(ledger www.example.com)" "2 0" "it is in the ledger"
again
rounds
is "$(ledger www.example.com)" "2 0" "no more than acme_issued_per_week are asked for"
sql "UPDATE domains SET certificate_next_try_at = now() + interval '1 day' WHERE id = '$id'"

# --- the look before ---
domain two.example.com
zone 'two.example.com A 127.0.0.1' 'two.example.com AAAA 2001:db8::7' "$(proof_of)"
look
failed_with 'two.example.com leads to 2001:db8::7, which is not this host' "PEER-14 an address that is not ours is found before the authority is asked"
is "$(of "state || ' ' || certificate_failures || ' ' || (certificate_next_try_at > now() + interval '5 minutes')::text")" \
	"verified 1 true" "the domain waits, longer with each failure"
is "$(ledger two.example.com)" "0 0" "the authority was not asked"
zone "$(proof_of)"
again
failed_with 'has no address' "none at all, likewise"
zone 'two.example.com A failure' "$(proof_of)"
again
failed_with 'gave no answer' "nor when nobody says"
zone 'two.example.com A 127.0.0.1' "$(proof_of)"
mv "$STATE/acme" "$STATE/acme.away"
install -d -m 700 "$STATE/acme"
[ "$(id -u)" != 0 ] || chown "$worker_user:" "$STATE/acme"
again
failed_with 'nginx does not hand out' "what nginx does not show is found, too"
is "$(ledger two.example.com)" "0 0" "the authority was not asked"
rm -rf "$STATE/acme"
mv "$STATE/acme.away" "$STATE/acme"

# --- refusals, and the ledger ---
# the authority looks up another address than we did a moment ago
pebble_stop
mkdir -p "$TMP/elsewhere"
"$abs_top_srcdir/t/lib/dnsd.pl" "$TMP/elsewhere/zone" "$TMP/elsewhere/port" 2>/dev/null &
else_pid=$!
defer "kill $else_pid 2>/dev/null"
wait_for 10 test -s "$TMP/elsewhere/port"
echo 'two.example.com A 127.0.0.7' >"$TMP/elsewhere/zone"
good_dns=$DNS
DNS=127.0.0.1:$(cat "$TMP/elsewhere/port")
pebble_start
again
failed_with '^The authority refused: .*(connection refused|127.0.0.7|Fetching)' "PEER-14 what the authority says is told"
is "$(ledger two.example.com)" "0 1" "and counted"
again
wait_for 90 domains_have "certificate_error IS NOT NULL" "$id"
is "$(ledger two.example.com)" "0 2" "twice"
again
rounds
is "$(ledger two.example.com)" "0 2" "PEER-14 no more than acme_failures_per_hour"
sql "DELETE FROM domains WHERE id = '$id'"
domain two.example.com
zone 'two.example.com A 127.0.0.1' "$(proof_of)"
look
rounds
is "$(ledger two.example.com)" "0 2" "nor by adding the domain again"
is "$(of state)" verified
sql "UPDATE certificate_orders SET ended_at = now() - interval '61 minutes'"
pebble_stop
DNS=$good_dns
pebble_start
again
is_state active "$id" 120 "an hour later it is tried again, with an account that the new authority did not know"
like "$(cert_of two.example.com)" 'DNS:two.example.com' "and works"

# --- a renewal that fails ---
pebble_stop
before=$(cert_of two.example.com -serial)
again
failed_with '^The authority refused: ' "an authority that is away is told"
is "$(of state)" active "the domain stays active"
is "$(cert_of two.example.com -serial)" "$before" "PEER-14 with the old certificate"
is "$(of "certificate_next_try_at > now()")" t "and it is tried again"

# --- one's own ---
sql "UPDATE domains SET certificate_source = 'own', certificate_next_try_at = NULL WHERE id = '$id'"
sql "UPDATE domains SET next_check_at = now() WHERE id = '$id'"
look
is "$(of "certificate_source || ' ' || (certificate_next_try_at IS NULL)::text")" "own true" "nothing is ordered for a certificate of one's own"
unlike "$(cat "$WORKER_LOG")" 'PRIVATE|"priority":"error"' "the log has no key and no error"
done_testing
