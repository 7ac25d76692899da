#!/bin/sh
# An ACME client that misbehaves: whatever it prints, the old certificate stays,
# and its owner reads one plain line.
. "$(dirname "$0")/lib/tap.sh"
. "$abs_top_srcdir/t/lib/domains.sh"
CLIENT=$TMP/client
domains_init acme_directory=https://acme.invalid/dir acme_client="$CLIENT" acme_failures_per_hour=100 \
	acme_contact=ops@example.com
client() { # SHELL-TEXT
	printf '#!/bin/sh\n%s\n' "$1" >"$CLIENT.new"
	chmod 755 "$CLIENT.new"
	mv "$CLIENT.new" "$CLIENT"
}
# an authority of our own, which signs what it is asked for
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$TMP/ca.key" -out "$TMP/ca.pem" -days 9 \
	-subj /CN=authority 2>/dev/null || bail openssl
chmod 644 "$TMP/ca.key" "$TMP/ca.pem"
sign="openssl x509 -req -in \"\$6\" -CA '$TMP/ca.pem' -CAkey '$TMP/ca.key' -copy_extensions copy -days 9 2>/dev/null; cat '$TMP/ca.pem'"
client "$sign"
worker_up
site blog
domain www.example.com
zone "$(proof_of)"
look
is_state active "$id" 90 "a client that signs"
before=$(cert_of www.example.com -serial)

# goes_wrong SHELL-TEXT WORDS DESCRIPTION
goes_wrong() {
	client "$1"
	sql "UPDATE domains SET certificate_next_try_at = now(), certificate_error = NULL WHERE id = '$id'"
	wait_for 90 domains_have 'certificate_error IS NOT NULL' "$id"
	like "$(of certificate_error)" "$2" "$3: is told"
	is "$(of "state || ' ' || (length(certificate_error) < 400)::text || ' ' || (certificate_error ~ '[[:cntrl:]]')::text")" \
		"active true false" "$3: in one plain line"
	is "$(cert_of www.example.com -serial)" "$before" "$3: the old certificate stays"
}
# shellcheck disable=SC2016 # for the client
{
goes_wrong 'exit 0' 'cannot be used: it must be certificates' "one that prints nothing"
goes_wrong 'echo garbage' 'cannot be used: it must be certificates' "garbage"
goes_wrong "cat '$TMP/ca.pem'" 'cannot be used: it is not for this domain|cannot be used' "another certificate"
goes_wrong "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout /dev/null -days 9 -subj /CN=x \\
	-addext subjectAltName=DNS:www.example.com 2>/dev/null" 'does not belong' "one for another key"
goes_wrong "${sign%;*} -not_after 20200102000000Z 2>/dev/null || openssl x509 -req -in \"\$6\" -CA '$TMP/ca.pem' -CAkey '$TMP/ca.key' -copy_extensions copy -days -1 2>/dev/null" \
	'cannot be used: it' "one that has expired"
goes_wrong 'head -c 3000000 /dev/zero | tr "\0" x' 'too long or was interrupted' "more than anybody reads"
goes_wrong 'kill -SEGV $$' 'too long or was interrupted' "one that dies"
goes_wrong 'echo "a trace" >&2; echo "ValueError: no" >&2; exit 1' '^The authority refused: ValueError: no$' "the last line of a trace"
goes_wrong "printf 'x\\nValueError: {\\047type\\047: \\047urn\\047, \\047detail\\047: \\047too many\\033[31m requests\\047}\\n' >&2; exit 1" \
	'^The authority refused: too many\?\[31m requests$' "the authority's detail, without what steers a terminal"
goes_wrong "printf \"'detail': \" >&2; exit 1" "^The authority refused: 'detail': \$" "a detail that is cut"
goes_wrong "printf \"'detail': 'x\" >&2; exit 1" "^The authority refused: 'detail': 'x\$" "and one without an end"
goes_wrong 'head -c 100000 /dev/zero | tr "\0" y >&2; exit 1' '^The authority refused: y' "a long one"
goes_wrong 'exit 127' '^The authority refused: $' "none at all"
}
rm "$CLIENT"
sql "UPDATE domains SET certificate_next_try_at = now(), certificate_error = NULL WHERE id = '$id'"
wait_for 90 domains_have 'certificate_error IS NOT NULL' "$id"
like "$(of certificate_error)" 'does not start' "a client that is missing is told"

# what it is given
# shellcheck disable=SC2016
client 'env >"'"$TMP"'/state/client.env"; echo "$@" >"'"$TMP"'/state/client.args"; ls -l /proc/$$/fd >"'"$TMP"'/state/client.fds"; '"$sign"
sql "UPDATE domains SET certificate_next_try_at = now(), certificate_error = NULL WHERE id = '$id'"
wait_for 90 domains_have "certificate_next_try_at > now() + interval '1 day'" "$id"
is "$(of "certificate_failures || ' ' || (certificate_error IS NULL)::text")" "0 true" "after all that it works again"
is "$(sed 's/=.*//' "$STATE/client.env" | grep -vE '^(PWD|_|SHLVL|OLDPWD)$' | sort | tr '\n' ' ')" "LC_ALL PATH " \
	"the client gets nothing of the worker's environment"
like "$(cat "$STATE/client.args")" '--contact mailto:ops@example.com$' "but its arguments"
unlike "$(cat "$STATE/client.args")" 'PRIVATE' "without a key among them"
is "$(grep -c 'socket:' "$STATE/client.fds")" 0 "and no connection"

# --- the end of the worker does not wait for a client ---
# shellcheck disable=SC2016
client 'echo $$ >"'"$TMP"'/state/client.pid"; exec sleep 100'
sql "UPDATE domains SET certificate_next_try_at = now() WHERE id = '$id'"
wait_for 20 test -s "$STATE/client.pid" || diag "no client"
begin=$(date +%s)
worker_down
ok "$([ $(($(date +%s) - begin)) -lt 10 ]; echo $?)" "a worker that ends ends its client"
ok "$(! kill -0 "$(cat "$STATE/client.pid")" 2>/dev/null; echo $?)" "which is dead"
done_testing
