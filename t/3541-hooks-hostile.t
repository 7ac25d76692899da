#!/bin/sh
# Notifications and whoever must not be asked, or answers as nobody should: one
# address never leads to another, holds up nobody else, and tells nothing of
# the network.
. "$(dirname "$0")/lib/tap.sh"
. "$abs_top_srcdir/t/lib/worker.sh"
. "$abs_top_srcdir/t/lib/smtp.sh"
. "$abs_top_srcdir/t/lib/hook.sh"

# what the shell of an administrator may hold must not matter
hook_up proxy
export http_proxy="http://127.0.0.1:$HOOK_PORT" https_proxy="http://127.0.0.1:$HOOK_PORT" \
	ALL_PROXY="http://127.0.0.1:$HOOK_PORT" all_proxy="http://127.0.0.1:$HOOK_PORT" \
	HOME="$TMP/home"
mkdir -p "$HOME"
echo "machine 127.0.0.1 login robot password canary-netrc" >"$HOME/.netrc"
chmod -R a+rX "$HOME"
smtp_tls good DNS:localhost
smtp_tls other DNS:elsewhere.example
worker_init hook_schemes=https,http hook_private=127.0.0.1,localhost hook_senders=8 hook_failures_max=1000 \
	"hook_ca_file=$TMP/tls/ca.pem"
hook_up in
IN=http://127.0.0.1:$HOOK_PORT
hook_up tls --cert "$TMP/tls/good.pem" --key "$TMP/tls/good.key"
TLS=$HOOK_PORT
hook_up wrong --cert "$TMP/tls/other.pem" --key "$TMP/tls/other.key"
WRONG=$HOOK_PORT
hook_up trap
TRAP=$HOOK_PORT
project shop https://git.example/a/b
hook_end success
worker_up

# one CHANNEL-URL: tells it and waits for the end of the attempt
one() {
	channel webhook "$1"
	tell "$channel"
	put_off
}
# what its owner sees must be the same whatever is behind the address
silent() { # URL DESCRIPTION
	one "$1"
	is "$(note 'status, coalesce(response_code::text, $$-$$), error')" "waiting|-|no answer came" "$2"
}

# ---- TLS ----
channel webhook "https://localhost:$TLS/ok"
tell "$channel"
delivered
ok $? "a receiver with a certificate of hook_ca_file is told"
silent "https://localhost:$WRONG/ok" "WH-9 one with a certificate of another host is not, and its owner hears no more"
is "$(hook_count wrong)" 0 "nothing was sent to it"
silent "https://127.0.0.1:$TRAP/ok" "WH-9 nor one that speaks no TLS"

# ---- where nobody is to be led ----
for to in "to/http://127.0.0.1:$TRAP/x" "to307/http://127.0.0.1:$TRAP/x" to307/http://169.254.169.254/latest to/file:///etc/passwd \
	to307/gopher://127.0.0.1:$TRAP/x; do
	one "$IN/$to"
	like "$(note error)" '^the receiver answered 30[27]$' "WH-5 a redirect is a failure: ${to%%[0-9]*}"
done
is "$(hook_count trap)" 0 "WH-5 nobody was asked for it"
is "$(hook_count proxy)" 0 "WH-6 no proxy of the environment was asked"
is "$(hook_last in '.headers.Authorization // "none"')" none "WH-6 no .netrc was read"

# ---- addresses that are refused when it comes to it ----
worker_down
sed -i 's/^hook_private=.*/hook_private=127.0.0.1:1/; s/^hook_schemes=.*/hook_schemes=https,http/' "$CONF"
echo hook_ports="$TRAP,443" >>"$CONF"
worker_up
for url in "http://127.0.0.1:$TRAP/" "http://localhost:$TRAP/" "http://127.1:$TRAP/" "http://2130706433:$TRAP/" "http://0x7f.1:$TRAP/" \
	"http://0177.0.0.1:$TRAP/" "http://[::1]:$TRAP/" "http://[::ffff:127.0.0.1]:$TRAP/" "http://localhost.:$TRAP/" "http://0.0.0.0:$TRAP/" \
	"http://u:p@127.0.0.1:$TRAP/" "http://10.0.0.1/" "file:///etc/passwd" "gopher://127.0.0.1:$TRAP/"; do
	silent "$url" "WH-1 WH-3 $(printf %s "$url" | sed "s/$TRAP/PORT/"): an address that settings no longer allow"
done
silent "http://127.0.0.1:1/" "WH-9 a port where nobody listens reads just the same"
own=$(hostname -I 2>/dev/null | tr ' ' '\n' | grep -m 1 '^[0-9.]*$')
[ -z "$own" ] || silent "http://$own:$TRAP/" "WH-2 an address of this host"
channel webhook "http://127.0.0.1:$TRAP/"
note=$(sql "INSERT INTO notifications (means, event, user_id, channel_id) VALUES ('hook', 'test', '$ADA', '$channel') RETURNING id")
wait_for 20 note_is "status = 'failed'"
is "$(note 'response_code, error')" "|no answer came" "WH-8 the test button goes the same way"
is "$(hook_count trap)" 0 "WH-2 WH-8 the trap saw no connection"
is "$(sql "SELECT count(DISTINCT error) FROM notifications WHERE response_code IS NULL AND status = 'waiting'")" 1 \
	"WH-9 there is one sentence for all of them"
like "$(grep notification.delayed "$WORKER_LOG" | tail -n 1)" '"cause":"[^"]' "the worker's log knows why"
worker_down
sed -i 's/^hook_private=.*/hook_private=127.0.0.1,localhost/' "$CONF"
sql "DELETE FROM notification_channels"

# ---- receivers that do not end ----
worker_up
channel webhook "$IN/drip"
drip=$channel
channel webhook "$IN/hang"
hang=$channel
channel webhook "$IN/ok/quick"
quick=$channel
tell "$drip"
drip_note=$note
tell "$hang"
hang_note=$note
tell "$hang"
second=$note
busy() { [ "$(sql "SELECT count(*) FROM notifications WHERE lease_until > now()")" = 2 ]; }
wait_for 10 busy
tell "$quick"
delivered
is "$(sql "SELECT count(*) FROM notifications WHERE id IN ('$hang_note', '$drip_note') AND error IS NULL AND lease_until > now()")" 2 \
	"WH-11 a receiver that hangs and one that drips do not delay others"
is "$(note attempts "$second")" 0 "WH-11 a channel has one on its way at most"
put_off 1 "$drip_note"
put_off 1 "$hang_note"
cut() { [ -s "$TMP/in/$1.sent" ]; }
wait_for 20 cut drip
[ "$(cat "$TMP/in/drip.sent")" -le 12 ]
ok $? "WH-7 what drips is cut after 10 seconds ($(cat "$TMP/in/drip.sent") bytes)"
is "$(note error "$drip_note")|$(note error "$hang_note")" "no answer came|no answer came" "WH-7 as no answer"
sql "UPDATE notifications SET status = 'failed', ended_at = now(), lease_until = NULL WHERE status = 'waiting'"
one "$IN/head"
is "$(note 'response_code, error')" "|no answer came" "WH-7 headers without end are no answer"
channel webhook "$IN/big"
tell "$channel"
delivered
ok $? "WH-7 a body without end is cut: the status is answer enough"
channel webhook "$IN/gzip"
tell "$channel"
delivered
ok $? "WH-7 what claims to be compressed is not unpacked"
wait_for 20 cut head
wait_for 20 cut big
[ "$(cat "$TMP/in/head.sent")" -lt 40000 ] && [ "$(cat "$TMP/in/big.sent")" -lt 40000 ]
ok $? "WH-7 nobody waited for the end of them ($(cat "$TMP/in/head.sent") and $(cat "$TMP/in/big.sent") of 50000)"
is "$(sql "SELECT count(*) FROM notifications n WHERE n::text ~ 'xxxx|X-Filler'")" 0 "WH-9 nothing of an answer is kept"

# ---- a user with many of them ----
worker_down
BOB=00000000-0000-4000-8000-00000000000b
sql "DELETE FROM notification_channels; INSERT INTO users (id, name, email) VALUES ('$BOB', 'bob', 'bob@example.com')"
n=0
while [ $n -lt 12 ]; do
	channel webhook "$IN/hang"
	tell "$channel"
	n=$((n + 1))
done
channel webhook "$IN/ok/bob"
sql "UPDATE notification_channels SET user_id = '$BOB' WHERE id = '$channel'"
worker_up
half() { [ "$(sql "SELECT count(*) FROM notifications WHERE lease_until > now()")" = 4 ]; }
wait_for 20 half
ok $? "WH-11 a user holds half of the senders at most"
note=$(sql "INSERT INTO notifications (means, event, user_id, channel_id) VALUES ('hook', 'test', '$BOB', '$channel') RETURNING id")
delivered
isnt "$(sql "SELECT count(*) FROM notifications WHERE user_id = '$ADA' AND attempts = 0")" 0 \
	"WH-11 so that others need not wait until it was all tried"
began=$(date +%s)
worker_down
took=$(($(date +%s) - began))
[ $took -lt 25 ]
ok $? "receivers that hang do not keep a worker from ending ($took s)"
sql "DELETE FROM notification_channels"

# ---- the receiver of the manual ----
awk '/^\.Ed/ { on = 0 } on; /^\.Bd -literal/ { on = 1 }' "$abs_top_srcdir/man/autostack-webhook.7" >"$TMP/receiver.py"
port=$(/usr/bin/python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
channel webhook "http://127.0.0.1:$port/"
WEBHOOK_SECRET=$secret PORT=$port setpriv --pdeathsig TERM /usr/bin/python3 "$TMP/receiver.py" >"$TMP/received" 2>"$TMP/receiver.err" &
defer "kill $! 2>/dev/null"
receives() { curl --noproxy '*' -s -o "$TMP/null" "http://127.0.0.1:$port/"; }
wait_for 10 receives || bail "the receiver does not start: $(cat "$TMP/receiver.err")"
worker_up
tell "$channel"
delivered
is "$(gojq -r .id "$TMP/received")" "$note" "WH-9 the receiver of autostack-webhook(7) takes a genuine notification"
body=$(cat "$TMP/received")
sign() { printf '%s.%s' "$1" "$2" | openssl dgst -sha256 -hmac "$secret" | sed 's/.* /v1=/'; }
post() { # TIMESTAMP SIGNATURE BODY
	curl --noproxy '*' -s -o "$TMP/null" -w '%{http_code}' -H "Autostack-Timestamp: $1" -H "Autostack-Signature: $2" \
		-H "Autostack-Delivery: x$1" -H 'Content-Type: application/json' --data-binary "$3" "http://127.0.0.1:$port/"
}
now=$(date +%s)
is "$(post "$now" "$(sign "$now" "$body")" "$body")" 204 "WH-9 what is signed by the secret is taken"
is "$(post "$now" "$(sign "$now" "$body")" "$body ")" 401 "WH-9 another body is refused"
is "$(post "$((now + 1))" "$(sign "$now" "$body")" "$body")" 401 "WH-9 another time"
is "$(post "$((now - 900))" "$(sign "$((now - 900))" "$body")" "$body")" 401 "WH-9 an old one"
is "$(post "$now" "v1=$(printf '%064d' 0)" "$body")" 401 "WH-9 another signature"
is "$(wc -l <"$TMP/received")" 2 "WH-9 nothing of these was believed"
unlike "$(cat "$WORKER_LOG")" 'canary-netrc|whsec_' "LOG-2 the log has no secret"
done_testing
