#!/bin/sh
# Notifications to channels: what receivers get, and what becomes of those that
# do not take it. What nobody should be asked is 3541.
. "$(dirname "$0")/lib/tap.sh"
. "$abs_top_srcdir/t/lib/worker.sh"
. "$abs_top_srcdir/t/lib/hook.sh"
worker_init hook_schemes=https,http hook_private=127.0.0.1 app_url=https://panel.example hook_attempts=4 \
	hook_failures_max=1000 mail_dir="$TMP/state/mail"
cp -p "$CONF" "$CONF.first"
with() { # SETTING=VALUE...: the worker again, with these settings
	worker_down
	cp -p "$CONF.first" "$CONF"
	for w_s; do
		sed "/^${w_s%%=*}=/d" "$CONF" >"$CONF.new"
		echo "$w_s" >>"$CONF.new"
		cat "$CONF.new" >"$CONF"
	done
	worker_up
}
hook_up in
IN=http://127.0.0.1:$HOOK_PORT
project shop https://git.example/a/b
worker_up

# ---- the payload ----
channel webhook "$IN/ok/canary-path?canary=query"
tell '' success
delivered
ok $? "a webhook is told of a success"
is "$(note "attempts = 1 AND response_code = 204 AND error IS NULL AND ended_at IS NOT NULL")" t "the log of deliveries has it"
is "$(hook_last in '.method, .path' | tr '\n' ' ')" "POST /ok/canary-path?canary=query " "posted to the address, whole"
is "$(hook_last in '.headers["Content-Type"]')" application/json "as JSON"
like "$(hook_last in '.headers["User-Agent"]')" '^autostack/' "by a name"
is "$(hook_last in '.headers["Accept-Encoding"] // "none"')" none "WH-7 asking for nothing compressed"
hook_last in .body >"$TMP/body"
is "$(hook_last in '.headers["Autostack-Event"]')" deployment.success "headers: the event"
is "$(hook_last in '.headers["Autostack-Delivery"]')" "$note" "the delivery"
stamp=$(hook_last in '.headers["Autostack-Timestamp"]')
age=$(($(date +%s) - stamp))
[ $age -ge 0 ] && [ $age -lt 60 ]
ok $? "the time"
signature() { printf '%s.%s' "$2" "$3" | openssl dgst -sha256 -hmac "$1" | sed 's/.* /v1=/'; }
is "$(hook_last in '.headers["Autostack-Signature"]')" "$(signature "$secret" "$stamp" "$(cat "$TMP/body")")" \
	"WH-9 the signature is of timestamp.body"
is "$(gojq -c '[.id, .type, .deployment.id, .deployment.status, .deployment.stateChanged, .deployment.branch, .deployment.durationSeconds]' "$TMP/body")" \
	"[\"$note\",\"deployment.success\",\"$deployment\",\"success\",false,\"main\",75]" "the payload tells what happened"
is "$(gojq -c '[.project.id, .project.name, .project.repository, .project.site, .deployment.link, .deployment.url]' "$TMP/body")" \
	"[\"$project\",\"shop\",\"https://git.example/a/b\",\"shop\",\"https://panel.example/deployments/$deployment\",\"https://shop.test\"]" "and where"
is "$(gojq -r '[.createdAt, .deployment.createdAt, .deployment.startedAt, .deployment.completedAt] | map(test("^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}Z$")) | all' "$TMP/body")" \
	true "times are RFC 3339"
is "$(gojq -r '[paths | map(tostring) | join(".")] | sort | .[]' "$TMP/body")" \
	"$(sed -n 's/^\.It Li //p' "$abs_top_srcdir/man/autostack-webhook.7" | LC_ALL=C sort)" "autostack-webhook(7) lists its members"
reason='the build command failed' tell '' failed
delivered
is "$(hook_last in .body | gojq -c '[.type, .deployment.status, .deployment.error, .deployment.stateChanged]')" \
	'["deployment.failure","failed","the build command failed",true]' "a failure has its reason"
sql "INSERT INTO notifications (means, event, user_id, channel_id) VALUES ('hook', 'test', '$ADA', '$channel')"
note=$(sql "SELECT id FROM notifications WHERE event = 'test'")
delivered
is "$(hook_last in .body | gojq -c '[.type, .deployment, .project]')" '["test",null,null]' "a test says that it is one"

# ---- who is told of what ----
sql "UPDATE notification_channels SET enabled = false"
is "$(tell; echo "$note")" "" "a channel that is switched off is not told"
channel webhook "$IN/ok" on_success=f
is "$(tell '' success; echo "$note")" "" "nor one that wants failures only"
channel webhook "$IN/ok" on_failure=f
is "$(tell '' failed; echo "$note")" "" "or successes only"
first=$project
project other https://git.example/a/c
other=$project
channel webhook "$IN/ok" "project_id=$other"
project=$first
is "$(tell; echo "$note")" "" "or another project"
project=$other
tell
isnt "$note" "" "of which it hears"
channel webhook "$IN/ok" state_change_only=t
is "$(tell; echo "$note")" "" "stateChangeOnly: not of one success more"
tell '' failed
isnt "$note" "" "but of the first failure"
is "$(tell '' failed; echo "$note")" "" "not of the next"
tell
isnt "$note" "" "and of the first success"
delivered
is "$(hook_last in .body | gojq .deployment.stateChanged)" true "which says so"
project=$first
sql "INSERT INTO users (id, name, email) VALUES ('00000000-0000-4000-8000-00000000000b', 'bob', 'bob@example.com');
	UPDATE notification_channels SET user_id = '00000000-0000-4000-8000-00000000000b' WHERE id = '$channel'"
is "$(tell '' failed; tell; echo "$note")" "" "SET-1 somebody else's channel hears nothing"
sql "DELETE FROM notification_channels"

# ---- chats ----
last_is() { hook_last in .body | grep -qF "$1"; }
export message reason
message='<!channel> *bold* @everyone [x](https://evil.example) <https://evil.example|ok> `a`' reason='see <script> & **more**'
channel slack "$IN/ok"
tell '' failed
delivered
is "$(hook_last in '.headers["Autostack-Signature"] // "none"')" none "a chat gets no signature"
text=$(hook_last in .body | gojq -r .text)
is "$(hook_last in .body | gojq -c keys)" '["text"]' "Slack gets a text"
like "$text" '^shop could not be deployed \(main 1a1a1a1\)$' "that says what happened"
like "$text" '^&lt;!channel&gt; ' "LOG-3 in which strangers mention nobody"
like "$text" '^see &lt;script&gt; &amp; ' "LOG-3 nor mark up anything"
unlike "$text" 'evil\.example|<' "LOG-3 and link nowhere"
like "$text" "^https://panel.example/deployments/$deployment\$" "with the page"
sql "DELETE FROM notification_channels"
channel discord "$IN/ok"
tell '' failed
delivered
is "$(hook_last in .body | gojq -c '[keys, .allowed_mentions]')" '[["allowed_mentions","content"],{"parse":[]}]' "LOG-3 Discord is told to mention nobody"
text=$(hook_last in .body | gojq -r .content)
like "$text" '^shop could not be deployed \(main 1a1a1a1\)$' "and what happened"
like "$text" '\\\*bold\\\* everyone ' "LOG-3 strangers style nothing" || diag "$text"
unlike "$text" 'evil\.example' "LOG-3 and link nowhere"
sql "UPDATE deployments SET target = 'pr-12' WHERE id = '$deployment';
	INSERT INTO notifications (means, event, user_id, channel_id, deployment_id)
	VALUES ('hook', 'deployment.failure', '$ADA', '$channel', '$deployment')"
wait_for 20 last_is 'main 1a1a1a1 pr-12'
ok $? "a preview is named"
message=$(printf '%02000d' 0)
reason=$message
tell '' failed
delivered
[ "$(hook_last in .body | gojq -r .content | wc -c)" -le 2001 ]
ok $? "long texts are cut to what it takes"
message='' reason=''
sql "DELETE FROM notification_channels"

# ---- failures ----
hook_mode in 500
channel webhook "$IN/mode"
tell
put_off
is "$(note 'status, response_code, error')" "waiting|500|the receiver answered 500" "WH-11 what was not taken waits"
is "$(note "next_at BETWEEN now() + interval '10 seconds' AND now() + interval '35 seconds'")" t "WH-11 for about twenty seconds"
before=$(hook_last in .body)
stamp=$(hook_last in '.headers["Autostack-Timestamp"]')
count=$(hook_count in)
due
put_off 2
is "$(note "next_at BETWEEN now() + interval '35 seconds' AND now() + interval '80 seconds'")" t "WH-11 longer the next time"
is "$(sql "SELECT failures FROM notification_channels")" 2 "its channel counts"
wait_for 5 [ "$(date +%s)" -gt "$stamp" ]
hook_mode in 200
due
delivered
ok $? "and is delivered in the end"
is "$(sql "SELECT failures FROM notification_channels")" 0 "which is forgotten then"
is "$(hook_last in .body)" "$before" "the body is the same each time"
isnt "$(hook_last in '.headers["Autostack-Timestamp"]')" "$stamp" "the time is of the attempt"
is "$(hook_last in '.headers["Autostack-Signature"]')" \
	"$(signature "$secret" "$(hook_last in '.headers["Autostack-Timestamp"]')" "$before")" "WH-9 and signed"
is "$(($(hook_count in) - count))" 2 "nobody was asked more often"
for status in 199 300 304 400 404 410 503; do
	hook_mode in $status
	[ $status != 199 ] || continue
	tell "$channel"
	put_off
	is "$(note 'response_code, error')" "$status|the receiver answered $status" "$status is a failure"
	sql "DELETE FROM notifications WHERE id = '$note'"
done
hook_mode in 500
sql "INSERT INTO notifications (means, event, user_id, channel_id) VALUES ('hook', 'test', '$ADA', '$channel');
	UPDATE notification_channels SET failures = 3"
note=$(sql "SELECT id FROM notifications WHERE event = 'test'")
wait_for 20 note_is "status = 'failed'"
is "$(note 'status, attempts')" "failed|1" "a test is tried once"
is "$(sql "SELECT failures FROM notification_channels")" 3 "and says nothing of its channel"
tell "$channel"
for n in 1 2 3; do
	put_off $n
	due
done
wait_for 20 note_is "status = 'failed'"
is "$(note "attempts = 4 AND ended_at IS NOT NULL AND error IS NOT NULL AND response_code = 500")" t \
	"WH-11 after hook_attempts it is given up, and stays in the log"
like "$(grep notification.failed "$WORKER_LOG" | tail -n 1)" "$note.*answered 500" "the worker's log says why"

# ---- switched off ----
with hook_failures_max=3
sql "UPDATE users SET email_verified = true; UPDATE notification_channels SET failures = 0; DELETE FROM notifications"
tell "$channel"
first=$note
put_off
tell "$channel"
put_off
worker_down
tell "$channel"
waits=$note
sql "UPDATE notifications SET next_at = now() + interval '1 h' WHERE id = '$waits'"
tell "$channel"
worker_up
wait_for 20 note_is "status = 'failed'"
is "$(sql "SELECT enabled, failures, disabled_at IS NOT NULL FROM notification_channels")" "f|3|t" \
	"WH-11 hook_failures_max failures in a row switch a channel off"
is "$(note "status, error" "$waits")" "failed|the channel was switched off" "WH-11 what waits is given up"
is "$(note "status, error")" "failed|the receiver answered 500" "WH-11 what was tried last keeps its reason"
mailed() { [ "$(find "$STATE/mail" -name '*-channel_disabled-*' 2>/dev/null | wc -l)" = 1 ]; }
wait_for 20 mailed
ok $? "WH-11 its owner gets a mail"
like "$(cat "$STATE"/mail/*-channel_disabled-*)" 'Subject: Notifications to a channel are switched off' "that names it"
like "$(grep channel.disabled "$WORKER_LOG")" "$channel" "the worker's log as well"
is "$(tell; echo "$note")" "" "WH-11 it hears nothing more"
sql "DELETE FROM notification_channels; UPDATE users SET email_verified = false"

# ---- a worker that dies ----
with
hook_mode in 204
channel webhook "$IN/mode"
has_hooks() { [ -n "$(worker_hooks)" ]; }
if developer_only "a sender that dies is followed by another"; then
	for step in hook-claimed hook-delivered; do
		: >"$CRASH/$step.job"
		[ "$(id -u)" != 0 ] || chown "$worker_user:" "$CRASH/$step.job"
		count=$(hook_count in)
		tell "$channel"
		lost() { [ ! -e "$CRASH/$step.job" ]; }
		wait_for 20 lost
		is "$(note "status, attempts, lease_until > now()")" "waiting|1|t" "$step: a sender that dies leaves it to nobody for a while"
		wait_for 10 has_hooks
		due
		delivered
		is "$(note attempts)" 2 "$step: then it is sent"
		[ $step = hook-claimed ] && want=1 || want=2
		is "$(($(hook_count in) - count))" $want "$step: received so often: $want"
	done
	is "$(tail -n 1 "$TMP/in/$(hook_count in).json" | gojq -r '.headers["Autostack-Delivery"]')" \
		"$(gojq -r '.headers["Autostack-Delivery"]' "$TMP/in/$(($(hook_count in) - 1)).json")" "twice under one id"
fi
worker_down
tell "$channel"
sql "UPDATE notifications SET attempts = 4 WHERE id = '$note'"
worker_up
wait_for 20 note_is "status = 'failed'"
is "$(note error)" "the worker was lost too often" "one that kills its senders is given up"
sql "DELETE FROM notifications"

# ---- many, by two workers ----
n=0
worker_down
while [ $n -lt 30 ]; do
	[ $((n % 10)) != 0 ] || channel webhook "$IN/ok/$n"
	tell "$channel"
	n=$((n + 1))
done
count=$(hook_count in)
mkdir "$TMP/second"
sed "s|^state_dir=.*|state_dir=$TMP/second|; s|^worker_name=.*|worker_name=second|; s|^slot_base=.*|slot_base=$((SLOT_BASE + 4))|" \
	"$CONF" >"$TMP/second.conf"
[ "$(id -u)" != 0 ] || chown "$worker_user:" "$TMP/second" "$TMP/second.conf"
worker_up
first=$worker_pid
worker_up "$TMP/second.conf"
none_waits() { [ "$(sql "SELECT count(*) FROM notifications WHERE status = 'waiting'")" = 0 ]; }
wait_for 60 none_waits
is "$(sql "SELECT count(*), sum(attempts) FROM notifications WHERE status = 'delivered'")" "30|30" "two workers deliver all, each once"
is "$(($(hook_count in) - count))" 30 "and no receiver got one twice"
kill -TERM "$first"
wait "$first" 2>/dev/null

unlike "$(cat "$WORKER_LOG")" 'canary|whsec_|ada@example' "LOG-2 the log has no address, no secret and no person"
done_testing
