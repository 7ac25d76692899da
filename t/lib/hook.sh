# hook.sh - receivers of notifications and channels to them. Sourced after
# worker.sh (and smtp.sh, for certificates).
#
#   hook_up NAME [OPTION]...  a receiver (t/helper/hookd) on a loopback port; sets
#                 HOOK_PORT. Its folder is $TMP/NAME.
#   hook_mode NAME STATUS     what it answers below /mode
#   hook_count NAME           how many requests it has had
#   hook_last NAME FILTER     of the newest one (a jq filter)
#   channel KIND URL [COLUMN=VALUE]...   a channel of ada's; sets $channel and
#                 $secret
#   tell [CHANNEL]            something to tell it (or all: the end of a
#                 deployment, as `tell '' failed`); sets $note, $deployment
#   note COLUMNS [ID]         of a notification
#   due                       what waits is due now

ADA=00000000-0000-4000-8000-00000000000a

hook_up() {
	hook_name=$1
	shift
	mkdir -p "$TMP/$hook_name"
	setpriv --pdeathsig TERM "$abs_top_srcdir/t/helper/hookd" \
		"$TMP/$hook_name" "$TMP/$hook_name/port" "$@" 2>>"$TMP/$hook_name/stderr" &
	defer "kill $! 2>/dev/null"
	wait_for 20 test -s "$TMP/$hook_name/port" ||
		bail "no receiver: $(tail -n 3 "$TMP/$hook_name/stderr")"
	HOOK_PORT=$(cat "$TMP/$hook_name/port")
}
hook_mode() { echo "$2" >"$TMP/$1/mode.new" && mv "$TMP/$1/mode.new" "$TMP/$1/mode"; }
hook_count() { find "$TMP/$1" -name '*.json' | wc -l; }
hook_last() { gojq -r "$2" "$TMP/$1/$(hook_count "$1").json"; }

hook_seal() { printf %s "$2" | "$abs_top_builddir/t/helper/seal" "$TMP/secret" "channel:$channel:$1"; }
channel() {
	hook_kind=$1
	hook_url=$2
	shift 2
	channel=$(cat /proc/sys/kernel/random/uuid)
	secret=
	hook_sealed=NULL
	if [ "$hook_kind" = webhook ]; then
		secret=whsec_$(head -c 12 /dev/urandom | base64 | tr +/ -_)
		hook_sealed="'$(hook_seal secret "$secret")'"
	fi
	sql "INSERT INTO notification_channels (id, user_id, name, kind, host, url_sealed, secret_sealed, on_success, on_failure,
			state_change_only, enabled)
		VALUES ('$channel', '$ADA', 'a channel', '$hook_kind', 'h', '$(hook_seal url "$hook_url")', $hook_sealed, true, true, false, true)"
	for hook_w; do
		sql "UPDATE notification_channels SET ${hook_w%%=*} = '${hook_w#*=}' WHERE id = '$channel'"
	done
}

# A deployment that ends by hand; those who are to hear of it do. message and
# reason are what strangers wrote.
hook_end() {
	deployment=$(cat /proc/sys/kernel/random/uuid)
	sql "INSERT INTO deployments (id, project_id, user_id, repository, branch, status, attempt, lease_owner, lease_until,
			created_at, started_at, commit_hash, commit_message, author, url, error)
		VALUES ('$deployment', '$project', '$ADA', 'https://git.example/a/b', 'main', 'building', 1, 'x', now() + interval '1 h',
			now() - interval '100 s', now() - interval '75 s', repeat('1a', 20), '${message:-a message}', 'Ada Author',
			'https://shop.test', '${reason:-}');
		UPDATE deployments SET status = 'deploying' WHERE id = '$deployment' AND '$1' = 'success';
		UPDATE deployments SET status = '$1', completed_at = now(), lease_owner = NULL, lease_until = NULL
			WHERE id = '$deployment'" || bail "it does not end"
}
tell() {
	if [ -z "${1:-}" ]; then
		hook_end "${2:-success}"
		note=$(sql "SELECT id FROM notifications WHERE deployment_id = '$deployment' AND channel_id = '$channel'")
	else
		note=$(sql "INSERT INTO notifications (means, event, user_id, channel_id, deployment_id)
			SELECT 'hook', 'deployment.success', '$ADA', '$1', id FROM deployments WHERE status = 'success' LIMIT 1 RETURNING id")
	fi
}
note() { sql "SELECT $1 FROM notifications WHERE id = '${2:-$note}'"; }
note_is() { [ "$(note "$1" "${2:-}")" = t ]; }
delivered() {
	wait_for 30 note_is "status = 'delivered'" "${1:-}" || diag "$(note 'status, attempts, response_code, error' "${1:-}")"
	note_is "status = 'delivered'" "${1:-}"
}
put_off() { wait_for 30 note_is "error IS NOT NULL AND attempts = ${1:-1} AND lease_until IS NULL" "${2:-}"; }
due() {
	sql "UPDATE notifications SET next_at = now() - interval '1 s', lease_until = NULL WHERE status = 'waiting';
		NOTIFY autostack, 'hook:x'"
}
