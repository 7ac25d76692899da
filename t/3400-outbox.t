#!/bin/sh
# The outbox: mails go to a real mail server over TLS, or into a folder; none is
# lost or sent twice.
. "$(dirname "$0")/lib/tap.sh"
. "$abs_top_srcdir/t/lib/worker.sh"
. "$abs_top_srcdir/t/lib/smtp.sh"

pg_own
smtp_tls good DNS:localhost
smtp_tls other DNS:mail.example
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes \
	-keyout "$TMP/tls/self.key" -out "$TMP/tls/self.pem" -days 2 -subj /CN=localhost \
	-addext subjectAltName=DNS:localhost 2>/dev/null
chmod -R a+rX "$TMP/tls"
printf 'geheim\n' >"$TMP/pass"
smtp_up mx --cert "$TMP/tls/good.pem" --key "$TMP/tls/good.key" --auth robot:geheim
MX=$SMTP_PORT
worker_init smtp_host=localhost "smtp_port=$MX" smtp_user=robot "smtp_pass=$TMP/pass" \
	"smtp_ca_file=$TMP/tls/ca.pem" mail_from=panel@example.com app_url=https://panel.example
chmod 600 "$TMP/pass"
[ "$(id -u)" != 0 ] || chown "$worker_user:" "$TMP/pass"
cp -p "$CONF" "$CONF.first"
# what a shell of an administrator may hold must not matter
export ALL_PROXY=http://127.0.0.1:9 all_proxy=http://127.0.0.1:9

# queue [TO [TEXT]]: sets $mail
queue() {
	mail=$(cat /proc/sys/kernel/random/uuid)
	q_text=$(printf 'To: %s\r\nSubject: %s\r\n\r\n.a dot\r\n%s\r\n.\r\nend\r\n.' \
		"${1:-ada@example.com}" "$mail" "${2:-hello}" |
		"$abs_top_builddir/t/helper/seal" "$TMP/secret" "mail:$mail")
	sql "INSERT INTO mails (id, kind, user_id, recipient, message_sealed)
		VALUES ('$mail', 'reset', '00000000-0000-4000-8000-00000000000a', '${1:-ada@example.com}', '$q_text')"
}
column() { sql "SELECT $1 FROM mails WHERE id = '$mail'"; }
now() { sql "UPDATE mails SET next_at = now(), error = NULL WHERE message_sealed IS NOT NULL; NOTIFY autostack, 'mail:now'"; }
m_is() { [ "$(column "$1")" = t ]; }
sent() { wait_for 30 m_is 'sent_at IS NOT NULL' || diag "$(column 'attempts, error, next_at - now()')"; m_is 'sent_at IS NOT NULL'; }
put_off() { wait_for 30 m_is "error IS NOT NULL AND failed_at IS NULL AND attempts = ${1:-1}"; }
forget() { : >"$TMP/$1/log"; }
# with SETTING=VALUE...: the worker again, with these settings
with() {
	worker_down
	cp -p "$CONF.first" "$CONF"
	for w_s; do
		sed "/^${w_s%%=*}=/d" "$CONF" >"$CONF.new"
		echo "$w_s" >>"$CONF.new"
		cat "$CONF.new" >"$CONF"
	done
	worker_up
}

worker_up
queue ada@example.com hello
sent
ok $? "a mail is sent"
is "$(column "message_sealed IS NULL AND attempts = 1 AND error IS NULL")" t "its text is gone then"
is "$(grep '^TAKEN' "$TMP/mx/log")" "TAKEN panel@example.com ada@example.com" "from mail_from to its recipient alone"
like "$(tr '\n' ' ' <"$TMP/mx/log")" "EHLO panel.example clear.*EHLO panel.example tls.*AUTH [A-Z]+ right tls" "after STARTTLS and with the password"
printf 'To: ada@example.com\r\nSubject: %s\r\n\r\n.a dot\r\nhello\r\n.\r\nend\r\n.' "$mail" >"$TMP/want"
head -c "$(wc -c <"$TMP/want")" "$TMP"/mx/*.eml | cmp -s - "$TMP/want"
ok $? "the text arrives as it was, lines of dots included"
like "$(grep mail.sent "$WORKER_LOG")" "$mail" "the log has its id"
like "$(grep mail.sent "$WORKER_LOG")" '"kind":"reset"' "and its kind"

# refused by the server
smtp_mode mx "rcpt 450"
queue bob@example.com
put_off
ok $? "a refusal for now puts it off"
is "$(column "next_at BETWEEN now() + interval '10 seconds' AND now() + interval '35 seconds'")" t "for about twenty seconds"
like "$(column error)" "answers 450.*no, says the server" "the row says why"
smtp_mode mx "data 451"
now
put_off 2
is "$(column "next_at BETWEEN now() + interval '35 seconds' AND now() + interval '80 seconds'")" t "longer the next time"
smtp_mode mx ok
now
sent
ok $? "and it is sent in the end"
is "$(column attempts)" 3 "at the third attempt"
for what in "rcpt 550" "data 554"; do
	smtp_mode mx "$what"
	queue bob@example.com
	wait_for 20 m_is 'failed_at IS NOT NULL'
	ok $? "a refusal for good ($what) ends it at once"
	is "$(column "attempts = 1 AND message_sealed IS NULL AND sent_at IS NULL")" t "its text is gone"
	like "$(column error)" "${what#* }.*says the server" "and the row says why"
done
smtp_mode mx ok
like "$(grep mail.delayed "$WORKER_LOG")" 'answers 450' "the log says why one was put off"
like "$(grep mail.failed "$WORKER_LOG")" 'answers 550' "and why one failed"
unlike "$(cat "$WORKER_LOG")" 'example\.com|hello|says the server|geheim' "LOG-2 but no address, no text and no password"

# away and back
smtp_down mx
queue
put_off
ok $? "a server that is away puts it off"
smtp_up mx --cert "$TMP/tls/good.pem" --key "$TMP/tls/good.key" --auth robot:geheim --port "$MX"
now
sent
ok $? "it is sent when the server is back"

# whom the password and the mail are told
forget mx
printf 'wrong\n' >"$TMP/pass.wrong"
chmod 600 "$TMP/pass.wrong"
[ "$(id -u)" != 0 ] || chown "$worker_user:" "$TMP/pass.wrong"
with "smtp_pass=$TMP/pass.wrong"
queue
put_off
like "$(column error)" "refuses smtp_user and smtp_pass" "a wrong password is the administrator's: the mail waits"
refused_by() { # NAME DESCRIPTION PATTERN
	queue
	put_off
	like "$(column error)" "$3" "$2: refused"
	unlike "$(cat "$TMP/$1/log")" "AUTH|RCPT" "$2: it hears neither password nor address"
}
forget mx
with smtp_ca_file=
refused_by mx "an authority that nobody trusts" "certificate"
smtp_up wrong --cert "$TMP/tls/other.pem" --key "$TMP/tls/other.key" --auth robot:geheim
with "smtp_port=$SMTP_PORT"
refused_by wrong "a certificate of another host" "certificate|SSL peer"
smtp_up self --cert "$TMP/tls/self.pem" --key "$TMP/tls/self.key" --auth robot:geheim
with "smtp_port=$SMTP_PORT"
refused_by self "a certificate that signs itself" "certificate"
smtp_up clear --auth robot:geheim
with "smtp_port=$SMTP_PORT"
refused_by clear "a server without TLS" "no TLS"
with "smtp_port=$SMTP_PORT" smtp_tls=no
sent
ok $? "smtp_tls=no sends in clear text to a loopback address"
with smtp_host=192.0.2.1 smtp_tls=no
queue
put_off
like "$(column error)" "no loopback address: nothing was sent" "but to no other"
with smtp_tls=no "smtp_host=bad host/x@y"
queue
put_off
ok $? "a host that is none is an error, not a crash"
unlike "$(cat "$WORKER_LOG")" "outbox.lost" "the process lives on"

# given up
queue
put_off
sql "UPDATE mails SET attempts = 6, error = NULL WHERE id = '$mail'"
now
put_off 7
is "$(column "next_at BETWEEN now() + interval '2 hours' AND now() + interval '6 hours'")" t \
	"with the default of eight attempts a mail waits for hours before it is given up"
sql "DELETE FROM mails"
smtp_mode mx "rcpt 421"
with mail_attempts=2
queue
put_off
now
wait_for 20 m_is 'failed_at IS NOT NULL'
ok $? "after mail_attempts it is given up"
is "$(column "attempts = 2 AND message_sealed IS NULL")" t "its text is gone"
smtp_mode mx ok

# a worker that dies
with
lost() { # STEP
	: >"$CRASH/$1.worker"
	[ "$(id -u)" != 0 ] || chown "$worker_user:" "$CRASH/$1.worker"
	parent=$(worker_parent)
	queue
	wait_for 20 gone
}
gone() { ! kill -0 "$parent" 2>/dev/null; }
taken() { grep -lr "^Subject: $mail" "$TMP/mx/" | wc -l; }
if developer_only "a mail whose worker dies is sent later, once"; then
	lost mail-claimed
	is "$(column "attempts = 1 AND message_sealed IS NOT NULL AND next_at > now() + interval '1 minute'")" t \
		"a mail whose worker dies stays, and is nobody's for a while"
	now
	sent
	ok $? "then it is sent"
	is "$(taken)" 1 "once"
fi
has_outbox() { [ -n "$(worker_outbox)" ]; }
wait_for 10 has_outbox
kill -KILL "$(worker_outbox)"
queue
sent
ok $? "a child that dies is started again"
like "$(cat "$WORKER_LOG")" 'outbox.lost' "and the log says so"
with mail_attempts=3
sql "ALTER TABLE mails DISABLE TRIGGER mails_notify"
worker_down
queue
sql "UPDATE mails SET attempts = 3 WHERE id = '$mail'; ALTER TABLE mails ENABLE TRIGGER mails_notify"
worker_up
wait_for 20 m_is 'failed_at IS NOT NULL'
like "$(column error)" "lost too often" "a mail that kills its workers is given up"

# a database that goes away while a mail is on its way
with
if developer_only "when the database goes away meanwhile, a mail is sent once"; then
	: >"$CRASH/mail-delivered.pause"
	[ "$(id -u)" != 0 ] || chown "$worker_user:" "$CRASH/mail-delivered.pause"
	queue
	wait_for 20 test -e "$CRASH/mail-delivered.paused"
	pg_kill
	rm -f "$CRASH/mail-delivered.paused"
	pg_up
	sent
	ok $? "when the database goes away meanwhile, the end is written later"
	is "$(column attempts)" 1 "in the same attempt"
	is "$(taken)" 1 "and it was sent once"
fi

# a server that hangs, and a worker that is told to end
smtp_mode mx hang
queue
wait_for 20 m_is 'attempts = 1'
began=$(date +%s)
worker_down
cmp_took=$(($(date +%s) - began))
[ $cmp_took -lt 18 ]
ok $? "a server that hangs does not keep a worker from ending ($cmp_took s)"
is "$(column "attempts = 0 AND next_at <= now() AND message_sealed IS NOT NULL")" t "the mail is handed back"
smtp_mode mx ok

# two workers
n=0
while [ $n -lt 30 ]; do
	queue "n$n@example.com"
	n=$((n + 1))
done
mkdir "$TMP/second"
sed "s|^state_dir=.*|state_dir=$TMP/second|; s|^worker_name=.*|worker_name=second|; s|^slot_base=.*|slot_base=$((SLOT_BASE + 4))|" \
	"$CONF" >"$TMP/second.conf"
[ "$(id -u)" != 0 ] || chown "$worker_user:" "$TMP/second" "$TMP/second.conf"
forget mx
worker_up
first=$worker_pid
worker_up "$TMP/second.conf"
none_left() { [ "$(sql "SELECT count(*) FROM mails WHERE message_sealed IS NOT NULL")" = 0 ]; }
wait_for 60 none_left
ok $? "two workers send all" || diag "$(sql "SELECT attempts, error FROM mails WHERE message_sealed IS NOT NULL")"
is "$(grep -c '^TAKEN.* n[0-9]*@' "$TMP/mx/log")" 30 "each mail"
is "$(grep '^TAKEN' "$TMP/mx/log" | sort | uniq -d)" "" "once"
kill -TERM "$first"
wait "$first" 2>/dev/null

# without a mail server
with smtp_host=
queue ada@example.com "into a file"
sent
queue bob@example.com "the second"
sent
ok $? "without smtp_host mails are files"
is "$(find "$STATE/mail" -type f | sort | sed 's|.*/||; s|^[0-9]*T[0-9.]*Z-reset-[0-9a-f-]*\.eml$|good|' | tr '\n' ' ')" "good good " \
	"whose names sort by time, and nothing else"
is "$(stat -c %a "$STATE"/mail/* | sort -u)" 600 "for their owner alone"
like "$(cat "$(find "$STATE/mail" -type f | sort | tail -n 1)")" "the second" "the last is the newest"
with smtp_host= "mail_dir=$CONF/no"
queue
put_off
like "$(column error)" "mail_dir: " "a folder that cannot be written puts them off"
with smtp_host= "mail_dir=$STATE/elsewhere"
now
sent
ok $? "until it can"
is "$(find "$STATE/elsewhere" -name '*.eml' | wc -l)" 1 "mail_dir is where they go"

# settings
worker_down
bad() {
	cp -p "$CONF.first" "$CONF"
	sed -i '/^mail_from=/d' "$CONF"
	echo "mail_from=$1" >>"$CONF"
	"$abs_top_builddir/$2" -t -c "$CONF" >"$TMP/out" 2>&1
}
for from in 'Panel <panel@example.com>' 'panel' 'a@b,c@d'; do
	bad "$from" autostack-worker
	isnt $? 0 "mail_from must be an address, not '$from'"
	like "$(cat "$TMP/out")" "mail_from" "and the message says so"
	bad "$from" autostack-api
	isnt $? 0 "for the API, too"
done
bad autostack@example.com autostack-worker
is $? 0 "an address is taken"
done_testing
