#!/bin/sh
# Port 465: TLS from the start. The port is a fixed one, so all of this runs in
# a network of its own.
if [ -z "${SMTPS_NS:-}" ]; then
	export SMTPS_NS=1
	[ "$(id -u)" = 0 ] || exec unshare -rn "$0" "$@"
	exec unshare -n "$0" "$@"
fi
ip link set lo up
. "$(dirname "$0")/lib/tap.sh"
. "$abs_top_srcdir/t/lib/smtp.sh"

smtp_tls good DNS:localhost,IP:127.0.0.1
smtp_tls other DNS:mail.example
printf 'Subject: x\r\n\r\nhello\r\n' >"$TMP/message"
send() { # HOST PORT TLS CA
	"$abs_top_builddir/t/helper/smtp-send" "$@" robot geheim <"$TMP/message"
}
smtp_up mx --port 465 --cert "$TMP/tls/good.pem" --key "$TMP/tls/good.key" --whole --auth robot:geheim
for host in localhost 127.0.0.1; do
	like "$(send $host 465 yes "$TMP/tls/ca.pem")" "^done" "port 465 is TLS from the start ($host)"
done
like "$(send localhost 465 no "$TMP/tls/ca.pem")" "^done" "with smtp_tls=no, too"
is "$(grep -c 'AUTH.* right tls' "$TMP/mx/log")" 3 "and so goes the password"
: >"$TMP/mx/log"
like "$(send localhost 465 no "")" "^later: .*certificate" "whose certificate is checked all the same"
smtp_down mx
smtp_up mx --port 465 --cert "$TMP/tls/other.pem" --key "$TMP/tls/other.key" --whole --auth robot:geheim
like "$(send localhost 465 yes "$TMP/tls/ca.pem")" "^later: .*(certificate|SSL)" "and its name"
smtp_down mx
smtp_up mx --port 465 --auth robot:geheim
like "$(send localhost 465 no "$TMP/tls/ca.pem")" "^later" "a server in clear text there is refused"
unlike "$(cat "$TMP/mx/log")" "AUTH|RCPT" "nothing was said to any of them"

# which addresses clear text goes to
ip addr add 198.51.100.1/32 dev lo
smtp_down mx
smtp_up mx --auth robot:geheim
: >"$TMP/mx/log"
like "$(send 127.0.0.1 "$SMTP_PORT" no "")" "^done" "clear text goes to 127.0.0.1"
for host in 198.51.100.1 ::ffff:198.51.100.1 0.0.0.0; do
	like "$(send $host "$SMTP_PORT" no "")" "^later: .*no loopback address: nothing was sent" "not to $host"
done
is "$(grep -c CONNECT "$TMP/mx/log")" 1 "to which no connection was made"
like "$(send ::ffff:127.0.0.1 "$SMTP_PORT" no "")" "^(done|later: Couldn)" "but to 127.0.0.1 in any spelling"
done_testing
