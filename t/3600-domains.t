#!/bin/sh
# Custom domains, as the worker sees them: a proof is found or not, a name is
# served and given up, and the disk follows the database whatever happened.
. "$(dirname "$0")/lib/tap.sh"
. "$abs_top_srcdir/t/lib/domains.sh"
domains_init domain_grace_days=3
worker_up

# own ID HOST [DAYS]: a certificate of the owner's, as the API stores it
own() {
	ow_days=${3:-2}
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$TMP/k" -out "$TMP/c" -days "$ow_days" \
		-subj "/CN=$2" -addext "subjectAltName=DNS:$2" 2>/dev/null || bail openssl
	ow_key=$("$abs_top_builddir/t/helper/seal" "$TMP/secret" "domain:$1:key" <"$TMP/k")
	sql "UPDATE domains SET certificate_source = 'own', certificate = '$(cat "$TMP/c")', key_sealed = '$ow_key',
		certificate_set_at = clock_timestamp(), certificate_expires_at = now() + interval '2 days',
		certificate_next_try_at = NULL WHERE id = '$1'"
}

# --- the proof ---
site blog
zone 'www.example.com A 127.0.0.1'
domain www.example.com
wait_for 30 domains_have 'last_checked_at IS NOT NULL' "$id"
is "$(of state)" pending "a name that leads here is not proved by that"
is "$(of reason)" "There is no TXT record _autostack.www.example.com." "TL-2 and its owner is told what is missing"
is "$(of 'checks || missing_since::date::text')" "1$(date -u +%F)" "since when is remembered"
is "$(of "next_check_at > now() + interval '30 seconds' AND next_check_at < now() + interval '90 seconds'")" t \
	"it is looked for again in a minute"
look
is "$(of "next_check_at > now() + interval '90 seconds' AND next_check_at < now() + interval '150 seconds'")" t \
	"then in two"
# what "verify now" does when the last check was eight seconds ago; the worker rests for half a minute
for state in pending failed; do
	sql "UPDATE domains SET state = '$state', next_check_at = CASE '$state' WHEN 'failed' THEN NULL ELSE next_check_at END
		WHERE id = '$id'"
	sql "UPDATE domains SET state = 'pending', last_checked_at = NULL, next_check_at = now() + interval '2 seconds'
		WHERE id = '$id'"
	try "a check that is asked for sooner is made then, $state or not" \
		wait_for 15 domains_have 'last_checked_at IS NOT NULL' "$id"
done
zone '_autostack.www.example.com TXT autostack=guessed' '_autostack.www.example.com TXT v=spf1 -all'
look
is "$(of "state || ': ' || reason")" "pending: The TXT record _autostack.www.example.com says something else." \
	"TL-2 a wrong proof is none"
for word in failure broken; do
	zone "_autostack.www.example.com TXT $word"
	sql "UPDATE domains SET missing_since = NULL WHERE id = '$id'"
	look
	is "$(of "state || ': ' || reason || ' ' || (missing_since IS NULL)::text")" \
		"pending: The name servers of www.example.com gave no answer. true" "a name server's $word proves nothing"
done
zone '_autostack.www.example.com TXT v=spf1 -all' "$(proof_of)"
look
is "$(of state)" verified "the right one among others proves it"
is "$(of "reason IS NULL AND missing_since IS NULL AND checks = 0 AND certificate_next_try_at <= now()")" t \
	"and a certificate is due"
try "nothing is served without a certificate" not_served www.example.com
is "$(cert_of www.example.com)" "" "nor shown"

# --- served ---
own "$id" www.example.com
is_state active "$id" 20 "with a certificate it becomes active"
try "its link and file are there" served www.example.com
is "$(readlink "$STATE/sites/www.example.com")" blog "the link leads to the site"
like "$(cert_of www.example.com)" 'DNS:www.example.com' "nginx, which was never reloaded, shows the certificate"
visit www.example.com /
is "$STATUS $(cat "$BODY")" "200 site blog" "and serves the site"
is "$(stat -c '%a %G' "$STATE/certs/www.example.com.pem")" "640 $(stat -c %G "$STATE/certs")" \
	"the key is for nginx's group and the worker alone"
is "$(stat -c %a "$STATE/certs")" 2750 "in a folder that others cannot enter"
before=$(cert_of www.example.com -serial)
own "$id" www.example.com
wait_for 20 sh -c "! echo | openssl s_client -connect 127.0.0.1:$HTTPS -servername www.example.com 2>/dev/null |
	openssl x509 -noout -serial | grep -qx '$before'"
isnt_before=$(cert_of www.example.com -serial)
ok "$([ "$isnt_before" != "$before" ] && [ -n "$isnt_before" ]; echo $?)" "a new certificate takes its place"
after=$isnt_before
sql "UPDATE domains SET certificate = '$(sed 3d "$TMP/c")', certificate_set_at = clock_timestamp() WHERE id = '$id'"
wait_for 20 domains_have 'certificate_error IS NOT NULL' "$id"
like "$(of certificate_error)" '^The certificate ' "one that cannot be loaded is told"
is "$(cert_of www.example.com -serial)" "$after" "PEER-14 and the old one stays in use"
own "$id" www.example.com
sql "UPDATE domains SET key_sealed = 'v1.x', certificate_set_at = clock_timestamp(), certificate_error = NULL WHERE id = '$id'"
wait_for 20 domains_have "certificate_error LIKE '%jwt_secret%'" "$id"
like "$(of certificate_error)" jwt_secret "a key that does not open is told, too"
try "and what is served stays" served www.example.com
own "$id" www.example.com
first=$id

# --- somebody else ---
site other
domain www.example.com
zone "$(proof_of "$first")" "$(proof_of)"
look
is "$(of state)" pending "TL-2 a second project does not get a name that is another's, proof or not"
like "$(of reason)" "another project has this name" "and is told"
is "$(readlink "$STATE/sites/www.example.com")" blog "the first keeps it"
zone "$(proof_of)"
look "$first"
is "$(of state "$first")" active "TL-2 when its proof has gone the first has days to mend it"
like "$(of "missing_since::text" "$first")" "$(date -u +%F)" "counted from now"
sql "UPDATE domains SET missing_since = now() - interval '73 hours' WHERE id = '$first'"
zone '_autostack.www.example.com TXT failure'
look "$first"
is "$(of state "$first")" active "TL-2 a name server that fails takes nothing from anybody"
zone "$(proof_of)"
look "$first"
is "$(of state "$first")" failed "TL-2 after those days the name is given up"
is "$(of "verified_at IS NULL AND next_check_at IS NULL AND certificate_next_try_at IS NULL" "$first")" t "and left alone"
wait_for 20 not_served www.example.com
try "TL-2 it is not served any more" not_served www.example.com
look
is "$(of state)" verified "TL-2 now the second has it"
own "$id" www.example.com
is_state active "$id" 20 "and is served"
visit www.example.com /
is "$(cat "$BODY")" "site other" "with its own site"

# --- the disk follows ---
rm "$STATE/sites/www.example.com" "$STATE/certs/www.example.com.pem"
ln -s blog "$STATE/sites/stale.example.com"
cp "$TMP/k" "$STATE/certs/stale.example.com.pem"
worker_down
visit_status() { visit www.example.com / >/dev/null 2>&1; echo "$STATUS"; }
worker_up
wait_for 20 served www.example.com
try "what was lost comes back" served www.example.com
wait_for 20 not_served stale.example.com
try "what nobody has goes" not_served stale.example.com
try "a site is no domain" test -f "$STATE/sites/blog/current/index.html"
ln -snf blog "$STATE/sites/www.example.com"
look
wait_for 20 sh -c "[ \$(readlink '$STATE/sites/www.example.com') = other ]"
is "$(readlink "$STATE/sites/www.example.com")" other "a link that leads elsewhere is mended"

# --- the control plane is off ---
worker_down
visit www.example.com /
is "$STATUS $(cat "$BODY")" "200 site other" "domains are served with the worker stopped"
worker_up

# --- the end ---
# the proof first: a look that began before it would count for the one that is waited for
zone "_autostack.two.example.com TXT autostack=proof-of-$project"
domain two.example.com
look
own "$id" two.example.com
is_state active "$id" 20 "a second domain of the project"
sql "DELETE FROM domains WHERE id = '$id'"
wait_for 20 not_served two.example.com
try "a domain that is deleted is gone from the disk" not_served two.example.com
try "the other one stays" served www.example.com
sql "DELETE FROM projects WHERE id = '$project'"
wait_for 20 not_served www.example.com
try "a project that is deleted takes its domains along" not_served www.example.com
wait_for 20 test ! -e "$STATE/sites/other"
try "and its site" test ! -e "$STATE/sites/other"
is "$(ls "$STATE/certs")" "" "no key is left"
unlike "$(cat "$WORKER_LOG")" 'PRIVATE|proof-of|"priority":"error"' "the log has no key, no proof and no error"
done_testing
